"""Pictures of items beside their words: a choice, a query, a frame; each as large as there is room."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImageReader, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from gui.parts import boxed, column, label
from gui.theme import px

PICTURE_PX = 96


def picture(path: Path | None, name: str, side: int = PICTURE_PX) -> QLabel:
    """Return a small copy of a picture, read at that size; a label without one where the file is missing."""
    made = QLabel()
    if path is None:
        return made
    reader = QImageReader(str(path))
    room = QSize(px(side), px(side))
    if reader.size().isValid():
        reader.setScaledSize(reader.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if not image.isNull():
        made.setPixmap(QPixmap.fromImage(image))
        made.setAccessibleName(name)
    return made


def offered(path: Path | None, words: str, note: str = "", side: int = PICTURE_PX) -> QWidget:
    """Return a picture with its words below."""
    below = [label(words, wrap=False), label(note, "small", wrap=False)]
    return boxed(column(picture(path, words, side), *below, None, gap=2))


def breakable(name: str) -> str:
    """Return an item's name with places where a line may break: behind its underscores."""
    return name.replace("_", "_\u200b")
