"""``devkit worker``: does the commands that the app sends, one after the other, and stays warm between them.

Messages (`devkit.jobs`) come in on standard input and go out on a copy of standard output that no print of a library
can reach. The worker ends with the app: when its input closes, a running command is interrupted. A second thread reads,
so that a cancel arrives while a command runs; the command itself stays on the main thread, where interrupts go. An
interrupt counts only while a command runs and no message is half sent, and is repeated until it is heeded: Python drops
one that falls into a finaliser, and a blocking wait hears only a real signal.
"""

from __future__ import annotations

import _thread
import contextlib
import io
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType

import typer

from devkit.errors import Problem, UserError
from devkit.jobs import Begun, Cancel, Done, Message, ProblemText, Progress, Start, decode_for_worker, encode

app = typer.Typer(help="Do the app's long work; started by the app, not by hand.")
FAULT = 70
HEARD_CHARACTERS = 4000
AGAIN_S = 3.0


@app.command()
def worker() -> None:
    """Do the commands that arrive on standard input as JSON lines; started by the app.

    Example: devkit worker
    """
    Worker(os.dup(0), _private_output()).serve()


def _private_output() -> int:
    """Return a copy of standard output, and send whatever is printed from now on to standard error."""
    link = os.dup(1)
    os.dup2(2, 1)
    return link


class Worker:
    """One worker at the two ends of a pipe.

    Args:
        incoming: Descriptor that messages are read from.
        outgoing: Descriptor that messages are written to.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._sending = threading.Lock()
        self._jobs: queue.Queue[Start | None] = queue.Queue()
        self._running = ""
        self._cancelled: set[str] = set()
        self._gone = False
        self._state = threading.Lock()
        self._interruptible = False  # of the main thread, which alone reads and sets these two
        self._holding = 0

    def serve(self) -> None:
        """Do jobs until the app is gone."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        threading.Thread(target=self._read, name="worker-reader", daemon=True).start()
        try:
            while (job := self._jobs.get()) is not None:
                self._send(self._do(job))
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Break off the running command; runs on the main thread, between two of its instructions."""
        if self._interruptible and not self._holding:
            raise KeyboardInterrupt

    def _do(self, job: Start) -> Done:
        with self._state:
            if job.job in self._cancelled or self._gone:
                return Done(job=job.job, status=130)
            self._running = job.job
        self._send(Begun(job=job.job))
        try:
            try:
                self._interruptible = True
                done = self._command(job)
            finally:
                self._interruptible = False
        except KeyboardInterrupt:
            self._interruptible = False
            done = Done(job=job.job, status=130)
        with self._state:
            self._running = ""
        return done

    def _command(self, job: Start) -> Done:
        from devkit.cli.root import attempt
        from devkit.progress import listening

        def tell(label: str, done: int, total: int | None, per_s: float | None) -> None:
            self._send(Progress(job=job.job, label=label, done=done, total=total, per_s=per_s))

        said, heard = io.StringIO(), io.StringIO()
        problems: tuple[Problem, ...] = ()
        with _environment(job.environment), contextlib.redirect_stdout(said), contextlib.redirect_stderr(heard):
            try:
                with listening(tell):
                    status, problems = attempt(list(job.arguments))
            except Exception as error:  # noqa: BLE001  # the process boundary: a fault ends one job, not the worker
                traceback.print_exc()
                status = FAULT
                problems = (Problem("fault", f"{type(error).__name__}: {error}", hint="this is a fault of devkit"),)
        told = tuple(ProblemText(code=p.code, message=p.message, place=p.place, hint=p.hint) for p in problems)
        ending = heard.getvalue()[-HEARD_CHARACTERS:]
        return Done(job=job.job, status=status, said=said.getvalue(), heard=ending, problems=told)

    def _read(self) -> None:
        with os.fdopen(self._incoming, "rb") as stream:
            for line in stream:
                try:
                    message = decode_for_worker(line)
                except UserError as error:
                    sys.__stderr__.write(f"worker: {error}\n") if sys.__stderr__ else None
                    continue
                if isinstance(message, Cancel):
                    self._cancel(message.job)
                else:
                    self._jobs.put(message)
        with contextlib.suppress(queue.Empty):  # nobody wants what has not begun
            while True:
                self._jobs.get_nowait()
        self._jobs.put(None)
        with self._state:
            self._gone = True
            job = self._running
        self._break_off(job)

    def _cancel(self, job: str) -> None:
        with self._state:
            self._cancelled.add(job)
        threading.Thread(target=self._break_off, args=(job,), name="worker-cancel", daemon=True).start()

    def _break_off(self, job: str) -> None:
        """Interrupt a job until it has ended; nothing where it does not run."""
        while True:
            with self._state:
                if not job or self._running != job:
                    return
            _interrupt_main()
            time.sleep(AGAIN_S)

    def _send(self, message: Message) -> None:
        line = memoryview(encode(message))
        main = threading.current_thread() is threading.main_thread()
        self._holding += main  # an interrupt must not cut a line in two; the next one finds it sent
        try:
            with self._sending, contextlib.suppress(BrokenPipeError):  # the app is gone; reading notices and ends us
                while line:
                    line = line[os.write(self._outgoing, line) :]
        finally:
            self._holding -= main


def _interrupt_main() -> None:
    """Send this process's main thread an interrupt that also ends a blocking wait, where the system can."""
    number = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and number is not None:
        signal.pthread_kill(number, signal.SIGINT)
    else:
        _thread.interrupt_main()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
