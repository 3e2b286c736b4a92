"""A desktop for end-to-end tests: Xvfb with a window manager, the app as a user starts it, and injected input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import psutil

from protocols.presenter.virtual import start_virtual_screen
from protocols.x11 import Injector

SIZE = (2300, 900)
CHILD = (1000, 640)
NEEDED = ("Xvfb", "xdotool", "openbox")


def missing() -> list[str]:
    """Return the programs of the desktop that are not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


class Desktop:
    """A virtual screen with openbox on it; the child's window opens at its upper left, the app is moved beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screen = start_virtual_screen(SIZE)
        self.environment = {
            **os.environ,
            "DISPLAY": self.screen.display,
            "QT_QPA_PLATFORM": "xcb",
            "DEVKIT_SETTINGS": str(folder / "settings"),
            "PULSE_SERVER": "none",
            "OMP_NUM_THREADS": "1",
        }
        if shutil.which("xset"):  # on a busy machine a key that is held too long would repeat itself
            subprocess.run(["xset", "r", "off"], env=self.environment, check=False, capture_output=True)
        self._manager = subprocess.Popen(["openbox"], env=self.environment, stderr=subprocess.DEVNULL)
        self.app: subprocess.Popen[bytes] | None = None
        self._robot = Robot(self.screen.display)

    def start(self) -> None:
        """Start ``devkit gui`` and wait for its window; it gets the keys."""
        log = (self.folder / "app.log").open("wb")
        self.app = subprocess.Popen(
            [sys.executable, "-m", "devkit", "gui"], env=self.environment, stdout=log, stderr=log
        )
        self.xdotool("windowmove", "--sync", self.window(), str(CHILD[0] + 20), "20")
        self.xdotool("windowfocus", "--sync", self.window())

    def windows(self) -> list[str]:
        """Return the app's windows."""
        assert self.app is not None
        found = self._run("search", "--onlyvisible", "--pid", str(self.app.pid)).stdout.decode().split()
        return [one for one in found if "devkit" in self._run("getwindowname", one).stdout.decode()]

    def window(self) -> str:
        """Return the app's window. A search finds none while a tooltip or a list vanishes; it is tried again."""
        found: list[str] = []

        def seen() -> bool:
            found[:] = self.windows()
            return bool(found)

        wait(seen, 60, "the app's window")
        return found[0]

    def xdotool(self, *arguments: str) -> None:
        """Do something with xdotool; fails loudly."""
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr.decode()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, timeout=60, check=False
        )

    def keys(self, *names: str) -> None:
        """Press keys one after the other in the app's window."""
        self.xdotool("windowfocus", "--sync", self.window())
        for name in names:
            self.xdotool("key", "--delay", "30", name)
            time.sleep(0.12)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.xdotool("type", "--delay", "15", text)
        time.sleep(0.15)

    def picture(self, name: str) -> None:
        """Keep a picture of the whole screen, to see what a failing test saw."""
        path = self.folder / f"{name}.png"
        size = f"{SIZE[0]}x{SIZE[1]}"
        grab = ["ffmpeg", "-loglevel", "error", "-y", "-f", "x11grab", "-video_size", size, "-i", self.screen.display]
        subprocess.run([*grab, "-frames:v", "1", str(path)], check=False)

    def presenter(self) -> psutil.Process | None:
        """Return the process that owns the child's window; None when there is none."""
        assert self.app is not None
        try:
            children = psutil.Process(self.app.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return None
        return next((one for one in children if "protocols.presenter" in _command(one)), None)

    def robot(self, places: Sequence[tuple[float, float]]) -> None:
        """Let the robot child press these places of its window, in turn, until the desktop is closed."""
        self._robot.begin([(x * CHILD[0], y * CHILD[1]) for x, y in places])

    def rest(self) -> None:
        """Let the robot child sit still."""
        self._robot.stop()

    def close(self) -> None:
        """End everything that was started."""
        self._robot.close()
        if self.app is not None:
            self.app.terminate()
            try:
                self.app.wait(60)
            except subprocess.TimeoutExpired:
                self.app.kill()
                self.app.wait()
        self._manager.terminate()
        self._manager.wait(60)
        self.screen.close()

    def __enter__(self) -> Desktop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self.app is not None:
            self.picture("failed")
        self.close()


class Robot:
    """A child that presses its screen now and then, wherever choices may be."""

    def __init__(self, display: str) -> None:
        self._hand = Injector(display)
        self._places: list[tuple[float, float]] = []
        self._still = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, places: list[tuple[float, float]]) -> None:
        """Begin to press."""
        self.stop()
        self._places = places
        self._still.clear()
        self._thread = threading.Thread(target=self._press, name="robot child")
        self._thread.start()

    def stop(self) -> None:
        """Sit still."""
        self._still.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Leave."""
        self.stop()
        self._hand.close()

    def _press(self) -> None:
        number = 0
        while not self._still.wait(0.35):
            x, y = self._places[number % len(self._places)]
            number += 1
            self._hand.move(x, y)
            self._hand.button(True)
            time.sleep(0.03)
            self._hand.button(False)


LEAST_S = 240.0


def wait(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something, some minutes at least, since the machine may be busy; fail with its name."""
    until = time.monotonic() + max(seconds, LEAST_S)
    while not ready():
        assert time.monotonic() < until, f"waited {seconds:g} s for {what}"
        time.sleep(0.2)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
