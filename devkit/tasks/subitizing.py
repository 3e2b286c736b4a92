"""Subitizing: how many were there, 1 to 4, after a brief look? Held out from training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.respondents import PresentedTurn
from devkit.tasks.base import DataColumn, Form
from devkit.tasks.object_counting import CountedSet


class Subitizing(CountedSet):
    """How many of a noun were shown, 1 to 4; children see the picture for one second, then it is masked.

    Made like Object Counting. No instruction data are made from it: it tests generalisation.
    """

    code = "subitizing"
    title = "Subitizing"
    subdomain: ClassVar[Literal["mathematics"]] = "mathematics"
    nih_measure = "Subitizing"
    ages_months = (25, 42)
    layout = "single_number"
    answer_by = "examiner"
    held_out = True
    largest = 4
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1 / 4, 4, "number", "One picture with 1 to 4 of a thing, shown briefly; how many?")
    }
    columns = (DataColumn("set_size", "int", "Number of objects on the canvas", "objects"),)
    prompts: ClassVar[Mapping[str, str]] = {"standard": "<image> How many of {word} do you see?"}

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: 0 between two and three objects, 0.7 logits for each further one."""
        return 0.7 * (int(turn.difficulty.get("set_size", 2)) - 2.5)
