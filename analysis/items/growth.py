"""How single items and words grow: slope over age for children, over hours seen for a model, age of acquisition.

A word counts as acquired where its curve reaches half of the way from chance to 1. A model's word is read from the
probability that it gives the right choice at its checkpoints.

Shapes: P answers of one item or word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.intervals import benjamini_hochberg
from analysis.regression.chance import fit_chance
from analysis.regression.gee import fit_gee
from analysis.result import Count, Interval, Result, Unit, withheld

Floats = NDArray[np.float64]
FEWEST_CHILDREN = 12
FEWEST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Grown:
    """An item or word: its slope, when it is acquired, and the slope's corrected p."""

    item: str
    slope: Result
    acquired: Result
    p_adjusted: float | None = None


def over_age(rows: pd.DataFrame, chance: float, *, by: str = "item", level: float = 0.95) -> tuple[Grown, ...]:
    """Return slope over age and age of acquisition of every item or word, corrected over them.

    Args:
        rows: Answers of children: ``person``, ``age_months``, ``y``, ``n`` and the column ``by``.
        chance: g.
        by: ``item`` or ``word``.
        level: Confidence level.
    """
    fine = rows[rows["age_months"].notna()]
    return _corrected([_child_item(str(key), part, chance, level) for key, part in fine.groupby(by, observed=True)])


def _child_item(item: str, rows: pd.DataFrame, chance: float, level: float) -> Grown:
    child = rows["person"].astype(str).to_numpy()
    counts = (Count("children", len(np.unique(child))), Count("trials", len(rows)))
    age = rows["age_months"].to_numpy(dtype=float)
    if counts[0].number < FEWEST_CHILDREN or len(np.unique(age)) < 3:
        why = f"{counts[0].number} children; at least {FEWEST_CHILDREN} of three ages are needed"
        return _none(item, why, counts, "gee", "months", chance)
    y, n = rows["y"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=float)
    centre = float(age.mean())
    x = np.column_stack([np.ones(len(age)), age - centre])
    start = fit_chance(y, n, x, chance)
    fit = fit_gee(start, y, n, x, child, chance=chance)
    if fit.reason or not np.isfinite(fit.reduced_KK).all():
        return _none(item, fit.reason or "no errors", counts, "gee", "months", chance)
    covariance, df = fit.reduced_KK, counts[0].number - 2
    slope = _slope(item, float(fit.beta_K[1]), float(covariance[1, 1]), df, level, counts, "gee")
    acquired = _half_way(
        f"{item}: age of acquisition", fit.beta_K, covariance, df, (float(age.min()), float(age.max())), centre, level,
        counts, "months", ("below youngest", "above oldest"), slope,
    )  # fmt: skip
    return Grown(item, slope, acquired)


def over_experience(rows: pd.DataFrame, chance: float, *, by: str = "item", level: float = 0.95) -> tuple[Grown, ...]:
    """Return slope over log10 of hours and hours of acquisition of every item or word of one model.

    Args:
        rows: Columns ``hours``, ``share`` (probability given to the right choice, or right 1 and wrong 0) and ``by``.
        chance: g.
        by: ``item`` or ``word``.
        level: Confidence level.
    """
    fine = rows[rows["hours"] > 0]
    return _corrected([_model_item(str(key), part, chance, level) for key, part in fine.groupby(by, observed=True)])


def _model_item(item: str, rows: pd.DataFrame, chance: float, level: float) -> Grown:
    x, y = np.log10(rows["hours"].to_numpy(dtype=float)), rows["share"].to_numpy(dtype=float)
    counts = (Count("checkpoints", len(np.unique(x))), Count("trials", len(rows)))
    if counts[0].number < FEWEST_POINTS:
        why = f"{counts[0].number} checkpoints; at least {FEWEST_POINTS} are needed"
        return _none(item, why, counts, "linear", "hours", chance)
    logit = np.log(np.clip(y, 0.02, 0.98) / np.clip(1 - y, 0.02, 0.98))
    centre = float(x.mean())
    design = np.column_stack([np.ones(len(x)), x - centre])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ logit
    df = len(x) - 2
    residual = logit - design @ beta
    covariance = inverse * float(residual @ residual) / max(df, 1)
    slope = _slope(item, float(beta[1]), float(covariance[1, 1]), df, level, counts, "linear")
    half = (1 + chance) / 2
    shifted = beta - np.array([np.log(half / (1 - half)), 0.0])
    acquired = _half_way(
        f"{item}: hours of acquisition", shifted, covariance, df, (float(x.min()), float(x.max())), centre, level,
        counts, "hours", ("before the first checkpoint", "beyond the last checkpoint"), slope, lambda v: 10.0**v,
    )  # fmt: skip
    return Grown(item, slope, acquired)


def _slope(item: str, b: float, variance: float, df: int, level: float, n: tuple[Count, ...], method: str) -> Result:
    se = float(np.sqrt(max(variance, 0.0)))
    name = f"{item}: slope"
    if se < 1e-12:
        return Result(name, method, b, None, n, warnings=("no variation: no interval",), unit="log odds per unit")
    half = float(stats.t.isf((1 - level) / 2, df)) * se
    return Result(
        name, method, b, Interval(b - half, b + half, level), n, None, float(2 * stats.t.sf(abs(b) / se, df)),
        ("growth is logistic",), unit="log odds per unit", se=se, df=df, scope="population-averaged",
    )  # fmt: skip


def _half_way(
    name: str,
    beta: Floats,
    covariance: Floats,
    df: int,
    seen: tuple[float, float],
    centre: float,
    level: float,
    n: tuple[Count, ...],
    unit: Unit,
    words: tuple[str, str],
    slope: Result,
    back: Callable[[float], float] = float,
) -> Result:
    """Return −a/b with Fieller's limits, open where they leave what was seen; withheld without a rising slope."""
    if slope.interval is None or slope.interval.low <= 0:
        return withheld(name, "aoa", "it does not grow reliably, so there is no age to give", n=n, unit=unit)
    a, b = float(beta[0]), float(beta[1])
    t2 = float(stats.t.isf((1 - level) / 2, df)) ** 2
    v_aa, v_ab, v_bb = float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])
    qa, qb, qc = b * b - t2 * v_bb, 2 * (a * b - t2 * v_ab), a * a - t2 * v_aa
    root = np.sqrt(max(qb * qb - 4 * qa * qc, 0.0))
    limits = sorted((centre + (-qb - root) / (2 * qa), centre + (-qb + root) / (2 * qa)))
    x = centre - a / b
    low_words = words[0] if limits[0] < seen[0] else ""
    high_words = words[1] if limits[1] > seen[1] else ""
    interval = Interval(
        -np.inf if low_words else back(limits[0]),
        np.inf if high_words else back(limits[1]),
        level,
        low_words,
        high_words,
    )
    if not seen[0] <= x <= seen[1]:
        return Result(name, "aoa", None, interval, n, reason=words[0] if x < seen[0] else words[1], unit=unit)
    return Result(name, "aoa", back(x), interval, n, assumptions=("growth is logistic from chance to 1",), unit=unit)


def _none(item: str, why: str, n: tuple[Count, ...], method: str, unit: Unit, chance: float) -> Grown:
    slope = withheld(f"{item}: slope", method, why, n=n, unit="log odds per unit", chance=chance)
    return Grown(item, slope, withheld(f"{item}: acquisition", "aoa", why, n=n, unit=unit))


def _corrected(found: Sequence[Grown]) -> tuple[Grown, ...]:
    tested = [at for at, one in enumerate(found) if one.slope.p_value is not None]
    adjusted = dict(zip(tested, benjamini_hochberg([found[at].slope.p_value or 0.0 for at in tested]), strict=True))
    return tuple(Grown(g.item, g.slope, g.acquired, adjusted.get(at)) for at, g in enumerate(found))
