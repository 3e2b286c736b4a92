"""Where a reply names an offered choice: letters, positions, ordinals, numbers, directions and other choice words.

A mention says which place it names; whether it is meant, asked or denied is decided in `devkit.tasks.replies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from devkit.items import LETTERS
from devkit.respondents import PresentedTurn
from devkit.tasks.reply_text import (
    AFTER_LETTER,
    CHOICE_NOUNS,
    CUES,
    NUMBERS,
    ORDINALS,
    RETRACTIONS,
    Sentence,
    Token,
    bag,
    is_negator,
    number_of,
)
from devkit.tasks.vocabulary import plural

FOREIGN = -1
"""A clear answer that was not offered: letter E of four, 15 of 12."""
SEVERAL = -2
"""More than one choice in one breath: "A or B", "3 to 4", "more than 3"."""

WORDLESS = frozenset({"looking_while_listening", "picture_vocabulary", "left_right", "spatial_details", "who_has_more"})
"""Tasks in which saying the noun, or a count, names no picture: the question says it already."""

_SIDES = {
    **dict.fromkeys(("top", "upper", "up", "above", "upward", "upwards", "topmost", "uppermost"), "top"),
    **dict.fromkeys(("bottom", "lower", "down", "below", "downward", "downwards", "bottommost"), "bottom"),
    **dict.fromkeys(("left", "leftmost", "leftward", "leftwards", "lefthand"), "left"),
    **dict.fromkeys(("right", "rightmost", "rightward", "rightwards", "righthand"), "right"),
}
_JOINED = {f"{v}{h}": (_SIDES[v], h) for v in ("top", "upper", "bottom", "lower") for h in ("left", "right")}
_DIRECTIONS = frozenset({"top", "bottom", "left", "right", "top left", "top right", "bottom left", "bottom right"})
_AFTER_VERB_LEFT = bag("the from through via at its by in after before and when because out off")
_BEFORE_VERB_LEFT = bag("it has have had which that who object just they he she")
_SMALL_TALK_RIGHT = bag("all that's you're thats youre")
_PRONOUN_ONE = bag(
    "this that the which each every any no some first second third last next other another right left same new old"
    " correct wrong former latter"
)
_LARGER = bag("hundred thousand million billion point half")
_COUNTED = CUES - bag("see sees saw count counted counts are am there's")


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
        return _Numbers(tokens, turn).at
    words = _Words(tokens, turn)
    if turn.answer_format == "word":
        return words.at
    letters = _Letters(tokens, turn)
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


def word_before(tokens: Sequence[Token], i: int, first: int) -> str:
    """Return the nearest word before a token with at most three marks between them; empty when there is none."""
    for j in range(i - 1, max(first, i - 4) - 1, -1):
        if tokens[j].is_word:
            return tokens[j].low
    return ""


class _Letters:
    """Finds letters, positions in digits and words, and ordinals."""

    def __init__(self, tokens: Sequence[Token], turn: PresentedTurn) -> None:
        self._tokens = tokens
        self._count = len(turn.choices)
        self._shouts = not any(token.low == token.text and token.text[0].isalpha() for token in tokens[:400])

    def at(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
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


class _Numbers:
    """Finds numbers: digits and words from zero to twenty."""

    def __init__(self, tokens: Sequence[Token], turn: PresentedTurn) -> None:
        self._tokens = tokens
        self._places = {choice.label.strip(): place for place, choice in enumerate(turn.choices)}

    def at(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
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


class _Words:
    """Finds the labels of choices: directions with their synonyms, other words and phrases with their plurals."""

    def __init__(self, tokens: Sequence[Token], turn: PresentedTurn) -> None:
        self._tokens = tokens
        labels = [choice.label.casefold().strip() for choice in turn.choices]
        self._directions = {label: place for place, label in enumerate(labels) if label in _DIRECTIONS}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for place, label in enumerate(labels):
            for form in {label, plural(label)} if label and label not in _DIRECTIONS else ():
                words = tuple(form.replace("-", " ").replace("_", " ").split())
                if words and any(word[0].isalnum() for word in words) and len(label) > 1:
                    self._phrases.setdefault(words[0], []).append((words, place))
        for choices in self._phrases.values():
            choices.sort(key=lambda phrase: -len(phrase[0]))

    def at(self, i: int, sentence: Sentence, alone: bool) -> Mention | None:
        low = self._tokens[i].low
        if self._directions and (low in _SIDES or low in _JOINED):
            return self._direction(i, sentence)
        for words, place in self._phrases.get(low, ()):
            end = i + len(words)
            if end <= sentence.end and all(self._tokens[i + k].low == word for k, word in enumerate(words)):
                return Mention(i, end, self._unless_shared(words, place))
        return None

    def _unless_shared(self, words: tuple[str, ...], place: int) -> int:
        """Return the place, or `SEVERAL` when two choices have the same label."""
        places = {other for phrase, other in self._phrases[words[0]] if phrase == words}
        return place if len(places) == 1 else SEVERAL

    def _direction(self, i: int, sentence: Sentence) -> Mention | None:
        sides, end = self._sides(i, sentence)
        if len(sides) == 1 and self._is_small_talk(i, end, sentence):
            return None
        name = " ".join(sides)
        if name in self._directions:
            return Mention(i, end, self._directions[name])
        parts = [side for side in sides if side in self._directions]
        return Mention(i, end, self._directions[parts[0]]) if len(parts) == 1 else None

    def _sides(self, i: int, sentence: Sentence) -> tuple[list[str], int]:
        """Return the sides named from a token on, top or bottom first, and the end: "right-hand top" is top right."""
        found: list[str] = []
        end = j = i
        while j < sentence.end and len(found) < 2:
            low = self._tokens[j].low
            if low in _JOINED and not found:
                return list(_JOINED[low]), j + 1
            side = _SIDES.get(low)
            if side is not None:
                if found and (side in ("top", "bottom")) == (found[0] in ("top", "bottom")):
                    break
                found.append(side)
                end = j + 1
            elif low not in ("-", "hand", "most"):
                break
            j += 1
        return sorted(found, key=lambda side: side in ("left", "right")), end

    def _is_small_talk(self, i: int, end: int, sentence: Sentence) -> bool:
        """Tell whether "left" is a verb or "right" a word of agreement."""
        low = self._tokens[i].low
        before = word_before(self._tokens, i, sentence.first)
        follows = self._tokens[end].low if end < sentence.end else ""
        if low == "left":
            return before in _BEFORE_VERB_LEFT or (bool(before) and follows in _AFTER_VERB_LEFT and before != "the")
        if low == "right":
            return before in _SMALL_TALK_RIGHT or follows in ("answer", "choice", "option", "now")
        return low in ("up", "down") and follows in ("to", "from")


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
