"""The clock of a session: milliseconds from its start, possibly faster than real ones. Pure.

Only robots use a clock above 1. All times of a record are readings of this clock, so that a second of exposure is
1000 ms at any speed; the record keeps the speed, and its timing tier is then ``demo``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

MS32 = 2**32
EVENT_AGE_MS = 30_000.0  # a stalled machine reads late; a clock of its own is hours away


@dataclass(frozen=True, slots=True)
class SessionClock:
    """The clock of one session.

    Attributes:
        zero_s: `time.perf_counter` at the session's start.
        scale: Session milliseconds in a real one.
    """

    zero_s: float
    scale: float = 1.0

    def at(self, counter_s: float) -> float:
        """Return the session time of a reading of `time.perf_counter`, ms."""
        return (counter_s - self.zero_s) * 1000 * self.scale

    def now(self) -> float:
        """Return the present session time, ms."""
        return self.at(time.perf_counter())

    def real_s(self, session_ms: float) -> float:
        """Return how many real seconds a span of session milliseconds lasts."""
        return session_ms / 1000 / self.scale


def event_time(server_ms: int, now_s: float) -> float | None:
    """Turn a 32-bit X server time into a reading of `time.perf_counter`, seconds.

    On one machine the X server and we read the same monotonic clock; then the event happened a little before it was
    read. A server elsewhere, or with a clock of its own, gives a time that cannot be: None. Events of one millisecond
    get the very same time, however late each is read, so that sorting by time keeps them in their order.

    Args:
        server_ms: Time of the event, ms modulo 2**32.
        now_s: `time.perf_counter` when the event was read.
    """
    age_ms = (now_s * 1000 - server_ms) % MS32
    if age_ms > MS32 / 2:
        age_ms -= MS32
    if not -2.0 <= age_ms <= EVENT_AGE_MS:
        return None
    return round(now_s - max(0.0, age_ms) / 1000, 6)
