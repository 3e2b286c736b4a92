"""Every command on bad input: exit status 2, a message that names what is wrong and where, never a traceback.

Commands run in this process through `devkit.cli.root.run`, the function behind the program, so an exception that is no
user's mistake fails the test by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.cli.root import COMMANDS, run

Make = Callable[[Path], Path]


def missing(folder: Path) -> Path:
    return folder / "not-there"


def garbage(folder: Path) -> Path:
    path = folder / "garbage.bin"
    path.write_bytes(bytes(range(256)) * 20)
    return path


def bad_yaml(folder: Path) -> Path:
    path = folder / "bad.yaml"
    path.write_text("protocol: x\nversion: [1\nblocks:\n  - task: dog\n", encoding="utf-8")
    return path


def wrong_types(folder: Path) -> Path:
    path = folder / "types.yaml"
    path.write_text("protocol: 12\nversion: one\nblocks: 7\n", encoding="utf-8")
    return path


def unknown_task(folder: Path) -> Path:
    path = folder / "task.yaml"
    path.write_text(
        "protocol: x\nversion: 1\ntitle: X\nfor: {kinds: [child]}\n"
        "blocks:\n  - task: picture_vocabulry\n    items: {bank: b, sample: 4}\n",
        encoding="utf-8",
    )
    return path


def broken_json_bank(folder: Path) -> Path:
    source = folder / "picture_vocabulary"
    source.mkdir()
    (source / "data.json").write_text('[{"id": "a", "image": ["x.png"],]', encoding="utf-8")
    return folder


def wrong_json_bank(folder: Path) -> Path:
    source = folder / "picture_vocabulary"
    source.mkdir()
    (source / "data.json").write_text(json.dumps({"id": 3}), encoding="utf-8")
    return folder


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def torn_lab(folder: Path) -> Path:
    lab = folder / "lab"
    (lab / "journals").mkdir(parents=True)
    (lab / "lab.toml").write_text('name = "x"\nlab_id = [', encoding="utf-8")
    return lab


def file_for_folder(folder: Path) -> Path:
    path = folder / "file"
    path.write_text("x", encoding="utf-8")
    return path


CASES: list[tuple[str, Make, list[str]]] = [
    ("lab init on a file", file_for_folder, ["lab", "init", "{bad}"]),
    ("lab rebuild missing", missing, ["lab", "rebuild", "{bad}"]),
    ("lab check missing", missing, ["lab", "check", "{bad}"]),
    ("lab check torn settings", torn_lab, ["lab", "check", "{bad}"]),
    ("lab merge missing", missing, ["lab", "merge", "{bad}", "{bad}"]),
    ("lab import unknown kind", empty_folder, ["lab", "import", "{bad}", "visual-precison", "{bad}"]),
    ("lab import missing source", missing, ["lab", "import", "{lab}", "visual-precision", "{bad}"]),
    ("lab import empty source", empty_folder, ["lab", "import", "{lab}", "visual-precision", "{bad}"]),
    ("participant list missing lab", missing, ["participant", "list", "{bad}"]),
    ("participant add missing lab", missing, ["participant", "add", "{bad}"]),
    ("protocol check missing", missing, ["protocol", "check", "{bad}"]),
    ("protocol check garbage", garbage, ["protocol", "check", "{bad}"]),
    ("protocol check bad yaml", bad_yaml, ["protocol", "check", "{bad}"]),
    ("protocol check wrong types", wrong_types, ["protocol", "check", "{bad}"]),
    ("protocol check unknown task", unknown_task, ["protocol", "check", "{bad}"]),
    ("protocol check folder", empty_folder, ["protocol", "check", "{bad}"]),
    ("protocol plan bad yaml", bad_yaml, ["protocol", "plan", "{bad}", "--respondent", "C1", "--bank", "{out}"]),
    ("protocol pilot unknown task", unknown_task, ["protocol", "pilot", "{bad}", "-n", "3"]),
    ("bank show missing", missing, ["bank", "show", "{bad}"]),
    ("bank show empty", empty_folder, ["bank", "show", "{bad}"]),
    ("bank show garbage", garbage, ["bank", "show", "{bad}"]),
    ("bank audit missing", missing, ["bank", "audit", "{bad}"]),
    ("bank import missing", missing, ["bank", "import", "{bad}", "--out", "{out}"]),
    ("bank import broken json", broken_json_bank, ["bank", "import", "{bad}", "--out", "{out}"]),
    ("bank import wrong json", wrong_json_bank, ["bank", "import", "{bad}", "--out", "{out}"]),
    ("bank import empty", empty_folder, ["bank", "import", "{bad}", "--out", "{out}"]),
    ("bank export missing", missing, ["bank", "export", "{bad}", "--out", "{out}"]),
    ("bank build missing", missing, ["bank", "build", "{bad}", "--out", "{out}"]),
    ("bank build empty", empty_folder, ["bank", "build", "{bad}", "--out", "{out}"]),
    ("corpus check missing", missing, ["corpus", "check", "{bad}"]),
    ("corpus check empty", empty_folder, ["corpus", "check", "{bad}"]),
    ("corpus build missing", missing, ["corpus", "build", "{bad}", "--out", "{out}"]),
    ("corpus build empty", empty_folder, ["corpus", "build", "{bad}", "--out", "{out}"]),
    ("corpus stats missing", missing, ["corpus", "stats", "{bad}"]),
    ("corpus toybox negative", missing, ["corpus", "toybox", "--hours", "-1", "--seed", "1", "--out", "{out}"]),
    ("corpus toybox words", missing, ["corpus", "toybox", "--hours", "many", "--seed", "1", "--out", "{out}"]),
    ("run missing protocol", missing, ["run", "{bad}", "--lab", "{lab}", "--bank", "{out}", "--respondent", "chance"]),
    ("run bad yaml", bad_yaml, ["run", "{bad}", "--lab", "{lab}", "--bank", "{out}", "--respondent", "chance"]),
    ("run missing lab", missing, ["run", "battery", "--lab", "{bad}", "--bank", "{out}", "--respondent", "chance"]),
    (
        "run unknown respondent",
        missing,
        ["run", "battery", "--lab", "{lab}", "--bank", "{out}", "--respondent", "chanse"],
    ),
    ("train missing data", missing, ["train", "tiny", "--data", "{bad}", "--out", "{out}"]),
    ("train unknown config", empty_folder, ["train", "tinny", "--data", "{bad}", "--out", "{out}"]),
    ("train unknown stage", empty_folder, ["train", "tiny", "--stage", "visoin", "--data", "{bad}", "--out", "{out}"]),
    ("analyse missing", missing, ["analyse", "{bad}"]),
    ("analyse torn lab", torn_lab, ["analyse", "{bad}"]),
    ("report missing", missing, ["report", "{bad}", "--out", "{out}"]),
    ("report torn lab", torn_lab, ["report", "{bad}", "--out", "{out}"]),
    ("export missing", missing, ["export", "csv", "{bad}", "--out", "{out}"]),
    ("export unknown format", missing, ["export", "cvs", "{lab}", "--out", "{out}"]),
    ("gui missing lab", missing, ["gui", "{bad}"]),
    ("demo unknown option", missing, ["demo", "--minuts", "3"]),
    ("unknown command", missing, ["trian", "tiny"]),
    ("no argument", missing, ["report"]),
]


@pytest.mark.parametrize(("make", "argv"), [pytest.param(m, a, id=name) for name, m, a in CASES])
def test_bad_input_is_one_clear_message(
    make: Make, argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = tmp_path / "good-lab"
    assert run(["lab", "init", str(lab)]) == 0
    capsys.readouterr()
    work = tmp_path / "work"
    work.mkdir()
    bad = make(work)
    places = {"bad": str(bad), "out": str(tmp_path / "out"), "lab": str(lab)}

    status = run([word.format(**places) for word in argv])

    said = capsys.readouterr().err
    assert status == 2, said
    assert said.startswith("devkit: ")
    assert "Traceback" not in said
    if "{bad}" in argv and make is not missing and "there is no" not in said:
        named = [path.name for path in (bad, *bad.rglob("*"))]
        assert any(name in said for name in named), f"the message names no place: {said}"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert "devkit " in capsys.readouterr().out


def test_unknown_command_guesses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["protocl"]) == 2
    assert "did you mean 'protocol'?" in capsys.readouterr().err
