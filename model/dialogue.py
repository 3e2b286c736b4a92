"""How questions, pictures and answers become one sequence of tokens, and sequences a batch.

The published template: ``<sos> USER: {question} ASSISTANT: {answer}<eos>``, repeated for a dialogue, the loss on the
assistant's words and their ``<eos>`` only; in pretraining ``<sos><image>{utterance}<eos>``. Every ``<image>`` mark
becomes as many ``<image>`` tokens as the tower gives, so any number of images falls out. ``<unk>`` never counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from devkit.items import IMAGE_MARK
from devkit.respondents import PresentedTurn
from model.tokenizer import EOS, IMAGE, PAD, SOS, UNK

IGNORED = -100
QUESTION = " USER: {question} ASSISTANT:"
ANSWER = " {answer}"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sequence to learn from.

    Attributes:
        ids: Tokens, images expanded.
        labels: The tokens to be predicted at their own places; `IGNORED` elsewhere.
        images: Bytes of each *distinct* picture, shape (side, side, 3).
        places: For every image in the sequence the index of its picture in ``images``.
        seen: Names of the source frames, for the count of hours seen.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    images: tuple[np.ndarray, ...] = ()
    places: tuple[int, ...] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of like shape, padded on the right.

    Attributes:
        ids: (B, T).
        labels: (B, T); `IGNORED` where nothing is learnt.
        mask: (B, T), 1 for real tokens; None when no sequence is padded.
        images: Bytes of the distinct pictures, (N, side, side, 3); None without images.
        places: (M,), for each image in reading order over the batch the index of its picture.
        owners: (N,), the sequence of each picture.
        seen: Names of the source frames of all sequences.
        seed: Of whatever chance the objective needs.
    """

    ids: torch.Tensor
    labels: torch.Tensor
    mask: torch.Tensor | None
    images: np.ndarray | None
    places: torch.Tensor | None
    owners: torch.Tensor | None = None
    seen: tuple[str, ...] = ()
    seed: int = 0

    @property
    def valid(self) -> int:
        """Number of tokens that count in the loss."""
        return int((self.labels[:, 1:] != IGNORED).sum())


class Encoder:
    """Turns words and image marks into tokens.

    Args:
        tokenizer: With our special tokens.
        image_tokens: Tokens that one image takes.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, image_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.image_tokens = image_tokens
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
        return start + self.marked(QUESTION.format(question=prompt.strip()))

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


def _without_unknown(labels: Sequence[int]) -> tuple[int, ...]:
    return tuple(IGNORED if label == UNK else label for label in labels)


def choice_text(turn: PresentedTurn, position: int) -> str:
    """Return the words by which an answer names the choice at a position: its letter, else its label."""
    choice = turn.choices[position]
    return choice.letter if choice.letter is not None else choice.label


def collate(samples: Sequence[Sample], seed: int = 0) -> Batch:
    """Pad samples on the right and join their pictures."""
    longest = max(len(sample.ids) for sample in samples)
    ids = torch.full((len(samples), longest), PAD)
    labels = torch.full((len(samples), longest), IGNORED)
    mask = torch.zeros(len(samples), longest, dtype=torch.long)
    images: list[np.ndarray] = []
    places: list[int] = []
    owners: list[int] = []
    for row, sample in enumerate(samples):
        length = len(sample.ids)
        ids[row, :length] = torch.tensor(sample.ids)
        labels[row, :length] = torch.tensor(sample.labels)
        mask[row, :length] = 1
        places.extend(len(images) + place for place in sample.places)
        images.extend(sample.images)
        owners.extend([row] * len(sample.images))
    return Batch(
        ids=ids,
        labels=labels,
        mask=None if bool(mask.all()) else mask,
        images=np.stack(images) if images else None,
        places=torch.tensor(places) if places else None,
        owners=torch.tensor(owners) if places else None,
        seen=tuple(name for sample in samples for name in sample.seen),
        seed=seed,
    )
