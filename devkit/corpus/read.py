"""Reading a corpus folder, with every mistake named by file and line.

The layout is that of `devkit.annotations`. Nothing is decoded here but the first and last picture of a video, and
that only by `check_video`.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from pydantic import TypeAdapter, ValidationError

from devkit.annotations import AnnotatedFrame, CorpusCard, Recording, Utterance
from devkit.errors import Problem, Problems, UserError
from devkit.files import first_error, load_json, no_garbage_collection, printable
from devkit.ids import digest_bytes, digest_json

CARD, RECORDINGS = "corpus.json", "recordings.csv"
_UTTERANCES = TypeAdapter(list[Utterance])
_SLACK_MS = 1000


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus whose card and list of recordings are read.

    Attributes:
        path: Its folder.
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
        problems += [p for recording in recordings for p in _check_paths(folder, recording)]
        if problems:
            raise Problems([printable(problem) for problem in problems], subject=str(folder))
        if not recordings:
            raise UserError("the corpus has no recordings", place=str(folder / RECORDINGS))
        return cls(folder, card, tuple(recordings))

    def utterances(self, recording: Recording) -> list[Utterance]:
        """Read a transcript, in order of time; empty when the recording has none.

        Raises:
            Problems: The transcript is missing or malformed.
        """
        if not recording.transcript:
            return []
        utterances, problems = read_transcript(self.path / recording.transcript, recording.transcript)
        if problems:
            raise Problems(problems, subject=recording.name)
        return utterances

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
            for name in (recording.transcript, recording.annotations)
        ]
        size = (self.path / recording.video).stat().st_size
        return digest_json([recording.model_dump(mode="json"), texts, size])


def _read_card(folder: Path) -> CorpusCard:
    place = folder / CARD
    value, problem = load_json(place, CARD)
    if problem is not None:
        raise UserError(problem.message, place=str(folder / problem.place), hint="a corpus has a corpus.json")
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
    for written in (recording.video, recording.transcript, recording.annotations):
        try:
            inside = not written or root in (folder / written).resolve().parents
        except (OSError, ValueError):
            inside = False
        if not inside:
            yield Problem("path-outside", f"the path '{written}' leaves the corpus", place)


def read_transcript(path: Path, name: str) -> tuple[list[Utterance], list[Problem]]:
    """Read a transcript; return its utterances in order of time and what is wrong with it."""
    value, problem = load_json(path, name)
    if problem is not None:
        code = "missing-transcript" if problem.code == "unreadable-file" else "malformed-transcript"
        return [], [Problem(code, problem.message, problem.place, problem.hint)]
    try:
        utterances = _UTTERANCES.validate_python(value)
    except ValidationError as error:
        found = [
            Problem("malformed-transcript", str(one["msg"]), f"{name}: utterance {'.'.join(map(str, one['loc']))}")
            for one in error.errors(include_url=False, include_context=False)[:20]
        ]
        return [], [printable(one) for one in found]
    backwards = [
        Problem("malformed-transcript", f"ends at {u.end_ms} ms, before it starts", f"{name}: utterance {index}")
        for index, u in enumerate(utterances)
        if u.end_ms < u.start_ms
    ]
    return sorted(utterances, key=lambda u: (u.start_ms, u.end_ms)), backwards


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


def check_video(path: Path, recording: Recording) -> list[Problem]:
    """Look at a video's first picture and its last moments; decode nothing else.

    Returns:
        Problems: missing, unreadable, of another size, or shorter than the list says (a copy that broke off).
    """
    name = recording.video
    if not path.is_file():
        return [Problem("missing-video", "there is no such file", name)]
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return [Problem("broken-video", "has no picture stream", name)]
            stream = container.streams.video[0]
            first = next(container.decode(stream), None)
            if first is None:
                return [Problem("broken-video", "has no picture that can be decoded", name)]
            found = _check_size(first.width, first.height, recording)
            end_ms = _last_ms(container, recording.duration_ms)
    except (av.FFmpegError, OSError, EOFError) as error:
        reason = getattr(error, "strerror", "") or type(error).__name__
        return [Problem("broken-video", f"cannot be read: {reason}", name, "is the file complete?")]
    if end_ms < recording.duration_ms - _SLACK_MS:
        message = f"ends at {end_ms} ms, not at {recording.duration_ms} ms as {RECORDINGS} says"
        found.append(Problem("truncated-video", message, name, "copy it again, or correct the list"))
    return found


def _check_size(width: int, height: int, recording: Recording) -> list[Problem]:
    if (width, height) == (recording.width, recording.height):
        return []
    message = f"is {width} × {height}, not {recording.width} × {recording.height} as {RECORDINGS} says"
    return [Problem("wrong-size", message, recording.video)]


def _last_ms(container: av.container.InputContainer, duration_ms: int) -> int:
    """Return the end of the last packet that is really there, looking only at the end of the file."""
    stream = container.streams.video[0]
    base = stream.time_base
    if base is None:
        return 0
    best = -1
    for back in (3000, duration_ms):
        container.seek(int(max(0, duration_ms - back) / 1000 / base), stream=stream)
        try:
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size:
                    best = max(best, int((packet.pts + (packet.duration or 0)) * base * 1000))
        except (av.FFmpegError, EOFError):
            pass  # a file that breaks off: what was there before counts
        if best >= 0:
            break
    return best


def check_corpus(path: Path, *, videos: bool = True) -> Iterator[list[Problem]]:
    """Look through a corpus before hours are spent on it; yield the problems of each recording in turn.

    Raises:
        UserError: There is no corpus, or its list of recordings is wrong.
    """
    corpus = Corpus.open(path)
    for recording in corpus.recordings:
        found = check_video(path / recording.video, recording) if videos else []
        if recording.transcript:
            utterances, problems = read_transcript(path / recording.transcript, recording.transcript)
            found += problems
            late = [u for u in utterances if u.start_ms >= recording.duration_ms]
            if late:
                message = f"{len(late)} utterances begin after the recording's end at {recording.duration_ms} ms"
                found.append(Problem("late-utterances", message, recording.transcript))
        else:
            found.append(Problem("missing-transcript", "the recording has no transcript", f"'{recording.name}'"))
        if recording.annotations:
            found += read_annotations(path / recording.annotations, recording)[1]
        yield found
