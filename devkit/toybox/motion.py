"""Where things are at a time: paths of toys, the sway of the head that wears the camera, and directions of exits.

Units: reference units (a frame is 480 high) and seconds from the start of the scene.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

COMPASS: dict[str, tuple[int, int]] = {
    "top": (0, -1),
    "bottom": (0, 1),
    "left": (-1, 0),
    "right": (1, 0),
    "top right": (1, -1),
    "top left": (-1, -1),
    "bottom right": (1, 1),
    "bottom left": (-1, 1),
}
"""Direction → where it points, x to the right and y downward."""

CORNER = 0.2
"""Share of an edge at either end that counts as the corner."""


@dataclass(frozen=True, slots=True)
class Path:
    """Straight pieces between points in time; the thing is nowhere before the first and after the last.

    Attributes:
        times: Ascending, s.
        xs: Centre of the thing, from the frame's left edge with the camera at rest.
        ys: Bottom of the thing, from the frame's top edge.
    """

    times: tuple[float, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    def at(self, t: float) -> tuple[float, float] | None:
        """Return centre and bottom at a time; None while it is nowhere."""
        if not self.times[0] <= t <= self.times[-1]:
            return None
        i = min(max(1, bisect_right(self.times, t)), len(self.times) - 1)
        span = self.times[i] - self.times[i - 1]
        share = (t - self.times[i - 1]) / span if span > 0 else 0.0
        x = self.xs[i - 1] + share * (self.xs[i] - self.xs[i - 1])
        y = self.ys[i - 1] + share * (self.ys[i] - self.ys[i - 1])
        return x, y

    def moving(self, t: float) -> bool:
        """Return whether it moves at a time."""
        before, after = self.at(t - 0.1), self.at(t + 0.1)
        return before is not None and after is not None and math.dist(before, after) > 4

    def then(self, *stops: tuple[float, float, float]) -> Path:
        """Return the path with further stops of time, x and y."""
        times, xs, ys = zip(*stops, strict=True)
        return Path(self.times + times, self.xs + xs, self.ys + ys)


@dataclass(frozen=True, slots=True)
class Camera:
    """A head: it sways slowly, bobs a little, drifts across the scene, and at times looks away.

    Attributes:
        sway: Amplitude x, amplitude y (reference units), period x, period y (s) and phase.
        bob: Amplitude of the steps, reference units.
        drift: How far it pans per second, to the right and downward.
        looks: Offsets from where it rests, over time.
    """

    sway: tuple[float, float, float, float, float]
    bob: float
    drift: tuple[float, float]
    looks: Path

    def at(self, t: float) -> tuple[float, float]:
        """Return the offset of the frame at a time, to the right and downward."""
        ax, ay, px, py, phase = self.sway
        x = ax * math.sin(2 * math.pi * t / px + phase) + self.drift[0] * t
        y = ay * math.sin(2 * math.pi * t / py + 1.7 * phase) + self.drift[1] * t
        y += self.bob * math.sin(2 * math.pi * 0.9 * t)
        look = self.looks.at(t) or (0.0, 0.0)
        return x + look[0], y + look[1]


def gate(direction: str, width: float, height: float, along: float = 0.0) -> tuple[float, float]:
    """Return the point of the frame's edge through which a direction leads.

    Args:
        direction: One of the eight.
        width: Of the frame.
        height: Of the frame.
        along: Shift along the edge as a share of it, for the four sides.
    """
    dx, dy = COMPASS[direction]
    x, y = width * (1 + dx) / 2, height * (1 + dy) / 2
    if dx == 0:
        x += along * width
    if dy == 0:
        y += along * height
    return x, y


def exit_direction(inside: tuple[float, float], outside: tuple[float, float], width: float, height: float) -> str:
    """Return through which side or corner a centre left the frame.

    The straight line between the last position inside and the first outside meets the edge of the frame at a point;
    within `CORNER` of the end of an edge it is the corner, elsewhere the side.

    Args:
        inside: Last position in the frame, pixels.
        outside: First position beyond it, pixels.
        width: Of the frame.
        height: Of the frame.
    """
    dx, dy = outside[0] - inside[0], outside[1] - inside[1]
    reach_x = ((width if dx > 0 else 0) - inside[0]) / dx if dx else math.inf
    reach_y = ((height if dy > 0 else 0) - inside[1]) / dy if dy else math.inf
    share = min(reach_x, reach_y)
    x, y = (inside[0] + share * dx) / width, (inside[1] + share * dy) / height
    across = _third(x) if reach_x > reach_y else (1 if dx > 0 else -1)
    down = _third(y) if reach_x <= reach_y else (1 if dy > 0 else -1)
    return next(name for name, step in COMPASS.items() if step == (across, down))


def _third(share: float) -> int:
    return -1 if share < CORNER else 1 if share > 1 - CORNER else 0
