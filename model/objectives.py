"""What a stage minimises: the next token, or what a teacher says of a picture.

Which samples come is the business of `model.stages`, how a step goes that of `model.loop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn
from transformers import LlavaForConditionalGeneration

from devkit.errors import UserError
from model.babyvlm.architecture import embed, hidden, image_features
from model.config import TrainConfig
from model.dialogue import IGNORED, Batch
from model.dino import Pictures, SelfDistillation
from model.images import jitter, normalise
from model.world import World


class Objective(Protocol):
    """What a stage minimises."""

    def loss(self, batch: Batch | Pictures, done: float) -> torch.Tensor:
        """Return the loss summed over what counts in the batch; ``done`` is the share of the stage that is over."""
        ...

    def after_backward(self, done: float) -> None:
        """Do what follows the gradients of a step and comes before the optimiser."""
        ...

    def after_step(self, step: int, done: float) -> None:
        """Do what follows an optimiser step."""
        ...

    def suspects(self, batch: Batch | Pictures, done: float) -> tuple[str, ...]:
        """Return the names of the samples in a batch whose loss is not finite."""
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
        length = batch.ids.shape[1] if batch.positions is None else int(batch.positions.max()) + 1
        if length > positions:
            raise UserError(f"a training sequence has {length} tokens, the model takes {positions}")
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            states = self._read(batch)
            targets = batch.labels[:, 1:].to(self.device, non_blocking=True)
            counted = targets != IGNORED
            logits = self.model.lm_head(states[:, :-1][counted])
        return F.cross_entropy(logits.float(), targets[counted], reduction="sum")

    @torch.no_grad()
    def suspects(self, batch: Batch | Pictures, done: float) -> tuple[str, ...]:
        """Return the names of the samples whose loss is not finite; of whole rows where samples are packed."""
        assert isinstance(batch, Batch)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            logits = self.model.lm_head(self._read(batch)[:, :-1]).float()
        targets = batch.labels[:, 1:].to(self.device)
        each = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=IGNORED, reduction="none").sum(1)
        bad = (~each.isfinite()).tolist()
        return tuple(name for row, names in enumerate(batch.names) if bad[row] for name in names)

    def _read(self, batch: Batch) -> torch.Tensor:
        """Return the last hidden states, (B, T, D)."""
        more = {} if batch.positions is None else {"position_ids": batch.positions.to(self.device)}
        mask = None if batch.mask is None else batch.mask.to(self.device, non_blocking=True)
        embedded = self._embedded(batch)
        states: torch.Tensor = hidden(
            self.model, embedded.bfloat16() if self.half else embedded, mask, use_cache=False, **more
        ).last_hidden_state
        return states

    def _embedded(self, batch: Batch) -> torch.Tensor:
        ids = batch.ids.to(self.device)
        if batch.images is None or batch.places is None:
            return embed(self.model, ids, None)
        pixels = normalise(batch.images, self.device)
        if self.strength and batch.owners is not None:
            chance = torch.Generator().manual_seed(batch.seed * 1_000_003 + self.seed)
            pixels = jitter(pixels, batch.owners, self.strength, chance)
        features = image_features(self.model, pixels)
        return embed(self.model, ids, features[batch.places.to(self.device)])

    def after_backward(self, done: float) -> None:
        """Nothing follows."""

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
        self.half = config.dtype == "bfloat16" and world.device.type == "cuda"

    @property
    def extra(self) -> nn.Module | None:
        """Heads, teacher and centre; the tower is among them and is the model's own."""
        return self.core

    def loss(self, batch: Batch | Pictures, done: float) -> torch.Tensor:
        """Return the summed distillation loss."""
        assert isinstance(batch, Pictures)
        with torch.autocast(self.world.device.type, torch.bfloat16, enabled=self.half):
            return self.core.loss(batch, done)

    def suspects(self, batch: Batch | Pictures, done: float) -> tuple[str, ...]:
        """Return the frames of the batch: views of all of them meet in one loss."""
        return batch.seen

    def after_backward(self, done: float) -> None:
        """The prototypes stay as they are at first (DINO's ``freeze_last_layer``)."""
        if done < self.freeze:
            self.core.student_head.prototypes.grad = None

    def after_step(self, step: int, done: float) -> None:
        """The teacher follows; a collapse stops the run."""
        self.core.follow(step, done, self.world)

    def finish(self) -> None:
        """The model keeps the teacher's tower."""
        self.core.keep_teacher()

    @property
    def report(self) -> Mapping[str, float]:
        """How much the teacher's answers tell about the picture, 0–1; near 0 is a collapse.

        With ``contrast`` also the share of this process' last pictures told from their mirror image, by the mean over
        tokens and patch by patch; a guess gives 0.5.
        """
        told = {} if self.core.contrast is None else self.core.contrast.told
        return {"information": self.core.watch.information} | told
