"""The form for a participant, new or known; mistakes are said at the field, nothing is written until all is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from devkit.errors import UserError
from devkit.lab import Lab, Participant
from devkit.lab.ages import BirthDate, age_on
from devkit.lab.people import Person
from gui.bench import Bench
from gui.pages.participants.people import changed_values
from gui.parts import button, card, column, form, label, levelled, row
from gui.sayings import age_text
from gui.words import tr

UNKNOWN_WEEKS = 21
SEXES = ("", "female", "male", "other")


class ParticipantForm(QWidget):
    """Fields of a participant.

    Args:
        bench: The app's state.
        done: Called with the code when something was kept, with an empty one when the form is left.
        line: Whom to change, with the person if known; None for a new participant.
    """

    def __init__(
        self, bench: Bench, done: Callable[[str], None], line: tuple[Participant, Person | None] | None
    ) -> None:
        super().__init__()
        self.bench, self._done = bench, done
        self.before, person = line if line is not None else (None, None)
        self._fields(person or Person(""))
        locked = self._lab().participants.people.locked
        for field in (self.name, self.born, self.contact):
            field.setEnabled(not locked)
        note = tr("Kept apart from the records, never exported.") if not locked else tr("Names are locked.")
        self.age = label("", "small")
        self.wrong = levelled(label(""), "wrong")
        self.wrong.hide()
        fields = form(
            (tr("&Code"), self.code),
            (tr("&Kind"), self.kind),
            (tr("&Date of birth"), self.born),
            (tr("&Weeks of gestation"), self.weeks),
            (tr("Se&x"), self.sex),
            (tr("&Languages"), self.languages),
            (tr("C&onsent, version"), self.consent),
            ("", self.video),
            (tr("&Name"), self.name),
            (tr("Con&tact"), self.contact),
            notes={
                tr("&Languages"): tr("Codes such as en or es, the first language first."),
                tr("&Name"): note,
                tr("&Code"): tr("Made by the lab's scheme when empty.") if self.before is None else "",
            },
        )
        heading = tr("New participant") if self.before is None else tr("Change {code}", code=self.before.code)
        keep = button(tr("Keep"), "primary", on=self.keep, key="Ctrl+S")
        self.setLayout(
            column(
                card(fields_holder(fields), self.age, self.wrong, heading=heading),
                row(keep, button(tr("Leave"), on=lambda: done("")), None),
                None,
            )
        )
        self.born.textChanged.connect(self._show_age)
        self.weeks.valueChanged.connect(self._show_age)
        self._show_age()

    def _fields(self, person: Person) -> None:
        before = self.before
        self.code = QLineEdit(before.code if before else "")
        self.code.setReadOnly(before is not None)
        self.kind = QComboBox()
        for kind, words in (("child", tr("child")), ("adult", tr("adult"))):
            self.kind.addItem(words, kind)
        self.kind.setCurrentIndex(self.kind.findData(before.kind if before else "child"))
        self.born = QLineEdit(person.birth_date, placeholderText=tr("YYYY-MM-DD or YYYY-MM"))
        self.weeks = QSpinBox(minimum=UNKNOWN_WEEKS, maximum=44)
        self.weeks.setSpecialValueText(tr("not known"))
        self.weeks.setValue(before.gestational_weeks or UNKNOWN_WEEKS if before else UNKNOWN_WEEKS)
        self.sex = QComboBox()
        for sex, words in zip(SEXES, (tr("not told"), tr("female"), tr("male"), tr("other")), strict=True):
            self.sex.addItem(words, sex)
        self.sex.setCurrentIndex(self.sex.findData((before.sex or "") if before else ""))
        usual = " ".join(before.languages) if before else self._lab().settings.languages[0]
        self.languages = QLineEdit(usual)
        self.consent = QLineEdit(before.consent if before else "")
        self.video = QCheckBox(tr("The family agreed to video"))
        self.video.setChecked(before.video if before else False)
        self.name, self.contact = QLineEdit(person.name), QLineEdit(person.contact)

    def keep(self) -> None:
        """Keep what the form says, or say what is wrong with it."""
        lab, people = self._lab(), {"birth_date": self.born.text().strip(), "name": self.name.text().strip()}
        people["contact"] = self.contact.text().strip()
        values = self._values()
        try:
            if self.before is None:
                kept = lab.participants.add(self.code.text().strip() or None, **values, **people)
            else:
                kept = self._change(lab, self.before, values, people)
        except UserError as error:
            self.wrong.setText("\n".join(str(problem) for problem in error.problems))
            self.wrong.show()
            return
        self.bench.say(tr("Kept: {code}", code=kept.code), "good")
        self._done(kept.code)

    def _values(self) -> dict[str, Any]:
        weeks = self.weeks.value()
        return {
            "kind": self.kind.currentData(),
            "sex": self.sex.currentData() or None,
            "languages": tuple(self.languages.text().replace(",", " ").split()),
            "gestational_weeks": weeks if weeks > UNKNOWN_WEEKS else None,
            "consent": self.consent.text().strip(),
            "video": self.video.isChecked(),
        }

    def _change(self, lab: Lab, before: Participant, values: dict[str, Any], people: dict[str, str]) -> Participant:
        changes = changed_values(before, values)
        if any(people.values()) and not lab.participants.people.locked:
            lab.participants.change(before.code, **people)
        if not changes:
            return before
        kept = lab.participants.change(before.code, **changes)
        old = {name: getattr(before, name) for name in changes}
        self.bench.undo.push(_Changed(self.bench, lab, before.code, old, changes))
        return kept

    def _show_age(self) -> None:
        weeks = self.weeks.value()
        try:
            born = BirthDate.parse(self.born.text()) if self.born.text().strip() else None
            age = age_on(born, date.today(), weeks if weeks > UNKNOWN_WEEKS else None) if born else None  # noqa: DTZ011
        except UserError as error:
            levelled(self.born, "wrong")
            self.age.setText(error.problem.message)
            return
        levelled(self.born, "")
        if age is None:
            self.age.setText("")
            return
        corrected = (
            "" if age.corrected_days in (None, age.days) else f"; {tr('corrected')} {age_text(age.corrected_days)}"
        )
        self.age.setText(f"{tr('Age today')}: {age_text(age.days)}{corrected}")

    def _lab(self) -> Lab:
        assert self.bench.lab is not None  # the page shows no form without a lab
        return self.bench.lab


class _Changed(QUndoCommand):
    """A change of a participant that can be taken back; both states stay in the file."""

    def __init__(self, bench: Bench, lab: Lab, code: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        super().__init__(tr("Change {code}", code=code))
        self._bench, self._lab, self._code, self._old, self._new, self._first = bench, lab, code, old, new, True

    def redo(self) -> None:
        """Change it, unless the form has just done so."""
        if self._first:
            self._first = False
            return
        self._put(self._new)

    def undo(self) -> None:
        """Change it back."""
        self._put(self._old)

    def _put(self, values: dict[str, Any]) -> None:
        try:
            self._lab.participants.change(self._code, **values)
        except UserError as error:
            self._bench.fail(error)
        self._bench.lab_changed.emit()


def fields_holder(layout: Any) -> QWidget:
    """Return a widget around the form's fields."""
    holder = QWidget()
    holder.setLayout(layout)
    return holder
