"""The app's tests: no screen, settings of their own, and a guard against threads, timers and processes left behind."""

from __future__ import annotations

import gc
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QProcess, QThread, QTimer
from PySide6.QtWidgets import QApplication

from devkit.lab import Lab
from gui import theme, words
from gui.bench import Bench
from gui.garbage import keep_to_this_thread
from gui.pages.home import this_day
from gui.sample import sample_lab
from gui.settings import AppSettings
from gui.window import MainWindow


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the app's settings in the test's own folder."""
    folder = tmp_path / "settings"
    monkeypatch.setenv("DEVKIT_SETTINGS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a thread, a running timer, a window or a process behind."""
    threads = {thread.ident for thread in threading.enumerate()}
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    words.use_language("en")
    theme.look.use("light")
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    gc.collect()
    left = [f"thread {t.name}" for t in threading.enumerate() if t.ident not in threads and t.is_alive()]
    left += [f"process {c.pid}: {c.name()}" for c in _alive(children)]
    left += [f"{type(one).__name__} {one.objectName()}" for one in _running()]
    assert not left, "left behind: " + ", ".join(left)


def _alive(before: set[int]) -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        if child.pid not in before and child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            found.append(child)
    return found


def _runs(one: object) -> bool:
    if isinstance(one, QTimer):
        return one.isActive() and not one.isSingleShot()
    if isinstance(one, QThread):
        return one.isRunning() and one is not QThread.currentThread()
    return isinstance(one, QProcess) and one.state() != QProcess.ProcessState.NotRunning


def _running() -> Iterator[QObject]:
    """Yield timers, threads and processes of Qt that still run, wherever they hang."""
    for one in gc.get_objects():
        try:
            if isinstance(one, QObject) and _runs(one):
                yield one
        except (RuntimeError, ReferenceError):  # its C++ side is gone already
            continue


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab with a child and an adult."""
    made = Lab.create(tmp_path / "lab", name="Nursery")
    made.participants.add("C01", name="Ada Example", birth_date="2024-01-02", languages=("en",))
    made.participants.add("C02", kind="adult")
    return made


@pytest.fixture(scope="session", autouse=True)
def collect_here(qapp: QApplication) -> None:
    """Keep the garbage collector to this thread, as the app does."""
    keep_to_this_thread()


@pytest.fixture(scope="session")
def whole_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, date]:
    """A lab with two children who took a short protocol on one day, and that day; made again if midnight came."""
    while True:
        day = this_day()
        made = sample_lab(tmp_path_factory.mktemp("labs") / "study", children=2, items=3)
        if this_day() == day:
            return made, day


@pytest.fixture
def study(whole_study: tuple[Path, date], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same lab, this test's own; Home takes the day on which it was made for today."""
    made, day = whole_study
    shutil.copytree(made, tmp_path / "study")
    monkeypatch.setattr("gui.pages.home.this_day", lambda: day)
    return tmp_path / "study"


@pytest.fixture
def bench(qapp: QApplication) -> Iterator[Bench]:
    """The app's state without a lab."""
    made = Bench(AppSettings())
    yield made
    made.close()


@pytest.fixture
def window(bench: Bench) -> Iterator[MainWindow]:
    """The main window without a lab."""
    made = MainWindow(bench)
    made.resize(1180, 760)
    made.show()
    yield made
    made.close()
    made.deleteLater()
