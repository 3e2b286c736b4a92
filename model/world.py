"""Several processes on one run: who I am, and sums over all of us.

Works alone, under ``torchrun`` (its environment variables), or with helper processes that `model.launch` starts on a
machine without a GPU. Every process makes its own share of each step's samples, so the number of processes changes
the speed and not the samples. How gradients meet is the business of `model.parallel`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn


@dataclass(frozen=True, slots=True)
class World:
    """The processes of a run.

    Attributes:
        rank: Mine; 0 writes.
        size: How many.
        device: Where this process computes.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """Add up a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def totals(self, numbers: Sequence[float]) -> list[float]:
        """Add up numbers over all processes."""
        if self.size == 1:
            return list(numbers)
        return [float(v) for v in self.sum(torch.tensor(numbers, dtype=torch.float64, device=self.device))]

    def gather(self, names: Sequence[str]) -> list[str]:
        """Return the texts of all processes, in order of rank."""
        if self.size == 1:
            return list(names)
        found: list[list[str]] = [[] for _ in range(self.size)]
        dist.all_gather_object(found, list(names))
        return [name for some in found for name in some]

    def wait(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            dist.barrier()

    def sum_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Add up the gradients over all processes in one message; a missing gradient counts as zero."""
        if self.size == 1:
            return
        learning = [weight for weight in weights if weight.requires_grad]
        for weight in learning:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        gradients = [weight.grad for weight in learning if weight.grad is not None]
        flat = self.sum(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        for gradient, summed in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(summed.view_as(gradient))


def own_device() -> torch.device:
    """Return the GPU of this process, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


@contextmanager
def join_world(rank: int = 0, size: int = 1, meeting: str = "") -> Iterator[World]:
    """Join the other processes for the time of the body.

    Args:
        rank: Mine, unless torchrun says otherwise.
        size: How many, unless torchrun says otherwise.
        meeting: ``file://`` address where processes meet that torchrun did not start.
    """
    device = own_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")
    if "WORLD_SIZE" in os.environ and "RANK" in os.environ:
        rank, size, meeting = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), "env://"
    if size == 1:
        yield World(0, 1, device)
        return
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=meeting, rank=rank, world_size=size, timeout=timedelta(hours=1))
    try:
        yield World(rank, size, device)
    finally:
        dist.destroy_process_group()
