"""The second learner: it learns, resumes to the bit, and its checkpoints take the tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from devkit.errors import UserError
from model.contrastive.run import ContrastiveRun
from model.data.corpus import TrainingData
from model.manifests import checkpoints, last_checkpoint
from model.openclip_respondent import OpenClipRespondent
from model.provenance import check_scratch
from model.respondents import from_spec
from model.world import World


class Pulled(Exception):
    """Stands for a plug that is pulled."""


def _config(make_config: Any, **more: Any) -> Any:
    settings = {"steps": 12, "batch": 16, "lr": 3e-3, "embedding": 16, "context": 12, **more}
    return make_config(contrastive=settings, save_every=5)


def _run(config: Any, data: TrainingData, out: Path, until: int | None = None) -> None:
    def watch(step: int, steps: int) -> None:
        if until is not None and step >= until:
            raise Pulled

    try:
        ContrastiveRun(config, data, out, World()).train(watch)
    except Pulled:
        assert until is not None


@pytest.fixture(scope="module")
def contrastive(make_config: Any, data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("contrastive")
    torch.set_num_threads(1)
    _run(_config(make_config), data, out)
    return out


def test_the_loss_falls_and_hours_are_counted(contrastive: Path) -> None:
    losses = [json.loads(line)["loss"] for line in (contrastive / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 12
    assert sum(losses[-3:]) < sum(losses[:3])
    manifests = [checkpoint.manifest for checkpoint in checkpoints(contrastive)]
    assert manifests[0].random_weights
    assert [manifest.step for manifest in manifests] == [0, 3, 6, 12]
    assert manifests[-1].hours_seen == pytest.approx(12 * 16 * 0.5 / 3600)


def test_resuming_equals_never_having_stopped(
    contrastive: Path, make_config: Any, data: TrainingData, tmp_path: Path
) -> None:
    for until in (3, 5, 10):
        _run(_config(make_config), data, tmp_path, until)
    _run(_config(make_config), data, tmp_path)
    ours, theirs = last_checkpoint(tmp_path), last_checkpoint(contrastive)
    expected = load_file(theirs / "open_clip_model.safetensors")
    for name, weight in load_file(ours / "open_clip_model.safetensors").items():
        assert torch.equal(weight, expected[name]), name
    assert (tmp_path / "log.jsonl").read_text() == (contrastive / "log.jsonl").read_text()


def test_it_is_a_respondent_that_knows_its_age(contrastive: Path) -> None:
    respondent = from_spec("openclip", str(contrastive))
    assert isinstance(respondent, OpenClipRespondent)
    info = respondent.describe()
    assert (info.model_id, info.model_step, info.random_weights) == ("contrastive-shapes", 12, False)
    assert respondent.template == "{word}"
    tokens = respondent.tokenizer(["ball"])
    assert tokens.shape == (1, 12)
    assert tokens[0, 0] == 2
    assert 3 in tokens[0]


def test_it_was_trained_from_nothing(contrastive: Path) -> None:
    assert check_scratch(contrastive).findings == ()


def test_a_loss_that_is_not_finite_stops_with_its_frames(make_config: Any, data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not finite at step \d+; frames: .*@"):
        _run(_config(make_config, lr=1e30, clip=1e30, warmup=0.0), data, tmp_path)


def test_ages_that_are_not_known_cannot_order(make_config: Any, data: TrainingData, tmp_path: Path) -> None:
    config = _config(make_config).model_copy(update={"order": "age"})
    with pytest.raises(UserError, match="age is not known"):
        ContrastiveRun(config, data, tmp_path, World())
