"""Starts the app: one window, on a lab or on the start page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import theme, words
from gui.bench import Bench
from gui.garbage import keep_to_this_thread
from gui.window import MainWindow

SIZE = (1180, 760)
READY = "DEVKIT_GUI_READY"


def start(lab: Path | None) -> int:
    """Show the main window until it is closed; return the exit status."""
    app = application()
    bench = Bench()
    words.use_language(bench.settings.language)
    theme.look.use(bench.settings.theme, bench.settings.scale)
    if lab is not None:
        bench.open_lab(lab)
    window = MainWindow(bench)
    window.resize(*SIZE)
    window.show()
    _tell_when_ready()
    status = app.exec()
    bench.close()
    return status


def application() -> QApplication:
    """Return the process's application, made if need be."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("devkit")
    keep_to_this_thread()
    app.setStyle("Fusion")  # the same everywhere, and the style sheet reaches all of it
    return app


def _tell_when_ready() -> None:
    """Write a line when the window takes input, for whoever measures the start."""
    if os.environ.get(READY):
        QTimer.singleShot(0, lambda: os.write(1, b"ready\n"))
