"""When somebody has looked at a place for long enough: a pure state machine over samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

GAP_MS = 150.0


@dataclass(frozen=True, slots=True)
class Dwell:
    """Looking at one place.

    Attributes:
        need_ms: How long it has to be looked at, in one go.
        gap_ms: Blinks and lost samples up to this long do not interrupt it.
        since_ms: Since when it is looked at; None while it is not.
        last_ms: The last sample on the place.
        now_ms: The last sample of any kind.
    """

    need_ms: float
    gap_ms: float = GAP_MS
    since_ms: float | None = None
    last_ms: float | None = None
    now_ms: float = 0.0

    def after(self, t_ms: float, on: bool) -> Dwell:
        """Return the state after a sample; ``on`` says whether it fell on the place."""
        broken = self.last_ms is None or t_ms - self.last_ms > self.gap_ms
        if on:
            return replace(self, since_ms=t_ms if broken else self.since_ms, last_ms=t_ms, now_ms=t_ms)
        if broken:
            return replace(self, since_ms=None, last_ms=None, now_ms=t_ms)
        return replace(self, now_ms=t_ms)

    @property
    def done(self) -> bool:
        """Whether it was looked at for long enough."""
        return self.since_ms is not None and self.last_ms is not None and self.last_ms - self.since_ms >= self.need_ms
