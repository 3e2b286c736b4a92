"""Banks in memory for the planner and the runner: items of every task form, with digests in place of pictures."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devkit.annotations import DIRECTIONS
from devkit.ids import digest_bytes, digest_json
from devkit.items import Choice, Item, Provenance, Turn

FORMS = (
    ("looking_while_listening", "standard"),
    ("picture_vocabulary", "standard"),
    ("localization", "standard"),
    ("left_right", "published"),
    ("left_right", "robust"),
    ("spatial_details", "published"),
    ("spatial_details", "robust"),
    ("visual_delayed_response", "binary"),
    ("visual_delayed_response", "open"),
    ("memory", "standard"),
    ("who_has_more", "synthetic"),
    ("who_has_more", "naturalistic"),
    ("subitizing", "standard"),
    ("object_counting", "standard"),
)
NOUNS = ("ball", "cup", "dog", "cat", "duck", "car", "shoe", "spoon", "hat", "sock", "truck", "bear", "fish", "bird")
QUADRANTS = ("top left", "top right", "bottom left", "bottom right")


@dataclass
class MemoryBank:
    """As much of a bank as planner and runner use."""

    items: Mapping[str, Item]
    name: str = "drawn"
    folder: Path = Path("nowhere")
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        self.digest = digest_json([item.digest for item in self.items.values()])

    def path_of(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"


def _picture(*parts: object) -> str:
    return digest_bytes("/".join(str(part) for part in parts).encode())


def _letters(word: str, key: str, n: int, rng: random.Random, query: bool = False) -> Turn:
    target = rng.randrange(n)
    choices = [
        Choice(
            label=word if place == target else rng.choice(NOUNS),
            media=_picture(key, place),
            role="target" if place == target else "unrelated",
        )
        for place in range(n)
    ]
    marks = " ".join(f"({letter}) <image>" for letter in "ABCD"[:n])
    stimuli = (_picture(key, "query"),) if query else ()
    return Turn(
        prompt=f"{'<image> ' * query}Which is the {word}? {marks}",
        stimuli=stimuli,
        choices=tuple(choices),
        target=target,
    )


def _words(key: str, labels: tuple[str, ...], target: int, images: int, fmt: str, question: str) -> Turn:
    stimuli = tuple(_picture(key, i) for i in range(images))
    choices = tuple(Choice(label=label) for label in labels)
    return Turn(
        prompt="<image>" * images + " " + question,
        stimuli=stimuli,
        choices=choices,
        target=target,
        answer_format=fmt,  # type: ignore[arg-type]
        shuffle=False,
    )


def _memory(key: str, rng: random.Random) -> tuple[Turn, ...]:
    learned, new = [f"learned{i}" for i in range(5)], [f"new{i}" for i in range(10)]
    steps = [(learned[0], "", "learning")] + [(learned[i], learned[i - 1], "learning") for i in range(1, 5)]
    steps += [(thing, old, "test") for thing, old in zip(new, learned * 2, strict=True)]
    turns = []
    for number, (right, wrong, phase) in enumerate(steps):
        choices = [Choice(label=right, media=_picture(key, number, "new"), role="target")]
        target = 0
        if wrong:
            target = rng.randrange(2)
            choices.insert(1 - target, Choice(label=wrong, media=_picture(key, number, "seen"), role="seen"))
        marks = " ".join(f"({letter}) <image>" for letter in "AB"[: len(choices)])
        turns.append(Turn(prompt=f"Touch the new image. {marks}", choices=tuple(choices), target=target, phase=phase))  # type: ignore[arg-type]
    return tuple(turns)


def make_item(task: str, form: str, number: int) -> Item:
    """Make an item of any form; its parts depend on task, form and number alone."""
    key = f"{task}-{form}-{number:05d}"
    rng = random.Random(key)
    word = NOUNS[number % len(NOUNS)]
    difficulty: dict[str, int | float | str | bool] = {}
    if task == "memory":
        turns = _memory(key, rng)
        word, difficulty = "", {"base": 5}
    elif task in ("subitizing", "object_counting"):
        most = 4 if task == "subitizing" else 12
        size = number % most + 1
        labels = tuple(str(n) for n in range(1, most + 1))
        turns = (_words(key, labels, size - 1, 1, "number", f"How many {word}s do you see?"),)
        difficulty = {"set_size": size}
    elif task == "localization":
        place = number % 4
        turns = (_words(key, QUADRANTS, place, 1, "letter", f"Point at the {word}. (A) top left or (B) top right …"),)
        difficulty = {"quadrant": QUADRANTS[place], "object_share": 0.1, "others": 2}
    elif task == "visual_delayed_response":
        labels = DIRECTIONS if form == "open" else rng.choice([("left", "right"), ("right", "left"), ("top", "bottom")])
        target = number % len(labels)
        turns = (_words(key, labels, target, 5, "word", f"where did the {word} go?"),)
        difficulty = {"k_frames": 5, "direction": labels[target], "span_ms": 2000}
    elif task == "who_has_more":
        few, many = rng.choice([(1, 2), (1, 3), (2, 3), (3, 4), (2, 4), (5, 6)])
        turns = (_letters(word, key, 2, rng),)
        difficulty = {"ratio": few / many, "more": many, "fewer": few}
    else:
        size = {"looking_while_listening": 2, "picture_vocabulary": 4}.get(task, 3)
        turns = (_letters(word, key, size, rng, query=size == 3),)
    origin = Provenance(source="drawn", split="test", recordings=(f"X_20200101_1200_{number % 5:02d}",))
    return Item(item_id=key, task=task, form=form, turns=turns, word=word, difficulty=difficulty, provenance=origin)


def make_bank(n: int = 30, *, dialogues: int = 6, only: tuple[str, str] | None = None) -> MemoryBank:
    """Make a bank with ``n`` items of each form and ``dialogues`` Memory items."""
    items = [
        make_item(task, form, number)
        for task, form in FORMS
        if only in (None, (task, form))
        for number in range(dialogues if task == "memory" else n)
    ]
    return MemoryBank({item.item_id: item for item in items})


@pytest.fixture(scope="session")
def bank() -> MemoryBank:
    """A bank of 30 items of every form and 6 dialogues."""
    return make_bank()


@pytest.fixture(scope="session")
def bank_of() -> Callable[..., MemoryBank]:
    """Makes banks of other sizes."""
    return make_bank
