"""Long work outside the app's process: a `devkit` command, watched and cancelled from the window.

Statistics and training never run in the app itself; a command that dies takes nothing along.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QProcess, Signal


class Work(QObject):
    """One command at a time.

    Signals:
        finished: ``(succeeded, last words)`` when the command has ended or could not start.
    """

    finished = Signal(bool, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None

    @property
    def running(self) -> bool:
        """Whether a command is under way."""
        return self._process is not None

    def start(self, arguments: list[str]) -> None:
        """Start ``devkit`` with arguments; nothing happens while another command runs."""
        if self.running:
            return
        process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.finished.connect(lambda code, status: self._ended(code == 0))
        process.errorOccurred.connect(self._failed)
        self._process = process
        process.start(sys.executable, ["-m", "devkit", *arguments])

    def cancel(self) -> None:
        """End the command; what it had finished is kept."""
        if self._process is not None:
            self._process.terminate()
            if not self._process.waitForFinished(2000):
                self._process.kill()
                self._process.waitForFinished(2000)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended(False)

    def _ended(self, succeeded: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        said = bytes(process.readAll().data()).decode(errors="replace").strip()
        process.deleteLater()
        self.finished.emit(succeeded, said.splitlines()[-1] if said else "")
