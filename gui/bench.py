"""What every page works with: the open lab and its reader, the worker, the settings, undo, and a way to say things.

Pages know the `Bench` and nothing of each other or of the window; the window listens to its signals.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtGui import QUndoStack

from devkit.errors import Problem, UserError
from devkit.lab import Lab
from devkit.lab.edit import upgrade
from devkit.lab.rescue import open_anyhow
from gui import settings as stored
from gui.aside import Aside
from gui.reading import LabReader
from gui.settings import AppSettings
from gui.words import tr
from gui.work import Work


class Bench(QObject):
    """The app's state.

    Attributes:
        settings: What the app remembers; change it with `remember`.
        work: Long work in the worker.
        aside: Small work beside the app's thread.
        undo: What can be undone; cleared when another lab is opened.
        lab: The open lab; None before one is.
        reader: Answers questions to its index; None likewise.
        problems: What is wrong with the lab's folder.
        writable: Whether the lab takes sessions and changes.

    Signals:
        lab_opened: Another lab is open, or none.
        lab_changed: Records, participants or settings of the open lab have changed.
        said: ``(text, level)`` for the foot of the window; level is empty, ``good``, ``caution`` or ``wrong``.
        asked: ``(page, target)``: another page is to be shown; ``target`` says what of it.
        remembered: The settings have changed.
        session_running: A session with a person has begun or ended.
    """

    lab_opened = Signal()
    lab_changed = Signal()
    said = Signal(str, str)
    asked = Signal(str, str)
    remembered = Signal()
    session_running = Signal(bool)

    def __init__(self, settings: AppSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings, self.told = (settings, "") if settings is not None else stored.load()
        self.work = Work(self)
        self.aside = Aside(self)
        self.undo = QUndoStack(self)
        self.lab: Lab | None = None
        self.reader: LabReader | None = None
        self.problems: tuple[Problem, ...] = ()
        self.writable = False

    def open_lab(self, path: Path) -> bool:
        """Open a lab, also a damaged one; when there is none, say so and keep the lab that is open."""
        try:
            found = open_anyhow(path)
            kept = upgrade(path) if found.writable else None
            if kept is not None:
                found = open_anyhow(path)
        except UserError as error:
            self.fail(error)
            return False
        if kept is not None:
            self.say(tr("The lab was brought up to date; what its settings were is kept as {file}.", file=kept.name))
        self._let_go()
        self.lab, self.problems, self.writable = found.lab, found.problems, found.writable
        self.reader = LabReader(found.lab, self)
        self.reader.failed.connect(lambda problem: self.said.emit(str(problem), "wrong"))
        self.reader.refreshed.connect(lambda _: self.lab_changed.emit())
        self.undo.clear()
        self.remember(recent=stored.with_recent(self.settings, path).recent)
        self.lab_opened.emit()
        self.reader.refresh()
        return True

    def close_lab(self) -> None:
        """Close the lab."""
        self._let_go()
        self.lab_opened.emit()

    def refresh(self) -> None:
        """Read the lab's journals again and tell the pages."""
        if self.reader is not None:
            self.reader.refresh()

    def remember(self, **changes: object) -> None:
        """Change settings and keep them."""
        self.settings = AppSettings.model_validate(self.settings.model_dump() | changes)
        try:
            stored.save(self.settings)
        except UserError as error:
            self.fail(error)
        self.remembered.emit()

    def say(self, text: str, level: str = "") -> None:
        """Say something at the foot of the window."""
        self.said.emit(text, level)

    def fail(self, error: UserError) -> None:
        """Say what went wrong."""
        self.said.emit("\n".join(str(problem) for problem in error.problems), "wrong")

    def go(self, page: str, target: str = "") -> None:
        """Show another page."""
        self.asked.emit(page, target)

    def documents(self) -> Path:
        """Return where new labs are proposed."""
        found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(self.settings.folder or found or Path.home())

    def close(self) -> None:
        """Let go of everything; workers are ended."""
        self.work.close()
        self.aside.close()
        self._let_go()

    def _let_go(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader.deleteLater()
        self.lab, self.reader, self.problems, self.writable = None, None, (), False
