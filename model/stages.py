"""What each of the five stages learns from, and in which order samples come.

vision      pictures; DINO on the tower
language    packed utterances; next token
align       image–utterance pairs; next token, connector only
joint       image–utterance, video–utterance and interleaved sequences; next token
instruct    fresh items of the tasks, mixed; next token on the answers
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np

from devkit.errors import UserError
from model.config import StageConfig, StageName, TrainConfig
from model.data.corpus import Speech, TrainingData
from model.data.instruction import InstructionSource, form_of, instruction_mixture, lesson_sources
from model.data.places import PlaceSource
from model.data.pretraining import NameSource, Naming, NarrationSource, Order, PictureSource, Source, UtteranceSource
from model.data.schedule import ByAge, Schedule
from model.dialogue import IGNORED, Batch, Encoder, Sample, collate, collate_packed
from model.dino import Pictures
from model.memory import Shape

DEFAULT_MIXTURE: dict[StageName, dict[str, float]] = {
    "language": {"utterances": 1.0},
    "align": {"image": 1.0},
    "joint": {"image": 2.0, "video": 1.0, "interleaved": 1.0},
}
NARRATED = ("image", "crop", "name", "place", "video", "interleaved")
"""Sources of narrated pictures; the instruction stage may rehearse them."""


@runtime_checkable
class Measured(Protocol):
    """A source that knows how long a sample is without making it."""

    def length(self, index: int) -> int:
        """Return the number of tokens of a sample."""
        ...


@runtime_checkable
class Aged(Protocol):
    """A source that knows the child's age at each of its samples, and can be read in another order."""

    order: Order

    @property
    def ages(self) -> list[int | None]:
        """Age of the child at each sample, days."""
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """The batches of a stage as a function of their number.

    Attributes:
        sources: By name.
        schedule: Whose turn it is.
        sizes: Samples of one forward pass, by source.
        turns: Forward passes of one step over all processes.
        packed: Length of the rows that samples are packed into; None for one sample a row.
        group: Forward passes of a source that are sorted by length among themselves.
        opening: The turns before the schedule begins, as it says them: lessons, and what is rehearsed between them.
        had: Turns of each source in the opening.
    """

    sources: Mapping[str, Source]
    schedule: Schedule
    sizes: Mapping[str, int]
    turns: int
    packed: int | None = None
    group: int = 0
    opening: Sequence[tuple[str, int]] = ()
    had: Mapping[str, int] = field(default_factory=dict)

    def batch(self, number: int) -> Batch:
        """Return the batch of one forward pass.

        Raises:
            UserError: A sample cannot be made, or is longer than a row.
        """
        name, before = self._turn(number)
        samples = [self._sample(name, index) for index in self._indices(name, before)]
        if self.packed is None:
            return replace(collate(samples, number), source=name)
        longest = max(samples, key=lambda sample: len(sample.ids))
        if len(longest.ids) > self.packed:
            raise UserError(
                f"the sample '{longest.name}' of {name} has {len(longest.ids)} tokens, a packed row {self.packed}",
                hint="raise the stage's length",
            )
        return replace(collate_packed(samples, self.packed, number), source=name)

    def _turn(self, number: int) -> tuple[str, int]:
        """Return the source of a pass, and how many passes that source has had before."""
        if number < len(self.opening):
            return self.opening[number]
        name, before = self.schedule.turn(number - len(self.opening))
        return name, before + self.had.get(name, 0)

    def largest(self) -> Shape:
        """Return the shape of the stage's largest forward pass, by the first samples of each source."""
        shapes = []
        for name, source in self.sources.items():
            size, some = self.sizes[name], [source.sample(index) for index in range(4)]
            longest = max(len(sample.ids) for sample in some)
            rows, length = size, longest
            if self.packed is not None:
                rows = max(1, -(-size * longest // self.packed))
                length = min(self.packed, size * longest)
            pictures = size * max(len(sample.images) for sample in some)
            counted = size * max(sum(label != IGNORED for label in sample.labels) for sample in some)
            shapes.append(Shape(rows, length, pictures, counted))
        return max(shapes, key=lambda shape: shape.rows * shape.length + shape.pictures)

    def _indices(self, name: str, before: int) -> list[int]:
        """Numbers of a source's samples in its pass ``before``: in order, or sorted by length within a window."""
        size, source = self.sizes[name], self.sources[name]
        if self.group < 2 or not isinstance(source, Measured):
            return list(range(before * size, (before + 1) * size))
        window, place = divmod(before, self.group)
        first = window * self.group * size
        by_length = sorted(range(first, first + self.group * size), key=source.length)
        slots = list(range(self.group))
        random.Random(f"{name}/{window}").shuffle(slots)
        return by_length[slots[place] * size : (slots[place] + 1) * size]

    def _sample(self, name: str, index: int) -> Sample:
        made = self.sources[name].sample(index)
        if len(made.ids) < 2:
            raise UserError(f"the sample '{made.name or index}' of {name} is empty", hint="is its transcript empty?")
        return made


@dataclass(frozen=True, slots=True)
class PictureFeed:
    """The pictures of the vision stage as a function of their number."""

    source: PictureSource
    stage: StageConfig
    seed: int

    @property
    def turns(self) -> int:
        """Forward passes of one step over all processes."""
        return self.stage.batch // self.stage.micro

    def largest(self) -> Shape:
        """Return the shape of a forward pass."""
        return Shape(self.stage.micro, 0, self.stage.micro, 0)

    def batch(self, number: int) -> Pictures:
        """Return the pictures of one forward pass."""
        micro = self.stage.micro
        drawn = [self.source.picture(number * micro + k) for k in range(micro)]
        images = np.stack([image for image, _ in drawn])
        return Pictures(images, self.seed * 1_000_003 + number, tuple(name for _, name in drawn))


def make_feed(
    name: StageName, config: TrainConfig, data: TrainingData, encoder: Encoder
) -> tuple[Feed | PictureFeed, int]:
    """Return the batches of a stage and its number of steps.

    Raises:
        UserError: The mixture names what there is not, or the data hold nothing for the stage.
    """
    stage = config.stages[name]
    if name == "vision":
        dino = config.dino
        pictures = PictureSource(data, config.tower.image_size, dino.boxes, config.seed, dino.cutouts)
        steps = _steps(stage, len(data.pool.frames))
        if config.order == "age":
            _by_age(pictures, steps * stage.batch, f"{config.seed}/vision")
        return PictureFeed(pictures, stage, config.seed), steps
    sources, weights = _sources(name, config, data, encoder)
    lessons: dict[str, list[str]] = {}
    taught = [key for key, source in sources.items() if isinstance(source, InstructionSource) and key == form_of(key)]
    for form in taught if stage.lesson else ():
        easier = lesson_sources(form, data.pool, encoder, config.tower.image_size, config.seed)
        if easier:
            lessons[form] = list(easier)
        sources |= easier
    opening, had = _opening(lessons, stage, weights, f"{config.seed}/{name}")
    sizes = {key: _size(stage, source) for key, source in sources.items()}
    schedule = Schedule(weights, f"{config.seed}/{name}")
    known = [len(source) for source in sources.values() if isinstance(source, UtteranceSource | NarrationSource)]
    steps = _steps(stage, sum(known))
    turns = stage.batch // stage.micro
    mixed = steps * turns - len(opening)
    if mixed <= 0:
        raise UserError(
            f"the lessons take {len(opening)} forward passes, the {name} stage has {steps * turns}",
            hint=f"give stages.{name}.lesson less, or stages.{name}.steps more",
        )
    for key, source in sources.items() if config.order == "age" else ():
        if isinstance(source, Aged):
            share = schedule.cycle.count(key) / len(schedule.cycle)
            _by_age(source, round((had[key] + mixed * share) * sizes[key]), f"{config.seed}/{name}/{key}")
    packed = stage.length if stage.pack else None
    return Feed(sources, schedule, sizes, turns, packed, stage.group, opening, had), steps


def _opening(
    lessons: Mapping[str, Sequence[str]], stage: StageConfig, weights: Mapping[str, float], seed: str
) -> tuple[list[tuple[str, int]], Counter[str]]:
    """Return the turns while lessons are given: form after form, with a mixture of all that was met between.

    A form and those of its lessons that the mixture names join it after its lessons; forms that have none are in it
    from the beginning.
    """
    found: list[tuple[str, int]] = []
    had: Counter[str] = Counter()

    def take(name: str) -> None:
        found.append((name, had[name]))
        had[name] += 1

    waiting = set(lessons)
    for form, easier in lessons.items():
        met = {key: weight for key, weight in weights.items() if form_of(key) not in waiting and weight > 0}
        mixture, owed, turn = (Schedule(met, f"{seed}/before {form}") if met else None), 0.0, 0
        for lesson in easier:
            for _ in range(stage.lesson):
                take(lesson)
                owed += stage.rehearse if mixture else 0.0
                while mixture and owed >= 1:
                    take(mixture.turn(turn)[0])
                    owed, turn = owed - 1, turn + 1
        waiting.remove(form)
    return found, had


def _by_age(source: Aged, total: int, seed: str) -> None:
    """Let a source be read by age.

    Raises:
        UserError: The age of a sample is not known.
    """
    ages = [age for age in source.ages if age is not None]
    if len(ages) < len(source.ages):
        raise UserError(
            f"the child's age is not known at {len(source.ages) - len(ages)} of {len(source.ages)} samples, so they "
            "cannot be ordered by age",
            hint="give the ages in the corpus' list of recordings, or train with order: shuffled",
        )
    source.order = ByAge(ages, total, seed)


def _sources(
    name: StageName, config: TrainConfig, data: TrainingData, encoder: Encoder
) -> tuple[dict[str, Source], dict[str, float]]:
    stage, side, seed = config.stages[name], config.tower.image_size, config.seed
    if name == "language":
        apart = stage.pack or config.order == "age"
        speech = data.speech or (Speech("", None, data.utterances),)
        if not any(text.strip() for part in speech for text in part.texts):
            raise UserError("the transcripts of the training recordings are empty", hint="see devkit corpus check")
        return {"utterances": UtteranceSource(speech, encoder, stage.length, seed, apart)}, {"utterances": 1.0}
    weights = dict(stage.mixture or DEFAULT_MIXTURE.get(name) or instruction_mixture({}))
    wanted = {key: weight for key, weight in weights.items() if key not in NARRATED}
    forms = instruction_mixture(wanted) if wanted else {}
    narrated = [key for key in weights if key in NARRATED]
    found: dict[str, Source] = {form: InstructionSource(form, data.pool, encoder, side, seed) for form in forms}
    return found | {key: _narrated(key, name, config, data, encoder) for key in narrated}, weights


def _narrated(key: str, name: StageName, config: TrainConfig, data: TrainingData, encoder: Encoder) -> Source:
    """Return a source of narrated pictures.

    Raises:
        UserError: The data hold nothing for it.
    """
    side, seed = config.tower.image_size, config.seed
    if key == "name":
        return NameSource(data, encoder, side, seed)
    if key == "place":
        return PlaceSource(data, encoder, side, seed)
    naming = Naming(data) if key == "crop" else None
    records = {"image": data.pairs, "video": data.clips, "interleaved": data.interleaved}.get(key, ())
    if naming is not None:
        records = tuple(naming.pairs)
    if not records:
        raise UserError(f"the data hold no '{key}' sequences for the {name} stage")
    focus, shift = naming.focus if naming else None, config.stages[name].shift
    return NarrationSource(records, data, encoder, side, seed, f"{name}/{key}", focus, shift)


def _size(stage: StageConfig, source: Source) -> int:
    """Samples of one forward pass: ``micro``, or fewer where samples are long."""
    if stage.tokens is None:
        return stage.micro
    typical = max(len(source.sample(index).ids) for index in range(4))
    return max(1, min(stage.micro, stage.tokens // typical))


def _steps(stage: StageConfig, samples: int) -> int:
    if stage.steps is not None:
        return stage.steps
    if not samples:
        raise UserError("a stage of endless fresh items needs steps, not epochs")
    assert stage.epochs is not None
    return max(1, round(stage.epochs * samples / stage.batch))
