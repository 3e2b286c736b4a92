"""Do model and children find the same items hard? Rank correlation, noise ceiling from halves, disattenuation.

A model can agree with children no better than children agree with themselves. Random halves of the children give the
reliability of their item means (Spearman–Brown for the full group); its root is the highest correlation that anything
could have with them.

Shapes: H halvings, C children, I items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.items.matrix import Answers
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
HALVES = 1000
FEWEST_ITEMS = 5
FEWEST_CHILDREN = 4


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far item difficulties agree.

    Attributes:
        raw: Spearman correlation of model and children.
        ceiling: Root of the reliability of the children's item means.
        disattenuated: ``raw`` divided by ``ceiling``.
    """

    raw: Result
    ceiling: Result
    disattenuated: Result


def agreement(
    name: str, children: Answers, model_I: Floats, *, level: float = 0.95, draws: int = HALVES, seed: int = 1
) -> Agreement:
    """Compare the difficulty of items for a model and for children.

    Args:
        name: What is compared.
        children: Their answers.
        model_I: Score of the model on each of the children's items; not a number where it did not meet one.
        level: Confidence level.
        draws: Bootstrap draws and halvings, at least 1,000 in a report.
        seed: Seed of both.
    """
    usable = np.isfinite(model_I) & (children.met_CI.sum(axis=0) >= 2)
    kept, x_I = children.keep(usable), model_I[usable]
    raw = rank_correlation(name, kept, x_I, level=level, draws=draws, seed=seed)
    ceiling = noise_ceiling(name, kept, halves=max(draws, HALVES), seed=seed, level=level)
    return Agreement(raw, ceiling, disattenuated(name, raw, ceiling))


def rank_correlation(
    name: str, children: Answers, model_I: Floats, *, level: float = 0.95, draws: int = HALVES, seed: int = 1
) -> Result:
    """Return Spearman's correlation of the model's scores with the children's item means.

    The interval draws children and items anew, independently (percentiles), and is conservative.
    """
    items, people = len(children.items), len(children.children)
    counts = (Count("children", people), Count("items", items))
    label = f"{name}: agreement over items"
    mean_I = children.difficulty()
    reason = _too_little(model_I, mean_I, items)
    if reason:
        return withheld(label, "spearman", reason, n=counts, unit="correlation")
    rho = float(stats.spearmanr(model_I, mean_I).statistic)
    drawn_B = _drawn(children, model_I, draws, seed)
    fine_B = drawn_B[np.isfinite(drawn_B)]
    tail = (1 - level) / 2
    interval = None
    if len(fine_B) > draws / 2:
        low, high = np.quantile(fine_B, [tail, 1 - tail])
        interval = Interval(float(low), float(high), level)
    few = (f"only {items} items",) if items < 15 else ()
    p = float(stats.spearmanr(model_I, mean_I).pvalue)
    return Result(
        label, "spearman", rho, interval, counts, None, p, ("items and children are independent samples",), few,
        unit="correlation",
    )  # fmt: skip


def _drawn(children: Answers, model_I: Floats, draws: int, seed: int) -> Floats:
    """Return the correlation for children and items drawn anew, independently; not a number where nothing varies."""
    rng = np.random.default_rng(seed)
    people, items = children.y_CI.shape
    who = rng.integers(0, people, (draws, people)) + people * np.arange(draws)[:, None]
    w_BC = np.bincount(who.ravel(), minlength=draws * people).reshape(draws, people).astype(float)
    chosen_BI = rng.integers(0, items, (draws, items))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_BI = np.take_along_axis((w_BC @ children.filled_CI) / (w_BC @ children.met_CI), chosen_BI, axis=1)
    return _row_correlations(model_I[chosen_BI], mean_BI)


def _row_correlations(a_BI: Floats, b_BI: Floats) -> Floats:
    """Return Spearman's correlation of each row; rows with gaps are done one by one over what both have."""
    ra, rb = stats.rankdata(a_BI, axis=1), stats.rankdata(b_BI, axis=1)
    ra, rb = ra - ra.mean(axis=1, keepdims=True), rb - rb.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (ra * rb).sum(axis=1) / np.sqrt((ra**2).sum(axis=1) * (rb**2).sum(axis=1))
    both = np.isfinite(a_BI) & np.isfinite(b_BI)
    for row in np.flatnonzero(~both.all(axis=1)):
        found[row] = _spearman(a_BI[row][both[row]], b_BI[row][both[row]])
    return np.asarray(found)


def _too_little(model_I: Floats, mean_I: Floats, items: int) -> str:
    if items < FEWEST_ITEMS:
        return f"{items} common items are too few for a correlation"
    if len(np.unique(model_I)) < 2:
        return "the model's scores do not differ between items"
    if len(np.unique(mean_I)) < 2:
        return "the children's accuracy does not differ between items"
    return ""


def _spearman(a: Floats, b: Floats) -> float:
    if len(a) < 3:
        return np.nan
    ra, rb = stats.rankdata(a), stats.rankdata(b)
    ra, rb = ra - ra.mean(), rb - rb.mean()
    scale = np.sqrt((ra @ ra) * (rb @ rb))
    return float(ra @ rb / scale) if scale > 0 else np.nan


def noise_ceiling(name: str, children: Answers, *, halves: int = HALVES, seed: int = 1, level: float = 0.95) -> Result:
    """Return the root of the reliability of the children's item means, from random halves of the children.

    The interval is of the halvings alone: it says how far the result depends on who fell into which half.
    """
    label, people = f"{name}: noise ceiling", len(children.children)
    counts = (Count("children", people), Count("items", len(children.items)), Count("halvings", halves))
    if people < FEWEST_CHILDREN or len(children.items) < FEWEST_ITEMS:
        why = f"{people} children and {len(children.items)} items are too few to halve"
        return withheld(label, "noise_ceiling", why, n=counts, unit="correlation")
    r_H = half_correlations(children, halves, seed)
    r_H = r_H[np.isfinite(r_H)]
    if len(r_H) < halves / 2:
        why = "in most halvings the item means of a half do not differ, or items have no answers"
        return withheld(label, "noise_ceiling", why, n=counts, unit="correlation")
    mean = float(r_H.mean())
    if mean <= 0:
        why = f"the halves do not agree (mean correlation {mean:.2f}): there is no common difficulty to agree with"
        return withheld(label, "noise_ceiling", why, n=counts, unit="correlation")
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(np.maximum(r_H, 0), [tail, 1 - tail]))
    interval = Interval(_ceiling(low), _ceiling(high), level)
    return Result(
        label, "noise_ceiling", _ceiling(mean), interval, counts,
        assumptions=("halves of children are exchangeable",), unit="correlation",
    )  # fmt: skip


def _ceiling(r: float) -> float:
    return float(np.sqrt(2 * r / (1 + r)))


def half_correlations(children: Answers, halves: int, seed: int) -> Floats:
    """Return Spearman's correlation of the item means of two random halves of the children, for each halving.

    Only items that children of both halves answered count; a halving without differences gives not a number.
    """
    rng = np.random.default_rng(seed)
    people = len(children.children)
    order_HC = np.argsort(rng.random((halves, people)), axis=1)
    in_first = np.zeros((halves, people))
    np.put_along_axis(in_first, order_HC[:, : people // 2], 1.0, axis=1)
    used = np.zeros((halves, people))
    np.put_along_axis(used, order_HC[:, : 2 * (people // 2)], 1.0, axis=1)
    y, met = children.filled_CI, children.met_CI
    with np.errstate(invalid="ignore", divide="ignore"):
        a_HI = (in_first @ y) / (in_first @ met)
        b_HI = ((used - in_first) @ y) / ((used - in_first) @ met)
    return _row_correlations(a_HI, b_HI)


def disattenuated(name: str, raw: Result, ceiling: Result) -> Result:
    """Return the agreement divided by the noise ceiling; above 1 is possible by chance and is said."""
    label = f"{name}: agreement, disattenuated"
    if raw.estimate is None or ceiling.estimate is None:
        why = raw.reason or ceiling.reason
        return withheld(label, "disattenuated", why, n=raw.n, unit="correlation")
    value = raw.estimate / ceiling.estimate
    interval = raw.interval and Interval(
        raw.interval.low / ceiling.estimate, raw.interval.high / ceiling.estimate, raw.interval.level
    )
    over = ("above 1 by sampling error: read it as at the ceiling",) if value > 1 else ()
    return Result(
        label, "disattenuated", value, interval, raw.n, assumptions=("the ceiling is taken as known",), warnings=over,
        unit="correlation",
    )  # fmt: skip
