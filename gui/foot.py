"""The foot of the window: what was said last, and the work in progress with its name, progress, speed and cancel."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from devkit.look import INSIDE_GROUP_PX
from gui.bench import Bench
from gui.parts import boxed, button, label, levelled, row, spoken
from gui.theme import px
from gui.words import tr
from gui.work import Job

BAR_PX = 180
SAID_MS = 12_000
MOST_SHOWN = 3


class JobRow(QWidget):
    """One job: its name, how far it is, and a button that cancels it."""

    def __init__(self, bench: Bench, job: Job) -> None:
        super().__init__()
        self.job = job
        self.words = label(job.title, wrap=False)
        self.detail = label("", "small", wrap=False)
        self.bar = spoken(QProgressBar(), job.title)
        self.bar.setFixedWidth(px(BAR_PX))
        self.bar.setTextVisible(False)
        self.cancel = button(tr("Cancel"), on=lambda: bench.work.cancel(job))
        self.cancel.setAccessibleName(tr("Cancel: {what}", what=job.title))
        layout = row(self.words, self.detail, None, self.bar, self.cancel)
        self.setLayout(layout)
        job.changed.connect(self.renew)
        self.renew()

    def renew(self) -> None:
        """Show the job's present state."""
        progress = self.job.progress
        if progress is None:
            self.bar.setRange(0, 0)
            self.detail.setText(tr("waiting") if self.job.state == "waiting" else "")
            return
        self.bar.setRange(0, progress.total or 0)
        self.bar.setValue(progress.done)
        count = f"{progress.done:,} / {progress.total:,}" if progress.total else f"{progress.done:,}"
        speed = f" · {progress.per_s:.3g}/s" if progress.per_s else ""
        self.detail.setText(f"{progress.label} · {count}{speed}")


class Foot(QWidget):
    """What is said, and what is under way."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self.status = label("", "status")
        self._forget = QTimer(self, singleShot=True, interval=SAID_MS)
        self._forget.timeout.connect(lambda: self.say(""))
        self._jobs = QVBoxLayout()
        self._jobs.setSpacing(px(INSIDE_GROUP_PX))
        self._rows: dict[str, JobRow] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.status)
        layout.addWidget(boxed(self._jobs))
        bench.said.connect(self.say)
        bench.work.changed.connect(self._renew)
        self.say("")

    def say(self, text: str, level: str = "") -> None:
        """Say something; what is not wrong is forgotten after a while."""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        levelled(self.status, level)
        self.status.setAccessibleName(text)
        if text and level in ("", "good"):
            self._forget.start()
        else:
            self._forget.stop()

    def _renew(self) -> None:
        present = {job.name: job for job in self._bench.work.jobs}
        for name in [name for name in self._rows if name not in present]:
            gone = self._rows.pop(name)
            self._jobs.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for name, job in present.items():
            if name not in self._rows and len(self._rows) < MOST_SHOWN:
                self._rows[name] = JobRow(self._bench, job)
                self._jobs.addWidget(self._rows[name])
