"""The small parts that pages and windows are put together from, named so that the style sheet finds them."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget


def named[W: QWidget](widget: W, name: str) -> W:
    """Give a widget the name that the style sheet knows it by."""
    widget.setObjectName(name)
    return widget


def label(text: str, name: str) -> QLabel:
    """Make a text that wraps."""
    made = named(QLabel(text), name)
    made.setWordWrap(True)
    return made


def button(text: str, name: str = "") -> QPushButton:
    """Make a button; ``primary`` is the one action of a page."""
    return named(QPushButton(text), name)
