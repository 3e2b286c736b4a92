"""The output stream: always open, each sound begun at the sample that falls on the wished time.

PsychoPy's sound ignores the time that it is asked to play at on this back end, so the stream is our own. Its callback
counts samples; `ConverterClock` says when each is heard, and a sound is placed in the running stream accordingly. What
is played comes from `protocols.presenter.sound`.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from devkit.errors import UserError
from protocols.presenter import look
from protocols.presenter.dac import ClockOffset, ConverterClock

Samples = npt.NDArray[np.float32]
CHANNELS = 2
STALLED_S = 1.0
LOST_S = 5.0  # sound servers stall for a second or two on a busy machine and come back
AHEAD_BUFFERS = 2.0
AHEAD_S = 0.01


class Playing:
    """One sound that is being played or waits for its time.

    Attributes:
        seconds: Its length.
        first: Number of the stream's sample at which it begins; None until that is known.
        onset_s: `time.perf_counter` at which its first sample is heard; None until that is known.
        begun: Whether its first sample has been handed to the device; then the times are final.
        late_s: How much later than wished it began; 0 when it began in time or at no wished time.
        clock: How the stream's clock was known when it began.
    """

    def __init__(self, samples: Samples, wished_s: float | None) -> None:
        self.samples = samples
        self.seconds = len(samples) / look.SAMPLE_RATE
        self.wished_s = wished_s
        self.first: int | None = None
        self.onset_s: float | None = None
        self.begun = False
        self.late_s = 0.0
        self.clock: ClockOffset | None = None
        self._asked_s = time.perf_counter()

    def over(self, now_s: float) -> bool:
        """Whether its last sample has been heard; a device that stopped does not hold a trial up."""
        if self.onset_s is not None:
            return now_s >= self.onset_s + self.seconds
        begin_s = self._asked_s if self.wished_s is None else max(self._asked_s, self.wished_s)
        return now_s >= begin_s + self.seconds + STALLED_S


class Stream:
    """A running output stream.

    Args:
        device: Part of the device's name; empty for the system's first.

    Attributes:
        name: Name of the device.
        latency_s: Output latency that it states.
        by_converter: Whether it states the converter's time of each buffer.
        underflows: How often it ran out of samples.

    Raises:
        UserError: There is no such device, or it cannot be opened.
    """

    def __init__(self, device: str = "") -> None:
        self._offset_s = 0.0
        self._lock = threading.Lock()
        self._playing: Playing | None = None
        self._clock = ConverterClock(look.SAMPLE_RATE)
        self._sample = 0
        self._buffer = 0
        self._filled_s = 0.0
        self._closed = False
        self.by_converter = False
        self.underflows = 0
        self.latency_s = look.SOUND_LATENCY_S
        self.name, self._stream = self._open(device)
        self.latency_s = float(self._stream.latency)
        self._settle()

    def _open(self, wanted: str) -> tuple[str, Any]:
        try:
            import sounddevice

            found = sounddevice.query_devices(wanted or None, kind="output")
            stream = sounddevice.OutputStream(
                device=found["index"],
                samplerate=look.SAMPLE_RATE,
                channels=CHANNELS,
                dtype="float32",
                latency=look.SOUND_LATENCY_S,
                callback=self._fill,
            )
            stream.start()
        except (OSError, ValueError, sounddevice_error()) as error:
            raise UserError(f"no sound device ({error})", place=wanted, code="no-sound") from error
        return str(found["name"]), stream

    @property
    def stalled(self) -> bool:
        """Whether the device has stopped asking for samples."""
        return time.perf_counter() - self._filled_s > LOST_S or not self._stream.active

    def clock(self) -> ClockOffset | None:
        """Return how the stream's clock is known now."""
        return self._clock.measured() if self._clock.known else None

    def soonest_s(self) -> float:
        """Return the earliest `time.perf_counter` at which a sound that is asked for now can begin."""
        with self._lock:
            if not self._clock.known:
                return time.perf_counter() + self.latency_s + STALLED_S
            ahead = self._sample + round(AHEAD_BUFFERS * self._buffer + AHEAD_S * look.SAMPLE_RATE)
            return self._clock.heard_at(ahead) + self._offset_s

    def play(self, samples: Samples, at_s: float | None = None) -> Playing:
        """Play a sound in place of the one that plays.

        Args:
            samples: Shape (samples, 2).
            at_s: `time.perf_counter` at which its first sample is to be heard; None for as soon as possible.
        """
        playing = Playing(samples, at_s)
        with self._lock:
            if at_s is not None and self._clock.known:
                playing.first = self._clock.sample_at(at_s - self._offset_s)
                playing.onset_s = self._clock.heard_at(playing.first) + self._offset_s
                playing.clock = self._clock.measured()
            self._playing = playing
        return playing

    def set_offset(self, offset_s: float) -> None:
        """Say how much later than stated sound is heard on this station."""
        self._offset_s = offset_s

    def hush(self) -> None:
        """Stop what plays."""
        with self._lock:
            self._playing = None

    def close(self) -> None:
        """Close the stream."""
        if not self._closed:
            self._closed = True
            self._stream.abort()
            self._stream.close()

    def _settle(self) -> None:
        """Wait until the device asks for samples steadily; sound servers stall once after a stream begins."""
        until_s = time.perf_counter() + look.SOUND_SETTLING_S
        steady_from_s, last_s = time.perf_counter(), self._filled_s
        while time.perf_counter() < until_s and time.perf_counter() - steady_from_s < look.SOUND_STEADY_S:
            time.sleep(look.SOUND_LATENCY_S)
            if self._filled_s == last_s:
                steady_from_s = time.perf_counter()
            last_s = self._filled_s

    def _fill(self, out: Samples, frames: int, times: Any, status: Any) -> None:
        now_s = self._filled_s = time.perf_counter()
        ahead_s = float(times.outputBufferDacTime) - float(times.currentTime)
        stated = 0 < ahead_s < STALLED_S
        if stated and not self.by_converter:
            self.by_converter, self._clock = True, ConverterClock(look.SAMPLE_RATE)
        self.underflows += bool(status.output_underflow)
        out.fill(0)
        with self._lock:
            begin, self._sample, self._buffer = self._sample, self._sample + frames, frames
            if stated or not self.by_converter:
                self._clock.state(begin, now_s + (ahead_s if stated else self.latency_s))
            if self._playing is not None:
                self._place(self._playing, out, begin, frames)

    def _place(self, playing: Playing, out: Samples, begin: int, frames: int) -> None:
        """Put the part of a sound that falls into this buffer where it belongs."""
        if not playing.begun:
            wished = begin if playing.first is None else playing.first
            if wished >= begin + frames:
                return
            self._begin(playing, max(begin, wished), wished)
        assert playing.first is not None
        start = max(playing.first, begin)
        piece = playing.samples[start - playing.first : begin + frames - playing.first]
        out[start - begin : start - begin + len(piece)] = piece
        if begin + frames >= playing.first + len(playing.samples):
            self._playing = None

    def _begin(self, playing: Playing, first: int, wished: int) -> None:
        playing.begun, playing.first = True, first
        playing.late_s = (first - wished) / look.SAMPLE_RATE
        playing.clock = self._clock.measured()
        playing.onset_s = self._clock.heard_at(first) + self._offset_s


def sounddevice_error() -> type[Exception]:
    """Return sounddevice's own error; OSError where its library cannot be loaded."""
    try:
        from sounddevice import PortAudioError
    except OSError:
        return OSError
    error: type[Exception] = PortAudioError
    return error
