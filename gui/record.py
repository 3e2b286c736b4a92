"""One record with what was shown and answered, and the ways to put it right.

What is put right is appended with who and why (`devkit.lab.curation`, as `devkit trial` does it); the record keeps what
stood there before, so undo appends again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from devkit.errors import UserError
from devkit.items import Item
from devkit.lab import Lab
from devkit.lab.curation import EXCLUDED, NOBODY, amend, answered, trial_of
from devkit.records import ChoiceColumn, TrialRecord
from gui.bench import Bench
from gui.parts import boxed, button, card, column, label, levelled, row, spoken
from gui.pictures import breakable, offered, picture
from gui.sayings import outcome_words
from gui.words import tr

ABREAST, MOST_ABREAST = 4, 9


@dataclass(frozen=True, slots=True)
class Found:
    """A record with what was shown, as far as the lab's banks have it.

    Attributes:
        record: The record.
        item: Its item; None where no bank has it as it was.
        pictures: Files of the pictures, by digest.
    """

    record: TrialRecord
    item: Item | None
    pictures: dict[str, Path]


def find_record(lab: Lab, session_id: str, trial_id: str) -> Found:
    """Return a record, its item and the files of its pictures, as far as the lab's banks have them."""
    from devkit.banks.store import Bank
    from protocols.presenting import item_of

    record = trial_of(lab, session_id, trial_id)
    item: Item | None = None
    found: dict[str, Path] = {}
    for card_file in sorted((lab.path / "banks").glob("*/bank.json")):
        try:
            bank = Bank.open(card_file.parent)
        except UserError:
            continue  # a damaged bank hides its pictures and nothing else
        own = item_of(bank, record.task, record.item_id)
        if item is None and own is not None and own.digest == record.item_digest:
            item = own
        wanted = _media(record, item)
        found |= {digest: path for digest in wanted if (path := bank.find(digest)) is not None}
        if item is not None and wanted <= found.keys():
            break
    return Found(record, item, found)


def _media(record: TrialRecord, item: Item | None) -> set[str]:
    shown = [*record.choices, *(choice for turn in record.turns for choice in turn.choices)]
    return {choice.media for choice in shown if choice.media} | set(item.media() if item is not None else ())


class RecordView(QWidget):
    """One record: what was shown, what was answered, and the ways to mend it; each needs a reason."""

    def __init__(self, bench: Bench, found: Found) -> None:
        super().__init__()
        self.bench, self.record, self._found = bench, found.record, found
        record = found.record
        self.why = spoken(QLineEdit(placeholderText=tr("Reason")), tr("Reason"))
        out = tr("Leave it out of analyses") if record.valid else tr("Take it in again")
        self.mend = button(out, on=self.exclude, sign="skip" if record.valid else "undo")
        self.answer = spoken(QComboBox(), tr("What was really answered"))
        self.answer.addItem(outcome_words("none"), None)
        for place, choice in enumerate(record.choices):
            self.answer.addItem(f"{place + 1}  {choice.label}", place)
        self.answer.setCurrentIndex(max(0, self.answer.findData(record.answer_position)))
        self.put_right = button(tr("Put the answer right"), on=self.correct_answer, sign="edit")
        self.note = spoken(QLineEdit(record.note, placeholderText=tr("Note")), tr("Note"))
        self.keep = button(tr("Keep the note"), on=self.correct_note, sign="note")
        for one in (self.mend, self.put_right, self.keep, self.answer, self.note):
            one.setEnabled(bench.writable)
        ways: list[QHBoxLayout] = [row(self.mend, None), row(self.note, self.keep)]
        if not record.turns and record.choices:
            ways.insert(1, row(self.answer, self.put_right, None))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card(*self._shown(), *self._facts(), heading=breakable(record.item_id)))
        layout.addWidget(card(self.why, *map(boxed, ways), heading=tr("Put it right")))
        if record.corrections:
            layout.addWidget(card(*self._history(), heading=tr("Corrections")))
        layout.addStretch(1)

    def _shown(self) -> list[QWidget]:
        """Return what was on the screen: the question's pictures and the choices in shown order, turn by turn."""
        record, item = self.record, self._found.item
        turns = item.turns if item is not None else ()
        if not record.turns:
            before = self._stimuli(turns[-1].stimuli) if turns else []
            return [*before, self._choices(record.choices, record.target_position, record.answer_position)]
        parts: list[QWidget] = []
        for turn in record.turns:
            index = turn.turn_index
            words = outcome_words(turn.outcome)
            verdict = {True: tr("right"), False: tr("wrong"), None: words}[turn.correct]
            parts.append(label(f"{tr('Turn {n}', n=index + 1)} · {verdict}", "small"))
            parts += self._stimuli(turns[index].stimuli) if index < len(turns) else []
            parts.append(self._choices(turn.choices, turn.target_position, turn.answer_position))
        return parts

    def _stimuli(self, digests: tuple[str, ...]) -> list[QWidget]:
        found = [picture(self._found.pictures.get(one), tr("picture {n}", n=n + 1)) for n, one in enumerate(digests)]
        return [boxed(row(*found[:MOST_ABREAST], None))] if found else []

    def _choices(self, choices: Sequence[ChoiceColumn], target: int, answer: int | None) -> QWidget:
        parts: list[QWidget] = []
        for place, choice in enumerate(choices):
            marks = [tr("target")] if place == target else []
            marks += [tr("answered")] if place == answer else []
            path = self._found.pictures.get(choice.media or "")
            parts.append(offered(path, f"{place + 1}  {choice.label}", ", ".join(marks)))
        lines = [row(*parts[n : n + ABREAST], None) for n in range(0, len(parts), ABREAST)]
        return boxed(column(*lines))

    def _facts(self) -> list[QLabel]:
        one = self.record
        facts = (
            (tr("Outcome"), outcome_words(one.outcome)),
            (tr("Answer"), one.answer_raw or one.answer or ""),
            (tr("Right"), {True: tr("yes"), False: tr("no"), None: ""}[one.correct]),
            (tr("Reaction time"), f"{one.rt_ms:.0f} ms" if one.rt_ms is not None else ""),
            (tr("Looking at the target"), f"{one.look_target:.0%}" if one.look_target is not None else ""),
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
        """Leave the trial out of analyses, or take it in again."""
        valid = not self.record.valid
        codes = [code for code in self.record.exclusion if code != EXCLUDED]
        self._amend(
            tr("Exclusion of {item}", item=self.record.item_id),
            {"valid": valid, "exclusion": codes if valid else [*codes, EXCLUDED]},
        )

    def correct_answer(self) -> None:
        """Put the answer right; the trial is scored anew."""
        try:
            values = answered(self.record, self.answer.currentData())
        except UserError as error:
            self.bench.fail(error)
            return
        self._amend(tr("Answer to {item}", item=self.record.item_id), values)

    def correct_note(self) -> None:
        """Keep another note."""
        self._amend(tr("Note on {item}", item=self.record.item_id), {"note": self.note.text().strip()})

    def _amend(self, title: str, values: dict[str, Any]) -> None:
        why = self.why.text().strip()
        if not why:
            levelled(self.why, "wrong")
            self.why.setFocus()
            self.bench.say(tr("Give a reason first"), "caution")
            return
        command = _Amended(self.bench, self.record, title, values, why)
        if command.put(values):
            self.bench.undo.push(command)


class _Amended(QUndoCommand):
    """A correction that can be taken back, by appending what stood there before."""

    def __init__(self, bench: Bench, record: TrialRecord, title: str, values: dict[str, Any], why: str) -> None:
        super().__init__(title)
        present = record.model_dump(mode="json")
        self._bench, self._record, self._why, self._first = bench, record, why, True
        self._values, self._before = values, {name: present[name] for name in values}

    def redo(self) -> None:
        """Do it, unless it was just done."""
        if not self._first:
            self.put(self._values)
        self._first = False

    def undo(self) -> None:
        """Append what stood there before."""
        self.put(self._before)

    def put(self, values: dict[str, Any]) -> bool:
        """Append values."""
        lab = self._bench.lab
        if lab is None:
            return False
        try:
            present = trial_of(lab, self._record.session_id, self._record.trial_id)
            amend(lab, present, values, self._why, self._bench.settings.examiner or NOBODY)
        except UserError as error:
            self._bench.fail(error)
            return False
        self._bench.refresh()
        return True
