"""A whole run on disk: resuming, checkpoints, what may go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from devkit.errors import UserError
from model.checkpoints import load_weights
from model.data.corpus import TrainingData
from model.loop import StepReport
from model.manifests import MANIFEST, checkpoints, read_manifest
from model.run import Run, last_checkpoint
from model.world import World


class Pulled(Exception):
    """Stands for a plug that is pulled."""


def _run(out: Path, config: Any, data: TrainingData, *, until: int | None = None, stage: Any = None) -> None:
    """Run until a number of steps is done, counted from where this process began."""
    done = 0

    def watch(name: str, steps: int, report: StepReport | None) -> None:
        nonlocal done
        done += report is not None
        if until is not None and done == until:
            raise Pulled

    try:
        Run(config, data, out, World()).train(stage, watch)
    except Pulled:
        assert until is not None


@pytest.mark.parametrize("pulls", [(1, 1), (2, 3, 5), (4, 4, 4, 4), (7,)])
def test_resuming_equals_never_having_stopped(
    pulls: tuple[int, ...], trained: Path, data: TrainingData, make_config: Any, tmp_path: Path
) -> None:
    for until in pulls:
        _run(tmp_path, make_config(), data, until=until)
    _run(tmp_path, make_config(), data)
    ours, theirs = checkpoints(tmp_path)[-1], checkpoints(trained)[-1]
    assert ours.manifest == theirs.manifest
    expected = load_weights(theirs.path).state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in load_weights(ours.path).state_dict().items())
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 16))


def test_stage_by_stage_equals_all_at_once(trained: Path, data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    for stage in ("vision", "language", "align", "joint", "instruct"):
        _run(tmp_path, make_config(), data, stage=stage)
    assert checkpoints(tmp_path)[-1].manifest.digest == checkpoints(trained)[-1].manifest.digest


def test_checkpoints_know_step_and_hours(trained: Path) -> None:
    found = checkpoints(trained)
    manifests = [checkpoint.manifest for checkpoint in found]
    assert manifests[0].step == 0
    assert manifests[0].random_weights
    assert manifests[0].hours_seen == 0
    assert manifests[-1].step == 15
    assert manifests[-1].stage == "instruct"
    hours = [manifest.hours_seen for manifest in manifests]
    assert hours == sorted(hours)
    assert hours[-1] > hours[0]
    assert all(manifest.hours_distinct <= manifest.hours_seen for manifest in manifests)
    assert len({manifest.digest for manifest in manifests}) == len(manifests)


def test_the_record_says_what_the_run_is_made_from(trained: Path) -> None:
    record = json.loads((trained / "run.json").read_text())
    assert record["seed"] == 3
    assert len(record["initial_weights"]) == 64
    assert record["steps"] == dict.fromkeys(("vision", "language", "align", "joint", "instruct"), 3)


def test_a_checkpoint_without_manifest_does_not_count(trained: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(trained, copy)
    last = last_checkpoint(copy)
    (last / MANIFEST).unlink()
    assert last_checkpoint(copy) != last
    with pytest.raises(UserError, match="no complete checkpoint"):
        read_manifest(last)


def test_nothing_is_pickled(trained: Path) -> None:
    kinds = {path.suffix for path in trained.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".jsonl", ".safetensors", ".jinja"}


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="never loaded"):
        load_weights(tmp_path)


def test_truncated_weights_are_a_users_mistake(trained: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "checkpoint"
    shutil.copytree(last_checkpoint(trained), copy)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(UserError, match="cannot be read"):
        load_weights(copy)


def test_another_configuration_is_refused(trained: Path, data: TrainingData, make_config: Any) -> None:
    with pytest.raises(UserError, match="another configuration"):
        Run(make_config(seed=4), data, trained, World())


def test_stages_keep_their_order(data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'vision' comes before 'joint'"):
        _run(tmp_path, make_config(), data, stage="joint")


def test_a_finished_stage_is_not_repeated(trained: Path, data: TrainingData, make_config: Any) -> None:
    before = (trained / "log.jsonl").read_bytes()
    _run(trained, make_config(), data, stage="align")
    assert (trained / "log.jsonl").read_bytes() == before


def test_a_broken_resume_state_is_a_users_mistake(data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    _run(tmp_path, make_config(), data, until=3)
    (tmp_path / "resume.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="saved state of the run is broken"):
        Run(make_config(), data, tmp_path, World())


def test_each_stage_trains_its_parts_only(data: TrainingData, make_config: Any, tmp_path: Path) -> None:
    seen: dict[str, dict[str, torch.Tensor]] = {}
    run = Run(make_config(), data, tmp_path, World())

    def watch(name: str, steps: int, report: StepReport | None) -> None:
        if report is None:
            seen[name] = {key: value.clone() for key, value in run.model.state_dict().items()}

    run.train(None, watch)
    after = {"align": seen["joint"], "joint": seen["instruct"], "language": seen["align"], "vision": seen["language"]}
    for stage, state in after.items():
        changed = {_part(key) for key in state if not torch.equal(state[key], seen[stage][key])}
        assert changed == set(make_config().stages[stage].trained)


def _part(name: str) -> str:
    from model.babyvlm.architecture import part_of

    return part_of(name)
