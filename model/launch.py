"""Starts a training run in one or several processes of this machine.

Without a GPU two small processes train faster than one with two threads. Helpers are plain child processes that run
this module; they end with their parent, because a sum over all processes fails as soon as one of them is gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from devkit.corpus.data import open_data
from devkit.errors import UserError
from devkit.items import Strict
from model.branch import branch
from model.config import StageName, TrainConfig
from model.data.corpus import TrainingData, load_training_data
from model.memory import GIB, describe
from model.probe import Probe
from model.run import Run, Watcher
from model.world import World, join_world


class Order(Strict):
    """What a helper process is told."""

    config: TrainConfig
    data: Path
    out: Path
    stage: StageName | None
    rank: int
    size: int
    meeting: str


def default_processes() -> int:
    """Return one process where there is a GPU, else one for each core, at most four."""
    if torch.cuda.is_available() or "WORLD_SIZE" in os.environ:
        return 1
    return min(4, len(os.sched_getaffinity(0)))


def train(
    config: TrainConfig,
    data: Path,
    out: Path,
    *,
    stage: StageName | None,
    watch: Watcher,
    processes: int = 1,
    announce: Callable[[str], None] | None = None,
    after: Path | None = None,
) -> Run:
    """Train a run, or go on with it.

    Args:
        config: What to train.
        data: Folder of ``devkit corpus build``.
        out: Folder of the run.
        stage: One stage; None for all.
        watch: Told of every step.
        processes: How many on this machine; torchrun's own number wins.
        announce: Told before the start what memory each stage will take.
        after: A run whose stages before ``stage`` (instruction when None) are taken over instead of being trained.

    Returns:
        The run, with the trained model in it.

    Raises:
        UserError: A mistake in configuration or data, or training failed.
    """
    if processes <= 1:
        with join_world() as world:
            if after is not None and world.first:
                branch(after, config, open_data(data).digest, out, stage or "instruct")
            world.wait()
            run = _run(config, data, out, world)
            _announce(run, announce)
            run.train(stage, watch)
            return run
    if after is not None:
        branch(after, config, open_data(data).digest, out, stage or "instruct")
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // processes))
    try:
        with tempfile.TemporaryDirectory(prefix="devkit-train-") as folder:
            return _lead(config, data, out, stage, watch, processes, announce, Path(folder))
    finally:
        torch.set_num_threads(threads)


def train_contrastive(config: TrainConfig, data: Path, out: Path, *, watch: Callable[[int, int], None]) -> Path:
    """Train the contrastive learner on the same data, or go on with it; returns the run's folder.

    Raises:
        UserError: A mistake in configuration or data, or training failed.
    """
    from model.contrastive.run import ContrastiveRun

    with join_world() as world:
        split = _load(config, data)
        ContrastiveRun(config, split, out, world).train(watch if world.first else lambda *_: None)
    return out


def _lead(
    config: TrainConfig,
    data: Path,
    out: Path,
    stage: StageName | None,
    watch: Watcher,
    processes: int,
    announce: Callable[[str], None] | None,
    folder: Path,
) -> Run:
    out.mkdir(parents=True, exist_ok=True)
    meeting = f"file://{folder / 'meeting'}"
    orders = [
        Order(config=config, data=data, out=out, stage=stage, rank=rank, size=processes, meeting=meeting)
        for rank in range(1, processes)
    ]
    with _helpers(orders, folder), join_world(0, processes, meeting) as world:
        run = _run(config, data, out, world)
        _announce(run, announce)
        try:
            run.train(stage, watch)
        except RuntimeError as error:
            said = "\n".join((folder / f"{o.rank}.log").read_text(errors="replace")[-600:] for o in orders)
            raise UserError(f"a helper process of the training is gone: {said.strip() or error}") from error
        return run


def _run(config: TrainConfig, data: Path, out: Path, world: World) -> Run:
    """Make a run on data on disk, with its small test where one is wanted."""
    probe = None
    if config.probe.items and world.first:
        pool = load_training_data(data, split="val", width=config.picture_width).pool
        probe = Probe(pool, config.probe, out / "probe", config.seed)
    return Run(config, _load(config, data), out, world, probe)


def _load(config: TrainConfig, data: Path) -> TrainingData:
    return load_training_data(data, width=config.picture_width, share=config.recordings, seed=config.seed)


def _announce(run: Run, announce: Callable[[str], None] | None) -> None:
    """Tell what memory each stage that is left will take, and whether the device has it."""
    if announce is None or not run.world.first or not (memory := run.memory()):
        return
    announce(describe(memory))
    device = run.world.device
    if device.type != "cuda":
        return
    there, most = torch.cuda.mem_get_info(device)[1], max(memory.values(), key=lambda one: one.total)
    if most.total > there:
        announce(
            f"This is more than the {there / GIB:.0f} GiB of {torch.cuda.get_device_name(device)}: lower the stage's "
            "micro, set machine.recompute=true, or share it out with machine.parallel=fsdp"
        )


@contextmanager
def _helpers(orders: list[Order], folder: Path) -> Iterator[None]:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    command = [sys.executable, "-m", "model.launch"]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for order in orders:
            with (folder / f"{order.rank}.log").open("wb") as log:
                helper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
            running.append(helper)
            assert helper.stdin is not None
            helper.stdin.write(order.model_dump_json().encode())
            helper.stdin.close()
        yield
        for helper in running:
            with suppress(subprocess.TimeoutExpired):  # all work is done; what does not end by itself is ended
                helper.wait(timeout=60)
    finally:
        for helper in running:
            if helper.poll() is None:
                helper.kill()
                helper.wait()


def _help() -> int:
    order = Order.model_validate_json(sys.stdin.buffer.read())
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // order.size))
    with join_world(order.rank, order.size, order.meeting) as world:
        try:
            _run(order.config, order.data, order.out, world).train(order.stage, lambda *_: None)
        except UserError:
            return 2  # the first process meets the same mistake and says it
    return 0


if __name__ == "__main__":
    sys.exit(_help())
