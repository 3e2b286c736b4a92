"""The three training formats in the published record form, each record with child, age, split and provenance.

Nothing here knows of files: frames are chosen among the times that a recording has, and named as they will be.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from devkit.annotations import Recording
from devkit.corpus.segments import Segment
from devkit.ids import digest_bytes
from devkit.items import IMAGE_MARK, Strict

Split = Literal["train", "val", "test"]
FORMATS = ("image_utterance", "video_utterance", "interleaved")


class FormatRules(Strict):
    """How segments become records.

    Attributes:
        image_every_ms: One image–utterance pair for each such step of the recording's clock; published: 1 per second.
        video_every_ms: Step between the frames of a clip.
        video_max_frames: Most frames of a clip; longer clips are thinned evenly.
        window: Fewest and most segments of an interleaved record; published: 4–8.
        window_step: Segments between the starts of two windows.
        window_gap_ms: A longer silence ends a window.
    """

    image_every_ms: int = Field(default=1000, ge=1)
    video_every_ms: int = Field(default=500, ge=1)
    video_max_frames: int = Field(default=8, ge=1)
    window: tuple[int, int] = (4, 8)
    window_step: int = Field(default=3, ge=1)
    window_gap_ms: int = Field(default=30_000, ge=0)


class Exchange(Strict):
    """One entry of ``conversations``; ``from`` is a word of Python, hence the alias."""

    speaker: Literal["human", "gpt"] = Field(alias="from")
    value: str


class TrainingRecord(Strict):
    """A record of a training format: the published form, and where and when it comes from.

    Attributes:
        id: ``RECORDING_START_END`` with a suffix by format.
        image: Paths relative to the data folder, consumed left to right by the ``<image>`` marks.
        conversations: Marks by the human, utterances by the model.
        child: Code of the child.
        age_days: Age of the child on that day, a month counted as 30.4375 days.
        recording: Name of the recording.
        split: Split of the recording.
        span_ms: Start and end in the recording.
    """

    id: str
    image: tuple[str, ...]
    conversations: tuple[Exchange, ...]
    child: str
    age_days: int
    recording: str
    split: Split
    span_ms: tuple[int, int]

    @property
    def texts(self) -> tuple[str, ...]:
        """What is said, in order."""
        return tuple(entry.value for entry in self.conversations if entry.speaker == "gpt")


def image_times(segment: Segment, rules: FormatRules) -> tuple[int, ...]:
    """Return the times of a segment's single images: each full step of the clock, else its middle."""
    times = _grid(segment, rules.image_every_ms)
    return times or (segment.middle_ms,)


def video_times(segment: Segment, rules: FormatRules) -> tuple[int, ...]:
    """Return the times of a segment's clip: each step of the clock, thinned evenly to the most frames."""
    times = _grid(segment, rules.video_every_ms) or (segment.middle_ms,)
    most = rules.video_max_frames
    if len(times) <= most:
        return times
    return tuple(times[round(i * (len(times) - 1) / max(1, most - 1))] for i in range(most))


def _grid(segment: Segment, step: int) -> tuple[int, ...]:
    first = -(-segment.start_ms // step) * step
    return tuple(range(first, segment.end_ms, step))


def frame_path(recording: str, time_ms: int) -> str:
    """Return the path of a stored frame relative to the data folder."""
    return f"frames/{recording}/{time_ms}.jpg"


class RecordMaker:
    """Makes the records of one recording.

    Args:
        recording: The recording.
        split: Its split.
        stored_ms: Times of the frames that were stored, ascending.
        rules: How to make records.
    """

    def __init__(self, recording: Recording, split: Split, stored_ms: Sequence[int], rules: FormatRules) -> None:
        self.recording = recording
        self.split = split
        self.stored = list(stored_ms)
        self.rules = rules
        self._named: Counter[str] = Counter()

    def has_frame(self, segment: Segment) -> bool:
        """Tell whether a segment has at least one stored image; every format needs that."""
        return bool(self._present(image_times(segment, self.rules)))

    def image_utterance(self, segments: Sequence[Segment]) -> Iterator[TrainingRecord]:
        """Yield one record for each image of each segment; segments have at least one (`has_frame`)."""
        for segment in segments:
            for number, time_ms in enumerate(self._present(image_times(segment, self.rules))):
                yield self._record(f"_frame_{number}", [(segment, (time_ms,))])

    def video_utterance(self, segments: Sequence[Segment]) -> Iterator[TrainingRecord]:
        """Yield one record for each segment, its frames in order."""
        for segment in segments:
            times = self._present(video_times(segment, self.rules)) or (self._middle(segment),)
            yield self._record("_clip", [(segment, times)])

    def interleaved(self, segments: Sequence[Segment]) -> Iterator[TrainingRecord]:
        """Yield windows over consecutive segments, the middle frame and the utterance of each."""
        fewest, most = self.rules.window
        for start in range(0, len(segments) - fewest + 1, self.rules.window_step):
            window = self._unbroken(segments[start : start + self._length(segments[start], fewest, most)])
            if len(window) >= fewest:
                yield self._record("_window", [(segment, (self._middle(segment),)) for segment in window])

    def _length(self, first: Segment, fewest: int, most: int) -> int:
        """Draw the length of a window from its place, so that it is the same in every build."""
        name = f"{first.recording}/{first.start_ms}/{first.end_ms}"
        return fewest + int(digest_bytes(name.encode())[:8], 16) % (most - fewest + 1)

    def _unbroken(self, window: Sequence[Segment]) -> list[Segment]:
        kept: list[Segment] = []
        for segment in window:
            if kept and segment.start_ms - kept[-1].end_ms > self.rules.window_gap_ms:
                break
            kept.append(segment)
        return kept

    def _middle(self, segment: Segment) -> int:
        times = self._present(image_times(segment, self.rules))
        return min(times, key=lambda time_ms: abs(time_ms - segment.middle_ms))

    def _present(self, times: Sequence[int]) -> tuple[int, ...]:
        def stored(time_ms: int) -> bool:
            place = bisect.bisect_left(self.stored, time_ms)
            return place < len(self.stored) and self.stored[place] == time_ms

        return tuple(time_ms for time_ms in times if stored(time_ms))

    def _record(self, suffix: str, pieces: Sequence[tuple[Segment, tuple[int, ...]]]) -> TrainingRecord:
        first, last = pieces[0][0], pieces[-1][0]
        name = self.recording.name
        talk: list[Exchange] = []
        for segment, times in pieces:
            talk.append(Exchange.model_validate({"from": "human", "value": IMAGE_MARK * len(times)}))
            talk.append(Exchange.model_validate({"from": "gpt", "value": segment.text}))
        record_id = f"{name}_{first.start_ms}_{last.end_ms}{suffix}"
        self._named[record_id] += 1
        if (again := self._named[record_id]) > 1:  # two people who speak at the very same time
            record_id += f"_{again}"
        return TrainingRecord(
            id=record_id,
            image=tuple(frame_path(name, time_ms) for _, times in pieces for time_ms in times),
            conversations=tuple(talk),
            child=self.recording.child,
            age_days=self.recording.total_age_days,
            recording=name,
            split=self.split,
            span_ms=(first.start_ms, last.end_ms),
        )
