"""Looks every second whether the child's screen is still there: unplugging one raises no error anywhere.

A thread of its own asks the X server over a connection of its own, so that the drawing loop never waits for it; the
loop reads one word. Where the screens cannot be asked, nothing is watched.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence

from protocols import randr

EVERY_S = 1.0


def screen_problem(wanted: randr.Monitor, present: Sequence[randr.Monitor]) -> str:
    """Say what is wrong with a screen, given those that are there now; empty when nothing is."""
    found = next((one for one in present if one.name == wanted.name), None)
    if found is None:
        return f"the screen {wanted.name} is gone"
    if wanted.connected and not found.connected:
        return f"the screen {wanted.name} is not plugged in any more"
    if found.geometry != wanted.geometry:
        return f"the screen {wanted.name} is now {found.place()}, not {wanted.place()}"
    return ""


class ScreenWatch:
    """Watches one screen until it is closed.

    Args:
        wanted: The screen as it was found.
        look: Returns the screens that are there; None asks the X server.
        every_s: How often to look.
    """

    def __init__(
        self,
        wanted: randr.Monitor,
        look: Callable[[], Sequence[randr.Monitor]] | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._wanted, self._every_s = wanted, every_s
        self._look = look or _present
        self._over = threading.Event()
        self.problem = ""
        if look is not None or _present():
            threading.Thread(target=self._run, name="screen-watch", daemon=True).start()

    def close(self) -> None:
        """Stop watching."""
        self._over.set()

    def look(self) -> str:
        """Look now; returns the problem, empty when there is none (any more)."""
        self.problem = screen_problem(self._wanted, self._look())
        return self.problem

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.look()


def _present() -> list[randr.Monitor]:
    return randr.monitors(os.environ.get("DISPLAY", "")) if sys.platform not in ("win32", "darwin") else []


def all_monitors() -> list[randr.Monitor]:
    """Return the screens of this machine; where Xrandr does not tell, what pyglet knows."""
    if found := _present():
        return found
    from pyglet.canvas import get_display

    screens = get_display().get_screens()
    return [
        randr.Monitor(f"screen-{i}", (one.x, one.y, one.width, one.height), primary=i == 0)
        for i, one in enumerate(screens)
    ]
