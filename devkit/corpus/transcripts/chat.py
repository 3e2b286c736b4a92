"""CHAT transcripts (``.cha``) as the CHILDES system writes them: main lines, speaker codes, time bullets.

Text is brought to plain words after the CHAT manual: codes in brackets, fillers, omitted words, events and
unintelligible stretches (``xxx``, ``yyy``, ``www``) go; shortenings ``(be)cause`` are filled in; special forms lose
their ``@`` mark; retraced words stay, for they were said. Dependent tiers (``%mor`` …) are no entries.
"""

from __future__ import annotations

import re

from devkit.corpus.transcripts.base import Entries

_BULLET = re.compile(r"\x15[^\x15\n]*?(\d{1,9})_(\d{1,9})[^\x15\n]*\x15")
_MAIN = re.compile(r"\*([^\s:]{1,20}):")
_PRECODE = re.compile(r"\[-\s*([A-Za-z-]{2,12})\]")
_BRACKET = re.compile(r"\[[^\]]*\]")
_DROPPED_WORD = re.compile(r"^(?:&.*|0.*|\+.*|xxx|yyy|www|[‡„]|[^\w'’-]+)$", re.IGNORECASE)


def read_chat(text: str) -> Entries:
    """Read the main lines; one without a time bullet is rejected with the reason ``no-time``."""
    entries = Entries()
    for line in _logical_lines(text):
        if line.startswith("@Languages:"):
            names = line.partition(":")[2].replace(",", " ").split()
            entries.language = names[0] if names else ""
        elif line.startswith("*"):
            _main_line(entries, line)
    return entries


def _logical_lines(text: str) -> list[str]:
    """Join continuation lines, which begin with a tab or a blank."""
    joined: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in ("\t", " ") and joined:
            joined[-1] += " " + line.strip()
        elif line:
            joined.append(line)
    return joined


def _main_line(entries: Entries, line: str) -> None:
    head = _MAIN.match(line)
    if head is None:
        return entries.reject("malformed", "a main line without a speaker code", line)
    bullets = _BULLET.findall(line)
    rest = line[head.end() :]
    precode = _PRECODE.search(rest)
    text = plain_words(re.sub(r"\x15[^\x15]*\x15?", " ", rest))
    if not bullets:
        return entries.reject("no-time", "no time bullet", text)
    language = precode[1] if precode else ""
    entries.add(int(bullets[0][0]) / 1000, int(bullets[-1][1]) / 1000, text, speaker=head[1], language=language)
    return None


def plain_words(text: str) -> str:
    """Return the words of a main line without CHAT's marks.

    >>> plain_words("<look> [//] &-um the (be)cause dog@o [= toy] is xxx gone +...")
    'look the because dog is gone'
    """
    replaced = re.sub(r"\S+\s*\[:{1,2}\s*([^\]]*)\]", r"\1", text)  # the target form of what was said otherwise
    bare = _BRACKET.sub(" ", replaced)
    bare = re.sub(r"\(\.{1,3}\)|\(\d+[.:]?\d*\.?\)", " ", bare)  # pauses
    bare = re.sub(r"[<>()“”\"^↑↓⇗⇘→↘↗∙≈≋∆∇⁎°▁▔☺∬Ϋ∮§↻⁇⌈⌉⌊⌋ˈˌ]", "", bare)
    words = []
    for word in bare.split():
        if _DROPPED_WORD.match(word):
            continue
        words.append(re.sub(r"[~:]", "", word.split("@")[0]).replace("_", " ").replace("+", " "))
    return " ".join(" ".join(words).split())
