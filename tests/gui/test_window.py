"""The main window on real labs: what it shows, and what it says when there is nothing to show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from gui.window import MainWindow


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab.create(tmp_path / "lab", name="Nursery")
    made.participants.add("C01", name="Ada Example", birth_date="2024-01-02", languages=("en",))
    made.participants.add("C02", kind="adult")
    return made


def test_without_a_lab_it_says_what_to_do(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    assert "Open a lab" in window.sessions.hint.text()
    assert not window.sessions.report.isEnabled()


def test_participants_by_code_and_never_by_name(qtbot: QtBot, lab: Lab) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.open_lab(lab.path)
    rows = window.participants.table.rows
    shown = [[rows.data(rows.index(r, c)) for c in range(rows.columnCount())] for r in range(rows.rowCount())]
    assert [row[0] for row in shown] == ["C01", "C02"]
    assert "Ada" not in str(shown)
    assert "2024-01-02" not in str(shown)
    window.participants.table.search.setText("adult")
    assert window.participants.table.view.model().rowCount() == 1


def test_a_folder_that_is_no_lab_is_said_at_the_foot(qtbot: QtBot, lab: Lab, tmp_path: Path) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.open_lab(lab.path)
    window.open_lab(tmp_path)
    assert "there is no lab here" in window.status.text()
    assert window.lab is not None
    assert window.lab.settings.name == "Nursery"


def test_a_failed_report_is_told_and_leaves_no_process(qtbot: QtBot, lab: Lab) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.work.finished, timeout=60_000) as ended:
        window.work.start(["report", str(lab.path / "nowhere"), "--out", str(lab.path / "r.html")])
    assert ended.args is not None
    assert ended.args[0] is False
    assert "nowhere" in ended.args[1]
    assert not window.work.running


def test_the_app_starts_without_torch_psychopy_or_pandas() -> None:
    code = "import sys, gui.app; print([m for m in ('torch', 'psychopy', 'pandas') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
