"""The main window: the lab's name and pages at the left, the chosen page at the right, work in progress below.

Everything it shows comes from `devkit.lab`; everything it starts is a ``devkit`` command (`gui.work`).
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QMainWindow,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.look import BETWEEN_GROUPS_PX, INSIDE_GROUP_PX
from gui.pages import ParticipantsPage, SessionsPage
from gui.parts import button, label, named
from gui.work import Work

SIDE_PX = 180
PAGES = ("Sessions", "Participants")


class MainWindow(QMainWindow):
    """The app's window; without a lab it says how to open one."""

    def __init__(self) -> None:
        super().__init__()
        self.lab: Lab | None = None
        self.setWindowTitle("devkit")
        self.work = Work(self)
        self.work.finished.connect(self._work_done)
        self._report = Path()
        self.sessions, self.participants = SessionsPage(), ParticipantsPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.sessions)
        self.pages.addWidget(self.participants)
        frame = QWidget()
        layout = QHBoxLayout(frame)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._side())
        layout.addWidget(self._content(), 1)
        self.setCentralWidget(frame)
        self.sessions.report.clicked.connect(self.write_report)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self, self.refresh)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Open), self, self.ask_for_lab)
        self.refresh()

    def _side(self) -> QWidget:
        side = named(QWidget(), "side")
        side.setFixedWidth(SIDE_PX)
        self.name = label("No lab open", "lab")
        self.menu = named(QListWidget(), "pages")
        self.menu.setAccessibleName("Pages")
        self.menu.addItems(PAGES)
        self.menu.currentRowChanged.connect(self.pages.setCurrentIndex)
        self.menu.setCurrentRow(0)
        self.open_button = button("Open lab …")
        self.open_button.clicked.connect(self.ask_for_lab)
        layout = QVBoxLayout(side)
        layout.addWidget(self.name)
        layout.addWidget(self.menu, 1)
        layout.addWidget(self.open_button)
        return side

    def _content(self) -> QWidget:
        page = named(QWidget(), "page")
        self.status = label("", "status")
        self.bar = QProgressBar()
        self.bar.setMaximum(0)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.cancel = button("Cancel")
        self.cancel.hide()
        self.cancel.clicked.connect(self.work.cancel)
        below = QHBoxLayout()
        below.setSpacing(INSIDE_GROUP_PX)
        below.addWidget(self.status, 1)
        below.addWidget(self.bar)
        below.addWidget(self.cancel)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(*[BETWEEN_GROUPS_PX] * 4)
        layout.setSpacing(BETWEEN_GROUPS_PX)
        layout.addWidget(self.pages, 1)
        layout.addLayout(below)
        return page

    def ask_for_lab(self) -> None:
        """Let the user choose a lab's folder."""
        folder = QFileDialog.getExistingDirectory(self, "Open a lab")
        if folder:
            self.open_lab(Path(folder))

    def open_lab(self, path: Path) -> None:
        """Open a lab; a mistake is said at the foot of the window and the open lab stays."""
        try:
            self.lab = Lab.open(path)
        except UserError as error:
            self.status.setText(str(error))
            return
        self.status.setText("")
        self.refresh()

    def refresh(self) -> None:
        """Read the lab again."""
        self.sessions.show_lab(self.lab)
        self.participants.show_lab(self.lab)
        if self.lab is not None:
            self.name.setText(self.lab.settings.name)
            self.setWindowTitle(f"{self.lab.settings.name} – devkit")

    def write_report(self) -> None:
        """Write the side-by-side report in a process of its own, and open it when it is done."""
        if self.lab is None:
            return
        self._report = self.lab.path / "reports" / "report.html"
        self._busy(True, "Writing the report …")
        self.work.start(["report", str(self.lab.path), "--out", str(self._report)])

    def _work_done(self, succeeded: bool, said: str) -> None:
        self._busy(False, f"The report is at {self._report}" if succeeded else said or "The report was not written.")
        if succeeded:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))

    def _busy(self, busy: bool, text: str) -> None:
        self.status.setText(text)
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.sessions.report.setEnabled(not busy)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what is still under way; a command's finished parts are kept."""
        self.work.cancel()
        super().closeEvent(event)
