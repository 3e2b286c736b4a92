"""Draws a chart with a painter: on the screen in the theme in use, into files always in the light one.

The shapes and strokes are those of `devkit.look`, the same as in the report's figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from devkit.look import BAND_SHARE, SURFACES, VOICES
from gui import theme
from gui.charts.plot import Axis, Mark, Plot, Series
from gui.words import tr

MARK_PX = 4.5
STROKE_PX = 1.8
THIN_PX = 1.1
GAP_PX = 6
SLANT_DEGREES = 32
DASHES = {"long dashes": (8, 4), "short dashes": (4, 3), "dotted": (1, 3)}


@dataclass(frozen=True, slots=True)
class Ink:
    """Where colours come from."""

    colour: Callable[[str], QColor]
    voice: Callable[[str], QColor]


def screen_ink() -> Ink:
    """Return the colours of the theme in use."""
    return Ink(theme.colour, theme.voice)


PAPER = Ink(lambda name: QColor(SURFACES[name].light), lambda name: QColor(VOICES[name].light))


class Painting:
    """A chart laid out on a rectangle.

    Args:
        plot: What is drawn.
        area: Where.
        font: Of ticks and names.
        ink: Colours.
        unit: Pixels of one pixel of the design.
    """

    def __init__(self, plot: Plot, area: QRectF, font: QFont, ink: Ink, unit: float = 1.0) -> None:
        self.plot, self.area, self.font, self.ink, self.unit = plot, area, font, ink, unit
        self.metrics = QFontMetricsF(font)
        self.bold = QFont(font)
        self.bold.setWeight(QFont.Weight.DemiBold)
        self._slanted = self._crowded()
        self.inside = self._inside()

    def _line_height(self) -> float:
        return self.metrics.height()

    def _crowded(self) -> bool:
        """Whether the words below the horizontal axis have too little room side by side."""
        ticks = [words for _, words in self.plot.x.ticks]
        wide = sum(self.metrics.horizontalAdvance(words) + 10 * self.unit for words in ticks)
        return wide > self.area.width() * 0.72

    def _inside(self) -> QRectF:
        """Return where the marks go: the area less titles, ticks, names and legend."""
        high, gap = self._line_height(), GAP_PX * self.unit
        left = max((self.metrics.horizontalAdvance(words) for _, words in self.plot.y.ticks), default=0) + 2 * gap
        left += high if self.plot.y.title else 0
        right = self._names_width() + gap if self.plot.ends else 2 * gap
        top = self._title_height() + 2 * gap
        below = self._ticks_height() + gap + (high if self.plot.x.title else 0)
        below += self._legend_height() + (high if self.plot.note else 0)
        return self.area.adjusted(left, top, -right, -(below + gap))

    def _ticks_height(self) -> float:
        if not self._slanted:
            return self._line_height()
        longest = max((self.metrics.horizontalAdvance(words) for _, words in self.plot.x.ticks), default=0.0)
        return min(longest * 0.55 + self._line_height(), 7 * self._line_height())

    def _title_height(self) -> float:
        if not self.plot.title:
            return self._line_height() / 2
        room = QRectF(0, 0, self.area.width(), 1e6)
        return QFontMetricsF(self.bold).boundingRect(room, Qt.TextFlag.TextWordWrap, self.plot.title).height()

    def _names_width(self) -> float:
        metrics = QFontMetricsF(self.bold)
        widest = max((metrics.horizontalAdvance(one.name) for one in self.plot.series), default=0.0)
        return min(widest, self.area.width() * 0.28) + GAP_PX * self.unit

    def _legend_rows(self) -> list[list[Series]]:
        if self.plot.ends or not self.plot.legend or len(self.plot.series) < 2:
            return []
        rows: list[list[Series]] = [[]]
        used = 0.0
        for series in self.plot.series:
            wide = self.metrics.horizontalAdvance(series.name) + 30 * self.unit
            if rows[-1] and used + wide > self.area.width():
                rows.append([])
                used = 0.0
            rows[-1].append(series)
            used += wide
        return rows

    def _legend_height(self) -> float:
        rows = len(self._legend_rows())
        return rows * self._line_height() * 1.25 + (GAP_PX * self.unit if rows else 0)

    def place(self, x: float, y: float) -> QPointF:
        """Return where a point of the data is drawn."""
        box = self.inside
        return QPointF(
            box.left() + self.plot.x.share(x) * box.width(), box.bottom() - self.plot.y.share(y) * box.height()
        )

    def offset(self, series: Series) -> float:
        """Return how far a series stands aside where all share the same places, so that none covers another."""
        several = [one for one in self.plot.series if one.marks]
        if self.plot.ends or self.plot.diagonal or len(several) < 2 or series not in several:
            return 0.0
        if all(len(one.marks) == 1 for one in several) and len({one.marks[0].x for one in several}) == len(several):
            return 0.0
        room = self.inside.width() / max(1, len(self.plot.x.ticks)) * 0.6
        step = min(14 * self.unit, room / len(several))
        return (several.index(series) - (len(several) - 1) / 2) * step

    def spot(self, series: Series, mark: Mark) -> QPointF:
        """Return where a mark is drawn."""
        return self.place(mark.x, mark.y) + QPointF(self.offset(series), 0)

    def draw(self, painter: QPainter, chosen: Mark | None = None) -> None:
        """Draw all of it; ``chosen`` gets a ring."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        self._title(painter)
        self._axes(painter)
        self._chance(painter)
        painter.save()
        painter.setClipRect(self.inside)
        for series in self.plot.series:
            self._curve(painter, series)
        painter.setClipRect(self.inside.adjusted(-8 * self.unit, -8 * self.unit, 8 * self.unit, 8 * self.unit))
        for series in self.plot.series:
            self._marks(painter, series, chosen)
        painter.restore()
        if self.plot.ends:
            self._ends(painter)
        self._legend(painter)

    def _title(self, painter: QPainter) -> None:
        painter.setFont(self.bold)
        painter.setPen(self.ink.colour("text"))
        room = QRectF(self.area.left(), self.area.top(), self.area.width(), self._title_height())
        painter.drawText(room, Qt.TextFlag.TextWordWrap, self.plot.title)
        painter.setFont(self.font)

    def _axes(self, painter: QPainter) -> None:
        box, gap, high = self.inside, GAP_PX * self.unit, self._line_height()
        line = QPen(self.ink.colour("line"), self.unit)
        for value, words in self.plot.y.ticks:
            y = self.place(self.plot.x.low, value).y()
            painter.setPen(line)
            if self.plot.y.grid:
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(self.ink.colour("quiet"))
            room = QRectF(self.area.left(), y - high / 2, box.left() - gap - self.area.left(), high)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(line)
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setPen(self.ink.colour("quiet"))
        for value, words in self.plot.x.ticks:
            self._tick(painter, self.place(value, self.plot.y.low), words)
        below = QRectF(box.left(), box.bottom() + self._ticks_height() + gap, box.width(), high)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.plot.x.title)
        if self.plot.note:
            foot = QRectF(self.area.left(), self.area.bottom() - high, self.area.width(), high)
            painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, self.plot.note)
        if self.plot.y.title:
            painter.save()
            painter.translate(self.area.left(), box.center().y())
            painter.rotate(-90)
            room = QRectF(-box.height() / 2, 0, box.height(), high)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self.plot.y.title)
            painter.restore()

    def _tick(self, painter: QPainter, at: QPointF, words: str) -> None:
        high, gap = self._line_height(), GAP_PX * self.unit / 2
        painter.drawLine(at, at + QPointF(0, gap))
        if not self._slanted:
            wide = self.metrics.horizontalAdvance(words) + 4
            painter.drawText(QRectF(at.x() - wide / 2, at.y() + gap, wide, high), Qt.AlignmentFlag.AlignCenter, words)
            return
        painter.save()
        painter.translate(at.x(), at.y() + gap)
        painter.rotate(-SLANT_DEGREES)
        longest = self._ticks_height() / 0.55
        text = self.metrics.elidedText(words, Qt.TextElideMode.ElideRight, longest)
        room = QRectF(-longest, 0, longest, high)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, text)
        painter.restore()

    def _chance(self, painter: QPainter) -> None:
        box = self.inside
        if self.plot.diagonal:
            painter.setPen(_pen(self.ink.voice("chance"), "dotted", THIN_PX * self.unit))
            painter.drawLine(box.bottomLeft(), box.topRight())
        if self.plot.chance is None:
            return
        y = self.place(self.plot.x.low, self.plot.chance).y()
        painter.setPen(_pen(self.ink.voice("chance"), VOICES["chance"].line, THIN_PX * self.unit))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.setPen(self.ink.voice("chance"))
        words = tr("chance {share}", share=f"{self.plot.chance * 100:.3g}\u00a0%")
        room = QRectF(box.left(), y + 1, box.width(), self._line_height())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, words)

    def _curve(self, painter: QPainter, series: Series) -> None:
        colour, known = self.ink.voice(series.voice), VOICES[series.voice]
        width = (THIN_PX if known.line == "thin" or not series.dots else STROKE_PX) * self.unit
        if series.curve:
            upper = [self.place(x, high) for x, _, _, high in series.curve]
            lower = [self.place(x, low) for x, _, low, _ in reversed(series.curve)]
            band = QColor(colour)
            band.setAlphaF(BAND_SHARE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(band)
            painter.drawPolygon(QPolygonF([*upper, *lower]))
            points = [self.place(x, y) for x, y, _, _ in series.curve]
        else:
            points = [self.spot(series, mark) for mark in series.marks] if series.joined else []
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(colour, known.line, width))
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))

    def _marks(self, painter: QPainter, series: Series, chosen: Mark | None) -> None:
        if not series.dots:
            return
        colour, size = self.ink.voice(series.voice), MARK_PX * self.unit
        for mark in series.marks:
            at, aside = self.spot(series, mark), QPointF(self.offset(series), 0)
            painter.setPen(QPen(colour, 1.4 * self.unit))
            if mark.low is not None and mark.high is not None:
                low, high = max(mark.low, self.plot.y.low), min(mark.high, self.plot.y.high)
                painter.drawLine(self.place(mark.x, low) + aside, self.place(mark.x, high) + aside)
            draw_mark(painter, at, size, series, colour, self.ink.colour("surface"))
            if mark is chosen:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self.ink.colour("accent"), 2 * self.unit))
                painter.drawEllipse(at, 2 * size, 2 * size)

    def _ends(self, painter: QPainter) -> None:
        """Write names at the right ends, pushed apart where they would touch."""
        ends = []
        for series in self.plot.series:
            last = series.curve[-1][1] if series.curve else series.marks[-1].y if series.marks else None
            if last is not None:
                ends.append((self.place(self.plot.x.low, last).y(), series))
        high, floor = self._line_height(), self.inside.top() - self._line_height()
        painter.setFont(self.bold)
        for y, series in sorted(ends, key=lambda end: end[0]):
            floor = max(y - high / 2, floor + high)
            painter.setPen(self.ink.voice(series.voice))
            room = QRectF(self.inside.right() + GAP_PX * self.unit, floor, self._names_width(), high)
            text = QFontMetricsF(self.bold).elidedText(series.name, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(self.font)

    def _legend(self, painter: QPainter) -> None:
        rows, high = self._legend_rows(), self._line_height() * 1.25
        note = self._line_height() if self.plot.note else 0.0
        for number, row in enumerate(rows):
            x = self.area.left()
            y = self.area.bottom() - note - (len(rows) - number) * high + high / 2
            for series in row:
                colour = self.ink.voice(series.voice)
                painter.setPen(QPen(colour, 1.4 * self.unit))
                at = QPointF(x + 8 * self.unit, y)
                draw_mark(painter, at, MARK_PX * self.unit, series, colour, self.ink.colour("surface"))
                painter.setPen(self.ink.colour("text"))
                wide = self.metrics.horizontalAdvance(series.name) + 4
                room = QRectF(x + 18 * self.unit, y - high / 2, wide, high)
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, series.name)
                x += wide + 26 * self.unit


def draw_mark(painter: QPainter, at: QPointF, size: float, series: Series, colour: QColor, ground: QColor) -> None:
    """Draw one mark of a voice; open marks are filled with the ground, so that lines do not show through."""
    shape = VOICES[series.voice].mark
    pen = QPen(colour, size * 0.35)
    painter.setPen(pen)
    painter.setBrush(QBrush(ground if series.hollow or shape == "open circle" else colour))
    if shape in ("circle", "open circle", "none"):
        painter.drawEllipse(at, size, size)
    elif shape == "square":
        painter.drawRect(QRectF(at.x() - size * 0.9, at.y() - size * 0.9, size * 1.8, size * 1.8))
    elif shape == "cross":
        painter.drawLine(at + QPointF(-size, -size), at + QPointF(size, size))
        painter.drawLine(at + QPointF(-size, size), at + QPointF(size, -size))
    else:
        corners = {
            "triangle": ((0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
            "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        }[shape]
        painter.drawPolygon(QPolygonF([at + QPointF(x * size, y * size) for x, y in corners]))


def _pen(colour: QColor, line: str, width: float) -> QPen:
    pen = QPen(colour, width)
    if line in DASHES:
        pen.setDashPattern([float(part) for part in DASHES[line]])
    return pen


def axis_words(axis: Axis, value: float) -> str:
    """Return a value of an axis for people: the name of its place, or the number."""
    near = next((words for at, words in axis.ticks if abs(at - value) < 1e-9), "")
    return near or f"{value:.4g}"
