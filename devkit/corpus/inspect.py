"""What a video file says of itself: every packet looked at, hardly a picture decoded.

Reading the packets of an hour costs a second or two and tells nearly everything that goes wrong with recordings:
variable frame rates, rotation flags, damaged packets, streams that are missing, late or end early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from devkit.corpus.decode import upright

_TOLERANCE_MS = 2.0


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What was found in a video.

    Attributes:
        width: As shown, pixels.
        height: As shown, pixels.
        rotation: Degrees of the rotation flag, 0–359.
        square_pixels: Whether its pixels are square.
        duration_ms: End of the last picture, from the container's begin.
        fps: Pictures over duration.
        packets: Packets of pictures.
        bad_packets: Packets that are marked as damaged, or keys that could not be decoded.
        steady: Share of intervals between pictures that are as long as the median one.
        shortest_ms: 1st percentile of the intervals.
        longest_ms: Longest interval.
        has_audio: Whether there is a sound stream.
        audio_begin_ms: Begin of the sound, from the container's begin.
        audio_end_ms: End of the sound.
    """

    width: int
    height: int
    rotation: int
    square_pixels: bool
    duration_ms: int
    fps: float
    packets: int
    bad_packets: int
    steady: float
    shortest_ms: float
    longest_ms: float
    has_audio: bool
    audio_begin_ms: float
    audio_end_ms: float


class _Sound:
    """Begin and end of the sound."""

    def __init__(self) -> None:
        self.begin, self.end = float("inf"), 0.0

    def take(self, packet: av.Packet, begin_ms: float) -> None:
        if packet.pts is not None and packet.time_base is not None:
            start = float(packet.pts * packet.time_base * 1000) - begin_ms
            self.begin = min(self.begin, start)
            self.end = max(self.end, start + float((packet.duration or 0) * packet.time_base * 1000))


def inspect_film(path: Path, *, deep: bool = False) -> FilmFacts:
    """Look at every packet of a video.

    Args:
        path: The file.
        deep: Decode every picture, not only a key picture now and then.

    Raises:
        av.FFmpegError: It cannot be read.
        IndexError: It has no pictures, or none that can be decoded.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        begin_ms = (container.start_time or 0) * 1000 / av.time_base
        unit = float((stream.time_base or 0) * 1000)
        keys = _Keys(stream, deep)
        times: list[float] = []
        sound, bad, packets, last = _Sound(), 0, 0, 0.0
        listened = container.streams.audio[0] if container.streams.audio else None
        for packet in packets_of(container, [s for s in (stream, listened) if s is not None]):
            if packet.stream_index != stream.index:
                sound.take(packet, begin_ms)
                continue
            packets += 1
            bad += packet.is_corrupt
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None:
                times.append(stamp * unit - begin_ms)
                last = max(last, times[-1] + (packet.duration or 0) * unit)
            keys.take(packet)
        keys.finish()
        first = keys.first
        if first is None:
            raise IndexError("no picture can be decoded")
        rotation = round(first.rotation) % 360
        width, height = upright(first.width, first.height, rotation)
        steady, shortest, longest = _intervals(times)
        ratio = stream.sample_aspect_ratio
        return FilmFacts(
            width=width,
            height=height,
            rotation=rotation,
            square_pixels=not ratio or ratio == 1,
            duration_ms=round(last),
            fps=len(times) / (last / 1000) if last > 0 else 0.0,
            packets=packets,
            bad_packets=bad + keys.bad,
            steady=steady,
            shortest_ms=shortest,
            longest_ms=longest,
            has_audio=listened is not None,
            audio_begin_ms=0.0 if listened is None or sound.begin == float("inf") else sound.begin,
            audio_end_ms=sound.end,
        )


class _Keys:
    """Decodes the first picture and a key picture every ten seconds, or everything."""

    def __init__(self, stream: av.video.stream.VideoStream, deep: bool) -> None:
        self.context, self.deep = stream.codec_context, deep
        self.unit = float((stream.time_base or 0) * 1000)
        self.first: av.VideoFrame | None = None
        self.bad = 0
        self._next = float("-inf")

    def take(self, packet: av.Packet) -> None:
        stamp = (packet.pts if packet.pts is not None else packet.dts or 0) * self.unit
        if self.deep:
            self._decode(packet)
        elif packet.is_keyframe and (stamp >= self._next or self.first is None):
            self._next = stamp + 10_000
            self._decode(packet)
            self._decode(None)
            self.context.flush_buffers()
        elif self.first is None:
            self._decode(packet)

    def finish(self) -> None:
        if self.deep or self.first is None:
            self._decode(None)

    def _decode(self, packet: av.Packet | None) -> None:
        try:
            for frame in self.context.decode(packet):
                self.bad += frame.is_corrupt
                self.first = self.first or frame
        except (av.FFmpegError, EOFError):
            self.bad += packet is not None


def packets_of(container: av.container.InputContainer, streams: Sequence[av.stream.Stream]) -> Iterator[av.Packet]:
    """Yield the packets of some streams; a file that breaks off ends there."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, EOFError, av.FFmpegError):
            return
        if packet.size:
            yield packet


def _intervals(times: list[float]) -> tuple[float, float, float]:
    """Return the share of intervals like the median one, their 1st percentile and the longest, ms."""
    steps = np.diff(np.unique(np.array(times)))
    if not len(steps):
        return 1.0, 0.0, 0.0
    usual = float(np.median(steps))
    alike = np.abs(steps - usual) <= max(_TOLERANCE_MS, 0.05 * usual)
    return float(alike.mean()), float(np.percentile(steps, 1)), float(steps.max())
