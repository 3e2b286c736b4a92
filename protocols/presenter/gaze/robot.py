"""A robot's eyes: they look where there is something to look at, and are measured with a known bias and noise.

For tests of calibration and scoring, and for pilots: nothing else in the presenter knows that no child sits there.
"""

from __future__ import annotations

import random
import time

from protocols.gaze.settings import GazeSettings
from protocols.presenter.gaze.trackers import Raw, Wish

GLANCE_S = 0.6
SACCADE_S = 0.15


class RobotTracker:
    """The eyes of a robot.

    Args:
        settings: Rate and the robot's error.
        seed: Decides where it looks and every error.
    """

    name = "robot gaze"

    def __init__(self, settings: GazeSettings, seed: int) -> None:
        self._robot, self._period_s = settings.robot, 1 / settings.rate_hz
        self._rng = random.Random(f"gaze:{seed}")
        self._wish: Wish = [((0.5, 0.5), 1.0)]
        self._at = (0.5, 0.5)
        self._opened_s = time.perf_counter()
        self._next_s = self._glance_s = self._opened_s

    def start(self) -> None:
        """Begin to record."""
        self._next_s = time.perf_counter()

    def attend(self, wish: Wish) -> None:
        """Look at one of these places, by weight; the eyes arrive a little later."""
        self._wish = wish
        self._glance_s = time.perf_counter() + SACCADE_S

    def take(self) -> list[Raw]:
        """Return the samples that are due."""
        now_s, found = time.perf_counter(), []
        fails_after_s = self._robot.fails_after_s
        if fails_after_s is not None and now_s - self._opened_s > fails_after_s:
            self._next_s = now_s
            return []
        while self._next_s <= now_s:
            found.append(Raw(self._next_s, self._look(self._next_s)))
            self._next_s += self._period_s
        return found

    def _look(self, at_s: float) -> tuple[float, float] | None:
        if at_s >= self._glance_s:
            points, weights = [point for point, _ in self._wish], [weight for _, weight in self._wish]
            self._at = self._rng.choices(points, weights)[0]
            self._glance_s = at_s + GLANCE_S
        if self._rng.random() < self._robot.lost:
            return None
        x, y = (self._rng.gauss(a + b, self._robot.noise) for a, b in zip(self._at, self._robot.bias, strict=True))
        return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def stop(self) -> None:
        """End recording."""

    def close(self) -> None:
        """Nothing to let go of."""
