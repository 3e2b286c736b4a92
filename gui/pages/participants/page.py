"""The page of participants: the table at the left, whoever is chosen at the right, steps in the same place."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from devkit.errors import UserError
from devkit.lab import Lab
from gui.bench import Bench
from gui.page import Page
from gui.pages.participants.editing import ParticipantForm
from gui.pages.participants.people import COLUMNS, PAST, Line, Past, lines_of, sessions_question, with_sessions
from gui.pages.participants.steps import MergeSteps, WithdrawSteps
from gui.parts import Empty, Split, boxed, button, card, column, label, row, scrolled, spoken
from gui.rows import ListRows
from gui.table import DataTable
from gui.theme import px
from gui.words import tr


class ParticipantsPage(Page):
    """Who takes part."""

    def __init__(self, bench: Bench) -> None:
        self.merge_button = button(tr("Merge …"), on=self.merge, sign="merge")
        self.add_button = button(tr("Add"), "primary", on=self.add, sign="add", key="Ctrl+N")
        hint = tr("Search, sort, choose; double-click to change.")
        super().__init__(bench, tr("Participants"), hint, (self.merge_button, self.add_button))
        self._past: dict[str, list[Past]] = {}
        self._wanted = ""
        self.rows = ListRows(COLUMNS, key=lambda one: one.participant.code)
        add = button(tr("Add the first participant"), "primary", on=self.add, sign="add")
        empty = Empty(
            tr("Nobody takes part yet"), tr("Add a child or an adult; the code is made for you."), add, "people"
        )
        self.table = DataTable(self.rows, tr("participants"), empty)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(lambda code: self.change(code))
        self.lock_bar = self._lock_bar()
        self.right = QStackedWidget()
        self.right.setMinimumWidth(px(260))
        split = Split(self.table, self.right)
        self.set_content(boxed(column(self.lock_bar, split)))

    def _lock_bar(self) -> QWidget:
        self.passphrase = spoken(QLineEdit(placeholderText=tr("Passphrase")), tr("Passphrase"))
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.returnPressed.connect(self.unlock)
        self.lock_words = label("", "quiet")
        self.unlock_button = button(tr("Unlock names"), on=self.unlock, sign="unlock")
        self.lock_button = button(tr("Lock names"), on=self.lock, sign="lock")
        line = row(self.lock_words, self.passphrase, self.unlock_button, self.lock_button)
        line.setStretch(0, 1)
        return boxed(line)

    def lab_opened(self) -> None:
        """Forget whom the old lab had."""
        self.rows.show([])
        self._past = {}
        self._wanted = ""

    def lab_changed(self) -> None:
        """Show who takes part now, and ask for their sessions."""
        lab, reader = self.bench.lab, self.bench.reader
        if lab is None or reader is None:
            return
        self._show_lock(lab)
        for action in (self.add_button, self.merge_button):
            action.setEnabled(self.bench.writable)
        try:
            lines = lines_of(lab, datetime.now().astimezone().date())
        except UserError as error:
            self.bench.fail(error)
            return
        self.rows.show(with_sessions(lines, self._past))
        reader.ask("past", sessions_question, lambda past: self._take_past(lines, past))
        self._chosen()

    def _take_past(self, lines: list[Line], past: dict[str, list[Past]]) -> None:
        self._past = past
        self.rows.show(with_sessions(lines, past))
        if self._wanted and self.table.choose(self._wanted):
            self._wanted = ""
        self._chosen()

    def shown(self, target: str) -> None:
        """Choose the participant that is asked for; ``+`` opens the form of a new one."""
        if target == "+":
            self.add()
        elif target:
            self._wanted = "" if self.table.choose(target) else target

    def _show_lock(self, lab: Lab) -> None:
        people = lab.participants.people
        locked, encrypted = people.locked, people.encrypted
        self.lock_bar.setVisible(encrypted)
        self.passphrase.setVisible(locked)
        self.unlock_button.setVisible(locked)
        self.lock_button.setVisible(encrypted and not locked)
        self.lock_words.setText(
            tr("Names and dates of birth are locked; so are ages.")
            if locked
            else tr("Names and dates of birth are open.")
        )

    def unlock(self) -> None:
        """Open names with the passphrase that was typed."""
        lab = self.bench.lab
        if lab is None:
            return
        try:
            lab.participants.people.unlock(self.passphrase.text())
        except UserError as error:
            self.bench.fail(error)
            return
        self.passphrase.clear()
        self.bench.say(tr("Names are open until the app is closed or you lock them."), "good")
        self.bench.lab_changed.emit()

    def lock(self) -> None:
        """Lock names again."""
        if self.bench.lab is not None:
            self.bench.lab.participants.people.lock()
            self.bench.lab_changed.emit()

    def add(self) -> None:
        """Show the form of a new participant."""
        if self.bench.writable:
            made = ParticipantForm(self.bench, self._kept, None)
            self._show(scrolled(made), made.code)

    def change(self, code: str) -> None:
        """Show the form of a participant."""
        line = next((one for one in self.rows.objects if one.participant.code == code), None)
        if line is not None and self.bench.writable:
            made = ParticipantForm(self.bench, self._kept, (line.participant, line.person))
            self._show(scrolled(made), made.born)

    def merge(self) -> None:
        """Show the steps of a merge."""
        lab = self.bench.lab
        if lab is not None and self.bench.writable:
            made = MergeSteps(self.bench, lab, self.table.keys(), self._kept)
            self._show(scrolled(made), made.goes)

    def withdraw(self, code: str) -> None:
        """Show the steps of a withdrawal."""
        lab = self.bench.lab
        if lab is not None and self.bench.writable:
            sessions = len(self._past.get(code, []))
            made = WithdrawSteps(self.bench, lab, code, sessions, self._kept)
            self._show(scrolled(made), made.typed)

    def _kept(self, code: str) -> None:
        self._wanted = code
        self._show_chosen()
        self.bench.refresh()

    def _chosen(self) -> None:
        present = self.right.currentWidget()
        steps = present is not None and present.findChildren(QLineEdit)
        if not steps:
            self._show_chosen()

    def _show_chosen(self) -> None:
        codes = self.table.keys()
        line = next((one for one in self.rows.objects if codes and one.participant.code == codes[0]), None)
        if line is None:
            self._show(Empty(tr("Nobody is chosen"), tr("Choose a participant in the table."), sign="people"))
        else:
            self._show(scrolled(self._about(line)))

    def _show(self, part: QWidget, first: QWidget | None = None) -> None:
        present = self.right.currentWidget()
        self.right.addWidget(part)
        self.right.setCurrentWidget(part)
        if present is not None:
            self.right.removeWidget(present)
            present.deleteLater()
        if first is not None:
            first.setFocus()
            QTimer.singleShot(0, first, first.setFocus)  # again once it is in sight, whatever took the focus meanwhile

    def _about(self, line: Line) -> QWidget:
        one, code = line.participant, line.participant.code
        facts = [
            (tr("Name"), line.person.name if line.person is not None else ""),
            (tr("Age"), line.age_days.words if line.age_days is not None else ""),
            (tr("Corrected age"), line.corrected_days.words if line.corrected_days is not None else ""),
            (tr("Languages"), " ".join(one.languages)),
            (tr("Weeks of gestation"), str(one.gestational_weeks or "")),
            (tr("Consent, version"), one.consent),
            (tr("Video"), tr("agreed") if one.video else tr("not agreed")),
            (tr("Contact"), line.person.contact if line.person is not None else ""),
        ]
        words: list[QLabel] = [label(f"{name}: {value}") for name, value in facts if value]
        actions = row(
            button(tr("Run a session"), "primary", on=lambda: self.bench.go("run", code), sign="run"),
            button(tr("Change …"), on=lambda: self.change(code), sign="edit"),
            None,
        )
        past = ListRows(PAST, key=lambda session: session.session_id)
        table = DataTable(past, tr("sessions"), Empty(tr("No session yet"), "", sign="inbox"))
        table.search.hide()
        table.setMinimumHeight(px(160))
        past.show(self._past.get(code, []))
        table.opened.connect(lambda session_id: self.bench.go("trials", session_id))
        out = button(tr("The family withdraws …"), "link", on=lambda: self.withdraw(code))
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card(*words, boxed(actions), heading=code))
        layout.addWidget(label(tr("Past sessions"), "heading"))
        layout.addWidget(table, 1)
        layout.addWidget(out)
        return made
