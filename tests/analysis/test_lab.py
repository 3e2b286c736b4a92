"""From a lab on disk to results, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_lab import small_lab

from analysis.lab import load
from devkit.cli.root import run
from devkit.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_lab(tmp_path_factory.mktemp("labs") / "länder")


def test_load_finds_trials_and_facts(lab: Path) -> None:
    trials, facts = load(Lab.open(lab))
    assert len(trials.frame) == 6 * 12 + 3 * 40
    assert facts.name == "Länder-Labor"
    assert facts.trained == {"tiny": frozenset({"T_1", "T_2"})}
    assert facts.bank_audits == {
        "toybox": "2 checks; defects: position-prior (localization/standard)",
        "broken": "audit.json cannot be read",
    }


def test_report_command(lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.html"
    assert run(["report", str(lab), "--out", str(out), "--draws", "200", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["page"] == str(out)
    html = out.read_text("utf-8")
    assert "Länder-Labor: children and models side by side" in html
    assert "none of the 40 items comes from one of its 2 training recordings" in html
    assert "defects: position-prior (localization/standard)" in html


def test_analyse_command_prints_what_the_report_says(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyse", str(lab), "--draws", "200", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    mine = [r for r in rows if r["kind"] == "model" and r["task"] == "localization" and r["scored_by"] == "text"]
    assert {r["model_hours_seen"] for r in mine} == {2.0, 4.0, 8.0}
    assert all(r["chance"] == 0.25 and r["n"] == {"trials": r["answered"]} for r in mine)
    assert run(["analyse", str(lab), "--draws", "200", "--out", str(tmp_path / "csv")]) == 0
    assert "Simulated children" in capsys.readouterr().out
    assert (tmp_path / "csv" / "accuracy-full.csv").read_text("utf-8").startswith("respondent,scored_by,task")


@pytest.mark.parametrize("command", ["report", "analyse"])
def test_no_lab_is_the_users_mistake(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_empty_lab_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Lab.create(tmp_path / "lab")
    assert run(["report", str(tmp_path / "lab")]) == 0
    assert "holds no trials yet" in (tmp_path / "lab" / "reports" / "report.html").read_text("utf-8")
    assert run(["analyse", str(tmp_path / "lab")]) == 0
    assert "no trials yet" in capsys.readouterr().out


def test_a_file_is_no_folder_for_tables(lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f").write_text("x")
    assert run(["analyse", str(lab), "--draws", "200", "--out", str(tmp_path / "f")]) == 2
    assert "name a folder" in capsys.readouterr().err
