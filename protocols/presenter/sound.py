"""Sound of a session: prompts decoded beforehand and kept below the ceiling, played through one stream, or silence.

The onset of a sound comes from the converter's time that PortAudio states, else from the stated latency, plus what a
loop-back has measured on this station; `SoundReport` says which. What the sound server plays to is `volume`'s business.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from devkit.errors import UserError
from protocols.equipment import SoundReport, SoundSettings
from protocols.presenter import look
from protocols.presenter.decode import CHANNELS, Samples, decode
from protocols.presenter.loudness import ceiling_dbfs, limited
from protocols.presenter.stream import Playing, Stream
from protocols.presenter.volume import default_output, output_name

KEPT = 32
LOOK_EVERY_S = 10.0


class Sound:
    """The sound of a session, or silence with the reason.

    Args:
        settings: The sound as the lab has set it up.
        speed: Speed of the session's clock; sounds are played that much faster.
    """

    def __init__(self, settings: SoundSettings, speed: float) -> None:
        self._settings, self._speed = settings, speed
        self._ceiling = ceiling_dbfs(settings.ceiling_dbfs, settings.full_scale_db_spl)
        self._stream: Stream | None = None
        self._looked_s = time.perf_counter()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sound")
        self._decoded: OrderedDict[str, Future[Samples]] = OrderedDict()
        self.report = self._open() if settings.on else SoundReport(reason="sound was switched off")

    @property
    def works(self) -> bool:
        """Whether anything will be heard."""
        return self._stream is not None

    @property
    def measured(self) -> bool:
        """Whether a loop-back has measured this device on this station."""
        return self.report.offset_ms is not None

    def fetch(self, path: str) -> None:
        """Begin to decode a sound file."""
        if path and path not in self._decoded:
            self._decoded[path] = self._thread.submit(self._prepare, path)
            while len(self._decoded) > KEPT:
                self._decoded.popitem(last=False)

    def ready(self, path: str) -> bool:
        """Whether a file is decoded, well or not, so that `get` returns at once."""
        return path in self._decoded and self._decoded[path].done()

    def get(self, path: str) -> Samples:
        """Return a sound, shape (samples, 2).

        Raises:
            UserError: The file holds no sound that can be read.
        """
        self.fetch(path)
        try:
            return self._decoded[path].result()
        except UserError:
            del self._decoded[path]  # the file may have been mended when it is asked for again
            raise

    def soonest_s(self) -> float:
        """Return the earliest `time.perf_counter` at which a sound that is asked for now can begin."""
        return self._stream.soonest_s() if self._stream is not None else 0.0

    def play(self, samples: Samples, at_s: float | None = None) -> Playing | None:
        """Play a sound in place of the one that plays, at a time or as soon as possible; None without a device."""
        return self._stream.play(samples, at_s) if self._stream is not None else None

    def hush(self) -> None:
        """Stop what plays."""
        if self._stream is not None:
            self._stream.hush()

    def chime(self, right: bool) -> Playing | None:
        """Play the sound of a right or of a wrong answer."""
        tones = _chime(look.CHIME_RIGHT if right else look.CHIME_WRONG)
        return self.play(limited(tones, look.SAMPLE_RATE, self._ceiling)[0])

    def told(self, playing: Playing) -> dict[str, object]:
        """Return what the record keeps of how a sound was played: the stream's clock at that moment, and lateness."""
        clock = playing.clock
        return {
            "clock_offset_ms": None if clock is None else round(clock.offset_s * 1000, 3),
            "clock_spread_ms": None if clock is None else round(clock.spread_s * 1000, 3),
            "late_ms": round(playing.late_s * 1000, 2),
            "station_offset_ms": self.report.offset_ms,
            "volume_percent": self.report.volume_percent,
        }

    def look_at_volume(self) -> None:
        """Ask the sound server now and then, in another thread, how loud it is and whether it is mute."""
        now_s = time.perf_counter()
        if self._stream is not None and now_s - self._looked_s > LOOK_EVERY_S:
            self._looked_s = now_s
            self._thread.submit(self._take_volume)

    def _take_volume(self) -> None:
        output = default_output()
        if output is not None:
            changed = {"output": output.title, "volume_percent": output.volume_percent, "muted": output.muted}
            self.report = self.report.model_copy(update=changed)

    def failure(self) -> str:
        """Say what has become of a device that worked when the session opened; empty while it works."""
        if self._stream is not None and self._stream.stalled:
            return f"the sound device {self.report.device} has stopped"
        return ""

    def reopen(self) -> None:
        """Open the device anew, after it had failed or another one was connected."""
        self._let_go()
        self.report = self._open()

    def mute(self, reason: str) -> None:
        """Go on without sound."""
        self._let_go()
        self.report = SoundReport(reason=reason, ceiling_dbfs=self._ceiling)

    def close(self) -> None:
        """Close the stream."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _prepare(self, path: str) -> Samples:
        return limited(decode(path, self._speed), look.SAMPLE_RATE, self._ceiling)[0]

    def _open(self) -> SoundReport:
        wanted = self._settings
        try:
            self._stream = stream = Stream(wanted.device)
        except UserError as error:
            self._stream = None
            return SoundReport(reason=error.problem.message, ceiling_dbfs=self._ceiling)
        output = default_output()
        offset_ms = wanted.offsets_ms.get(output_name(stream.name, output))
        stream.set_offset((offset_ms or 0.0) / 1000)
        clock = stream.clock()
        return SoundReport(
            device=stream.name,
            output=output.title if output is not None else "",
            output_name=output_name(stream.name, output),
            volume_percent=output.volume_percent if output is not None else None,
            muted=output.muted if output is not None else None,
            latency_ms=round(stream.latency_s * 1000, 2),
            spread_ms=round(clock.spread_s * 1000, 3) if clock is not None else 0.0,
            onset="converter time" if stream.by_converter else "stated latency",
            offset_ms=offset_ms,
            ceiling_dbfs=self._ceiling,
        )


def _chime(tones: tuple[float, ...]) -> Samples:
    """Return soft tones one after the other, each fading out."""
    t = np.arange(int(look.CHIME_S * look.SAMPLE_RATE)) / look.SAMPLE_RATE
    envelope = np.minimum(1, t / 0.02) * np.exp(-t * 9)
    mono = np.concatenate([look.CHIME_LEVEL * envelope * np.sin(2 * np.pi * tone * t) for tone in tones])
    samples: Samples = np.repeat(mono[:, None], CHANNELS, axis=1).astype(np.float32)
    return samples
