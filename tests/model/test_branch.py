"""Branches: another instruction on the same pretraining equals a run of its own, and what does not fit is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from devkit.cli.root import run
from devkit.errors import UserError
from model.branch import branch, specialists
from model.checkpoints import load_weights
from model.config import TrainConfig
from model.data.corpus import TrainingData
from model.manifests import checkpoints
from model.provenance import check_scratch, last_weights
from model.run import Run
from model.world import World

FORM = "picture_vocabulary/standard"


@pytest.fixture
def special(make_config: Any) -> TrainConfig:
    return dict(specialists(make_config()))[FORM]


def test_a_branch_equals_a_run_of_its_own(
    trained: Path, special: TrainConfig, data: TrainingData, tmp_path: Path
) -> None:
    branch(trained, special, data.digest, tmp_path / "branch", "instruct")
    Run(special, data, tmp_path / "branch", World()).train(None, lambda *_: None)
    Run(special, data, tmp_path / "own", World()).train(None, lambda *_: None)
    ours, theirs = (checkpoints(tmp_path / name)[-1] for name in ("branch", "own"))
    assert ours.manifest == theirs.manifest
    expected = load_weights(theirs.path).state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in load_weights(ours.path).state_dict().items())
    steps = [json.loads(line)["step"] for line in (tmp_path / "branch" / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 16))
    found = check_scratch(tmp_path / "branch", last_weights(tmp_path / "branch"))
    assert found.findings == ()
    assert found.stages == ("vision", "language", "align", "joint", "instruct")


def test_a_branch_under_way_is_left_alone(
    trained: Path, special: TrainConfig, data: TrainingData, tmp_path: Path
) -> None:
    branch(trained, special, data.digest, tmp_path, "instruct")
    before = (tmp_path / "resume.json").read_bytes()
    branch(tmp_path / "nowhere", special, data.digest, tmp_path, "instruct")
    assert (tmp_path / "resume.json").read_bytes() == before


def test_each_form_is_instructed_alone_and_rehearsal_stays(make_config: Any) -> None:
    config = make_config()
    mixture = {**config.stages["instruct"].mixture, "image": 2.0}
    mixed = config.stages["instruct"].model_copy(update={"mixture": mixture})
    own = dict(specialists(config.model_copy(update={"stages": {**config.stages, "instruct": mixed}})))
    assert set(own) == {"object_counting/standard", FORM}
    assert own[FORM].stages["instruct"].mixture == {FORM: 1.0, "image": 2.0}
    led = mixed.model_copy(update={"mixture": {**mixture, "memory/standard": 2.0, "memory/standard lesson 1": 3.0}})
    own = dict(specialists(config.model_copy(update={"stages": {**config.stages, "instruct": led}})))
    assert set(own) == {"object_counting/standard", FORM, "memory/standard"}
    of_memory = own["memory/standard"].stages["instruct"].mixture
    assert of_memory == {"memory/standard": 2.0, "memory/standard lesson 1": 3.0, "image": 2.0}
    with pytest.raises(UserError, match="no instruction stage"):
        list(specialists(config.model_copy(update={"stages": {"align": config.stages["align"]}})))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 9}, "differ: seed"),
        ({"order": "age"}, "differ: order"),
        ({"stages": "joint"}, r"differ: stages\.joint"),
    ],
)
def test_what_would_have_come_elsewhere_is_refused(
    change: dict[str, Any], told: str, trained: Path, special: TrainConfig, data: TrainingData, tmp_path: Path
) -> None:
    if change.get("stages"):
        joint = special.stages["joint"].model_copy(update={"lr": 0.1})
        change = {"stages": {**special.stages, "joint": joint}}
    with pytest.raises(UserError, match=told):
        branch(trained, special.model_copy(update=change), data.digest, tmp_path / "b", "instruct")
    assert not (tmp_path / "b").exists()


def test_what_is_not_there_is_said(trained: Path, special: TrainConfig, data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run here"):
        branch(tmp_path, special, data.digest, tmp_path / "b", "instruct")
    with pytest.raises(UserError, match="cannot branch off at the stage 'vision'"):
        branch(trained, special, data.digest, tmp_path / "b", "vision")
    with pytest.raises(UserError, match="differ: data"):
        branch(trained, special, "1" * 64, tmp_path / "b", "instruct")
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (copy / "ends" / "joint.safetensors").write_bytes(b"cut")
    with pytest.raises(UserError, match="had met by then cannot be read"):
        branch(copy, special, data.digest, tmp_path / "b", "instruct")
    lines = (copy / "weights.jsonl").read_text().splitlines(keepends=True)
    (copy / "weights.jsonl").write_text("".join(line for line in lines if '"ends", "stage": "joint"' not in line))
    with pytest.raises(UserError, match="has not finished its stage 'joint'"):
        branch(copy, special, data.digest, tmp_path / "b", "instruct")


def test_one_command_instructs_a_model_for_each_form(built: Path, tmp_path: Path) -> None:
    """Also on the pretraining of another run, with the same weights."""
    changes = [f"stages.{stage}.steps=1" for stage in ("vision", "language", "align", "joint", "instruct")]
    changes += [f"stages.{stage}.{of}=4" for stage in ("vision", "joint", "instruct") for of in ("batch", "micro")]
    changes += ["stages.instruct.mixture={object_counting/standard: 1, who_has_more/synthetic: 1, name: 1}"]
    changes += ["machine.tensorboard=false", "probe.items=0"]
    given = ["train", "demo", "--data", str(built), "--processes", "1", "--per-task"]
    given += [word for change in changes for word in ("--set", change)]
    own, other = tmp_path / "own", tmp_path / "other"
    assert run([*given, "--out", str(own)]) == 0
    assert checkpoints(own)[-1].manifest.stage == "joint"
    assert run([*given, "--out", str(other), "--after", str(own)]) == 0
    assert [path.name for path in other.iterdir()] == ["tasks"]
    forms = {"object_counting-standard", "who_has_more-synthetic"}
    for folder in (own, other):
        assert {path.name for path in (folder / "tasks").iterdir()} == forms
    for form in forms:
        ours, theirs = (checkpoints(folder / "tasks" / form)[-1] for folder in (own, other))
        assert ours.manifest.stage == "instruct"
        expected = load_weights(theirs.path).state_dict()
        assert all(torch.equal(weight, expected[name]) for name, weight in load_weights(ours.path).state_dict().items())
