"""Home: the study at a glance, each line with the page where something can be done about it."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from devkit.lab.status import Recruited, SessionLine, Status, read_status
from gui.bench import Bench
from gui.icons import icon
from gui.page import Page
from gui.parts import Columns, boxed, button, card, column, label, levelled, row, scrolled
from gui.sayings import reason_words
from gui.theme import colour, px, voice
from gui.words import ntr, tr

MOST_LINES = 6
BAR_PX = 12


def this_day() -> date:
    """Return the day it is here."""
    return datetime.now().astimezone().date()


class HomePage(Page):
    """The study at a glance."""

    def __init__(self, bench: Bench) -> None:
        self.run = button(tr("Run a session"), "primary", on=lambda: bench.go("run"), sign="run")
        self.refresh_button = button(tr("Read again"), on=bench.refresh, sign="refresh")
        super().__init__(bench, tr("Home"), tr("The study at a glance."), (self.refresh_button, self.run))
        self.status: Status | None = None
        self._holder = QWidget()
        self._holder.setLayout(QVBoxLayout())
        self.set_content(scrolled(self._holder))

    def lab_opened(self) -> None:
        """Forget the old lab."""
        self.status = None

    def lab_changed(self) -> None:
        """Ask for the study's state."""
        lab, reader = self.bench.lab, self.bench.reader
        if lab is None or reader is None:
            return
        plan, today = lab.settings.recruitment, this_day()
        number = len(lab.participants.all())
        models = len([path for path in (lab.path / "models").glob("*") if path.is_dir()])

        def question(connection: sqlite3.Connection) -> Status:
            return read_status(connection, plan, number, today)

        reader.ask("status", question, lambda found: self._show(found, models))

    def _show(self, found: Status, models: int) -> None:
        self.status = found
        layout = self._holder.layout()
        assert isinstance(layout, QVBoxLayout)
        while layout.count():
            gone = layout.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        layout.setContentsMargins(0, 0, px(8), 0)
        layout.setSpacing(px(16))
        layout.addWidget(self._figures(found))
        groups = (
            self._recruitment(found),
            self._sessions(tr("Today"), found.today, tr("No session today"), "sessions"),
            self._sessions(tr("Broke off"), found.unfinished, tr("Nothing broke off"), "resume"),
            self._sessions(tr("Worth a look"), found.doubtful, tr("Nothing looks doubtful"), "doubts"),
            self._models(models, found),
        )
        layout.addWidget(Columns(*groups))
        layout.addStretch(1)

    def _figures(self, found: Status) -> QWidget:
        people = found.sessions.get("child", 0) + found.sessions.get("adult", 0)
        models = found.sessions.get("model", 0)
        figures = [
            (found.participants, ntr("participant", "participants", found.participants)),
            (people, ntr("session with a person", "sessions with people", people)),
            (models, ntr("model session", "model sessions", models)),
            (found.trials, ntr("trial", "trials", found.trials)),
        ]
        parts = [boxed(column(label(f"{n:,}", "figure"), label(words, "quiet"), gap=0)) for n, words in figures]
        return Columns(*parts, most=4, narrowest=150)

    def _recruitment(self, found: Status) -> QWidget:
        heading = tr("Recruitment")
        if not found.recruited:
            empty = label(tr("There is no plan yet: whom do you recruit, and how many?"), "quiet")
            return card(empty, button(tr("Make a plan"), on=lambda: self.bench.go("settings", "lab")), heading=heading)
        return card(*(_Filled(one) for one in found.recruited), heading=heading)

    def _sessions(self, heading: str, lines: tuple[SessionLine, ...], nothing: str, kind: str) -> QWidget:
        if not lines:
            return card(label(nothing, "quiet"), heading=heading)
        parts: list[QWidget] = [self._line(one, kind) for one in lines[:MOST_LINES]]
        if len(lines) > MOST_LINES:
            parts.append(label(tr("and {n} more", n=len(lines) - MOST_LINES), "quiet"))
        return card(*parts, heading=f"{heading} · {len(lines)}")

    def _line(self, one: SessionLine, kind: str) -> QWidget:
        began = one.started_at[11:16] if kind == "sessions" else one.started_at[:10]
        words = f"{one.respondent_code} · {one.protocol}"
        detail = ntr("{n} trial", "{n} trials", one.trials)
        if kind == "doubts":
            detail = ", ".join(doubt_words(code) for code in one.doubts)
        elif kind == "sessions":
            detail = f"{detail}, {reason_words(one.reason)}"
        text = column(label(words), label(f"{began} · {detail}", "small"), gap=0)
        go = (
            button(tr("Take it up"), "link", on=lambda: self.bench.go("run", one.respondent_code))
            if kind == "resume"
            else button(tr("See the trials"), "link", on=lambda: self.bench.go("trials", one.session_id))
        )
        go.setAccessibleName(f"{go.text()}: {words}")
        line = row(boxed(text), go)
        line.setStretch(0, 1)
        return boxed(line)

    def _models(self, models: int, found: Status) -> QWidget:
        words = ntr("{n} model in this lab", "{n} models in this lab", models) if models else tr("No model yet")
        sign = QLabel()
        sign.setPixmap(icon("model", "quiet").pixmap(px(20), px(20)))
        parts: list[QWidget] = [boxed(row(sign, label(words), None))]
        if found.problems:
            text = ntr("{n} line of a journal is damaged", "{n} lines of journals are damaged", found.problems)
            parts.append(levelled(label(text), "caution"))
        return card(*parts, button(tr("To the models"), on=lambda: self.bench.go("models")), heading=tr("Models"))


class _Filled(QWidget):
    """How full a group of the recruitment plan is: its name, a bar, and the numbers."""

    def __init__(self, one: Recruited) -> None:
        super().__init__()
        self._one = one
        low, high = one.group.age_months
        ages = tr("{low}–{high} months", low=low, high=high)
        kind = tr("children") if one.group.kind == "child" else tr("adults")
        name = one.group.name or (f"{kind}, {ages}" if one.group.kind == "child" else kind)
        number = tr("{done} of {all}", done=one.done, all=one.group.participants)
        self.setLayout(column(row(label(name), None, label(number, wrap=False)), _Bar(one), gap=4))
        self.setAccessibleName(f"{name}: {number}")


class _Bar(QWidget):
    """A bar of the children's or adults' colour."""

    def __init__(self, one: Recruited) -> None:
        super().__init__()
        self._share, self._kind = min(1.0, one.done / one.group.participants), one.group.kind
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the height of a bar."""
        return QSize(px(160), px(BAR_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground and bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole, radius = QRectF(self.rect()), self.height() / 2
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(whole, radius, radius)
        if self._share > 0:
            painter.setBrush(voice(self._kind))
            painter.drawRoundedRect(
                QRectF(0, 0, max(whole.height(), whole.width() * self._share), whole.height()), radius, radius
            )
        painter.end()


def doubt_words(code: str) -> str:
    """Return what looks doubtful in a session, in words."""
    return {
        "few_answers": tr("few answers"),
        "many_excluded": tr("many trials excluded"),
        "timing_demo": tr("timing not fit for reaction times"),
        "damaged": tr("damaged lines"),
        "ended_early": tr("ended early"),
    }.get(code, code)
