"""Reading transcripts of any known format into utterances, with every entry accounted for."""

from __future__ import annotations

import json
from pathlib import Path

from devkit.corpus.transcripts.base import Entries, Rejected, Transcript, finish
from devkit.corpus.transcripts.chat import read_chat
from devkit.corpus.transcripts.elan import read_elan
from devkit.corpus.transcripts.recognisers import read_json
from devkit.corpus.transcripts.rttm import Turn, read_rttm, with_speakers
from devkit.corpus.transcripts.subtitles import read_subtitles
from devkit.corpus.transcripts.table import read_table
from devkit.errors import Problem
from devkit.files import printable

__all__ = ["SUFFIXES", "Rejected", "Transcript", "Turn", "parse_transcript", "read_rttm", "read_transcript"]
__all__ += ["read_text", "with_speakers"]

SUFFIXES = (".json", ".jsonl", ".srt", ".vtt", ".cha", ".eaf", ".csv", ".tsv")
LARGEST = 256_000_000
"""Bytes; the transcript of a day is a hundredth of this."""


def read_transcript(path: Path, name: str) -> Transcript:
    """Read a transcript; its format is told by its suffix, and for JSON by its content.

    Args:
        path: The file.
        name: What messages call it.
    """
    text, problem = read_text(path, name)
    if problem is not None:
        return Transcript("", problems=(problem,))
    return parse_transcript(text, name)


def read_text(path: Path, name: str) -> tuple[str, Problem | None]:
    """Read a text file in UTF-8, or UTF-16 where it has a byte order mark; return it, or what is wrong."""
    try:
        if path.stat().st_size > LARGEST:
            return "", Problem("malformed-transcript", f"is larger than {LARGEST // 1_000_000} MB", name)
        data = path.read_bytes()
    except OSError as error:
        return "", Problem("missing-transcript", f"cannot be read: {error.strerror}", name)
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if wide else "utf-8-sig"), None
    except UnicodeDecodeError as error:
        return "", Problem("malformed-transcript", f"byte {error.start} is no UTF-8", name, "save the file as UTF-8")


def parse_transcript(text: str, name: str) -> Transcript:
    """Read the content of a transcript.

    Args:
        text: The content.
        name: Its name, whose suffix tells the format.
    """
    suffix = Path(name).suffix.lower()
    problems: list[Problem] = []
    if suffix in (".json", ".jsonl"):
        form, entries, problems = _json(text, name)
    elif suffix in (".srt", ".vtt"):
        form, entries = suffix[1:], read_subtitles(text)
        if suffix == ".vtt" and not text.startswith("WEBVTT"):
            problems = [Problem("malformed-transcript", "does not begin with WEBVTT", f"{name}:1")]
    elif suffix == ".cha":
        form, entries = "chat", read_chat(text)
        if not entries.count and "@Begin" not in text:
            problems = [Problem("malformed-transcript", "has no @Begin and no main line", name)]
    elif suffix == ".eaf":
        form, (entries, problems) = "elan", read_elan(text, name)
    elif suffix in (".csv", ".tsv"):
        form, (entries, problems) = "table", read_table(text, name)
    else:
        known = ", ".join(SUFFIXES)
        return Transcript(
            "", problems=(Problem("unknown-transcript", "is of no known format", name, f"known: {known}"),)
        )
    if problems:
        return Transcript(form, problems=tuple(printable(problem) for problem in problems))
    return finish(form, entries)


def _json(text: str, name: str) -> tuple[str, Entries, list[Problem]]:
    """Read JSON, or JSON lines where it is not one value."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            return "", Entries(), [_broken(error, name)]
        try:
            value = [json.loads(line) for line in lines]
        except (json.JSONDecodeError, RecursionError):
            return "", Entries(), [_broken(error, name)]
    except RecursionError:
        return "", Entries(), [Problem("malformed-transcript", "the values are nested too deeply", name)]
    except ValueError as error:
        return "", Entries(), [Problem("malformed-transcript", str(error)[:200], name)]
    form, entries = read_json(value)
    if not form:
        message = "holds no list of utterances, segments or phrases"
        return "", entries, [Problem("malformed-transcript", message, name)]
    return form, entries, []


def _broken(error: json.JSONDecodeError, name: str) -> Problem:
    place = f"{name}:{error.lineno}:{error.colno}"
    return Problem("malformed-transcript", error.msg, place, "is the file complete?")
