"""What an analysis plan may say: its shape, without what needs sense (`analysis.plans.load`) or data (`…run`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analysis.options import Options
from devkit.items import Strict

NAME = r"^[a-z][a-z0-9_-]*$"
NAMED = "write a name of small letters, digits, - and _"
Name = Annotated[str, Field(pattern=NAME, description=NAMED)]
Share = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[tuple[float, float], Field(description="a youngest and an oldest age, such as [24, 42]")]
Kind = Literal[
    "estimate", "chance", "growth", "difference", "equivalence", "item_agreement", "age_equivalent", "reliability"
]  # fmt: skip
Estimator = Literal["curve", "gee", "mixed", "linear"]
Correction = Literal["holm", "bonferroni", "benjamini_hochberg", "none"]
Expected = Literal["higher", "lower", "either"]
GROUPS = {"children": "child", "adults": "adult", "simulated children": "simulation"}
"""Words for groups of persons; any other word of ``of`` and ``with`` is a model."""


class Settings(Strict):
    """Settings of every computation of the plan; the same as those of ``devkit analyse``."""

    level: float = Field(default=0.95, ge=0.5, le=0.999)
    draws: int = Field(default=2000, ge=200, le=100_000)
    seed: int = Field(default=1, ge=0)
    lapse: float = Field(default=0.0, ge=0, le=0.1)
    age: Literal["chronological", "corrected"] = "chronological"
    timing: Literal["usable", "any"] = "usable"
    age_group_months: int = Field(default=6, ge=1, le=60)

    def options(self) -> Options:
        """Return them as the analyses take them."""
        return Options(
            level=self.level, draws=self.draws, seed=self.seed, lapse_most=self.lapse, bin_months=self.age_group_months,
            corrected_age=self.age == "corrected", any_timing=self.timing == "any",
        )  # fmt: skip


class TrialRule(Strict):
    """Leaves single trials out: exactly one criterion, and the code that each trial then bears."""

    code: Name
    rt_below_ms: float | None = Field(default=None, ge=0)
    rt_above_ms: float | None = Field(default=None, ge=0)
    usable_below: Share | None = None
    flag: str | None = None
    repeated: bool | None = None

    CRITERIA: ClassVar[tuple[str, ...]] = ("rt_below_ms", "rt_above_ms", "usable_below", "flag", "repeated")


class RespondentRule(Strict):
    """Leaves all trials of a person out (of one task form, where ``per`` says so): exactly one criterion."""

    code: Name
    trials_below: int | None = Field(default=None, ge=1)
    outside_age_months: Months | None = None
    side_bias_above: Share | None = None
    unanswered_above: Share | None = None
    per: Literal["respondent", "form"] = "respondent"

    CRITERIA: ClassVar[tuple[str, ...]] = ("trials_below", "outside_age_months", "side_bias_above", "unanswered_above")


class Exclusions(Strict):
    """What is left out, in this order: recorded reasons, then trials, then persons. Models are never touched."""

    recorded: Literal["all", "none"] | tuple[str, ...] = "all"
    trials: tuple[TrialRule, ...] = ()
    respondents: tuple[RespondentRule, ...] = ()


class Outcome(Strict):
    """What is measured, of whom.

    Attributes:
        what: Share of right answers, or share of looking at the named picture.
        forms: Task forms, ``task`` or ``task/form``; the mean over several weighs each the same.
        of: ``children``, ``adults``, ``simulated children``, or the name of a model.
        score: Score of the form (``score`` is the primary one).
        scored_by: For a model: its text reply or likelihood.
        age_months: Ages that enter.
    """

    what: Literal["accuracy", "looking"] = "accuracy"
    forms: tuple[str, ...] = Field(min_length=1)
    of: str = Field(default="children", min_length=1)
    score: str = "score"
    scored_by: Literal["text", "likelihood"] = "text"
    age_months: Months | None = None


class Model(Strict):
    """One statistical model of one outcome.

    Attributes:
        kind: What is computed.
        outcome: Name of an outcome.
        by: How growth is estimated.
        against: Outcome that is subtracted, or agreed with, or whose place on the curve is asked for.
        bound: Name of a bound, for equivalence.
        expected: Direction that would support the hypothesis.
    """

    kind: Kind
    outcome: Name
    by: Estimator | None = None
    against: Name | None = None
    bound: Name | None = None
    expected: Expected = "either"


class Family(Strict):
    """Models that are corrected together."""

    models: tuple[Name, ...] = Field(min_length=1)
    correction: Correction = "holm"
    alpha: float = Field(default=0.05, gt=0, lt=1)


class Plan(Strict):
    """An analysis plan.

    Attributes:
        plan: Its name, also of the record of its runs.
        version: Of the plan.
        title: For people.
        stated: Day on which it was stated; sessions before that day are pointed out.
        lab: Folder of the lab, relative to the file; may be given on the command line instead.
        hypotheses: In words; not computed.
        settings: Of every computation.
        exclusions: What is left out.
        outcomes: What is measured.
        bounds: Largest differences that count as equal, by name.
        models: What is computed.
        families: What is corrected together.
    """

    plan: Name
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    stated: Annotated[date, Field(strict=False)] | None = None
    lab: str | None = None
    hypotheses: tuple[str, ...] = ()
    settings: Settings = Settings()
    exclusions: Exclusions = Exclusions()
    outcomes: dict[str, Outcome] = Field(min_length=1)
    bounds: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    models: dict[str, Model] = Field(min_length=1)
    families: dict[str, Family] = Field(default_factory=dict)
