"""Differential item functioning: items that are easier for one group of children than for another of equal ability.

Ability is matched by the rest score, the share right of the other items. Two groups of at least 50 children are needed.
Against one model nothing can be tested (it answers once): its residual from what children of the same rest score do is
shown instead.

Shapes: C children, I items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.intervals import benjamini_hochberg
from analysis.items.matrix import Answers
from analysis.regression.chance import fit_chance
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
FEWEST = 50
FEWEST_ANSWERS = 20


@dataclass(frozen=True, slots=True)
class ItemBias:
    """Differential functioning of one item: log odds ratio of the second group against the first, and corrected p."""

    item: str
    result: Result
    p_adjusted: float | None


def rest_scores(answers: Answers) -> Floats:
    """Return the share right of all other items, by child and item; not a number where there are none."""
    y, met = answers.filled_CI, answers.met_CI
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((y.sum(axis=1, keepdims=True) - y) / (met.sum(axis=1, keepdims=True) - met))


def between_groups(answers: Answers, second_C: NDArray[np.bool_], *, level: float = 0.95) -> tuple[ItemBias, ...]:
    """Test every item for uniform differential functioning by likelihood ratio, corrected over items.

    Args:
        answers: Answers of both groups, right 1 and wrong 0.
        second_C: True for children of the second group.
        level: Confidence level.
    """
    sizes = int((~second_C).sum()), int(second_C.sum())
    counts = tuple(Count(f"children of group {at + 1}", size) for at, size in enumerate(sizes))
    if min(sizes) < FEWEST:
        why = f"groups of {sizes[0]} and {sizes[1]} children; at least {FEWEST} each are needed"
        return tuple(
            ItemBias(item, withheld(item, "dif_logistic", why, n=counts, unit="logits"), None) for item in answers.items
        )
    rest = rest_scores(answers)
    found = [
        _one(item, answers.y_CI[:, at], rest[:, at], second_C.astype(float), level)
        for at, item in enumerate(answers.items)
    ]
    tested = [at for at, result in enumerate(found) if result.p_value is not None]
    adjusted = dict(zip(tested, benjamini_hochberg([found[at].p_value or 0.0 for at in tested]), strict=True))
    return tuple(ItemBias(answers.items[at], result, adjusted.get(at)) for at, result in enumerate(found))


def _one(item: str, y_C: Floats, rest_C: Floats, second_C: Floats, level: float) -> Result:
    there = np.isfinite(y_C) & np.isfinite(rest_C)
    y, rest, second = y_C[there], rest_C[there], second_C[there]
    counts = (Count("children", int(there.sum())),)
    if min(int((second == 0).sum()), int((second == 1).sum())) < FEWEST_ANSWERS:
        return withheld(
            item, "dif_logistic", f"fewer than {FEWEST_ANSWERS} answers in a group", n=counts, unit="logits"
        )
    one = np.ones_like(y)
    small = fit_chance(y, one, np.column_stack([one, rest]), 0.0)
    large = fit_chance(y, one, np.column_stack([one, rest, second]), 0.0)
    if small.reason or large.reason:
        return withheld(item, "dif_logistic", small.reason or large.reason, n=counts, unit="logits")
    p = float(stats.chi2.sf(max(0.0, 2 * (large.log_likelihood - small.log_likelihood)), 1))
    value, se = float(large.beta_K[2]), float(np.sqrt(large.covariance_KK[2, 2]))
    half = float(stats.norm.isf((1 - level) / 2)) * se
    return Result(
        item, "dif_logistic", value, Interval(value - half, value + half, level), counts, None, p,
        ("the rest score matches ability", "functioning differs equally at all abilities"), unit="logits", se=se,
    )  # fmt: skip


def residuals(children: Answers, model_I: Floats) -> tuple[Result, ...]:
    """Return the residual of a model's answer to each item from what children of its rest score would answer.

    Args:
        children: Their answers, right 1 and wrong 0.
        model_I: The model's answers to the children's items; not a number where it has none.

    Returns:
        One standardised residual an item; beyond ±2 is worth a look, no test is made.
    """
    rest = rest_scores(children)
    met = np.isfinite(model_I)
    found = []
    for at, item in enumerate(children.items):
        counts = (Count("children", int(np.isfinite(children.y_CI[:, at]).sum())),)
        others = met.copy()
        others[at] = False
        if not met[at] or others.sum() < 5:
            found.append(withheld(item, "item_residual", "the model answered too few items", n=counts, unit="number"))
            continue
        found.append(
            _residual(
                item, children.y_CI[:, at], rest[:, at], float(model_I[at]), float(model_I[others].mean()), counts
            )
        )
    return tuple(found)


def _residual(item: str, y_C: Floats, rest_C: Floats, model: float, model_rest: float, n: tuple[Count, ...]) -> Result:
    there = np.isfinite(y_C) & np.isfinite(rest_C)
    y, rest = y_C[there], rest_C[there]
    if there.sum() < FEWEST_ANSWERS:
        return withheld(item, "item_residual", f"fewer than {FEWEST_ANSWERS} children answered", n=n, unit="number")
    one = np.ones_like(y)
    fit = fit_chance(y, one, np.column_stack([one, rest]), 0.0)
    if fit.reason:
        return withheld(item, "item_residual", fit.reason, n=n, unit="number")
    p = float(1 / (1 + np.exp(-(fit.beta_K[0] + fit.beta_K[1] * model_rest))))
    p = float(np.clip(p, 1e-6, 1 - 1e-6))
    outside = not float(rest.min()) <= model_rest <= float(rest.max())
    warning = ("the model's rest score lies outside of the children's: extrapolated",) if outside else ()
    return Result(
        item, "item_residual", (model - p) / float(np.sqrt(p * (1 - p))), None, n, warnings=warning, unit="number",
        assumptions=("a single answer: shown, not tested",),
    )  # fmt: skip
