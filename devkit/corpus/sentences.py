"""Words of utterances: masking names, dropping words that the recogniser was not sure of, cutting at sentence bounds.

Where a transcript has the times of its words, a sentence lasts from its first word to its last. Without them a cut is
placed by the share of letters before it, and only utterances that are too long are cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from devkit.annotations import Utterance

_BOUND = re.compile(r"""(?<=[.!?…])["'”’)\]]*\s+(?=\S)""")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e)\.$", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """Split a text after ``.``, ``!``, ``?`` and ``…`` where a blank follows; abbreviations do not end a sentence."""
    found: list[str] = []
    for piece in _BOUND.split(text):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += f" {piece}"
        elif piece.strip():
            found.append(piece.strip())
    return found


@lru_cache(maxsize=16)
def _names_pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    wanted = sorted({name.strip() for name in names if name.strip()}, key=lambda name: (-len(name), name))
    if not wanted:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, wanted))})(?!\w)", re.IGNORECASE)


def mask_names(said: Utterance, names: tuple[str, ...], mask: str) -> tuple[Utterance, int]:
    """Replace whole names in an utterance and in its words, whatever their case; return it and how many there were."""
    pattern = _names_pattern(names)
    if pattern is None:
        return said, 0
    text, count = pattern.subn(lambda found: mask, said.text)
    words = tuple(
        word.model_copy(update={"text": pattern.sub(lambda found: mask, word.text)}) if word.text else word
        for word in said.words
    )
    if not count and words == said.words:
        return said, 0
    return said.model_copy(update={"text": text, "words": words}), count


def sure_words(said: Utterance, floor: float) -> Utterance | None:
    """Return an utterance without the words below a confidence; None when none is left.

    Words without a confidence stay, and so does an utterance without words.
    """
    sure = tuple(word for word in said.words if word.confidence is None or word.confidence >= floor)
    if len(sure) == len(said.words):
        return said
    if not sure:
        return None
    tokens = said.text.split()
    if len(tokens) == len(said.words):
        kept = [t for t, w in zip(tokens, said.words, strict=True) if w.confidence is None or w.confidence >= floor]
    else:
        kept = [word.text for word in sure]
    return said.model_copy(update={"text": " ".join(kept), "words": sure})


def split_sentences(said: Utterance, longest_ms: int) -> list[Utterance]:
    """Cut an utterance at its sentence bounds.

    Args:
        said: The utterance.
        longest_ms: Without times of words, only a longer utterance is cut.

    Returns:
        Its sentences in order, the utterance itself when it is one. They lie within it and do not overlap.
    """
    parts = sentences(said.text)
    if len(parts) < 2:
        return [said]
    counts = [len(part.split()) for part in parts]
    if sum(counts) == len(said.words):
        return _by_words(said, parts, counts)
    return _by_letters(said, parts) if said.end_ms - said.start_ms > longest_ms else [said]


def _by_words(said: Utterance, parts: Sequence[str], counts: Sequence[int]) -> list[Utterance]:
    cut: list[Utterance] = []
    first = 0
    reached = said.start_ms
    for part, count in zip(parts, counts, strict=True):
        words = said.words[first : first + count]
        first += count
        start = min(max(reached, words[0].start_ms), said.end_ms)
        reached = min(max(start, *(word.end_ms for word in words)), said.end_ms)
        known = [word.confidence for word in words if word.confidence is not None]
        sure = sum(known) / len(known) if known else said.confidence
        update = {"start_ms": start, "end_ms": reached, "text": part, "words": words, "confidence": sure}
        cut.append(said.model_copy(update=update))
    return cut


def _by_letters(said: Utterance, parts: Sequence[str]) -> list[Utterance]:
    length, total = said.end_ms - said.start_ms, sum(map(len, parts))
    bounds = [said.start_ms]
    for place in range(1, len(parts) + 1):
        bounds.append(said.start_ms + length * sum(map(len, parts[:place])) // total)
    return [
        said.model_copy(update={"start_ms": start, "end_ms": end, "text": part, "words": ()})
        for part, start, end in zip(parts, bounds, bounds[1:], strict=False)
    ]
