"""Where a reply names a number: digits of any script and words from zero to twenty."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.respondents import PresentedTurn
from devkit.tasks.mentions import FOREIGN, SEVERAL, Mention, word_before
from devkit.tasks.reply_text import CHOICE_NOUNS, NUMBERS, Sentence, Token, bag, number_of

_PRONOUN_ONE = bag(
    "this that the which each every any no some first second third last next other another right left same new old"
    " correct wrong former latter"
)
_LARGER = bag("hundred thousand million billion point half")


class Numbers:
    """Finds numbers: digits and words from zero to twenty."""

    def __init__(self, tokens: Sequence[Token], turn: PresentedTurn) -> None:
        self._tokens = tokens
        self._places = {choice.label.strip(): place for place, choice in enumerate(turn.choices)}

    def at(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        """Return the mention that begins at a token; `SEVERAL` for a bound such as "more than 3"."""
        token = self._tokens[i]
        before = word_before(self._tokens, i, sentence.first)
        if token.text[0].isdecimal() and not token.text.isdecimal():
            whole = not token.low[-1].isalpha()
            return Mention(i, i + 1, FOREIGN) if whole else None
        number = number_of(token)
        if number is None or before in CHOICE_NOUNS - {"number"}:
            return None
        if token.low == "one" and (before in _PRONOUN_ONE or self._follows(i, sentence) in ("of", "moment", "second")):
            return None
        end = i + 1
        if token.low == "twenty":
            number, end = self._compound(i, sentence)
        if self._is_part(end, sentence):
            return Mention(i, end, FOREIGN)
        place = self._places.get(str(number), FOREIGN)
        if before in ("than", "least", "over", "under", "below", "above") or self._up_to(i, sentence):
            place = SEVERAL
        return Mention(i, end, place)

    def _compound(self, i: int, sentence: Sentence) -> tuple[int, int]:
        """Return value and end of "twenty" or "twenty-one"."""
        tokens = self._tokens
        j = i + 2 if i + 1 < sentence.end and tokens[i + 1].text == "-" else i + 1
        unit = NUMBERS.get(tokens[j].low, 0) if j < sentence.end else 0
        return (20 + unit, j + 1) if 1 <= unit <= 9 else (20, i + 1)

    def _is_part(self, end: int, sentence: Sentence) -> bool:
        """Tell whether a number is only the beginning of one: "one hundred", "two and a half"."""
        follows = [token.low for token in self._tokens[end : min(end + 3, sentence.end)]]
        return follows[:1] != [] and (follows[0] in _LARGER or follows == ["and", "a", "half"])

    def _up_to(self, i: int, sentence: Sentence) -> bool:
        """Tell whether a number is only a bound: "up to 3", "at most 3"."""
        before = tuple(token.low for token in self._tokens[max(sentence.first, i - 2) : i])
        return before in (("up", "to"), ("at", "most"), ("no", "more"))

    def _follows(self, i: int, sentence: Sentence) -> str:
        return self._tokens[i + 1].low if i + 1 < sentence.end else ""
