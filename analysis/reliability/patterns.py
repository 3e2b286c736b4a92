"""Patterns that make a session doubtful: one side, one run, worse than chance. Flags only; nothing is excluded here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.intervals import wilson_limits
from analysis.result import Count, Interval, Result, withheld

RUN = 10
SIDE_ALPHA = 0.01
BELOW_ALPHA = 0.05
FEWEST = 8


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one respondent's answers look like on one task.

    Attributes:
        person: Code.
        task: Task code.
        side: Share of answers at the most frequent position, with the exact p against the positions being equal.
        longest_run: Longest run of answers at one position.
        straight_lining: True when that run reaches 10 and a random answerer would seldom produce it.
        below_chance: One-sided p of doing worse than guessing; None without scored answers.
        flags: ``side_bias``, ``straight_lining``, ``below_chance``.
    """

    person: str
    task: str
    side: Result
    longest_run: int
    straight_lining: bool
    below_chance: float | None
    flags: tuple[str, ...]


def patterns(rows: pd.DataFrame) -> tuple[Pattern, ...]:
    """Describe every respondent on every task.

    Args:
        rows: Answered test trials in order: ``person``, ``task``, ``answer_position``, ``choices`` (how many were
            offered), ``y`` (1, 0 or not a number) and ``chance``.
    """
    return tuple(
        _one(str(person), str(task), part)
        for (person, task), part in rows.groupby(["person", "task"], observed=True, sort=True)
    )


def _one(person: str, task: str, rows: pd.DataFrame) -> Pattern:
    placed = rows[rows["answer_position"].notna()]
    options = int(placed["choices"].mode().iloc[0]) if len(placed) else 0
    mine = placed[placed["choices"] == options]
    side, p_side = _side(person, mine["answer_position"].to_numpy(dtype=float), options)
    run = _longest_run(mine["answer_position"].to_numpy(dtype=float))
    lined = run >= RUN and options > 1 and len(mine) * (1 / options) ** (run - 1) < BELOW_ALPHA
    scored = rows[rows["y"].notna()]
    below = None
    if len(scored) >= FEWEST and scored["chance"].notna().any():
        below = float(stats.binom.cdf(round(float(scored["y"].sum())), len(scored), float(scored["chance"].mean())))
    flags = tuple(
        name
        for name, on in (
            ("side_bias", p_side is not None and p_side < SIDE_ALPHA),
            ("straight_lining", lined),
            ("below_chance", below is not None and below < BELOW_ALPHA),
        )
        if on
    )
    return Pattern(person, task, side, run, lined, below, flags)


def _side(person: str, at: np.ndarray, options: int) -> tuple[Result, float | None]:
    name = f"{person}: answers at the most frequent position"
    counts = (Count("trials", len(at)),)
    if len(at) < FEWEST or options < 2:
        return withheld(name, "binomial", f"fewer than {FEWEST} answers at a position", n=counts), None
    _, number = np.unique(at, return_counts=True)
    most = int(number.max())
    p = min(1.0, options * float(stats.binom.sf(most - 1, len(at), 1 / options)))
    result = Result(
        name, "binomial", most / len(at), wilson_limits(most, len(at)), counts, 1 / options, p,
        ("right positions are balanced",), (f"p is corrected over {options} positions",),
    )  # fmt: skip
    return result, p


def _longest_run(at: np.ndarray) -> int:
    if len(at) == 0:
        return 0
    edges = np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1], [True]]))
    return int(np.diff(edges).max())


@dataclass(frozen=True, slots=True)
class Missing:
    """Missing answers on one task: share, and whether they go with age and with the trial's place in the session."""

    task: str
    share: Result
    with_age: Result
    with_order: Result


def missingness(rows: pd.DataFrame, *, level: float = 0.95) -> tuple[Missing, ...]:
    """Describe where answers are missing.

    Args:
        rows: Test trials asked: ``person``, ``task``, ``missing`` (1 or 0), ``age_months`` and ``trial_index``.
        level: Confidence level.
    """
    found = []
    for task, part in rows.groupby("task", observed=True, sort=True):
        name = f"{task}: missing answers"
        k, n = int(part["missing"].sum()), len(part)
        share = Result(name, "wilson", k / n, wilson_limits(k, n, level), (Count("trials", n),))
        own = part.groupby("person").agg(missing=("missing", "mean"), age=("age_months", "mean")).dropna()
        with_age = _correlation(f"{name} with age", own["missing"], own["age"], "children", level)
        order = _correlation(f"{name} with the trial's place", part["missing"], part["trial_index"], "trials", level)
        found.append(Missing(str(task), share, with_age, order))
    return tuple(found)


def _correlation(name: str, a: pd.Series, b: pd.Series, unit: str, level: float) -> Result:
    counts = (Count(unit, len(a)),)
    if len(a) < 5 or a.nunique() < 2 or b.nunique() < 2:
        return withheld(name, "pearson", "too few, or nothing varies", n=counts, unit="correlation")
    found = stats.pearsonr(a.to_numpy(dtype=float), b.to_numpy(dtype=float))
    limits = found.confidence_interval(level)
    return Result(
        name, "pearson", float(found.statistic), Interval(float(limits.low), float(limits.high), level), counts, None,
        float(found.pvalue), ("linear; for trials, clustering by child is not taken into account",), unit="correlation",
    )  # fmt: skip
