"""Where a reply names a picture by its place: letters, positions in digits and words, ordinals."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.items import LETTERS
from devkit.respondents import PresentedTurn
from devkit.tasks.mentions import FOREIGN, Mention, word_before
from devkit.tasks.reply_text import (
    AFTER_LETTER,
    CHOICE_NOUNS,
    CUES,
    ORDINALS,
    Sentence,
    Token,
    bag,
    is_negator,
    number_of,
)

_COUNTED = CUES - bag("see sees saw count counted counts are am there's")


class Letters:
    """Finds letters, positions in digits and words, and ordinals."""

    def __init__(self, tokens: Sequence[Token], turn: PresentedTurn) -> None:
        self._tokens = tokens
        self._count = len(turn.choices)
        self._shouts = not any(token.low == token.text and token.text[0].isalpha() for token in tokens[:400])

    def at(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        """Return the mention that begins at a token; ``alone`` says that the sentence has no other word."""
        token = self._tokens[i]
        if not token.is_word:
            return Mention(i, i + 1, self._place(number)) if (number := self._hash(i, sentence)) else None
        if len(token.text) == 1 and token.text.upper() in LETTERS:
            return self._letter(i, sentence, alone)
        if token.low in ORDINALS or token.low in ("last", "middle") or token.low[-2:] in ("st", "nd", "rd", "th"):
            return self._ordinal(i, sentence, alone)
        return self._position(i, sentence, alone)

    def _letter(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        token = self._tokens[i]
        place = LETTERS.index(token.text.upper())
        wrapped = self._wrapped(i, sentence)
        if self._glued(i, sentence) and not wrapped:
            return None
        if place == 0 and not wrapped and self._is_article(i, sentence):
            return None
        if place < self._count:
            return Mention(i, i + 1, place)
        before = word_before(self._tokens, i, sentence.first)
        clear = wrapped or alone or (token.text.isupper() and before in CHOICE_NOUNS | CUES)
        return Mention(i, i + 1, FOREIGN) if clear and (alone or token.text != "I") else None

    def _is_article(self, i: int, sentence: Sentence) -> bool:
        """Tell whether an "a" belongs to the word that follows it."""
        follows = self._tokens[i + 1] if i + 1 < sentence.end else None
        if follows is None or not follows.is_word:
            return False
        one_letter = len(follows.text) == 1 and follows.text.upper() in LETTERS[1 : self._count]
        if follows.low in AFTER_LETTER or one_letter or is_negator(follows.low):
            return False
        if word_before(self._tokens, i, sentence.first) in CHOICE_NOUNS:
            return False
        capital_inside = self._tokens[i].text == "A" and i > sentence.first and not self._shouts
        return not (capital_inside and self._tokens[i - 1].is_word)

    def _wrapped(self, i: int, sentence: Sentence) -> bool:
        """Tell whether a letter stands in brackets or before a closing one: (b), b), [b], {b}."""
        tokens = self._tokens
        after = tokens[i + 1].text[0] if i + 1 < sentence.end and not tokens[i + 1].spaced else ""
        before = tokens[i - 1].text[-1] if i > sentence.first and not tokens[i].spaced else ""
        return bool(after) and (after in ")]}>" or (before != "" and before in "*\"'`$" and after == before))

    def _glued(self, i: int, sentence: Sentence) -> bool:
        """Tell whether a letter is part of a hyphenated word or an address: c-shaped, x.b."""
        tokens = self._tokens
        for j, step in ((i + 1, 1), (i - 1, -1)):
            mark = tokens[j] if sentence.first <= j < sentence.end else None
            beyond = tokens[j + step] if sentence.first <= j + step < sentence.end else None
            if mark is None or beyond is None or mark.text not in ("-", ".", "@") or not beyond.is_word:
                continue
            tight = not mark.spaced and not (beyond if step > 0 else tokens[i]).spaced
            if tight and len(beyond.text) > 1:
                return True
        return False

    def _ordinal(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        token = self._tokens[i]
        place = ORDINALS.get(token.low)
        if token.low == "last":
            place = self._count - 1
        elif token.low == "middle":
            place = self._count // 2 if self._count % 2 else None
        elif place is None and token.low[:-2].isdecimal() and len(token.low) < 6:
            place = int(token.low[:-2]) - 1
        if place is None:
            return None
        follows = self._tokens[i + 1] if i + 1 < sentence.end else None
        noun = follows is not None and (follows.low in CHOICE_NOUNS or follows.low in ("one", "answer"))
        stands = follows is None or not follows.is_word or follows.low in AFTER_LETTER
        if not (noun or alone or (stands and word_before(self._tokens, i, sentence.first) == "the")):
            return None
        return Mention(i, i + (2 if noun else 1), self._place(place + 1))

    def _position(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        number = number_of(self._tokens[i])
        if number is None:
            return None
        before = word_before(self._tokens, i, sentence.first)
        follows = self._tokens[i + 1] if i + 1 < sentence.end else None
        ends = follows is None or not follows.is_word
        if before in CHOICE_NOUNS or before in ("number", "no") or alone or (ends and before in _COUNTED):
            return Mention(i, i + 1, self._place(number))
        return None

    def _hash(self, i: int, sentence: Sentence) -> int | None:
        """Return the number after a # sign."""
        tokens = self._tokens
        if tokens[i].text == "#" and i + 1 < sentence.end and not tokens[i + 1].spaced:
            return number_of(tokens[i + 1])
        return None

    def _place(self, number: int) -> int:
        return number - 1 if 1 <= number <= self._count else FOREIGN
