"""Reading a corpus folder, with every mistake named by file and line.

The layout is that of `devkit.annotations`. No video is opened here; what is wrong with those is told by
`devkit.corpus.check`.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from devkit.annotations import AnnotatedFrame, CorpusCard, Recording
from devkit.corpus.transcripts import Transcript, read_rttm, read_text, read_transcript, with_speakers
from devkit.errors import Problem, Problems, UserError
from devkit.files import first_error, load_json, no_garbage_collection, printable
from devkit.ids import digest_bytes, digest_json

CARD, RECORDINGS = "corpus.json", "recordings.csv"
_ENDS = 65_536


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus whose card and list of recordings are read.

    Attributes:
        path: The folder that paths of recordings start from.
        card: What it says of itself.
        recordings: In the order of the list.
    """

    path: Path
    card: CorpusCard
    recordings: tuple[Recording, ...]

    @classmethod
    def open(cls, path: Path | str) -> Corpus:
        """Read the card and the list of recordings.

        Raises:
            UserError: There is no corpus here.
            Problems: Rows of the list are wrong.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise UserError("there is no such corpus", place=str(folder))
        card = _read_card(folder)
        recordings, problems = read_recordings(folder / RECORDINGS)
        media = Path(card.media) if card.media else folder
        if not media.is_dir():
            raise UserError(f"the folder of the recordings is not there: {card.media}", place=str(folder / CARD))
        problems += [p for recording in recordings for p in _check_paths(media, recording)]
        if problems:
            raise Problems([printable(problem) for problem in problems], subject=str(folder))
        if not recordings:
            raise UserError("the corpus has no recordings", place=str(folder / RECORDINGS))
        return cls(media, card, tuple(recordings))

    def transcript(self, recording: Recording) -> Transcript:
        """Read a transcript, with the speakers that a diarisation names; an empty one when there is none.

        Raises:
            Problems: The transcript or the diarisation is missing or malformed as a whole.
        """
        found = self.look_at_transcript(recording)
        if found.problems:
            raise Problems(found.problems, subject=recording.name)
        return found

    def look_at_transcript(self, recording: Recording) -> Transcript:
        """Read a transcript with the speakers that a diarisation names; what is wrong comes with it."""
        if not recording.transcript:
            return Transcript("")
        read = read_transcript(self.path / recording.transcript, recording.transcript)
        if not recording.diarisation or read.problems:
            return read
        text, problem = read_text(self.path / recording.diarisation, recording.diarisation)
        if problem is not None:
            return replace(read, problems=(problem,))
        turns, problems = read_rttm(text, recording.diarisation)
        return replace(read, utterances=tuple(with_speakers(read.utterances, turns)), problems=tuple(problems[:20]))

    def frames(self, recording: Recording) -> list[AnnotatedFrame]:
        """Read the annotated frames of a recording; empty when it has none.

        Raises:
            Problems: The annotations are missing or malformed.
        """
        if not recording.annotations:
            return []
        frames, problems = read_annotations(self.path / recording.annotations, recording)
        if problems:
            raise Problems(problems, subject=recording.name)
        return frames

    def digest(self, recording: Recording) -> str:
        """Return what a recording's words and boxes are named by: the digest of its row and its text files."""
        texts = [
            digest_bytes((self.path / name).read_bytes()) if name else ""
            for name in (recording.transcript, recording.annotations, recording.diarisation)
        ]
        return digest_json([recording.model_dump(mode="json"), texts, file_identity(self.path / recording.video)])


def _read_card(folder: Path) -> CorpusCard:
    place = folder / CARD
    value, problem = load_json(place, CARD)
    if problem is not None:
        raise UserError(
            problem.message,
            place=str(folder / problem.place),
            hint="a corpus has a corpus.json; devkit corpus scan makes one for a folder of recordings",
        )
    try:
        return CorpusCard.model_validate(value)
    except ValidationError as error:
        raise UserError(first_error(error), place=str(place)) from None


def read_recordings(path: Path) -> tuple[list[Recording], list[Problem]]:
    """Read ``recordings.csv``; return its rows and what is wrong with it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            header = list(reader.fieldnames or [])
    except OSError as error:
        return [], [Problem("missing-file", f"cannot be read: {error.strerror}", path.name)]
    except (csv.Error, UnicodeDecodeError) as error:
        return [], [Problem("broken-csv", f"is no readable CSV: {error}", path.name)]
    absent = [n for n, f in Recording.model_fields.items() if f.is_required() and n not in header]
    if absent:
        return [], [Problem("missing-column", f"lacks the columns {', '.join(absent)}", f"{path.name}:1")]
    recordings: list[Recording] = []
    problems: list[Problem] = []
    names: set[str] = set()
    for line, row in rows:
        place = f"{path.name}:{line}"
        try:
            recording = Recording.model_validate({key: value for key, value in row.items() if value is not None})
        except ValidationError as error:
            problems.append(Problem("wrong-type", first_error(error), place))
            continue
        if recording.name in names:
            problems.append(Problem("duplicate-recording", f"there are two recordings '{recording.name}'", place))
        names.add(recording.name)
        recordings.append(recording)
    return recordings, problems


def _check_paths(folder: Path, recording: Recording) -> Iterator[Problem]:
    """Names and paths of the list become paths on disk: none may leave the folder."""
    place = f"{RECORDINGS}: '{recording.name}'"
    if not recording.name or Path(recording.name).name != recording.name or recording.name.startswith("."):
        yield Problem("bad-name", "a recording's name is no file name", place)
    root = folder.resolve()
    for written in (recording.video, recording.transcript, recording.annotations, recording.diarisation):
        try:
            inside = not written or root in (folder / written).resolve().parents
        except (OSError, ValueError):
            inside = False
        if not inside:
            yield Problem("path-outside", f"the path '{written}' leaves the corpus", place)


def read_annotations(path: Path, recording: Recording) -> tuple[list[AnnotatedFrame], list[Problem]]:
    """Read the annotated frames of a recording; return them and what is wrong with the file."""
    name = recording.annotations
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        return [], [Problem("missing-annotations", f"cannot be read: {error.strerror}", name)]
    frames: list[AnnotatedFrame] = []
    problems: list[Problem] = []
    with no_garbage_collection():
        for number, line in enumerate(lines, start=1):
            try:
                frames.append(AnnotatedFrame.model_validate_json(line))
            except ValidationError as error:
                problems.append(printable(Problem("malformed-annotation", first_error(error), f"{name}:{number}")))
    problems += _check_frames(frames, recording)
    return frames, problems[:50]


def _check_frames(frames: list[AnnotatedFrame], recording: Recording) -> Iterator[Problem]:
    name = recording.annotations
    for before, after in itertools.pairwise(frames):
        if after.time_ms <= before.time_ms:
            message = f"the frame at {after.time_ms} ms does not follow the one at {before.time_ms} ms"
            yield Problem("malformed-annotation", message, name)
    for frame in frames:
        if frame.recording != recording.name:
            yield Problem("malformed-annotation", f"a frame belongs to '{frame.recording}'", name)
        for box in frame.boxes:
            right, bottom = box.x + box.w, box.y + box.h
            if box.x < 0 or box.y < 0 or right > recording.width or bottom > recording.height:
                message = f"a box of '{box.noun}' at {frame.time_ms} ms leaves the frame"
                yield Problem("malformed-annotation", message, name, "boxes are clipped to the frame")


def file_identity(path: Path) -> str:
    """Name a large file by its size, its first and its last bytes; hashing all of it would cost as much as reading."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = file.read(_ENDS)
        file.seek(max(0, size - _ENDS))
        return f"{size}:{digest_bytes(head + file.read(_ENDS))}"
