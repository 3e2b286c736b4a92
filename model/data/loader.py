"""Batches made ahead of the loop, by worker processes where there are cores to spare.

A batch is a function of its number, so there is no state to save: a loader that begins at step 700 gives what one
that began at 0 would give there. Workers are torch's own `DataLoader` processes; what a user did wrong in one of them
comes back as the same message.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from devkit.errors import Problem, Problems, UserError
from model.config import MachineConfig
from model.dialogue import Batch
from model.dino import Pictures
from model.stages import Feed, PictureFeed
from model.world import World

MOST_WORKERS = 16


class Batches(Dataset[Any]):
    """The batches of a feed by number, in a form that travels between processes through shared memory."""

    def __init__(self, feed: Feed | PictureFeed) -> None:
        self.feed = feed

    def __getitem__(self, number: int) -> tuple[Batch | Pictures, torch.Tensor | None] | list[Problem]:
        """Make one batch: without its pictures, and its pictures; or what the user did wrong."""
        try:
            batch = self.feed.batch(number)
        except UserError as error:
            return list(error.problems)
        if batch.images is None:
            return batch, None
        pictures = torch.from_numpy(batch.images)
        return replace(batch, images=None), pictures  # type: ignore[arg-type]  # they travel beside the batch


class Loader:
    """A process's share of the batches of a stage.

    Args:
        feed: Of the stage.
        world: The processes.
        machine: Says how many workers.
        begin: First step.
        end: Step before which it ends.
    """

    def __init__(self, feed: Feed | PictureFeed, world: World, machine: MachineConfig, begin: int, end: int) -> None:
        self.feed, self.world = feed, world
        turns = range(world.rank, feed.turns, world.size)
        self.share = len(turns)
        numbers = [step * feed.turns + turn for step in range(begin, end) for turn in turns]
        workers = worker_count(machine, world)
        self._made: Iterator[Batch | Pictures] = (
            self._ahead(numbers, workers, machine.ahead) if workers else map(feed.batch, numbers)
        )

    def step(self) -> Iterator[Batch | Pictures]:
        """Yield the batches of the next step."""
        for _ in range(self.share):
            yield next(self._made)

    def _ahead(self, numbers: list[int], workers: int, ahead: int) -> Iterator[Batch | Pictures]:
        loader = DataLoader(
            Batches(self.feed),
            batch_size=None,
            sampler=numbers,
            num_workers=workers,
            prefetch_factor=ahead,
            collate_fn=_as_it_is,
            multiprocessing_context="fork",
        )
        for made in loader:
            if isinstance(made, list):
                raise Problems(made)
            batch, images = made
            yield batch if images is None else replace(batch, images=images.numpy())


def _as_it_is[T](made: T) -> T:
    """Keep what a worker made; torch would turn its tuples into lists."""
    return made


def worker_count(machine: MachineConfig, world: World) -> int:
    """Return how many processes make samples for this one."""
    if machine.workers is not None:
        return machine.workers
    if world.device.type != "cuda":
        return 0
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)) // here - 1))
