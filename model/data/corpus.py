"""The training split of a corpus as training takes it: utterances, narrated frames, and a pool of reduced frames.

Frames stay compressed on disk; the reduced ones are kept in a bounded cache. Names of frames
(``recording@time_ms``) stand for ``period_ms`` of recording each, which is how experience is counted.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from devkit.corpus.data import BuiltRecording, open_data
from devkit.corpus.formats import TrainingRecord
from devkit.errors import UserError
from devkit.items import IMAGE_MARK
from devkit.pool import Pool

Split = Literal["train", "val", "test"]
CACHED_BYTES = 800_000_000
LoadFrame = Callable[[str, int, int | None], Image.Image]
"""Returns the picture of a recording at a time in ms, reduced to a width in pixels."""


@dataclass(frozen=True, slots=True)
class Narration:
    """What was seen and said: parts of one or more frames followed by an utterance.

    Attributes:
        parts: For each part its frames as (recording, time in ms) and the utterance.
        age_days: Age of the child, days; None when unknown.
        name: Of the record.
    """

    parts: tuple[tuple[tuple[tuple[str, int], ...], str], ...]
    age_days: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """What was said in one recording, in order."""

    recording: str
    age_days: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """One split of a corpus.

    Attributes:
        digest: SHA-256 of the data's manifest.
        utterances: What was said, in order of recording and time.
        pairs: Image–utterance pairs.
        clips: Video–utterance pairs.
        interleaved: Interleaved sequences.
        pool: Annotated frames, reduced.
        period_ms: Time between two frames.
        hours: Length of the recordings of the split.
        speech: The utterances by recording; all in one when empty.
        ages: Age of the child at each recording, days.
    """

    digest: str
    utterances: tuple[str, ...]
    pairs: tuple[Narration, ...]
    clips: tuple[Narration, ...]
    interleaved: tuple[Narration, ...]
    pool: Pool
    period_ms: int
    hours: float
    speech: tuple[Speech, ...] = ()
    ages: Mapping[str, int] = field(default_factory=dict)


def frame_name(recording: str, time_ms: int) -> str:
    """Name a frame for the count of hours seen."""
    return f"{recording}@{time_ms}"


def load_training_data(
    path: Path, *, split: Split = "train", width: int | None = None, share: float = 1.0, seed: int = 0
) -> TrainingData:
    """Read one split of the data that ``devkit corpus build`` wrote.

    Args:
        path: The data folder.
        split: Which recordings.
        width: Width to which frames are reduced, pixels; None keeps them.
        share: Share of the split's recordings that are used; at least one is.
        seed: Of the choice of recordings.

    Raises:
        UserError: There are no such data, or the split is empty.
    """
    data = open_data(path)
    recordings = _drawn(data.recordings_of(split), share, seed)
    names = {recording.name for recording in recordings}
    pool = reduced_pool(data.pool(split), data.frame_image, width, names)
    if not pool.frames:
        raise UserError(f"the {split} split has no frames", place=str(path))
    said = [one for one in data.utterances(split) if one.recording in names]
    return TrainingData(
        digest=data.digest,
        utterances=tuple(one.text for one in said),
        pairs=_narrations(data.image_utterance(split), names),
        clips=_narrations(data.video_utterance(split), names),
        interleaved=_narrations(data.interleaved(split), names),
        pool=pool,
        period_ms=_period(pool),
        hours=sum(r.duration_ms for r in recordings) / 3_600_000,
        speech=tuple(
            Speech(name, group[0].age_days, tuple(one.text for one in group))
            for name, group in ((name, list(some)) for name, some in itertools.groupby(said, lambda one: one.recording))
        ),
        ages={recording.name: recording.total_age_days for recording in recordings},
    )


def _drawn(recordings: Sequence[BuiltRecording], share: float, seed: int) -> Sequence[BuiltRecording]:
    """Draw a share of the recordings; they stay in order."""
    if share >= 1:
        return recordings
    kept = random.Random(f"{seed}/recordings").sample(range(len(recordings)), max(1, round(share * len(recordings))))
    return [recordings[place] for place in sorted(kept)]


def _narrations(records: Sequence[TrainingRecord], recordings: Collection[str]) -> tuple[Narration, ...]:
    return tuple(_narration(record) for record in records if record.recording in recordings)


def reduced_pool(pool: Pool, load: LoadFrame, width: int | None, recordings: Collection[str]) -> Pool:
    """Return a pool of the frames of some recordings; they, and boxes with them, are reduced to ``width`` pixels."""
    frames = [frame for frame in pool.frames if frame.recording in recordings]
    if not frames:
        return Pool((), pool.image, source=pool.source, split=pool.split)
    first = frames[0]
    full = load(first.recording, first.time_ms, None).width
    factor = 1.0 if width is None or width >= full else width / full
    size = round(3 * (full * factor) ** 2 * 0.75)
    return Pool(
        [_reduced(frame, factor) for frame in frames],
        lambda recording, time_ms: load(recording, time_ms, width if factor < 1 else None),
        source=pool.source,
        split=pool.split,
        frame_digest=frame_name,
        consent=pool.consent,
        cached=max(64, CACHED_BYTES // size),
    )


def _reduced(frame: AnnotatedFrame, factor: float) -> AnnotatedFrame:
    if factor == 1.0:
        return frame
    return frame.model_copy(update={"boxes": tuple(_reduced_box(box, factor) for box in frame.boxes)})


def _reduced_box(box: Box, factor: float) -> Box:
    left, top = round(box.x * factor), round(box.y * factor)
    right, bottom = round((box.x + box.w) * factor), round((box.y + box.h) * factor)
    return box.model_copy(update={"x": left, "y": top, "w": max(1, right - left), "h": max(1, bottom - top)})


def _period(pool: Pool) -> int:
    steps: list[int] = []
    for frames in pool.by_recording.values():
        steps.extend(b.time_ms - a.time_ms for a, b in itertools.pairwise(frames))
    return sorted(steps)[len(steps) // 2] if steps else 1000


def _narration(record: TrainingRecord) -> Narration:
    frames = [_frame_of(path) for path in record.image]
    parts: list[tuple[tuple[tuple[str, int], ...], str]] = []
    used = 0
    asked = [entry.value for entry in record.conversations if entry.speaker == "human"]
    for marks, said in zip(asked, record.texts, strict=True):
        count = marks.count(IMAGE_MARK)
        parts.append((tuple(frames[used : used + count]), said))
        used += count
    return Narration(tuple(parts), record.age_days, record.id)


def _frame_of(path: str) -> tuple[str, int]:
    parts = Path(path)
    return parts.parent.name, int(parts.stem)
