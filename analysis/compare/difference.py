"""The difference between a model and children, its equivalence within a stated bound, and one further child.

On the same items the model's answer is taken from each child's answer, item by item, and children and items are drawn
anew together: what the items have in common for both falls out of the difference. Where no item is shared, two
independent estimates are compared, and the result says so.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from analysis.result import Check, Count, Interval, Result, withheld
from analysis.twoway import TwoWayMethod, crossed, two_way


def on_same_items(
    name: str,
    children: pd.DataFrame,
    model: pd.DataFrame,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 1,
    method: TwoWayMethod = "two_way_studentised",
) -> Result:
    """Return the model's accuracy minus the children's on the items that both met.

    Args:
        name: What is compared.
        children: Answers: columns ``person``, ``item``, ``y`` and ``n``.
        model: Answers of one model: columns ``item``, ``y`` and ``n``.
        level: Confidence level.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        method: How the interval is made.
    """
    of_model = model.groupby("item", observed=True)[["y", "n"]].sum()
    share = (of_model["y"] / of_model["n"]).rename("model")
    both = children.merge(share, left_on="item", right_index=True)
    if both.empty:
        return withheld(name, "difference_items", "no item was met by both", unit="difference")
    gap = both["model"] * both["n"] - both["y"]
    cell = pd.Series("all", index=both.index)
    data = crossed(both["person"], both["item"], cell, gap, both["n"])
    found = two_way(
        name, data, chance=None, level=level, draws=draws, seed=seed, method=method, unit="answers", scale="difference"
    )
    left = children["item"].nunique() - both["item"].nunique()
    return found.warn(f"{left} items that the model did not meet are left out" if left else "")


def independent(name: str, first: Result, second: Result, *, level: float = 0.95) -> Result:
    """Return first minus second of two estimates from different items and respondents.

    A proportion of one respondent has no degrees of freedom of its own and counts as known to infinitely many.
    """
    counts = first.n + second.n
    if first.estimate is None or second.estimate is None or not first.se or not second.se:
        why = first.reason or second.reason or "one of the two has no standard error"
        return withheld(name, "difference", why, n=counts, unit="difference")
    se = math.hypot(first.se, second.se)
    parts = [(r.se or 0.0) ** 4 / r.df for r in (first, second) if r.df]
    df = se**4 / sum(parts) if parts else math.inf
    law = stats.t(df) if math.isfinite(df) else stats.norm
    gap, half = first.estimate - second.estimate, float(law.isf((1 - level) / 2)) * se
    return Result(
        name, "difference", gap, Interval(gap - half, gap + half, level), counts, None,
        float(2 * law.sf(abs(gap) / se)), ("the two estimates are independent",),
        ("the items differ: a difference may be one of the items",), unit="difference", se=se,
        df=df if math.isfinite(df) else None,
    )  # fmt: skip


def equivalence(difference: Result, bound: float | None, *, alpha: float = 0.05) -> Result:
    """Test whether a difference lies within ±bound, by two one-sided tests.

    Args:
        difference: With standard error and degrees of freedom.
        bound: Stated beforehand, in the unit of the difference; None withholds the test.
        alpha: Level of the test.

    Returns:
        The difference with its 1 − 2α interval; p is the larger of the two tests', and the check says the verdict.
    """
    name = f"{difference.name}: equivalence"
    if bound is None or bound <= 0:
        why = "no bound was stated beforehand; without one, nothing can be called equivalent"
        return withheld(name, "tost", why, n=difference.n, unit=difference.unit)
    if difference.estimate is None or not difference.se:
        why = difference.reason or "the difference has no standard error"
        return withheld(name, "tost", why, n=difference.n, unit=difference.unit)
    law = stats.t(difference.df) if difference.df else stats.norm
    gap, se = difference.estimate, difference.se
    half = float(law.isf(alpha)) * se
    p = max(float(law.sf((gap + bound) / se)), float(law.sf((bound - gap) / se)))
    verdict = Check(f"equivalent within ±{bound:g}", p < alpha, f"p = {p:.3g}")
    return Result(
        name, "tost", gap, Interval(gap - half, gap + half, 1 - 2 * alpha), difference.n, None, p,
        (f"the bound ±{bound:g} was stated before the data",), difference.warnings, unit=difference.unit, se=se,
        df=difference.df, checks=(verdict,),
    )  # fmt: skip


def against_prediction(name: str, model: float, predicted: Result) -> Result:
    """Say where a model lies among single children: the share of children expected below it.

    Args:
        name: What is compared.
        model: The model's accuracy.
        predicted: From `analysis.regression.linear.prediction`, whose ``se`` is the children's standard deviation.
    """
    if predicted.estimate is None or not predicted.se or not predicted.df or predicted.interval is None:
        return withheld(name, "prediction", predicted.reason or "no spread between children", n=predicted.n)
    children = predicted.count("children")
    t = (model - predicted.estimate) / (predicted.se * math.sqrt(1 + 1 / children))
    inside = predicted.interval.low <= model <= predicted.interval.high
    check = Check("the model lies within the interval of one further child", inside, f"model {model:.3g}")
    return Result(
        name, "prediction", float(stats.t.cdf(t, predicted.df)), None, (Count("children", children),),
        assumptions=predicted.assumptions, checks=(check,),
    )  # fmt: skip


def isotonic(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the increasing step curve nearest to ``y``, for display only; ``x`` decides the order."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(x, kind="stable")
    out = np.empty(len(x))
    out[order] = isotonic_regression(y[order], weights=weight[order]).x
    return out
