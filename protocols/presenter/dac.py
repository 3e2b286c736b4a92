"""When a sample is heard: ties the samples of an output stream to the clock of the session. Pure.

PortAudio states for each buffer when its first sample will leave the converter. The statement of one buffer jitters
with the sound server; the converter itself runs evenly. So the statements of the last buffers are brought to one by
their median, and a sound is begun at the very sample that falls on the wished time, not at the beginning of a buffer.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass

KEPT_BUFFERS = 48
BREAK_S = 0.02  # statements further off than this are a new course, not jitter
PATIENCE = 4


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How well a stream's clock is known at a moment.

    Attributes:
        offset_s: `time.perf_counter` at the stream's sample 0.
        spread_s: Median absolute deviation of the statements that it comes from.
        buffers: How many those are.
    """

    offset_s: float
    spread_s: float
    buffers: int


class ConverterClock:
    """The clock of one output stream.

    Args:
        rate: Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._offsets: deque[float] = deque(maxlen=KEPT_BUFFERS)
        self._strays: list[float] = []

    def state(self, first: int, heard_s: float) -> None:
        """Take a statement: sample ``first`` is heard at ``heard_s`` (`time.perf_counter`)."""
        offset = heard_s - first / self._rate
        if self._offsets and abs(offset - statistics.median(self._offsets)) > BREAK_S:
            self._strays.append(offset)
            if len(self._strays) < PATIENCE:
                return
            self._offsets.clear()  # the device stalled or was changed: only what it says now counts
            self._offsets.extend(self._strays)
        else:
            self._offsets.append(offset)
        self._strays.clear()

    @property
    def known(self) -> bool:
        """Whether anything was stated yet."""
        return bool(self._offsets)

    def measured(self) -> ClockOffset:
        """Return the offset as it is known now.

        Raises:
            ValueError: Nothing was stated yet.
        """
        kept = tuple(self._offsets)  # the stream's thread goes on stating meanwhile
        if not kept:
            raise ValueError("the stream has not stated its time yet")
        middle = statistics.median(kept)
        spread = statistics.median(abs(offset - middle) for offset in kept)
        return ClockOffset(middle, spread, len(kept))

    def heard_at(self, sample: int) -> float:
        """Return when a sample is heard, `time.perf_counter`, seconds."""
        return self.measured().offset_s + sample / self._rate

    def sample_at(self, time_s: float) -> int:
        """Return the first sample that is heard at or after a time."""
        return math.ceil((time_s - self.measured().offset_s) * self._rate - 1e-6)
