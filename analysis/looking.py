"""Looking to the target in gaze trials: a continuous share, averaged per person first, never mixed with accuracy.

Reference is 0.5, equal looking at both pictures. The baseline before the word is not subtracted by default; the
difference stands beside it. No link with chance, no right and wrong: linear models over persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data import nested
from analysis.groups import Group
from analysis.intervals import mean_over_persons
from analysis.options import Options
from analysis.regression.linear import hc3
from analysis.result import Count, Result, withheld
from analysis.scoring import is_looking

EQUAL = 0.5


@dataclass(frozen=True, slots=True)
class LookingGroup:
    """Looking of one group of persons in one bank.

    Attributes:
        group: Who.
        bank: Name of the bank.
        target: Share of looking at the target after the word, mean over persons.
        change: The same minus the share before the word.
        by_age: The share by age group: label, age in months at its middle, result.
        by_condition: The share by condition, where the items declare one.
        line: Change of the share per month of age, with the line to draw.
        persons: One row a person: ``person``, ``age_months``, ``target``, ``trials``.
        trials: Trials used.
        low_usable: Trials with less than half of the window usable; they are used and named.
    """

    group: Group
    bank: str
    target: Result
    change: Result
    by_age: tuple[tuple[str, float, Result], ...]
    by_condition: tuple[tuple[str, Result], ...]
    line: Line
    persons: pd.DataFrame
    trials: int
    low_usable: int


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line over age with a pointwise band; empty when it is withheld."""

    slope: Result
    x_G: tuple[float, ...] = ()
    y_G: tuple[float, ...] = ()
    low_G: tuple[float, ...] = ()
    high_G: tuple[float, ...] = ()


def looking(test: pd.DataFrame, groups: Mapping[str, Group], options: Options) -> tuple[LookingGroup, ...]:
    """Return the looking of every group of persons that has gaze trials, by bank."""
    rows = test[is_looking(test)]
    found = []
    for (key, bank), part in rows.groupby(["group", "bank"], observed=True, sort=False):
        found.append(_one(part, groups[str(key)], str(bank), options))
    return tuple(sorted(found, key=lambda one: (one.group.order, one.bank)))


def _one(rows: pd.DataFrame, group: Group, bank: str, options: Options) -> LookingGroup:
    rows = rows.assign(person=rows["respondent_code"].astype(str), gain=rows["look_target"] - rows["look_baseline"])
    persons = rows.groupby("person", sort=True).agg(
        age_months=("age_months", "mean"),
        target=("look_target", "mean"),
        gain=("gain", "mean"),
        trials=("trial_id", "size"),
    )
    name = f"{group.label}, share of looking at the target"
    target = mean_over_persons(name, list(persons["target"]), level=options.level, unit=group.people, chance=EQUAL)
    gained = persons["gain"].dropna()
    change = mean_over_persons(
        f"{name}, change from baseline", list(gained), level=options.level, unit=group.people, chance=0.0
    )
    return LookingGroup(
        group,
        bank,
        target,
        change,
        tuple(_by_age(persons, name, group, options)),
        tuple(_by_condition(rows, name, group, options)),
        line_over_age(persons["age_months"].to_numpy(), persons["target"].to_numpy(), name, options),
        persons.reset_index(),
        len(rows),
        int((rows["look_usable"] < 0.5).sum()),
    )


def age_groups(months: pd.Series, width: int) -> pd.Series:
    """Return the first month of each age's group, counted from 6 months; not a number where the age is not known."""
    return ((months - 6) // width) * width + 6


def age_words(first: float, width: int) -> str:
    """Return an age group in completed months, for people: ``12–17``."""
    return f"{max(first, 0):.0f}–{first + width - 1:.0f}"


def _by_age(persons: pd.DataFrame, name: str, group: Group, options: Options) -> list[tuple[str, float, Result]]:
    found = []
    for first, part in persons.groupby(age_groups(persons["age_months"], options.bin_months)):
        result = mean_over_persons(name, list(part["target"]), level=options.level, unit=group.people, chance=EQUAL)
        found.append((age_words(float(first), options.bin_months), float(part["age_months"].mean()), result))
    return found


def _by_condition(rows: pd.DataFrame, name: str, group: Group, options: Options) -> list[tuple[str, Result]]:
    """Shares by the first declared condition with two to eight values; persons averaged first."""
    difficulty = [value if isinstance(value, dict) else {} for value in nested(rows["difficulty"])]
    for column in ("condition", "trial_type", "type"):
        values = pd.Series([str(d.get(column, "")) for d in difficulty], index=rows.index)
        if 2 <= values.nunique() <= 8 and (values != "").all():
            means = rows.groupby([values.rename("condition"), "person"])["look_target"].mean()
            return [
                (str(level), mean_over_persons(name, list(part), level=options.level, unit=group.people, chance=EQUAL))
                for level, part in means.groupby(level="condition")
            ]
    return []


def line_over_age(x: np.ndarray, y: np.ndarray, name: str, options: Options) -> Line:
    """Fit a straight line over age, one mean per person, with errors that allow unequal variances (HC3).

    Args:
        x: Age in months of each person.
        y: Share of each person.
        name: What is described.
        options: Settings.
    """
    fine = np.isfinite(x) & np.isfinite(y)
    x, y = x[fine], y[fine]
    counts = (Count("persons", len(x)),)
    if len(x) < 6 or len(np.unique(np.round(x, 2))) < 3:
        return Line(withheld(f"{name}: slope", "linear", "fewer than 6 persons or 3 different ages", n=counts))
    centre = float(x.mean())
    names = (f"{name}: at the mean age", f"{name}: slope")
    (_, slope), covariance = hc3(names, y, np.column_stack([np.ones_like(x), x - centre]), level=options.level)
    if slope.estimate is None or slope.df is None:
        return Line(slope)
    critical = float(stats.t.isf((1 - options.level) / 2, slope.df))
    x_G = np.linspace(x.min(), x.max(), 41)
    at = np.column_stack([np.ones_like(x_G), x_G - centre])
    half = critical * np.sqrt(np.einsum("gi,ij,gj->g", at, covariance, at))
    y_G = y.mean() + slope.estimate * (x_G - centre)
    return Line(
        replace(slope, unit="share per month", scope="population-averaged"),
        tuple(x_G),
        tuple(y_G),
        tuple(y_G - half),
        tuple(y_G + half),
    )
