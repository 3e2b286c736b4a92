"""Which of our forms the rows of another program belong to."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.errors import UserError, did_you_mean
from devkit.tasks import TASKS


@dataclass(frozen=True, slots=True)
class NamedForm:
    """A form of a task, with what a trial must say of it.

    Attributes:
        task: Task code.
        form: Its form.
        chance: Probability of a right answer by guessing.
    """

    task: str
    form: str
    chance: float


def named_form(name: str) -> NamedForm:
    """Return a form by its name, ``task/form``; a task with one form may be named alone.

    Raises:
        UserError: There is no such task or form.
    """
    code, _, form = name.partition("/")
    if code not in TASKS:
        raise UserError(f"there is no task '{code}'", hint=did_you_mean(code, TASKS) or ", ".join(TASKS))
    forms = TASKS[code].forms
    if not form and len(forms) == 1:
        form = next(iter(forms))
    if form not in forms:
        raise UserError(f"{code} has no form '{form}'", hint=f"TASK/FORM, with one of: {', '.join(forms)}")
    return NamedForm(code, form, TASKS[code].named_form(form).chance)
