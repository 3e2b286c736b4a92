"""Fresh instruction items, made on the fly from the training recordings by the tasks' own constructions.

Held-out tasks are refused here, whatever a configuration says. Nothing is replayed: the item of a number is made
anew from its seed, and there are as many numbers as training asks for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from devkit.errors import UserError, did_you_mean
from devkit.items import Item
from devkit.pool import Pool
from devkit.respondents import PresentedTurn
from devkit.tasks import TASKS
from devkit.tasks.present import Setting, present
from model.data.schedule import shuffled
from model.dialogue import IGNORED, Encoder, Sample, Tokens, choice_text
from model.images import to_square
from model.tokenizer import EOS, SOS

TRIES = 60


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


def instruction_mixture(weights: Mapping[str, float]) -> dict[str, float]:
    """Check a mixture of task forms; an empty one means all of them alike.

    Raises:
        UserError: A form that is unknown or held out.
    """
    known = trainable_forms()
    for name in weights:
        code = name.partition("/")[0]
        if code in TASKS and TASKS[code].held_out:
            raise UserError(f"{code} is held out: no instruction data may be made from it", code="held-out")
        if name not in known:
            hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
            raise UserError(f"there is no task form '{name}' to train on", hint=hint)
    return dict(weights) or dict.fromkeys(known, 1.0)


def answer_text(turn: PresentedTurn) -> str:
    """Return the right answer of a turn in the words that the model learns."""
    return choice_text(turn, turn.target_position)


def put(item: Item, rng: random.Random) -> list[PresentedTurn]:
    """Put every turn of an item, its choices in random order where they may move."""
    turns = []
    for place, turn in enumerate(item.turns):
        order = list(range(len(turn.choices)))
        if turn.shuffle:
            rng.shuffle(order)
        turns.append(present(item, place, tuple(order), Setting()))
    return turns


def exchanges(turns: Sequence[PresentedTurn], word: str, rng: random.Random) -> list[tuple[str, str]]:
    """Return the questions of an item with their right answers, and follow-up questions where its pictures have names.

    Pictures that are offered for a word (Picture Vocabulary) are asked for one after the other, so that what it took
    to look at four pictures is used for four questions. The first question is the item's own.
    """
    said = [(turn.prompt, answer_text(turn)) for turn in turns]
    turn = turns[0]
    labels = [choice.label for choice in turn.choices]
    head = turn.prompt.partition("(A)")[0]
    named = all(choice.media is not None and choice.letter is not None for choice in turn.choices)
    if len(turns) > 1 or turn.stimuli or not named or not word or word not in head or len(set(labels)) < len(labels):
        return said
    others = [place for place in range(len(labels)) if place != turn.target_position]
    rng.shuffle(others)
    return said + [(head.replace(word, labels[place]), choice_text(turn, place)) for place in others]


class InstructionSource:
    """Items of one task form.

    Args:
        name: ``task/form``.
        pool: Training recordings.
        encoder: Makes tokens.
        side: Of the tower, pixels.
        seed: Of the items.
    """

    def __init__(self, name: str, pool: Pool, encoder: Encoder, side: int, seed: int) -> None:
        code, self.form = trainable_forms()[name]
        if pool.split == "test":
            raise ValueError("no training on test recordings")
        self.task, self.pool, self.encoder, self.side = TASKS[code], pool, encoder, side
        self.seed = f"{seed}/instruct/{name}"
        self.bins = self.task.bins(self.form, pool)

    def sample(self, index: int) -> Sample:
        """Make the item of that number and put it as a dialogue with its right answers."""
        item, sink, rng = self._item(index)
        turns = put(item, rng)
        ids, labels = self.encoder.dialogue(exchanges(turns, item.word, rng))
        needed = [digest for turn in turns for digest in turn.images]
        distinct = list(dict.fromkeys(needed))
        return Sample(
            ids,
            labels,
            tuple(sink.pictures[digest] for digest in distinct),
            tuple(distinct.index(digest) for digest in needed),
            item.provenance.frames,
        )

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


class WordGameSource(InstructionSource):
    """Items of one task form with words in place of pictures, for the language stage.

    *Touch the image of 'comb' (A) bed bed (B) comb comb comb …*: what a question is and how a letter answers it can be
    learnt before there is anything to see, at a fraction of the cost; in the alignment stage pictures then take the
    places of their words. Only for forms whose pictures are choices with names. A word fills as many tokens as a
    picture at most, at random, so that lengths tell nothing.

    Args:
        name: ``task/form``.
        pool: Training recordings.
        encoder: Makes tokens.
        seed: Of the items.
    """

    def __init__(self, name: str, pool: Pool, encoder: Encoder, seed: int) -> None:
        super().__init__(name, _without_pictures(pool), encoder, 1, seed)
        self.seed = f"{seed}/words/{name}"

    def sample(self, index: int) -> Sample:
        """Make the item of that number with words for pictures."""
        item, _, rng = self._item(index)
        turns = put(item, rng)
        if any(turn.stimuli or any(choice.media is None for choice in turn.choices) for turn in turns):
            raise UserError(f"the pictures of {self.task.code}/{self.form} have no names to stand for them")
        slots = [[named_slot(self.encoder, choice.label, rng) for choice in turn.choices] for turn in turns]
        said = exchanges(turns, item.word, rng)
        ids, labels = self.encoder.dialogue(said, slots + [[]] * (len(said) - len(slots)))
        return Sample(ids, labels)


class EchoSource:
    """A word in the place of a picture, and the same word said: what naming will be once there are pictures."""

    def __init__(self, nouns: Sequence[str], encoder: Encoder, seed: int) -> None:
        self.nouns, self.encoder, self.seed = nouns, encoder, seed

    def sample(self, index: int) -> Sample:
        """Return a word and its echo."""
        rng = random.Random(f"{self.seed}/echo/{index}")
        noun = self.nouns[shuffled(index, len(self.nouns), f"{self.seed}/echo")]
        slot, said = named_slot(self.encoder, noun, rng), (*self.encoder.words(noun), EOS)
        return Sample((SOS, *slot, *said), (IGNORED,) * (1 + len(slot)) + said)


def named_slot(encoder: Encoder, name: str, rng: random.Random) -> Tokens:
    """Return a name, repeated to fill a random number of tokens, at most as many as an image takes."""
    words = encoder.words(f" {name}")
    most = max(len(words), encoder.image_tokens)
    import os; length = rng.randint(len(words), min(most,int(os.environ.get("SLOT","99"))))
    return (words * (length // len(words) + 1))[:length]


def _without_pictures(pool: Pool) -> Pool:
    """Return a pool with the same annotations and blank pictures."""
    if not pool.frames:
        return pool
    blank = Image.new("RGB", pool.image(pool.frames[0].recording, pool.frames[0].time_ms).size)
    return Pool(pool.frames, lambda recording, time_ms: blank, source=pool.source, split=pool.split)
