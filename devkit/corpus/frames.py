"""The stored pictures of a recording: in shards, with an index that says where each lies and what it was decoded from.

Different decoders return different pictures for one timestamp, so the pts of every stored picture and the version of
the decoder are kept. The index (``NAME.json`` beside the shards) is written when all pictures are there and names
video, rules and decoder. A later build with the same of these takes over the pictures it still needs and decodes only
those that are missing; that is what makes a build resumable and incremental.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image
from pydantic import Field, ValidationError

from devkit.corpus.decode import Film, Picture, decoder_version, reduced, upright
from devkit.corpus.read import file_identity
from devkit.corpus.shards import ShardReader, ShardWriter
from devkit.errors import Problem, Problems, UserError
from devkit.files import write_whole
from devkit.ids import digest_bytes, digest_json
from devkit.items import Strict


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
        time_ms: Time it was asked for, which names it.
        pts: Presentation timestamp of the picture in units of the index's ``time_base``.
        source_ms: The same in ms from the start of the recording.
        digest: SHA-256 of its bytes.
        shard: File it lies in.
        offset: Where in that file.
        size: Bytes.
    """

    time_ms: int
    pts: int
    source_ms: float
    digest: str
    shard: str
    offset: int
    size: int


class FrameIndex(Strict):
    """What is stored of a recording.

    Attributes:
        key: Digest of the video, the rules and the decoder.
        decoder: Name and version of the decoder.
        time_base: Unit of the pts, seconds, as a fraction.
        width: Of the stored pictures.
        height: Of the stored pictures.
        scale: Stored size as a share of the video's.
        rotation: Degrees that the video's rotation flag says; the stored pictures are upright.
        frames: In order of time.
        missing_ms: Times at which the video had no picture.
    """

    key: str
    decoder: str
    time_base: str
    width: int
    height: int
    scale: float = 1.0
    rotation: int = 0
    frames: tuple[StoredFrame, ...]
    missing_ms: tuple[int, ...] = ()

    @property
    def times_ms(self) -> tuple[int, ...]:
        """Every time that was asked for."""
        return tuple(sorted([*(frame.time_ms for frame in self.frames), *self.missing_ms]))


@dataclass(frozen=True, slots=True)
class Video:
    """A video file and where its pictures go.

    Attributes:
        path: Where it is.
        label: What messages call it.
        name: Name of the recording.
        fps: Frames per second; a picture may be off its time by half a frame, or 250 ms where that is more.
        shards: Folder of the shards.
    """

    path: Path
    label: str
    name: str
    fps: float
    shards: Path

    @property
    def index_file(self) -> Path:
        """Where its index lies."""
        return self.shards / f"{self.name}.json"

    @property
    def tolerance_ms(self) -> float:
        """How far a picture may be off its time."""
        return max(250.0, 600 / self.fps)

    def key(self, rules: FrameRules) -> str:
        """Return the digest that an index must carry for its pictures to be taken over."""
        return digest_json(
            [file_identity(self.path), self.tolerance_ms, rules.model_dump(mode="json"), decoder_version()]
        )


def read_index(file: Path) -> FrameIndex | None:
    """Return the index of a recording's pictures; None when there is none or it is damaged."""
    try:
        return FrameIndex.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def store_frames(video: Video, times_ms: Sequence[int], rules: FrameRules) -> FrameIndex:
    """Store the pictures of a recording, unless they are there already.

    Args:
        video: The video.
        times_ms: Ascending times.
        rules: How to store them.

    Raises:
        Problems: The video cannot be read, or holds no picture that was asked for.
    """
    key = video.key(rules)
    old = read_index(video.index_file)
    if old is not None and old.key != key:
        old = None
    if old is not None and old.times_ms == tuple(times_ms) and _shards_are_there(video, old):
        return old
    writer = ShardWriter(video.shards, video.name)
    try:
        index = _Storing(video, rules, key, writer, old).run(times_ms)
    except BaseException:
        writer.abandon()
        raise
    video.index_file.unlink(missing_ok=True)
    writer.close()
    write_whole(video.index_file, (index.model_dump_json() + "\n").encode(), sync=True)
    return index


def _shards_are_there(video: Video, index: FrameIndex) -> bool:
    ends: dict[str, int] = {}
    for frame in index.frames:
        ends[frame.shard] = max(ends.get(frame.shard, 0), frame.offset + frame.size)
    try:
        return all((video.shards / shard).stat().st_size > end for shard, end in ends.items())
    except OSError:
        return False


class _Storing:
    """One pass that fills the shards: pictures of an earlier build are copied, the others decoded."""

    def __init__(self, video: Video, rules: FrameRules, key: str, writer: ShardWriter, old: FrameIndex | None) -> None:
        self.video, self.rules, self.key, self.writer = video, rules, key, writer
        self.old = old if old is not None and _shards_are_there(video, old) else None
        self.known = {frame.time_ms: frame for frame in self.old.frames} if self.old else {}
        self.reader = ShardReader(video.shards)
        self.stored: list[StoredFrame] = []

    def run(self, times_ms: Sequence[int]) -> FrameIndex:
        absent = set(self.old.missing_ms) if self.old else set()
        asked = [time_ms for time_ms in times_ms if time_ms not in self.known and time_ms not in absent]
        known = [time_ms for time_ms in times_ms if time_ms in self.known]
        shape = (0, 0, 1.0, 0)
        base = "1/1000"
        try:
            with Film(self.video.path) as film:
                base = str(film.time_base)
                for picture in film.pictures(asked, self.video.tolerance_ms):
                    while known and known[0] < picture.time_ms:
                        self._copy(known.pop(0))
                    shape = self._shape(picture)
                    self._store(picture)
        except (av.FFmpegError, OSError, EOFError, IndexError) as error:
            raise Problems([_broken(self.video.label, error, self.stored)]) from None
        for time_ms in known:
            self._copy(time_ms)
        if self.old is not None:
            shape = (self.old.width, self.old.height, self.old.scale, self.old.rotation)
        if times_ms and not self.stored:
            raise Problems([Problem("broken-video", "holds no picture that was asked for", self.video.label)])
        return self._index(times_ms, shape, base)

    def _index(self, times_ms: Sequence[int], shape: tuple[int, int, float, int], base: str) -> FrameIndex:
        have = {frame.time_ms for frame in self.stored}
        return FrameIndex(
            key=self.key,
            decoder=decoder_version(),
            time_base=base,
            width=shape[0],
            height=shape[1],
            scale=shape[2],
            rotation=shape[3],
            frames=tuple(self.stored),
            missing_ms=tuple(time_ms for time_ms in times_ms if time_ms not in have),
        )

    def _shape(self, picture: Picture) -> tuple[int, int, float, int]:
        frame = picture.frame
        size = reduced(frame.width, frame.height, self.rules.max_side)
        rotation = round(frame.rotation) % 360
        longest = max(frame.width, frame.height)
        return *upright(*size, rotation), min(1.0, (self.rules.max_side or longest) / longest), rotation

    def _store(self, picture: Picture) -> None:
        data = jpeg(picture.image(self.rules.max_side), self.rules.quality)
        self._add(picture.time_ms, picture.pts, picture.source_ms, data, digest_bytes(data))

    def _copy(self, time_ms: int) -> None:
        frame = self.known[time_ms]
        try:
            data = self.reader.read(frame.shard, frame.offset, frame.size)
        except UserError as error:
            raise Problems([error.problem]) from None
        self._add(time_ms, frame.pts, frame.source_ms, data, frame.digest)

    def _add(self, time_ms: int, pts: int, source_ms: float, data: bytes, digest: str) -> None:
        shard, offset = self.writer.add(f"{self.video.name}/{time_ms}.jpg", data)
        self.stored.append(
            StoredFrame(
                time_ms=time_ms,
                pts=pts,
                source_ms=round(source_ms, 3),
                digest=digest,
                shard=shard,
                offset=offset,
                size=len(data),
            )
        )


def _broken(label: str, error: Exception, stored: Sequence[StoredFrame]) -> Problem:
    reason = getattr(error, "strerror", "") or type(error).__name__
    where = f"after {stored[-1].time_ms} ms" if stored else "at its start"
    return Problem("broken-video", f"cannot be decoded {where}: {reason}", label, "is the file complete?")


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Return a picture as JPEG with full colour resolution."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def pictures_of(index: FrameIndex, reader: ShardReader) -> Iterator[tuple[int, Image.Image]]:
    """Yield the stored pictures of a recording with their times."""
    for frame in index.frames:
        with Image.open(io.BytesIO(reader.read(frame.shard, frame.offset, frame.size))) as image:
            yield frame.time_ms, image.convert("RGB")
