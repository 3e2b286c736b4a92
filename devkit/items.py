"""What a bank holds: items, their turns, their choices and where they came from.

An item is a question with its media, offered choices and key. It is a list of *turns*: one for most tasks,
fifteen for a Memory dialogue. Nothing here knows an order of presentation; that is the planner's business, and
a `devkit.respondents.PresentedTurn` is the outcome.

Images are named by the SHA-256 of their bytes. In a turn's ``prompt`` every ``<image>`` mark stands for one image,
consumed from left to right: first the turn's ``stimuli``, then those of its choices that are images, in the order
in which they are presented.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from devkit.ids import digest_json

IMAGE_MARK = "<image>"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
AnswerFormat = Literal["letter", "word", "number"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Strict(BaseModel):
    """Base of everything read from disk: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Strict):
    """One offered answer.

    Attributes:
        label: The answer in words (``comb``, ``top left``, ``right``, ``7``).
        media: Digest of its image; None for an answer in words.
        role: ``target``, or the kind of distractor (``semantic``, ``phonological``, ``unrelated``, ``mirror``,
            ``same_category``, ``seen``, ``fewer``, ``adjacent`` …), for confusions by distractor type.
    """

    label: str
    media: Digest | None = None
    role: str = "distractor"


class Turn(Strict):
    """One question of an item.

    Attributes:
        prompt: The item's own words, with ``<image>`` marks.
        stimuli: Digests of the images that come before the choices: a query, the frames of a clip, the picture to
            count in.
        choices: The offered answers in the bank's order.
        target: Index of the right one in ``choices``.
        answer_format: ``letter`` (answers are positions A, B, …), ``word`` or ``number`` (answers are labels).
        shuffle: Whether the planner may permute the choices (false for quadrants, directions and numbers).
        phase: ``learning`` or ``test`` in a Memory dialogue, else empty.
    """

    prompt: str
    stimuli: tuple[Digest, ...] = ()
    choices: tuple[Choice, ...] = Field(min_length=1)
    target: int = Field(ge=0)
    answer_format: AnswerFormat = "letter"
    shuffle: bool = True
    phase: Literal["", "learning", "test"] = ""

    @model_validator(mode="after")
    def _coherent(self) -> Turn:
        if self.target >= len(self.choices):
            raise ValueError(f"target {self.target} is outside the {len(self.choices)} choices")
        if self.answer_format == "letter" and len(self.choices) > len(LETTERS):
            raise ValueError("more choices than letters")
        marks, images = self.prompt.count(IMAGE_MARK), len(self.images())
        if marks != images:
            raise ValueError(f"{marks} <image> marks in the prompt but {images} images")
        return self

    def images(self, order: tuple[int, ...] | None = None) -> tuple[str, ...]:
        """Digests in the order in which the prompt's marks consume them, with the choices put into ``order``."""
        choices = self.choices if order is None else tuple(self.choices[i] for i in order)
        return self.stimuli + tuple(choice.media for choice in choices if choice.media is not None)


class Provenance(Strict):
    """Where an item was made from; what the audit compares between train and test.

    Attributes:
        source: Name of the corpus or of the published file.
        split: ``train``, ``val`` or ``test``.
        recordings: Names of the recordings its media come from.
        span_ms: First and last time used, in ms from the start of the first recording; None when unknown.
        frames: Digests of the source frames (their bytes before any cropping).
        consent: Sharing level of the recordings (``private``, ``shareable``, ``public``); empty when unknown.
    """

    source: str = ""
    split: Literal["train", "val", "test", ""] = ""
    recordings: tuple[str, ...] = ()
    span_ms: tuple[int, int] | None = None
    frames: tuple[str, ...] = ()
    consent: str = ""


class SpokenPrompt(Strict):
    """A recorded prompt that belongs to an item.

    Attributes:
        media: Digest of the audio file.
        word_onset_ms: Onset of the target word from the start of the audio, ms; None when unknown.
        text: What is said.
    """

    media: Digest
    word_onset_ms: float | None = None
    text: str = ""


class Item(Strict):
    """A question with its media, choices and key.

    Attributes:
        item_id: Unique within its bank.
        task: Code of the task (``picture_vocabulary``).
        form: Form of the task (``standard``, ``robust``, ``binary`` …).
        turns: The questions in order; one unless the task is a dialogue.
        word: The noun asked about, singular; empty when the task has none.
        difficulty: Columns that the task declares (``set_size``, ``ratio``, ``k_frames``, ``distractor`` …).
        spoken: A recorded prompt, when the bank has one.
        labels: The published ``labels`` of a Memory item: nouns shown in each turn.
        bb: The published box of a Localization item: x, y, width, height in pixels of the shown image.
        notes: The published ``notes`` of an item, kept as they are.
        provenance: Where it came from.
    """

    item_id: str = Field(min_length=1)
    task: str
    form: str
    turns: tuple[Turn, ...] = Field(min_length=1)
    word: str = ""
    difficulty: dict[str, int | float | str | bool] = Field(default_factory=dict)
    spoken: tuple[SpokenPrompt, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    bb: tuple[float, float, float, float] | None = None
    notes: str = ""
    provenance: Provenance = Provenance()

    @property
    def digest(self) -> str:
        """SHA-256 of everything in the item that a respondent could meet (not its provenance or notes)."""
        return digest_json(self.model_dump(mode="json", exclude={"provenance", "notes"}))

    def media(self) -> tuple[str, ...]:
        """Digests of every file the item needs, each once, in order of first use."""
        used = [d for turn in self.turns for d in turn.images()] + [p.media for p in self.spoken]
        return tuple(dict.fromkeys(used))


def image_marks(text: str) -> int:
    """Count the ``<image>`` marks of a text."""
    return len(re.findall(re.escape(IMAGE_MARK), text))
