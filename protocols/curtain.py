"""The parent's end of the curtain: a plain ground behind the child's window, so that no failure shows the desktop."""

from __future__ import annotations

import select
import subprocess
import sys
from types import TracebackType

from protocols import randr
from protocols.equipment import DisplaySettings
from protocols.process import child_environment

PATIENCE_S = 15.0
END_S = 3.0


def place_of(settings: DisplaySettings, screens: list[randr.Monitor]) -> tuple[int, int, int, int] | None:
    """Return where the child's window will be; None where that is not known beforehand."""
    if settings.window_size is not None:
        return None  # a window for trying out hides no desktop anyway
    if settings.geometry is not None:
        return settings.geometry
    named = [one for one in screens if not settings.screen or one.name == settings.screen]
    return named[0].geometry if named else None


class Curtain:
    """A standing curtain.

    Args:
        place: x, y, width, height on the desktop.
        ground: Its colour, ``#rrggbb``.
        display: X display; None takes the environment's.
    """

    def __init__(self, place: tuple[int, int, int, int], ground: str, display: str | None = None) -> None:
        command = [sys.executable, "-m", "protocols.presenter.curtain", "--ground", ground, "--geometry"]
        self._child = subprocess.Popen(
            [*command, *map(str, place)],
            env=child_environment(display),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._child.stdout is not None
        if sys.platform != "win32":
            select.select([self._child.stdout], [], [], PATIENCE_S)  # the presenter's window must come after it

    @property
    def stands(self) -> bool:
        """Whether it is there."""
        return self._child.poll() is None

    def close(self) -> None:
        """Take it away."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()

    def __enter__(self) -> Curtain:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
