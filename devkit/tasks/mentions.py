"""What the finders of choices in a reply share: the mention itself, the word before it, and what was taken back.

A mention says which place it names; whether it is meant, asked or denied is decided in `devkit.tasks.replies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devkit.tasks.reply_text import RETRACTIONS, Token

FOREIGN = -1
"""A clear answer that was not offered: letter E of four, 15 of 12."""
SEVERAL = -2
"""More than one choice in one breath: "A or B", "3 to 4", "more than 3"."""


@dataclass(slots=True)
class Mention:
    """Tokens that name a choice.

    Attributes:
        first: Index of the first token.
        end: Index after the last one.
        place: Shown position, `FOREIGN` or `SEVERAL`.
    """

    first: int
    end: int
    place: int


def word_before(tokens: Sequence[Token], i: int, first: int) -> str:
    """Return the nearest word before a token with at most three marks between them; empty when there is none."""
    for j in range(i - 1, max(first, i - 4) - 1, -1):
        if tokens[j].is_word:
            return tokens[j].low
    return ""


def drop_retracted(tokens: Sequence[Token], mentions: list[Mention]) -> list[Mention]:
    """Leave out what was taken back: "A… no, actually B"."""
    cut = 0
    for i in _retractions(tokens):
        if mentions and mentions[-1].first > i:
            cut = i
    return [mention for mention in mentions if mention.first >= cut]


def _retractions(tokens: Sequence[Token]) -> Iterator[int]:
    for i, token in enumerate(tokens):
        follows = tokens[i + 1] if i + 1 < len(tokens) else None
        pair = (token.low, follows.low if follows else "")
        plain = token.low in RETRACTIONS and pair != ("rather", "than")
        turned = token.low == "no" and i > 0 and follows is not None and _turns(follows)
        if plain or turned or pair in (("i", "mean"), ("scratch", "that"), ("second", "thought")):
            yield i


def _turns(follows: Token) -> bool:
    """Tell whether a "no" before this token takes back what was said, and does not belong to a noun."""
    return not follows.is_word or follows.low in ("wait", "sorry", "it's")
