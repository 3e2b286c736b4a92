"""Trials: every record of the lab or of one session in a table, what was shown and answered beside it, and corrections.

An exclusion is appended with who and why; the record keeps what stood there before, so undo appends again.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QLineEdit, QStackedWidget

from gui.bench import Bench
from gui.page import Page
from gui.parts import Empty, button, spoken
from gui.records import Records
from gui.theme import px
from gui.words import tr

if TYPE_CHECKING:
    from gui.coding.view import CodingView, Desk


class TrialsPage(Page):
    """The records."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, tr("Trials"), tr("Choose a trial to see what was shown and answered."))
        run = button(tr("Run a session"), "primary", on=lambda: bench.go("run"), sign="run")
        self.records = Records(bench, Empty(tr("No trial yet"), tr("Run a session first."), run, "table"))
        self.rows, self.table, self.right = self.records.rows, self.records.table, self.records.right
        self.sessions = spoken(QComboBox(), tr("Session"))
        self.sessions.setMinimumContentsLength(18)
        self.sessions.currentIndexChanged.connect(self._narrow)
        self.table.add_tool(self.sessions)
        self.coder = spoken(QLineEdit(placeholderText=tr("Coder's initials")), tr("Coder's initials"))
        self.coder.setMaximumWidth(px(140))
        self.code = button(tr("Code the gaze"), on=self.code_gaze, sign="eye")
        self.code.setEnabled(False)
        for tool in (self.coder, self.code):
            self.head.addWidget(tool)
        self._wanted = ""
        self.coding: CodingView | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self.records)
        self.set_content(self._stack)

    def code_gaze(self) -> None:
        """Code by hand where the child looked in the chosen session."""
        lab, session_id, coder = self.bench.lab, self.sessions.currentData(), self.coder.text().strip()
        if lab is None or not session_id:
            return
        if not coder:
            self.bench.say(tr("Give the coder's initials first"), "caution")
            self.coder.setFocus()
            return
        from gui.coding.view import open_desk

        self.bench.aside.do("desk", lambda: open_desk(lab, session_id, coder), self._show_desk, self.bench.fail)

    def _show_desk(self, desk: Desk) -> None:
        from gui.coding.view import CodingView

        self._end_coding()
        self.coding = CodingView(self.bench)
        self.coding.closed.connect(self._end_coding)
        self._stack.addWidget(self.coding)
        self._stack.setCurrentWidget(self.coding)
        self.coding.begin(desk)

    def _end_coding(self) -> None:
        if self.coding is not None:
            self.coding.close_view()
            self._stack.removeWidget(self.coding)
            self.coding.deleteLater()
            self.coding = None

    def lab_opened(self) -> None:
        """Let go of the old lab's rows."""
        self._end_coding()
        if not self.coder.text():
            self.coder.setText(self.bench.settings.examiner)
        self.rows.use(self.bench.lab, self.bench.reader)
        self._wanted = ""

    def lab_changed(self) -> None:
        """Show the records as they are now."""
        reader = self.bench.reader
        if reader is None:
            return
        self.rows.use(self.bench.lab, reader)
        reader.ask("trials:sessions", _sessions, self._offer)

    def shown(self, target: str) -> None:
        """Show one session's trials only, when one is asked for."""
        if target:
            self._wanted = target
            place = self.sessions.findData(target)
            if place >= 0:
                self.sessions.setCurrentIndex(place)

    def _offer(self, found: list[tuple[str, str]]) -> None:
        chosen = self._wanted or self.sessions.currentData() or ""
        self.sessions.blockSignals(True)
        self.sessions.clear()
        self.sessions.addItem(tr("all sessions"), "")
        for session_id, words in found:
            self.sessions.addItem(words, session_id)
        self.sessions.setCurrentIndex(max(0, self.sessions.findData(chosen)))
        self.sessions.blockSignals(False)
        self._narrow()

    def _narrow(self) -> None:
        session_id = self.sessions.currentData() or ""
        self._wanted = session_id
        self.code.setEnabled(bool(session_id))
        self.records.narrow(*(("session_id = ?", (session_id,)) if session_id else ("", ())))

    def leave(self) -> str:
        """Write the sheet of a coder at work; nothing keeps the user here."""
        if self.coding is not None:
            self.coding.keep()
        return ""

    def close_page(self) -> None:
        """Write the sheet and close the video."""
        self._end_coding()


def _sessions(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    sql = "SELECT session_id, respondent_code, protocol, started_at FROM sessions ORDER BY session_id DESC LIMIT 2000"
    return [(one, f"{code} · {protocol} · {began[:10]}") for one, code, protocol, began in connection.execute(sql)]
