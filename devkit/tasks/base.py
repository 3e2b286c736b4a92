"""What a task is: one declaration of its inputs, forms, prompts, choices, chance, ages, scoring and simulation.

Each of the ten DevCV tasks is one module beside this one, with a subclass of `Task` and nothing else that others
need to know. `devkit.tasks` keeps the registry.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from devkit.errors import UserError, did_you_mean
from devkit.items import Item
from devkit.pool import MediaSink, Pool
from devkit.respondents import Exchange, PresentedTurn

Wish = Mapping[str, int | float | str | bool]
"""Values of difficulty columns that an item to be generated should have; ``word`` stands for its noun."""

ANYTHING: Wish = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a task.

    Attributes:
        name: ``standard`` where a task has one form only.
        chance: Probability of a right answer by guessing (of the primary score).
        choices: Number of choices offered.
        answer_format: How an answer names a choice.
        summary: One line for people.
        chances: Chance of each further score (``adjacent`` …).
    """

    name: str
    chance: float
    choices: int
    answer_format: Literal["letter", "word", "number"]
    summary: str
    chances: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataColumn:
    """A difficulty column that a task writes into each item and record."""

    name: str
    type: Literal["int", "float", "str", "bool"]
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Score of one trial.

    Attributes:
        correct: Right or wrong; None for dialogues and where nothing was answered.
        score: Primary score, 0–1; None when it cannot be scored.
        scores: Further scores by name; None where one cannot be computed.
    """

    correct: bool | None
    score: float | None
    scores: Mapping[str, float | None] = field(default_factory=dict)


class Task(ABC):
    """A DevCV task. Subclasses set the class attributes and the two abstract methods.

    Attributes:
        code: ``picture_vocabulary`` …
        title: For people.
        version: Raised when items or scoring change.
        subdomain: ``language``, ``executive function and memory`` or ``mathematics``.
        nih_measure: Name of the measure it mirrors.
        ages_months: Youngest and oldest age of that measure, completed months.
        layout: Arrangement of the child's screen (see `devkit.respondents.PresentedTurn`).
        answer_by: How a child answers, unless a protocol says otherwise.
        held_out: True when no instruction data may be made from it.
        forms: By name.
        columns: Difficulty columns.
        prompts: Published or house wordings, by form; ``{word}`` is the noun, ``{words}`` its plural.
        people_only: True for a measure that no model can take.
        resume: What becomes of a block that a session broke off in, unless a protocol says otherwise.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int] = 1
    subdomain: ClassVar[Literal["language", "executive function and memory", "mathematics"]]
    nih_measure: ClassVar[str]
    ages_months: ClassVar[tuple[int, int]]
    layout: ClassVar[str]
    answer_by: ClassVar[Literal["touch", "key", "examiner", "gaze"]] = "touch"
    held_out: ClassVar[bool] = False
    forms: ClassVar[Mapping[str, Form]]
    columns: ClassVar[tuple[DataColumn, ...]] = ()
    prompts: ClassVar[Mapping[str, str]] = {}
    people_only: ClassVar[bool] = False
    resume: ClassVar[Literal["continue", "restart", "closed"]] = "continue"

    @abstractmethod
    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Make one item from a pool; None when this draw cannot make one (the caller draws again).

        Args:
            form: One of `forms`.
            pool: Material; its split goes into the item's provenance.
            sink: Takes the pictures.
            rng: The only source of chance.
            item_id: Name of the new item.
            wanted: Difficulty columns that the item must have, one of `bins`.
        """

    @abstractmethod
    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Return what is said to a child for one turn; in English where the language has no pack."""

    def spoken_again(self, item: Item, turn_index: int, language: str) -> str:
        """Return what is said when the prompt comes again by itself; the same words unless a pack has others."""
        from devkit.languages import language_pack

        if language_pack(language).has(self.code, "again"):
            return self.say("again", language, word=item.word)
        return self.spoken(item, turn_index, language)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return what generated items are spread over evenly (set sizes, ratios, directions, words)."""
        return (ANYTHING,)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return easier items that lead up to the form's own, in steps, easiest first; none for most tasks.

        They are for instruction only (`model.data.instruction`): a small model that starts with the items of the test
        may find no way into them.
        """
        return ()

    def companion(self, item: Item, item_id: str) -> Item | None:
        """Return an item that belongs to a generated one and needs no further pictures; None for most tasks."""
        return None

    def named_form(self, name: str) -> Form:
        """Return the form of that name.

        Raises:
            UserError: The task has no such form.
        """
        if name not in self.forms:
            hint = did_you_mean(name, self.forms) or f"its forms are {', '.join(self.forms)}"
            raise UserError(f"{self.code} has no form '{name}'", hint=hint, code="unknown-form")
        return self.forms[name]

    def say(self, kind: str, language: str, *, word: str = "") -> str:
        """Return the spoken wording of a kind of turn from the language pack, falling back to English."""
        from devkit.languages import language_pack  # the packs know the nouns of this package

        return language_pack(language).say(self.code, kind, word)

    def score(self, exchanges: Sequence[Exchange]) -> Score:
        """Score a trial from its turns, whose answers are already resolved to positions."""
        turn, answer = exchanges[-1].turn, exchanges[-1].answer
        if answer.outcome != "answered" or answer.position is None:
            return Score(None, None)
        correct = answer.position == turn.target_position
        return Score(correct, float(correct))

    def simulate(self, turn: PresentedTurn, ability: float, lapse: float, rng: random.Random) -> int:
        """Answer as a simulated respondent would: p = g + (1 − g − λ)·logistic(ability − difficulty).

        Args:
            turn: What is shown.
            ability: In logits; 0 is half-way between chance and perfect at average difficulty.
            lapse: λ, the probability of an answer that has nothing to do with the question.
            rng: Source of chance.

        Returns:
            The chosen position.
        """
        guess = 1 / len(turn.choices)
        steepness = float(turn.difficulty.get("irt_a", 1.0))
        threshold = float(turn.difficulty.get("irt_b", 0.0)) if "irt_b" in turn.difficulty else self.difficulty(turn)
        mastery = 1 / (1 + math.exp(-steepness * (ability - threshold)))
        if rng.random() < guess + (1 - guess - lapse) * mastery:
            return turn.target_position
        return self.mistake(turn, rng)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty of a turn in logits, 0 for an average one."""
        return 0.0

    def mistake(self, turn: PresentedTurn, rng: random.Random) -> int:
        """Return a wrong position; by default any of them is equally likely."""
        wrong = [place for place in range(len(turn.choices)) if place != turn.target_position]
        return rng.choice(wrong) if wrong else turn.target_position
