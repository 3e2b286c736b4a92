"""Where a reply names a choice by its label: directions with their synonyms, other words with their plurals."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.respondents import PresentedTurn
from devkit.tasks.mentions import SEVERAL, Mention, word_before
from devkit.tasks.reply_text import Sentence, Token, bag
from devkit.tasks.vocabulary import plural

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
_WHOLE = bag("frame image picture screen scene view photo video")
_SMALL_TALK_RIGHT = bag("all that's you're thats youre")


class Labels:
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
        """Return the mention that begins at a token."""
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

    def _is_relation(self, end: int, sentence: Sentence) -> bool:
        """Tell whether a side is that of another thing: "left of the door", but not "left of the frame"."""
        follows = [token.low for token in self._tokens[end : min(end + 3, sentence.end)]]
        return follows[:1] == ["of"] and not _WHOLE.intersection(follows)

    def _is_small_talk(self, i: int, end: int, sentence: Sentence) -> bool:
        """Tell whether "left" is a verb or "right" a word of agreement."""
        low = self._tokens[i].low
        if self._is_relation(end, sentence):
            return True
        before = word_before(self._tokens, i, sentence.first)
        follows = self._tokens[end].low if end < sentence.end else ""
        if low == "left":
            return before in _BEFORE_VERB_LEFT or (bool(before) and follows in _AFTER_VERB_LEFT and before != "the")
        if low == "right":
            return before in _SMALL_TALK_RIGHT or follows in ("answer", "choice", "option", "now")
        return low in ("up", "down") and follows in ("to", "from")
