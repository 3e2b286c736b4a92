"""How far a session's times can be trusted: lab, usable or demo, with the reason in words. Pure.

``lab``: flips wait for the screen, at most 1 in 1,000 intervals is above 1.5 frames, and sound, where there is any, was
measured by a loop-back on this station. ``usable``: flips wait, at most 1 in 100. ``demo``: everything else, every
virtual screen, and every clock that does not run at 1.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.equipment import Tier

SHORTEST_PERIOD_MS = 3.0
LATE_PERIODS = 1.5
LAB_LATE_SHARE = 1 / 1000
USABLE_LATE_SHARE = 1 / 100
REFRESH_MISMATCH = 0.1
LOADED_GROWTH = 1.2


@dataclass(frozen=True, slots=True)
class Frames:
    """Intervals between flips, summed up.

    Attributes:
        period_ms: Median interval.
        jitter_ms: Median absolute deviation.
        late: Intervals above 1.5 periods.
        count: Number of intervals.
    """

    period_ms: float
    jitter_ms: float
    late: int
    count: int

    @property
    def late_share(self) -> float:
        """Share of late intervals."""
        return self.late / self.count if self.count else 0.0

    def and_more(self, late: int, count: int) -> Frames:
        """Return the same with the intervals of the trials counted in."""
        return Frames(self.period_ms, self.jitter_ms, self.late + late, self.count + count)


@dataclass(frozen=True, slots=True)
class Station:
    """What a tier depends on besides the intervals.

    Attributes:
        waits: Whether flips wait for the screen.
        virtual: Whether the screen exists in memory only.
        time_scale: Speed of the session's clock.
        sound: Whether the session has sound.
        sound_measured: Whether the time of that sound was measured by a loop-back on this station.
    """

    waits: bool
    virtual: bool = False
    time_scale: float = 1.0
    sound: bool = False
    sound_measured: bool = False


def sum_up(intervals_ms: Sequence[float]) -> Frames:
    """Sum up intervals between flips, ms."""
    if not intervals_ms:
        return Frames(0.0, 0.0, 0, 0)
    period = statistics.median(intervals_ms)
    jitter = statistics.median(abs(value - period) for value in intervals_ms)
    late = sum(value > LATE_PERIODS * period for value in intervals_ms)
    return Frames(period, jitter, late, len(intervals_ms))


def flips_wait(idle: Frames, loaded: Frames, refresh_hz: float = 0.0) -> bool:
    """Whether flips wait for the screen.

    No screen is as fast as a flip that does not wait; a flip that waits takes what the screen's own refresh rate says;
    and work of less than a frame before the flip does not make its interval longer, since the flip then waits less.

    Args:
        idle: Intervals while the window did nothing else.
        loaded: Intervals with work of about half a period before each flip.
        refresh_hz: Refresh rate that the screen states; 0 when it states none.
    """
    if idle.period_ms < SHORTEST_PERIOD_MS or idle.jitter_ms >= 0.25 * idle.period_ms:
        return False
    if loaded.count and loaded.period_ms > LOADED_GROWTH * idle.period_ms:
        return False
    return not refresh_hz or abs(idle.period_ms * refresh_hz / 1000 - 1) <= REFRESH_MISMATCH


def rate(frames: Frames, station: Station) -> tuple[Tier, str]:
    """Rate the timing of a session.

    Args:
        frames: The intervals of the session, those measured on opening included.
        station: What it ran on.

    Returns:
        The tier, and the reason for it.
    """
    if station.time_scale != 1:
        return "demo", f"the clock runs at {station.time_scale:g} times its speed"
    if station.virtual:
        return "demo", "the screen is virtual"
    if not station.waits:
        return "demo", f"flips do not wait for the screen ({frames.period_ms:.1f} ms apart)"
    told = f"{frames.late} of {frames.count} intervals were above 1.5 frames of {frames.period_ms:.2f} ms"
    if frames.late_share > USABLE_LATE_SHARE:
        return "demo", told
    if frames.late_share > LAB_LATE_SHARE:
        return "usable", told
    if station.sound and not station.sound_measured:
        return "usable", f"{told}; the sound was never measured (devkit doctor sound)"
    heard = "sound measured" if station.sound else "no sound"
    return "lab", f"{told}; {heard}"
