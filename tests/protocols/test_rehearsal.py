"""Simulation in place of people, languages on the command line, and calibration from a lab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devkit.cli.root import run
from devkit.errors import UserError
from devkit.lab import Lab
from protocols.load import parse_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.rehearsal import rehearsed
from protocols.runner import run_in_lab
from protocols.simulation import SimulatedChild
from protocols.specs import parse_spec


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = run([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


def test_data_or_a_robot_stands_in_for_a_child(lab: Lab) -> None:
    (data,) = rehearsed([], "data", lab, (24, 36), time_scale=1, ability=1.5)
    assert (data.kind, dict(data.options)) == ("simulated", {"age": "30.00", "code": "rehearsal-1", "ability": "1.5"})
    robots = rehearsed(
        [parse_spec("simulated:20"), parse_spec("robot")], "screen", lab, None, time_scale=10, ability=None
    )
    assert [robot.kind for robot in robots] == ["robot", "robot"]
    assert [robot.plan_code for robot in robots] == ["rehearsal-1", "rehearsal-2"]
    assert {robot.options["time_scale"] for robot in robots} == {"10"}


def test_nobody_but_people_is_stood_in_for(lab: Lab) -> None:
    with pytest.raises(UserError, match="stands in for people, not for chance"):
        rehearsed([parse_spec("chance")], "data", lab, None, time_scale=1, ability=None)


def test_calibration_from_a_lab(lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = placeholder_bank(14, only=("picture_vocabulary", "standard"))
    text = "protocol: t\nversion: 1\ntitle: t\nblocks:\n  - {task: picture_vocabulary, items: {sample: all}}\n"
    protocol = parse_protocol(text)
    for number in range(40):
        code = f"S{number}"
        run_in_lab(lab, make_plan(protocol, bank, code, 1), bank, SimulatedChild(code, 20 + number / 2, 1))
    out = tmp_path / "words.csv"
    words = ("protocol", "calibrate", lab.path, "--out", out, "--by-word", "--kinds", "simulation")
    status, told, err = said(capsys, *words)
    assert status == 0, err
    assert told.startswith("14 words from 40 persons, guessing fixed at 0.250")
    assert out.read_text().splitlines()[0] == "item,word,a,b,c"
    file = tmp_path / "adaptive.yaml"
    file.write_text(text.replace("all}", "all}, adaptive: {parameters: words.csv, least_items: 4, exposure: 1.0}"))
    status, told, err = said(capsys, "protocol", "check", file)
    assert status == 0, err
    status, _, err = said(capsys, "protocol", "calibrate", lab.path, "--out", out)
    assert status == 2
    assert "0 items were answered by 0 persons" in err


def test_a_missing_parameter_file_is_named_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "adaptive.yaml"
    text = "protocol: t\nversion: 1\ntitle: t\nblocks:\n  - {task: picture_vocabulary, items: {sample: all}, "
    file.write_text(text + "adaptive: {parameters: none.csv}}\n")
    status, _, err = said(capsys, "protocol", "check", file)
    assert status == 2
    assert f"{file}:5:" in err
    assert "there is no file 'none.csv' of item parameters" in err


def test_mistakes_of_a_rehearsal_are_one_message(lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("run", "glimpse", "--lab", lab.path, "--bank", tmp_path)
    for words, hint in (
        (("--simulate", "paper", "--json"), ""),
        (("--respondent", "chance", "--language", "tlh"), ""),
        ((), ""),
    ):
        status, out, err = said(capsys, *common, *words)
        assert status == 2, hint
        assert out == ""
        assert err.startswith("devkit: ")
        assert len(err.strip().splitlines()) == 1


def test_json_of_a_pilot_has_the_precision_of_ability(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "protocol", "pilot", "picture-vocabulary", "-n", "3", "--json")
    assert status == 0
    (block,) = json.loads(out)["blocks"]
    assert 0.2 < block["theta_se"]["median"] < 1.0
    assert block["planned"] == 30
