"""Finding the recordings in a folder: names of SAYCam and BabyView, or a table; transcripts by the same name.

Nothing is moved or changed. What comes out is the list that a corpus is read from (``recordings.csv`` and
``corpus.json``), to be looked over by a person. Birth dates are used to work out ages and written nowhere.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import av

from devkit.annotations import CorpusCard, Recording
from devkit.corpus.annotate.store import write_recordings
from devkit.corpus.inspect import inspect_film
from devkit.corpus.people import Person, age_of
from devkit.corpus.read import CARD, RECORDINGS
from devkit.corpus.transcripts import SUFFIXES
from devkit.errors import Problem
from devkit.files import printable, write_whole

Layout = Literal["saycam", "babyview", "table"]
Consent = Literal["private", "shareable", "public"]
VIDEOS = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".m4v", ".3gp"})
VIDEOS |= {".wmv", ".flv", ".ogv"}
_SAYCAM = re.compile(r"([A-Z]{1,3})_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})_(\d{1,3})")
_BABYVIEW = re.compile(r"(S?\d{6,10})_(\d{4})-(\d{2})-(\d{2})_(\d+)(?:_[A-Za-z0-9]+)*")
_TAIL = re.compile(
    r"[._-](?:transcript|transcription|whisperx?|azure|asr|utterances|words|vtc|diarization)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a file's name says.

    Attributes:
        child: Code of the child.
        date: Of the recording.
        age: Completed months and days beyond; None when the name does not say.
    """

    child: str
    date: dt.date
    age: tuple[int, int] | None = None


@dataclass(slots=True)
class Found:
    """What a folder holds.

    Attributes:
        layout: How it is laid out.
        recordings: In order of name.
        problems: Files that were refused or passed over, and why.
    """

    layout: Layout
    recordings: list[Recording] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def name_parts(stem: str, layout: Layout) -> Named | None:
    """Return what a name says by the convention of a layout; None when it does not follow it."""
    match = (_SAYCAM if layout == "saycam" else _BABYVIEW).fullmatch(stem)
    if match is None or layout == "table":
        return None
    try:
        date = dt.date(int(match[2]), int(match[3]), int(match[4]))
    except ValueError:
        return None
    if layout == "babyview":
        return Named(match[1], date)
    months, days = int(match[5]), int(match[6])
    return Named(match[1], date, (months, days)) if days <= 30 else None


def guess_layout(stems: Sequence[str]) -> Layout:
    """Return the layout whose naming most names follow; a table when none does."""
    votes = {layout: sum(name_parts(stem, layout) is not None for stem in stems) for layout in ("saycam", "babyview")}
    best: Layout = "saycam" if votes["saycam"] >= votes["babyview"] else "babyview"
    return best if votes[best] else "table"


def walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file below a folder with why it is refused, empty for good ones; links out of it are not followed."""
    root = folder.resolve()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(folders):
            if (path := Path(parent) / name).is_symlink() and root not in path.resolve().parents:
                yield path, "is a link that leaves the folder"
        for name in sorted(files):
            path = Path(parent) / name
            if name.startswith("."):
                continue
            if path.is_symlink() and root not in path.resolve().parents:
                yield path, "is a link that leaves the folder"
            elif not path.is_file():
                yield path, "is no ordinary file"
            elif not name.isprintable() or not _encodes(name):
                yield path, "has a name with control characters"
            else:
                yield path, ""


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def scan(
    folder: Path,
    *,
    layout: Layout | None = None,
    people: Mapping[str, Person] | None = None,
    consent: Consent = "private",
    advance: Callable[[int], None] = lambda steps: None,
) -> Found:
    """Look for recordings and for the transcripts that go with them.

    Args:
        folder: Where they lie, in any folders.
        layout: How names are to be read; guessed when None.
        people: Rows about files or children by name of file, stem or code of child.
        consent: Sharing level of recordings whose row names none.
        advance: Called after each video.
    """
    videos: list[Path] = []
    texts: dict[str, list[Path]] = defaultdict(list)
    problems: list[Problem] = []
    for path, refused in walk(folder):
        name = path.relative_to(folder).as_posix()
        if refused:
            problems.append(printable(Problem("refused", refused, name, "it was not opened")))
        elif path.suffix.lower() in VIDEOS:
            videos.append(path)
        elif path.suffix.lower() in (*SUFFIXES, ".rttm"):
            texts[_stem(path)].append(path)
    found = Found(layout or guess_layout([_stem(video) for video in videos]), problems=problems)
    twice = {stem for stem, count in Counter(video.stem for video in videos).items() if count > 1}
    for video in sorted(videos, key=lambda path: path.stem):
        name = video.relative_to(folder).as_posix()
        if video.stem in twice:
            found.problems.append(Problem("duplicate-recording", "there are two videos of this name", name))
        else:
            made = _recording(folder, video, texts.pop(_stem(video), []), found.layout, people or {}, consent)
            if isinstance(made, Recording):
                found.recordings.append(made)
            else:
                found.problems.append(printable(made))
        advance(1)
    for path in sorted(path for left in texts.values() for path in left):
        if path.name not in (RECORDINGS, CARD):
            place = path.relative_to(folder).as_posix()
            found.problems.append(Problem("no-video", "there is no video of this name", place))
    return found


def _stem(path: Path) -> str:
    return _TAIL.sub("", path.stem)


def _recording(
    folder: Path, video: Path, texts: list[Path], layout: Layout, people: Mapping[str, Person], consent: Consent
) -> Recording | Problem:
    name = video.relative_to(folder).as_posix()
    named = name_parts(video.stem, layout)
    row = next((people[key] for key in (name, video.name, video.stem) if key in people), None)
    child = (row.child if row and row.child else "") or (named.child if named else "")
    row = row or people.get(child)
    date = (row.date if row else None) or (named.date if named else None)
    age = age_of(row, date) or (named.age if named else None)
    if not child or date is None or age is None:
        lacking = [word for word, known in (("child", child), ("date", date), ("age", age)) if not known]
        hint = "a table of recordings or children tells them: --people"
        return Problem("unknown-recording", f"{', '.join(lacking)} cannot be told from its name", name, hint)
    try:
        facts = inspect_film(video)
    except (av.FFmpegError, OSError, IndexError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        return Problem("broken-video", f"cannot be read: {reason}", name, "is the file complete?")
    inside = [path.relative_to(folder).as_posix() for path in texts]
    transcripts = sorted((p for p in inside if not p.endswith(".rttm")), key=_preference)
    return Recording(
        name=video.stem,
        child=child,
        date=date.isoformat(),
        age_months=age[0],
        age_days=age[1],
        video=name,
        transcript=transcripts[0] if transcripts else "",
        duration_ms=facts.duration_ms,
        fps=round(max(facts.fps, 0.001), 3),
        width=facts.width,
        height=facts.height,
        consent=row.consent if row and row.consent else consent,
        diarisation=next((path for path in inside if path.endswith(".rttm")), ""),
    )


def _preference(path: str) -> tuple[int, str]:
    return SUFFIXES.index(Path(path).suffix.lower()), path


def write_list(folder: Path, card: CorpusCard, recordings: Sequence[Recording]) -> None:
    """Write ``recordings.csv`` and then ``corpus.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_recordings(folder, recordings)
    write_whole(folder / CARD, (card.model_dump_json(indent=2, exclude_defaults=True) + "\n").encode())
