"""Every mention of an offered choice in a reply, by the way in which the turn is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devkit.respondents import PresentedTurn
from devkit.tasks.mention_labels import Labels
from devkit.tasks.mention_letters import Letters
from devkit.tasks.mention_numbers import Numbers
from devkit.tasks.mentions import Mention
from devkit.tasks.reply_text import Sentence, Token

WORDLESS = frozenset({"looking_while_listening", "picture_vocabulary", "left_right", "spatial_details", "who_has_more"})
"""Tasks in which saying the noun, or a count, names no picture: the question says it already."""


def find_mentions(tokens: Sequence[Token], sentences: Sequence[Sentence], turn: PresentedTurn) -> list[Mention]:
    """Return every mention of a reply in order; mentions do not overlap."""
    at = _finder(tokens, turn)
    found = []
    for sentence in sentences:
        alone = _only_word(tokens, sentence)
        i = sentence.first
        while i < sentence.end:
            mention = at(i, sentence, alone)
            if mention is not None:
                found.append(mention)
            i = mention.end if mention else i + 1
    return found


_At = Callable[[int, Sentence, bool], Mention | None]


def _finder(tokens: Sequence[Token], turn: PresentedTurn) -> _At:
    """Return the function that looks for a mention at one token, by the turn's way of answering."""
    if turn.answer_format == "number":
        return Numbers(tokens, turn).at
    words = Labels(tokens, turn)
    if turn.answer_format == "word":
        return words.at
    letters = Letters(tokens, turn)
    use_words = turn.task not in WORDLESS

    def at(i: int, sentence: Sentence, alone: bool) -> Mention | None:
        found = letters.at(i, sentence, alone)
        return found or (words.at(i, sentence, alone) if use_words else None)

    return at


def _only_word(tokens: Sequence[Token], sentence: Sentence) -> bool:
    """Tell whether a sentence has one word only."""
    count = 0
    for i in range(sentence.first, sentence.end):
        count += tokens[i].is_word
        if count > 1:
            return False
    return count == 1
