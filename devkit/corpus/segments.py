"""Cutting recordings at the bounds of their utterances, and choosing which utterances to keep.

Every utterance either becomes a segment or a `Dropped` row with its reason, so that the counts add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from devkit.annotations import Utterance
from devkit.items import Strict

Reason = Literal["no-words", "speaker", "low-confidence", "outside-recording", "too-long", "too-short", "no-frame"]


class SegmentRules(Strict):
    """Which utterances are kept and how they are cut. Published length limits are unknown; these are choices.

    Attributes:
        drop_speakers: Speakers whose words are left out, in any spelling of case; the key child is ``CHI`` in CHAT
            transcripts. None by default.
        min_confidence: Utterances that carry a lower confidence are left out; those without one stay.
        min_ms: Shorter utterances are widened into the silence around them, up to this length.
        max_ms: Longer utterances are left out.
    """

    drop_speakers: tuple[str, ...] = ()
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    min_ms: int = Field(default=1000, ge=1)
    max_ms: int = Field(default=20_000, ge=1)


class Segment(Strict):
    """A piece of a recording with what is said in it.

    Attributes:
        recording: Name of the recording.
        start_ms: Start, from the start of the recording.
        end_ms: End; the piece is the half-open interval from start to end.
        text: What is said.
        speaker: Who says it; empty when unknown.
    """

    recording: str
    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""

    @property
    def middle_ms(self) -> int:
        """Time in the middle."""
        return (self.start_ms + self.end_ms) // 2


class Dropped(Strict):
    """A piece that was left out, and why; a line of ``dropped.jsonl``."""

    recording: str
    start_ms: int
    end_ms: int
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of the utterances of one recording: as many as there were.

    Attributes:
        spoken: Utterances that pass the word, speaker and confidence rules, whether or not they became segments.
        segments: Kept pieces in order of time.
        dropped: Left out pieces.
    """

    spoken: tuple[Utterance, ...]
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...]


def cut(recording: str, duration_ms: int, utterances: Sequence[Utterance], rules: SegmentRules) -> Cut:
    """Cut a recording into segments at the bounds of its utterances.

    Args:
        recording: Its name.
        duration_ms: Its length; nothing reaches beyond it.
        utterances: In order of time.
        rules: What to keep.
    """
    spoken: list[Utterance] = []
    segments: list[Segment] = []
    dropped: list[Dropped] = []
    for index, said in enumerate(utterances):
        reason = _refused(said, rules)
        if reason is None:
            spoken.append(said)
            reason = "outside-recording" if said.start_ms >= duration_ms else None
        start, end = said.start_ms, min(said.end_ms, duration_ms)
        if reason is None:
            start, end = _widen(index, utterances, duration_ms, rules.min_ms)
            reason = _unfit(start, end, rules)
        text = " ".join(said.text.split())
        if reason is None:
            segments.append(Segment(recording=recording, start_ms=start, end_ms=end, text=text, speaker=said.speaker))
        else:
            dropped.append(
                Dropped(recording=recording, start_ms=said.start_ms, end_ms=said.end_ms, text=text, reason=reason)
            )
    return Cut(tuple(spoken), tuple(segments), tuple(dropped))


def _refused(said: Utterance, rules: SegmentRules) -> Reason | None:
    if not any(letter.isalnum() for letter in said.text):
        return "no-words"
    if said.speaker.casefold() in {speaker.casefold() for speaker in rules.drop_speakers}:
        return "speaker"
    if said.confidence is not None and said.confidence < rules.min_confidence:
        return "low-confidence"
    return None


def _unfit(start: int, end: int, rules: SegmentRules) -> Reason | None:
    if end - start > rules.max_ms:
        return "too-long"
    return "too-short" if end <= start else None


def _widen(index: int, utterances: Sequence[Utterance], duration_ms: int, least_ms: int) -> tuple[int, int]:
    """Widen a short utterance evenly into the silence before and after it, never into a neighbour."""
    said = utterances[index]
    start, end = said.start_ms, min(said.end_ms, duration_ms)
    lacking = least_ms - (end - start)
    if lacking <= 0:
        return start, end
    floor = min(start, max((u.end_ms for u in utterances[max(0, index - 8) : index]), default=0))
    ceiling = min([duration_ms, *(u.start_ms for u in utterances[index + 1 : index + 2])])
    room_after = max(0, ceiling - end)
    before = min(start - floor, max(lacking // 2, lacking - room_after))
    after = min(room_after, lacking - before)
    return start - before, end + after
