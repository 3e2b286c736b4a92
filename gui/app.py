"""Starts the app: one window, on a lab or with nothing open yet."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.theme import style_sheet
from gui.window import MainWindow


def start(lab: Path | None) -> int:
    """Show the main window until it is closed; return the exit status."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("devkit")
    dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    app.setStyleSheet(style_sheet("dark" if dark else "light"))
    window = MainWindow()
    if lab is not None:
        window.open_lab(lab)
    window.resize(1100, 700)
    window.show()
    return app.exec()
