"""Pictures out of videos: one sequential pass, each wanted time given the picture nearest to it, pts kept.

Different decoders return different pictures for one timestamp, so the pts of every stored picture and the version of
the decoder are written beside them. A recording's ``index.json`` is written when all of its pictures are there and
names the settings they were made with, which is what makes a build resumable.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image
from pydantic import Field, ValidationError

from devkit.errors import Problem, Problems
from devkit.files import write_whole
from devkit.ids import digest_bytes, digest_json
from devkit.items import Strict

INDEX = "index.json"


class FrameRules(Strict):
    """How pictures are stored.

    Attributes:
        quality: JPEG quality.
        max_side: Longer side in pixels; larger pictures are scaled down. None keeps the video's size.
    """

    quality: int = Field(default=90, ge=1, le=100)
    max_side: int | None = Field(default=None, ge=16)


class StoredFrame(Strict):
    """One stored picture.

    Attributes:
        time_ms: Time it was asked for, which names its file.
        pts: Presentation timestamp of the picture in units of the index's ``time_base``.
        digest: SHA-256 of the file.
    """

    time_ms: int
    pts: int
    digest: str


class FrameIndex(Strict):
    """What lies in the folder of a recording's pictures (``index.json``).

    Attributes:
        key: Digest of the settings and times that it was made with.
        decoder: Name and version of the decoder.
        time_base: Unit of the pts, seconds, as a fraction.
        width: Of the stored pictures.
        height: Of the stored pictures.
        scale: Stored size as a share of the video's.
        frames: In order of time.
        missing_ms: Times at which the video had no picture.
    """

    key: str
    decoder: str
    time_base: str
    width: int
    height: int
    scale: float = 1.0
    frames: tuple[StoredFrame, ...]
    missing_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture and the time that it was asked for."""

    time_ms: int
    pts: int
    image: Image.Image


def decoder_version() -> str:
    """Return the decoder's name and version."""
    major, minor, micro = av.library_versions.get("libavcodec", (0, 0, 0))
    return f"PyAV {av.__version__}, libavcodec {major}.{minor}.{micro}"


def decode(
    container: av.container.InputContainer, times_ms: Sequence[int], tolerance_ms: float = 250
) -> Iterator[Picture]:
    """Decode a video once from its start and yield the picture nearest to each time.

    Args:
        container: An open video.
        times_ms: Ascending, without repeats.
        tolerance_ms: A picture further from its time than this is not the one that was asked for.

    Yields:
        Pictures in order of time; times that no picture is near to are left out.
    """
    stream = container.streams.video[0]
    base = stream.time_base or Fraction(1, 1000)
    wanted = list(times_ms)
    before: av.VideoFrame | None = None
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        while wanted and float(frame.pts * base * 1000) >= wanted[0]:
            nearest = _nearer(before, frame, wanted[0], base)
            yield from _picture(nearest, wanted.pop(0), base, tolerance_ms)
        if not wanted:
            return
        before = frame
    for time_ms in wanted:
        if before is not None:
            yield from _picture(before, time_ms, base, tolerance_ms)


def _nearer(before: av.VideoFrame | None, after: av.VideoFrame, time_ms: int, base: Fraction) -> av.VideoFrame:
    if before is None or before.pts is None or after.pts is None:
        return after
    return before if time_ms - before.pts * base * 1000 < after.pts * base * 1000 - time_ms else after


def _picture(frame: av.VideoFrame, time_ms: int, base: Fraction, tolerance_ms: float) -> Iterator[Picture]:
    pts = frame.pts or 0
    if abs(float(pts * base * 1000) - time_ms) <= tolerance_ms:
        yield Picture(time_ms, pts, frame.to_image())


def frames_key(times_ms: Sequence[int], rules: FrameRules, source: str) -> str:
    """Return the digest that an index must carry to count as made with these settings."""
    return digest_json([list(times_ms), rules.model_dump(mode="json"), source, decoder_version()])


def read_index(folder: Path) -> FrameIndex | None:
    """Return the index of a recording's pictures; None when there is none or it is damaged."""
    try:
        return FrameIndex.model_validate_json((folder / INDEX).read_bytes())
    except (OSError, ValidationError):
        return None


@dataclass(frozen=True, slots=True)
class Video:
    """A video file.

    Attributes:
        path: Where it is.
        name: What messages call it.
        fps: Frames per second; a picture may be off its time by half a frame, or 250 ms where that is more.
        threads: Threads of the decoder; 0 for as many as it likes.
    """

    path: Path
    name: str
    fps: float = 25.0
    threads: int = 0


def store_frames(video: Video, folder: Path, times_ms: Sequence[int], rules: FrameRules, key: str) -> FrameIndex:
    """Write the pictures of a recording and then their index.

    Args:
        video: The video.
        folder: Where the pictures go, as ``TIME_MS.jpg``.
        times_ms: Ascending times.
        rules: How to store them.
        key: What to name the settings by.

    Raises:
        Problems: The video cannot be read, or holds no picture that was asked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)
    stored: list[StoredFrame] = []
    size, scale, base = (0, 0), 1.0, "1/1000"
    try:
        with av.open(str(video.path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = video.threads
            base = str(stream.time_base)
            for picture in decode(container, times_ms, max(250.0, 600 / video.fps)):
                image, scale = scaled(picture.image, rules.max_side)
                size = image.size
                data = jpeg(image, rules.quality)
                write_whole(folder / f"{picture.time_ms}.jpg", data)
                stored.append(StoredFrame(time_ms=picture.time_ms, pts=picture.pts, digest=digest_bytes(data)))
    except (av.FFmpegError, OSError, EOFError, IndexError) as error:
        raise Problems([_broken(video.name, error, stored)]) from None
    if times_ms and not stored:
        raise Problems([Problem("broken-video", "holds no picture that was asked for", video.name)])
    have = {frame.time_ms for frame in stored}
    index = FrameIndex(
        key=key,
        decoder=decoder_version(),
        time_base=base,
        width=size[0],
        height=size[1],
        scale=scale,
        frames=tuple(stored),
        missing_ms=tuple(time_ms for time_ms in times_ms if time_ms not in have),
    )
    _sweep(folder, have)
    write_whole(folder / INDEX, (index.model_dump_json() + "\n").encode(), sync=True)
    return index


def _broken(name: str, error: Exception, stored: Sequence[StoredFrame]) -> Problem:
    reason = getattr(error, "strerror", "") or type(error).__name__
    where = f"after {stored[-1].time_ms} ms" if stored else "at its start"
    return Problem("broken-video", f"cannot be decoded {where}: {reason}", name, "is the file complete?")


def _sweep(folder: Path, keep: set[int]) -> None:
    """Remove pictures of an earlier build that this one does not use."""
    for file in folder.glob("*.jpg"):
        if not file.stem.isdigit() or int(file.stem) not in keep:
            file.unlink()


def scaled(image: Image.Image, max_side: int | None) -> tuple[Image.Image, float]:
    """Scale a picture down to a longest side; return it and the scale."""
    longest = max(image.size)
    if max_side is None or longest <= max_side:
        return image, 1.0
    scale = max_side / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS), scale


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Return a picture as JPEG with full colour resolution."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
