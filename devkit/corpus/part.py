"""The work on one recording, in stages: cut it and store its pictures, judge them, make its records.

Each stage runs in any process and leaves what it made on disk: pictures in shards, similarities beside them, records
under ``work/`` until all recordings are done and `devkit.corpus.join` puts them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.annotations import AnnotatedFrame, Box, CorpusCard, Recording
from devkit.corpus.data import ANNOTATIONS, SHARDS, BuiltRecording
from devkit.corpus.formats import FORMATS, FormatRules, Judged, Passage, RecordMaker, Split, image_times, video_times
from devkit.corpus.frames import FrameIndex, FrameRules, Video, store_frames
from devkit.corpus.read import Corpus
from devkit.corpus.segments import Cut, Dropped, Segment, SegmentRules, cut
from devkit.corpus.similarity import FilterRules, Similarities, read_similarities
from devkit.corpus.tables import write_part
from devkit.files import write_whole

WORK = "work"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with one recording.

    Attributes:
        corpus: Folder of the corpus.
        out: Folder of the data.
        recording: The recording.
        split: Its split.
        segments: How to cut.
        frames: How to store pictures.
        formats: How to make records.
        filters: Which pictures and clips to leave out.
    """

    corpus: Path
    out: Path
    recording: Recording
    split: Split
    segments: SegmentRules
    frames: FrameRules
    formats: FormatRules
    filters: FilterRules

    @property
    def shards(self) -> Path:
        """Folder of the shards."""
        return self.out / SHARDS

    @property
    def work(self) -> Path:
        """Folder of this recording's records until all are joined."""
        return self.out / WORK / self.recording.name


@dataclass(frozen=True, slots=True)
class Part:
    """What came out of one recording; its tables lie under ``work/``.

    Attributes:
        recording: Its row of the list.
        entries: Entries of its transcript.
        gained: Pieces gained by cutting at sentence bounds.
        masked: Names masked.
        segments: Segments kept.
        dropped: Pieces left out, by reason.
        records: Records kept, by format.
        left_out: Records left out, by format and reason.
    """

    recording: BuiltRecording
    entries: int
    gained: int
    masked: int
    segments: int
    dropped: Mapping[str, int]
    records: Mapping[str, int]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording that is read and cut, with its pictures stored.

    Attributes:
        plan: What is to be done.
        annotated: Its annotated frames.
        pieces: Its transcript, cut.
        index: Its pictures.
        maker: Makes its records.
    """

    plan: Plan
    annotated: list[AnnotatedFrame]
    pieces: Cut
    index: FrameIndex
    maker: RecordMaker


def prepare(plan: Plan) -> Prepared:
    """Read and cut a recording and store its pictures, unless they are there already.

    Raises:
        Problems: Its video cannot be decoded, or its texts are malformed.
    """
    corpus = Corpus(plan.corpus, CorpusCard(name=plan.corpus.name), (plan.recording,))
    name = plan.recording.name
    annotated = corpus.frames(plan.recording)
    transcript = corpus.transcript(plan.recording)
    pieces = cut(name, plan.recording.duration_ms, transcript.utterances, plan.segments, transcript.rejected)
    video = Video(plan.corpus / plan.recording.video, plan.recording.video, name, plan.recording.fps, plan.shards)
    index = store_frames(video, wanted_times(pieces.segments, annotated, plan.formats), plan.frames)
    maker = RecordMaker(name, [frame.time_ms for frame in index.frames], plan.formats, plan.filters.image_floor)
    return Prepared(plan, annotated, pieces, index, maker)


def build_part(plan: Plan) -> Part:
    """Do everything for one recording whose similarities, if any are wanted, are there.

    Raises:
        Problems: Its video cannot be decoded, or its texts are malformed.
    """
    return write_records(prepare(plan))


def write_records(made: Prepared) -> Part:
    """Make the records of a recording."""
    plan, maker = made.plan, made.maker
    known = read_similarities(plan.shards, plan.recording.name)
    judged = [_judged(segment, known) for segment in made.pieces.segments]
    kept = [one for one in judged if maker.images(one.segment) and not _low(one, plan.filters)]
    lost = [_left_out(one, maker) for one in judged if not maker.images(one.segment) or _low(one, plan.filters)]
    dropped = sorted([*made.pieces.dropped, *lost], key=lambda row: (row.start_ms, row.end_ms))
    plan.work.mkdir(parents=True, exist_ok=True)
    records: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for name in FORMATS:
        passages = list(getattr(maker, name)(kept))
        write_part(plan.work, name, (_record_row(plan, passage) for passage in passages))
        records[name] += sum(not passage.reason for passage in passages)
        left_out.update(f"{name}/{passage.reason}" for passage in passages if passage.reason)
    write_part(plan.work, "segments", _segment_rows(plan, kept, dropped, maker, known))
    write_part(plan.work, "frames", _frame_rows(plan, made.index))
    lines = [frame.model_dump_json() + "\n" for frame in _scaled_to(made.annotated, made.index)]
    write_whole(plan.work / ANNOTATIONS, "".join(lines).encode())
    return Part(
        recording=_built(plan, made.index),
        entries=made.pieces.entries,
        gained=made.pieces.gained,
        masked=made.pieces.masked,
        segments=len(kept),
        dropped=Counter(row.reason for row in dropped),
        records=records,
        left_out=left_out,
    )


def wanted_times(
    segments: Sequence[Segment], annotated: Sequence[AnnotatedFrame], rules: FormatRules
) -> tuple[int, ...]:
    """Return the times of all pictures that a recording needs: those of its records and all annotated ones."""
    times = {frame.time_ms for frame in annotated}
    for segment in segments:
        times.update(image_times(segment, rules), video_times(segment, rules))
    return tuple(sorted(times))


def _judged(segment: Segment, known: Similarities) -> Judged:
    return Judged(segment, known.images_of(segment), known.clip_of(segment))


def _low(one: Judged, rules: FilterRules) -> bool:
    return one.clip is not None and one.clip <= rules.clip_floor


def _left_out(one: Judged, maker: RecordMaker) -> Dropped:
    reason = "low-similarity" if maker.images(one.segment) else "no-frame"
    return Dropped.model_validate({**one.segment.model_dump(), "reason": reason, "spoken": True})


def _origin(plan: Plan) -> dict[str, Any]:
    recording = plan.recording
    return {
        "recording": recording.name,
        "child": recording.child,
        "age_days": recording.total_age_days,
        "split": plan.split,
    }


def _record_row(plan: Plan, passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        **_origin(plan),
        "start_ms": passage.parts[0][0].start_ms,
        "end_ms": passage.parts[-1][0].end_ms,
        "times_ms": [time_ms for _, times in passage.parts for time_ms in times],
        "marks": [len(times) for _, times in passage.parts],
        "texts": [segment.text for segment, _ in passage.parts],
        "speakers": [segment.speaker for segment, _ in passage.parts],
        "similarity": list(passage.similarity),
        "kept": not passage.reason,
        "reason": passage.reason,
    }


def _segment_rows(
    plan: Plan, kept: Sequence[Judged], dropped: Sequence[Dropped], maker: RecordMaker, known: Similarities
) -> list[dict[str, Any]]:
    rows = [_segment_row(plan, one.segment, known, len(maker.clip(one.segment))) for one in kept]
    rows += [_segment_row(plan, row, known, 0) for row in dropped]
    return sorted(rows, key=lambda row: (row["start_ms"], row["end_ms"], not row["kept"]))


def _segment_row(plan: Plan, row: Segment, known: Similarities, frames: int) -> dict[str, Any]:
    left_out = row if isinstance(row, Dropped) else None
    return {
        **_origin(plan),
        **row.model_dump(include={"start_ms", "end_ms", "text", "speaker", "confidence", "language"}),
        "spoken": left_out is None or left_out.spoken,
        "kept": left_out is None,
        "reason": "" if left_out is None else left_out.reason,
        "frames": frames,
        "clip_similarity": known.clip_of(row),
        "image_similarity": max(known.images_of(row).values(), default=None),
    }


def _frame_rows(plan: Plan, index: FrameIndex) -> Iterator[dict[str, Any]]:
    for frame in index.frames:
        base = {"time_base": index.time_base, "decoder": index.decoder}
        yield {**_origin(plan), **base, **frame.model_dump()}


def _built(plan: Plan, index: FrameIndex) -> BuiltRecording:
    size = {"width": index.width, "height": index.height} if index.frames else {}
    more = {"split": plan.split, "frames": len(index.frames), **size}
    return BuiltRecording.model_validate(plan.recording.model_dump() | more)


def _scaled_to(annotated: Sequence[AnnotatedFrame], index: FrameIndex) -> Iterable[AnnotatedFrame]:
    """Yield the annotated frames that have a picture, boxes in pixels of the stored picture."""
    stored = {frame.time_ms for frame in index.frames}
    for frame in annotated:
        if frame.time_ms not in stored:
            continue
        if index.scale == 1.0:
            yield frame
        else:
            boxes = tuple(_scaled(box, index) for box in frame.boxes)
            yield frame.model_copy(update={"boxes": boxes})


def _scaled(box: Box, index: FrameIndex) -> Box:
    left = min(index.width - 1, round(box.x * index.scale))
    top = min(index.height - 1, round(box.y * index.scale))
    right = max(left + 1, min(index.width, round((box.x + box.w) * index.scale)))
    bottom = max(top + 1, min(index.height, round((box.y + box.h) * index.scale)))
    return box.model_copy(update={"x": left, "y": top, "w": right - left, "h": bottom - top})
