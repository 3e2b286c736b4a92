"""The training loop: plain PyTorch, one optimiser step after another, the same for every stage and size.

One step: each process makes its share of the samples, the loss is divided by the number of valid tokens over *all*
processes and forward passes, gradients are added up, checked for finiteness, clipped, applied. Nothing in it knows
what is learnt; that is an `Objective`'s business, and files are `model.run`'s.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from devkit.errors import UserError
from model.babyvlm.architecture import part_of
from model.config import StageConfig
from model.dialogue import Batch
from model.dino import Pictures
from model.stages import Objective
from model.world import World


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step was like.

    Attributes:
        step: Steps of the stage so far, this one included.
        loss: Mean over valid tokens (or pictures) of all processes.
        norm: Norm of the gradient before clipping.
        lr: Learning rate.
        valid: Valid tokens of all processes.
        seconds: Wall time of the step.
        waited: Seconds of it in which samples were made.
        figures: Of the objective.
    """

    step: int
    loss: float
    norm: float
    lr: float
    valid: int
    seconds: float
    waited: float
    figures: Mapping[str, float] = field(default_factory=dict)


def learning_rate(stage: StageConfig, step: int, steps: int) -> float:
    """Return the factor on the peak rate at a step: linear warm-up, then a cosine down to the floor."""
    warm = max(1, round(stage.warmup * steps))
    if step < warm:
        return (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return stage.floor + (1 - stage.floor) * (1 + math.cos(math.pi * min(1.0, share))) / 2


def make_optimiser(model: nn.Module, extra: nn.Module | None, stage: StageConfig) -> torch.optim.AdamW:
    """Make AdamW over all weights of model and objective; decay on matrices only, own rate for the tower.

    Frozen weights are in it too, without gradient and so without effect: what is frozen may change within a stage.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for weight, name in weight_names(model, extra).items():
        own = stage.vision_lr is not None and part_of(name) == "vision"
        groups.setdefault((own, weight.ndim >= 2), []).append(weight)
    settings = [
        {
            "params": weights,
            "peak": stage.vision_lr if own else stage.lr,
            "weight_decay": stage.weight_decay if decay else 0.0,
        }
        for (own, decay), weights in groups.items()
    ]
    return torch.optim.AdamW(settings, lr=stage.lr, betas=stage.betas, eps=1e-8, fused=True)


def weight_names(model: nn.Module, extra: nn.Module | None) -> dict[nn.Parameter, str]:
    """Name every weight of model and objective once; the model's name wins."""
    names = {weight: name for name, weight in model.named_parameters()}
    for name, weight in extra.named_parameters() if extra is not None else ():
        names.setdefault(weight, f"extra.{name}")
    return names


class Trainer:
    """Runs the steps of one stage.

    Args:
        model: The model; what is trained has been chosen already.
        objective: What to minimise.
        stage: Rates and batch.
        steps: Of the stage.
        world: The processes.
    """

    def __init__(self, model: nn.Module, objective: Objective, stage: StageConfig, steps: int, world: World) -> None:
        self.objective, self.stage, self.steps, self.world = objective, stage, steps, world
        self.names = weight_names(model, objective.extra)
        self.optimiser = make_optimiser(model, objective.extra, stage)

    def step(self, number: int, batches: Iterable[Batch | Pictures]) -> StepReport:
        """Do one optimiser step.

        Args:
            number: Of the step, from 0.
            batches: This process's share of the samples.

        Raises:
            UserError: Loss or gradient are not finite.
        """
        begun = time.perf_counter()
        ready = list(batches)
        waited = time.perf_counter() - begun
        device, done = self.world.device, number / self.steps
        valid = self.world.sum(torch.tensor(float(sum(batch.valid for batch in ready)), dtype=torch.float64))
        total = torch.zeros((), device=device)
        for batch in ready:
            loss = self.objective.loss(batch, done) / max(1.0, float(valid))
            loss.backward()
            total += loss.detach()
        self.world.sum_gradients(self.names)
        loss_value = float(self.world.sum(total))
        norm = float(nn.utils.clip_grad_norm_([w for w in self.names if w.grad is not None], self.stage.clip))
        if not (math.isfinite(loss_value) and math.isfinite(norm)):
            raise UserError(
                f"the loss is not finite at step {number + 1} (loss {loss_value}, gradient {norm})",
                hint="lower the learning rate; the run can go on from its last saved state",
                code="not-finite",
            )
        factor = learning_rate(self.stage, number, self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.objective.after_step(number + 1, (number + 1) / self.steps)
        seconds = time.perf_counter() - begun
        return StepReport(
            number + 1, loss_value, norm, self.stage.lr * factor, int(valid), seconds, waited, self.objective.report
        )


class Experience:
    """Counts the recording time that a model has met.

    Args:
        frames: Names of all frames of the split, in order.
        period_ms: Time that a frame stands for.
    """

    def __init__(self, frames: Iterable[str], period_ms: int) -> None:
        self._place = {name: place for place, name in enumerate(frames)}
        self.period_ms = period_ms
        self.met = torch.zeros(len(self._place), dtype=torch.int64)

    def see(self, names: Iterable[str]) -> None:
        """Count frames as met once more; names that are no frames are passed over."""
        places = [self._place[name] for name in names if name in self._place]
        if places:
            self.met.index_add_(0, torch.tensor(places), torch.ones(len(places), dtype=torch.int64))

    def hours(self, world: World) -> tuple[float, float]:
        """Return hours met with repetition, and hours met at least once, over all processes."""
        together = world.sum(self.met.clone().to(world.device))
        scale = self.period_ms / 3_600_000
        return float(together.sum()) * scale, float((together > 0).sum()) * scale


def counted(batches: Iterable[Batch | Pictures], experience: Experience) -> Iterator[Batch | Pictures]:
    """Pass batches on and count their frames as met."""
    for batch in batches:
        experience.see(batch.seen)
        yield batch
