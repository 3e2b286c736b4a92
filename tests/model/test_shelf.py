"""The models of a lab: what is found there, what is taken in, and what never is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from devkit.cli.root import run
from devkit.errors import UserError
from devkit.lab import Lab
from model.manifests import MANIFEST
from model.shelf import NOTE, files_of, kind_of, shelf, take_in


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return Lab.create(tmp_path / "lab", name="Nursery").path


def _weights(folder: Path, *settings: str) -> Path:
    folder.mkdir(parents=True)
    save_file({"weight": torch.ones(2, 2)}, folder / "model.safetensors")
    for name in settings:
        (folder / name).write_text("{}")
    return folder


def _manifest(folder: Path, step: int) -> None:
    values = {
        "model": "grown", "run": "r", "stage": "joint", "step": step, "stage_step": step, "hours_seen": step / 10,
        "hours_distinct": 1, "random_weights": False, "seed": 1, "data_digest": "d", "digest": f"{step:064d}",
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(values))


def test_each_checkpoint_of_a_run_is_a_row_in_order_of_step(lab: Path) -> None:
    run_folder = lab / "models" / "grown"
    for step in (20, 3):
        folder = _weights(run_folder / "checkpoints" / f"{step:07d}", "config.json")
        _manifest(folder, step)
    rows = shelf(lab)
    assert [(row.step, row.hours_seen, row.kind, row.name) for row in rows] == [
        (3, 0.3, "babyvlm", "grown"),
        (20, 2.0, "babyvlm", "grown"),
    ]
    assert rows[1].respondent == f"model:{run_folder / 'checkpoints' / '0000020'}"
    assert rows[1].digest == f"{20:064d}"


def test_a_folder_of_transformers_is_copied_without_pickles(lab: Path, tmp_path: Path) -> None:
    source = _weights(tmp_path / "hub model", "config.json", "tokenizer.json")
    (source / "pytorch_model.bin").write_bytes(b"pickle")
    (source / ".cache").mkdir()
    (source / ".cache" / "x").write_text("x")
    copied: list[int] = []
    (row,) = take_in(lab, str(source), advance=copied.append)
    assert (row.name, row.kind, row.problem) == ("hub-model", "vlm", "")
    assert sorted(p.name for p in Path(row.place).iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert sum(copied) == sum(p.stat().st_size for p in files_of(source))
    assert len(row.digest) == 64
    with pytest.raises(UserError, match="already"):
        take_in(lab, str(source))


def test_weights_may_stay_where_they_are(lab: Path, tmp_path: Path) -> None:
    file = _weights(tmp_path / "clip") / "model.safetensors"
    (row,) = take_in(lab, str(file), name="clip", model="ViT-B-32", copy=False)
    assert row.respondent == f"openclip:{file},model=ViT-B-32,code=clip"
    file.unlink()
    (lost,) = shelf(lab)
    assert "not where they were" in lost.problem
    assert lost.respondent == ""


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("pickle", "safetensors"),
        ("own code", "its own code"),
        ("no settings", "config.json"),
        ("nothing", "no such folder"),
        ("pickled file", "pickles"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, made: str, says: str) -> None:
    path = tmp_path / "model"
    if made == "pickle":
        path.mkdir()
        (path / "pytorch_model.bin").write_bytes(b"")
    elif made == "own code":
        _weights(path)
        (path / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}')
    elif made == "no settings":
        _weights(path)
    elif made == "pickled file":
        path = tmp_path / "model.pt"
        path.write_bytes(b"")
    with pytest.raises(UserError, match=says):
        kind_of(path)


def test_a_key_is_never_kept_nor_said(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    address = "https://models.example.org/v1"
    assert run(["model", "add", str(lab), address, "--model", "large", "--key-variable", "sk-very-secret"]) == 2
    assert run(["model", "add", str(lab), address.replace("//", "//me:sk-very-secret@"), "--model", "large"]) == 2
    assert run(["model", "add", str(lab), address, "--model", "large", "--key-variable", "MY_KEY", "--json"]) == 0
    told = capsys.readouterr()
    assert "secret" not in told.out
    assert "secret" not in told.err.replace("me:sk-very-secret@", "")
    (row,) = shelf(lab)
    assert row.respondent.startswith(f"server:{address},model=large,key_env=MY_KEY")
    assert row.problem == ""
    assert all(b"secret" not in path.read_bytes() for path in lab.rglob("*") if path.is_file())


def test_a_broken_note_and_a_torn_manifest_are_listed_with_their_problem(lab: Path) -> None:
    (lab / "models").mkdir(exist_ok=True)
    (lab / "models" / f"odd{NOTE}").write_text("{")
    _manifest(_weights(lab / "models" / "torn", "config.json"), 3)
    (lab / "models" / "torn" / MANIFEST).write_text('{"model": 1')
    assert {row.name: bool(row.problem) for row in shelf(lab)} == {"odd": True, "torn": True}
