"""How the processes of a run share the work of a step: gradients summed afterwards, DDP, or FSDP2.

All three start from the same objective and give the same sum of gradients; they differ in when it travels and in who
keeps the weights. An `Entry` is the one module that torch's wrappers see: it calls whatever it is given, so that
objectives stay plain functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, Literal

import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

from devkit.errors import UserError
from model.config import MachineConfig, TrainConfig
from model.world import World

Way = Literal["alone", "sum", "ddp", "fsdp"]


class Entry(nn.Module):
    """Holds what learns, and calls what it is given.

    Args:
        model: The model.
        extra: What learns beside it, or None.
    """

    def __init__(self, model: nn.Module, extra: nn.Module | None) -> None:
        super().__init__()
        self.model, self.extra = model, extra

    def forward(self, work: Callable[..., torch.Tensor], *given: Any) -> torch.Tensor:
        """Do the work."""
        return work(*given)


class Shared:
    """The work of one stage, shared by the processes of a world.

    Args:
        entry: The run's one entry to its model; it is shared out for good the first time that ``fsdp`` is asked for.
        extra: What learns beside the model, or None.
        world: The processes.
        config: Says how.
        turns: Forward passes of one step over all processes.

    Raises:
        UserError: The passes of a step cannot be shared out evenly where they must be.
    """

    def __init__(self, entry: Entry, extra: nn.Module | None, world: World, config: TrainConfig, turns: int) -> None:
        self.world, self.way = world, way_of(config, world, extra)
        if self.way in ("ddp", "fsdp") and turns % world.size:
            raise UserError(
                f"{turns} forward passes a step cannot be shared out evenly among {world.size} processes",
                hint="batch / micro must be a multiple of the number of processes, or set machine.parallel to sum",
            )
        self.entry: nn.Module = entry if extra is None else Entry(entry.model, extra)
        if self.way == "ddp":
            self.entry = DistributedDataParallel(self.entry, gradient_as_bucket_view=True, forward_sync_buffers=False)
        elif self.way == "fsdp" and not isinstance(entry, FSDPModule):
            shard(entry, config, world)

    def loss(self, work: Callable[..., torch.Tensor], *given: Any, last: bool) -> torch.Tensor:
        """Compute a loss whose gradients will be summed over the processes.

        Args:
            work: Computes it.
            given: What the work gets.
            last: Whether this is the last pass of this process in the step.
        """
        later = isinstance(self.entry, DistributedDataParallel) and not last
        with self.entry.no_sync() if later else nullcontext():  # type: ignore[operator]
            loss: torch.Tensor = self.entry(work, *given)
        return loss * self.factor

    @property
    def factor(self) -> int:
        """What a loss is multiplied by, because DDP gives the mean of the processes' gradients."""
        return self.world.size if self.way == "ddp" else 1

    def sum_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Bring the gradients together where that has not happened on the way."""
        if self.way == "sum":
            self.world.sum_gradients(weights)


def way_of(config: TrainConfig, world: World, extra: nn.Module | None = None) -> Way:
    """Return how the processes share a stage's work; what has more than the model to train is never shared out."""
    if world.size == 1:
        return "alone"
    chosen = config.machine.parallel
    if chosen == "auto":
        return "ddp" if world.device.type == "cuda" else "sum"
    return "ddp" if chosen == "fsdp" and extra is not None else chosen


def shard(entry: Entry, config: TrainConfig, world: World) -> None:
    """Share the weights of a model out over all processes, block by block and then the rest (FSDP2), for good."""
    half = config.dtype == "bfloat16" and world.device.type == "cuda"
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16 if half else None, reduce_dtype=torch.float32)
    core: Any = getattr(entry.model, "model")  # noqa: B009 - a module does not declare it
    for unit in (*block_list(core.vision_tower), *block_list(core.language_model), entry):
        sharded = fully_shard(unit, mp_policy=policy)
        sharded.set_gradient_divide_factor(1.0)
        sharded.set_force_sum_reduction_for_comms(True)  # gloo knows no other


def block_list(part: nn.Module) -> list[nn.Module]:
    """Return the transformer blocks of a tower or a language model."""
    lists = [list(module) for module in part.modules() if isinstance(module, nn.ModuleList)]
    return max(lists, key=len, default=[])


def use_machine(model: Any, machine: MachineConfig) -> None:
    """Choose the attention, compile blocks, make activations again, as the configuration says."""
    model.set_attn_implementation(machine.attention)
    if machine.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    core = model.model
    for block in (*block_list(core.vision_tower), *block_list(core.language_model)) if machine.compile else ():
        block.compile(dynamic=True)


def whole(value: torch.Tensor) -> torch.Tensor:
    """Return a tensor as one, on the CPU; all processes must call it where it is shared out."""
    full = value.full_tensor() if isinstance(value, DTensor) else value
    return full.detach().cpu()


def like(value: torch.Tensor, pattern: torch.Tensor) -> torch.Tensor:
    """Return a whole tensor shared out, and on the device, as another one is."""
    if isinstance(pattern, DTensor):
        return distribute_tensor(value.to(pattern.device), pattern.device_mesh, pattern.placements)
    return value.to(pattern.device)
