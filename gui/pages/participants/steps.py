"""What needs a second look before it is done: merging two entries, and a family's withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.joining import join_participants
from devkit.lab.withdrawal import withdraw
from gui.bench import Bench
from gui.parts import button, card, column, form, label, levelled, named, row
from gui.words import ntr, tr


class MergeSteps(QWidget):
    """Says what merging does, asks which entry stays and who says so, and merges."""

    def __init__(self, bench: Bench, lab: Lab, codes: list[str], done: Callable[[str], None]) -> None:
        super().__init__()
        self.bench, self._lab, self._done = bench, lab, done
        self.goes, self.stays = QComboBox(), QComboBox()
        for box in (self.goes, self.stays):
            box.addItems([one.code for one in lab.participants.all()])
        if codes:
            self.goes.setCurrentText(codes[0])
        if len(codes) > 1:
            self.stays.setCurrentText(codes[1])
        self.who, self.why = QLineEdit(bench.settings.examiner), QLineEdit(tr("entered twice"))
        self.wrong = levelled(label(""), "wrong")
        self.wrong.hide()
        fields = QWidget()
        fields.setLayout(
            form(
                (tr("Entry that &goes"), self.goes),
                (tr("Entry that &stays"), self.stays),
                (tr("&Who says so"), self.who),
                (tr("Wh&y"), self.why),
            )
        )
        told = tr(
            "All sessions of the entry that goes come under the code of the entry that stays. Every record keeps a "
            "note of it; nothing is overwritten, and it is not taken back by itself."
        )
        self.setLayout(
            column(
                card(label(told), fields, self.wrong, heading=tr("Merge two entries of one person")),
                row(button(tr("Merge"), "primary", on=self.merge), button(tr("Leave"), on=lambda: done("")), None),
                None,
            )
        )

    def merge(self) -> None:
        """Merge, or say why it cannot be done."""
        try:
            if not self.who.text().strip():
                raise UserError(tr("Say who says so"))
            joined = join_participants(
                self._lab,
                self.goes.currentText(),
                self.stays.currentText(),
                who=self.who.text().strip(),
                why=self.why.text().strip() or tr("entered twice"),
            )
        except UserError as error:
            self.wrong.setText(str(error))
            self.wrong.show()
            return
        self.bench.remember(examiner=self.who.text().strip())
        self.bench.say(tr("{code} is {into} now", code=joined.code, into=joined.into), "good")
        self._done(joined.into)


class WithdrawSteps(QWidget):
    """Says in words what a withdrawal erases, asks for the code, and erases."""

    def __init__(self, bench: Bench, lab: Lab, code: str, sessions: int, done: Callable[[str], None]) -> None:
        super().__init__()
        self.bench, self._lab, self._code, self._done = bench, lab, code, done
        self.typed = QLineEdit()
        self.erase = button(tr("Erase everything of {code}", code=code), "danger", on=self.withdraw, sign="remove")
        self.erase.setEnabled(False)
        self.typed.textChanged.connect(lambda text: self.erase.setEnabled(text.strip() == code))
        self.wrong = levelled(label(""), "wrong")
        self.wrong.hide()
        fields = QWidget()
        fields.setLayout(form((tr("Type the &code to confirm"), self.typed)))
        count = ntr("{n} session", "{n} sessions", sessions)
        told = tr(
            "The family withdraws. This erases name, date of birth, particulars and {sessions} of {code} from this lab "
            "for good. A line with the code and today's date stays in their place. Nothing brings the data back.",
            sessions=count,
            code=code,
        )
        after = tr("Backups, exports, reports and other stations' labs are not touched: go through them yourself.")
        self.result = named(label(""), "hint")
        self.setLayout(
            column(
                card(
                    levelled(label(told), "wrong"),
                    label(after, "quiet"),
                    fields,
                    self.wrong,
                    self.result,
                    heading=tr("Withdraw {code}", code=code),
                ),
                row(self.erase, button(tr("Leave"), on=lambda: done("")), None),
                None,
            )
        )

    def withdraw(self) -> None:
        """Erase, or say why it cannot be done."""
        try:
            gone = withdraw(self._lab, self._code, day=datetime.now().astimezone().date())
        except UserError as error:
            self.wrong.setText(str(error))
            self.wrong.show()
            return
        self.bench.undo.clear()  # an undo would bring particulars back
        text = tr("{code} has withdrawn: {n} sessions are erased.", code=gone.code, n=gone.sessions)
        if gone.made_before:
            files = ", ".join(path.name for path in gone.made_before[:6])
            text += " " + tr("Written before, go through them: {files}", files=files)
        self.bench.say(text, "caution" if gone.made_before else "good")
        self._done("")
