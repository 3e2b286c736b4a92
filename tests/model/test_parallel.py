"""Several processes give the training of one: gradients summed, DDP and FSDP2, over gloo on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as mp

from devkit.errors import UserError
from model.checkpoints import load_weights
from model.config import TrainConfig
from model.data.corpus import TrainingData
from model.manifests import checkpoints
from model.parallel import Entry, Shared
from model.provenance import check_scratch, last_weights
from model.run import Run
from model.world import World, join_world


def _config(make_config: Any, way: str) -> TrainConfig:
    config: TrainConfig = make_config(machine={"parallel": way, "tensorboard": False}, save_every=1)
    stages = {name: stage.model_copy(update={"steps": 2}) for name, stage in config.stages.items() if name != "align"}
    return config.model_copy(update={"stages": stages})


class Pulled(Exception):
    """Stands for a plug that is pulled."""


def _member(rank: int, folder: str, config: TrainConfig, data: TrainingData) -> None:
    torch.set_num_threads(1)
    met = 0

    def pull(*given: object) -> None:
        nonlocal met
        met += given[2] is not None
        if met == 5:
            raise Pulled

    with join_world(rank, 2, f"file://{folder}/meeting") as world:
        out = Path(folder) / "run"
        try:
            Run(config, data, out, world).train(None, pull)
        except Pulled:
            Run(config, data, out, world).train(None, lambda *_: None)


def _losses(run: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (run / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def alone(make_config: Any, data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    Run(_config(make_config, "auto"), data, out, World()).train(None, lambda *_: None)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sum", "ddp", "fsdp"])
def test_two_interrupted_processes_give_the_loss_curve_of_one(
    way: str, alone: Path, make_config: Any, data: TrainingData, tmp_path: Path
) -> None:
    given = (str(tmp_path), _config(make_config, way), data)
    mp.start_processes(_member, given, nprocs=2, start_method="fork")
    out = tmp_path / "run"
    assert _losses(out) == pytest.approx(_losses(alone), abs=1e-3)
    ours, theirs = checkpoints(out)[-1], checkpoints(alone)[-1]
    assert ours.manifest.hours_seen == pytest.approx(theirs.manifest.hours_seen)
    assert ours.manifest.tokens_seen == theirs.manifest.tokens_seen
    expected = load_weights(theirs.path).state_dict()
    for name, weight in load_weights(ours.path).state_dict().items():
        assert (weight - expected[name]).abs().mean() < 2e-4, name


def test_passes_that_cannot_be_shared_out_are_a_users_mistake(make_config: Any) -> None:
    model = torch.nn.Linear(2, 2)
    with pytest.raises(UserError, match="3 forward passes a step cannot be shared out evenly among 2"):
        Shared(Entry(model, None), None, World(0, 2), _config(make_config, "ddp"), 3)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_torchrun_trains_by_the_same_command(built: Path, tmp_path: Path) -> None:
    changes = ["machine.tensorboard=false", "probe.items=0"]
    changes += [f"stages.{stage}.steps=2" for stage in ("vision", "language", "align", "joint", "instruct")]
    changes += [f"stages.{stage}.{size}" for stage in ("joint", "instruct") for size in ("batch=32", "micro=16")]
    command = ["-m", "devkit", "train", "demo", "--data", str(built)]
    for way in ("alone", "ddp", "fsdp"):
        parallel = "auto" if way == "alone" else way
        given = [
            *command,
            "--out",
            str(tmp_path / way),
            *(word for change in (*changes, f"machine.parallel={parallel}") for word in ("--set", change)),
        ]
        launcher = ["--processes", "1"] if way == "alone" else []
        start = [] if way == "alone" else ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        told = subprocess.run(
            [sys.executable, *start, *given, *launcher], capture_output=True, text=True, timeout=600, env=environment
        )
        assert told.returncode == 0, told.stderr
    for way in ("ddp", "fsdp"):
        assert _losses(tmp_path / way) == pytest.approx(_losses(tmp_path / "alone"), abs=1e-3)
        assert check_scratch(tmp_path / way, last_weights(tmp_path / way)).findings == ()
