"""Pictures out of videos: one pass over the packets, each wanted time given the picture nearest to it, pts kept.

Times are those of the recording: they begin where the container begins, as transcripts' do, whatever the first
timestamp is. Groups of pictures that nothing is wanted from are skipped without being decoded. Packets that cannot be
decoded are counted and passed over. One thread: error concealment depends on threads, and the same input must give
the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

GROUP_BYTES = 32_000_000
GROUP_PACKETS = 600
"""A group of pictures larger than this is decoded without waiting for its end, so that memory stays bounded."""
TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


def decoder_version() -> str:
    """Return the decoder's name and version."""
    major, minor, micro = av.library_versions.get("libavcodec", (0, 0, 0))
    return f"PyAV {av.__version__}, libavcodec {major}.{minor}.{micro}"


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture and the time that it was asked for.

    Attributes:
        time_ms: Time it was asked for.
        pts: Its presentation timestamp, in units of the stream's time base.
        source_ms: Its time in the recording, ms.
        frame: The decoded frame, not yet converted.
    """

    time_ms: int
    pts: int
    source_ms: float
    frame: av.VideoFrame

    def image(self, max_side: int | None = None) -> Image.Image:
        """Return it upright in RGB, scaled down to a longest side."""
        frame = self.frame
        longest = max(frame.width, frame.height)
        if max_side is None or longest <= max_side:
            picture: Image.Image = frame.to_image()
        else:
            width, height = reduced(frame.width, frame.height, max_side)
            picture = frame.to_image(width=width, height=height, interpolation="LANCZOS")
        turn = TURNS.get(round(frame.rotation) % 360)
        return picture.transpose(turn) if turn is not None else picture


def reduced(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Return a size scaled down to a longest side."""
    longest = max(width, height)
    if max_side is None or longest <= max_side:
        return width, height
    scale = max_side / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def upright(width: int, height: int, rotation: float) -> tuple[int, int]:
    """Return width and height as they are shown, given the rotation flag in degrees."""
    return (height, width) if round(rotation) % 180 == 90 else (width, height)


class Film:
    """The picture stream of an open video.

    Args:
        path: The file.

    Attributes:
        time_base: Unit of the pts, seconds.
        bad_packets: Packets and pictures that could not be decoded so far.
        decoded: Pictures decoded so far.

    Raises:
        av.FFmpegError: The file cannot be read.
        IndexError: It has no pictures.
    """

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        try:
            self._stream = self._container.streams.video[0]
        except IndexError:
            self._container.close()
            raise
        self._stream.thread_type = "NONE"
        self._stream.codec_context.thread_count = 1
        self.time_base = self._stream.time_base or Fraction(1, 1000)
        self._unit_ms = float(self.time_base * 1000)
        self._begin_ms = (self._container.start_time or 0) * 1000 / av.time_base
        self.bad_packets = 0
        self.decoded = 0

    def __enter__(self) -> Film:
        return self

    def __exit__(self, *failure: object) -> None:
        self._container.close()

    def time_ms(self, pts: int) -> float:
        """Return the time in the recording of a timestamp, ms."""
        return float(pts * self._unit_ms - self._begin_ms)

    def pictures(self, times_ms: Sequence[int], tolerance_ms: float) -> Iterator[Picture]:
        """Yield the picture nearest to each time, in one pass.

        Args:
            times_ms: Ascending, without repeats.
            tolerance_ms: A picture further from its time than this is not the one that was asked for.
        """
        wanted = list(reversed(times_ms))
        before: tuple[float, av.VideoFrame] | None = None
        for frame in self._frames(times_ms, tolerance_ms):
            now = self.time_ms(frame.pts or 0)
            if before is not None and now <= before[0]:
                continue
            while wanted and now >= wanted[-1]:
                nearer = before if before is not None and wanted[-1] - before[0] < now - wanted[-1] else (now, frame)
                yield from self._picture(*nearer, wanted.pop(), tolerance_ms)
            if not wanted:
                return
            before = (now, frame)
        while wanted and before is not None:
            yield from self._picture(*before, wanted.pop(), tolerance_ms)

    def _picture(self, source_ms: float, frame: av.VideoFrame, time_ms: int, tolerance_ms: float) -> Iterator[Picture]:
        if abs(source_ms - time_ms) <= tolerance_ms:
            yield Picture(time_ms, frame.pts or 0, source_ms, frame)

    def _frames(self, times_ms: Sequence[int], margin_ms: float) -> Iterator[av.VideoFrame]:
        """Decode the groups of pictures that could hold a wanted time, in order of presentation."""
        context = self._stream.codec_context
        skipped = False
        for group, needed in self._groups(times_ms, margin_ms):
            if not needed:
                if not skipped:
                    yield from self._decode(None)
                    context.flush_buffers()
                skipped = True
                continue
            skipped = False
            for packet in group:
                yield from self._decode(packet)
        if not skipped:
            yield from self._decode(None)

    def _decode(self, packet: av.Packet | None) -> Iterator[av.VideoFrame]:
        try:
            frames = self._stream.codec_context.decode(packet)
        except (av.FFmpegError, EOFError):
            self.bad_packets += packet is not None
            return
        for frame in frames:
            if frame.pts is None or frame.is_corrupt:
                self.bad_packets += 1
            else:
                self.decoded += 1
                yield frame

    def _groups(self, times_ms: Sequence[int], margin_ms: float) -> Iterator[tuple[list[av.Packet], bool]]:
        """Yield packets from key to key, with whether a wanted time lies in or near them."""
        if not times_ms:
            return
        place = 0
        group: list[av.Packet] = []
        size, start, known = 0, float("-inf"), False
        for packet in self._packets():
            if packet.is_keyframe and packet.pts is not None and group and not known:
                end = self.time_ms(packet.pts)
                while place < len(times_ms) and times_ms[place] < start - margin_ms:
                    place += 1
                if place == len(times_ms):
                    return
                yield group, times_ms[place] <= end + margin_ms
            if packet.is_keyframe and packet.pts is not None:
                group, size, start, known = [packet], packet.size, self.time_ms(packet.pts), False
            elif known:
                yield [packet], True
            else:
                group.append(packet)
                size += packet.size
                if len(group) > GROUP_PACKETS or size > GROUP_BYTES:
                    yield group, True
                    group, known = [], True
            if start > times_ms[-1] + margin_ms:
                return
        if group:
            yield group, True

    def _packets(self) -> Iterator[av.Packet]:
        """Yield the packets of the pictures; a file that breaks off ends there."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                return
            except av.FFmpegError:
                self.bad_packets += 1
                return
            if packet.size:
                yield packet
