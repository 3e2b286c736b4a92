"""Cutting recordings at the bounds of their sentences, and choosing which of them to keep.

Every entry of a transcript becomes one or more pieces; every piece is a `Segment` or a `Dropped` row with its reason,
so entries + pieces gained by cutting = segments + dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from devkit.annotations import Utterance
from devkit.corpus.sentences import mask_names, split_sentences, sure_words
from devkit.corpus.transcripts import Rejected
from devkit.corpus.transcripts.base import RejectReason
from devkit.items import Strict

Reason = (
    Literal["no-words", "speaker", "language", "low-confidence", "outside-recording", "too-long", "too-short"]
    | Literal["no-frame", "low-similarity"]
    | RejectReason
)


class SegmentRules(Strict):
    """Which utterances are kept and how they are cut. Published length limits are unknown; these are choices.

    Attributes:
        drop_speakers: Speakers whose words are left out, in any spelling of case; the key child is ``CHI`` in CHAT
            transcripts and ``KCHI`` in diarisation by voice type. None by default.
        min_confidence: Utterances that carry a lower confidence are left out; those without one stay.
        min_word_confidence: Words that carry a lower confidence are taken out; an utterance without any other is left
            out.
        languages: Keep these languages only (``en`` keeps ``en-US``); utterances that name none stay. All when empty.
        min_ms: Shorter pieces are widened into the silence around them, up to this length.
        max_ms: Longer pieces are left out.
        sentences: Cut utterances of several sentences at their bounds, where words have times or the utterance is
            longer than ``max_ms``.
        mask: What stands for a personal name.
        names: Personal names to mask. They are written nowhere: neither into the manifest nor into messages.
    """

    drop_speakers: tuple[str, ...] = ()
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    min_word_confidence: float = Field(default=0.0, ge=0, le=1)
    languages: tuple[str, ...] = ()
    min_ms: int = Field(default=1000, ge=1)
    max_ms: int = Field(default=20_000, ge=1)
    sentences: bool = True
    mask: str = "[name]"
    names: tuple[str, ...] = Field(default=(), exclude=True, repr=False)


class Segment(Strict):
    """A piece of a recording with what is said in it.

    Attributes:
        recording: Name of the recording.
        start_ms: Start, from the start of the recording.
        end_ms: End; the piece is the half-open interval from start to end.
        text: What is said.
        speaker: Who says it; empty when unknown.
        confidence: Of the transcript; None when unknown.
        language: Empty when unknown.
    """

    recording: str
    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    confidence: float | None = None
    language: str = ""

    @property
    def middle_ms(self) -> int:
        """Time in the middle."""
        return (self.start_ms + self.end_ms) // 2


class Dropped(Segment):
    """A piece that was left out, and why; ``spoken`` when it passed all rules but those on pictures and length."""

    reason: Reason
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of the transcript of one recording.

    Attributes:
        entries: Entries of the transcript.
        gained: Pieces gained by cutting at sentence bounds.
        masked: Names that were masked.
        segments: Kept pieces in order of time.
        dropped: Left out pieces in order of time.
    """

    entries: int
    gained: int
    masked: int
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    said: Utterance
    reason: Reason | None


def cut(
    recording: str,
    duration_ms: int,
    utterances: Sequence[Utterance],
    rules: SegmentRules,
    rejected: Sequence[Rejected] = (),
) -> Cut:
    """Cut a recording into segments at the bounds of its sentences.

    Args:
        recording: Its name.
        duration_ms: Its length; nothing reaches beyond it.
        utterances: In order of time.
        rules: What to keep.
        rejected: Entries of the transcript that are no utterances; they become dropped rows.
    """
    masked = 0
    pieces: list[_Piece] = []
    for said in utterances:
        clean, count = mask_names(said, rules.names, rules.mask)
        masked += count
        pieces += _pieces(clean, duration_ms, rules)
    segments: list[Segment] = []
    dropped = [_rejected_row(recording, row, rules) for row in rejected]
    spans = [(piece.said.start_ms, piece.said.end_ms) for piece in pieces]
    for index, piece in enumerate(pieces):
        start, end = piece.said.start_ms, piece.said.end_ms
        reason, spoken = piece.reason, piece.reason in (None, "outside-recording")
        if reason is None:
            wide_start, wide_end = _widen(index, spans, duration_ms, rules.min_ms)
            reason = _unfit(wide_start, wide_end, rules)
            start, end = (wide_start, wide_end) if reason is None else (start, end)
        row = _row(recording, piece.said, start, end)
        if reason is None:
            segments.append(row)
        else:
            dropped.append(Dropped(**row.model_dump(), reason=reason, spoken=spoken))
    dropped.sort(key=lambda row: (row.start_ms, row.end_ms))
    gained = len(pieces) - len(utterances)
    return Cut(len(utterances) + len(rejected), gained, masked, tuple(segments), tuple(dropped))


def _pieces(said: Utterance, duration_ms: int, rules: SegmentRules) -> Iterator[_Piece]:
    """Yield the sentences of an utterance, or the whole of it with the reason to leave it out."""
    reason = _refused(said, rules)
    sure = sure_words(said, rules.min_word_confidence) if reason is None else said
    if reason is None and sure is None:
        reason = "low-confidence"
    if reason is not None or sure is None:
        yield _Piece(said, reason)
        return
    for sentence in split_sentences(sure, rules.max_ms) if rules.sentences else [sure]:
        if not _has_words(sentence.text):
            yield _Piece(sentence, "no-words")
        else:
            yield _Piece(sentence, "outside-recording" if sentence.start_ms >= duration_ms else None)


def _row(recording: str, said: Utterance, start: int, end: int) -> Segment:
    return Segment(
        recording=recording,
        start_ms=start,
        end_ms=end,
        text=" ".join(said.text.split()),
        speaker=said.speaker,
        confidence=said.confidence,
        language=said.language,
    )


def _rejected_row(recording: str, row: Rejected, rules: SegmentRules) -> Dropped:
    bare = Utterance(start_ms=0, end_ms=0, text=row.text.encode("utf-8", "replace").decode())
    clean, _ = mask_names(bare, rules.names, rules.mask)
    return Dropped(
        recording=recording,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=" ".join(clean.text.split()),
        reason=row.reason,
    )


def _has_words(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _refused(said: Utterance, rules: SegmentRules) -> Reason | None:
    if not _has_words(said.text):
        return "no-words"
    if said.speaker.casefold() in {speaker.casefold() for speaker in rules.drop_speakers}:
        return "speaker"
    if said.language and rules.languages and not any(_same_language(said.language, one) for one in rules.languages):
        return "language"
    if said.confidence is not None and said.confidence < rules.min_confidence:
        return "low-confidence"
    return None


_THREE_LETTERS = {"eng": "en", "spa": "es", "fra": "fr", "deu": "de", "ita": "it", "por": "pt", "nld": "nl"}
_THREE_LETTERS |= {"zho": "zh", "cmn": "zh", "yue": "yue", "jpn": "ja", "kor": "ko", "rus": "ru", "tur": "tr"}


def _same_language(named: str, wanted: str) -> bool:
    """Tell whether a tag is the wanted language or a variety of it; ``eng`` is ``en``."""

    def primary(tag: str) -> list[str]:
        parts = tag.casefold().replace("_", "-").split("-")
        return [_THREE_LETTERS.get(parts[0], parts[0]), *parts[1:]]

    have, want = primary(named), primary(wanted)
    return have[: len(want)] == want


def _unfit(start: int, end: int, rules: SegmentRules) -> Reason | None:
    if end - start > rules.max_ms:
        return "too-long"
    return "too-short" if end <= start else None


def _widen(index: int, spans: Sequence[tuple[int, int]], duration_ms: int, least_ms: int) -> tuple[int, int]:
    """Widen a short piece evenly into the silence before and after it, never into a neighbour."""
    start, end = spans[index][0], min(spans[index][1], duration_ms)
    lacking = least_ms - (end - start)
    if lacking <= 0:
        return start, end
    floor = min(start, max((until for _, until in spans[max(0, index - 8) : index]), default=0))
    ceiling = min([duration_ms, *(since for since, _ in spans[index + 1 : index + 2])])
    room_after = max(0, ceiling - end)
    before = min(start - floor, max(lacking // 2, lacking - room_after))
    after = min(room_after, lacking - before)
    return start - before, end + after
