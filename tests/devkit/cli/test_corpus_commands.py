"""``devkit corpus`` as a user meets it: output, exit status, one message a mistake."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from devkit.cli.root import run
from tests.devkit.corpus.conftest import NAMES, make


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("corpus"), seconds=4.0)


def test_check_build_and_stats(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "check", str(made)]) == 0
    assert "5 recordings, 0 problems" in capsys.readouterr().out
    assert run(["corpus", "build", str(made), "--out", str(tmp_path / "d"), "--drop-speaker", "CHI"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("squares: ")
    assert "image_utterance/train" in said
    assert run(["corpus", "stats", str(tmp_path / "d"), "--json"]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert stats["objects"][0]["noun"] == "ball"
    assert run(["corpus", "stats", str(tmp_path / "d"), "--most", "2"]) == 0
    assert "child  age (months)" in capsys.readouterr().out


def test_check_exits_1_and_names_the_place(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = Path(shutil.copytree(made, tmp_path / "c"))
    (damaged / "videos" / f"{NAMES[0]}.mp4").unlink()
    assert run(["corpus", "check", str(damaged), "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["problems"]
    assert row["code"] == "missing-video"
    assert run(["corpus", "check", str(damaged), "--no-videos"]) == 0
    assert run(["corpus", "build", str(damaged), "--out", str(tmp_path / "d")]) == 2
    assert f"videos/{NAMES[0]}.mp4: there is no such file" in capsys.readouterr().err
    assert run(["corpus", "build", str(damaged), "--out", str(tmp_path / "d"), "--keep-good", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["left_out"]) == [NAMES[0]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "GONE"), "no such corpus"),
        (("build", "GONE", "--out", "OUT"), "no such corpus"),
        (("build", "MADE", "--out", "OUT", "--fractions", "1,2"), "is not three shares"),
        (("build", "MADE", "--out", "OUT", "--fractions", "0.9,0.9,0.1"), "add up to 1"),
        (("build", "MADE", "--out", "FULL"), "not empty"),
        (("stats", "GONE"), "no finished training data"),
        (("stats", "MADE"), "no finished training data"),
    ],
)
def test_a_mistake_is_one_message(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    places = {"GONE": tmp_path / "gone", "OUT": tmp_path / "out", "MADE": made, "FULL": tmp_path / "full"}
    assert run(["corpus", *(str(places.get(argument, argument)) for argument in arguments)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
