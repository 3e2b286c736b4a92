"""The training loop: plain PyTorch, one optimiser step after another, the same for every stage and size.

One step: each process takes its share of the samples, the loss is divided by the number of valid tokens over *all*
processes and forward passes, gradients are added up, checked for finiteness, clipped, applied. Nothing in it knows
what is learnt; that is an `Objective`'s business. Files are `model.run`'s, and what travels between processes is
`model.parallel`'s.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from devkit.errors import UserError
from model.babyvlm.architecture import part_of
from model.config import StageConfig
from model.dialogue import Batch
from model.dino import Pictures
from model.objectives import Objective
from model.parallel import Shared
from model.world import World

SUSPECTS = 8
"""Most samples that are named when a loss is not finite."""


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
        waited: Seconds of it in which this process waited for samples.
        tokens: Tokens of all processes, padding left out.
        room: Tokens of all processes that were computed, padding included.
        images: Pictures that the tower encoded, of all processes.
        figures: Of the objective.
        sources: Mean loss over the valid tokens of each source in this process's share of the samples.
    """

    step: int
    loss: float
    norm: float
    lr: float
    valid: int
    seconds: float
    waited: float
    tokens: int = 0
    room: int = 0
    images: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, float] = field(default_factory=dict)


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
        shared: The work as the processes share it.
    """

    def __init__(self, model: nn.Module, objective: Objective, stage: StageConfig, steps: int, shared: Shared) -> None:
        self.objective, self.stage, self.steps = objective, stage, steps
        self.shared, self.world = shared, shared.world
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
        done = number / self.steps
        counts = [(batch.valid, batch.tokens, batch.room, _pictures(batch)) for batch in ready]
        valid, tokens, room, images = self.world.totals([sum(c) for c in zip(*counts, strict=True)] or [0.0] * 4)
        losses = self._backward(ready, max(1.0, valid), done)
        loss = float(self.world.sum(torch.stack(losses).sum() if losses else torch.zeros((), device=self.world.device)))
        norm = _clip([w for w in self.names if w.grad is not None], self.stage.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._stop(number, loss, norm, ready, losses)
        factor = learning_rate(self.stage, number, self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.objective.after_step(number + 1, (number + 1) / self.steps)
        return StepReport(
            step=number + 1,
            loss=loss,
            norm=norm,
            lr=self.stage.lr * factor,
            valid=int(valid),
            seconds=time.perf_counter() - begun,
            waited=waited,
            tokens=int(tokens),
            room=int(room),
            images=int(images),
            figures=self.objective.report,
            sources=_by_source(ready, [count[0] for count in counts], [float(own) * max(1.0, valid) for own in losses]),
        )

    def _backward(self, ready: Sequence[Batch | Pictures], valid: float, done: float) -> list[torch.Tensor]:
        """Make the gradients of a step, summed over all processes; returns this process's losses, one a pass."""
        losses = []
        for place, batch in enumerate(ready):
            loss = self.shared.loss(self.objective.loss, batch, done, last=place == len(ready) - 1) / valid
            loss.backward()
            losses.append(loss.detach() / self.shared.factor)
        self.shared.sum_gradients(self.names)
        self.objective.after_backward(done)
        return losses

    def _stop(
        self, number: int, loss: float, norm: float, ready: Sequence[Batch | Pictures], losses: Sequence[torch.Tensor]
    ) -> NoReturn:
        """Say which samples spoilt a step.

        Raises:
            UserError: Always.
        """
        done = number / self.steps
        bad: list[str] = []
        for batch, own in zip(ready, losses, strict=True):
            if not bool(own.isfinite()):
                bad += _all_names(batch) if self.shared.way == "fsdp" else self.objective.suspects(batch, done)
        whose = list(dict.fromkeys(self.world.gather(bad)))
        if not whose:  # the losses are finite, a gradient is not: any sample of the step may be the cause
            whose = list(dict.fromkeys(self.world.gather([name for batch in ready for name in _all_names(batch)])))
        told = ", ".join(f"'{name}'" for name in whose[:SUSPECTS]) or "unnamed samples"
        more = f" and {len(whose) - SUSPECTS} more" if len(whose) > SUSPECTS else ""
        raise UserError(
            f"the loss is not finite at step {number + 1} (loss {loss}, gradient {norm}); samples: {told}{more}",
            hint="look at these samples, or lower the learning rate; the run can go on from its last saved state",
            code="not-finite",
        )


def _clip(weights: Sequence[nn.Parameter], most: float) -> float:
    """Scale the gradients down to a norm; returns their norm before."""
    norm = nn.utils.clip_grad_norm_(weights, most)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)


def _pictures(batch: Batch | Pictures) -> int:
    return 0 if batch.images is None else len(batch.images)


def _by_source(ready: Sequence[Batch | Pictures], valid: Sequence[int], sums: Sequence[float]) -> dict[str, float]:
    """Return the mean loss of each source from the valid tokens and the summed loss of each pass."""
    found: dict[str, tuple[float, int]] = {}
    for batch, count, own in zip(ready, valid, sums, strict=True):
        if isinstance(batch, Batch) and batch.source:
            loss, tokens = found.get(batch.source, (0.0, 0))
            found[batch.source] = loss + own, tokens + count
    return {name: loss / max(1, tokens) for name, (loss, tokens) in found.items()}


def _all_names(batch: Batch | Pictures) -> tuple[str, ...]:
    return batch.seen if isinstance(batch, Pictures) else tuple(name for row in batch.names for name in row)


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
