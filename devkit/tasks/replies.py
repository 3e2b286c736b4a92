"""Which offered choice does a reply name? Free text against the choices of one trial, and nothing else.

The outcome is ``answered``, ``none`` (no offered choice is named) or ``ambiguous`` (several are, and none of them
clearly last). Nothing is ever guessed: an unreadable reply is neither right nor wrong. The caller keeps the raw text.

How a reply is read. It is cut into tokens and sentences, and mentions of choices are looked for by the turn's
answer format (`devkit.tasks.mention_finder`). Choices that are denied ("not A", "it isn't the dog", "A is wrong") or
taken back ("A… no, B") drop out; choices named in one breath ("A or B", "between 2 and 5") count as several. What is
left has a rank: 3 a declaration ("the answer is B", "so B", a last line that is nothing but the answer after some
prose), 2 a sentence that is nothing but the answer, 1 any other mention, 0 a mention in a question. The highest rank
decides: of declarations the last one wins, of lower ranks all must agree.

Two decisions worth knowing: ruling out all but one choice names none ("not A" of two is ``none``, for it is a
deduction of ours, not the respondent's answer); and in tasks whose question names the object, repeating its name is no
answer (`devkit.tasks.mention_finder.WORDLESS`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from devkit.respondents import PresentedTurn
from devkit.tasks.mention_finder import find_mentions
from devkit.tasks.mentions import FOREIGN, SEVERAL, Mention, drop_retracted
from devkit.tasks.reply_text import (
    AUXILIARIES,
    BETWEEN,
    CONFIRMED,
    CONNECTORS,
    COPULAS,
    CUES,
    FILLERS,
    KNOWN,
    REFUTED,
    Sentence,
    Token,
    is_negator,
    normalise,
    tokenise,
)

ASKED, NAMED, BARE, DECLARED = range(4)
REACH = 2
"""So many other words may stand between a negation and the choice it denies."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a reply says.

    Attributes:
        outcome: ``answered``, ``none`` or ``ambiguous``.
        position: Shown position of the choice, from 0; None unless answered.
    """

    outcome: Literal["answered", "none", "ambiguous"]
    position: int | None = None


NONE = Resolution("none")
AMBIGUOUS = Resolution("ambiguous")


def resolve(raw: str, turn: PresentedTurn) -> Resolution:
    """Resolve a reply against the choices of a turn, in time linear in its length.

    Args:
        raw: The reply, as it came.
        turn: What was shown; its target is not looked at.
    """
    tokens, sentences = tokenise(normalise(raw))
    found = find_mentions(tokens, sentences, turn)
    if not found:
        return NONE
    meant: list[tuple[Mention, int]] = []
    later = _by_sentence(found, sentences)
    for sentence, mentions in zip(sentences, later, strict=True):
        if mentions:
            meant.extend(_rank(tokens, sentence, _joined(tokens, mentions)))
    kept = drop_retracted(tokens, [mention for mention, _ in meant])
    ranked = meant[len(meant) - len(kept) :]
    return _decide(_promoted(ranked, tokens, sentences))


def _by_sentence(found: Sequence[Mention], sentences: Sequence[Sentence]) -> list[list[Mention]]:
    groups: list[list[Mention]] = []
    i = 0
    for sentence in sentences:
        group = []
        while i < len(found) and found[i].first < sentence.end:
            group.append(found[i])
            i += 1
        groups.append(group)
    return groups


def _joined(tokens: Sequence[Token], mentions: list[Mention]) -> list[Mention]:
    """Join mentions that are one ("(A) top left") and those named in one breath ("A or B")."""
    joined = [mentions[0]]
    for mention in mentions[1:]:
        last = joined[-1]
        between = tokens[last.end : mention.first]
        words = [token.low for token in between]
        same = last.place == mention.place
        if same and all(not token.is_word or token.low in BETWEEN for token in between):
            joined[-1] = Mention(last.first, mention.end, last.place)
        elif (
            len(between) < 12 and any(w in CONNECTORS for w in words) and all(w in CONNECTORS | BETWEEN for w in words)
        ):
            place = last.place if same else SEVERAL
            joined[-1] = Mention(last.first, mention.end, place)
        else:
            joined.append(mention)
    return joined


def _rank(tokens: Sequence[Token], sentence: Sentence, mentions: list[Mention]) -> list[tuple[Mention, int]]:
    """Return the mentions of a sentence that are not denied, with their ranks."""
    kept: list[tuple[Mention, int]] = []
    state = _State()
    start = sentence.first
    for mention in mentions:
        for i in range(start, mention.first):
            state.read(tokens, i, after_mention=i == start and start != sentence.first)
        after = _after(tokens, mention.end, sentence.end)
        denied = state.denies or after == "refuted"
        if not denied:
            rank = DECLARED if state.declares or after == "confirmed" else NAMED
            if kept and _listed(tokens[kept[-1][0].end : mention.first]):
                mention, rank = _both(kept[-1][0], mention), max(kept.pop()[1], rank)
            kept.append((mention, rank))
        state.met(denied)
        start = mention.end
    for i in range(start, sentence.end):
        state.read(tokens, i, after_mention=i == start)
    if sentence.asked:
        return [(mention, ASKED) for mention, _ in kept]
    if state.prose == 0:
        return [(mention, max(rank, BARE)) for mention, rank in kept]
    return kept


def _listed(between: Sequence[Token]) -> bool:
    """Tell whether nothing but marks stands between two choices, and none that leads from one to the other."""
    return all(not token.is_word and token.text[0] not in "=→:" for token in between)


def _both(one: Mention, other: Mention) -> Mention:
    return Mention(one.first, other.end, one.place if one.place == other.place else SEVERAL)


class _State:
    """Reads a sentence word by word: is the next choice denied or declared, and is there anything but the answer?"""

    def __init__(self) -> None:
        self.denies = False
        self.declares = False
        self.prose = 0
        self._reach = 0
        self._denied_before = False

    def read(self, tokens: Sequence[Token], i: int, *, after_mention: bool) -> None:
        low = tokens[i].low
        follows = tokens[i + 1].low if i + 1 < len(tokens) else ""
        if is_negator(low) or (low, follows) in (("instead", "of"), ("rather", "than"), ("other", "than")):
            self.denies, self._reach = True, REACH
        elif low in ("but", ","):
            self.denies = False
            self.declares = self.declares or (low == "but" and self._denied_before)
        elif (low[0] == ":" and not after_mention) or low[0] in "=→" or low in CUES:
            self.declares = True
        elif tokens[i].is_word and low not in FILLERS:
            self.prose += 1
            self.declares = False
            self._reach -= 1
            self.denies = self.denies and self._reach >= 0

    def met(self, denied: bool) -> None:
        """Go on after a mention."""
        self._denied_before = denied
        self.denies = self.declares = False


def _after(tokens: Sequence[Token], i: int, end: int) -> Literal["refuted", "confirmed", ""]:
    """Return what is said of a choice right after it: "is wrong", "was there before", "is the same", "has more"."""
    words = _words_after(tokens, i, end)
    if not words:
        return ""
    if KNOWN.intersection(words):
        return "refuted"
    head, rest = words[0], words[1:]
    contracted = is_negator(head) and (head.endswith("n't") or head == "cannot")
    if contracted or (head in AUXILIARIES | COPULAS and rest and is_negator(rest[0])):
        told = rest if contracted else rest[1:]
        return "" if set(told[:2]) & REFUTED else "refuted"
    if head in COPULAS:
        said = next((word for word in rest if word not in ("the", "a", "an", "exactly", "clearly", "probably")), "")
    else:
        said = head
    if said in REFUTED:
        return "refuted"
    if head in COPULAS and said in CONFIRMED:
        return "confirmed"
    return "confirmed" if head == "wins" or words[:2] in (["has", "more"], ["have", "more"], ["it", "is"]) else ""


def _words_after(tokens: Sequence[Token], i: int, end: int) -> list[str]:
    """Return up to eight words after a choice and its own noun, as far as the next comma or colon."""
    words: list[str] = []
    for j in range(i, min(end, i + 8)):
        if tokens[j].is_word:
            words.append(tokens[j].low)
        elif tokens[j].text[0] in ",;:-":
            break
    own_noun = len(words) > 1 and words[0] in ("image", "picture", "one", "option")
    return words[1:] if own_noun else words


def _promoted(
    ranked: list[tuple[Mention, int]], tokens: Sequence[Token], sentences: Sequence[Sentence]
) -> list[tuple[Mention, int]]:
    """Raise a bare answer that closes a reply with prose before it to a declaration."""
    last = sentences[-1]
    if not ranked or ranked[-1][1] != BARE or ranked[-1][0].first < last.first or len(sentences) < 2:
        return ranked
    if sum(mention.first >= last.first for mention, _ in ranked) > 1:
        return ranked
    prose = any(
        tokens[i].is_word and len(tokens[i].low) > 2 and tokens[i].low not in FILLERS | CUES
        for i in range(last.first)
        if not _inside(ranked, i)
    )
    return [*ranked[:-1], (ranked[-1][0], DECLARED)] if prose else ranked


def _inside(ranked: Sequence[tuple[Mention, int]], i: int) -> bool:
    return any(mention.first <= i < mention.end for mention, _ in ranked[:8])


def _decide(ranked: Sequence[tuple[Mention, int]]) -> Resolution:
    if not ranked:
        return NONE
    highest = max(rank for _, rank in ranked)
    places = [mention.place for mention, rank in ranked if rank == highest]
    if highest == DECLARED:
        places = places[-1:]
    if len(set(places)) > 1 or SEVERAL in places:
        return AMBIGUOUS
    return NONE if places[0] == FOREIGN else Resolution("answered", places[0])
