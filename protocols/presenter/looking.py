"""How long a child has looked, from looks that begin one after the other, and when it has looked away. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", "away"]


@dataclass(slots=True)
class Looking:
    """Looking at the pictures of one trial.

    Attributes:
        least_ms: The trial ends by looking away only after this much looking.
        away_ms: Looking away for this long ends it.
        known: Whether any look was told at all.
        left_ms: Looking to the left, or at a single picture.
        right_ms: Looking to the right.
    """

    least_ms: float
    away_ms: float
    known: bool = False
    left_ms: float = 0.0
    right_ms: float = 0.0
    _side: Side = "away"
    _since_ms: float | None = None

    @property
    def total_ms(self) -> float:
        """Looking time in all; what is under way is counted when the next look begins."""
        return self.left_ms + self.right_ms

    def see(self, side: Side, at_ms: float) -> None:
        """Take that the child looks to a side from a time on; the same side again changes nothing."""
        if self.known and side == self._side:
            return
        self._count(at_ms)
        self.known, self._side, self._since_ms = True, side, at_ms

    def over(self, now_ms: float) -> bool:
        """Tell whether the child has looked away for good."""
        if not self.known or self._side != "away" or self._since_ms is None:
            return False
        return self.total_ms >= self.least_ms and now_ms - self._since_ms >= self.away_ms

    def close(self, at_ms: float) -> None:
        """Count the look that is under way."""
        self._count(at_ms)
        self._since_ms = at_ms

    def _count(self, at_ms: float) -> None:
        if self._since_ms is None:
            return
        lasted = max(0.0, at_ms - self._since_ms)
        if self._side == "left":
            self.left_ms += lasted
        elif self._side == "right":
            self.right_ms += lasted
