"""Age equivalent of a model, and experience equivalent of children: where one curve meets the other's accuracy.

Both read a fitted curve backwards, so the interval may be open at an end: *below youngest*, *above oldest*, *before the
first checkpoint*, *beyond the last*. No number is given where the curve is flat, where what is read off is not above
chance, or where it lies outside of what was observed. An equivalent age is a place on a curve of accuracy; it says
nothing about how the answers came about.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.curves import Curve
from analysis.result import Check, Interval, Result, Unit, withheld

Floats = NDArray[np.float64]
AGE_WORDS = ("below youngest", "above oldest")
HOURS_WORDS = ("before the first checkpoint", "beyond the last checkpoint")
BEYOND_ONE = "the accuracy lies above all that the curve can reach"


def age_equivalent(name: str, curve: Curve, model: Result, *, level: float = 0.95, seed: int = 1) -> Result:
    """Return the age, in months, at which children reach the model's accuracy.

    Args:
        name: What is compared.
        curve: The children's curve over age in months.
        model: The model's accuracy, with its standard error and chance.
        level: Confidence level.
        seed: Seed of the draws of the model's accuracy.
    """
    return _read_off(name, "age_equivalent", curve, model, AGE_WORDS, "months", level, seed)


def experience_equivalent(name: str, curve: Curve, children: Result, *, level: float = 0.95, seed: int = 1) -> Result:
    """Return the hours of recordings at which the model reaches the accuracy of children of one age.

    Args:
        name: What is compared.
        curve: The model's curve over log10 of hours.
        children: The children's accuracy, with standard error, degrees of freedom and chance.
        level: Confidence level.
        seed: Seed of the draws of the children's accuracy.
    """
    found = _read_off(name, "experience_equivalent", curve, children, HOURS_WORDS, "hours", level, seed)
    interval = found.interval and Interval(
        10**found.interval.low if np.isfinite(found.interval.low) else 0.0,
        10**found.interval.high,
        level,
        found.interval.low_words,
        found.interval.high_words,
    )
    estimate = None if found.estimate is None else 10**found.estimate
    return Result(
        name, found.method, estimate, interval, found.n, found.chance, None, found.assumptions, found.warnings,
        found.reason, "hours", checks=found.checks,
    )  # fmt: skip


def _read_off(
    name: str, method: str, curve: Curve, other: Result, words: tuple[str, str], unit: Unit, level: float, seed: int
) -> Result:
    counts = curve.slope.n + other.n
    reason = _refusal(curve, other, words)
    if reason or other.estimate is None:
        return withheld(name, method, reason, n=counts, unit=unit, chance=other.chance)
    p_B = _draws(other, len(curve.drawn_B3), seed)
    x_B = np.where(
        curve.drawn_B3[:, 1] > 0, curve.drawn_inverse(p_B), np.where(p_B > curve.at(curve.centre), np.inf, -np.inf)
    )
    x_B = np.where(np.isnan(x_B), np.where(p_B <= curve.chance, -np.inf, np.inf), x_B)
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(x_B, [tail, 1 - tail], method="nearest"))
    first, last = curve.x_G[0], curve.x_G[-1]
    interval = _censored(low, high, first, last, level, words)
    assumed = ("the curve has the stated form", "what is read off was drawn independently of the curve's items")
    x = curve.inverse(other.estimate)
    checks = (Check("the curve rises", True, f"slope {curve.slope.estimate:.3g}"),)
    if not first <= x <= last:
        where = words[0] if x < first else words[1]
        return Result(name, method, None, interval, counts, other.chance, reason=where, unit=unit, assumptions=assumed)
    return Result(name, method, float(x), interval, counts, other.chance, None, assumed, unit=unit, checks=checks)


def _censored(low: float, high: float, first: float, last: float, level: float, words: tuple[str, str]) -> Interval:
    """Open each limit that lies outside of what was observed, and say on which side it lies."""

    def side(value: float) -> str:
        return words[0] if value < first else words[1] if value > last else ""

    return Interval(
        -np.inf if low < first else float(min(low, last)), np.inf if high > last else float(max(high, first)), level,
        side(low), side(high),
    )  # fmt: skip


def _refusal(curve: Curve, other: Result, words: tuple[str, str]) -> str:
    slope = curve.slope
    if other.estimate is None:
        return other.reason
    if slope.estimate is None:
        return slope.reason
    if slope.interval is None or slope.interval.low <= 0 or len(curve.drawn_B3) < 100:
        return "the curve is flat: its slope is not above zero"
    if other.p_value is not None and other.chance is not None and other.p_value > 0.05:
        return f"{other.estimate:.0%} right is not above chance ({other.chance:.0%})"
    if other.estimate >= 1 - curve.lapse:
        return words[1] + ": " + BEYOND_ONE
    return ""


def _draws(other: Result, draws: int, seed: int) -> Floats:
    """Draw the accuracy that is read off: a Beta for one respondent, t around the estimate for a group."""
    rng = np.random.default_rng(seed)
    p, se = other.estimate or 0.0, other.se or 0.0
    if se == 0:
        return np.full(draws, p)
    if other.df:
        return np.clip(p + se * stats.t.rvs(other.df, size=draws, random_state=rng), 0.0, 1.0)
    n = p * (1 - p) / se**2
    return np.asarray(rng.beta(p * n + 0.5, (1 - p) * n + 0.5, draws))
