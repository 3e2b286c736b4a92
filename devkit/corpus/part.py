"""The work on one recording: cut it, store its pictures, make its records. Runs in a process of its own.

What it makes lies under ``work/`` until all recordings are done and `devkit.corpus.join` puts them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.annotations import AnnotatedFrame, Box, CorpusCard, Recording
from devkit.corpus.data import ANNOTATIONS, DROPPED, FRAMES, UTTERANCES, BuiltRecording, Spoken
from devkit.corpus.formats import FormatRules, RecordMaker, Split, image_times, video_times
from devkit.corpus.frames import FrameIndex, FrameRules, Video, frames_key, read_index, store_frames
from devkit.corpus.read import Corpus
from devkit.corpus.segments import Cut, Dropped, Segment, SegmentRules, cut
from devkit.files import write_whole
from devkit.items import Strict

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
        threads: Threads of the decoder; 0 for as many as it likes.
    """

    corpus: Path
    out: Path
    recording: Recording
    split: Split
    segments: SegmentRules
    frames: FrameRules
    formats: FormatRules
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What came out of one recording; its files lie under ``work/``.

    Attributes:
        recording: Its row of the list.
        utterances: Utterances it had.
        segments: Segments kept.
        dropped: Utterances left out, by reason.
        records: Records by format.
    """

    recording: BuiltRecording
    utterances: int
    segments: int
    dropped: Mapping[str, int]
    records: Mapping[str, int]


def part_file(out: Path, recording: str, name: str) -> Path:
    """Return where a recording's share of a file lies until all are joined."""
    return out / WORK / recording / name


def build_part(plan: Plan) -> Part:
    """Do everything for one recording.

    Raises:
        Problems: Its video cannot be decoded, or its texts are malformed.
    """
    corpus = Corpus(plan.corpus, CorpusCard(name=plan.corpus.name), (plan.recording,))
    name = plan.recording.name
    annotated = corpus.frames(plan.recording)
    utterances = corpus.utterances(plan.recording)
    pieces = cut(name, plan.recording.duration_ms, utterances, plan.segments)
    index = _pictures(plan, wanted_times(pieces.segments, annotated, plan.formats))
    stored = [frame.time_ms for frame in index.frames]
    maker = RecordMaker(plan.recording, plan.split, stored, plan.formats)
    kept = [segment for segment in pieces.segments if maker.has_frame(segment)]
    bare = [_without_frame(segment) for segment in pieces.segments if not maker.has_frame(segment)]
    dropped = sorted([*pieces.dropped, *bare], key=lambda row: (row.start_ms, row.end_ms))
    (plan.out / WORK / name).mkdir(parents=True, exist_ok=True)
    records = {
        "image_utterance": _write(plan, "image_utterance.json", maker.image_utterance(kept)),
        "video_utterance": _write(plan, "video_utterance.json", maker.video_utterance(kept)),
        "interleaved": _write(plan, "interleaved.json", maker.interleaved(kept)),
    }
    _write(plan, ANNOTATIONS, _scaled_to(annotated, index))
    _write(plan, UTTERANCES, _spoken(plan, pieces))
    _write(plan, DROPPED, dropped)
    built = BuiltRecording.model_validate(
        plan.recording.model_dump()
        | {"split": plan.split, "frames": len(stored)}
        | ({"width": index.width, "height": index.height} if stored else {})
    )
    return Part(built, len(utterances), len(kept), Counter(row.reason for row in dropped), records)


def wanted_times(
    segments: Sequence[Segment], annotated: Sequence[AnnotatedFrame], rules: FormatRules
) -> tuple[int, ...]:
    """Return the times of all pictures that a recording needs: those of its records and all annotated ones."""
    times = {frame.time_ms for frame in annotated}
    for segment in segments:
        times.update(image_times(segment, rules), video_times(segment, rules))
    return tuple(sorted(times))


def _pictures(plan: Plan, times_ms: tuple[int, ...]) -> FrameIndex:
    """Store the pictures, unless they lie there already, made with the same settings."""
    folder = plan.out / FRAMES / plan.recording.name
    video = plan.corpus / plan.recording.video
    key = frames_key(times_ms, plan.frames, f"{plan.recording.video}:{video.stat().st_size}")
    index = read_index(folder)
    if index is not None and index.key == key:
        return index
    source = Video(video, plan.recording.video, plan.recording.fps, plan.threads)
    return store_frames(source, folder, times_ms, plan.frames, key)


def _without_frame(segment: Segment) -> Dropped:
    return Dropped(
        recording=segment.recording,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        reason="no-frame",
    )


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


def _spoken(plan: Plan, pieces: Cut) -> Iterable[Spoken]:
    for said in pieces.spoken:
        yield Spoken(
            recording=plan.recording.name,
            split=plan.split,
            age_days=plan.recording.total_age_days,
            start_ms=said.start_ms,
            end_ms=said.end_ms,
            speaker=said.speaker,
            text=" ".join(said.text.split()),
        )


def _write(plan: Plan, name: str, rows: Iterable[Strict]) -> int:
    """Write a recording's share of a file, one JSON value a line; return the number of lines."""
    lines = [row.model_dump_json(by_alias=True) for row in rows]
    write_whole(part_file(plan.out, plan.recording.name, name), "".join(f"{line}\n" for line in lines).encode())
    return len(lines)
