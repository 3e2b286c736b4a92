"""The intervals between frames: kept for every turn, and the late ones counted over the whole session. Pure.

Where flips wait for the screen an interval lies between two flips. Where they do not, the drawing loop keeps a pace of
its own and an interval lies between two turns of that loop at which a frame could have been drawn, so that a stalled
loop shows up in the same way. Anything above 1.5 frames is late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from protocols.presenter.tier import LATE_PERIODS


@dataclass(frozen=True, slots=True)
class Turn:
    """The frames of one turn.

    Attributes:
        frame_ms: What counts as a frame.
        intervals_ms: In order; a rest between two of them leaves none.
        late: How many are above 1.5 frames.
    """

    frame_ms: float
    intervals_ms: tuple[float, ...]
    late: int

    @property
    def longest_ms(self) -> float:
        """The longest interval; 0 without any."""
        return max(self.intervals_ms, default=0.0)


@dataclass(slots=True)
class FrameLog:
    """Takes the times of frames.

    Attributes:
        frame_s: What counts as a frame, seconds.
        paced: Whether the loop keeps its own pace: then times closer than a frame to the last are no frame yet.
        count: Intervals so far.
        late: Of them above 1.5 frames.
    """

    frame_s: float
    paced: bool
    count: int = 0
    late: int = 0
    _last_s: float | None = None
    _kept: list[float] = field(default_factory=list)
    _late_before: int = 0

    def mark(self, at_s: float) -> None:
        """Take the time of a flip, or of a turn of the loop (`time.perf_counter`, seconds)."""
        if self._last_s is None:
            self._last_s = at_s
            return
        interval_s = at_s - self._last_s
        if self.paced and interval_s < self.frame_s:
            return
        self._last_s = at_s
        self._kept.append(interval_s * 1000)
        self.count += 1
        self.late += interval_s > LATE_PERIODS * self.frame_s

    def rest(self) -> None:
        """Say that drawing stops on purpose; the next frame is compared with none."""
        self._last_s = None

    def take(self) -> Turn:
        """Return the intervals since this was last asked."""
        turn = Turn(self.frame_s * 1000, tuple(self._kept), self.late - self._late_before)
        self._kept, self._late_before = [], self.late
        return turn


def flip_after(time_s: float, flip_s: float, period_s: float) -> float:
    """Return the first flip at or after a time, seconds, of a screen that flipped at ``flip_s`` and then every period.

    It is never the flip that was: one that is asked for now comes a period after it at the soonest.
    """
    return flip_s + max(1, math.ceil((time_s - flip_s) / period_s)) * period_s
