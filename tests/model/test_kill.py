"""A training run that is killed at twenty random moments ends with the weights of one that was left alone."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from model.checkpoints import load_weights
from model.data.corpus import TrainingData
from model.manifests import checkpoints
from model.provenance import check_scratch, last_weights
from model.run import Run
from model.world import World

KILLS = 20


def _child(config: Any, data: TrainingData, out: Path, told: int) -> None:
    """Train in a child process, with a byte down the pipe for each step; never returns."""
    code = 1
    try:
        torch.set_num_threads(1)
        Run(config, data, out, World()).train(None, lambda *given: os.write(told, b".") if given[2] else None)
        code = 0
    finally:
        os._exit(code)


def _kill_at(step: int, config: Any, data: TrainingData, out: Path, chance: random.Random) -> bool:
    """Train until so many steps were done and a moment more, then kill; tells whether the run had ended before."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        _child(config, data, out, writes)
    os.close(writes)
    for _ in range(step):
        if not os.read(reads, 1):
            break
    time.sleep(chance.uniform(0, 0.06))  # into the next step, or into the writing of a state or a checkpoint
    os.kill(child, signal.SIGKILL)
    os.close(reads)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


@pytest.mark.slow
def test_killed_at_twenty_random_steps(data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    stages = {name: stage.model_copy(update={"steps": 12}) for name, stage in make_config().stages.items()}
    config = make_config().model_copy(update={"stages": stages, "save_every": 1, "checkpoints": 4})
    Run(config, data, tmp_path / "unbroken", World()).train(None, lambda *_: None)
    chance, out = random.Random(5), tmp_path / "killed"
    killed = 0
    while killed < KILLS:
        assert not _kill_at(chance.randint(0, 5), config, data, out, chance), "the run ended before it was killed"
        killed += 1
    Run(config, data, out, World()).train(None, lambda *_: None)
    ours, theirs = checkpoints(out), checkpoints(tmp_path / "unbroken")
    assert [one.manifest for one in ours] == [one.manifest for one in theirs]
    expected = load_weights(theirs[-1].path).state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in load_weights(ours[-1].path).state_dict().items())
    assert (out / "log.jsonl").read_text().count("\n") == 60
    assert check_scratch(out, last_weights(out)).findings == ()
