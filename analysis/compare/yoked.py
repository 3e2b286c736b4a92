"""Yoked pairs: a model that took exactly the trials, order and positions of one child.

Within one child the pairs of answers are compared by McNemar's exact test and the conditional odds ratio. Over several
children the difference is clustered two ways, because pairs of one child hang together and pairs of one item do too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from analysis.intervals import clopper_pearson_limits
from analysis.result import Count, Interval, Result, withheld
from analysis.twoway import crossed, two_way


@dataclass(frozen=True, slots=True)
class Pairs:
    """How often both, one or neither of two respondents was right on the same trials."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def total(self) -> int:
        """Number of pairs."""
        return self.both + self.only_first + self.only_second + self.neither


def count_pairs(first: pd.Series, second: pd.Series) -> Pairs:
    """Count pairs of right (1) and wrong (0) answers; rows belong together."""
    a, b = first.astype(bool), second.astype(bool)
    return Pairs(int((a & b).sum()), int((a & ~b).sum()), int((~a & b).sum()), int((~a & ~b).sum()))


def mcnemar(name: str, pairs: Pairs, *, level: float = 0.95) -> Result:
    """Test, exactly, whether two respondents differ on the same trials of one child.

    Returns:
        First minus second as a difference of shares, with the exact limits given the number of discordant pairs; p
        two-sided and exact, which rejects less often than its level.
    """
    counts = (Count("pairs", pairs.total), Count("discordant pairs", pairs.only_first + pairs.only_second))
    if pairs.total == 0:
        return withheld(name, "mcnemar_exact", "no trial was taken by both", n=counts, unit="difference")
    b, c, n = pairs.only_first, pairs.only_second, pairs.total
    p = min(1.0, 2 * float(stats.binom.cdf(min(b, c), b + c, 0.5))) if b + c else 1.0
    gap = (b - c) / n
    if b + c == 0:
        return Result(
            name, "mcnemar_exact", gap, None, counts, None, p, warnings=("no pair differs: no interval",),
            unit="difference",
        )  # fmt: skip
    inner = clopper_pearson_limits(b, b + c, level)
    scale = (b + c) / n
    interval = Interval((2 * inner.low - 1) * scale, (2 * inner.high - 1) * scale, level)
    return Result(
        name, "mcnemar_exact", gap, interval, counts, None, p,
        ("the number of discordant pairs is taken as given", "trials are independent within the child"),
        ("the exact test rejects less often than its level",), unit="difference",
    )  # fmt: skip


def odds_ratio(name: str, pairs: Pairs, *, level: float = 0.95) -> Result:
    """Return the conditional odds ratio, first against second, with exact limits."""
    b, c = pairs.only_first, pairs.only_second
    counts = (Count("pairs", pairs.total), Count("discordant pairs", b + c))
    if b == 0 or c == 0:
        why = f"{b} and {c} discordant pairs: the odds ratio is not finite"
        return withheld(name, "conditional_logit", why, n=counts, unit="number")
    limits = clopper_pearson_limits(b, b + c, level)
    high = limits.high / (1 - limits.high) if limits.high < 1 else math.inf
    p = min(1.0, 2 * float(stats.binom.cdf(min(b, c), b + c, 0.5)))
    return Result(
        name, "conditional_logit", b / c, Interval(limits.low / (1 - limits.low), high, level), counts, None, p,
        ("each trial is its own stratum",), unit="number", se=b / c * math.sqrt(1 / b + 1 / c),
    )  # fmt: skip


def over_children(name: str, pairs: pd.DataFrame, *, level: float = 0.95) -> Result:
    """Return the mean difference over several yoked children, clustered by child and by item.

    Args:
        name: What is compared.
        pairs: Columns ``person``, ``item``, ``first`` and ``second`` (right 1 or wrong 0).
        level: Confidence level.
    """
    if pairs["person"].nunique() < 2:
        why = "one child: see the exact test within the child"
        return withheld(name, "paired_two_way", why, n=(Count("pairs", len(pairs)),), unit="difference")
    gap = pairs["first"].astype(float) - pairs["second"].astype(float)
    one = pd.Series(1.0, index=pairs.index)
    data = crossed(pairs["person"], pairs["item"], pd.Series("all", index=pairs.index), gap, one)
    return two_way(name, data, chance=None, level=level, method="two_way_t", unit="pairs", scale="difference")


def join_yoked(persons: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """Join the answers of a model to those of the children it was yoked to.

    Args:
        persons: Columns ``person``, ``item``, ``yoke`` (session that is followed), ``plan_index``, ``y``.
        model: The same of one model.

    Returns:
        Columns ``person``, ``item``, ``first`` (the model) and ``second`` (the child).
    """
    keys = ["yoke", "plan_index", "item"]
    both = persons.merge(model[[*keys, "y"]], on=keys, suffixes=("_child", "_model"))
    return both.rename(columns={"y_model": "first", "y_child": "second"})[["person", "item", "first", "second"]]
