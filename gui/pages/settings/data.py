"""The lab's data: where it is, looking it over, backup and restore, and the passphrase of names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QWidget

from devkit.errors import UserError
from devkit.lab import Lab
from gui.bench import Bench
from gui.parts import boxed, button, card, column, form, label, levelled, row, spoken
from gui.words import ntr, tr
from gui.work import Job


class DataTab(QWidget):
    """Folder, check, backup, restore, passphrase."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        assert bench.lab is not None  # the page shows this tab with a lab only
        self.bench, self._lab = bench, bench.lab
        self.result = label("")
        self.without_models = QCheckBox(tr("Leave models out (they are large)"), checked=True)
        self.without_people = QCheckBox(tr("Leave names and dates of birth out"))
        folder = row(
            button(tr("Open the folder"), on=self.open_folder, sign="open"),
            button(tr("Look the lab over"), on=self.check, sign="search"),
            button(tr("Make the index anew"), on=self.rebuild, sign="refresh"),
            None,
        )
        copy = row(
            button(tr("Back up …"), "primary", on=self.backup, sign="backup"),
            button(tr("Restore a backup …"), on=self.restore, sign="import"),
            None,
        )
        self.setLayout(
            column(
                card(label(str(self._lab.path)), folder, self.result, heading=tr("Folder")),
                card(self.without_models, self.without_people, copy, heading=tr("Backup")),
                self._names(),
                None,
                gap=16,
            )
        )

    def _names(self) -> QWidget:
        people = self._lab.participants.people
        self.old, self.new, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        for field in (self.old, self.new, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        rows = [(tr("&New passphrase"), self.new), (tr("New passphrase, a&gain"), self.again)]
        if people.locked:
            rows.insert(0, (tr("&Present passphrase"), self.old))
        state = (
            tr("Names are encrypted.") if people.encrypted else tr("Names are kept readable, in a file of their own.")
        )
        keep = button(tr("Encrypt names") if not people.encrypted else tr("Change the passphrase"), on=self.encrypt)
        actions = row(spoken(keep, keep.text()), None)
        if people.encrypted:
            lost = button(tr("The passphrase is lost …"), "link", on=self.lose)
            actions.addWidget(lost)
        told = label(tr("Losing the passphrase loses names and dates of birth, never a record."), "quiet")
        return card(levelled(label(state), ""), told, boxed(form(*rows)), actions, heading=tr("Names under lock"))

    def open_folder(self) -> None:
        """Show the lab's folder."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._lab.path)))

    def check(self) -> None:
        """Look over every journal, record and medium."""
        job = self.bench.work.start(tr("Look the lab over"), "lab", "check", str(self._lab.path), "--json")
        job.finished.connect(self._checked)

    def _checked(self, job: Job) -> None:
        found = job.json()
        if not isinstance(found, dict):
            self._told(job, "")
            return
        problems = [f"{one['message']} ({one['place']})" for one in found["problems"]]
        if not problems:
            self._say(tr("{n} sessions: nothing is wrong", n=found["sessions"]), "good")
            return
        head = ntr("{n} thing is wrong:", "{n} things are wrong:", len(problems))
        self._say("\n".join([head, *problems[:20]]), "wrong")

    def rebuild(self) -> None:
        """Make the index anew from the journals."""
        job = self.bench.work.start(tr("Make the index anew"), "lab", "rebuild", str(self._lab.path), "--json")
        job.finished.connect(lambda done: (self.bench.refresh(), self._told(done, tr("The index is made anew."))))

    def backup(self) -> None:
        """Ask for a file and write the lab into it."""
        name = f"{self._lab.path.name}-{datetime.now().astimezone():%Y-%m-%d}.zip"
        start = str(self._lab.path.parent / name)
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Back up"), start, "ZIP (*.zip)")
        if not chosen:
            return
        arguments = ["lab", "backup", str(self._lab.path), "--out", chosen, "--json"]
        arguments += ["--without", "models"] if self.without_models.isChecked() else []
        arguments += ["--without-people"] if self.without_people.isChecked() else []
        Path(chosen).unlink(missing_ok=True)  # the file dialog has asked
        job = self.bench.work.start(tr("Back up"), *arguments)
        job.finished.connect(lambda done: self._told(done, tr("Backed up: {file}", file=chosen)))

    def restore(self) -> None:
        """Ask for a backup and a new folder, and open the lab that comes out."""
        source, _ = QFileDialog.getOpenFileName(self, tr("Restore a backup"), str(self._lab.path.parent), "ZIP (*.zip)")
        if not source:
            return
        folder = QFileDialog.getExistingDirectory(self, tr("Where to make the lab"), str(self._lab.path.parent))
        if not folder:
            return
        target = Path(folder) / Path(source).stem
        job = self.bench.work.start(tr("Restore a backup"), "lab", "restore", source, str(target), "--json")
        job.finished.connect(lambda done: self._restored(done, target))

    def _restored(self, job: Job, target: Path) -> None:
        if job.ok:
            self.bench.open_lab(target)
            self.bench.say(tr("Restored: {folder}", folder=target), "good")
        else:
            self._told(job, "")

    def encrypt(self) -> None:
        """Give names a passphrase, or another one."""
        people = self._people()
        try:
            if self.new.text() != self.again.text():
                raise UserError(tr("The two passphrases differ"))
            if people.participants.people.locked:
                people.participants.people.unlock(self.old.text())
            people.participants.people.encrypt(self.new.text())
        except UserError as error:
            self.bench.fail(error)
            return
        self.bench.say(tr("Names are encrypted."), "good")
        self.bench.lab_changed.emit()

    def lose(self) -> None:
        """Go on without the names whose passphrase is lost; their file is set aside and can be put back."""
        try:
            aside = self._people().participants.people.give_up()
        except UserError as error:
            self.bench.fail(error)
            return
        self.bench.say(tr("Names begin anew; the old file is kept as {name}.", name=aside.name), "caution")
        self.bench.lab_changed.emit()

    def _people(self) -> Lab:
        return self._lab

    def _told(self, job: Job, good: str) -> None:
        if job.ok and good:
            self._say(good, "good")
        elif not job.cancelled:
            self._say("\n".join(str(problem) for problem in job.problems), "wrong")

    def _say(self, text: str, level: str) -> None:
        try:
            self.result.setText(text)
            levelled(self.result, level)
        except RuntimeError:  # the tab was made anew meanwhile
            self.bench.say(text, level)
