"""What each of the five stages learns from, by which objective, and in which order samples come.

vision      pictures; DINO on the tower
language    packed utterances; next token
align       image–utterance pairs; next token, connector only
joint       image–utterance, video–utterance and interleaved sequences; next token
instruct    fresh items of the tasks, mixed; next token on the answers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import LlavaForConditionalGeneration

from devkit.errors import UserError
from model.babyvlm.architecture import embed, hidden, image_features
from model.config import StageConfig, StageName, TrainConfig
from model.data.corpus import TrainingData
from model.data.instruction import InstructionSource, instruction_mixture
from model.data.pretraining import NameSource, Naming, NarrationSource, PictureSource, Source, UtteranceSource
from model.data.schedule import Schedule
from model.dialogue import IGNORED, Batch, Encoder, collate
from model.dino import Pictures, SelfDistillation
from model.images import jitter, normalise
from model.world import World

DEFAULT_MIXTURE: dict[StageName, dict[str, float]] = {
    "language": {"utterances": 1.0},
    "align": {"image": 1.0},
    "joint": {"image": 2.0, "video": 1.0, "interleaved": 1.0},
}


NARRATED = ("image", "crop", "name", "video", "interleaved")
"""Sources of narrated pictures; the instruction stage may rehearse them."""


class Objective(Protocol):
    """What a stage minimises."""

    def loss(self, batch: Batch | Pictures, done: float) -> torch.Tensor:
        """Return the loss summed over what counts in the batch; ``done`` is the share of the stage that is over."""
        ...

    def after_step(self, step: int, done: float) -> None:
        """Do what follows an optimiser step."""
        ...

    def finish(self) -> None:
        """Do what ends the stage."""
        ...

    @property
    def extra(self) -> nn.Module | None:
        """Weights and buffers beside the model's that learn and are saved with it."""
        ...

    @property
    def report(self) -> Mapping[str, float]:
        """Figures for the log."""
        ...


class NextToken:
    """Next-token prediction on the labelled tokens.

    Args:
        model: The model.
        strength: Of the jitter of training pictures.
        seed: Of the jitter.
        device: Where the model is.
        dtype: Of the forward pass on a GPU.
    """

    extra: nn.Module | None = None

    def __init__(
        self, model: LlavaForConditionalGeneration, strength: float, seed: int, device: torch.device, dtype: str
    ) -> None:
        self.model, self.strength, self.seed, self.device = model, strength, seed, device
        self.half = dtype == "bfloat16" and device.type == "cuda"

    def loss(self, batch: Batch | Pictures, done: float) -> torch.Tensor:
        """Return the summed cross-entropy over the labelled tokens."""
        assert isinstance(batch, Batch)
        positions = self.model.config.text_config.max_position_embeddings
        if batch.ids.shape[1] > positions:
            raise UserError(f"a training sequence has {batch.ids.shape[1]} tokens, the model takes {positions}")
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            states = hidden(
                self.model, self._embedded(batch), None if batch.mask is None else batch.mask.to(self.device)
            )
            targets = batch.labels[:, 1:].to(self.device)
            counted = targets != IGNORED
            logits = self.model.lm_head(states.last_hidden_state[:, :-1][counted])
        return F.cross_entropy(logits.float(), targets[counted], reduction="sum")

    def _embedded(self, batch: Batch) -> torch.Tensor:
        ids = batch.ids.to(self.device)
        if batch.images is None or batch.places is None:
            return embed(self.model, ids, None)
        pixels = normalise(batch.images)
        if self.strength and batch.owners is not None:
            chance = torch.Generator().manual_seed(batch.seed * 1_000_003 + self.seed)
            pixels = jitter(pixels, batch.owners, self.strength, chance)
        features = image_features(self.model, pixels.to(self.device))
        return embed(self.model, ids, features[batch.places.to(self.device)])

    def after_step(self, step: int, done: float) -> None:
        """Nothing follows."""

    def finish(self) -> None:
        """Nothing ends."""

    @property
    def report(self) -> Mapping[str, float]:
        """Nothing beside the loss."""
        return {}


class Distillation:
    """DINO on the tower, watched for collapse."""

    def __init__(self, model: LlavaForConditionalGeneration, config: TrainConfig, world: World) -> None:
        tower, side = model.model.vision_tower, config.tower.image_size
        self.core, self.world = SelfDistillation(tower, side, config.dino, config.seed).to(world.device), world
        self.freeze = config.dino.freeze_last

    @property
    def extra(self) -> nn.Module | None:
        """Heads, teacher and centre; the tower is among them and is the model's own."""
        return self.core

    def loss(self, batch: Batch | Pictures, done: float) -> torch.Tensor:
        """Return the summed distillation loss."""
        assert isinstance(batch, Pictures)
        self.core.student_head.prototypes.requires_grad_(done >= self.freeze)
        return self.core.loss(batch, done)

    def after_step(self, step: int, done: float) -> None:
        """The teacher follows; a collapse stops the run."""
        self.core.follow(step, done, self.world)

    def finish(self) -> None:
        """The model keeps the teacher's tower."""
        self.core.keep_teacher()

    @property
    def report(self) -> Mapping[str, float]:
        """How much the teacher's answers tell about the picture, 0–1; near 0 is a collapse."""
        return {"information": self.core.watch.information}


@dataclass(frozen=True, slots=True)
class Feed:
    """The batches of a stage as a function of the step.

    Attributes:
        sources: By name.
        schedule: Whose turn it is.
        sizes: Samples of one forward pass, by source.
        turns: Forward passes of one step over all processes.
    """

    sources: Mapping[str, Source]
    schedule: Schedule
    sizes: Mapping[str, int]
    turns: int

    def batches(self, step: int, rank: int, size: int) -> Iterator[Batch]:
        """Yield this process's share of a step."""
        for turn in range(rank, self.turns, size):
            number = step * self.turns + turn
            name, before = self.schedule.turn(number)
            first = before * self.sizes[name]
            yield collate([self.sources[name].sample(first + k) for k in range(self.sizes[name])], number)


@dataclass(frozen=True, slots=True)
class PictureFeed:
    """The pictures of the vision stage as a function of the step."""

    source: PictureSource
    stage: StageConfig
    seed: int

    def batches(self, step: int, rank: int, size: int) -> Iterator[Pictures]:
        """Yield this process's share of a step."""
        micro, turns = self.stage.micro, self.stage.batch // self.stage.micro
        for turn in range(rank, turns, size):
            number = step * turns + turn
            drawn = [self.source.picture(number * micro + k) for k in range(micro)]
            images = np.stack([image for image, _ in drawn])
            yield Pictures(images, self.seed * 1_000_003 + number, tuple(name for _, name in drawn))


def make_feed(
    name: StageName, config: TrainConfig, data: TrainingData, encoder: Encoder
) -> tuple[Feed | PictureFeed, int]:
    """Return the batches of a stage and its number of steps.

    Raises:
        UserError: The mixture names what there is not, or the data hold nothing for the stage.
    """
    stage = config.stages[name]
    if name == "vision":
        source = PictureSource(data, config.tower.image_size, config.dino.boxes, config.seed)
        return PictureFeed(source, stage, config.seed), _steps(stage, len(data.pool.frames))
    sources, weights = _sources(name, config, data, encoder)
    sizes = {key: _size(stage, source) for key, source in sources.items()}
    feed = Feed(sources, Schedule(weights, f"{config.seed}/{name}"), sizes, stage.batch // stage.micro)
    known = [len(source) for source in sources.values() if isinstance(source, UtteranceSource | NarrationSource)]
    return feed, _steps(stage, sum(known))


def _sources(
    name: StageName, config: TrainConfig, data: TrainingData, encoder: Encoder
) -> tuple[dict[str, Source], dict[str, float]]:
    stage, side, seed = config.stages[name], config.tower.image_size, config.seed
    if name == "language":
        return {"utterances": UtteranceSource(data.utterances, encoder, stage.length, seed)}, {"utterances": 1.0}
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
    naming = Naming(data) if key == "crop" else None
    records = {"image": data.pairs, "video": data.clips, "interleaved": data.interleaved}.get(key, ())
    if naming is not None:
        records = tuple(naming.pairs)
    if not records:
        raise UserError(f"the data hold no '{key}' sequences for the {name} stage")
    return NarrationSource(records, data, encoder, side, seed, f"{name}/{key}", naming.focus if naming else None)


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
