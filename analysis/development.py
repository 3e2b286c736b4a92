"""Accuracy over experience: persons by age, models by hours of recordings seen, on the same scale.

A *track* is what one line of a figure shows: points with intervals, and the fitted curve where there is one. Means over
several task forms use only forms that were taken at every point, so that a change is never a change of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.accuracy import Cell
from analysis.curves import Curve, fit_curve
from analysis.forms import counts, form_title, rank
from analysis.groups import Group
from analysis.intervals import Part, mean_of_proportions
from analysis.looking import age_groups, age_words
from analysis.options import Options
from analysis.result import Count, Result, withheld
from analysis.twoway import Crossed, crossed, two_way

FormKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """One place on a track: ``x`` in months of age, or hours seen (0 for a model that was never trained)."""

    x: float
    label: str
    result: Result
    group: Group


@dataclass(frozen=True, slots=True)
class Track:
    """One line of a figure.

    Attributes:
        group: Who; for a model its last checkpoint.
        axis: ``age`` in months or ``hours`` seen.
        way: Way of scoring.
        forms: Task forms averaged, each with equal weight.
        points: With intervals, by x.
        curve: Fitted over age, or over log10 of hours.
        chance: Mean chance of the forms.
        n: What stands behind it.
    """

    group: Group
    axis: Literal["age", "hours"]
    way: str
    forms: tuple[FormKey, ...]
    points: tuple[Point, ...]
    curve: Curve
    chance: float
    n: tuple[Count, ...] = ()

    @property
    def title(self) -> str:
        """What the track shows."""
        return form_title(*self.forms[0]) if len(self.forms) == 1 else f"mean of {len(self.forms)} task forms"


def person_track(rows: pd.DataFrame, group: Group, forms: Sequence[FormKey], options: Options) -> Track | None:
    """Return accuracy by age of a group of persons; None when no answer has an age.

    Args:
        rows: Answers of the group on primary scores.
        group: Who.
        forms: Forms to average.
        options: Settings.
    """
    wanted = rows[_is_of(rows, forms) & rows["answered"].astype(bool) & rows["age_months"].notna()]
    if wanted.empty:
        return None
    chance = _chance(wanted)
    width = age_width(wanted, options)
    first = age_groups(wanted["age_months"], width)
    points = []
    for start, part in wanted.groupby(first):
        if part.groupby(["task", "form"], observed=True).ngroups < len(set(forms)):
            continue
        label = age_words(float(start), width)
        result = two_way(
            f"{group.label}, {label} months",
            crossed(part["person"], part["item"], part["which"], part["y"], part["n"]),
            chance=chance, level=options.level, draws=options.draws, seed=options.seed, people=group.people,
            unit="answers",
        )  # fmt: skip
        points.append(Point(float(part["age_months"].mean()), label, result, group))
    if not points:
        return None
    curve = _age_curve(wanted, group, chance, options)
    n = (Count(group.people, wanted["person"].nunique()), Count("trials", len(wanted)))
    return Track(group, "age", "own", tuple(forms), tuple(points), curve, chance, n)


def age_width(rows: pd.DataFrame, options: Options) -> int:
    """Return the width of an age group in months: doubled where the usual one would hold fewer than four persons.

    Args:
        rows: Answers with ``person`` and ``age_months``.
        options: Settings.
    """
    held = rows.groupby(age_groups(rows["age_months"], options.bin_months))["person"].nunique()
    return options.bin_months * (2 if len(held) and held.median() < 4 else 1)


def _age_curve(rows: pd.DataFrame, group: Group, chance: float, options: Options) -> Curve:
    """Fit the curve over persons at their ages; a person seen at two ages is two points."""
    who = rows["person"].astype(str) + "@" + rows["age_months"].round(2).astype(str)
    data = balanced(crossed(who, rows["item"], rows["which"], rows["y"], rows["n"]))
    ages = rows.groupby(who, sort=True)["age_months"].mean().to_numpy()
    return fit_curve(
        group.label, ages, data, chance=chance, level=options.level, draws=min(options.draws, 500), seed=options.seed
    )


def balanced(data: Crossed) -> Crossed:
    """Weigh columns so that every task form counts the same, keeping the number of observations."""
    total = np.bincount(data.cell_J, weights=data.n_CJ.sum(axis=0), minlength=data.cells)
    weight = total.sum() / (len(total) * np.maximum(total, 1))
    return Crossed(data.y_CJ * weight[data.cell_J], data.n_CJ * weight[data.cell_J], data.item_J, data.cell_J)


def model_track(
    found: Sequence[Cell], rows: pd.DataFrame, model: str, way: str, forms: Sequence[FormKey], options: Options
) -> Track | None:
    """Return accuracy of a model by hours seen; None when no checkpoint took all the forms.

    Args:
        found: Cells of the accuracy table.
        rows: Answers on primary scores.
        model: Name of the model.
        way: Way of scoring.
        forms: Forms to average.
        options: Settings.
    """
    by_group: dict[str, list[Cell]] = {}
    for one in found:
        if one.group.model == model and one.way == way and one.measure == "score" and (one.task, one.form) in forms:
            by_group.setdefault(one.group.key, []).append(one)
    points = [point for cells in by_group.values() if (point := _model_point(cells, len(set(forms)), options))]
    if not points:
        return None
    points.sort(key=lambda point: (point.x, point.group.order))
    final = next((p.group for p in points if p.group.final), points[-1].group)
    keys = {p.group.key: p.x for p in points if p.x > 0}
    wanted = rows[
        rows["group"].isin(list(keys)) & (rows["way"] == way) & _is_of(rows, forms) & rows["answered"].astype(bool)
    ]
    chance = points[-1].result.chance or 0.0
    curve = _hours_curve(wanted, keys, model, chance, options)
    asked = max(sum(c.asked for c in by_group[point.group.key]) for point in points)
    n = (Count("checkpoints" if len(points) > 1 else "checkpoint", len(points)), Count("trials each", asked))
    return Track(final, "hours", way, tuple(forms), tuple(points), curve, chance, n)


def _model_point(cells: Sequence[Cell], wanted: int, options: Options) -> Point | None:
    group = cells[0].group
    fit = [c for c in cells if c.result.estimate is not None and c.result.interval is not None]
    if len(fit) < wanted:
        return None
    if wanted == 1:
        result = fit[0].result
    else:
        parts = [Part(f"{c.task}/{c.form}", c.result) for c in fit]
        result = mean_of_proportions(group.label, parts, level=options.level)
    hours = 0.0 if group.random else group.hours
    return Point(math.nan if hours is None else hours, group.label, result, group)


def _hours_curve(rows: pd.DataFrame, hours: Mapping[str, float], name: str, chance: float, options: Options) -> Curve:
    if len(set(hours.values())) < 3 or rows.empty:
        return Curve(
            withheld(f"{name}: slope", "chance_curve", "fewer than 3 checkpoints with different hours", chance=chance)
        )
    keys = ["group", "item", "which"]  # orders and prompts of an item are repeated measures: their mean counts once
    mean = rows.groupby(keys, observed=True, as_index=False)[["y", "n"]].mean()
    data = balanced(crossed(mean["group"], mean["item"], mean["which"], mean["y"], mean["n"]))
    x = np.log10([hours[key] for key in sorted(mean["group"].astype(str).unique())])
    return fit_curve(
        name,
        x,
        data,
        chance=chance,
        level=options.level,
        draws=min(options.draws, 500),
        seed=options.seed,
        persons=False,
    )


def common_forms(rows: pd.DataFrame, at: pd.Series) -> tuple[FormKey, ...]:
    """Return the counted forms that were taken at as many points as possible, most forms × points first.

    Args:
        rows: Answers on primary scores.
        at: The point of each row (age group or checkpoint).
    """
    taken: dict[FormKey, frozenset[object]] = {}
    for key, part in rows.groupby(["task", "form"], observed=True):
        form = (str(key[0]), str(key[1]))
        if counts(*form):
            taken[form] = frozenset(at[part.index].dropna().unique())
    ordered = sorted(taken, key=lambda form: (-len(taken[form]), rank(*form)))
    best: tuple[tuple[bool, int, int], int] = ((False, 0, 0), 0)
    for k in range(1, len(ordered) + 1):
        shared = frozenset.intersection(*(taken[form] for form in ordered[:k]))
        best = max(best, ((len(shared) >= 2, len(shared) * k, k), k))
    return tuple(sorted(ordered[: best[1]], key=lambda form: rank(*form)))


def _is_of(rows: pd.DataFrame, forms: Sequence[FormKey]) -> pd.Series:
    names = {f"{task}/{form}" for task, form in forms}
    return rows["which"].isin(list(names))


def _chance(rows: pd.DataFrame) -> float:
    return float(rows.groupby(["task", "form"], observed=True)["chance"].mean().mean())
