"""The widget that shows a chart: marks are picked with the mouse, or with arrow keys and Return."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.charts.paint import Painting, screen_ink
from gui.charts.plot import Axis, Mark, Plot, Series
from gui.parts import spoken
from gui.words import ntr

NEAR_PX = 14
LEAST_PX = (260, 220)
BEST_PX = (420, 300)
EMPTY = Plot("", Axis("", 0, 1, ()), Axis("", 0, 1, ()))


class ChartView(QWidget):
    """A chart.

    Signals:
        picked: A mark was picked; carries its key.
    """

    picked = Signal(object)

    def __init__(self, plot: Plot = EMPTY) -> None:
        super().__init__()
        self.plot = plot
        self._at = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.px(LEAST_PX[1]))
        theme.look.changed.connect(self.update)
        self.show_plot(plot)

    def show_plot(self, plot: Plot) -> None:
        """Show another chart."""
        self.plot, self._at = plot, -1
        marks = plot.marks()
        spoken(self, plot.title, ntr("{n} point", "{n} points", len(marks)) if marks else plot.note)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size at which it reads well."""
        return QSize(theme.px(BEST_PX[0]), theme.px(BEST_PX[1]))

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which it can be read."""
        return QSize(theme.px(LEAST_PX[0]), theme.px(LEAST_PX[1]))

    def painting(self) -> Painting:
        """Return the chart laid out on the widget."""
        unit = theme.look.scale
        area = QRectF(self.rect()).adjusted(6 * unit, 6 * unit, -6 * unit, -6 * unit)
        return Painting(self.plot, area, theme.font(theme.SMALL), screen_ink(), unit)

    @property
    def current(self) -> tuple[Series, Mark] | None:
        """The mark that the keys stand on."""
        marks = self.plot.marks()
        return marks[self._at] if 0 <= self._at < len(marks) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart."""
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        found = self.current
        self.painting().draw(painter, found[1] if found is not None else None)
        painter.end()

    def near(self, where: QPointF) -> int:
        """Return the number of the mark at a place of the widget, -1 when there is none near."""
        laid = self.painting()
        nearest, best = -1, float(theme.px(NEAR_PX)) ** 2
        for number, (series, mark) in enumerate(self.plot.marks()):
            away = laid.spot(series, mark) - where
            distance = away.x() ** 2 + away.y() ** 2
            if distance < best:
                nearest, best = number, distance
        return nearest

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the mark under the pointer is."""
        at = self.near(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
        words = _words(*self.plot.marks()[at]) if at >= 0 else ""
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the mark under the pointer."""
        at = self.near(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self.step_to(at)
            self.pick()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move from mark to mark with the arrows, to the ends with Home and End; pick with Return or Space."""
        count = len(self.plot.marks())
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if count and key in steps:
            start = self._at if self._at >= 0 else (-1 if steps[key] > 0 else 0)
            self.step_to((start + steps[key]) % count)
        elif count and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.step_to(0 if key == Qt.Key.Key_Home else count - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pick()
        else:
            super().keyPressEvent(event)

    def step_to(self, number: int) -> None:
        """Stand on a mark, and say which."""
        self._at = number
        found = self.current
        if found is not None:
            self.setAccessibleDescription(_words(*found))
            self.setToolTip("")
            self.setStatusTip(_words(*found))
        self.update()

    def pick(self) -> None:
        """Pick the mark that the keys stand on."""
        found = self.current
        if found is not None:
            self.picked.emit(found[1].key)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they are gone."""
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Draw anew with another font."""
        super().changeEvent(event)
        self.update()


def _words(series: Series, mark: Mark) -> str:
    return f"{series.name}: {mark.words}" if mark.words else series.name
