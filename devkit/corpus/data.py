"""The built training data: what lies in the folder, and `open_data`, the one way to read it.

::

    manifest.json            `Manifest`, written last: a folder without it is unfinished
    recordings.csv           one `BuiltRecording` a row, with its split
    frames.parquet           one picture a row: pts, decoder, time, shard and offset (columns: `devkit.corpus.tables`)
    segments.parquet         one piece of a transcript a row, kept or left out with its reason
    image_utterance.parquet  one record a row, kept or left out with its reason
    video_utterance.parquet
    interleaved.parquet
    annotations.jsonl        `devkit.annotations.AnnotatedFrame`, boxes in pixels of the stored pictures
    shards/NAME-000.tar      the pictures (`devkit.corpus.shards`)
    shards/NAME.json         what was decoded, for the next build (`devkit.corpus.frames.FrameIndex`)
"""

from __future__ import annotations

import csv
import io
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field, ValidationError

from devkit.annotations import AnnotatedFrame, Recording
from devkit.corpus.formats import FormatName, Split, TrainingRecord, frame_path
from devkit.corpus.segments import Dropped
from devkit.corpus.shards import ShardReader
from devkit.corpus.tables import read_rows, read_table
from devkit.errors import UserError
from devkit.files import first_error, no_garbage_collection
from devkit.items import IMAGE_MARK, Strict
from devkit.pool import Pool

MANIFEST, RECORDINGS, ANNOTATIONS, SHARDS = "manifest.json", "recordings.csv", "annotations.jsonl", "shards"
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class BuiltRecording(Recording):
    """A recording of the built data; width and height are those of the stored pictures.

    Attributes:
        split: Which split it belongs to.
        frames: Number of stored pictures.
    """

    split: Split
    frames: int = Field(ge=0)


class Spoken(Strict):
    """One sentence that passed the filters of words, whether or not it has a clip; for training on language alone."""

    recording: str
    split: Split
    age_days: int
    start_ms: int
    end_ms: int
    speaker: str = ""
    text: str


class Manifest(Strict):
    """What the built data say of themselves (``manifest.json``).

    Attributes:
        corpus: Name of the corpus.
        kind: Kind of the corpus.
        data_format: Version of the layout.
        key: Digest of the corpus' texts and the options.
        digest: Digest of all the files that records are read from.
        decoder: Decoder that the pictures came from.
        options: Options of the build, with the digests of filter models; without the list of names.
        hours: Hours of recordings in each split.
        recordings: Recordings in each split.
        counts: Transcript entries in, pieces gained by cutting at sentence bounds, names masked, segments out, frames,
            and records of each format in each split.
        dropped: Left out pieces by reason; with ``segments`` they add up to ``entries`` + ``gained``.
        left_out_records: Records left out by a filter, by format and reason.
        left_out: Recordings that could not be used, with the reason.
        files: SHA-256 of each table and text.
    """

    corpus: str
    kind: str
    data_format: Literal[2] = 2
    key: str
    digest: str
    decoder: str
    options: dict[str, Any]
    hours: dict[str, float]
    recordings: dict[str, int]
    counts: dict[str, int]
    dropped: dict[str, int]
    left_out_records: dict[str, int] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str]


class CorpusData:
    """Built training data; get it from `open_data`.

    Attributes:
        path: The folder.
        manifest: What the data say of themselves.
        recordings: Every recording, in the order of the list.
    """

    def __init__(self, path: Path, manifest: Manifest, recordings: tuple[BuiltRecording, ...]) -> None:
        self.path = path
        self.manifest = manifest
        self.recordings = recordings
        self._reader = ShardReader(path / SHARDS)
        self._pools = cache(self._pool)  # one pool a split, so that what is worked out of it once stays known
        self._format = cache(self._read_format)

    @property
    def digest(self) -> str:
        """Digest of all the records and annotations."""
        return self.manifest.digest

    def recordings_of(self, split: Split) -> tuple[BuiltRecording, ...]:
        """Return the recordings of a split."""
        _check(split)
        return tuple(recording for recording in self.recordings if recording.split == split)

    def pool(self, split: Split) -> Pool:
        """Return the annotated frames of a split as material for items; the same object each time."""
        return self._pools(_check(split))

    def image_utterance(self, split: Split) -> tuple[TrainingRecord, ...]:
        """Return the pairs of one image and one utterance."""
        return self._format("image_utterance", _check(split))

    def video_utterance(self, split: Split) -> tuple[TrainingRecord, ...]:
        """Return the clips, several images each, with their utterance."""
        return self._format("video_utterance", _check(split))

    def interleaved(self, split: Split) -> tuple[TrainingRecord, ...]:
        """Return the windows of 4–8 segments, an image and an utterance each."""
        return self._format("interleaved", _check(split))

    def utterances(self, split: Split) -> tuple[Spoken, ...]:
        """Return everything said that passed the filters of words."""
        rows = read_rows(self.path, "segments", columns=list(Spoken.model_fields), split=_check(split), spoken=True)
        with no_garbage_collection():
            return tuple(Spoken.model_validate(row) for row in rows)

    def dropped(self) -> tuple[Dropped, ...]:
        """Return the pieces that were left out."""
        rows = read_rows(self.path, "segments", columns=list(Dropped.model_fields), kept=False)
        return tuple(Dropped.model_validate(row) for row in rows)

    def frames(self, split: Split) -> tuple[tuple[str, int], ...]:
        """Return recording and time of every stored picture of a split, for training on pictures alone."""
        return tuple(
            (recording.name, int(time_ms))
            for recording in self.recordings_of(split)
            for time_ms in self._frames.times(recording.name)
        )

    def frame_bytes(self, recording: str, time_ms: int) -> bytes:
        """Return a stored picture as JPEG.

        Raises:
            UserError: There is none, or its shard is damaged.
        """
        found = self._frames.find(recording, time_ms)
        if found is None:
            raise UserError(f"the data have no picture of '{recording}' at {time_ms} ms", place=str(self.path))
        return self._reader.read(*found)

    def frame_image(self, recording: str, time_ms: int, width: int | None = None) -> Image.Image:
        """Return a stored picture in RGB, reduced to ``width`` pixels while it is decoded.

        Raises:
            UserError: There is none, or it is damaged.
        """
        try:
            with Image.open(io.BytesIO(self.frame_bytes(recording, time_ms))) as image:
                if width is None or width >= image.width:
                    return _in_rgb(image)
                size = (width, round(image.height * width / image.width))
                image.draft("RGB", size)
                picture = _in_rgb(image)
        except OSError as error:
            place = str(self.path / frame_path(recording, time_ms))
            raise UserError("a picture of the data cannot be read", place=place, hint=str(error)) from None
        return picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)

    def frame_digests(self, recording: str) -> dict[int, str]:
        """Return the digest of each stored picture of a recording, by its time in ms."""
        return self._frames.digests(recording)

    @cached_property
    def _frames(self) -> FrameTable:
        return FrameTable(self.path)

    @cached_property
    def _annotations(self) -> tuple[AnnotatedFrame, ...]:
        return tuple(_lines(self.path / ANNOTATIONS, AnnotatedFrame))

    def _pool(self, split: Split) -> Pool:
        names = {recording.name for recording in self.recordings_of(split)}
        return Pool(
            [frame for frame in self._annotations if frame.recording in names],
            self.frame_image,
            source=self.manifest.corpus,
            split=split,
            frame_digest=lambda recording, time_ms: self._frames.digest(recording, time_ms),
            consent={recording.name: recording.consent for recording in self.recordings},
        )

    def _read_format(self, name: FormatName, split: Split) -> tuple[TrainingRecord, ...]:
        rows = read_rows(self.path, name, split=split, kept=True)
        with no_garbage_collection():
            return tuple(record_from_row(row) for row in rows)


class FrameTable:
    """Where every stored picture lies, in memory: some 120 bytes a picture.

    Args:
        folder: Of the data.
    """

    def __init__(self, folder: Path) -> None:
        columns = ["recording", "time_ms", "shard", "offset", "size", "digest"]
        table = read_table(folder, "frames", columns=columns)
        self._times: np.ndarray[Any, np.dtype[np.int64]] = table["time_ms"].to_numpy()
        self._offsets, self._sizes = table["offset"].to_numpy(), table["size"].to_numpy()
        self._shards, self._digests = table["shard"].combine_chunks(), table["digest"].combine_chunks()
        names = table["recording"].to_pylist()
        self._spans: dict[str, tuple[int, int]] = {}
        for row, name in enumerate(names):
            first = self._spans.get(name, (row, row))[0]
            self._spans[name] = (first, row + 1)

    def times(self, recording: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the times of a recording's pictures, ascending, ms."""
        first, end = self._spans.get(recording, (0, 0))
        return self._times[first:end]

    def find(self, recording: str, time_ms: int) -> tuple[str, int, int] | None:
        """Return shard, offset and size of a picture; None when there is none."""
        row = self._row(recording, time_ms)
        return None if row is None else (self._shards[row].as_py(), int(self._offsets[row]), int(self._sizes[row]))

    def digest(self, recording: str, time_ms: int) -> str:
        """Return the SHA-256 of a picture; empty when there is none."""
        row = self._row(recording, time_ms)
        return "" if row is None else self._digests[row].as_py()

    def digests(self, recording: str) -> dict[int, str]:
        """Return the SHA-256 of each picture of a recording."""
        first, end = self._spans.get(recording, (0, 0))
        return dict(zip(self.times(recording).tolist(), self._digests[first:end].to_pylist(), strict=True))

    def _row(self, recording: str, time_ms: int) -> int | None:
        first, end = self._spans.get(recording, (0, 0))
        row = first + int(np.searchsorted(self._times[first:end], time_ms))
        return row if row < end and self._times[row] == time_ms else None


def record_from_row(row: dict[str, Any]) -> TrainingRecord:
    """Return a row of a table of records in the published form."""
    talk = [
        entry
        for marks, text in zip(row["marks"], row["texts"], strict=True)
        for entry in ({"from": "human", "value": IMAGE_MARK * marks}, {"from": "gpt", "value": text})
    ]
    return TrainingRecord.model_validate(
        {
            **{key: row[key] for key in ("id", "child", "age_days", "recording", "split")},
            "image": [frame_path(row["recording"], time_ms) for time_ms in row["times_ms"]],
            "conversations": talk,
            "span_ms": (row["start_ms"], row["end_ms"]),
        }
    )


def _in_rgb(image: Image.Image) -> Image.Image:
    """Return a picture decoded, in RGB; `convert` alone would copy one that is in RGB already."""
    image.load()
    return image if image.mode == "RGB" else image.convert("RGB")


def _check(split: Split) -> Split:
    if split not in SPLITS:
        raise UserError(f"there is no split '{split}'", hint="the splits are train, val and test")
    return split


def _lines[M: Strict](path: Path, model: type[M]) -> list[M]:
    """Read a JSON-lines file of the built data."""
    try:
        rows = path.read_bytes().splitlines()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    with no_garbage_collection():
        try:
            return [model.model_validate_json(row) for row in rows]
        except ValidationError as error:
            raise UserError(first_error(error), place=str(path), hint="build the data again") from None


def open_data(path: Path | str) -> CorpusData:
    """Open built training data.

    Raises:
        UserError: There are none, they are unfinished, or damaged.
    """
    folder = Path(path)
    place = folder / MANIFEST
    if not place.exists():
        unfinished = (folder / SHARDS).is_dir()
        hint = "the build was interrupted: run it again" if unfinished else "make them with: devkit corpus build"
        raise UserError("there are no finished training data here", place=str(folder), hint=hint)
    try:
        manifest = Manifest.model_validate_json(place.read_bytes())
    except ValidationError as error:
        raise UserError(first_error(error), place=str(place), hint="build the data again") from None
    return CorpusData(folder, manifest, tuple(_recordings(folder / RECORDINGS)))


def _recordings(path: Path) -> list[BuiltRecording]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [BuiltRecording.model_validate(row) for row in rows]
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except ValidationError as error:
        raise UserError(first_error(error), place=str(path), hint="build the data again") from None
