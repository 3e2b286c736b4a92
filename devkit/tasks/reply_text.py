"""A reply as tokens and sentences, and the words that matter when an answer is looked for in it.

Everything here is linear in the length of the reply. What the words mean together is `devkit.tasks.replies`' business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LOOK_ALIKE = str.maketrans(
    {
        **{"А": "A", "В": "B", "С": "C", "Е": "E"},  # Cyrillic
        **{"Α": "A", "Β": "B", "Ε": "E"},  # Greek
        **{"🅐": "A", "🅑": "B", "🅒": "C", "🅓": "D", "🅰": "A", "🅱": "B", "🄰": "A", "🄱": "B", "🄲": "C", "🄳": "D"},
    }
)
"""Capitals of other scripts that look like an offered letter, where they stand alone.

In a reply that has words of another script only the look-alike of A counts, which is the first letter there, too:
Cyrillic В is the third letter of its own alphabet and a word of its own.
"""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´ʼ", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("。！？；", "."),
        **{"_": " ", "⇒": "→", "⟶": "→", "，": ",", "：": ":"},
        **dict.fromkeys("\u200b\u200c\u200d\ufeff\ufe0f\u2060\u00ad", None),
    }
)
_LATIN = r"0-9A-Za-zÀ-ÖØ-öø-ɏ"
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)+|[{_LATIN}]+(?:'[{_LATIN}]+)*|[^\W{_LATIN}]+|\n|([^\w\s])\1*")
_OTHER_WORD = re.compile(rf"[^\W\d{_LATIN}]{{2}}")
_ENDS = frozenset(".!?;…")


def listed(words: str) -> list[str]:
    """Return the words of a text, in order."""
    return words.split()


def bag(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


NUMBERS = {
    word: value
    for value, word in enumerate(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
            " seventeen eighteen nineteen twenty"
        )
    )
}
ORDINALS = {
    word: value
    for value, word in enumerate(
        listed("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
    )
}
CHOICE_NOUNS = bag(
    "image images picture pictures photo photograph option options choice choices letter frame panel figure card"
    " quadrant"
)
CUES = bag(
    "is are am be was were it's that's here's there's answer's its answer answers choose chose pick picked select"
    " selected selecting say think guess believe go going with touch touched point pointing so therefore thus hence"
    " final finally conclude conclusion mean see sees saw count counted counts through via response boxed i'd i'll"
    " i'm prefer exit exits exited leave leaves leaving disappears"
)
FILLERS = CHOICE_NOUNS | bag(
    "the a an one i it he she they this that these there here would should must might may could can do does did has"
    " have to at on in of for my your his our me you we correct right_answer probably likely definitely clearly"
    " obviously maybe perhaps certainly exactly about approximately around roughly most just only simply surely"
    " would've well ok okay yes yeah sure hmm hm um uh ah oh please than side corner part number hand sir ma'am"
    " like look looks both either labelled labeled marked as by and or nor also"
)
NEGATORS = bag("not never cannot neither nor except without unlike excluding aint")
REFUTED = bag("wrong incorrect false mirrored flipped reversed different out")
KNOWN = bag("before already earlier")
CONFIRMED = bag("correct right same answer one it new match best identical")
COPULAS = bag("is was looks seems are isn't wasn't")
AUXILIARIES = bag("do does did has have can could will would")
CONNECTORS = bag("or and nor to versus vs / & - ~ | through")
BETWEEN = CHOICE_NOUNS | bag("the a an maybe possibly perhaps even also either side both from ( ) [ ] \" ' * **")
RETRACTIONS = bag("wait sorry actually correction oops nope rather")
AFTER_LETTER = bag(
    "is was are has have had and or but not because since due as so the this that it its which with in on for to from"
    " at by looks look shows show contains contain matches match seems appears isn't wasn't doesn't does hasn't nor"
    " if than vs versus would should must might may can could though although while whereas i we only wins please"
    " definitely probably obviously clearly again too"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or run of a punctuation mark.

    Attributes:
        text: As written, after normalisation.
        low: In lower case.
        spaced: Whether white space comes before it.
    """

    text: str
    low: str
    spaced: bool

    @property
    def is_word(self) -> bool:
        """Whether it is made of letters or digits."""
        return self.text[0].isalnum()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of tokens up to a full stop, question mark, semicolon or line end.

    Attributes:
        first: Index of its first token.
        end: Index after its last token, the mark included.
        asked: Whether it ends with a question mark.
    """

    first: int
    end: int
    asked: bool


def normalise(raw: str) -> str:
    """Bring a reply into plain forms: NFKC, plain quotes and dashes, nothing invisible, no underscores.

    Combining marks are dropped first: they never tell choices apart, and sorting long runs of them is not linear.
    """
    text = raw.translate(_PLAIN)
    if not text.isascii():
        text = "".join(ch for ch in text if not unicodedata.combining(ch))
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return text


def tokenise(text: str) -> tuple[list[Token], list[Sentence]]:
    """Return the tokens of a normalised reply and its sentences."""
    tokens: list[Token] = []
    sentences: list[Sentence] = []
    alike = {ord(ch): "A" for ch in "АΑ"} if _OTHER_WORD.search(text) else LOOK_ALIKE
    first, end = 0, 0
    for match in _TOKEN.finditer(text):
        word = match.group()
        if len(word) == 1 and not word.isascii():
            word = word.translate(alike)
        spaced = match.start() > end or match.start() == 0
        end = match.end()
        closes = word == "\n" or (word[0] in _ENDS and (word[0] != "." or end == len(text) or text[end].isspace()))
        if word != "\n":
            tokens.append(Token(word, word.lower(), spaced))
        if closes and len(tokens) > first:
            if _words(tokens, first):
                sentences.append(Sentence(first, len(tokens), word[0] == "?"))
            first = len(tokens)
    if len(tokens) > first and _words(tokens, first):
        sentences.append(Sentence(first, len(tokens), False))
    return tokens, sentences


def _words(tokens: list[Token], first: int) -> bool:
    return any(token.is_word for token in _from(tokens, first))


def _from(tokens: list[Token], first: int) -> Iterator[Token]:
    for i in range(first, len(tokens)):
        yield tokens[i]


def is_negator(low: str) -> bool:
    """Tell whether a word denies what follows."""
    return low in NEGATORS or low.endswith("n't")


def number_of(token: Token) -> int | None:
    """Return the whole number a token names, in digits of any script or as a word up to twenty; else None."""
    if token.low in NUMBERS:
        return NUMBERS[token.low]
    if token.text.isdecimal() and len(token.text) <= 6:
        return int(token.text)
    return None
