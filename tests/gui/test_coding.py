"""Coding looks by hand from a session's video, two coders, and what comes of it in the records."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from devkit.gaze.session import looking_trials, span
from devkit.lab import Lab
from devkit.lab.videos import make_folder, times_path, video_path
from gui.bench import Bench
from gui.coding.film import Film
from gui.coding.view import CodingView, open_desk, sheet_path
from gui.pages.trials import TrialsPage
from gui.window import MainWindow

WAIT = 60_000
FRAME_MS = 100


def _film(lab: Lab, session_id: str) -> int:
    """Write a video whose frames get brighter one by one, over the looking trials of a session."""
    session = lab.read_session(session_id)
    end = max(span(session, trial)[1] for trial in looking_trials(session))
    count = int(end / FRAME_MS) + 1
    make_folder(lab.path)
    with av.open(str(video_path(lab.path, session_id)), "w", format="matroska") as sink:
        stream = sink.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(count):
            pixels = np.full((48, 64, 3), number % 200 + 20, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    rows = "".join(f"{number},{number * FRAME_MS}.0\n" for number in range(count))
    times_path(lab.path, session_id).write_text("frame,session_ms\n" + rows)
    return count


@pytest.fixture
def filmed(study: Path) -> tuple[Lab, str]:
    """A lab whose first session has a video."""
    lab = Lab.open(study)
    session_id = lab.sessions()[0].session_id
    _film(lab, session_id)
    return lab, session_id


def test_frames_are_found_by_their_number(filmed: tuple[Lab, str]) -> None:
    lab, session_id = filmed
    film = Film(video_path(lab.path, session_id))
    for number in (5, 40, 39, 12, 13, 0):
        grey = film.at(number).pixelColor(30, 20).lightness()
        assert abs(grey - (number % 200 + 20)) <= 4, number
    assert film.at(10_000_000).isNull()
    film.close()


def test_a_session_taken_up_again_has_a_film_for_each_run(filmed: tuple[Lab, str]) -> None:
    lab, session_id = filmed
    whole = open_desk(lab, session_id, "AB").coding.frames
    rows = times_path(lab.path, session_id).read_text().splitlines()[1:]
    half = len(rows) // 2
    shutil.copy(video_path(lab.path, session_id), video_path(lab.path, f"{session_id}-2"))
    times_path(lab.path, session_id).write_text("frame,session_ms\n" + "\n".join(rows[:half]) + "\n")
    later = [f"{number},{row.split(',')[1]}" for number, row in enumerate(rows[half:])]
    times_path(lab.path, f"{session_id}-2").write_text("frame,session_ms\n" + "\n".join(later) + "\n")
    desk = open_desk(lab, session_id, "AB")
    assert [(one.frame, one.t_ms) for one in desk.coding.frames] == [(one.frame, one.t_ms) for one in whole]
    assert desk.film is not None
    for number, expected in ((half - 1, half - 1), (half, 0), (half + 3, 3)):
        grey = desk.film.at(number).pixelColor(30, 20).lightness()
        assert abs(grey - (expected % 200 + 20)) <= 4, number
    desk.film.close()


def _code(window: MainWindow, page: TrialsPage, session_id: str, coder: str, qtbot: QtBot) -> CodingView:
    window.go("trials", session_id)
    qtbot.waitUntil(lambda: page.sessions.currentData() == session_id, timeout=WAIT)
    page.coder.setText(coder)
    page.code.click()
    qtbot.waitUntil(
        lambda: page.coding is not None and page.coding.desk is not None and page.coding.desk.coder == coder,
        timeout=WAIT,
    )
    assert page.coding is not None
    return page.coding


def test_two_coders_code_and_agree(window: MainWindow, bench: Bench, filmed: tuple[Lab, str], qtbot: QtBot) -> None:
    lab, session_id = filmed
    bench.open_lab(lab.path)
    window.go("trials")
    page = window.pages["trials"]
    assert isinstance(page, TrialsPage)
    for coder in ("ann", "ben"):
        view = _code(window, page, session_id, coder, qtbot)
        assert view.desk is not None
        frames = len(view.desk.coding.frames)
        assert not view.finish.isEnabled()
        QTest.keyClick(view, Qt.Key.Key_Left)
        assert view.desk.coding.coded > 1
        qtbot.waitUntil(lambda view=view: not view.picture.pixmap().isNull(), timeout=WAIT)
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        view.leave()
        assert sheet_path(lab, session_id, coder).exists()
        view = _code(window, page, session_id, coder, qtbot)  # goes on where it was left
        assert view.desk is not None
        assert view.desk.coding.coded > 1
        while not view.desk.coding.done:
            QTest.keyClick(view, Qt.Key.Key_Right)
            QTest.keyClick(view, Qt.Key.Key_PageDown)
        assert view.desk.coding.coded == frames
        view.finish.click()
        qtbot.waitUntil(lambda coder=coder: f"looks of {coder}" in window.foot.status.text(), timeout=WAIT)
    gaze = lab.read_session(session_id).gaze
    assert {sample.coder for sample in gaze} >= {"ann", "ben"}
    assert "as ann coded them" in view.agreement.text()
    page.close_page()
    qtbot.waitUntil(lambda: not bench.aside.busy, timeout=WAIT)


def test_without_initials_nobody_codes(window: MainWindow, bench: Bench, filmed: tuple[Lab, str], qtbot: QtBot) -> None:
    lab, session_id = filmed
    bench.open_lab(lab.path)
    window.go("trials", session_id)
    page = window.pages["trials"]
    assert isinstance(page, TrialsPage)
    qtbot.waitUntil(lambda: page.code.isEnabled(), timeout=WAIT)
    page.code.click()
    assert "initials" in window.foot.status.text()
    assert page.coding is None
