"""Subtitles as transcripts: SubRip (``.srt``) and WebVTT (``.vtt``).

A cue is whatever has a line with an arrow; blocks without one (headers, notes, styles) are no cues. A speaker is a
WebVTT voice (``<v Mother>``) or a code before a colon (``MOT:``, ``[SPEAKER_00]:``).
"""

from __future__ import annotations

import html
import re

from devkit.corpus.transcripts.base import Entries, clock_seconds

_ARROW = "-->"
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>\n]{0,200}>|\{\\[^}]{0,200}\}")
_CODE = re.compile(r"\s*\[?((?:SPEAKER_?\d+)|(?:[A-Z][A-Z0-9]{1,3}))\]?\s*:\s+")
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")


def read_subtitles(text: str) -> Entries:
    """Read the cues of a file of either format."""
    entries = Entries()
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")):
        lines = block.strip("\n").split("\n")
        arrows = [place for place, line in enumerate(lines) if _ARROW in line]
        if not arrows:
            if _looks_like_cue(lines):
                entries.reject("no-time", "a cue without a line of times", " ".join(lines))
            continue
        if lines[0].startswith(_NO_CUE) and arrows[0] > 1 and not lines[0].startswith("WEBVTT"):
            continue
        for number, place in enumerate(arrows):  # a lost blank line joins cues
            until = arrows[number + 1] if number + 1 < len(arrows) else len(lines)
            body = lines[place + 1 : until]
            if number + 1 < len(arrows) and body and body[-1].strip().isdecimal():
                body = body[:-1]
            _cue(entries, lines[place], "\n".join(body))
    return entries


def _looks_like_cue(lines: list[str]) -> bool:
    """A block that begins with a number and goes on was a cue once."""
    return bool(lines) and lines[0].strip().isdecimal() and any(line.strip() for line in lines[1:])


def _cue(entries: Entries, times: str, body: str) -> None:
    before, _, after = times.partition(_ARROW)
    end_words = after.split()
    start = clock_seconds(before)
    end = clock_seconds(end_words[0]) if end_words else None
    voice = _VOICE.search(body)
    text = html.unescape(_TAG.sub("", body))
    speaker = voice[1].strip() if voice else ""
    if not speaker and (code := _CODE.match(text)) is not None:
        speaker, text = code[1], text[code.end() :]
    entries.add(start, end, " ".join(text.split()), speaker=speaker)
