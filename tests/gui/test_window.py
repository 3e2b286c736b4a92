"""The frame: opening labs, moving between pages, what is said, and what the app imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from gui.bench import Bench
from gui.pages import ENTRIES
from gui.window import MainWindow


def test_without_a_lab_it_begins_at_the_start_page(window: MainWindow) -> None:
    assert window.current == "start"
    window.go("participants")
    assert "No lab is open" in [w.text() for w in window.pages["participants"].findChildren(type(window.lab_name))]


def test_a_lab_opens_on_its_home_page(window: MainWindow, bench: Bench, lab: Lab) -> None:
    assert bench.open_lab(lab.path)
    assert window.lab_name.text() == "Nursery"
    assert window.current == "home"
    assert bench.settings.recent == (str(lab.path.resolve()),)


def test_a_folder_that_is_no_lab_is_said_at_the_foot_and_the_open_lab_stays(
    window: MainWindow, bench: Bench, lab: Lab, tmp_path: Path
) -> None:
    bench.open_lab(lab.path)
    assert not bench.open_lab(tmp_path / "nowhere")
    assert "there is no such folder" in window.foot.status.text()
    assert bench.lab is not None
    assert bench.lab.settings.name == "Nursery"


def test_every_page_is_reached_by_its_key(window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot) -> None:
    bench.open_lab(lab.path)
    window.activateWindow()
    listed = [entry.name for entry in ENTRIES if entry.listed]
    for number, name in enumerate(listed[:9], 1):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda name=name: window.current == name, timeout=60_000)
        assert window.menu.currentItem().data(Qt.ItemDataRole.UserRole) == name


def test_the_app_starts_without_torch_psychopy_or_pandas() -> None:
    heavy = "('torch', 'psychopy', 'pandas', 'scipy', 'matplotlib', 'av', 'PyQt6', 'ruamel.yaml', 'protocols.schema')"
    code = f"import sys, gui.app, gui.pages.home, gui.pages.start; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
