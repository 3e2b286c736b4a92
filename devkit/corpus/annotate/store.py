"""Annotations of a corpus on disk: taking over what a file has, proposing boxes, and putting reviewed ones in place.

::

    CORPUS/proposals/NAME.jsonl     what a detector or a file proposes, in pixels of the video
    CORPUS/proposals/review.jsonl   every decision on it
    CORPUS/annotations/NAME.jsonl   what items are made from; `recordings.csv` names it
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box, Recording
from devkit.corpus.annotate.exits import track
from devkit.corpus.annotate.review import ReviewLog, Settled, read_frames, settle, write_frames
from devkit.corpus.annotate.vocabulary import Vocabulary
from devkit.corpus.data import CorpusData
from devkit.corpus.read import RECORDINGS, Corpus
from devkit.errors import UserError
from devkit.files import write_whole

PROPOSALS, ANNOTATIONS = "proposals", "annotations"


class Sees(Protocol):
    """A detector: what is in a picture, with confidence."""

    def boxes(self, image: Image.Image, nouns: Sequence[str], vocabulary: Vocabulary) -> list[tuple[Box, float]]:
        """Return the things of some nouns, the surest first."""
        ...


def propose(
    corpus: Corpus,
    data: CorpusData,
    detector: Sees,
    vocabulary: Vocabulary,
    *,
    nouns: Sequence[str] = (),
    every_ms: int = 1000,
    name: Callable[[Image.Image], str] | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> int:
    """Propose boxes on the stored pictures of a corpus; recordings that have proposals are passed over.

    Args:
        corpus: The corpus; proposals go into its folder.
        data: Built from it; gives the pictures.
        detector: Finds boxes.
        vocabulary: Allowed nouns.
        nouns: What to look for; the whole vocabulary when empty.
        every_ms: Pictures at multiples of this are looked at.
        name: Names the picture of a box, instead of the detector; boxes it cannot name are left out.
        advance: Called after each recording.

    Returns:
        Number of boxes proposed.
    """
    count = 0
    stored = {recording.name: recording for recording in data.recordings}
    times = _times(data, every_ms)
    for recording in corpus.recordings:
        file = corpus.path / PROPOSALS / f"{recording.name}.jsonl"
        if recording.name in stored and not file.exists():
            scale = recording.width / stored[recording.name].width
            frames = []
            for time_ms in times.get(recording.name, []):
                image = data.frame_image(recording.name, time_ms)
                seen = [box for box, _ in detector.boxes(image, nouns or vocabulary.nouns, vocabulary)]
                named = [_named(box, image, name) for box in seen]
                boxes = tuple(_scaled(box, scale, recording) for box in named if box is not None)
                frames.append(AnnotatedFrame(recording=recording.name, time_ms=time_ms, boxes=boxes))
            frames = track(frames, (recording.width, recording.height))
            count += sum(len(frame.boxes) for frame in frames)
            write_frames(file, frames)
        advance(1)
    return count


def _times(data: CorpusData, every_ms: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for split in ("train", "val", "test"):
        for name, time_ms in data.frames(split):
            if time_ms % every_ms == 0:
                found.setdefault(name, []).append(time_ms)
    return found


def _named(box: Box, image: Image.Image, name: Callable[[Image.Image], str] | None) -> Box | None:
    if name is None:
        return box
    noun = name(image.crop((box.x, box.y, box.x + box.w, box.y + box.h)))
    return box.model_copy(update={"noun": noun}) if noun else None


def _scaled(box: Box, scale: float, recording: Recording) -> Box:
    left, top = min(recording.width - 1, round(box.x * scale)), min(recording.height - 1, round(box.y * scale))
    right = max(left + 1, min(recording.width, round((box.x + box.w) * scale)))
    bottom = max(top + 1, min(recording.height, round((box.y + box.h) * scale)))
    return box.model_copy(update={"x": left, "y": top, "w": right - left, "h": bottom - top})


def keep_proposals(corpus: Corpus, frames: Mapping[str, Sequence[AnnotatedFrame]], *, replace: bool = False) -> None:
    """Write imported boxes as proposals to be reviewed.

    Raises:
        UserError: There are proposals already.
    """
    for name in frames:
        file = corpus.path / PROPOSALS / f"{name}.jsonl"
        if file.exists() and not replace:
            raise UserError("there are proposals already", place=str(file), hint="--replace")
    for name, some in frames.items():
        write_frames(corpus.path / PROPOSALS / f"{name}.jsonl", some)


def proposals(corpus: Corpus) -> dict[str, list[AnnotatedFrame]]:
    """Return the proposed frames of each recording."""
    found = {}
    for recording in corpus.recordings:
        file = corpus.path / PROPOSALS / f"{recording.name}.jsonl"
        if file.exists():
            found[recording.name] = read_frames(file)
    return found


def apply_review(corpus: Corpus, folder: Path) -> Settled:
    """Put what reviewing settled in place as the annotations of the corpus.

    Args:
        corpus: The corpus.
        folder: That its list lies in.

    Raises:
        UserError: There are no proposals.
    """
    proposed = proposals(corpus)
    if not proposed:
        raise UserError("there are no proposals", place=str(corpus.path / PROPOSALS))
    sizes = {recording.name: (recording.width, recording.height) for recording in corpus.recordings}
    settled = settle(proposed, ReviewLog(corpus.path / PROPOSALS), sizes)
    install(corpus, folder, settled.frames)
    return settled


def install(corpus: Corpus, folder: Path, frames: Mapping[str, Sequence[AnnotatedFrame]]) -> None:
    """Write annotations and name them in the list of recordings, the list last."""
    for name, some in frames.items():
        write_frames(corpus.path / ANNOTATIONS / f"{name}.jsonl", some)
    named = {name: f"{ANNOTATIONS}/{name}.jsonl" for name in frames}
    rows = [
        recording.model_copy(update={"annotations": named[recording.name]}) if recording.name in named else recording
        for recording in corpus.recordings
    ]
    write_recordings(folder, rows)


def write_recordings(folder: Path, recordings: Sequence[Recording]) -> None:
    """Write the list of recordings of a corpus anew."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Recording.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(recording.model_dump() for recording in recordings)
    write_whole(folder / RECORDINGS, text.getvalue().encode(), sync=True)


def subjects(proposed: Mapping[str, Sequence[AnnotatedFrame]]) -> Iterator[tuple[str, int, Box]]:
    """Yield recording, time and box of everything that is to be reviewed, in order."""
    for name, frames in proposed.items():
        for frame in frames:
            for box in frame.boxes:
                yield name, frame.time_ms, box


def log_of(corpus: Corpus) -> ReviewLog:
    """Return the decisions on the proposals of a corpus; they lie in ``proposals/review.jsonl``."""
    return ReviewLog(corpus.path / PROPOSALS)
