"""What is compared: respondents with their marks, and the ranges of age and experience."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox, QVBoxLayout, QWidget

from devkit.sidebyside import Compared, Respondent
from gui import theme
from gui.charts.paint import MARK_PX, draw_mark
from gui.charts.plot import Series
from gui.parts import boxed, card, column, emptied, label, row, spoken
from gui.theme import px
from gui.words import ntr, tr

AGAIN_AFTER_MS = 700
OLDEST_MONTHS = 240
MOST_HOURS = 100_000.0
NAME_PX = 200
BOX_PX = 92
MARK_SIDE_PX = 16


class Choosing(QWidget):
    """Respondents and ranges.

    Signals:
        respondents_changed: Others are shown; nothing has to be computed.
        ranges_changed: Other trials count; all has to be computed anew.
    """

    respondents_changed = Signal()
    ranges_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.ticks: dict[str, QCheckBox] = {}
        self._left_out: set[str] = set()
        self._people = QVBoxLayout()
        self._people.setSpacing(px(4))
        self._people.setContentsMargins(0, 0, 0, 0)
        self.youngest, self.oldest = QSpinBox(maximum=OLDEST_MONTHS), QSpinBox(maximum=OLDEST_MONTHS)
        self.least, self.most = (QDoubleSpinBox(maximum=MOST_HOURS, decimals=2) for _ in range(2))
        self.any_timing = QCheckBox(tr("U&ntrusted times too"))
        self._wait = QTimer(self, singleShot=True, interval=AGAIN_AFTER_MS)
        self._wait.timeout.connect(self.ranges_changed)
        for box in (self.youngest, self.oldest, self.least, self.most):
            box.valueChanged.connect(lambda: self._wait.start())
            box.setFixedWidth(px(BOX_PX))
        self.any_timing.toggled.connect(lambda: self._wait.start())
        self.ages = self._range(tr("Ages, months"), self.youngest, self.oldest)
        self.hours = self._range(tr("Hours seen"), self.least, self.most)
        within = card(self.ages, self.hours, self.any_timing, heading=tr("Within"))
        self.setLayout(column(card(boxed(self._people), heading=tr("Who")), within, None))
        self._limits: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None)

    def _range(self, name: str, low: QSpinBox | QDoubleSpinBox, high: QSpinBox | QDoubleSpinBox) -> QWidget:
        spoken(low, tr("{what} from", what=name))
        spoken(high, tr("{what} to", what=name))
        return boxed(column(label(name), row(low, label("–", wrap=False), high, None), gap=4))

    def forget(self) -> None:
        """Begin anew, as with another lab."""
        self._left_out.clear()
        self._limits = (None, None)

    def offer(self, compared: Compared) -> None:
        """Offer the respondents of a lab, with the ranges it holds."""
        emptied(self._people)
        self.ticks.clear()
        for one in compared.respondents:
            self._people.addWidget(self._tick(one))
        if not compared.respondents:
            self._people.addWidget(label(tr("Nobody in this range"), "quiet"))
        if (compared.ages, compared.hours) != self._limits:
            self._limits = (compared.ages, compared.hours)
            self._set_limits()

    def _tick(self, one: Respondent) -> QCheckBox:
        made = QCheckBox()
        words = tr(one.label)
        made.setText(made.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, px(NAME_PX)))
        made.setAccessibleName(words)
        made.setChecked(one.key not in self._left_out)
        made.setIconSize(QSize(px(MARK_SIDE_PX), px(MARK_SIDE_PX)))
        made.setIcon(mark_icon(one.voice, "random weights" in one.label))
        members = one.members if one.kind in ("child", "adult", "simulation", "robot") else 0
        who = ntr("{n} person", "{n} persons", members) if members else ntr("{n} session", "{n} sessions", one.members)
        made.setToolTip(f"{words}: {who}, {ntr('{n} trial', '{n} trials', one.trials)}")
        made.setAccessibleDescription(made.toolTip())
        made.toggled.connect(lambda on, key=one.key: self._toggled(key, on))
        self.ticks[one.key] = made
        return made

    def _toggled(self, key: str, on: bool) -> None:
        (self._left_out.discard if on else self._left_out.add)(key)
        self.respondents_changed.emit()

    def _set_limits(self) -> None:
        ages, hours = self._limits
        self.ages.setVisible(ages is not None)
        self.hours.setVisible(hours is not None)
        boxes = (self.youngest, self.oldest, self.least, self.most)
        for box in boxes:
            box.blockSignals(True)
        if ages is not None:
            self.youngest.setValue(int(ages[0]))
            self.oldest.setValue(int(ages[1]) + 1)
        if hours is not None:
            self.least.setValue(int(hours[0] * 100) / 100)
            self.most.setValue(hours[1] + 0.01)
        for box in boxes:
            box.blockSignals(False)

    def keys(self) -> frozenset[str]:
        """Return the respondents that are chosen."""
        return frozenset(key for key, tick in self.ticks.items() if tick.isChecked())

    def arguments(self) -> tuple[str, ...]:
        """Return the ranges as options of ``devkit compare``; none while the whole range is chosen."""
        found: list[str] = []
        ages, hours = self._limits
        if ages is not None and (self.youngest.value() > ages[0] or self.oldest.value() < ages[1]):
            low, high = sorted((self.youngest.value(), self.oldest.value()))
            found += ["--ages", f"{low}-{high}"]
        if hours is not None and (self.least.value() > hours[0] or self.most.value() < hours[1]):
            least, most = sorted((self.least.value(), self.most.value()))
            found += ["--hours", f"{least:.2f}-{most:.2f}"]
        return (*found, *(("--any-timing",) if self.any_timing.isChecked() else ()))


def mark_icon(voice: str, hollow: bool = False) -> QIcon:
    """Return a voice's mark as a small picture."""
    side = px(MARK_SIDE_PX)
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    series = Series("", voice, hollow=hollow)
    draw_mark(painter, QPointF(side / 2, side / 2), px(MARK_PX), series, theme.voice(voice), theme.colour("surface"))
    painter.end()
    return QIcon(made)
