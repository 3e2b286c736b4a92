"""Trials: every record of the lab or of one session in a table, what was shown and answered beside it, and corrections.

An exclusion is appended with who and why; the record keeps what stood there before, so undo appends again.
"""

from __future__ import annotations

import sqlite3

from PySide6.QtWidgets import QComboBox

from gui.bench import Bench
from gui.page import Page
from gui.parts import Empty, button, spoken
from gui.records import Records
from gui.words import tr


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
        self._wanted = ""
        self.set_content(self.records)

    def lab_opened(self) -> None:
        """Let go of the old lab's rows."""
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
        self.records.narrow(*(("session_id = ?", (session_id,)) if session_id else ("", ())))


def _sessions(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    sql = "SELECT session_id, respondent_code, protocol, started_at FROM sessions ORDER BY session_id DESC LIMIT 2000"
    return [(one, f"{code} · {protocol} · {began[:10]}") for one, code, protocol, began in connection.execute(sql)]
