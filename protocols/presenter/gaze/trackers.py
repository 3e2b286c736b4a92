"""Eye trackers behind one small protocol: start, take what came in, stop. Places are shares of the child's window.

A sample outside the window has no place: nothing of where else somebody looks is kept. The devices are opened when the
gaze set-up begins, because that takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from devkit.errors import UserError
from protocols.gaze.calibration import Point
from protocols.gaze.settings import GazeSettings

Geometry = tuple[int, int, int, int]
Wish = Sequence[tuple[Point, float]]


@dataclass(frozen=True, slots=True)
class Raw:
    """One sample: `time.perf_counter` and a place, or None without a gaze in the window."""

    at_s: float
    point: Point | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the window is: its geometry and that of its screen, x, y, width and height on the desktop."""

    window: Geometry
    screen: Geometry

    def share(self, x: float, y: float) -> Point | None:
        """Return a place in pixels from the middle of the screen, y upwards, as shares of the window; None outside."""
        left, top, width, height = self.screen
        return self.desktop_share(left + width / 2 + x, top + height / 2 - y)

    def desktop_share(self, x: float, y: float) -> Point | None:
        """Return a place on the desktop, y downwards, as shares of the window; None outside."""
        left, top, width, height = self.window
        point = ((x - left) / width, 1 - (y - top) / height)
        return point if 0 <= point[0] <= 1 and 0 <= point[1] <= 1 else None


class Tracker(Protocol):
    """An eye tracker."""

    name: str

    def start(self) -> None:
        """Begin to record."""
        ...

    def take(self) -> list[Raw]:
        """Return the samples since the last call, oldest first; `devkit.errors.UserError` when the device is gone."""
        ...

    def attend(self, wish: Wish) -> None:
        """Say what there is to look at, with weights. Devices take no notice; the robot looks there."""
        ...

    def stop(self) -> None:
        """End recording."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


def open_tracker(settings: GazeSettings, place: Place, seed: int) -> Tracker:
    """Open the tracker of the settings.

    Raises:
        UserError: It cannot be reached, or what it needs is not installed.
    """
    match settings.source:
        case "robot":
            from protocols.presenter.gaze.robot import RobotTracker

            return RobotTracker(settings, seed)
        case "mouse" | "eyelink" | "gazepoint":
            from protocols.presenter.gaze.hub import HubTracker

            return HubTracker(settings, place)
        case "tobii":
            from protocols.presenter.gaze.streams import StreamTracker

            return StreamTracker(settings)
    raise UserError(f"'{settings.source}' is no tracker", code="tracker")
