"""How far a session's times can be trusted: lab, usable or demo, with the reason in words. Pure.

``lab``: flips wait for the screen, hardly any is late, and presses carry the window system's own time.
``usable``: flips wait for the screen, but something of that is worse or unknown.
``demo``: a virtual or software-drawn screen, flips that do not wait, or a clock that does not run at 1.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.messages import Tier

SHORTEST_PERIOD_MS = 3.0
LATE_PERIODS = 1.5
LAB_LATE_SHARE = 0.005
USABLE_LATE_SHARE = 0.05
LAB_JITTER_SHARE = 0.05
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software rasterizer", "gdi generic")


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


def sum_up(intervals_ms: Sequence[float]) -> Frames:
    """Sum up intervals between flips, ms."""
    if not intervals_ms:
        return Frames(0.0, 0.0, 0, 0)
    period = statistics.median(intervals_ms)
    jitter = statistics.median(abs(value - period) for value in intervals_ms)
    late = sum(value > LATE_PERIODS * period for value in intervals_ms)
    return Frames(period, jitter, late, len(intervals_ms))


def flips_wait(frames: Frames) -> bool:
    """Whether flips wait for the screen: no screen is as fast as a flip that does not."""
    return frames.period_ms >= SHORTEST_PERIOD_MS and frames.jitter_ms < 0.25 * frames.period_ms


def rate(frames: Frames, *, renderer: str, virtual: bool, time_scale: float, event_times: bool) -> tuple[Tier, str]:
    """Rate the timing of a session.

    Args:
        frames: Intervals measured while the window did nothing else.
        renderer: Name of what draws.
        virtual: Whether the screen exists in memory only.
        time_scale: Speed of the session's clock.
        event_times: Whether presses carry the window system's own time.

    Returns:
        The tier, and the reason for it.
    """
    if time_scale != 1:
        return "demo", f"the clock runs at {time_scale:g} times its speed"
    if virtual:
        return "demo", "the screen is virtual"
    if any(name in renderer.lower() for name in SOFTWARE):
        return "demo", f"drawn by software ({renderer})"
    if not flips_wait(frames):
        return "demo", f"flips do not wait for the screen ({frames.period_ms:.1f} ms apart)"
    if frames.late_share > USABLE_LATE_SHARE:
        return "demo", f"{frames.late} of {frames.count} frames were late"
    weak = []
    if frames.late_share > LAB_LATE_SHARE:
        weak.append(f"{frames.late} of {frames.count} frames were late")
    if frames.jitter_ms > LAB_JITTER_SHARE * frames.period_ms:
        weak.append(f"frames vary by {frames.jitter_ms:.1f} ms")
    if not event_times:
        weak.append("presses are timed when they are read")
    if weak:
        return "usable", "; ".join(weak)
    return "lab", f"{frames.count} frames of {frames.period_ms:.2f} ms, {frames.late} late"
