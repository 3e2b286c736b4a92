"""A thousand random clicks and keys on every page; nothing crashes, and nothing is left behind."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from devkit.lab import Lab
from gui.bench import Bench
from gui.pages import ENTRIES
from gui.window import MainWindow
from gui.work import Work

ACTIONS = 1000
KEYS = (
    [Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Delete]
    + [Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Home]
    + [Qt.Key(code) for code in range(Qt.Key.Key_0, Qt.Key.Key_9 + 1)]
    + [Qt.Key(code) for code in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)]
)
MODIFIERS = [Qt.KeyboardModifier.NoModifier] * 8 + [
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
]


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take file dialogs, other programs, quitting and long work out of the monkey's reach; returns faults of slots."""
    for name in ("getExistingDirectory", "getOpenFileName", "getSaveFileName"):
        answer = "" if name == "getExistingDirectory" else ("", "")
        monkeypatch.setattr(QFileDialog, name, staticmethod(lambda *_, answer=answer: answer))
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda *_: True))
    monkeypatch.setattr(QMessageBox, "open", lambda self: self.deleteLater())
    monkeypatch.setattr(MainWindow, "close", lambda self: True)
    start = Work.start
    monkeypatch.setattr(Work, "start", lambda self, title, *_, **__: start(self, title, "lab", "status", "/nowhere"))
    faults: list[str] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, error, trace: faults.append(f"{kind.__name__}: {error}"))
    return faults


def _act(window: MainWindow, chance: random.Random) -> None:
    if chance.random() < 0.5:
        visible = [w for w in window.findChildren(QWidget) if w.isVisible() and w.isEnabled() and w.width() > 2]
        target = chance.choice(visible)
        place = QPoint(chance.randrange(target.width()), chance.randrange(max(1, target.height())))
        click = QTest.mouseDClick if chance.random() < 0.1 else QTest.mouseClick
        click(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    else:
        target = QApplication.focusWidget() or window
        QTest.keyClick(target, chance.choice(KEYS), chance.choice(MODIFIERS))
    popup = QApplication.activePopupWidget()
    if popup is not None and chance.random() < 0.5:
        popup.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [entry.name for entry in ENTRIES])
def test_a_thousand_random_clicks_and_keys(
    page: str, bench: Bench, study: Path, tmp_path: Path, stubbed: list[str], qapp: QApplication
) -> None:
    shutil.copytree(study, tmp_path / "lab")
    bench.open_lab(tmp_path / "lab")
    window = MainWindow(bench)
    window.resize(1180, 760)
    window.show()
    chance = random.Random(f"monkey {page}")
    for number in range(ACTIONS):
        if window.current != page and number % 5 == 0:
            window.go(page)
        _act(window, chance)
        if number % 10 == 0:
            qapp.processEvents()
    assert not stubbed, stubbed[:5]
    for one in window.pages.values():
        one.close_page()
    window.hide()
    window.deleteLater()
    bench.close()
    assert Lab.open(tmp_path / "lab").sessions()
