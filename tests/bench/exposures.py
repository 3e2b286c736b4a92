"""How exactly a picture stands for a second: measured between flips, seen from outside, against counting frames.

    python -m tests.bench.exposures [--exposures 200]

Each exposure is a trial of its own in the presenter on a virtual screen, where flips do not wait. Another process asks
the X server every half millisecond for one pixel of the picture, so that what stood on the screen is known without the
presenter's word. The obvious alternative shows the picture for 60 flips and believes that a flip takes a sixtieth of a
second.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from protocols.presenter.virtual import start_virtual_screen
from protocols.selftest import MeasuredExposures, measure_exposures, session
from protocols.x11 import xlib

FRAME_MS = 1000 / 60
LOOK_S = 0.0005
PLANES, Z_PIXMAP = 0xFFFFFFFF, 2
COUNTED = """
import sys, time
from psychopy import visual
window = visual.Window((800, 600), pos=(0, 0), units="pix", allowGUI=False, checkTiming=False, autoLog=False)
picture = visual.Rect(window, width=400, height=300, fillColor="red", autoLog=False)
for _ in range(int(sys.argv[1])):
    begin = None
    for _ in range(60):
        picture.draw()
        window.flip()
        begin = begin or time.perf_counter()
    window.flip()
    print("stood", (time.perf_counter() - begin) * 1000, flush=True)
"""


class _Image(ctypes.Structure):
    _fields_ = (("width", ctypes.c_int), ("height", ctypes.c_int), ("x", ctypes.c_int), ("format", ctypes.c_int))
    _fields_ += (("data", ctypes.POINTER(ctypes.c_uint32)),)


class Onlooker:
    """Looks at one pixel and keeps every change with its time."""

    def __init__(self, display: str, place: tuple[int, int]) -> None:
        x = xlib()
        assert x is not None
        x.XGetImage.restype = ctypes.POINTER(_Image)
        x.XGetImage.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_int, ctypes.c_uint]
        x.XGetImage.argtypes += [ctypes.c_uint, ctypes.c_ulong, ctypes.c_int]
        x.XFree.argtypes = [ctypes.c_void_p]
        self._x, self._place = x, place
        self._connection = x.XOpenDisplay(display.encode())
        self.changes: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Onlooker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._x.XCloseDisplay(self._connection)

    def _run(self) -> None:
        root = self._x.XDefaultRootWindow(self._connection)
        before = -1
        while not self._over.wait(LOOK_S):
            image = self._x.XGetImage(self._connection, root, *self._place, 1, 1, PLANES, Z_PIXMAP)
            now_s, colour = time.perf_counter(), image.contents.data[0] & 0xFFFFFF
            self._x.XFree(image.contents.data)
            self._x.XFree(image)
            if colour != before:
                self.changes.append((now_s, colour))
                before = colour

    def spans_ms(self, around_ms: float) -> list[float]:
        """Return how long each colour stood that stood for about so long."""
        times = [at for at, _ in self.changes]
        spans = [(later - earlier) * 1000 for earlier, later in pairwise(times)]
        return [span for span in spans if 0.5 * around_ms < span < 1.5 * around_ms]


def told(name: str, errors: Sequence[float], flagged: str = "") -> str:
    """Return one row."""
    away = sorted(abs(error) for error in errors)
    within = sum(value <= FRAME_MS / 2 for value in away) / max(1, len(away))
    p99 = away[min(len(away) - 1, int(0.99 * len(away)))]
    middle = statistics.median(errors)
    return f"{name:<36}{len(errors):>10}{middle:>12.2f}{p99:>10.2f}{away[-1]:>10.2f}{within:>17.1%}{flagged:>9}"


@contextmanager
def watching(display: str, place: tuple[int, int]) -> Iterator[Onlooker]:
    """Look at one pixel meanwhile."""
    with Onlooker(display, place) as onlooker:
        yield onlooker


def ours(display: str, count: int, exposure_ms: int) -> tuple[MeasuredExposures, list[float]]:
    """Return what the presenter measured, and what was seen from outside, less what was wished."""
    with session(display) as (person, media):
        assert person.opened is not None
        x, y, width, height = person.opened.display.geometry
        with watching(display, (x + width // 2, y + height // 2 - 40)) as onlooker:
            measured = measure_exposures(person, media, count, exposure_ms)
        return measured, [span - exposure_ms for span in onlooker.spans_ms(exposure_ms)]


def counted(display: str, count: int) -> list[float]:
    """Return how long 60 flips took, less a second."""
    child = [sys.executable, "-c", COUNTED, str(count)]
    environment = {**os.environ, "DISPLAY": display}
    done = subprocess.run(child, env=environment, capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("stood ")]
    return [float(value) - 1000 for _, value in rows]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, default=200)
    parser.add_argument("--exposure-ms", type=int, default=1000)
    options = parser.parse_args()
    say: Callable[[str], None] = print
    say(f"{'':<36}{'exposures':>10}{'median ms':>12}{'p99 ms':>10}{'worst':>10}{'in half a frame':>17}{'flagged':>9}")
    with start_virtual_screen() as screen:
        measured, seen = ours(screen.display, options.exposures, options.exposure_ms)
        say(told("from flip to flip", measured.errors_ms, str(measured.late)))
        say(told("seen from outside", seen))
        say(told("60 flips counted", counted(screen.display, 20)))


if __name__ == "__main__":
    main()
