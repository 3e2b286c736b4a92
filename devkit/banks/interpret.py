"""From a published record to an item: which images are choices, what the options are, which one is right.

The words stay as they are. Whatever cannot be represented without changing its meaning is a problem, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import ValidationError

from devkit.banks.published import Record
from devkit.banks.wording import (
    QUADRANTS,
    Kind,
    Split,
    letter_options,
    ordinal_order,
    word_of,
    word_options,
)
from devkit.errors import Problem
from devkit.files import first_error
from devkit.items import LETTERS, AnswerFormat, Choice, Item, Provenance, Turn, image_marks

_QUERY = ("left_right", "spatial_details")
_CHOICES_ARE_IMAGES = (*_QUERY, "picture_vocabulary", "who_has_more", "memory", "looking_while_listening")
_LARGEST = {"object_counting": 12, "subitizing": 4}
_WRONG_ROLE = {"left_right": "mirror", "spatial_details": "same_category", "memory": "seen", "who_has_more": "fewer"}
_SAYCAM_NAME = re.compile(r"^(?P<recording>[A-Za-z]+_\d{8}_\d{4}_\d{2})_(?P<start>\d+)_(?P<end>\d+)(_|$)")
NAMELESS = "picture "


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was published.

    Attributes:
        name: File, relative to what was imported.
        split: Split that the file belongs to.
    """

    name: str
    split: Split


def build_item(record: Record, item_id: str, kind: Kind, media: Sequence[str], source: Source) -> Item | list[Problem]:
    """Make an item of a record.

    Args:
        record: The record.
        item_id: Its id in the bank.
        kind: Its task and form.
        media: Digest of each of its images, in their order.
        source: Where it was published.

    Returns:
        The item, or everything that is wrong with the record.
    """
    found = _count_marks(record)
    if kind.task != "memory" and len(record.turns) > 1:
        found.append(Problem("conversation", f"{kind.task} has one question, not {len(record.turns)}", record.place))
    if record.labels and kind.task == "memory" and len(record.labels) != len(record.turns):
        message = f"'labels' names {len(record.labels)} turns but there are {len(record.turns)}"
        found.append(Problem("labels-mismatch", message, record.place))
    if found:
        return found
    reader = _TurnReader(record, kind, media)
    try:
        turns = tuple(reader.read(index) for index in range(len(record.turns)))
        return _item(record, item_id, kind, turns, source)
    except _Refused as refused:
        return [Problem(refused.code, refused.message, record.place)]
    except ValidationError as error:
        return [Problem("incoherent-item", first_error(error), record.place)]


def _item(record: Record, item_id: str, kind: Kind, turns: tuple[Turn, ...], source: Source) -> Item:
    return Item(
        item_id=item_id,
        task=kind.task,
        form=kind.form,
        turns=turns,
        word=word_of(kind.task, record.turns[0][0]),
        difficulty=_difficulty(kind.task, turns),
        labels=record.labels,
        bb=record.bb,
        notes=record.notes,
        provenance=_provenance(record, source),
    )


def _count_marks(record: Record) -> list[Problem]:
    marks = sum(image_marks(question) for question, _ in record.turns)
    found = []
    if marks > len(record.images):
        message = f"{marks} <image> marks but only {len(record.images)} images"
        found.append(Problem("more-marks-than-images", message, record.place))
    elif marks < len(record.images):
        message = f"only {marks} <image> marks for {len(record.images)} images"
        found.append(Problem("fewer-marks-than-images", message, record.place))
    if any(image_marks(reply) for _, reply in record.turns):
        found.append(Problem("mark-in-reply", "a reply holds an <image> mark", record.place))
    return found


class _Refused(Exception):
    """A turn cannot be represented."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class _TurnReader:
    """Reads the turns of one record from left to right, handing out its images as the marks consume them."""

    def __init__(self, record: Record, kind: Kind, media: Sequence[str]) -> None:
        self.record = record
        self.kind = kind
        self.media = media
        self.used = 0

    def read(self, index: int) -> Turn:
        """Read the next turn.

        Raises:
            _Refused: It cannot be represented.
        """
        question, reply = self.record.turns[index]
        count = image_marks(question)
        images = list(self.media[self.used : self.used + count])
        self.used += count
        if self.kind.task in _CHOICES_ARE_IMAGES:
            turn = self._of_pictures(index, question, images)
        elif self.kind.task in _LARGEST:
            numbers = [str(number) for number in range(1, _LARGEST[self.kind.task] + 1)]
            turn = self._of_words(question, images, numbers, "number")
        elif self.kind.task == "localization":
            turn = self._quadrants(question, images)
        else:
            turn = self._of_words(question, images, list(word_options(question)), "word")
        return self._keyed(turn, index, reply)

    def _of_pictures(self, index: int, question: str, images: list[str]) -> Turn:
        stimuli = images[:1] if self.kind.task in _QUERY else []
        offered = images[len(stimuli) :]
        options = letter_options(question)
        letters = [letter for letter, _ in options]
        if not offered or (letters and letters != list(LETTERS[: len(offered)])):
            shown = "".join(f"({letter})" for letter in letters) or "none"
            raise _Refused("options-mismatch", f"{len(offered)} images to choose from but the options are {shown}")
        order = ordinal_order([text for _, text in options])
        if order is not None and order != list(range(len(offered))):
            raise _Refused("options-mismatch", "the options name the images in another order than they are shown")
        labels = self._labels(index, question, offered)
        phase = self._phase(index)
        choices = tuple(Choice(label=label, media=media) for label, media in zip(labels, offered, strict=True))
        shuffle = len(choices) > 1
        return Turn(prompt=question, stimuli=tuple(stimuli), choices=choices, target=0, shuffle=shuffle, phase=phase)

    def _labels(self, index: int, question: str, offered: list[str]) -> list[str]:
        """Name the pictures by what the file says of them, else by their bytes."""
        named = self.record.labels[index] if index < len(self.record.labels) else ()
        if len(named) == len(offered):
            return list(named)
        counts = re.findall(r"should have (\d+)", self.record.notes)
        if self.kind.task == "who_has_more" and len(counts) == len(offered):
            return counts
        return [NAMELESS + media[:8] for media in offered]

    def _phase(self, index: int) -> str:
        """Tell a Memory dialogue's learning turns from its test turns: a third learns, two thirds test."""
        if self.kind.task != "memory" or len(self.record.turns) % 3:
            return ""
        return "learning" if index < len(self.record.turns) // 3 else "test"

    def _quadrants(self, question: str, images: list[str]) -> Turn:
        labels = [text.lower() for _, text in letter_options(question)]
        if sorted(labels) != sorted(QUADRANTS):
            raise _Refused("options-mismatch", f"the options are not the four quadrants but {labels}")
        return self._of_words(question, images, labels, "letter")

    def _of_words(self, question: str, images: list[str], words: list[str], style: AnswerFormat) -> Turn:
        expected = {"binary": 2, "open": 8}.get(self.kind.form, len(words))
        if len(words) != expected or len(words) < 2:
            raise _Refused("options-mismatch", f"the question offers {len(words)} words, not {expected}")
        if not images:
            raise _Refused("fewer-marks-than-images", "the question has no <image> mark")
        choices = tuple(Choice(label=word) for word in words)
        return Turn(
            prompt=question, stimuli=tuple(images), choices=choices, target=0, answer_format=style, shuffle=False
        )

    def _keyed(self, turn: Turn, index: int, reply: str) -> Turn:
        target = answer_position(turn, reply)
        if target is None:
            offered = ", ".join(answers(turn))
            where = f" of turn {index + 1}" if len(self.record.turns) > 1 else ""
            raise _Refused("answer-outside-choices", f"the answer{where} '{reply[:40]}' is not one of {offered}")
        wrong = _WRONG_ROLE.get(self.kind.task, "adjacent" if turn.answer_format == "number" else "distractor")
        roles = ["target" if place == target else wrong for place in range(len(turn.choices))]
        if turn.answer_format == "number":
            roles = [_number_role(place, target) for place in range(len(turn.choices))]
        choices = [c.model_copy(update={"role": role}) for c, role in zip(turn.choices, roles, strict=True)]
        nameless = turn.choices[target].label.startswith(NAMELESS)
        if nameless and self.kind.task in ("picture_vocabulary", "looking_while_listening"):
            word = word_of(self.kind.task, turn.prompt)
            choices[target] = choices[target].model_copy(update={"label": word or choices[target].label})
        return turn.model_copy(update={"target": target, "choices": tuple(choices)})


def _number_role(place: int, target: int) -> str:
    if abs(place - target) <= 1:
        return "target" if place == target else "adjacent"
    return "fewer" if place < target else "more"


def answers(turn: Turn) -> list[str]:
    """Return how a reply names each choice: letters, or the labels."""
    if turn.answer_format == "letter":
        return list(LETTERS[: len(turn.choices)])
    return [choice.label for choice in turn.choices]


def answer_position(turn: Turn, reply: str) -> int | None:
    """Return which choice a published key names, or None; ``(B)`` and ``b.`` are B, nothing else is guessed."""
    plain = reply.strip().rstrip(".").strip("()'\" ").casefold()
    known = [answer.casefold() for answer in answers(turn)]
    return known.index(plain) if plain in known else None


def _difficulty(task: str, turns: tuple[Turn, ...]) -> dict[str, int | float | str | bool]:
    turn = turns[-1]
    if task in _LARGEST:
        return {"set_size": turn.target + 1}
    if task == "visual_delayed_response":
        return {"k_frames": len(turn.stimuli)}
    labels = [choice.label for choice in turn.choices]
    if task == "who_has_more" and all(label.isdigit() for label in labels) and len(set(labels)) == 2:
        fewer, more = sorted(int(label) for label in labels)
        return {"ratio": round(fewer / more, 4), "more": more, "fewer": fewer}
    return {}


def _provenance(record: Record, source: Source) -> Provenance:
    """Read recordings and times from image names of the SAYCam convention; empty where there are none."""
    found = [m for path in record.images if (m := _SAYCAM_NAME.match(PurePosixPath(path).name))]
    recordings = tuple(dict.fromkeys(match["recording"] for match in found))
    first = [match for match in found if match["recording"] == recordings[0]]
    span = None
    if first:
        span = (min(int(m["start"]) for m in first), max(int(m["end"]) for m in first))
    return Provenance(source=source.name, split=source.split, recordings=recordings, span_ms=span)
