"""Means over persons and items that are both samples: two-way clustered variance and the studentised bootstrap.

Children and items are crossed: a child's answers hang together, and so do the answers to an item. Both are drawn anew,
independently, and the estimate is divided by its own two-way clustered standard error in every draw, which mends
the width of the plain crossed percentile interval. Everything is a product of weight and count matrices, so two
thousand draws take about as long as one loop over the table would.

Notation: C persons, J columns (an item within a task score), I items, F cells (task scores that are averaged with
equal weight), B draws. ``y_CJ`` sums of scores, ``n_CJ`` numbers of observations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
TwoWayMethod = Literal["two_way_studentised", "two_way_t", "two_way_percentile"]
BATCH = 250
FEW = 5
"""Below so many persons the bootstrap has too few different draws; the variance with t is used."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """Scores of persons on items.

    Attributes:
        y_CJ: Sum of scores of a person in a column.
        n_CJ: Number of observations there; 0 where the person did not meet the item.
        item_J: Item of each column, 0 to I − 1; two scores of one trial share their item.
        cell_J: Cell of each column, 0 to F − 1.
    """

    y_CJ: Floats
    n_CJ: Floats
    item_J: NDArray[np.intp]
    cell_J: NDArray[np.intp]

    @property
    def persons(self) -> int:
        """Number of persons."""
        return int(self.y_CJ.shape[0])

    @property
    def items(self) -> int:
        """Number of items."""
        return int(self.item_J.max()) + 1 if len(self.item_J) else 0

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.cell_J.max()) + 1 if len(self.cell_J) else 0


def crossed(person: pd.Series, item: pd.Series, cell: pd.Series, y: pd.Series, n: pd.Series) -> Crossed:
    """Lay observations out as persons × columns; rows of the five series belong together.

    Args:
        person: Who answered.
        item: What was answered.
        cell: Which mean the observation belongs to.
        y: Score, already multiplied by ``n``.
        n: Number of observations in the row (1 unless a trial holds several).
    """
    person_of, persons = pd.factorize(person, sort=True)
    item_of = pd.factorize(item, sort=True)[0].astype(np.int64)
    cell_of, cells = pd.factorize(cell, sort=True)
    columns, column_of = np.unique(item_of * max(len(cells), 1) + cell_of, return_inverse=True)
    y_CJ = np.zeros((len(persons), len(columns)))
    n_CJ = np.zeros_like(y_CJ)
    np.add.at(y_CJ, (person_of, column_of), y.to_numpy(dtype=float))
    np.add.at(n_CJ, (person_of, column_of), n.to_numpy(dtype=float))
    split = max(len(cells), 1)
    return Crossed(y_CJ, n_CJ, (columns // split).astype(np.intp), (columns % split).astype(np.intp))


@dataclass(frozen=True, slots=True)
class Draws:
    """Estimates and standard errors of B weightings of persons and items; not finite where a cell came out empty."""

    theta_B: Floats
    se_B: Floats


def evaluate(data: Crossed, w_BC: Floats, w_BI: Floats) -> Draws:
    """Compute estimate and two-way clustered standard error for every weighting.

    Args:
        data: The scores.
        w_BC: How often each person was drawn.
        w_BI: How often each item was drawn.
    """
    prepared = _Prepared.of(data)
    theta, se = np.empty(len(w_BC)), np.empty(len(w_BC))
    for start in range(0, len(w_BC), BATCH):
        part = slice(start, start + BATCH)
        theta[part], se[part] = _evaluate_batch(prepared, w_BC[part], w_BI[part])
    return Draws(theta, se)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What stays the same over the draws: columns sorted by item, squares, cell indicators."""

    data: Crossed
    cell_JF: Floats
    first_I: NDArray[np.intp]
    yy_CJ: Floats
    yn_CJ: Floats
    nn_CJ: Floats

    @classmethod
    def of(cls, data: Crossed) -> _Prepared:
        order = np.argsort(data.item_J, kind="stable")
        data = Crossed(data.y_CJ[:, order], data.n_CJ[:, order], data.item_J[order], data.cell_J[order])
        first = np.searchsorted(data.item_J, np.arange(data.items)).astype(np.intp)
        y, n = data.y_CJ, data.n_CJ
        return cls(data, np.eye(data.cells)[data.cell_J], first, y * y, y * n, n * n)


def _evaluate_batch(at: _Prepared, w_BC: Floats, w_BI: Floats) -> tuple[Floats, Floats]:
    data, cell = at.data, at.data.cell_J
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a draw that leaves a cell empty is no number
        w_BJ = w_BI[:, data.item_J]
        y_BJ, n_BJ = w_BC @ data.y_CJ, w_BC @ data.n_CJ
        den_BF = (w_BJ * n_BJ) @ at.cell_JF
        theta_BF = ((w_BJ * y_BJ) @ at.cell_JF) / den_BF
        a_BJ = (1 / (data.cells * den_BF))[:, cell]
        t_BJ = theta_BF[:, cell]
        persons_BC = (w_BJ * a_BJ) @ data.y_CJ.T - (w_BJ * a_BJ * t_BJ) @ data.n_CJ.T
        items_BI = np.add.reduceat(a_BJ * (y_BJ - t_BJ * n_BJ), at.first_I, axis=1)
        both_BJ = w_BC @ at.yy_CJ - 2 * t_BJ * (w_BC @ at.yn_CJ) + t_BJ**2 * (w_BC @ at.nn_CJ)
        v_persons = _many(data.persons) * (w_BC * persons_BC**2).sum(axis=1)
        v_items = _many(data.items) * (w_BI * items_BI**2).sum(axis=1)
        v_both = (w_BJ * a_BJ**2 * both_BJ).sum(axis=1)
        if data.persons == 1 or data.items == 1:
            v_both = np.zeros_like(v_both)  # one way: there is nothing to take off
        variance = np.maximum(v_persons + v_items - v_both, 0.5 * np.maximum(v_persons, v_items))
        return theta_BF.mean(axis=1), np.sqrt(np.maximum(variance, 0.0))


def _many(clusters: int) -> float:
    """Small-sample factor of a clustered variance; a single cluster carries no variance of its own."""
    return clusters / (clusters - 1) if clusters > 1 else 0.0


def draw_weights(data: Crossed, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Draw persons and items with replacement, independently; items within the cells they belong to.

    Returns:
        How often each person (B × C) and each item (B × I) was drawn.
    """
    rng = np.random.default_rng(seed)
    w_BC = _counts(rng, data.persons, draws)
    w_BI = np.zeros((draws, data.items))
    home = np.zeros(data.items, dtype=np.intp)
    home[data.item_J[::-1]] = data.cell_J[::-1]
    for cell in np.unique(home):
        members = np.flatnonzero(home == cell)
        w_BI[:, members] = _counts(rng, len(members), draws)
    return w_BC, w_BI


def _counts(rng: np.random.Generator, size: int, draws: int) -> Floats:
    drawn = rng.integers(0, size, (draws, size)) + size * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * size).reshape(draws, size).astype(float)


def two_way(
    name: str,
    data: Crossed,
    *,
    chance: float | None,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 1,
    method: TwoWayMethod = "two_way_studentised",
    people: str = "children",
    unit: str = "trials",
    scale: Literal["share", "difference"] = "share",
) -> Result:
    """Return the mean score of a group, with persons and items both taken as samples.

    The p-value is one-sided against chance; of a difference, two-sided against zero.

    Args:
        name: What was estimated.
        data: The scores.
        chance: Level that guessing reaches.
        level: Confidence level.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        method: How the interval is made.
        people: What the persons are called.
        unit: What the observations are called.
        scale: ``share`` lies between 0 and 1, ``difference`` (of shares) between −1 and 1.
    """
    total = int(data.n_CJ.sum())
    counts = (Count(people, data.persons), Count("items", data.items), Count(unit, total))
    if total == 0 or data.n_CJ.sum(axis=0).min(initial=1) < 0:
        return withheld(name, method, f"no scored {unit}", n=counts, chance=chance, unit=scale)
    whole = evaluate(data, np.ones((1, data.persons)), np.ones((1, data.items)))
    theta, se = float(whole.theta_B[0]), float(whole.se_B[0])
    if data.persons < 2 or se < 1e-12:
        why = f"one of the {people}" if data.persons < 2 else f"no variation between {people} or items"
        return Result(name, method, theta, None, counts, chance, warnings=(f"{why}: no interval",), unit=scale)
    method = "two_way_t" if data.persons < FEW else method
    sizes = [size for size in (data.persons, data.items) if size > 1]
    df = min(sizes) - 1
    interval, lost = _interval(data, theta, se, df, level, draws, seed, method)
    interval = Interval(max(-1.0 if scale == "difference" else 0.0, interval.low), min(1.0, interval.high), level)
    p = None if chance is None else float(stats.t.sf((theta - chance) / se, df))
    p = float(2 * stats.t.sf(abs(theta) / se, df)) if scale == "difference" else p
    warnings = (
        f"only {data.persons} {people}: the interval is rough" if data.persons < 10 else "",
        "one item: nothing can be said about other items" if data.items == 1 else "",
        _lost_warning(lost, draws),
    )
    assumed = (f"{people} and items are independent samples", "each trial weighs the same within a task score")
    return Result(
        name, method, theta, interval, counts, chance, p, assumed, tuple(w for w in warnings if w), unit=scale, se=se,
        df=df,
    )  # fmt: skip


def _lost_warning(lost: int, draws: int) -> str:
    if lost <= draws / 100:
        return ""
    if lost > draws / 2:
        return f"{lost} of {draws} draws were unusable: the interval is the two-way variance with t instead"
    return f"{lost} of {draws} draws left a cell empty or without variation and were set aside"


def _interval(
    data: Crossed, theta: float, se: float, df: int, level: float, draws: int, seed: int, method: TwoWayMethod
) -> tuple[Interval, int]:
    tail = (1 - level) / 2
    if method == "two_way_t":
        half = float(stats.t.isf(tail, df)) * se
        return Interval(theta - half, theta + half, level), 0
    drawn = evaluate(data, *draw_weights(data, draws, seed))
    if method == "two_way_percentile":
        fine = np.isfinite(drawn.theta_B)
        low, high = np.quantile(drawn.theta_B[fine], [tail, 1 - tail])
    else:
        fine = np.isfinite(drawn.theta_B) & (drawn.se_B > 1e-12)
        if fine.mean() < 0.5:
            return _interval(data, theta, se, df, level, draws, seed, "two_way_t")[0], int(draws - fine.sum())
        t_B = (drawn.theta_B[fine] - theta) / drawn.se_B[fine]
        low, high = theta - np.quantile(t_B, [1 - tail, tail]) * se
    return Interval(float(low), float(high), level), int(draws - fine.sum())
