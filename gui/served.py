"""A page that a `devkit` command serves to the browser of this machine, as the review of boxes does.

The command runs until it is stopped; it prints ``Open http://127.0.0.1:…`` when it is ready. Nothing of it runs in the
app.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from devkit.programs import program

READY = b"Open "
PATIENCE_MS = 5000


class Served(QObject):
    """One such command.

    Signals:
        opened: The page is served; carries its address.
        ended: The command is over; carries what it said last, empty when it was stopped.
    """

    opened = Signal(str)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._said = b""
        self.address = ""

    @property
    def running(self) -> bool:
        """Whether the command runs."""
        return self._process is not None

    def start(self, *arguments: str) -> None:
        """Run ``devkit`` with arguments, after stopping what ran before."""
        self.stop()
        process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyRead.connect(self._read)
        process.finished.connect(lambda *_: self._over())
        process.errorOccurred.connect(lambda e: self._over() if e == QProcess.ProcessError.FailedToStart else None)
        self._process, self._said, self.address = process, b"", ""
        command, *first = program("devkit")
        process.start(command, [*first, *arguments])

    def show(self) -> None:
        """Open the page in the browser again."""
        if self.address:
            QDesktopServices.openUrl(QUrl(self.address))

    def stop(self) -> None:
        """End the command; what was decided on the page is kept by it at once."""
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.terminate()
        if not process.waitForFinished(PATIENCE_MS):
            process.kill()
            process.waitForFinished(PATIENCE_MS)
        process.deleteLater()
        self.address = ""

    def _read(self) -> None:
        if self._process is None:
            return
        self._said += bytes(self._process.readAll().data())
        line = next((line for line in self._said.split(b"\n")[:-1] if line.startswith(READY)), None)
        if line is not None and not self.address:
            self.address = line.removeprefix(READY).decode().strip()
            self.show()
            self.opened.emit(self.address)

    def _over(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._said += bytes(process.readAll().data())
            process.deleteLater()
            self.address = ""
            self.ended.emit(self._said.decode(errors="replace").strip().rpartition("\n")[2])
