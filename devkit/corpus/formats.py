"""The three training formats in the published record form, each record with child, age, split and provenance.

Nothing here knows of files: frames are chosen among the times that a recording has, and named as they will be.
A record that a filter leaves out is made all the same, with its reason, so that nothing goes silently.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from devkit.annotations import Recording
from devkit.corpus.segments import Segment
from devkit.ids import digest_bytes
from devkit.items import IMAGE_MARK, Strict

Split = Literal["train", "val", "test"]
FormatName = Literal["image_utterance", "video_utterance", "interleaved"]
FORMATS: tuple[FormatName, ...] = ("image_utterance", "video_utterance", "interleaved")


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
        image: Names of the images (see `frame_path`), consumed left to right by the ``<image>`` marks.
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


@dataclass(frozen=True, slots=True)
class Judged:
    """A segment and how similar its pictures are to its words; without a filter nothing is known.

    Attributes:
        segment: The segment.
        images: Similarity of single images by their time.
        clip: Similarity of the clip.
    """

    segment: Segment
    images: Mapping[int, float] = field(default_factory=dict)
    clip: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A record before it is written: its parts, and why it is left out.

    Attributes:
        id: Name of the record.
        parts: For each utterance the segment and the times of its images.
        similarity: Of each image or, in a clip, of the clip; empty without a filter.
        reason: Empty when it is kept.
    """

    id: str
    parts: tuple[tuple[Segment, tuple[int, ...]], ...]
    similarity: tuple[float, ...] = ()
    reason: str = ""


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
    """Return the name of a stored picture, which is also its path in an export."""
    return f"frames/{recording}/{time_ms}.jpg"


def record_of(passage: Passage, recording: Recording, split: Split) -> TrainingRecord:
    """Return a passage in the published form."""
    talk: list[Exchange] = []
    for segment, times in passage.parts:
        talk.append(Exchange.model_validate({"from": "human", "value": IMAGE_MARK * len(times)}))
        talk.append(Exchange.model_validate({"from": "gpt", "value": segment.text}))
    return TrainingRecord(
        id=passage.id,
        image=tuple(frame_path(recording.name, time_ms) for _, times in passage.parts for time_ms in times),
        conversations=tuple(talk),
        child=recording.child,
        age_days=recording.total_age_days,
        recording=recording.name,
        split=split,
        span_ms=(passage.parts[0][0].start_ms, passage.parts[-1][0].end_ms),
    )


class RecordMaker:
    """Makes the records of one recording.

    Args:
        recording: Its name.
        stored_ms: Times of the frames that were stored, ascending.
        rules: How to make records.
        image_floor: Images that are not more similar than this are left out, where similarities are known.
    """

    def __init__(
        self, recording: str, stored_ms: Sequence[int], rules: FormatRules, image_floor: float = float("-inf")
    ) -> None:
        self.recording = recording
        self.stored = list(stored_ms)
        self.rules = rules
        self.image_floor = image_floor
        self._named: Counter[str] = Counter()

    def images(self, segment: Segment) -> tuple[int, ...]:
        """Return the times of a segment's stored single images; every format needs at least one."""
        return self._present(image_times(segment, self.rules))

    def clip(self, segment: Segment) -> tuple[int, ...]:
        """Return the times of a segment's stored clip."""
        times = self._present(video_times(segment, self.rules))
        return times or self._present((_middle(self.images(segment), segment),))

    def image_utterance(self, judged: Sequence[Judged]) -> Iterator[Passage]:
        """Yield one record for each image of each segment; segments have at least one (`images`)."""
        for one in judged:
            for number, time_ms in enumerate(self.images(one.segment)):
                known = one.images.get(time_ms)
                reason = "low-similarity" if known is not None and known <= self.image_floor else ""
                similarity = () if known is None else (known,)
                yield self._passage(f"_frame_{number}", ((one.segment, (time_ms,)),), similarity, reason)

    def video_utterance(self, judged: Sequence[Judged]) -> Iterator[Passage]:
        """Yield one record for each segment, its frames in order."""
        for one in judged:
            similarity = () if one.clip is None else (one.clip,)
            yield self._passage("_clip", ((one.segment, self.clip(one.segment)),), similarity)

    def interleaved(self, judged: Sequence[Judged]) -> Iterator[Passage]:
        """Yield windows over consecutive segments, the best frame and the utterance of each.

        The best frame is the most similar one or, without a filter, the one next to the middle. Segments without a
        frame that passes the filter are no part of a window.
        """
        chosen = [(one, best) for one in judged if (best := self._best(one)) is not None]
        fewest, most = self.rules.window
        for start in range(0, len(chosen) - fewest + 1, self.rules.window_step):
            window = self._unbroken(chosen[start : start + self._length(chosen[start][0].segment, fewest, most)])
            if len(window) >= fewest:
                parts = tuple((one.segment, (time_ms,)) for one, time_ms in window)
                known = tuple(one.images[time_ms] for one, time_ms in window if time_ms in one.images)
                yield self._passage("_window", parts, known if len(known) == len(parts) else ())

    def _best(self, one: Judged) -> int | None:
        times = self.images(one.segment)
        if not any(time_ms in one.images for time_ms in times):
            return _middle(times, one.segment)
        passing = [t for t in times if one.images.get(t, float("-inf")) > self.image_floor]
        return max(passing, key=lambda t: (one.images[t], -t), default=None)

    def _length(self, first: Segment, fewest: int, most: int) -> int:
        """Draw the length of a window from its place, so that it is the same in every build."""
        name = f"{first.recording}/{first.start_ms}/{first.end_ms}"
        return fewest + int(digest_bytes(name.encode())[:8], 16) % (most - fewest + 1)

    def _unbroken(self, window: Sequence[tuple[Judged, int]]) -> list[tuple[Judged, int]]:
        kept: list[tuple[Judged, int]] = []
        for one, time_ms in window:
            if kept and one.segment.start_ms - kept[-1][0].segment.end_ms > self.rules.window_gap_ms:
                break
            kept.append((one, time_ms))
        return kept

    def _present(self, times: Sequence[int]) -> tuple[int, ...]:
        def stored(time_ms: int) -> bool:
            place = bisect.bisect_left(self.stored, time_ms)
            return place < len(self.stored) and self.stored[place] == time_ms

        return tuple(time_ms for time_ms in times if stored(time_ms))

    def _passage(
        self,
        suffix: str,
        parts: tuple[tuple[Segment, tuple[int, ...]], ...],
        similarity: tuple[float, ...] = (),
        reason: str = "",
    ) -> Passage:
        record_id = f"{self.recording}_{parts[0][0].start_ms}_{parts[-1][0].end_ms}{suffix}"
        self._named[record_id] += 1
        if (again := self._named[record_id]) > 1:  # two people who speak at the very same time
            record_id += f"_{again}"
        return Passage(record_id, parts, similarity, reason)


def _middle(times: Sequence[int], segment: Segment) -> int:
    return min(times, key=lambda time_ms: abs(time_ms - segment.middle_ms))
