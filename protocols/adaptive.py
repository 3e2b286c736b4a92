"""Computerised adaptive testing as pure functions: which item next, what ability, when to stop.

Items follow the two-parameter logistic model with guessing fixed, p(t) = c + (1 - c) / (1 + exp(-a (t - b))): ability t
and difficulty b in logits, larger is more able and harder; a is the discrimination, without the constant 1.7. The next
item is the most informative one at a working estimate (Fisher information; Lord, 1980), which has a prior around the
start that the child's age gives, so that it exists from the first item on. What is reported is another matter: maximum
likelihood, bounded to [-4, 4], or maximum a posteriori with the protocol's prior, the same for every respondent.

Exposure is controlled before the test begins: of items of like difficulty every child is drawn a share (`eligible`),
so no item is met by more children than that share, whoever comes. `protocols.flow` keeps the state, which is the list
of answers and nothing else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocols.rules import Adaptive

LOWEST, HIGHEST = -4.0, 4.0
GRID_STEP = 0.05
FINER = 20
FINEST = 1e-5
WORKING_SD = 1.0
_GRID = np.arange(LOWEST, HIGHEST + GRID_STEP / 2, GRID_STEP)

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Irt:
    """Parameters of an item: discrimination, difficulty (logits), guessing (fixed)."""

    a: float
    b: float
    c: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Ability and its standard error, logits."""

    theta: float
    se: float


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal prior of ability, logits."""

    mean: float = 0.0
    sd: float = 1.0


class Items:
    """The parameters of several items as arrays.

    Args:
        items: Any number of them.
    """

    def __init__(self, items: Sequence[Irt]) -> None:
        self.a = np.array([item.a for item in items])
        self.b = np.array([item.b for item in items])
        self.c = np.array([item.c for item in items])

    def probability(self, theta: float | Floats) -> Floats:
        """Return the probability of a right answer, shape (items,) or (items, abilities)."""
        t = np.asarray(theta, dtype=float)
        a, b, c = (x[:, None] if t.ndim else x for x in (self.a, self.b, self.c))
        found: Floats = c + (1 - c) / (1 + np.exp(-a * (t - b)))
        return found

    def information(self, theta: float) -> Floats:
        """Return the Fisher information of each item at an ability, shape (items,)."""
        p = self.probability(theta)
        found: Floats = self.a**2 * ((p - self.c) / (1 - self.c)) ** 2 * (1 - p) / p
        return found


def estimate(items: Sequence[Irt], right: Sequence[bool], prior: Prior | None) -> Estimate:
    """Estimate ability from answers.

    Args:
        items: The items that were answered.
        right: Whether each was answered rightly.
        prior: Of ability, for the maximum a posteriori; None for maximum likelihood.

    Returns:
        The estimate within [-4, 4]; its standard error from the expected information there (and the prior's). Without
        an answer the prior itself, or the middle with an infinite error.
    """
    if not items:
        return Estimate(prior.mean, prior.sd) if prior else Estimate(0.0, math.inf)
    known, answers = Items(items), np.asarray(right, dtype=float)
    theta = _peak(known, answers, prior)
    information = float(known.information(theta).sum()) + (prior.sd**-2 if prior else 0.0)
    return Estimate(theta, 1 / math.sqrt(information) if information > 0 else math.inf)


def _peak(known: Items, answers: Floats, prior: Prior | None) -> float:
    """Return where the (penalised) likelihood is highest: a grid, then finer ones around its best point.

    With guessing the likelihood may have several peaks, so no method that climbs from a start will do.
    """
    grid, step = _GRID, GRID_STEP
    while True:
        p = known.probability(grid)
        worth = answers @ np.log(p) + (1 - answers) @ np.log1p(-p)
        if prior is not None:
            worth = worth - (grid - prior.mean) ** 2 / (2 * prior.sd**2)
        best = float(grid[int(np.argmax(worth))])
        if step < FINEST:
            return best
        grid = np.linspace(max(LOWEST, best - step), min(HIGHEST, best + step), FINER + 1)
        step = 2 * step / FINER


def start_of(rule: Adaptive, age_months: float | None) -> float:
    """Return where a test begins: by age, straight between the protocol's ages; the prior's mean otherwise."""
    if age_months is None or not rule.start:
        return rule.prior_mean
    points = sorted((point.months, point.theta) for point in rule.start)
    return float(np.interp(age_months, [months for months, _ in points], [theta for _, theta in points]))


def reported(rule: Adaptive, items: Sequence[Irt], right: Sequence[bool]) -> Estimate:
    """Return the estimate that is recorded, by the protocol's estimator and prior."""
    return estimate(items, right, Prior(rule.prior_mean, rule.prior_sd) if rule.estimator == "map" else None)


def next_item(pool: Sequence[Irt], asked: Sequence[int], right: Sequence[bool | None], start: float) -> int | None:
    """Return the most informative item that was not asked yet; None when all were.

    Args:
        pool: The items drawn for the child.
        asked: Those asked so far, as indices into the pool.
        right: Their answers; None counts for nothing.
        start: Where the test begins.
    """
    left = [index for index in range(len(pool)) if index not in set(asked)]
    if not left:
        return None
    answered = [(pool[index], good) for index, good in zip(asked, right, strict=True) if good is not None]
    working = estimate([item for item, _ in answered], [good for _, good in answered], Prior(start, WORKING_SD))
    worth = Items([pool[index] for index in left]).information(working.theta)
    return left[int(np.argmax(worth))]


def finished(rule: Adaptive, asked: int, error: float) -> Literal["standard_error", "most_items"] | None:
    """Return the rule that ends the test after so many items, or None."""
    if rule.stop_se is not None and asked >= rule.least_items and error <= rule.stop_se:
        return "standard_error"
    return "most_items" if asked >= rule.most_items else None


def eligible(difficulties: Sequence[float], exposure: float, chance: random.Random) -> list[int]:
    """Draw the items that one child may meet.

    Items are put in order of difficulty and cut into groups of ``ceil(1 / exposure)``; one of each group is drawn. So
    every item is drawn for at most that share of children, and every child gets items of all difficulties.

    Returns:
        Indices, from easy to hard.
    """
    size = math.ceil(1 / exposure - 1e-9)
    ranked = sorted(range(len(difficulties)), key=lambda index: (difficulties[index], index))
    groups = [ranked[first : first + size] for first in range(0, len(ranked), size)]
    places = [chance.randrange(size) for _ in groups]
    return [group[place] for group, place in zip(groups, places, strict=True) if place < len(group)]
