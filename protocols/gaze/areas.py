"""Areas of interest: which choice, if any, a gaze falls on. Pure.

Boxes are shares of the window from its upper left corner, as the presenter tells them; gaze is counted from the lower
left. A margin round each picture allows for what a tracker is off by; where margins overlap, the nearer middle counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from protocols.controls import Box

Area = Literal["target", "distractor", "other", "missing"]
MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas of one turn.

    Attributes:
        boxes: Box of each choice at its shown position.
        target: Shown position of the right choice.
        margin: Added on all sides, share of the window.
    """

    boxes: tuple[Box, ...]
    target: int
    margin: float = MARGIN

    def position(self, x: float | None, y: float | None) -> int | None:
        """Return the choice that a gaze falls on; None for none, or without a gaze."""
        if x is None or y is None:
            return None
        down = 1 - y
        inside = [n for n, box in enumerate(self.boxes) if _holds(box, x, down, self.margin)]
        return min(inside, key=lambda n: _distance(self.boxes[n], x, down), default=None)

    def area(self, x: float | None, y: float | None) -> Area:
        """Return what a gaze falls on; outside the window it is missing."""
        if x is None or y is None or not (0 <= x <= 1 and 0 <= y <= 1):
            return "missing"
        position = self.position(x, y)
        return "other" if position is None else self.of(position)

    def of(self, position: int) -> Area:
        """Return the area of a choice."""
        return "target" if position == self.target else "distractor"

    def side(self, side: Literal["left", "right"]) -> Area:
        """Return the area of the picture farthest to a side; for looks that are keyed or coded as sides."""
        return self.of(side_position(self.boxes, side))


def side_position(boxes: Sequence[Box], side: Literal["left", "right"]) -> int:
    """Return the shown position of the choice farthest to a side."""
    middles = [left + width / 2 for left, _, width, _ in boxes]
    return middles.index(min(middles) if side == "left" else max(middles))


def _holds(box: Box, x: float, y: float, margin: float) -> bool:
    left, top, width, height = box
    return left - margin <= x <= left + width + margin and top - margin <= y <= top + height + margin


def _distance(box: Box, x: float, y: float) -> float:
    left, top, width, height = box
    return math.hypot(x - left - width / 2, y - top - height / 2)
