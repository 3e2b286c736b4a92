"""A bank without pictures: items of every task form, made from the task declarations alone.

For trying out a protocol before there is a bank (`devkit protocol pilot`) and for tests of planning and running. Its
media are digests of nothing; nothing of it can be shown to anybody, and its name says so.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from devkit.annotations import DIRECTIONS
from devkit.errors import UserError
from devkit.ids import digest_bytes, digest_json
from devkit.items import LETTERS, Choice, Item, Provenance, Turn
from devkit.tasks import TASKS
from devkit.tasks.base import DataColumn, Form, Task

NAME = "placeholder"
NOUNS = ("ball", "cup", "dog", "cat", "duck", "car", "shoe", "spoon", "hat", "sock", "truck", "bear", "fish", "bird")
QUADRANTS = ("top left", "top right", "bottom left", "bottom right")
LEARNED, FRAMES = 5, 5


class PlaceholderBank:
    """As much of a bank as planner and runner use.

    Args:
        items: The items, by id.
        folder: Where `path_of` says that media are; nothing is there unless somebody put it there.
    """

    def __init__(self, items: Mapping[str, Item], folder: Path | None = None) -> None:
        self.name = NAME
        self.items = items
        self.digest = digest_json([item.digest for item in items.values()])
        self._folder = folder

    def path_of(self, digest: str) -> Path:
        """Return where the file of a digest would be; `UserError` when no folder was given."""
        if self._folder is None:
            raise UserError("a placeholder bank has no pictures", hint="give a real bank")
        return self._folder / f"{digest}.png"


def placeholder_bank(
    count: int = 30, *, dialogues: int = 6, only: tuple[str, str] | None = None, folder: Path | None = None
) -> PlaceholderBank:
    """Make a bank.

    Args:
        count: Items of each form.
        dialogues: Items of each dialogue form.
        only: Task and form, when one is enough.
        folder: See `PlaceholderBank`.
    """
    forms = [(task, form) for task in TASKS.values() for form in task.forms.values()]
    items = (
        placeholder_item(task, form, number)
        for task, form in forms
        if only in (None, (task.code, form.name))
        for number in range(dialogues if task.layout == "dialogue" else count)
    )
    return PlaceholderBank({item.item_id: item for item in items}, folder)


def placeholder_item(task: Task, form: Form, number: int) -> Item:
    """Make one item; it depends on task, form and number alone."""
    item_id = f"{task.code}-{form.name}-{number:05d}"
    rng = random.Random(item_id)
    word = NOUNS[number % len(NOUNS)]
    turns = tuple(_dialogue(item_id, rng)) if task.layout == "dialogue" else (_turn(task, form, item_id, word, number),)
    answer = turns[-1].choices[turns[-1].target].label
    return Item(
        item_id=item_id,
        task=task.code,
        form=form.name,
        turns=turns,
        word="" if task.layout == "dialogue" else word,
        difficulty={c.name: value for c in task.columns if (value := _value(c, answer, number)) is not None},
        provenance=Provenance(source=NAME, split="test", recordings=(f"X_20200101_1200_{number % 5:02d}",)),
    )


def _turn(task: Task, form: Form, item_id: str, word: str, number: int) -> Turn:
    if task.layout in ("quadrants", "sequence", "single_number"):
        return _in_words(task, form, item_id, word, number)
    rng = random.Random(item_id)
    target = rng.randrange(form.choices)
    query = (_picture(item_id, "query"),) if task.layout == "query3" else ()
    choices = tuple(
        Choice(
            label=word if place == target else rng.choice(NOUNS),
            media=_picture(item_id, place),
            role="target" if place == target else "unrelated",
        )
        for place in range(form.choices)
    )
    marks = " ".join(f"({letter}) <image>" for letter in LETTERS[: form.choices])
    prompt = f"{'<image> ' * len(query)}Which is the {word}? {marks}"
    return Turn(prompt=prompt, stimuli=query, choices=choices, target=target)


def _in_words(task: Task, form: Form, item_id: str, word: str, number: int) -> Turn:
    """Make a turn whose choices are words or numbers that keep their places."""
    images = FRAMES if task.layout == "sequence" else 1
    if task.layout == "single_number":
        labels, question = tuple(str(n + 1) for n in range(form.choices)), f"How many {word}s do you see?"
    elif task.layout == "quadrants":
        labels, question = QUADRANTS, f"Point at the {word}."
    else:
        pairs = (("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top"))
        labels = DIRECTIONS if form.choices == len(DIRECTIONS) else pairs[number // 2 % len(pairs)]
        question = f"Where does the {word} leave the frame?"
    target = number % len(labels)
    return Turn(
        prompt=f"{'<image>' * images} {question}",
        stimuli=tuple(_picture(item_id, place) for place in range(images)),
        choices=tuple(
            Choice(label=label, role="target" if place == target else "distractor")
            for place, label in enumerate(labels)
        ),
        target=target,
        answer_format=form.answer_format,
        shuffle=False,
    )


def _dialogue(item_id: str, rng: random.Random) -> Iterator[Turn]:
    """Yield the turns of a Memory dialogue: five learned, each tested twice against a new one."""
    learned, new = [f"learned {i}" for i in range(LEARNED)], [f"new {i}" for i in range(2 * LEARNED)]
    pairs = [(learned[0], ""), *((learned[i], learned[i - 1]) for i in range(1, LEARNED))]
    pairs += list(zip(new, learned * 2, strict=True))
    for number, (right, seen) in enumerate(pairs):
        choices = [Choice(label=right, media=_picture(item_id, number, "new"), role="target")]
        target = rng.randrange(2) if seen else 0
        if seen:
            choices.insert(1 - target, Choice(label=seen, media=_picture(item_id, number, "seen"), role="seen"))
        marks = " ".join(f"({letter}) <image>" for letter in LETTERS[: len(choices)])
        prompt = f"Touch the new image. {marks}"
        phase = "learning" if number < LEARNED else "test"
        yield Turn(prompt=prompt, choices=tuple(choices), target=target, phase=phase)


def _value(column: DataColumn, answer: str, number: int) -> int | float | str | bool | None:
    """Give a difficulty column a value: the right answer where it is about that, else a few numbers in turn.

    None leaves the column out: words of a task's own cannot be made up.
    """
    if column.name == "set_size":
        return int(answer)
    if column.name in ("quadrant", "direction"):
        return answer
    graded = number % 5 + 1
    values: dict[str, int | float | bool] = {"int": graded, "float": graded / 6, "bool": graded > 2}
    return values.get(column.type)


def _picture(*parts: object) -> str:
    return digest_bytes("/".join(str(part) for part in parts).encode())
