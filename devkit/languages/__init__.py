"""Language packs: what is said to a child, as YAML, one file a language.

A pack holds the phrases of every task by kind of turn, the phrases of a session, and the nouns where a language cannot
make their articles and plurals by rule. `Language.say` puts a noun into a phrase; nothing is said in a trial that does
not come from here or from a recording. How words become sound is `protocols.presenter.voice`.

In a phrase ``{the}`` stands for the noun with its article and ``{many}`` for its plural. A kind may have variants for
feminine (``_f``) and plural (``_pl``) nouns, ``_pl_f`` for both; the one that fits best is said.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from devkit.errors import UserError
from devkit.items import Strict
from devkit.tasks.vocabulary import PLURAL_ONLY, plural

_FOLDER = Path(__file__).parent
FALLBACK = "en"
FIELDS = {"the": "", "many": ""}


class Noun(Strict):
    """A noun of a language.

    Attributes:
        the: With its article, singular unless the noun has none.
        many: Plural without an article.
        feminine: Whether it takes feminine words beside it.
        always_plural: Whether ``the`` is plural.
    """

    the: str
    many: str
    feminine: bool = False
    always_plural: bool = False

    @property
    def bare(self) -> str:
        """The noun without its article."""
        return self.the.partition(" ")[2] or self.the

    @property
    def variants(self) -> tuple[str, ...]:
        """Endings of the kinds of phrases that may go with it, the most fitting first."""
        ends = []
        if self.always_plural:
            ends += ["_pl_f", "_pl"] if self.feminine else ["_pl"]
        return (*ends, *(["_f"] if self.feminine else []), "")


class Language(Strict):
    """One language pack.

    Attributes:
        language: BCP 47.
        name: The language's own name.
        voice: Voice of the offline synthesiser that reads prompts without a recording.
        tasks: Phrases by task and kind of turn.
        session: Phrases of a session: ``assent``, ``break``, ``go_on``.
        nouns: By English noun: ``la pelota, pelotas``. Needed unless ``rule`` is set.
        rule: ``english`` makes articles and plurals by rule.
    """

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    name: str
    voice: str
    tasks: dict[str, dict[str, str]]
    session: dict[str, str]
    nouns: dict[str, str] = Field(default_factory=dict)
    rule: str = ""

    @model_validator(mode="after")
    def _phrases_fit(self) -> Language:
        for phrase in [text for kinds in self.tasks.values() for text in kinds.values()]:
            try:
                phrase.format(**FIELDS)
            except (KeyError, IndexError, ValueError):
                raise ValueError(f"'{phrase}' has a field other than {{the}} and {{many}}") from None
        for noun, text in self.nouns.items():
            if len(text.split(", ")) != 2:
                raise ValueError(f"the noun '{noun}' needs its article and its plural: 'la pelota, pelotas'")
        return self

    def noun(self, word: str) -> Noun:
        """Return a noun.

        Raises:
            UserError: The pack lacks it.
        """
        if self.rule == "english":
            single = word.lower() not in PLURAL_ONLY
            return Noun(the=f"the {word}", many=plural(word), always_plural=not single)
        if word.lower() not in self.nouns:
            raise UserError(
                f"the language pack '{self.language}' has no word for '{word}'",
                place=f"devkit/languages/{self.language}.yaml",
                hint="add it under nouns",
                code="missing-word",
            )
        the, many = self.nouns[word.lower()].split(", ")
        article = the.split(" ")[0]
        return Noun(the=the, many=many, feminine=article in ("la", "las"), always_plural=article in ("los", "las"))

    def lacking(self, words: set[str]) -> list[str]:
        """Return the nouns that the pack does not have, in alphabetical order."""
        return [] if self.rule else sorted(word for word in words if word.lower() not in self.nouns)

    def has(self, task: str, kind: str) -> bool:
        """Tell whether a task has a phrase of that kind."""
        return kind in self.tasks.get(task, {})

    def say(self, task: str, kind: str, word: str = "") -> str:
        """Return what is said for a kind of turn.

        Raises:
            KeyError: The pack has no such phrase.
            UserError: It lacks the noun.
        """
        phrases = self.tasks[task]
        if "{" not in phrases[kind]:
            return phrases[kind]
        noun = self.noun(word)
        found = next(phrases[kind + end] for end in noun.variants if kind + end in phrases)
        return found.format(the=noun.the, many=noun.many)

    def word_at(self, text: str, word: str) -> int | None:
        """Return the place of a noun in what is said, as an index of characters; None when it is not named."""
        if not word or not (self.rule or word.lower() in self.nouns):
            return None
        place = text.rfind(self.noun(word).bare)
        return place if place >= 0 else None


def names() -> tuple[str, ...]:
    """Return the languages that there are packs for, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def language_pack(language: str) -> Language:
    """Return the pack of a language, falling back from ``es-MX`` to ``es`` to English."""
    for tag in (language, language.split("-")[0].lower()):
        if tag in names():
            return _read(tag)
    return _read(FALLBACK)


@cache
def _read(name: str) -> Language:
    return read_pack(_FOLDER / f"{name}.yaml")


def read_pack(path: Path) -> Language:
    """Read a language pack.

    Raises:
        UserError: It is not one; says where and why.
    """
    try:
        values: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return Language.model_validate(values)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UserError("the language pack cannot be read", place=str(path), hint=str(error)[:300]) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise UserError(f"this is no language pack: {where} {first['msg']}", place=str(path)) from None
