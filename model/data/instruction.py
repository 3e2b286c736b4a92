"""Fresh instruction items, made on the fly from the training recordings by the tasks' own constructions.

Held-out tasks are refused here, whatever a configuration says. Nothing is replayed: the item of a number is made
anew from its seed, and there are as many numbers as training asks for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from PIL import Image

from devkit.errors import UserError, did_you_mean
from devkit.items import Item
from devkit.pool import Pool
from devkit.respondents import PresentedTurn
from devkit.tasks import TASKS
from devkit.tasks.base import Wish
from devkit.tasks.present import Setting, present
from model.dialogue import Encoder, Sample, choice_text
from model.images import to_square

TRIES = 60
LESSON = " lesson "
"""Between the name of a form and the number of one of its lessons, as in ``memory/standard lesson 1``."""


class SquareSink:
    """Takes the pictures of items in memory, already as squares of the tower's size."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.pictures: dict[str, np.ndarray] = {}
        self._same: dict[int, tuple[Image.Image, str]] = {}

    def add(self, image: Image.Image, *, lossless: bool = True) -> str:
        """Keep a picture; the same object twice is one picture."""
        if id(image) in self._same:
            return self._same[id(image)][1]
        digest = f"{len(self.pictures):064x}"
        self.pictures[digest] = to_square(image, self.side)
        self._same[id(image)] = (image, digest)
        return digest


def trainable_forms() -> dict[str, tuple[str, str]]:
    """Return the task forms that may be trained on, as ``task/form`` → (task, form)."""
    return {f"{code}/{form}": (code, form) for code, task in TASKS.items() if not task.held_out for form in task.forms}


def form_of(name: str) -> str:
    """Return the task form of a source that gives its items or one of its lessons."""
    return name.partition(LESSON)[0]


def instruction_mixture(weights: Mapping[str, float]) -> dict[str, float]:
    """Check a mixture of task forms and lessons; an empty one means all forms alike.

    Raises:
        UserError: A form that is unknown or held out.
    """
    known = trainable_forms()
    for name in weights:
        code = name.partition("/")[0]
        if code in TASKS and TASKS[code].held_out:
            raise UserError(f"{code} is held out: no instruction data may be made from it", code="held-out")
        if form_of(name) not in known:
            hint = did_you_mean(form_of(name), known) or f"known: {', '.join(known)}"
            raise UserError(f"there is no source or task form '{name}' to train on", hint=hint)
    return dict(weights) or dict.fromkeys(known, 1.0)


def answer_text(turn: PresentedTurn) -> str:
    """Return the right answer of a turn in the words that the model learns."""
    return choice_text(turn, turn.target_position)


class InstructionSource:
    """Items of one task form, or of one of its easier lessons.

    Args:
        name: ``task/form`` for the form's own items, ``task/form lesson N`` for its N-th lesson, from 1.
        pool: Training recordings.
        encoder: Makes tokens.
        side: Of the tower, pixels.
        seed: Of the items.

    Raises:
        UserError: The form has no such lesson.
    """

    def __init__(self, name: str, pool: Pool, encoder: Encoder, side: int, seed: int) -> None:
        code, self.form = trainable_forms()[form_of(name)]
        if pool.split == "test":
            raise ValueError("no training on test recordings")
        self.task, self.pool, self.encoder, self.side = TASKS[code], pool, encoder, side
        self.seed = f"{seed}/instruct/{name}"
        self.bins = self.task.bins(self.form, pool) if name == form_of(name) else self._lesson(name)

    def sample(self, index: int) -> Sample:
        """Make the item of that number and put it as a dialogue with its right answers."""
        item, sink, rng = self._item(index)
        turns = []
        for place, turn in enumerate(item.turns):
            order = list(range(len(turn.choices)))
            if turn.shuffle:
                rng.shuffle(order)
            turns.append(present(item, place, tuple(order), Setting()))
        ids, labels = self.encoder.dialogue([(turn.prompt, answer_text(turn)) for turn in turns])
        needed = [digest for turn in turns for digest in turn.images]
        distinct = list(dict.fromkeys(needed))
        return Sample(
            ids,
            labels,
            tuple(sink.pictures[digest] for digest in distinct),
            tuple(distinct.index(digest) for digest in needed),
            item.provenance.frames,
        )

    def _lesson(self, name: str) -> tuple[Wish, ...]:
        lessons = dict(enumerate(self.task.lessons(self.form, self.pool), start=1))
        number = name.partition(LESSON)[2]
        found = lessons.get(int(number)) if number.isdecimal() else None
        if found is None:
            count = f"its lessons are numbered 1 to {len(lessons)}" if lessons else "it has none"
            raise UserError(f"{form_of(name)} has no lesson '{number}' to train on", hint=count)
        return found

    def _item(self, index: int) -> tuple[Item, SquareSink, random.Random]:
        rng = random.Random(f"{self.seed}/{index}")
        for attempt in range(TRIES if self.bins else 0):
            sink = SquareSink(self.side)
            wanted = self.bins[(index + attempt) % len(self.bins)]
            item = self.task.generate(self.form, self.pool, sink, rng, f"{self.task.code}-{index}", wanted)
            if item is not None:
                return item, sink, rng
        raise UserError(
            f"the training recordings hold too little to make items of {self.task.code}/{self.form}",
            hint="give a longer corpus, or leave the form out of the mixture",
        )


def lesson_sources(name: str, pool: Pool, encoder: Encoder, side: int, seed: int) -> dict[str, InstructionSource]:
    """Return the easier lessons of a form, easiest first, by the names under which the log has them."""
    code, form = trainable_forms()[name]
    names = [f"{name}{LESSON}{place + 1}" for place in range(len(TASKS[code].lessons(form, pool)))]
    return {each: InstructionSource(each, pool, encoder, side, seed) for each in names}
