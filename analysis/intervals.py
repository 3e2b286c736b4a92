"""Intervals and tests for one respondent, for means over persons and for means of proportions.

Groups of persons over items are `analysis.twoway`'s: pooling the trials of several children as if they were
independent makes intervals far too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Count, Interval, Result, Unit, withheld


def wilson_limits(right: float, n: float, level: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion.

    Args:
        right: Number of successes, 0 to ``n``; need not be whole.
        n: Number of observations, above 0.
        level: Confidence level.

    Raises:
        ValueError: ``n`` is not positive or ``right`` lies outside 0 to ``n``.
    """
    if n <= 0 or not 0 <= right <= n:
        raise ValueError(f"{right} right of {n}")
    z = float(stats.norm.isf((1 - level) / 2))
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if right == 0 else max(0.0, centre - half)
    high = 1.0 if right == n else min(1.0, centre + half)
    return Interval(low, high, level)


def clopper_pearson_limits(right: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact interval of Clopper and Pearson; conservative by construction.

    Raises:
        ValueError: ``n`` is not positive or ``right`` lies outside 0 to ``n``.
    """
    if n <= 0 or not 0 <= right <= n:
        raise ValueError(f"{right} right of {n}")
    tail = (1 - level) / 2
    low = 0.0 if right == 0 else float(stats.beta.ppf(tail, right, n - right + 1))
    high = 1.0 if right == n else float(stats.beta.isf(tail, right + 1, n - right))
    return Interval(low, high, level)


def binomial_p(right: int, n: int, chance: float) -> float:
    """Return P(X ≥ right) for X ~ Binomial(n, chance): the one-sided exact test of doing better than guessing."""
    return float(stats.binom.sf(right - 1, n, chance))


def clustered_p(right: NDArray[Any], n: NDArray[Any], clusters: NDArray[Any], chance: float) -> float:
    """Return the one-sided p of doing better than guessing where observations come in clusters.

    The t test of a ratio with cluster-robust variance (CR1; Liang and Zeger 1986) on G − 1 degrees of freedom, as an
    intercept-only regression with clustered errors gives it. Where no cluster differs from the mean there is no
    variance to go by: the exact binomial test over clusters stands in.

    Args:
        right: Right answers of each trial.
        n: Observations of each trial.
        clusters: What the trial shares with others; same length.
        chance: Probability of a right answer by guessing.

    Raises:
        ValueError: There are fewer than two clusters.
    """
    _, place = np.unique(clusters, return_inverse=True)
    groups = int(place.max()) + 1 if len(place) else 0
    if groups < 2:
        raise ValueError(f"{groups} clusters")
    mean = float(right.sum() / n.sum())
    sums = np.bincount(place, weights=right - mean * n)
    se = math.sqrt(groups / (groups - 1) * float((sums**2).sum())) / float(n.sum())
    if se < 1e-12:
        return binomial_p(round(mean * groups), groups, chance)
    return float(stats.t.sf((mean - chance) / se, groups - 1))


def proportion(
    name: str, right: int, n: int, *, chance: float | None, level: float = 0.95, unit: str = "trials"
) -> Result:
    """Return the accuracy of one respondent: Wilson's interval and the binomial test against chance.

    Args:
        name: What was estimated.
        right: Right answers.
        n: Independent observations; 0 gives a reason instead of a number.
        chance: Probability of a right answer by guessing.
        level: Confidence level.
        unit: What was counted (``trials``, ``learned objects``).
    """
    counts = (Count(unit, n),)
    if n == 0:
        return withheld(name, "wilson", f"no scored {unit}", n=counts, chance=chance)
    return Result(
        name,
        "wilson",
        right / n,
        wilson_limits(right, n, level),
        counts,
        chance,
        None if chance is None else binomial_p(right, n, chance),
        (f"{unit} are independent given the respondent",),
        (f"only {n} {unit}",) if n < 10 else (),
        se=math.sqrt(right / n * (1 - right / n) / n),
    )


def mean_over_persons(
    name: str,
    values: Sequence[float],
    *,
    level: float = 0.95,
    unit: str = "infants",
    chance: float | None = None,
    method: str = "t_mean",
    scale: Unit = "share",
) -> Result:
    """Return the mean of one number per person with the t interval.

    Args:
        name: What was estimated.
        values: One mean per person; values that are not finite are refused by a `ValueError`.
        level: Confidence level.
        unit: What a person is called.
        chance: Reference level, when there is one.
        method: Key of the method, where what is averaged is more than a mean.
        scale: Unit of the values.
    """
    x = np.asarray(values, dtype=float)
    counts = (Count(unit, len(x)),)
    if not np.all(np.isfinite(x)):
        raise ValueError(f"{name}: values must be finite")
    if len(x) == 0:
        return withheld(name, method, f"no {unit}", n=counts, chance=chance, unit=scale)
    mean = float(x.mean())
    if len(x) == 1:
        return Result(name, method, mean, None, counts, chance, warnings=("one person: no interval",), unit=scale)
    se = float(x.std(ddof=1)) / math.sqrt(len(x))
    if se < 1e-12:
        return Result(name, method, mean, None, counts, chance, warnings=("no variation: no interval",), unit=scale)
    half = float(stats.t.isf((1 - level) / 2, len(x) - 1)) * se
    p = None if chance is None else float(stats.t.sf((mean - chance) / se, len(x) - 1))
    rough = (f"only {len(x)} {unit}: the interval is rough",) if len(x) < 10 else ()
    return Result(
        name, method, mean, Interval(mean - half, mean + half, level), counts, chance, p, ("persons are independent",),
        rough, unit=scale, se=se, df=len(x) - 1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One proportion that goes into a mean of proportions; parts with the same ``trials`` share their trials."""

    trials: str
    result: Result


def mean_of_proportions(name: str, parts: Sequence[Part], *, level: float = 0.95) -> Result:
    """Return the mean of proportions of one respondent, with limits recovered from each part's own.

    Two scores of the same trials (exact and adjacent) are taken as perfectly correlated: their distances to the
    limits are added before squaring, which can only widen the interval.

    Raises:
        ValueError: A part has no estimate or no interval.
    """
    if not parts:
        return withheld(name, "mover", "no part could be estimated")
    down: dict[str, float] = {}
    up: dict[str, float] = {}
    for part in parts:
        estimate, interval = part.result.estimate, part.result.interval
        if estimate is None or interval is None:
            raise ValueError(f"{name}: {part.result.name} has no interval")
        down[part.trials] = down.get(part.trials, 0.0) + estimate - interval.low
        up[part.trials] = up.get(part.trials, 0.0) + interval.high - estimate
    k = len(parts)
    mean = sum(part.result.estimate or 0.0 for part in parts) / k
    chances = [part.result.chance for part in parts]
    low = mean - math.sqrt(sum(d * d for d in down.values())) / k
    high = mean + math.sqrt(sum(u * u for u in up.values())) / k
    return Result(
        name,
        "mover",
        mean,
        Interval(max(0.0, low), min(1.0, high), level),
        (Count("task scores", k),),
        sum(c for c in chances if c is not None) / k if all(c is not None for c in chances) else None,
        assumptions=("trials of different tasks are independent", "each task weighs the same"),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values in the order given; an empty input gives an empty list."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(value) for value in adjusted]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p-values in the order given; an empty input gives an empty list."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[::-1]
    steps = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(value) for value in adjusted]
