"""``devkit participant`` and the newer parts of ``devkit lab`` as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.cli.root import run
from devkit.jobs import Cancel, Start, decode_for_app, encode
from devkit.lab import Lab

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def devkit(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return Lab.create(tmp_path / "lab").path


def test_changing_merging_and_withdrawing(devkit: Call, lab: Path) -> None:
    devkit("participant", "add", lab, "--code", "C01", "--born", "2024-03-17", "--name", "Ada Example")
    devkit("participant", "add", lab, "--code", "C02")
    status, out, _ = devkit("participant", "change", lab, "C01", "--consent", "2", "--video", "--json")
    assert (status, json.loads(out)["consent"], json.loads(out)["video"]) == (0, "2", True)
    assert devkit("participant", "merge", lab, "C02", "C01", "--who", "AB")[0] == 0
    status, _, err = devkit("participant", "withdraw", lab, "C01")
    assert (status, "--erase" in err) == (2, True)
    status, out, err = devkit("participant", "withdraw", lab, "C01", "--erase", "--json")
    assert (status, json.loads(out)["sessions"]) == (0, 0)
    status, _, err = devkit("participant", "change", lab, "C01")
    assert status == 2
    assert "has withdrawn" in err
    assert "Ada" not in err


def test_status_set_backup_and_restore(devkit: Call, lab: Path, tmp_path: Path) -> None:
    assert devkit("lab", "set", lab, "privacy.notes=true", "languages=en,es")[0] == 0
    assert Lab.open(lab).settings.languages == ("en", "es")
    status, _, err = devkit("lab", "set", lab, "privacy.nots=true")
    assert (status, "notes" in err) == (2, True)
    status, out, _ = devkit("lab", "status", lab, "--json")
    assert (status, json.loads(out)["trials"]) == (0, 0)
    assert devkit("lab", "backup", lab, "--out", tmp_path / "b.zip")[0] == 0
    assert devkit("lab", "backup", lab, "--out", tmp_path / "b.zip")[0] == 2
    assert devkit("lab", "restore", tmp_path / "b.zip", tmp_path / "again")[0] == 0
    assert Lab.open(tmp_path / "again").lab_id == Lab.open(lab).lab_id


def test_a_sample_bank_is_drawn(devkit: Call, tmp_path: Path) -> None:
    status, out, _ = devkit("bank", "sample", "--out", tmp_path / "bank", "--items", "1", "--json")
    assert status == 0
    assert "toybox" in out or "bank" in out
    assert devkit("bank", "sample", "--out", tmp_path / "bank")[0] == 2


def test_the_worker_answers_cancels_and_ends_with_its_input(lab: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "devkit", "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(b"no message\n")
    worker.stdin.write(encode(Cancel(job="b")))
    worker.stdin.write(encode(Start(job="a", arguments=("participant", "list", str(lab), "--json"))))
    worker.stdin.write(encode(Start(job="b", arguments=("protocol", "list"))))
    worker.stdin.flush()
    said = [decode_for_app(worker.stdout.readline()) for _ in range(3)]
    assert [one.kind for one in said] == ["begun", "done", "done"]
    assert (said[1].job, said[1].status, said[1].said.strip()) == ("a", 0, "[]")  # type: ignore[union-attr]
    assert (said[2].job, said[2].status) == ("b", 130)  # type: ignore[union-attr]
    worker.stdin.close()
    assert worker.wait(20) == 0
    worker.stdout.close()
