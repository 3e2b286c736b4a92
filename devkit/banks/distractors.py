"""How the distractors of words are chosen for a bank, as a user says it: roles, measure of meaning, frequency."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import cast

from pydantic import Field

from devkit.corpus.data import SPLITS, CorpusData
from devkit.corpus.stats import words_of
from devkit.errors import UserError, did_you_mean
from devkit.ids import digest_file
from devkit.items import Strict
from devkit.pool import Pool
from devkit.tasks.base import Task
from devkit.tasks.closeness import by_embeddings, by_looks, read_embeddings
from devkit.tasks.distractors import Distractors, Role, meaning
from devkit.tasks.looking_while_listening import LookingWhileListening
from devkit.tasks.picture_vocabulary import PictureVocabulary
from devkit.tasks.vocabulary import plural

ROLES: tuple[Role, ...] = ("semantic", "phonological", "visual", "unrelated")


class DistractorRules(Strict):
    """How distractors are chosen; kept in the bank's card.

    Attributes:
        roles: The three kinds that are wanted.
        embeddings: SHA-256 of the word vectors; empty when meaning is measured by categories.
        match_frequency: Whether a distractor is said about as often as the word.
        path: Of the word vectors; not kept.
    """

    roles: tuple[Role, ...] = ("semantic", "phonological", "unrelated")
    embeddings: str = ""
    match_frequency: bool = False
    path: Path = Field(default=Path(), exclude=True)


def parse_rules(roles: str, embeddings: Path | None, match_frequency: bool) -> DistractorRules | None:
    """Return the rules that options of the command line ask for; None for the usual ones.

    Raises:
        UserError: There is no such role, or no such file.
    """
    named = tuple(role.strip() for role in roles.split(","))
    for role in named:
        if role not in ROLES:
            hint = did_you_mean(role, ROLES) or ", ".join(ROLES)
            raise UserError(f"there is no kind of distractor '{role}'", hint=hint)
    if len(named) != 3:
        raise UserError(f"'{roles}' are not three kinds of distractors", hint="for example semantic,visual,unrelated")
    if embeddings is not None and not embeddings.is_file():
        raise UserError("there are no such word vectors", place=str(embeddings))
    rules = DistractorRules(
        roles=cast("tuple[Role, ...]", named),
        embeddings=digest_file(embeddings) if embeddings else "",
        match_frequency=match_frequency,
        path=embeddings or Path(),
    )
    return None if rules == DistractorRules() else rules


def word_tasks(rules: DistractorRules, data: CorpusData, pool: Pool) -> dict[str, Task]:
    """Return the tasks whose distractors are words, with distractors by these rules."""
    if rules == DistractorRules():
        return {}
    nouns = frozenset(part for noun in pool.by_noun for part in (noun.lower(), *noun.lower().split()))
    distractors = Distractors(
        semantic=by_embeddings(read_embeddings(rules.path, nouns), meaning) if rules.embeddings else meaning,
        visual=by_looks(pool) if "visual" in rules.roles else None,
        frequency=noun_counts(data, list(pool.by_noun)) if rules.match_frequency else None,
        roles=rules.roles,
    )
    tasks: tuple[Task, ...] = (PictureVocabulary(distractors), LookingWhileListening(distractors))
    return {one.code: one for one in tasks}


def noun_counts(data: CorpusData, nouns: list[str]) -> dict[str, float]:
    """Return how often each noun is said in the training split, singular or plural, all its words together."""
    words = Counter(word for said in data.utterances(SPLITS[0]) for word in words_of(said.text))
    last = {noun: noun.lower().split()[-1] for noun in nouns}
    return {
        noun: float(words[word] + (words[plural(word)] if plural(word) != word else 0)) for noun, word in last.items()
    }
