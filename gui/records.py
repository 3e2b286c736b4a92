"""The records of trials as pages show them: the columns of a table, and one record with what was shown and answered.

An exclusion is appended with who and why; the record keeps what stood there before, so undo appends again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QUndoCommand
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.records import Correction, TrialRecord
from gui.bench import Bench
from gui.parts import Empty, Split, boxed, button, card, column, label, levelled, row, scrolled, spoken
from gui.rows import Column, SqlRows, Wanted
from gui.sayings import kind_words, outcome_words
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, tr

PICTURE_PX = 96
EXCLUDED = "examiner"
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

    def _show_record(self, found: tuple[TrialRecord, dict[str, Path]]) -> None:
        self._show(scrolled(RecordView(self.bench, *found)))

    def _show(self, part: QWidget) -> None:
        present = self.right.currentWidget()
        self.right.addWidget(part)
        self.right.setCurrentWidget(part)
        if present is not None:
            self.right.removeWidget(present)
            present.deleteLater()


def find_record(lab: Lab, session_id: str, trial_id: str) -> tuple[TrialRecord, dict[str, Path]]:
    """Return a record and the files of the pictures that it names, as far as the lab's banks have them."""
    from devkit.banks.store import Bank

    record = next((t for t in lab.read_session(session_id).trials if t.trial_id == trial_id), None)
    if record is None:
        raise UserError(f"there is no trial {trial_id}", place=str(lab.journal_path(session_id)))
    wanted = {choice.media for choice in record.choices if choice.media}
    found: dict[str, Path] = {}
    for card_file in sorted((lab.path / "banks").glob("*/bank.json")):
        if wanted <= found.keys():
            break
        try:
            bank = Bank.open(card_file.parent)
        except UserError:
            continue  # a damaged bank hides its pictures and nothing else
        found |= {digest: path for digest in wanted if (path := bank.find(digest)) is not None}
    return record, found


class RecordView(QWidget):
    """One record: what was shown, what was answered, and the two ways to mend it."""

    def __init__(self, bench: Bench, record: TrialRecord, pictures: dict[str, Path]) -> None:
        super().__init__()
        self.bench, self.record = bench, record
        self.why = spoken(QLineEdit(placeholderText=tr("Reason")), tr("Reason"))
        out = tr("Leave it out of analyses") if record.valid else tr("Take it in again")
        self.mend = button(out, on=self.exclude, sign="skip" if record.valid else "undo")
        self.mend.setEnabled(bench.writable)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card(boxed(self._choices(pictures)), *self._facts(), heading=record.item_id))
        layout.addWidget(card(self.why, row(self.mend, None), heading=tr("Exclusion")))
        if record.corrections:
            layout.addWidget(card(*self._history(), heading=tr("Corrections")))
        layout.addStretch(1)

    def _choices(self, pictures: dict[str, Path]) -> QHBoxLayout:
        parts: list[QWidget] = []
        for place, choice in enumerate(self.record.choices):
            marks = []
            if place == self.record.target_position:
                marks.append(tr("target"))
            if place == self.record.answer_position:
                marks.append(tr("answered"))
            picture = QLabel()
            path = pictures.get(choice.media or "")
            if path is not None:
                side = px(PICTURE_PX)
                keep = Qt.AspectRatioMode.KeepAspectRatio
                picture.setPixmap(
                    QPixmap(str(path)).scaled(side, side, keep, Qt.TransformationMode.SmoothTransformation)
                )
                picture.setAccessibleName(choice.label)
            words = label(f"{place + 1}  {choice.label}", wrap=False)
            parts.append(boxed(column(picture, words, label(", ".join(marks), "small", wrap=False), None, gap=2)))
        return row(*parts[:6], None)

    def _facts(self) -> list[QLabel]:
        one = self.record
        facts = (
            (tr("Outcome"), outcome_words(one.outcome)),
            (tr("Answer"), one.answer_raw or one.answer or ""),
            (tr("Right"), {True: tr("yes"), False: tr("no"), None: ""}[one.correct]),
            (tr("Reaction time"), f"{one.rt_ms:.0f} ms" if one.rt_ms is not None else ""),
            (tr("Timing"), one.timing_tier or ""),
            (tr("Flags"), ", ".join(one.flags).replace("_", " ")),
            (tr("Excluded"), ", ".join(one.exclusion).replace("_", " ")),
            (tr("Note"), one.note),
        )
        return [label(f"{name}: {value}") for name, value in facts if value]

    def _history(self) -> list[QLabel]:
        return [
            label(f"{c.when[:16]} {c.who}: {c.column} {c.before} → {c.after} ({c.why})")
            for c in self.record.corrections
        ]

    def exclude(self) -> None:
        """Leave the trial out of analyses, or take it in again; a reason is needed."""
        why = self.why.text().strip()
        if not why:
            levelled(self.why, "wrong")
            self.why.setFocus()
            self.bench.say(tr("Give a reason first"), "caution")
            return
        command = _Excluded(self.bench, self.record, why)
        if command.put(not self.record.valid):
            self.bench.undo.push(command)


class _Excluded(QUndoCommand):
    """An exclusion that can be taken back, by appending."""

    def __init__(self, bench: Bench, record: TrialRecord, why: str) -> None:
        super().__init__(tr("Exclusion of {item}", item=record.item_id))
        self._bench, self._record, self._why, self._first = bench, record, why, True

    def redo(self) -> None:
        """Do it, unless it was just done."""
        if not self._first:
            self.put(not self._record.valid)
        self._first = False

    def undo(self) -> None:
        """Append what stood there before."""
        self.put(self._record.valid)

    def put(self, valid: bool) -> bool:
        """Append whether the trial counts."""
        lab, one = self._bench.lab, self._record
        if lab is None:
            return False
        others = [code for code in one.exclusion if code != EXCLUDED]
        values: tuple[tuple[str, Any], ...] = (
            ("valid", valid),
            ("exclusion", others if valid else [*others, EXCLUDED]),
        )
        who, when = self._bench.settings.examiner or "examiner", datetime.now(UTC).isoformat(timespec="seconds")
        try:
            for name, after in values:
                lab.correct(
                    one.session_id,
                    Correction(trial_id=one.trial_id, column=name, after=after, who=who, when=when, why=self._why),
                )
        except UserError as error:
            self._bench.fail(error)
            return False
        self._bench.refresh()
        return True
