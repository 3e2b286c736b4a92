"""Error consistency (do two respondents err on the same trials, beyond what their accuracies imply) and confusions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.intervals import mean_over_persons, wilson_limits
from analysis.items.matrix import Answers
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]


def error_kappa(first_T: Floats, second_T: Floats) -> float:
    """Return Cohen's kappa of right and wrong on the same trials; not a number when one of them never varies."""
    a, b = float(first_T.mean()), float(second_T.mean())
    expected = a * b + (1 - a) * (1 - b)
    observed = float((first_T == second_T).mean())
    return (observed - expected) / (1 - expected) if expected < 1 - 1e-12 else math.nan


def error_consistency(name: str, first_T: Floats, second_T: Floats, *, level: float = 0.95) -> Result:
    """Return the error consistency of two respondents on the same trials, with its large-sample interval.

    Args:
        name: Who is compared.
        first_T: Right (1) or wrong (0); not a number where there is no answer.
        second_T: The same of the other.
        level: Confidence level.
    """
    both = np.isfinite(first_T) & np.isfinite(second_T)
    a, b = first_T[both], second_T[both]
    counts = (Count("trials", int(both.sum())),)
    if both.sum() < 10:
        return withheld(name, "error_consistency", "fewer than 10 common trials", n=counts, unit="kappa")
    kappa = error_kappa(a, b)
    if not math.isfinite(kappa) or a.std() == 0 or b.std() == 0:
        why = "one of the two is always right or always wrong"
        return withheld(name, "error_consistency", why, n=counts, unit="kappa")
    n, p_o = len(a), float((a == b).mean())
    p_e = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    se = _kappa_error(a, b, n, p_o, p_e)
    z = float(stats.norm.isf((1 - level) / 2))
    return Result(
        name, "error_consistency", kappa, Interval(max(-1.0, kappa - z * se), min(1.0, kappa + z * se), level), counts,
        assumptions=("trials are independent",), unit="kappa", se=se,
    )  # fmt: skip


def _kappa_error(a: Floats, b: Floats, n: int, p_o: float, p_e: float) -> float:
    """Fleiss, Cohen and Everitt's large-sample error of kappa for two categories."""
    table = np.array([[np.mean((a == i) & (b == j)) for j in (0, 1)] for i in (0, 1)])
    row, column = table.sum(axis=1), table.sum(axis=0)
    first = sum(table[i, i] * ((1 - p_e) - (row[i] + column[i]) * (1 - p_o)) ** 2 for i in (0, 1))
    second = (1 - p_o) ** 2 * sum(table[i, j] * (column[i] + row[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j)
    inner = first + second - (p_o * p_e - 2 * p_e + p_o) ** 2
    return math.sqrt(max(inner, 0.0) / n) / (1 - p_e) ** 2


def consistency_with_children(
    name: str, children: Answers, model_I: Floats, *, level: float = 0.95
) -> tuple[Result, Result]:
    """Return the model's error consistency with children, and the children's with each other.

    Both are means over children of their mean kappa, with t over children; the second is the reference for the first.

    Args:
        name: Who is compared.
        children: Their answers.
        model_I: The model's score on each item (right 1, wrong 0).
        level: Confidence level.
    """
    y = np.where(np.isfinite(children.y_CI), (children.y_CI > 0.5).astype(float), np.nan)
    model = np.where(np.isfinite(model_I), (model_I > 0.5).astype(float), np.nan)
    with_model = [_kappa_or_nan(row, model) for row in y]
    among = np.full((len(y), len(y)), np.nan)
    for i in range(len(y)):
        for j in range(i):
            among[i, j] = among[j, i] = _kappa_or_nan(y[i], y[j])
    each = [float(np.nanmean(row)) if np.isfinite(row).any() else math.nan for row in among]
    own = f"{name}: error consistency"
    return (
        _mean_kappa(f"{own} with children", with_model, level),
        _mean_kappa(f"{own} of children with each other", each, level),
    )


def _kappa_or_nan(a: Floats, b: Floats) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 10 or a[both].std() == 0 or b[both].std() == 0:
        return math.nan
    return error_kappa(a[both], b[both])


def _mean_kappa(name: str, values: Sequence[float], level: float) -> Result:
    fine = [value for value in values if math.isfinite(value)]
    if len(fine) < 2:
        why = "fewer than two children have 10 common trials with right and wrong answers"
        return withheld(name, "error_consistency", why, n=(Count("children", len(fine)),), unit="kappa")
    return mean_over_persons(name, fine, level=level, unit="children", method="error_consistency", scale="kappa")


def confusion(
    name: str, chosen: pd.DataFrame, *, level: float = 0.95, persons: bool = True
) -> tuple[tuple[str, Result], ...]:
    """Return the share of wrong answers that went to each type of distractor.

    Args:
        name: Who answered.
        chosen: Wrong answers: columns ``person`` and ``role`` of the chosen option.
        level: Confidence level.
        persons: True when the respondents are a sample: each one's shares first, then t over them.
    """
    total = len(chosen)
    found = []
    for role in sorted(chosen["role"].astype(str).unique()):
        label = f"{name}: wrong answers to {role.replace('_', ' ')} options"
        hit = chosen["role"].astype(str) == role
        if persons and chosen["person"].nunique() > 1:
            shares = hit.groupby(chosen["person"].astype(str)).mean()
            result = mean_over_persons(label, list(shares), level=level, unit="children", scale="share")
            if result.interval is not None:
                low, high = max(0.0, result.interval.low), min(1.0, result.interval.high)
                result = Result(
                    label, "t_mean", result.estimate, Interval(low, high, level),
                    (*result.n, Count("wrong answers", total)), assumptions=result.assumptions,
                    warnings=result.warnings, se=result.se, df=result.df,
                )  # fmt: skip
        else:
            k = int(hit.sum())
            result = Result(
                label, "multinomial", k / total, wilson_limits(k, total, level), (Count("wrong answers", total),)
            )
        found.append((role, result))
    return tuple(found)
