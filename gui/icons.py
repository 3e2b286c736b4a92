"""The app's icons: one set of line drawings on a grid of 24, 1.5 wide; each stands beside a word, never alone.

A drawing is a list of strokes in a small notation: ``M x y`` begins, ``L x y`` draws on, ``Z`` closes, ``C x y r`` is a
circle, ``R x y w h r`` a rectangle with round corners, ``A x y w h from sweep`` an arc of an ellipse in degrees.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from gui.theme import colour, look

GRID = 24.0
WIDTH = 1.5
SIZES = (16, 22, 32, 40)
DRAWINGS: dict[str, str] = {
    "home": "M 4 11 L 12 4 L 20 11 M 6 9.5 L 6 20 L 18 20 L 18 9.5 M 10 20 L 10 14 L 14 14 L 14 20",
    "people": "C 9 8 3.5 A 3 13 12 14 0 180 C 17 9 2.5 A 12.5 14 9 11 0 120",
    "run": "C 12 12 8.5 M 10 8.5 L 16 12 L 10 15.5 Z",
    "table": "R 4 5 16 14 1.5 M 4 10 L 20 10 M 4 14.5 L 20 14.5 M 10 5 L 10 19",
    "model": "R 6 6 12 12 2 R 10 10 4 4 0.5 M 9 3 L 9 6 M 15 3 L 15 6 M 9 18 L 9 21 M 15 18 L 15 21 "
    "M 3 9 L 6 9 M 3 15 L 6 15 M 18 9 L 21 9 M 18 15 L 21 15",
    "compare": "M 4 4 L 4 20 L 20 20 M 7 16 L 11 11 L 14 13 L 19 6 M 7 12 L 11 14 L 14 9 L 19 12",
    "protocol": "R 5 3.5 14 17 1.5 M 8.5 8 L 15.5 8 M 8.5 12 L 15.5 12 M 8.5 16 L 13 16",
    "bank": "R 4 4 7 7 1 R 13 4 7 7 1 R 4 13 7 7 1 R 13 13 7 7 1",
    "settings": "M 4 7 L 20 7 M 4 12 L 20 12 M 4 17 L 20 17 C 9 7 1.8 C 15 12 1.8 C 8 17 1.8",
    "open": "M 3.5 19 L 3.5 6 L 9 6 L 11 8.5 L 18.5 8.5 L 18.5 11 M 3.5 19 L 6.5 11 L 21 11 L 18.5 19 Z",
    "add": "M 12 5 L 12 19 M 5 12 L 19 12",
    "edit": "M 5 19 L 5.5 15.5 L 15.5 5.5 L 18.5 8.5 L 8.5 18.5 Z M 13.5 7.5 L 16.5 10.5",
    "merge": "M 6 4 L 6 9 L 12 13 L 12 20 M 18 4 L 18 9 L 12 13 M 9.5 17.5 L 12 20 L 14.5 17.5",
    "remove": "M 5 7 L 19 7 M 9 7 L 9.5 4 L 14.5 4 L 15 7 M 6.5 7 L 7.5 20 L 16.5 20 L 17.5 7",
    "lock": "R 5.5 10.5 13 9.5 1.5 A 8 4 8 12 0 180 M 12 14 L 12 17",
    "unlock": "R 5.5 10.5 13 9.5 1.5 A 8 4 8 12 40 140 M 12 14 L 12 17",
    "undo": "M 8 5 L 4 9 L 8 13 M 4 9 L 14 9 A 9 9 10 10 -90 180 M 14 19 L 8 19",
    "redo": "M 16 5 L 20 9 L 16 13 M 20 9 L 10 9 A 5 9 10 10 90 180 M 10 19 L 16 19",
    "search": "C 10.5 10.5 6 M 15 15 L 20 20",
    "refresh": "A 4.5 4.5 15 15 30 290 M 19.5 4.5 L 19 9 L 14.5 8.5",
    "pause": "R 7 5 3.5 14 1 R 13.5 5 3.5 14 1",
    "resume": "M 8 5 L 19 12 L 8 19 Z",
    "repeat": "M 5 12 L 5 9 L 18 9 M 15 6 L 18 9 L 15 12 M 19 13 L 19 16 L 6 16 M 9 13 L 6 16 L 9 19",
    "again": "A 5 5 14 14 120 -300 M 4.5 5 L 5.5 9.5 L 10 8.5",
    "skip": "M 6 6 L 13 12 L 6 18 Z M 16 6 L 16 18",
    "attention": "M 12 3.5 L 14.3 9.3 L 20.5 9.8 L 15.8 13.8 L 17.3 19.9 L 12 16.6 L 6.7 19.9 L 8.2 13.8 L 3.5 9.8 "
    "L 9.7 9.3 Z",
    "note": "M 5 4 L 19 4 L 19 14.5 L 13.5 20 L 5 20 Z M 19 14.5 L 13.5 14.5 L 13.5 20",
    "end": "R 6 6 12 12 1.5",
    "good": "C 12 12 8.5 M 8 12.3 L 11 15.2 L 16 9.2",
    "caution": "M 12 4 L 21 19.5 L 3 19.5 Z M 12 10 L 12 14.5 M 12 16.7 L 12 17.3",
    "wrong": "C 12 12 8.5 M 9 9 L 15 15 M 15 9 L 9 15",
    "info": "C 12 12 8.5 M 12 11 L 12 16.5 M 12 7.5 L 12 8.3",
    "inbox": "M 4 13 L 7 5 L 17 5 L 20 13 L 20 19 L 4 19 Z M 4 13 L 9 13 L 10 15.5 L 14 15.5 L 15 13 L 20 13",
    "report": "R 5 3.5 14 17 1.5 M 8.5 16.5 L 8.5 13 M 12 16.5 L 12 9 M 15.5 16.5 L 15.5 11",
    "export": "M 12 4 L 12 14 M 8.5 10.5 L 12 14 L 15.5 10.5 M 5 15 L 5 19.5 L 19 19.5 L 19 15",
    "import": "M 12 14 L 12 4 M 8.5 7.5 L 12 4 L 15.5 7.5 M 5 15 L 5 19.5 L 19 19.5 L 19 15",
    "screen": "R 3.5 5 17 11.5 1.5 M 9 20 L 15 20 M 12 16.5 L 12 20",
    "sound": "M 4 10 L 7.5 10 L 12 6 L 12 18 L 7.5 14 L 4 14 Z A 11 8 6 8 -50 100 A 10 5 10.5 14 -50 100",
    "touch": "M 9 12 L 9 6.5 A 9 5 3 3 0 180 M 12 6.5 "
    "L 12 12 L 17 13 L 18 15 L 17 20 L 10 20 L 6.5 15.5 L 7.5 14 L 9 15",
    "keys": "R 3.5 7 17 10 1.5 M 7 10.5 L 7.6 10.5 M 10.5 10.5 L 11.1 10.5 M 14 10.5 L 14.6 10.5 M 17 10.5 L 17.4 10.5 "
    "M 8 14 L 16 14",
    "backup": "R 4 4 16 5 1 M 5.5 9 L 5.5 20 L 18.5 20 L 18.5 9 M 10 12.5 L 14 12.5",
    "next": "M 9 5 L 16 12 L 9 19",
    "back": "M 15 5 L 8 12 L 15 19",
    "copy": "R 8 8 12 12 1.5 M 16 8 L 16 4 L 4 4 L 4 16 L 8 16",
    "chip": "R 5 8 14 8 1 M 8 8 L 8 5 M 12 8 L 12 5 M 16 8 L 16 5 M 8 16 L 8 19 M 12 16 L 12 19 M 16 16 L 16 19",
    "train": "M 4 19 L 20 19 M 5 6 L 8 12 L 12 14.5 L 19 15.5",
    "eye": "A 2 6 20 15 20 140 A 2 3 20 15 200 140 C 12 12 2.8",
    "camera": "R 3.5 7 12 10 1.5 M 15.5 11 L 20.5 8 L 20.5 16 L 15.5 13",
    "clock": "C 12 12 8.5 M 12 7 L 12 12 L 15.5 14",
}


@lru_cache(maxsize=256)
def drawing(name: str) -> QPainterPath:
    """Return an icon's strokes on the grid of 24."""
    path, parts = QPainterPath(), iter(DRAWINGS[name].split())
    for letter in parts:
        if letter == "Z":
            path.closeSubpath()
            continue
        count = {"M": 2, "L": 2, "C": 3, "R": 5, "A": 6}[letter]
        v = [float(next(parts)) for _ in range(count)]
        if letter == "M":
            path.moveTo(v[0], v[1])
        elif letter == "L":
            path.lineTo(v[0], v[1])
        elif letter == "C":
            path.addEllipse(QPointF(v[0], v[1]), v[2], v[2])
        elif letter == "R":
            path.addRoundedRect(QRectF(*v[:4]), v[4], v[4])
        else:
            path.arcMoveTo(QRectF(*v[:4]), v[4])
            path.arcTo(QRectF(*v[:4]), v[4], v[5])
    return path


def icon(name: str, ink: str = "text") -> QIcon:
    """Return an icon in a colour of the surfaces, in the theme and scale in use."""
    return _icon(name, colour(ink).name(), colour("quiet").name(), look.scale)


@lru_cache(maxsize=512)
def _icon(name: str, ink: str, faint: str, scale: float) -> QIcon:
    made = QIcon()
    for size in SIZES:
        side = round(size * scale)
        made.addPixmap(_pixmap(name, ink, side))
        made.addPixmap(_pixmap(name, faint, side), QIcon.Mode.Disabled)
    return made


def _pixmap(name: str, ink: str, side: int) -> QPixmap:
    """Draw an icon ``side`` pixels wide; a stroke is never thinner than its share of 16 pixels."""
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / GRID, side / GRID)
    width = WIDTH * GRID / max(side, 16) if side < GRID else WIDTH
    painter.setPen(QPen(QColor(ink), width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(drawing(name))
    painter.end()
    return made


def app_icon() -> QIcon:
    """Return the icon of the program: a child's star in the accent colour."""
    made = QIcon()
    for side in (16, 32, 64, 128):
        made.addPixmap(_pixmap("attention", colour("accent").name(), side))
    return made
