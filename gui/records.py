"""The records of trials as pages show them: a table, and the chosen one (`gui.record`) beside it."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from gui.bench import Bench
from gui.parts import Empty, Split, scrolled
from gui.record import Found, RecordView, find_record
from gui.rows import Column, SqlRows, Wanted
from gui.sayings import kind_words, outcome_words
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, tr

YES = {1: mark("yes"), 0: mark("no")}


def _yes(value: Any) -> str:
    return tr(YES[int(value)])


KEY = "session_id || ' ' || trial_id"
COLUMNS = (
    Column(mark("Respondent"), "respondent_code"),
    Column(mark("Began"), "started_at", text=lambda v: v[:16].replace("T", " "), searched=False),
    Column(mark("No."), "trial_index", text=lambda v: str(v + 1), numeric=True, searched=False),
    Column(mark("Kind"), "trial_kind", text=lambda v: kind_words(v), searched=False),
    Column(mark("Task"), "task", text=lambda v: v.replace("_", " ")),
    Column(mark("Item"), "item_id"),
    Column(mark("Target"), "target"),
    Column(mark("Answer"), "coalesce(answer, answer_raw)"),
    Column(mark("Outcome"), "outcome", text=lambda v: outcome_words(v)),
    Column(mark("Right"), "correct", text=_yes, searched=False),
    Column(mark("ms"), "rt_ms", text=lambda v: f"{v:.0f}", numeric=True, searched=False),
    Column(mark("Counts"), "valid", text=_yes, searched=False, level=lambda v: "" if v else "caution"),
    Column(mark("Flags"), "flags", text=lambda v: ", ".join(json.loads(v)).replace("_", " ")),
)


class Records(Split):
    """A table of trials, and what was shown and answered in the one that is chosen beside it.

    Args:
        bench: What it works with.
        empty: What is said where there is no trial at all.
    """

    def __init__(self, bench: Bench, empty: Empty) -> None:
        self.bench = bench
        self.rows = SqlRows("trials", COLUMNS, key=KEY, default_order="session_id, trial_index")
        self.table = DataTable(self.rows, tr("trials"), empty)
        self.right = QStackedWidget()
        self.right.setMinimumWidth(px(260))
        super().__init__(self.table, self.right)
        self.table.chosen.connect(self._show_chosen)
        self._show_chosen()

    def narrow(self, where: str = "", values: tuple[Any, ...] = ()) -> None:
        """Show the trials that a condition of SQL finds; all of them with an empty one."""
        before = self.rows.wanted
        self.rows.find(Wanted(before.search, where, values, before.order, before.descending))

    def _show_chosen(self) -> None:
        lab, keys = self.bench.lab, self.table.keys()
        if lab is None or not keys or not keys[0]:
            self._show(Empty(tr("No trial is chosen"), tr("Choose one in the table."), sign="table"))
            return
        session_id, trial_id = str(keys[0]).split()
        self.bench.aside.do("trial", lambda: find_record(lab, session_id, trial_id), self._show_record, self.bench.fail)

    def _show_record(self, found: Found) -> None:
        self._show(scrolled(RecordView(self.bench, found)))

    def _show(self, part: QWidget) -> None:
        present = self.right.currentWidget()
        self.right.addWidget(part)
        self.right.setCurrentWidget(part)
        if present is not None:
            self.right.removeWidget(present)
            present.deleteLater()
