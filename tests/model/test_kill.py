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
MOST = 4
"""Steps of a child that are waited for; it does one more at most."""
STEPS = 22
"""Of each of the five stages: more in all than the children can do."""


def _child(config: Any, data: TrainingData, out: Path, told: int, granted: int) -> None:
    """Train in a child process: a byte down the pipe for each step, and one up for leave to go on; never returns."""
    code = 1

    def watch(*given: Any) -> None:
        if given[2] is not None:
            os.write(told, b".")
            os.read(granted, 1)

    try:
        torch.set_num_threads(1)
        Run(config, data, out, World()).train(None, watch)
        code = 0
    finally:
        os._exit(code)


def _kill_at(step: int, config: Any, data: TrainingData, out: Path, chance: random.Random) -> bool:
    """Train for so many steps and into the next one, then kill; tells whether the run had ended before.

    The child waits after that next step, so how far it gets does not depend on how fast the machine is; where in the
    step, or in the writing of its state, the kill finds it does.
    """
    (reads, writes), (granted, grants) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        os.close(grants)
        _child(config, data, out, writes, granted)
    os.close(writes)
    os.close(granted)
    for _ in range(step):
        os.read(reads, 1)
        os.write(grants, b".")
    time.sleep(chance.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.close(reads)
    os.close(grants)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


@pytest.mark.slow
def test_killed_at_twenty_random_steps(data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    stages = {name: stage.model_copy(update={"steps": STEPS}) for name, stage in make_config().stages.items()}
    config = make_config().model_copy(update={"stages": stages, "save_every": 1, "checkpoints": 4})
    Run(config, data, tmp_path / "unbroken", World()).train(None, lambda *_: None)
    chance, out = random.Random(5), tmp_path / "killed"
    for _ in range(KILLS):
        assert not _kill_at(chance.randint(0, MOST), config, data, out, chance), "the run ended before it was killed"
    Run(config, data, out, World()).train(None, lambda *_: None)
    ours, theirs = checkpoints(out), checkpoints(tmp_path / "unbroken")
    assert [one.manifest for one in ours] == [one.manifest for one in theirs]
    expected = load_weights(theirs[-1].path).state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in load_weights(ours[-1].path).state_dict().items())
    assert (out / "log.jsonl").read_text().count("\n") == 5 * STEPS
    assert check_scratch(out, last_weights(out)).findings == ()
