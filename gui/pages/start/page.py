"""The start page: recent labs, opening, making, and the doctor's findings in plain words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QStackedWidget, QVBoxLayout, QWidget

from gui.bench import Bench
from gui.icons import icon
from gui.page import Page
from gui.pages.start.guide import Guide
from gui.parts import Columns, boxed, button, card, column, label, row, scrolled
from gui.theme import px
from gui.words import tr
from gui.work import Job

SIGNS = {"ok": "good", "caution": "caution", "wrong": "wrong"}


class StartPage(Page):
    """Where the app begins."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, tr("Welcome"), tr("Open a lab, or make one."))
        self._stack = QStackedWidget()
        self._job: Job | None = None
        self.recent = QVBoxLayout()
        self.recent.setSpacing(px(4))
        self.findings = QVBoxLayout()
        self.findings.setSpacing(px(8))
        self.guide: Guide | None = None
        self._stack.addWidget(scrolled(self._front()))
        self.set_content(self._stack)
        self._show_recent()

    def _front(self) -> QWidget:
        self.make = button(tr("Make a lab"), "primary", on=self.show_guide, sign="add", key="Ctrl+N")
        self.open = button(tr("Open a lab …"), on=self.ask, sign="open")
        first = label(
            tr(
                "A lab is a folder that holds participants, sessions, items, protocols and models. Making one takes a "
                "minute and ends with a finished sample session."
            )
        )
        self.check = button(tr("Check this machine"), on=self.examine, sign="search")
        told = label(tr("Looks at screen, timing, sound and input; a window opens for some seconds."), "quiet")
        left = column(
            card(first, row(self.make, self.open, None), heading=tr("A lab")),
            card(boxed(self.recent), heading=tr("Recent labs")),
            None,
            gap=16,
        )
        right = column(
            card(told, row(self.check, None), boxed(self.findings), heading=tr("Is this machine fit for sessions?")),
            None,
        )
        return boxed(column(Columns(boxed(left), boxed(right)), None))

    def shown(self, target: str) -> None:
        """Show the recent labs, or the steps of a new one."""
        self._show_recent()
        if target == "new":
            self.show_guide()

    def _show_recent(self) -> None:
        while self.recent.count():
            gone = self.recent.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        present = self.bench.lab.path.resolve() if self.bench.lab is not None else None
        for name in self.bench.settings.recent:
            path = Path(name)
            text = path.name if path.is_dir() else tr("{name} (not there)", name=path.name)
            made = button(text, on=lambda path=path: self.bench.open_lab(path), sign="home")
            made.setStyleSheet("text-align: left;")
            made.setToolTip(name)
            made.setEnabled(path.is_dir() and path != present)
            self.recent.addWidget(made)
            self.recent.addWidget(label(name, "small"))
        if not self.bench.settings.recent:
            self.recent.addWidget(label(tr("None yet: make your first lab."), "quiet"))

    def ask(self) -> None:
        """Choose a lab's folder."""
        folder = QFileDialog.getExistingDirectory(self, tr("Open a lab"), str(self.bench.documents()))
        if folder:
            self.bench.open_lab(Path(folder))

    def show_guide(self) -> None:
        """Show the steps of a new lab."""
        if self.guide is None:
            self.guide = Guide(self.bench, self.show_front)
            self._stack.addWidget(scrolled(self.guide))
        self._stack.setCurrentIndex(1)
        self.guide.name.setFocus()

    def show_front(self) -> None:
        """Go back to the recent labs."""
        self._stack.setCurrentIndex(0)

    def lab_opened(self) -> None:
        """Begin at the front the next time."""
        self.show_front()

    def examine(self) -> None:
        """Have the doctor look at this machine."""
        if self._job is not None:
            return
        self.check.setEnabled(False)
        self._job = self.bench.work.start(tr("Check this machine"), "doctor", "--json")
        self._job.finished.connect(self._examined)

    def _examined(self, job: Job) -> None:
        self._job = None
        self.check.setEnabled(True)
        while self.findings.count():
            gone = self.findings.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        found = job.json()
        if not isinstance(found, list):
            text = "; ".join(str(problem) for problem in job.problems) or tr("The check was not finished.")
            found = [{"level": "wrong", "message": text, "fix": ""}]
        for one in found:
            self.findings.addWidget(_finding(str(one["level"]), str(one["message"]), str(one["fix"])))


def _finding(level: str, message: str, fix: str) -> QWidget:
    sign = QLabel()
    name = SIGNS.get(level, "info")
    sign.setPixmap(icon(name, name if name != "info" else "text").pixmap(px(20), px(20)))
    sign.setAlignment(Qt.AlignmentFlag.AlignTop)
    words = [label(message[:1].upper() + message[1:])]
    if fix:
        words.append(label(fix[:1].upper() + fix[1:], "small"))
    line = row(sign, boxed(column(*words, gap=2)))
    line.setStretch(1, 1)
    made = boxed(line)
    made.setAccessibleName(f"{level}: {message} {fix}")
    return made
