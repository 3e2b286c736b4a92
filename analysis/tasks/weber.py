"""The Weber fraction of Who Has More.

P(right) = ½ + (½ − λ/2)·(2Φ(|n₁ − n₂|/(w·√(n₁² + n₂²))) − 1) with λ = .05 and w between 0.02 and 3. At a bound there is
no estimate: a child who answers all easy pairs rightly, or guesses throughout, tells nothing about w. One child's
fraction from 22 trials is rough, so it is never given without its interval. A stop rule (four wrong in a row) ends the
test for those who do worse; then accuracy over the administered trials is biased, w less so, and the result says it.

Shapes: T trials, G grid values of w, B draws.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
LAPSE = 0.05
BOUNDS = (0.02, 3.0)
GRID = np.geomspace(*BOUNDS, 241)
FEWEST = 8
STOPPED = "a stop rule ended the test for some: accuracy over the administered trials is biased upwards"


def probability(w: Floats | float, more: Floats, fewer: Floats, lapse: float = LAPSE) -> Floats:
    """Return the probability of a right answer to pairs of numbers; shapes broadcast."""
    z = np.abs(more - fewer) / (w * np.sqrt(more**2 + fewer**2))
    return np.asarray(0.5 + (0.5 - lapse / 2) * (2 * stats.norm.cdf(z) - 1))


def _likelihoods(y_T: Floats, more_T: Floats, fewer_T: Floats) -> Floats:
    """Return the log-likelihood of each trial at each w of the grid (T × G)."""
    p_TG = probability(GRID, more_T[:, None], fewer_T[:, None])
    return np.asarray(y_T[:, None] * np.log(p_TG) + (1 - y_T[:, None]) * np.log1p(-p_TG))


def _peak(total_BG: Floats) -> Floats:
    """Return w at the maximum of each row, refined by a parabola through its neighbours; a bound stays a bound."""
    at = total_BG.argmax(axis=1)
    inside = np.clip(at, 1, len(GRID) - 2)
    rows = np.arange(len(total_BG))
    left, middle, right = (total_BG[rows, inside + d] for d in (-1, 0, 1))
    curvature = left - 2 * middle + right
    shift = np.where(curvature < 0, 0.5 * (left - right) / np.where(curvature < 0, curvature, -1.0), 0.0)
    step = np.log(GRID[1] / GRID[0])
    w = GRID[inside] * np.exp(np.clip(shift, -1, 1) * step)
    return np.asarray(np.where((at == 0) | (at == len(GRID) - 1), GRID[at], w))


def of_child(
    name: str, y_T: Floats, more_T: Floats, fewer_T: Floats, *, level: float = 0.95, stopped: bool = False
) -> Result:
    """Return the Weber fraction of one respondent with the interval of its likelihood ratio.

    Args:
        name: Whose.
        y_T: Right 1 or wrong 0.
        more_T: The larger number.
        fewer_T: The smaller number.
        level: Confidence level.
        stopped: Whether a stop rule ended the test.
    """
    counts = (Count("trials", len(y_T)),)
    warnings = (STOPPED,) if stopped else ()
    if len(y_T) < FEWEST:
        return withheld(name, "weber", f"fewer than {FEWEST} answered pairs", n=counts, unit="weber")
    total = _likelihoods(y_T, more_T, fewer_T).sum(axis=0)
    w = float(_peak(total[None])[0])
    if _at_bound(w):
        return withheld(name, "weber", _bound_words(w), n=counts, unit="weber").warn(*warnings)
    inside = np.flatnonzero(total >= total.max() - stats.chi2.ppf(level, 1) / 2)
    low, high = GRID[inside[0]], GRID[inside[-1]]
    words = ("at or below 0.02" if inside[0] == 0 else "", "3 or above" if inside[-1] == len(GRID) - 1 else "")
    return Result(
        name, "weber", w, Interval(float(low), float(high), level, *words), counts, None, None,
        (f"lapse rate {LAPSE:g}", "numbers are represented with scalar variability"), warnings, unit="weber",
    )  # fmt: skip


def of_group(
    name: str, rows: pd.DataFrame, *, level: float = 0.95, draws: int = 500, seed: int = 1, people: str = "children"
) -> Result:
    """Return the Weber fraction of a group: one w for all its answers, children and pairs drawn anew.

    Args:
        name: Whose.
        rows: Columns ``person``, ``item``, ``y``, ``more``, ``fewer`` and ``stopped``.
        level: Confidence level.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        people: What the respondents are called.
    """
    counts = (Count(people, rows["person"].nunique()), Count("trials", len(rows)))
    warnings = (STOPPED,) if bool(rows["stopped"].any()) else ()
    if len(rows) < FEWEST:
        return withheld(name, "weber", f"fewer than {FEWEST} answered pairs", n=counts, unit="weber")
    likelihood_TG = _likelihoods(*(rows[c].to_numpy(dtype=float) for c in ("y", "more", "fewer")))
    w = float(_peak(likelihood_TG.sum(axis=0)[None])[0])
    if _at_bound(w):
        return withheld(name, "weber", _bound_words(w), n=counts, unit="weber").warn(*warnings)
    if counts[0].number < 5:
        return Result(
            name, "weber", w, None, counts, warnings=(*warnings, f"fewer than 5 {people}: no interval"), unit="weber"
        )
    drawn = _peak(_weights(rows, draws, seed) @ likelihood_TG)
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(drawn, [tail, 1 - tail]))
    lost = int(((drawn <= BOUNDS[0]) | (drawn >= BOUNDS[1])).sum())
    notes = (f"{lost} of {draws} draws lie at a bound",) if lost > draws / 100 else ()
    return Result(
        name, "weber", w, Interval(low, high, level), counts, None, None,
        (f"lapse rate {LAPSE:g}", "one fraction for all of the group", "interval: percentiles, conservative"),
        (*warnings, *notes), unit="weber",
    )  # fmt: skip


def _weights(rows: pd.DataFrame, draws: int, seed: int) -> Floats:
    """Draw children and pairs anew, independently; return how often each trial counts (B × T)."""
    rng = np.random.default_rng(seed)
    total = np.ones((draws, len(rows)))
    for column in ("person", "item"):
        code, names = pd.factorize(rows[column].astype(str))
        drawn = rng.integers(0, len(names), (draws, len(names))) + len(names) * np.arange(draws)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=draws * len(names)).reshape(draws, len(names))
        total *= counts[:, code]
    return total


def _at_bound(w: float) -> bool:
    return w <= BOUNDS[0] * 1.001 or w >= BOUNDS[1] * 0.999


def _bound_words(w: float) -> str:
    if w <= BOUNDS[0] * 1.001:
        return "not estimable: every pair that a larger fraction would miss was right (w at its lower bound 0.02)"
    return "not estimable: no better than guessing (w at its upper bound 3)"
