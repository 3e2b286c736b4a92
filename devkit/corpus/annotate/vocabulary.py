"""Which nouns annotations may use: a list with synonyms and plural forms, ours or one of your own.

A list of your own is a CSV with the column ``noun`` and, if you like, ``synonyms`` (separated by ``;``) and ``plural``:
a vocabulary inventory that you hold the rights to goes in as it is. Without one, the early nouns of
`devkit.tasks.vocabulary` with a few everyday synonyms are used.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, Problems, UserError
from devkit.tasks.vocabulary import CATEGORIES, plural

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "bunny": ("rabbit", "bunny rabbit"),
    "couch": ("sofa", "settee"),
    "bike": ("bicycle",),
    "airplane": ("plane", "aeroplane", "aircraft"),
    "TV": ("television", "tv set", "telly"),
    "phone": ("telephone", "cell phone", "mobile phone", "cellphone"),
    "dog": ("doggy", "doggie"),
    "cat": ("kitty", "kitty cat"),
    "cup": ("sippy cup", "beaker"),
    "trash": ("trash can", "garbage can", "bin"),
    "stroller": ("pushchair", "buggy", "pram"),
    "fridge": ("refrigerator",),
    "teddy bear": ("teddy", "stuffed bear"),
    "diaper": ("nappy",),
    "bathtub": ("bath", "tub"),
    "stove": ("cooker", "hob"),
    "glasses": ("spectacles", "eyeglasses"),
    "shoe": ("sneaker", "trainer"),
    "rug": ("carpet", "mat"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Nouns and the words that stand for them.

    Attributes:
        nouns: In the order of the list.
        meaning: Noun for each known word in lower case: itself, its plural, its synonyms and their plurals.
    """

    nouns: tuple[str, ...]
    meaning: Mapping[str, str]

    def noun(self, word: str) -> str:
        """Return the noun that a label stands for; empty when it is none of the list.

        ``the red doggies`` is ``dog`` where the list has dog: articles go, and adjectives before the last word.
        """
        text = re.sub(r"[\s_-]+", " ", word).strip().casefold()
        text = re.sub(r"^(?:a|an|the|some|my|your)\s+", "", text)
        parts = text.split(" ")
        for first in range(len(parts)):
            if found := self.meaning.get(" ".join(parts[first:])):
                return found
        return ""


def make_vocabulary(rows: Mapping[str, tuple[tuple[str, ...], str]]) -> Vocabulary:
    """Make a vocabulary from the synonyms and the plural (empty: by rule) of each noun.

    A word that is a noun of the list stands for itself, even where it is a synonym of another.
    """
    meaning: dict[str, str] = {}
    for noun, (synonyms, several) in rows.items():
        for word in (*synonyms, *(plural(synonym) for synonym in synonyms), several or plural(noun)):
            meaning.setdefault(word.casefold(), noun)
    for noun in rows:
        meaning[noun.casefold()] = noun
    return Vocabulary(tuple(rows), meaning)


def own_vocabulary() -> Vocabulary:
    """Return the list that ships: early nouns in everyday categories."""
    nouns = sorted({noun for some in CATEGORIES.values() for noun in some}, key=str.casefold)
    taken = {word for words in SYNONYMS.values() for word in words}
    return make_vocabulary({noun: (SYNONYMS.get(noun, ()), "") for noun in nouns if noun not in taken})


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a list of your own.

    Raises:
        UserError: There is no such list, or it has no column ``noun``.
        Problems: Rows of it are wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lines = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot be read: {error}", place=str(path)) from None
    if "noun" not in header:
        raise UserError("has no column 'noun'", place=str(path), hint="noun,synonyms,plural")
    rows: dict[str, tuple[tuple[str, ...], str]] = {}
    problems: list[Problem] = []
    for line, row in lines:
        noun = (row["noun"] or "").strip()
        if not noun or noun in rows:
            message = "the noun is empty" if not noun else f"'{noun}' is there twice"
            problems.append(Problem("malformed-row", message, f"{path.name}:{line}"))
            continue
        synonyms = tuple(word.strip() for word in (row.get("synonyms") or "").split(";") if word.strip())
        rows[noun] = (synonyms, (row.get("plural") or "").strip())
    if problems:
        raise Problems(problems, subject=str(path))
    return make_vocabulary(rows)
