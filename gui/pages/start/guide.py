"""The guided first run: name and place of the lab, a passphrase for names, and a finished sample session.

The lab is made by the library; bank and sample session are the commands ``devkit bank sample`` and ``devkit run`` in
the worker, so that the first lab already holds everything that a real one will.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QWidget

from devkit.errors import UserError
from devkit.lab import Lab
from gui import words
from gui.bench import Bench
from gui.parts import boxed, button, card, column, form, label, levelled, row
from gui.words import tr
from gui.work import Job

SAMPLE = ("simulated:age=30,code=SAMPLE-CHILD", "chance")


class Guide(QWidget):
    """The steps of a new lab.

    Args:
        bench: The app's state.
        leave: Called when the user goes back without a lab.
    """

    def __init__(self, bench: Bench, leave: Callable[[], None]) -> None:
        super().__init__()
        self.bench = bench
        self._lab: Lab | None = None
        self._steps: list[tuple[str, tuple[str, ...]]] = []
        self.name = QLineEdit(placeholderText=tr("Infant Lab"))
        self.folder = QLineEdit(str(bench.documents() / tr("my-lab")))
        self.language = QComboBox()
        for code, name in words.LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(self.language.findData(bench.settings.language))
        self.passphrase, self.again = QLineEdit(), QLineEdit()
        for field in (self.passphrase, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        self.sample = QCheckBox(
            tr("Draw a few toys and let a simulated child take them, so that there is something to see")
        )
        self.sample.setChecked(True)
        self.wrong = levelled(label(""), "wrong")
        self.wrong.hide()
        place = boxed(row(self.folder, button(tr("Choose …"), on=self.choose)))
        place.setAccessibleName(tr("Folder"))
        where = form(
            (tr("&Name of the lab"), self.name),
            (tr("&Folder, a new one"), place),
            (tr("&Language of sessions"), self.language),
        )
        secret = form(
            (tr("&Passphrase"), self.passphrase),
            (tr("&Again"), self.again),
            notes={
                tr("&Passphrase"): tr(
                    "It encrypts names and dates of birth; several words are good. Losing it loses names, never data. "
                    "Left empty, names are kept readable in a file of their own."
                )
            },
        )
        self.make_button = button(tr("Make the lab"), "primary", on=self.make, sign="add", key="Ctrl+Return")
        self.setLayout(
            column(
                card(boxed(where), heading=tr("1  The lab")),
                card(boxed(secret), heading=tr("2  Names under lock")),
                card(self.sample, heading=tr("3  A sample session")),
                self.wrong,
                row(self.make_button, button(tr("Back"), on=leave), None),
                None,
                gap=16,
            )
        )

    def choose(self) -> None:
        """Choose the folder in which the lab's folder is made."""
        folder = QFileDialog.getExistingDirectory(self, tr("Where to make the lab"), str(self.bench.documents()))
        if folder:
            self.folder.setText(str(Path(folder) / tr("my-lab")))

    def make(self) -> None:
        """Make the lab and open it; the sample session follows in the worker."""
        try:
            if self.passphrase.text() != self.again.text():
                raise UserError(tr("The two passphrases differ"))
            path = Path(self.folder.text().strip()).expanduser()
            if not path.is_absolute():
                raise UserError(tr("Give a whole path"), hint=str(self.bench.documents() / path))
            code = self.language.currentData()
            lab = Lab.create(path, name=self.name.text().strip(), languages=[code])
            if self.passphrase.text():
                lab.participants.people.encrypt(self.passphrase.text())
        except UserError as error:
            self.wrong.setText("\n".join(str(problem) for problem in error.problems))
            self.wrong.show()
            return
        self.wrong.hide()
        self.bench.open_lab(path)
        if self.passphrase.text() and self.bench.lab is not None:
            self.bench.lab.participants.people.unlock(self.passphrase.text())
        self._lab = lab
        if self.sample.isChecked():
            run_sample(self.bench, lab)


def run_sample(bench: Bench, lab: Lab) -> None:
    """Draw the sample bank and run the sample session, one command after the other."""
    bank = str(lab.path / "banks" / "toybox")
    drawn = bench.work.start(tr("Draw the sample bank"), "bank", "sample", "--out", bank, "--json")
    drawn.finished.connect(lambda job: _drawn(bench, lab, bank, job))


def _drawn(bench: Bench, lab: Lab, bank: str, job: Job) -> None:
    if not job.ok:
        _failed(bench, job)
        return
    who = [part for one in SAMPLE for part in ("--respondent", one)]
    arguments = ("run", "glimpse", "--lab", str(lab.path), "--bank", bank, *who, "--json")
    taken = bench.work.start(tr("A simulated child takes the sample"), *arguments)
    taken.finished.connect(lambda done: _taken(bench, done))


def _taken(bench: Bench, job: Job) -> None:
    if not job.ok:
        _failed(bench, job)
        return
    bench.refresh()
    bench.say(tr("The sample session is finished: see it under Today, or compare it."), "good")


def _failed(bench: Bench, job: Job) -> None:
    if not job.cancelled:
        bench.say("; ".join(str(problem) for problem in job.problems), "wrong")
