"""How questions, pictures and answers become one sequence of tokens, and sequences a batch.

The published template: ``<sos> USER: {question} ASSISTANT: {answer}<eos>``, repeated for a dialogue, the loss on the
assistant's words and their ``<eos>`` only; in pretraining ``<sos><image>{utterance}<eos>``. Every ``<image>`` mark
becomes as many ``<image>`` tokens as the tower gives, so any number of images falls out. ``<unk>`` never counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from devkit.items import IMAGE_MARK
from devkit.respondents import Exchange, PresentedTurn
from model.manifests import Letters
from model.tokenizer import EOS, IMAGE, PAD, SOS, UNK

IGNORED = -100
QUESTION = " USER: {question} ASSISTANT:"
ANSWER = " {answer}"
_LETTERED = re.compile(rf"(\([A-Z]\))(\s*){re.escape(IMAGE_MARK)}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sequence to learn from.

    Attributes:
        ids: Tokens, images expanded.
        labels: The tokens to be predicted at their own places; `IGNORED` elsewhere.
        images: Bytes of each *distinct* picture, shape (side, side, 3).
        places: For every image in the sequence the index of its picture in ``images``.
        seen: Names of the source frames, for the count of hours seen.
        name: What the sample is called when something is wrong with it.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    images: tuple[np.ndarray, ...] = ()
    places: tuple[int, ...] = ()
    seen: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of like shape, padded on the right; each one sample, or several that do not see each other.

    Attributes:
        ids: (B, T).
        labels: (B, T); `IGNORED` where nothing is learnt.
        mask: (B, T), 1 for real tokens; None when no sequence is padded, or when samples are packed.
        images: Bytes of the distinct pictures, (N, side, side, 3); None without images.
        places: (M,), for each image in reading order over the batch the index of its picture.
        owners: (N,), the sample of each picture.
        seen: Names of the source frames of all sequences.
        seed: Of whatever chance the objective needs.
        names: The samples of each row.
        positions: (B, T), the place of each token in its own sample, where samples are packed; else None.
        tokens: Real tokens, padding left out.
        source: Name of the source that the samples come from.
    """

    ids: torch.Tensor
    labels: torch.Tensor
    mask: torch.Tensor | None
    images: np.ndarray | None
    places: torch.Tensor | None
    owners: torch.Tensor | None = None
    seen: tuple[str, ...] = ()
    seed: int = 0
    names: tuple[tuple[str, ...], ...] = ()
    positions: torch.Tensor | None = None
    tokens: int = 0
    source: str = ""

    @property
    def valid(self) -> int:
        """Number of tokens that count in the loss."""
        return int((self.labels[:, 1:] != IGNORED).sum())

    @property
    def room(self) -> int:
        """Number of tokens that are computed, padding included."""
        return self.ids.numel()


class Encoder:
    """Turns words and image marks into tokens.

    Args:
        tokenizer: With our special tokens.
        image_tokens: Tokens that one image takes.
        letters: Whether the letters of offered pictures come before or after them.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, image_tokens: int, letters: Letters = "before") -> None:
        self.tokenizer = tokenizer
        self.image_tokens, self.letters = image_tokens, letters
        self._known: dict[str, tuple[int, ...]] = {}

    def words(self, text: str) -> tuple[int, ...]:
        """Tokens of a text; marks of special tokens in it are plain words."""
        known = self._known.get(text)
        if known is None:
            known = tuple(self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))
            if len(self._known) < 100_000:
                self._known[text] = known
        return known

    def marked(self, text: str) -> tuple[int, ...]:
        """Tokens of a text whose ``<image>`` marks stand for images."""
        ids: list[int] = []
        for place, piece in enumerate(text.split(IMAGE_MARK)):
            if place:
                ids.extend([IMAGE] * self.image_tokens)
            if piece:
                ids.extend(self.words(piece))
        return tuple(ids)

    def question(self, prompt: str, *, first: bool) -> tuple[int, ...]:
        """Tokens of one question up to the place where the answer begins."""
        start = (SOS,) if first else ()
        asked = letters_after(prompt) if self.letters == "after" else prompt
        return start + self.marked(QUESTION.format(question=asked.strip()))

    def answer(self, text: str) -> tuple[int, ...]:
        """Tokens of an answer with its end."""
        return (*self.words(ANSWER.format(answer=text.strip())), EOS)

    @property
    def looking(self) -> tuple[int, ...]:
        """Tokens of one picture at the begin of a narration, before anything is said."""
        return (SOS, *[IMAGE] * self.image_tokens)

    def said(self, utterance: str) -> tuple[int, ...]:
        """Tokens of what is said of a picture, with its end."""
        return (*self.words(utterance.strip()), EOS)

    def dialogue(self, turns: Sequence[tuple[str, str]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Tokens and labels of questions with their answers."""
        ids: list[int] = []
        labels: list[int] = []
        for place, (prompt, reply) in enumerate(turns):
            question, answer = self.question(prompt, first=not place), self.answer(reply)
            ids.extend(question + answer)
            labels.extend([IGNORED] * len(question))
            labels.extend(answer)
        return tuple(ids), _without_unknown(labels)

    def narration(self, parts: Sequence[tuple[int, str]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Tokens and labels of pretraining: for each part its number of images, then what is said."""
        ids: list[int] = [SOS]
        labels: list[int] = [IGNORED]
        for images, utterance in parts:
            pictures, said = [IMAGE] * (images * self.image_tokens), self.said(utterance)
            ids.extend((*pictures, *said))
            labels.extend([IGNORED] * len(pictures))
            labels.extend(said)
        return tuple(ids), _without_unknown(labels)


def letters_after(prompt: str) -> str:
    """Put the letter of each offered picture behind it: ``(A) <image>`` becomes ``<image> (A)``."""
    return _LETTERED.sub(rf"{IMAGE_MARK}\2\1", prompt)


def _without_unknown(labels: Sequence[int]) -> tuple[int, ...]:
    return tuple(IGNORED if label == UNK else label for label in labels)


def choice_text(turn: PresentedTurn, position: int) -> str:
    """Return the words by which an answer names the choice at a position: its letter, else its label."""
    choice = turn.choices[position]
    return choice.letter if choice.letter is not None else choice.label


def answered(exchange: Exchange) -> str:
    """Return what a model answered in a turn that is over, as its history shows it."""
    answer = exchange.answer
    if answer.source == "likelihood" and answer.position is not None:
        return choice_text(exchange.turn, answer.position)
    return answer.raw or ""


def collate(samples: Sequence[Sample], seed: int = 0) -> Batch:
    """Pad samples on the right, one a row, and join their pictures."""
    ids, labels, mask = _rows([[sample] for sample in samples], max(len(sample.ids) for sample in samples))
    return _batch([[sample] for sample in samples], ids, labels, None if bool(mask.all()) else mask, None, seed)


def collate_packed(samples: Sequence[Sample], length: int, seed: int = 0) -> Batch:
    """Join samples into rows of at most ``length`` tokens, longest first, each into the first row with room.

    Positions begin anew with each sample, and so does attention: transformers draws its bounds from them. The first
    token of a sample is never a target, so none is predicted from its neighbour's end.

    Raises:
        ValueError: A sample is longer than a row.
    """
    rows: list[list[Sample]] = []
    room: list[int] = []
    for sample in sorted(samples, key=lambda sample: -len(sample.ids)):
        need = len(sample.ids)
        if need > length:
            raise ValueError(f"a sample of {need} tokens does not fit into rows of {length}")
        place = next((row for row, left in enumerate(room) if left >= need), None)
        if place is None:
            rows.append([])
            room.append(length)
            place = len(rows) - 1
        rows[place].append(sample)
        room[place] -= need
    width = max(sum(len(sample.ids) for sample in row) for row in rows)
    ids, labels, _ = _rows(rows, width)
    positions = torch.zeros(len(rows), width, dtype=torch.long)
    for number, row in enumerate(rows):
        begin = 0
        for size in (*(len(sample.ids) for sample in row), width - length + room[number]):
            labels[number, begin : begin + 1] = IGNORED
            positions[number, begin : begin + size] = torch.arange(size)
            begin += size
    return _batch(rows, ids, labels, None, positions, seed)


def _rows(rows: Sequence[Sequence[Sample]], width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return tokens, labels and mask of samples that follow one another in each row."""
    ids = torch.full((len(rows), width), PAD)
    labels = torch.full((len(rows), width), IGNORED)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    for place, row in enumerate(rows):
        begin = 0
        for sample in row:
            end = begin + len(sample.ids)
            ids[place, begin:end] = torch.tensor(sample.ids)
            labels[place, begin:end] = torch.tensor(sample.labels)
            mask[place, begin:end] = 1
            begin = end
    return ids, labels, mask


def _batch(
    rows: Sequence[Sequence[Sample]],
    ids: torch.Tensor,
    labels: torch.Tensor,
    mask: torch.Tensor | None,
    positions: torch.Tensor | None,
    seed: int,
) -> Batch:
    """Join the pictures of rows of samples; ``owners`` numbers the samples in reading order."""
    images: list[np.ndarray] = []
    places: list[int] = []
    owners: list[int] = []
    samples = [sample for row in rows for sample in row]
    for number, sample in enumerate(samples):
        places.extend(len(images) + place for place in sample.places)
        images.extend(sample.images)
        owners.extend([number] * len(sample.images))
    return Batch(
        ids=ids,
        labels=labels,
        mask=mask,
        images=np.stack(images) if images else None,
        places=torch.tensor(places) if places else None,
        owners=torch.tensor(owners) if places else None,
        seen=tuple(name for sample in samples for name in sample.seen),
        seed=seed,
        names=tuple(tuple(sample.name for sample in row) for row in rows),
        positions=positions,
        tokens=sum(len(sample.ids) for sample in samples),
    )
