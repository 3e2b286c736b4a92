"""Preparing a session and the examiner's view: the checklist, every key, what is drawn, and decisions in trouble."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from devkit.errors import Problem, UserError
from devkit.lab import Lab
from gui.bench import Bench
from gui.sample import PROTOCOL, sample_session
from gui.session.choice import Choice, prepare
from gui.session.running import RunningSession
from gui.session.view import FILM_PX, ExaminerView
from gui.theme import px
from gui.window import MainWindow
from protocols.camera import Glance
from protocols.controls import REASONS, Stage
from protocols.gaze.settings import GazeNow

TODAY = datetime.now(UTC).date()
Sent = list[tuple[str, str, str]]


@pytest.fixture
def view(window: MainWindow, bench: Bench, study: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExaminerView]:
    bench.open_lab(study)
    window.go("run")
    monkeypatch.setattr(RunningSession, "running", property(lambda self: True))
    monkeypatch.setattr(RunningSession, "stop", lambda self: None)
    made = sample_session(window.pages["run"], bench)
    yield made
    monkeypatch.setattr(RunningSession, "running", property(lambda self: False))


@pytest.fixture
def sent(view: ExaminerView, monkeypatch: pytest.MonkeyPatch) -> Sent:
    found: Sent = []
    monkeypatch.setattr(
        RunningSession,
        "command",
        lambda self, name, detail="", reason="breakoff": found.append((name, detail, reason)),
    )
    return found


def _stage(name: str, **values: object) -> Stage:
    return Stage.model_validate({"trial_id": "", "turn_index": 0, "name": name, "t_ms": 0, **values})


def _tell(view: ExaminerView, stage: Stage) -> None:
    assert view.session is not None
    view.session.stage.emit(stage)


def test_the_checklist_names_what_stands_in_the_way(study: Path) -> None:
    lab = Lab.open(study)
    bank = study / "banks" / "toybox"
    ready = prepare(lab, Choice("C01", PROTOCOL, bank, anew=True), TODAY, 1)
    assert not [check for check in ready.checks if check.level == "wrong"]
    assert any("one screen" in check.text for check in ready.checks)
    assert ready.info.age_days is not None
    assert ready.plan.counterbalance_list == ready.participant.counterbalance_list % 2  # type: ignore[operator]
    with pytest.raises(UserError, match="no participant"):
        prepare(lab, Choice("C99", PROTOCOL, bank), TODAY, 1)


def test_a_missing_picture_keeps_the_session_from_beginning(study: Path, tmp_path: Path) -> None:
    shutil.copytree(study, tmp_path / "lab")
    bank = tmp_path / "lab" / "banks" / "toybox"
    for picture in (bank / "media").rglob("*.*"):
        picture.unlink()
    checks = prepare(Lab.open(tmp_path / "lab"), Choice("C01", PROTOCOL, bank, anew=True), TODAY, 2).checks
    assert [check.level for check in checks if "missing from the bank" in check.text] == ["wrong"]


def test_every_key_sends_its_command(view: ExaminerView, sent: Sent, qtbot: QtBot) -> None:
    for key in "rtlsu":
        qtbot.keyClick(view, key)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    names = ["repeat", "repeat_trial", "attention", "skip", "undo", "pause", "next"]
    assert [name for name, _, _ in sent] == names
    sent.clear()
    _tell(view, _stage("paused"))
    assert view.status.text() == "Paused"
    qtbot.keyClick(view, "p")
    assert sent == [("resume", "", "breakoff")]


def test_numbers_are_keyed_while_one_is_wanted(view: ExaminerView, sent: Sent, qtbot: QtBot) -> None:
    _tell(view, _stage("awaiting", entry=True))
    assert view.status.text() == "Needs you"
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_N):
        qtbot.keyClick(view, key)
    assert [detail for _, detail, _ in sent] == ["1", "2", "backspace", "return", "n"]
    assert {name for name, _, _ in sent} == {"key"}


def test_a_note_takes_letters_that_are_keys_elsewhere(view: ExaminerView, sent: Sent, qtbot: QtBot) -> None:
    qtbot.keyClick(view, "m")
    qtbot.keyClicks(view.note, "pause trust")
    qtbot.keyClick(view.note, Qt.Key.Key_Return)
    assert sent == [("note", "pause trust", "breakoff")]
    qtbot.keyClick(view, "m")
    qtbot.keyClicks(view.note, "not this")
    qtbot.keyClick(view.note, Qt.Key.Key_Escape)
    assert len(sent) == 1


def test_ending_needs_a_reason_and_can_be_taken_back(view: ExaminerView, sent: Sent, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert sent == [("pause", "", "breakoff")]
    assert view.panel.currentWidget() is view.panel.reasons
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.panel.currentWidget() is view.panel.buttons
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.keyClick(view, "2")
    assert sent[-1] == ("end", REASONS[1].code, "reason_code")


def test_trouble_says_what_is_safe_and_waits(view: ExaminerView, qtbot: QtBot) -> None:
    assert view.session is not None
    problem = Problem("presenter-lost", "the presenter ended", hint="try again")
    view.session.trouble.emit(problem, ("again", "end"))
    assert "The presenter ended." in view.panel.trouble.words.text()
    assert view.panel.trouble.saved.text().startswith("6 trials are safe")
    qtbot.keyClick(view, "s")  # leaving out is not offered
    assert view.panel.currentWidget() is view.panel.trouble
    qtbot.keyClick(view, "a")
    assert view.session._decisions.get_nowait() == "again"
    assert view.panel.currentWidget() is view.panel.buttons


def test_the_childs_screen_is_drawn_from_what_is_said(view: ExaminerView) -> None:
    image = view.screen_.grab().toImage()
    ground = image.pixelColor(image.width() // 2, image.height() // 2)
    assert ground.getRgb()[:3] == (128, 128, 128)
    colours = {image.pixelColor(x, image.height() // 3).rgb() for x in range(0, image.width(), 3)}
    assert len(colours) > 10  # pictures, not boxes
    _tell(view, _stage("paused"))
    blank = view.screen_.grab().toImage()
    assert len({blank.pixelColor(x, blank.height() // 3).rgb() for x in range(0, blank.width(), 3)}) < 6


def test_gaze_is_shown_on_the_copy_of_the_screen_and_keyed(view: ExaminerView, sent: Sent, qtbot: QtBot) -> None:
    assert view.session is not None
    before = view.screen_.grab().toImage()
    view.session.gaze.emit(GazeNow(t_ms=1, x=0.25, y=0.75, area="target", position=0))
    assert view.looks.text() == "Looks at: the target"
    assert view.screen_.grab().toImage() != before
    view.session.gaze.emit(GazeNow(t_ms=2))
    assert view.looks.text() == "Looks at: no gaze"
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert sent == []
    choice = replace(view.session.prepared.choice, gaze="examiner")
    view.session.prepared = replace(view.session.prepared, choice=choice)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert sent == [("key", "left", "breakoff")]
    assert view.looks.text() == "Looks at: left"


def test_what_the_camera_sees_is_shown(view: ExaminerView, monkeypatch: pytest.MonkeyPatch) -> None:
    assert view.film.isHidden()
    monkeypatch.setattr(RunningSession, "glance", lambda self: Glance(4, 3, bytes(range(36))))
    view._show_film()
    assert not view.film.isHidden()
    assert view.film.pixmap().width() == px(FILM_PX)


def test_filming_needs_the_familys_consent(study: Path) -> None:
    lab, bank = Lab.open(study), study / "banks" / "toybox"
    for one in lab.participants.all():
        ready = prepare(lab, Choice(one.code, PROTOCOL, bank, anew=True, camera="/dev/none"), TODAY, 2)
        found = [check for check in ready.checks if "nobody is filmed" in check.text]
        assert bool(found) != one.video
    without = prepare(lab, Choice("C01", PROTOCOL, bank, anew=True), TODAY, 2)
    assert any("Nobody records where" in check.text for check in without.checks)


def test_the_page_is_not_left_while_a_session_runs(view: ExaminerView, window: MainWindow) -> None:
    window.go("home")
    assert window.current == "run"
    assert "end it first" in window.foot.status.text()
