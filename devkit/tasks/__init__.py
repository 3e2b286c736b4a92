"""The ten DevCV tasks, one module each, and the registry that everything else asks."""

from __future__ import annotations

from devkit.errors import UserError, did_you_mean
from devkit.tasks.base import ANYTHING, DataColumn, Form, Score, Task, Wish
from devkit.tasks.left_right import LeftRight
from devkit.tasks.localization import Localization
from devkit.tasks.looking_while_listening import LookingWhileListening
from devkit.tasks.memory import Memory
from devkit.tasks.object_counting import ObjectCounting
from devkit.tasks.picture_vocabulary import PictureVocabulary
from devkit.tasks.spatial_details import SpatialDetails
from devkit.tasks.staged import STAGED, Staged
from devkit.tasks.subitizing import Subitizing
from devkit.tasks.visual_delayed_response import VisualDelayedResponse
from devkit.tasks.who_has_more import WhoHasMore

__all__ = ["ANYTHING", "STAGED", "TASKS", "DataColumn", "Form", "Score", "Staged", "Task", "Wish", "task"]

TASKS: dict[str, Task] = {
    task.code: task
    for task in (
        LookingWhileListening(),
        PictureVocabulary(),
        Localization(),
        LeftRight(),
        SpatialDetails(),
        VisualDelayedResponse(),
        Memory(),
        WhoHasMore(),
        Subitizing(),
        ObjectCounting(),
    )
}


def task(code: str) -> Task:
    """Return the task of that code; the staged measures are known, too.

    Raises:
        UserError: There is no such task.
    """
    if code in STAGED:
        return STAGED[code]
    if code not in TASKS:
        hint = did_you_mean(code, TASKS) or f"the tasks are {', '.join(TASKS)}"
        raise UserError(f"there is no task '{code}'", hint=hint, code="unknown-task")
    return TASKS[code]
