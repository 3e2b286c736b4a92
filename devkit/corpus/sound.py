"""Whether a transcript's times fit the sound: loudness against what is said when.

The clocks of camera and recogniser differ more often than one thinks: a file cut at its begin, a frame rate rounded
from 29.97 to 30, a recorder with a drifting clock. Where speech is, it is louder; so the loudness of the sound is
correlated with the transcript's stretches of speech, window by window, and the shift that fits best is followed over
the recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from devkit.annotations import Utterance
from devkit.corpus.inspect import packets_of

STEP_MS = 20
RATE = 8000
_SILENT_DB = -65.0
_LEAST_FIT = 0.25
Curve = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class ClockFit:
    """How a transcript lies on the sound.

    Attributes:
        offset_ms: Shift at the begin: positive when the transcript is late.
        drift_ms: How much the shift grows over the recording.
        windows: Windows in which a shift could be told.
    """

    offset_ms: float
    drift_ms: float
    windows: int


def loudness(path: Path) -> Curve:
    """Return the loudness of each `STEP_MS` of the sound in dB below full scale; empty without sound.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    pieces: list[Curve] = []
    rest = np.zeros(0, np.float32)
    for block in samples(path, RATE):
        rest = np.concatenate([rest, block])
        if len(rest) > 10 * RATE:
            levels, rest = _levels(rest)
            pieces.append(levels)
    pieces.append(_levels(rest)[0])
    return np.concatenate(pieces)


def samples(path: Path, rate: int) -> Iterator[Curve]:
    """Yield the sound block by block: mono, from the recording's begin, in the range of 16-bit numbers.

    Args:
        path: The video.
        rate: Samples a second.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        stream.thread_type = "NONE"
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        begin = (container.start_time or 0) / av.time_base
        placed = False
        for packet in packets_of(container, [stream]):
            try:
                frames = stream.codec_context.decode(packet)
            except (av.FFmpegError, EOFError):
                continue
            for frame in frames:
                if not placed and frame.pts is not None:
                    lead = float(frame.pts * (frame.time_base or 0)) - begin
                    yield np.zeros(max(0, round(lead * rate)), np.float32)
                    placed = True
                for piece in resampler.resample(frame):
                    yield piece.to_ndarray()[0].astype(np.float32)


def _levels(samples: Curve) -> tuple[Curve, Curve]:
    step = RATE * STEP_MS // 1000
    whole = len(samples) // step * step
    power = (samples[:whole].reshape(-1, step) ** 2).mean(axis=1) / 32768**2
    levels: Curve = (10 * np.log10(power + 1e-10)).astype(np.float32)
    return levels, samples[whole:]


def is_silent(levels: Curve) -> bool:
    """Tell whether there is nothing to be heard."""
    return not len(levels) or float(np.percentile(levels, 99)) < _SILENT_DB


def fit_clock(levels: Curve, utterances: Sequence[Utterance], window_s: float = 120, reach_s: float = 10) -> ClockFit:
    """Find how the transcript's clock lies on that of the sound.

    Args:
        levels: Loudness, from `loudness`.
        utterances: In order of time.
        window_s: Length of a window; shorter recordings are cut into four.
        reach_s: Largest shift that is looked for.
    """
    spoken = np.zeros(len(levels) + round(reach_s * 1000 / STEP_MS), np.float32)
    for said in utterances:
        spoken[said.start_ms // STEP_MS : max(said.start_ms + STEP_MS, said.end_ms) // STEP_MS] = 1
    length = round(min(window_s * 1000, len(levels) * STEP_MS / 4) / STEP_MS)
    reach = min(round(reach_s * 1000 / STEP_MS), length // 2)
    found: list[tuple[float, float]] = []
    for start in range(0, len(levels) - length + 1, max(1, length // 2)):
        shift = _shift(levels, spoken, start, length, reach)
        if shift is not None:
            found.append(((start + length / 2) * STEP_MS, shift * STEP_MS))
    if len(found) < 3:
        return ClockFit(0.0, 0.0, len(found))
    times, shifts = np.array([time for time, _ in found]), np.array([shift for _, shift in found])
    pairs = [(i, j) for i in range(len(found)) for j in range(i + 1, len(found)) if times[j] - times[i] > length * 15]
    slopes = [(shifts[j] - shifts[i]) / (times[j] - times[i]) for i, j in pairs]
    slope = float(np.median(slopes)) if slopes else 0.0
    offset = float(np.median(shifts - slope * times))
    return ClockFit(offset, slope * len(levels) * STEP_MS, len(found))


def _shift(levels: Curve, spoken: Curve, start: int, length: int, reach: int) -> int | None:
    """Return by how many steps the transcript is late in a window; None where that cannot be told."""
    sound = levels[start : start + length]
    sound = np.clip(sound, np.percentile(sound, 10), None)
    if float(sound.std()) < 1.0:
        return None
    sound = (sound - sound.mean()) / sound.std()
    padded = np.zeros(length + 2 * reach, np.float32)
    first, last = max(0, start - reach), min(len(spoken), start + length + reach)
    padded[first - start + reach : last - start + reach] = spoken[first:last]
    size = 1 << (len(padded) + length).bit_length()
    product = np.fft.irfft(np.fft.rfft(padded, size) * np.conj(np.fft.rfft(sound, size)), size)[: 2 * reach + 1]
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    share = (sums[length : length + 2 * reach + 1] - sums[: 2 * reach + 1]) / length
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-6))
    fit = product / length / spread
    fit[(share < 0.02) | (share > 0.98)] = 0
    fit *= 1 - 0.1 * np.abs(np.arange(-reach, reach + 1)) / reach  # talk in a steady beat fits at every beat
    best = int(np.argmax(fit))
    return best - reach if float(fit[best]) >= _LEAST_FIT else None
