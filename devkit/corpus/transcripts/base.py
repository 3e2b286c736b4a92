"""What a reader of transcripts gives: utterances, and every entry that could not become one, with its reason.

Readers are functions from a file's content to `Entries`. They never raise on what a file holds: a damaged entry is a
`Rejected` row, a file that is damaged as a whole is a `devkit.errors.Problem`. So entries in = utterances + rejected.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from devkit.annotations import Utterance, Word
from devkit.errors import Problem
from devkit.files import first_error

RejectReason = Literal["malformed", "no-time", "backwards", "not-recognised", "other-tier"]
LONGEST_MS = 1000 * 3600 * 1000
"""No recording lasts a thousand hours; a later time is a mistake."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry of a transcript that is no utterance.

    Attributes:
        entry: Its number in the file, from 1.
        reason: ``malformed`` (its text or values are not what the format says), ``no-time``, ``backwards`` (ends before
            it starts), ``not-recognised`` (the recogniser gave up), ``other-tier`` (annotation that is not speech).
        detail: What is wrong, in words.
        text: What it says, where that can be told.
        start_ms: Its start, where that can be told.
        end_ms: Its end, where that can be told.
    """

    entry: int
    reason: RejectReason
    detail: str = ""
    text: str = ""
    start_ms: int = 0
    end_ms: int = 0


@dataclass(slots=True)
class Entries:
    """Collects what a reader finds, in the order of the file.

    Attributes:
        utterances: Good entries.
        rejected: The others.
        language: Language of the whole file, BCP 47 or ISO 639; empty when it does not say.
    """

    utterances: list[Utterance] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    language: str = ""

    @property
    def count(self) -> int:
        """Entries so far."""
        return len(self.utterances) + len(self.rejected)

    def reject(self, reason: RejectReason, detail: str = "", text: str = "") -> None:
        """Note that the next entry is no utterance."""
        self.rejected.append(Rejected(self.count + 1, reason, detail, text[:500]))

    def add(
        self,
        start_s: object,
        end_s: object,
        text: object,
        *,
        speaker: object = "",
        confidence: object = None,
        language: str = "",
        words: Sequence[Word] = (),
    ) -> None:
        """Take the next entry; what cannot be an utterance is rejected.

        Args:
            start_s: Start in seconds.
            end_s: End in seconds.
            text: What is said.
            speaker: Who says it; numbers and None are understood.
            confidence: 0–1; None when unknown.
            language: Of this entry; the file's when empty.
            words: Its words, where the transcript has them.
        """
        if not isinstance(text, str):
            return self.reject("malformed", "the text is no text")
        start, end = milliseconds(start_s), milliseconds(end_s)
        if start is None or end is None:
            return self.reject("no-time", "the start or end is no time", text)
        if end < start:
            self.rejected.append(
                Rejected(self.count + 1, "backwards", f"ends at {end} ms, before it starts", text[:500], start, end)
            )
            return None
        sure = number(confidence)
        try:
            self.utterances.append(
                Utterance(
                    start_ms=start,
                    end_ms=end,
                    text=text.strip(),
                    speaker=name_of(speaker),
                    confidence=None if sure is None else min(1.0, max(0.0, sure)),
                    language=language or self.language,
                    words=tuple(words),
                )
            )
        except ValidationError as error:  # a half of a surrogate pair, say
            self.reject("malformed", first_error(error))
        return None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript that was read.

    Attributes:
        format: Name of its format.
        utterances: In order of time.
        rejected: Entries that are no utterances.
        unordered: Entries that begin before the entry before them in the file.
        problems: What is wrong with the file as a whole; then there are no utterances.
    """

    format: str
    utterances: tuple[Utterance, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    unordered: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def entries(self) -> int:
        """Entries in the file: utterances and rejected ones."""
        return len(self.utterances) + len(self.rejected)

    @property
    def overlapping(self) -> int:
        """Utterances that begin before an earlier one of the same speaker has ended."""
        last: dict[str, int] = {}
        count = 0
        for said in self.utterances:
            count += said.start_ms < last.get(said.speaker, 0)
            last[said.speaker] = max(last.get(said.speaker, 0), said.end_ms)
        return count


def finish(form: str, entries: Entries) -> Transcript:
    """Return a transcript in order of time."""
    said = entries.utterances
    unordered = sum(after.start_ms < before.start_ms for before, after in itertools.pairwise(said))
    ordered = tuple(sorted(said, key=lambda u: (u.start_ms, u.end_ms)))
    return Transcript(form, ordered, tuple(entries.rejected), unordered)


def number(value: object) -> float | None:
    """Return a finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def milliseconds(seconds: object) -> int | None:
    """Return seconds as whole milliseconds; None when they are no time of a recording."""
    found = number(seconds)
    if found is None or not 0 <= found * 1000 <= LONGEST_MS:
        return None
    return round(found * 1000)


def clock_seconds(text: str) -> float | None:
    """Return ``90``, ``1:30``, ``0:01:30.5`` or ``00:01:30,500`` as seconds; None when it is no such time."""
    parts = text.strip().replace(",", ".").split(":")
    if not 1 <= len(parts) <= 3 or not all(part.replace(".", "", 1).isdecimal() for part in parts if part):
        return None
    total = 0.0
    for part in parts:
        value = number(part)
        if value is None:
            return None
        total = total * 60 + value
    return total


def name_of(speaker: object) -> str:
    """Return a speaker as text; numbers stay numbers, anything else is nobody."""
    if isinstance(speaker, bool) or not isinstance(speaker, str | int):
        return ""
    return str(speaker).strip()


def words_from(rows: object, keys: tuple[str, str, str, str]) -> tuple[Word, ...]:
    """Read words with their times from a list of objects; words without times are left out of it.

    Args:
        rows: What the file has.
        keys: Names of text, start in s, end in s and confidence.
    """
    found: list[Word] = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        text, start, end = row.get(keys[0]), milliseconds(row.get(keys[1])), milliseconds(row.get(keys[2]))
        if isinstance(text, str) and start is not None and end is not None and end >= start:
            try:
                found.append(Word(start_ms=start, end_ms=end, text=text.strip(), confidence=share(row.get(keys[3]))))
            except ValidationError:
                continue
    return tuple(found)


def share(value: object) -> float | None:
    """Return a confidence as a share; None when there is none."""
    found = number(value)
    return None if found is None else min(1.0, max(0.0, found))


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of those that are known; None when none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def dicts(value: Any) -> list[Any]:
    """Return a list as it is and anything else as an empty one."""
    return value if isinstance(value, list) else []
