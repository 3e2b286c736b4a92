"""The built training data: what lies in the folder, and `open_data`, the one way to read it.

::

    manifest.json          `Manifest`, written last: a folder without it is unfinished
    recordings.csv         one `BuiltRecording` a row, with its split
    frames/NAME/TIME.jpg   pictures; frames/NAME/index.json has their pts and digests
    annotations.jsonl      `devkit.annotations.AnnotatedFrame`, boxes in pixels of the stored pictures
    utterances.jsonl       `Spoken`: everything said that passed the filters
    image_utterance.json   lists of `devkit.corpus.formats.TrainingRecord`, in the published form
    video_utterance.json
    interleaved.json
    dropped.jsonl          `devkit.corpus.segments.Dropped`: what was left out, and why
"""

from __future__ import annotations

import csv
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from pydantic import Field, TypeAdapter, ValidationError

from devkit.annotations import AnnotatedFrame, Recording
from devkit.corpus.formats import Split, TrainingRecord, frame_path
from devkit.corpus.frames import read_index
from devkit.corpus.segments import Dropped
from devkit.errors import UserError
from devkit.files import first_error, no_garbage_collection
from devkit.items import Strict
from devkit.pool import Pool

MANIFEST, RECORDINGS, ANNOTATIONS = "manifest.json", "recordings.csv", "annotations.jsonl"
UTTERANCES, DROPPED, FRAMES = "utterances.jsonl", "dropped.jsonl", "frames"
SPLITS: tuple[Split, ...] = ("train", "val", "test")
_RECORDS = TypeAdapter(tuple[TrainingRecord, ...])


class BuiltRecording(Recording):
    """A recording of the built data; width and height are those of the stored pictures.

    Attributes:
        split: Which split it belongs to.
        frames: Number of stored pictures.
    """

    split: Split
    frames: int = Field(ge=0)


class Spoken(Strict):
    """One utterance that passed the filters, whether or not it has a clip; for training on language alone."""

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
        options: Options of the build.
        hours: Hours of recordings in each split.
        recordings: Recordings in each split.
        counts: Utterances in, segments out, frames, and records of each format in each split.
        dropped: Left out utterances by reason; with ``segments`` they add up to ``utterances``.
        left_out: Recordings that could not be used, with the reason.
        files: SHA-256 of each text file.
    """

    corpus: str
    kind: str
    data_format: Literal[1] = 1
    key: str
    digest: str
    decoder: str
    options: dict[str, Any]
    hours: dict[str, float]
    recordings: dict[str, int]
    counts: dict[str, int]
    dropped: dict[str, int]
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
        self._pools = cache(self._pool)  # one pool a split, so that what is worked out of it once stays known
        self._format = cache(self._read_format)
        self._records = lru_cache(maxsize=1)(self._read_records)
        self._index = lru_cache(maxsize=64)(self._read_frame_digests)

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
        """Return everything said that passed the filters."""
        _check(split)
        return tuple(said for said in self._spoken if said.split == split)

    def frame_file(self, recording: str, time_ms: int) -> Path:
        """Return the file of a stored picture."""
        return self.path / frame_path(recording, time_ms)

    def frame_paths(self, split: Split) -> tuple[Path, ...]:
        """Return every stored picture of a split, for training on pictures alone."""
        return tuple(
            self.frame_file(recording.name, frame.time_ms)
            for recording in self.recordings_of(split)
            if (index := read_index(self.path / FRAMES / recording.name)) is not None
            for frame in index.frames
        )

    def frame_digests(self, recording: str) -> dict[int, str]:
        """Return the digest of each stored picture of a recording, by its time in ms."""
        return self._index(recording)

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left out."""
        return tuple(_lines(self.path / DROPPED, Dropped))

    @cached_property
    def _spoken(self) -> tuple[Spoken, ...]:
        return tuple(_lines(self.path / UTTERANCES, Spoken))

    @cached_property
    def _annotations(self) -> tuple[AnnotatedFrame, ...]:
        return tuple(_lines(self.path / ANNOTATIONS, AnnotatedFrame))

    def _pool(self, split: Split) -> Pool:
        names = {recording.name for recording in self.recordings_of(split)}
        return Pool(
            [frame for frame in self._annotations if frame.recording in names],
            self._load,
            source=self.manifest.corpus,
            split=split,
            frame_digest=lambda recording, time_ms: self._index(recording).get(time_ms, ""),
            consent={recording.name: recording.consent for recording in self.recordings},
        )

    def _load(self, recording: str, time_ms: int) -> Image.Image:
        path = self.frame_file(recording, time_ms)
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except OSError as error:
            raise UserError("a picture of the data cannot be read", place=str(path), hint=str(error)) from None

    def _read_frame_digests(self, recording: str) -> dict[int, str]:
        index = read_index(self.path / FRAMES / recording)
        return {frame.time_ms: frame.digest for frame in index.frames} if index else {}

    def _read_format(self, name: str, split: Split) -> tuple[TrainingRecord, ...]:
        return tuple(record for record in self._records(name) if record.split == split)

    def _read_records(self, name: str) -> tuple[TrainingRecord, ...]:
        place = self.path / f"{name}.json"
        try:
            with no_garbage_collection():
                return _RECORDS.validate_json(place.read_bytes())
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", place=str(place)) from None
        except ValidationError as error:
            raise UserError(first_error(error), place=str(place), hint="build the data again") from None


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
        unfinished = (folder / FRAMES).is_dir()
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
