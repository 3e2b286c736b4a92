"""Transcripts as tables (``.csv``, ``.tsv``): one utterance a row, or one word a row as BabyView's are.

Columns are found by their usual names, whatever their case. Times are seconds, clock times (``1:02:03.5``), or
milliseconds where the column's name ends in ``ms``. Rows without an end last until the next row, at most
`OPEN_END_S`: SAYCam's transcripts have starts only.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Mapping

from devkit.annotations import Word
from devkit.corpus.transcripts.base import Entries, clock_seconds, mean, milliseconds, number, share
from devkit.errors import Problem

START = ("start_ms", "start", "start_time", "onset", "begin", "time", "timestamp", "start_s", "start_sec")
END = ("end_ms", "end", "end_time", "offset", "stop", "finish", "end_s", "end_sec")
TEXT = ("text", "utterance", "transcript", "transcription", "sentence", "words", "content")
SPEAKER = ("speaker", "participant", "who", "speaker_id", "speaker_type", "speaker_label", "role")
CONFIDENCE = ("confidence", "score", "probability", "prob", "avg_confidence")
LANGUAGE = ("language", "lang", "locale")
TOKEN, TOKEN_START, TOKEN_END = ("token", "word"), ("token_start_time", "word_start"), ("token_end_time", "word_end")
GROUP = ("utterance_id", "utterance_num", "segment_id")
OPEN_END_S = 5.0

Row = Mapping[str, str]


def read_table(text: str, name: str) -> tuple[Entries, list[Problem]]:
    """Read a table; return its rows as entries, or what is wrong with the whole."""
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = [(title or "").strip().lower() for title in reader.fieldnames or []]
        reader.fieldnames = header
        rows = [{k: v for k, v in row.items() if isinstance(k, str) and isinstance(v, str)} for row in reader]
    except csv.Error as error:
        return Entries(), [Problem("malformed-transcript", f"is no readable table: {error}", name)]
    if _named(header, TOKEN) and _named(header, TOKEN_START) and _named(header, GROUP):
        return _by_words(header, rows), []
    start, spoken = _named(header, START), _named(header, TEXT)
    if not start or not spoken:
        lacking = "the start" if not start else "what is said"
        hint = f"for example {START[1]}, {END[1]}, {TEXT[0]}, {SPEAKER[0]}"
        return Entries(), [Problem("malformed-transcript", f"has no column for {lacking}", f"{name}:1", hint)]
    return _by_rows(header, rows, start, spoken), []


def _named(header: list[str], names: Iterable[str]) -> str:
    return next((name for name in names if name in header), "")


def _seconds(row: Row, column: str) -> float | None:
    value = row.get(column, "")
    found = number(value) if column else None
    if found is not None:
        return found / 1000 if column.endswith("ms") else found
    return clock_seconds(value) if column and ":" in value else None


def _by_rows(header: list[str], rows: list[dict[str, str]], start: str, spoken: str) -> Entries:
    end, who, sure, tongue = (_named(header, names) for names in (END, SPEAKER, CONFIDENCE, LANGUAGE))
    starts = [_seconds(row, start) for row in rows]
    entries = Entries()
    for place, row in enumerate(rows):
        begin, until = starts[place], _seconds(row, end)
        if begin is not None and until is None and not row.get(end, "").strip():
            after = [later for later in starts[place + 1 :][:20] if later is not None and later > begin]
            until = min([begin + OPEN_END_S, *after[:1]])
        text = row.get(spoken)
        if text is None:
            entries.reject("malformed", "the row breaks off")
            continue
        entries.add(
            begin, until, text, speaker=row.get(who, ""), confidence=row.get(sure), language=row.get(tongue, "").strip()
        )
    return entries


def _by_words(header: list[str], rows: list[dict[str, str]]) -> Entries:
    """Put words together into utterances; an utterance of which no word has a time is rejected."""
    token, start, end, group = (_named(header, names) for names in (TOKEN, TOKEN_START, TOKEN_END, GROUP))
    said, who, sure = (_named(header, names) for names in (TEXT, SPEAKER, CONFIDENCE))
    entries = Entries()
    for _, grouped in itertools.groupby(rows, key=lambda row: row.get(group, "")):
        members = list(grouped)
        words = [word for row in members if (word := _word(row, token, start, end, sure)) is not None]
        text = members[0].get(said) or " ".join(row.get(token, "") for row in members)
        if not words:
            entries.reject("no-time", "none of its words has a time", text)
            continue
        entries.add(
            words[0].start_ms / 1000,
            max(word.end_ms for word in words) / 1000,
            text,
            speaker=members[0].get(who, ""),
            confidence=mean(word.confidence for word in words),
            words=words,
        )
    return entries


def _word(row: Row, token: str, start: str, end: str, sure: str) -> Word | None:
    begin, until = milliseconds(_seconds(row, start)), milliseconds(_seconds(row, end))
    if begin is None or until is None or until < begin:
        return None
    return Word(start_ms=begin, end_ms=until, text=row.get(token, "").strip(), confidence=share(row.get(sure)))
