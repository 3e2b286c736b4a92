"""A psychologist's day, by injected keys and presses only: lab, child, session with an accident, model, report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit.lab import Lab
from devkit.lab.check import check
from tests.gui.desktop import Desktop, missing, wait

pytestmark = [
    pytest.mark.slow,
    pytest.mark.screen,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]
PROTOCOL = """\
protocol: day
version: 1
title: AA day
for: {kinds: [child, adult, model, simulation], age_months: [6, 60]}
blocks:
  - task: picture_vocabulary
    items: {at_most: 4}
    timing: {ready: none, prompt: none, answer_max: 60 s}
    answer: touch
    feedback: none
  - task: subitizing
    items: {at_most: 1}
    timing: {ready: none, prompt: none, exposure: 1 s, answer_max: 120 s}
    answer: examiner
    feedback: none
"""
QUARTERS = [(0.3, 0.27), (0.7, 0.73), (0.7, 0.27), (0.3, 0.73)]


def _sessions(folder: Path, code: str) -> list[str]:
    return [s.session_id for s in Lab.open(folder).sessions() if s.respondent_code == code]


def _trials(folder: Path, code: str) -> int:
    return sum(s.trials for s in Lab.open(folder).sessions() if s.respondent_code == code)


def _make_lab(desk: Desktop, folder: Path) -> None:
    desk.keys("ctrl+n")
    desk.type("Day Lab")
    desk.keys("Tab", "ctrl+a")
    desk.type(str(folder))
    desk.keys("ctrl+Return")
    wait(lambda: (folder / "lab.toml").exists(), 20, "the lab")
    wait(lambda: len(Lab.open(folder).sessions()) >= 2, 180, "the sample session")


def _add_child(desk: Desktop, folder: Path) -> None:
    desk.keys("ctrl+2", "ctrl+n")
    time.sleep(3)
    desk.type("C01")
    desk.keys("Tab", "Tab")
    desk.type("2024-03-17")
    desk.keys("ctrl+s")
    wait(lambda: [p.code for p in Lab.open(folder).participants.all()] == ["C01"], 20, "the child")


def _run_session(desk: Desktop, folder: Path) -> None:
    (folder / "protocols" / "day.yaml").write_text(PROTOCOL)
    desk.keys("ctrl+3", "F5")
    time.sleep(3)
    desk.keys("alt+r", "Home")  # a title that is typed slowly, on a busy machine, would open the list
    desk.keys("alt+w", "alt+y")
    wait(lambda: _pressed(desk, "ctrl+Return"), 120, "the child's screen")
    desk.robot(QUARTERS)
    wait(lambda: _trials(folder, "C01") >= 1, 90, "the first answer")


def _interrupt(desk: Desktop, folder: Path) -> None:
    desk.rest()
    desk.keys("p")
    desk.keys("m")
    desk.type("looked at the door")
    desk.keys("Return", "p")
    before = _trials(folder, "C01")
    presenter = desk.presenter()
    assert presenter is not None
    presenter.kill()
    wait(lambda: desk.presenter() is None, 20, "the presenter's end")
    desk.picture("killed")
    wait(lambda: _pressed(desk, "a"), 60, "another presenter")
    desk.robot(QUARTERS)
    wait(lambda: _trials(folder, "C01") > before, 90, "an answer after the kill")


def _pressed(desk: Desktop, key: str) -> bool:
    """Press a key until the child's screen is there: the app may still be working something out."""
    desk.keys(key)
    time.sleep(2)
    return desk.presenter() is not None


def _finish(desk: Desktop, folder: Path) -> None:
    wait(lambda: _trials(folder, "C01") >= 4, 120, "the pictures")
    desk.rest()
    for _ in range(30):
        desk.keys("4", "Return")
        summary = Lab.open(folder).sessions()[-1]
        if summary.reason is not None:
            break
    wait(lambda: Lab.open(folder).sessions()[-1].reason == "completed", 60, "the end")


def _run_model(desk: Desktop, folder: Path, tmp_path: Path) -> None:
    """Take a tiny model in, and let it take the child's own trials."""
    tiny = tmp_path / "tiny"
    program = Path(__file__).with_name("tiny_model.py")
    subprocess.run([sys.executable, str(program), str(tiny)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    desk.keys("ctrl+5", "ctrl+n")
    time.sleep(3)
    desk.type(str(tiny))
    desk.keys("Return")
    wait(lambda: (folder / "models" / "tiny.model.json").exists(), 120, "the model in the lab")
    desk.picture("model")
    wait(lambda: _asked(desk, folder), 120, "the model's session")
    wait(lambda: _ended(folder, "tiny"), 240, "the end of the model's session")


def _asked(desk: Desktop, folder: Path) -> bool:
    """Choose the model, then the child's trials, and begin; again until the model's session is there."""
    desk.keys("ctrl+f", "Tab", "ctrl+a")
    time.sleep(2)
    desk.keys("alt+t", "End")
    time.sleep(1)
    desk.picture("chosen")
    desk.keys("ctrl+Return")
    time.sleep(3)
    return any(session.respondent_kind == "model" for session in Lab.open(folder).sessions())


def _ended(folder: Path, model: str) -> bool:
    return any(s.model_id == model and s.reason == "completed" for s in Lab.open(folder).sessions())


def _compare(desk: Desktop, folder: Path) -> None:
    """Look at the comparison, and write the report with one key."""
    desk.keys("ctrl+6")
    page = folder / "reports" / "report.html"
    wait(lambda: _written(desk, page), 300, "the report")
    desk.picture("compared")


def _written(desk: Desktop, page: Path) -> bool:
    desk.keys("ctrl+Return")
    time.sleep(3)
    return page.exists()


def _yoked(folder: Path) -> None:
    """The model took the child's trials in the child's order and positions."""
    lab = Lab.open(folder)
    child = lab.read_session(_sessions(folder, "C01")[0])
    model = lab.read_session(next(s.session_id for s in lab.sessions() if s.respondent_kind == "model"))
    assert model.header.plan["yoked_to"] == child.header.session_id
    assert [t.item_id for t in model.trials] == [t.item_id for t in child.trials]
    orders = [[t.choice_order for t in s.trials if t.task == "picture_vocabulary"] for s in (model, child)]
    assert orders[0] == orders[1]


def test_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "day-lab"
    with Desktop(tmp_path) as desk:
        desk.start()
        _make_lab(desk, folder)
        _add_child(desk, folder)
        _run_session(desk, folder)
        _interrupt(desk, folder)
        _finish(desk, folder)
        desk.picture("finished")
        _run_model(desk, folder, tmp_path)
        _compare(desk, folder)
        desk.keys("ctrl+q")
        assert desk.app is not None
        assert desk.app.wait(60) == 0
    _yoked(folder)
    lab = Lab.open(folder)
    session = lab.read_session(_sessions(folder, "C01")[0])
    assert len(_sessions(folder, "C01")) == 1
    assert [t.answer for t in session.trials if t.task == "subitizing"] == ["4"]
    assert {t.answer_source for t in session.trials if t.task == "picture_vocabulary"} == {"touch"}
    names = [event.name for event in session.events]
    assert "note" in names
    assert any("restarted_after_trouble" in trial.flags for trial in session.trials)
    assert "looked at the door" in json.dumps([event.detail for event in session.events])
    assert not check(lab).problems
