"""Hears what this station plays: records the sound server's monitor or a microphone, and finds known sounds in it.

The recording's samples are tied to `time.perf_counter` in the same way as those that are played
(`protocols.presenter.dac`), so that the time at which a sound was heard can be set against a flip or against the time
that the output device stated. A monitor hears what the server hands to the device; only a microphone, or a cable, hears
the device itself. Used by `devkit doctor sound` and the benchmarks; never in a session.
"""

from __future__ import annotations

import math
import os
import statistics
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from devkit.errors import UserError
from protocols.presenter.dac import ConverterClock

Mono = npt.NDArray[np.float32]

RATE = 48000
CHIRP_S = 0.03
CHIRP_HZ = (1500.0, 5000.0)
CHIRP_LEVEL = 0.15
SEARCH_S = 0.4
LEAST_MATCH = 0.35
SURE = 0.6
ADC_LATENCY_S = 0.02


@dataclass(frozen=True, slots=True)
class Deviations:
    """How sounds lay against what they belong to.

    Attributes:
        heard: How many were heard.
        missed: How many were not.
        median_ms: The constant part.
        sd_ms: Standard deviation.
        p95_ms: 95th percentile of the distance from the median.
    """

    heard: int
    missed: int
    median_ms: float
    sd_ms: float
    p95_ms: float


def deviations(differences_ms: Sequence[float | None]) -> Deviations:
    """Sum up differences, ms; None stands for a sound that was not heard."""
    heard = [value for value in differences_ms if value is not None]
    if not heard:
        return Deviations(0, len(differences_ms), math.nan, math.nan, math.nan)
    middle = statistics.median(heard)
    away = sorted(abs(value - middle) for value in heard)
    p95 = away[min(len(away) - 1, math.ceil(0.95 * len(away)) - 1)]
    sd = statistics.stdev(heard) if len(heard) > 1 else 0.0
    return Deviations(len(heard), len(differences_ms) - len(heard), middle, sd, p95)


def chirp() -> Mono:
    """Return a short rising tone whose begin can be found to the sample, shape (samples,)."""
    t = np.arange(round(CHIRP_S * RATE)) / RATE
    low, high = CHIRP_HZ
    sweep = np.sin(2 * np.pi * (low * t + (high - low) / (2 * CHIRP_S) * t**2))
    tone: Mono = (CHIRP_LEVEL * sweep * np.hanning(len(t)) ** 0.25).astype(np.float32)
    return tone


def write_chirp(path: Path, seconds: float = 0.25) -> Path:
    """Write the chirp, and silence behind it, as a WAV file."""
    samples = np.zeros(round(seconds * RATE), dtype=np.float32)
    samples[: len(chirp())] = chirp()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def find(recording: Mono, about: int, search: int = round(SEARCH_S * RATE)) -> int | None:
    """Return the sample at which the chirp begins, near an expected one; None when it is not there.

    Args:
        recording: Shape (samples,).
        about: Where it is expected.
        search: How far around that it is looked for.
    """
    template = chirp()
    start = max(0, about - search)
    piece = recording[start : about + search + len(template)].astype(np.float64)
    if len(piece) < len(template):
        return None
    match = np.correlate(piece, template, mode="valid")
    power = np.convolve(piece**2, np.ones(len(template)), mode="valid")
    likeness = np.abs(match) / np.sqrt(np.maximum(power, 1e-9) * float((template**2).sum()))
    loud = np.abs(match) * (likeness > LEAST_MATCH)
    if not loud.any():
        return None
    strong = np.flatnonzero(loud > SURE * loud.max())  # of several the nearest: the one before may be in reach too
    nearest = int(strong[np.argmin(np.abs(strong + start - about))])
    left = max(0, nearest - len(template) // 2)
    return start + left + int(np.argmax(loud[left : nearest + len(template) // 2]))


class Recorder:
    """Records the system's sound while it is entered.

    Args:
        source: Name of a source of the sound server (``speaker.monitor``); empty records the microphone.

    Raises:
        UserError: There is nothing to record from.
    """

    def __init__(self, source: str = "") -> None:
        self._source = source
        self._clock = ConverterClock(RATE)
        self._pieces: list[Mono] = []
        self._sample = 0
        self._stream: Any = None

    def __enter__(self) -> Recorder:
        import sounddevice

        before = os.environ.get("PULSE_SOURCE")
        if self._source:
            os.environ["PULSE_SOURCE"] = self._source
        try:
            self._stream = sounddevice.InputStream(samplerate=RATE, channels=1, dtype="float32", callback=self._take)
            self._stream.start()
        except (OSError, ValueError, sounddevice.PortAudioError) as error:
            raise UserError(f"nothing can be recorded ({error})", place=self._source, code="no-microphone") from error
        finally:
            if self._source:
                os.environ.pop("PULSE_SOURCE")
                if before is not None:
                    os.environ["PULSE_SOURCE"] = before
        self._wait_for_sound()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.abort()
        self._stream.close()

    def heard_at(self, wished_s: float, search_s: float = SEARCH_S) -> float | None:
        """Return when a chirp that belongs near a time was heard, `time.perf_counter`; None when it was not."""
        recording = np.concatenate(self._pieces) if self._pieces else np.zeros(0, dtype=np.float32)
        found = find(recording, self._clock.sample_at(wished_s), round(search_s * RATE))
        return None if found is None else self._clock.heard_at(found)

    def _take(self, data: Any, frames: int, times: Any, status: Any) -> None:
        now_s = time.perf_counter()
        behind_s = float(times.currentTime) - float(times.inputBufferAdcTime)
        stated = 0 <= behind_s < 1
        self._clock.state(self._sample, now_s - (behind_s if stated else frames / RATE + ADC_LATENCY_S))
        self._pieces.append(data[:, 0].copy())
        self._sample += frames

    def _wait_for_sound(self, patience_s: float = 5.0) -> None:
        until_s = time.perf_counter() + patience_s
        while self._sample < RATE // 2:
            if time.perf_counter() > until_s:
                self.__exit__()
                raise UserError("the source stays silent", place=self._source, code="no-microphone")
            time.sleep(0.02)
