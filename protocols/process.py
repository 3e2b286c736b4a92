"""The parent's end of the presenter: starts the child process, talks to it, and notices when it is gone.

A `Presenter` is one child and one window; it stays warm over any number of sessions. It knows nothing of tasks or
records: `protocols.human` puts turns through it. The child ends when its parent does (its pipe closes); when the child
ends, whoever waits gets a `PresenterLost` and the parent goes on.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO

from devkit.errors import UserError
from devkit.programs import program
from protocols.messages import (
    Beat,
    Hello,
    Quit,
    ToParent,
    Trouble,
    decode_for_parent,
    encode,
)
from protocols.wire import Message

BEAT_S = 1.0
SILENCE_S = 30.0
START_S = 90.0
UNWANTED = ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR", "PYTHONPATH", "PYTHONSTARTUP")


class PresenterLost(UserError):
    """The presenter process is gone or hangs. Every trial that was answered before is already recorded."""


def child_environment(display: str | None, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the child: ours, without what libraries of the app's process have put in.

    Args:
        display: X display for the window; None keeps the present one.
        extra: Variables to set besides.
    """
    environment = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    if display is not None:
        environment["DISPLAY"] = display
    environment.update(extra or {})
    return environment


class Presenter:
    """A running presenter process.

    Args:
        display: X display for the window (``:0``); None takes the environment's.
        environment: Further variables for the child.

    Raises:
        PresenterLost: The child did not come up.
    """

    def __init__(self, *, display: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.listeners: list[Callable[[ToParent], None]] = []
        self.display, self.environment = display, dict(environment or {})
        self._inbox: queue.Queue[ToParent | None] = queue.Queue()
        self._sending = threading.Lock()
        self._last_heard = time.monotonic()
        self._stuck_s = 0.0
        self._greeted = False  # while it imports, the child is silent
        self._closed = threading.Event()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the child
        self._start(child_environment(display, environment))
        try:
            self.hello = self.wait_for(Hello, START_S)
            self._greeted = True
        except UserError:
            self.kill()
            raise

    def _start(self, environment: dict[str, str]) -> None:
        command = program("presenter")
        if os.name == "posix":
            child_in, self._out = os.pipe()
            self._in, child_out = os.pipe()
            self._child = subprocess.Popen(
                [*command, "--link", f"{child_in},{child_out}"],
                env=environment,
                pass_fds=(child_in, child_out),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
            os.close(child_in)
            os.close(child_out)
        else:  # no descriptors can be passed on; the child moves its standard streams out of reach of prints
            self._child = subprocess.Popen(
                [*command, "--link", "stdio"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
            )
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            self._out, self._in = os.dup(self._child.stdin.fileno()), os.dup(self._child.stdout.fileno())
            self._child.stdin.close()
            self._child.stdout.close()
        threading.Thread(target=self._read, name="presenter-reader", daemon=True).start()
        threading.Thread(target=self._beat, name="presenter-beat", daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the child still runs."""
        return self._child.poll() is None

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            PresenterLost: The child is gone.
        """
        try:
            with self._sending:
                _write_all(self._out, encode(message))
        except OSError as error:
            raise self._lost() from error

    def wait_for[Wanted: Message](self, wanted: type[Wanted], timeout_s: float | None = None) -> Wanted:
        """Wait for the next message of one kind; others in between go to the listeners only.

        Args:
            wanted: Class of the message.
            timeout_s: How long to wait; None waits as long as the child lives and its drawing loop turns.

        Raises:
            PresenterLost: The child ended, hangs, or took longer than ``timeout_s``.
            UserError: The child reported trouble.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            try:
                message = self._inbox.get(timeout=0.25)
            except queue.Empty:
                self._check_pulse(until)
                continue
            if message is None:
                self._inbox.put(None)  # whoever asks next must learn it too
                raise self._lost()
            if isinstance(message, wanted):
                return message
            if isinstance(message, Trouble):
                raise UserError(message.message, place=message.place, hint=message.hint, code=message.code)

    def again(self) -> Presenter:
        """Start another presenter like this one, after this one was lost.

        Raises:
            PresenterLost: It did not come up.
        """
        self.kill()
        return Presenter(display=self.display, environment=self.environment)

    def kill(self) -> None:
        """End the child at once; used when it hangs."""
        self._closed.set()
        if self.alive:
            self._child.kill()
        self._child.wait()
        self._release()

    def close(self, timeout_s: float = 5.0) -> None:
        """Ask the child to end, and end it if it does not."""
        if self._closed.is_set():
            return
        try:
            self.send(Quit())
            self._child.wait(timeout_s)
        except (PresenterLost, subprocess.TimeoutExpired):
            pass
        self.kill()

    def __enter__(self) -> Presenter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _release(self) -> None:
        with self._sending:
            if self._out >= 0:
                os.close(self._out)
                self._out = -1
        self._log.close()

    def _read(self) -> None:
        with os.fdopen(self._in, "rb") as stream:
            for line in stream:
                try:
                    message = decode_for_parent(line)
                except UserError as error:
                    message = Trouble(message=str(error))
                self._last_heard = time.monotonic()
                if isinstance(message, Beat):
                    self._stuck_s = message.loop_age_s
                    continue
                for listener in tuple(self.listeners):
                    listener(message)
                self._inbox.put(message)
        self._inbox.put(None)

    def _beat(self) -> None:
        while not self._closed.wait(BEAT_S):
            try:
                self.send(Beat())
            except PresenterLost:
                return

    def _check_pulse(self, until: float | None) -> None:
        now = time.monotonic()
        if self._greeted and (now - self._last_heard > SILENCE_S or self._stuck_s > SILENCE_S):
            self.kill()
            raise PresenterLost(
                "the presenter hangs and was ended; every answered trial is kept",
                hint="run the session again to go on; `devkit doctor timing` checks the screen",
                code="presenter-lost",
            )
        if until is not None and now > until:
            raise PresenterLost("the presenter does not answer", hint="see `devkit doctor`", code="presenter-lost")

    def _lost(self) -> PresenterLost:
        try:
            status: int | None = self._child.wait(2)
        except subprocess.TimeoutExpired:
            status = None
        return PresenterLost(
            f"the presenter ended {_how(status)}; every answered trial is kept",
            hint=self._last_words() or "run the session again to go on",
            code="presenter-lost",
        )

    def _last_words(self) -> str:
        """Return the last line that the child wrote to its standard streams."""
        if self._log.closed:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4000))
        lines = self._log.read().decode(errors="replace").split("\n")
        told = [line.strip() for line in lines if line.strip() and "WARNING" not in line]
        return told[-1][:300] if told else ""


def _write_all(descriptor: int, data: bytes) -> None:
    if descriptor < 0:
        raise OSError("closed")
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _how(status: int | None) -> str:
    if status is None:
        return "its side of the conversation"
    if status < 0:
        return f"by signal {signal.Signals(-status).name}"
    return f"with exit status {status}"
