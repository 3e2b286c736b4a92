"""Long work outside the app's process: `devkit` commands in worker processes, with progress and cancel.

Statistics, models and training run in ``devkit worker`` (`devkit.cli.worker`); the app only sends commands and reads
what they say. There is one worker a lane, started when first needed and kept warm: a training in the lane ``model``
does not hold up a report in the lane ``statistics``. A worker that dies ends its job and nothing else.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from devkit.errors import Problem, UserError
from devkit.ids import uuid7
from devkit.jobs import Begun, Cancel, Done, ProblemText, Progress, Start, decode_for_app, encode
from devkit.programs import program

Lane = Literal["statistics", "model"]
State = Literal["waiting", "running", "done"]
CANCELLED = 130
PATIENCE_MS = 20_000
KEPT_CHARACTERS = 4000


class Job(QObject):
    """One command under way.

    Attributes:
        title: What it is, in the app's language.
        arguments: The command.
        progress: The last progress; None before the first.
        result: How it ended; None before.

    Signals:
        changed: Progress or state is another.
        finished: It is over; carries the job itself.
    """

    changed = Signal()
    finished = Signal(object)

    def __init__(self, title: str, arguments: tuple[str, ...], environment: dict[str, str], lane: Lane) -> None:
        super().__init__()
        self.name, self.title, self.arguments, self.environment = uuid7(), title, arguments, environment
        self.lane = lane
        self.state: State = "waiting"
        self.progress: Progress | None = None
        self.result: Done | None = None

    @property
    def ok(self) -> bool:
        """Whether it was done, findings of a check included."""
        return self.result is not None and self.result.status in (0, 1)

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.result is not None and self.result.status == CANCELLED

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong."""
        return tuple(p.problem() for p in self.result.problems) if self.result is not None else ()

    def json(self) -> Any:
        """Return what the command printed as JSON; None when it printed none."""
        if self.result is None:
            return None
        try:
            return json.loads(self.result.said)
        except json.JSONDecodeError:
            return None


class _Worker(QObject):
    """One worker process and the jobs waiting for it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._jobs: deque[Job] = deque()
        self._unread = b""
        self._errors = b""
        self._impatient = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._impatient.timeout.connect(self._kill)

    def take(self, job: Job) -> None:
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._send_next()

    def cancel(self, job: Job) -> None:
        if job not in self._jobs:
            return
        if job is not self._jobs[0]:
            self._jobs.remove(job)
            _end(job, Done(job=job.name, status=CANCELLED))
            return
        if self._process is not None:
            self._process.write(encode(Cancel(job=job.name)))
            self._impatient.start()

    def close(self) -> None:
        jobs, self._jobs = list(self._jobs), deque()
        self._impatient.stop()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.closeWriteChannel()
            if not process.waitForFinished(3000):
                process.kill()
                process.waitForFinished(3000)
            process.deleteLater()
        for job in jobs:
            _end(job, Done(job=job.name, status=CANCELLED))

    def _send_next(self) -> None:
        if not self._jobs:
            return
        if self._process is None:
            self._start()
        job = self._jobs[0]
        message = Start(job=job.name, arguments=job.arguments, environment=job.environment)
        if self._process is not None:
            self._process.write(encode(message))

    def _start(self) -> None:
        command, *arguments = program("worker")
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name in ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"):
            environment.remove(name)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(lambda *_: self._died())
        process.errorOccurred.connect(lambda e: self._died() if e == QProcess.ProcessError.FailedToStart else None)
        self._process, self._unread, self._errors = process, b"", b""
        process.start(command, arguments)

    def _read_errors(self) -> None:
        if self._process is not None:
            told = bytes(self._process.readAllStandardError().data())
            self._errors = (self._errors + told)[-KEPT_CHARACTERS:]

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            try:
                message = decode_for_app(line)
            except UserError as error:
                self._errors += f"{error}\n".encode()
                continue
            if self._jobs and self._jobs[0].name == message.job:
                self._tell(self._jobs[0], message)

    def _tell(self, job: Job, message: Begun | Progress | Done) -> None:
        if isinstance(message, Done):
            self._impatient.stop()
            self._jobs.popleft()
            self._send_next()  # before anybody hears of the end and starts another job, which then sends itself
            _end(job, message)
            return
        job.state = "running"
        if isinstance(message, Progress):
            job.progress = message
        job.changed.emit()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _died(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        asked = self._impatient.isActive() or not self._jobs
        self._impatient.stop()
        if self._jobs:
            job = self._jobs.popleft()
            self._send_next()
            last = self._errors.decode(errors="replace").strip().splitlines()[-1:]
            problem = ProblemText(code="worker", message="the worker process ended", hint=" ".join(last))
            gone = Done(job=job.name, status=CANCELLED) if asked else Done(job=job.name, status=70, problems=(problem,))
            _end(job, gone)


def _end(job: Job, result: Done) -> None:
    job.state, job.result = "done", result
    job.changed.emit()
    job.finished.emit(job)


class Work(QObject):
    """All long work of the app.

    Signals:
        changed: A job was added, told its progress, or ended.
        finished: A job ended; carries the job.
    """

    changed = Signal()
    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers: dict[str, _Worker] = {}
        self.jobs: list[Job] = []

    def start(
        self,
        title: str,
        *arguments: str,
        lane: Lane = "statistics",
        environment: dict[str, str] | None = None,
    ) -> Job:
        """Run a ``devkit`` command.

        Args:
            title: What it is, in the app's language, for the foot of the window.
            arguments: What would stand after ``devkit``; add ``--json`` where the page reads the result.
            lane: Which worker takes it.
            environment: Variables for this command alone; passphrases go here.
        """
        job = Job(title, arguments, dict(environment or {}), lane)
        job.setParent(self)
        self.jobs.append(job)
        job.changed.connect(self.changed)
        job.finished.connect(self._ended)
        if lane not in self._workers:
            self._workers[lane] = _Worker(self)
        self._workers[lane].take(job)
        self.changed.emit()
        return job

    def cancel(self, job: Job) -> None:
        """Cancel a job; what it has finished is kept."""
        self._workers[job.lane].cancel(job)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self.jobs)

    def close(self) -> None:
        """End every worker; jobs under way are interrupted."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def _ended(self, job: Job) -> None:
        if job in self.jobs:
            self.jobs.remove(job)
        self.changed.emit()
        self.finished.emit(job)
