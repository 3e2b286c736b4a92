"""Sound: one stream that is always open, prompts decoded beforehand, and the time at which each began.

PsychoPy's sound ignores a requested time on this back end and cannot open FLAC in Ogg, so prompts are decoded by PyAV
and played by our own sounddevice stream. The onset comes from the converter's time that PortAudio states for the buffer
that holds the first sample, else from the stated latency; `SoundReport.onset` says which.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from devkit.errors import UserError
from protocols.messages import SoundReport
from protocols.presenter import look

Samples = npt.NDArray[np.float32]
CHANNELS = 2
KEPT = 32


class Playing:
    """One sound that is being played.

    Attributes:
        seconds: Its length.
        onset_s: `time.perf_counter` at its first sample; None until that is known.
    """

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.seconds = len(samples) / look.SAMPLE_RATE
        self.onset_s: float | None = None
        self._asked_s = time.perf_counter()

    def over(self, now_s: float) -> bool:
        """Whether its last sample has been heard; a device that stopped does not hold a trial up."""
        if self.onset_s is not None:
            return now_s >= self.onset_s + self.seconds
        return now_s >= self._asked_s + self.seconds + 1.0


class Sound:
    """The output stream of a session, or silence with the reason.

    Args:
        wanted: Whether sound is wanted at all.
        speed: Speed of the session's clock; sounds are played that much faster.
    """

    def __init__(self, wanted: bool, speed: float) -> None:
        self._speed = speed
        self._lock = threading.Lock()
        self._playing: Playing | None = None
        self._place = 0
        self._stream: Any = None
        self._by_converter = False
        self._filled_s = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sound")
        self._decoded: OrderedDict[str, Future[Samples]] = OrderedDict()
        self.report = self._open() if wanted else SoundReport(reason="sound was switched off")

    @property
    def works(self) -> bool:
        """Whether anything will be heard."""
        return self._stream is not None

    def fetch(self, path: str) -> None:
        """Begin to decode a sound file."""
        if path and path not in self._decoded:
            self._decoded[path] = self._thread.submit(decode, path, self._speed)
            while len(self._decoded) > KEPT:
                self._decoded.popitem(last=False)

    def get(self, path: str) -> Samples:
        """Return a sound, shape (samples, 2).

        Raises:
            UserError: The file holds no sound that can be read.
        """
        self.fetch(path)
        return self._decoded[path].result()

    def play(self, samples: Samples) -> Playing | None:
        """Play a sound at once, in place of the one that plays; None without a device."""
        if not self.works:
            return None
        playing = Playing(samples)
        with self._lock:
            self._playing, self._place = playing, 0
        return playing

    def hush(self) -> None:
        """Stop what plays."""
        with self._lock:
            self._playing = None

    def chime(self, right: bool) -> Playing | None:
        """Play the sound of a right or of a wrong answer."""
        return self.play(_chime(look.CHIME_RIGHT if right else look.CHIME_WRONG))

    def close(self) -> None:
        """Close the stream."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._stream is not None:
            self._stream.abort()
            self._stream.close()
            self._stream = None

    def _open(self) -> SoundReport:
        try:
            import sounddevice

            device = sounddevice.query_devices(kind="output")
            self._stream = sounddevice.OutputStream(
                samplerate=look.SAMPLE_RATE,
                channels=CHANNELS,
                dtype="float32",
                latency=look.SOUND_LATENCY_S,
                callback=self._fill,
            )
            self._stream.start()
        except (OSError, ValueError, sounddevice_error()) as error:
            self._stream = None
            return SoundReport(reason=f"no sound device ({error})")
        self._settle()
        return SoundReport(
            device=str(device["name"]),
            latency_ms=round(float(self._stream.latency) * 1000, 2),
            onset="converter time" if self._by_converter else "stated latency",
        )

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
        stated = 0 < ahead_s < 1
        self._by_converter = self._by_converter or stated
        out.fill(0)
        with self._lock:
            playing = self._playing
            if playing is None:
                return
            if playing.onset_s is None:
                playing.onset_s = now_s + (ahead_s if stated else float(self._stream.latency))
            piece = playing.samples[self._place : self._place + frames]
            out[: len(piece)] = piece
            self._place += frames
            if self._place >= len(playing.samples):
                self._playing = None


def sounddevice_error() -> type[Exception]:
    """Return sounddevice's own error; OSError where its library cannot be loaded."""
    try:
        from sounddevice import PortAudioError
    except OSError:
        return OSError
    error: type[Exception] = PortAudioError
    return error


def decode(path: str, speed: float = 1.0) -> Samples:
    """Decode a sound file of any format that PyAV reads (FLAC in Ogg too).

    Args:
        path: The file.
        speed: How much faster it shall sound.

    Returns:
        Samples at the stream's rate, shape (samples, 2), -1 to 1.

    Raises:
        UserError: It holds no sound that can be read.
    """
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                raise UserError("the file holds no sound", place=path, code="bad-sound")
            channels = min(CHANNELS, container.streams.audio[0].channels)  # one channel is doubled, not panned down
            layout = "mono" if channels == 1 else "stereo"
            resampler = av.AudioResampler(format="flt", layout=layout, rate=round(look.SAMPLE_RATE / speed))
            pieces = [
                piece.to_ndarray().reshape(-1, channels)
                for frame in [*container.decode(audio=0), None]
                for piece in resampler.resample(frame)
            ]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UserError("the sound cannot be read", place=path, hint=str(error), code="bad-sound") from error
    if not pieces:
        raise UserError("the file holds no sound", place=path, code="bad-sound")
    samples: Samples = np.clip(np.concatenate(pieces), -1, 1).astype(np.float32)
    return samples if channels == CHANNELS else np.repeat(samples, CHANNELS, axis=1)


def _chime(tones: tuple[float, ...]) -> Samples:
    """Return soft tones one after the other, each fading out."""
    t = np.arange(int(look.CHIME_S * look.SAMPLE_RATE)) / look.SAMPLE_RATE
    envelope = np.minimum(1, t / 0.02) * np.exp(-t * 9)
    mono = np.concatenate([look.CHIME_LEVEL * envelope * np.sin(2 * np.pi * tone * t) for tone in tones])
    samples: Samples = np.repeat(mono[:, None], CHANNELS, axis=1).astype(np.float32)
    return samples
