"""Coverage and rejection rates over simulated data sets: the study behind the choice of the default interval (slow).

``DEVKIT_COVERAGE=full`` runs 2,000 data sets a design for every method; the slow suite runs the default interval on
all designs and the rest on fewer. ``main()`` prints the table of ``docs/statistics.md``.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from scipy import special

from analysis.compare.difference import on_same_items
from analysis.compare.equivalents import age_equivalent
from analysis.curves import fit_curve
from analysis.intervals import mean_over_persons, proportion
from analysis.regression.gee import gee
from analysis.twoway import Crossed, TwoWayMethod, two_way

FULL = os.environ.get("DEVKIT_COVERAGE") == "full"
SETS = 2000
DESIGNS = [(children, items) for children in (20, 40, 60) for items in (20, 30)]
SPREADS = [(0.0, 0.0), (1.0, 1.0), (1.5, 1.5), (1.0, 0.0), (0.0, 1.0)]
CHANCE, LEVEL = 0.25, 0.3
BAND = (0.93, 0.97)


def draw(rng: np.random.Generator, children: int, items: int, spread: tuple[float, float], mean: float) -> np.ndarray:
    eta = mean + spread[0] * rng.standard_normal((children, 1)) + spread[1] * rng.standard_normal((1, items))
    p = CHANCE + (1 - CHANCE) * special.expit(eta)
    return (rng.random((children, items)) < p).astype(float)


def truth(spread: tuple[float, float], mean: float) -> float:
    """Mean accuracy over all children and items, by Gauss–Hermite quadrature."""
    x, w = np.polynomial.hermite_e.hermegauss(80)
    p = CHANCE + (1 - CHANCE) * special.expit(mean + np.hypot(*spread) * x)
    return float((w * p).sum() / w.sum())


def crossed_of(y: np.ndarray) -> Crossed:
    return Crossed(y, np.ones_like(y), np.arange(y.shape[1]), np.zeros(y.shape[1], dtype=np.intp))


def coverage(
    children: int, items: int, spread: tuple[float, float], method: TwoWayMethod, sets: int = SETS, mean: float = LEVEL
) -> float:
    rng, true, hit = np.random.default_rng(children * items), truth(spread, mean), 0
    for seed in range(sets):
        data = crossed_of(draw(rng, children, items, spread, mean))
        interval = two_way("x", data, chance=CHANCE, draws=500, seed=seed, method=method).interval
        hit += interval is not None and interval.low <= true <= interval.high
    return hit / sets


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("children", "items"), DESIGNS)
def test_the_default_interval_of_a_group_covers(children: int, items: int) -> None:
    for spread in SPREADS if FULL else SPREADS[:2]:
        found = coverage(children, items, spread, "two_way_studentised")
        assert BAND[0] <= found <= BAND[1], (spread, found)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_tests_reject_at_their_level_under_the_null() -> None:
    sets = SETS if FULL else 600
    rng, hits = np.random.default_rng(1), np.zeros(3)
    for _ in range(sets):
        y = (rng.random((30, 24)) < CHANCE).astype(float)
        hits[0] += (two_way("x", crossed_of(y), chance=CHANCE, method="two_way_t").p_value or 1) < 0.05
        values = list(rng.normal(0.5, 0.1, 20))
        hits[1] += (mean_over_persons("x", values, chance=0.5).p_value or 1) < 0.05
        spread = draw(rng, 30, 24, (0.7, 0.0), LEVEL)
        child, _ = np.indices(spread.shape)
        x = np.column_stack([np.ones(spread.size), np.repeat(rng.uniform(-8, 8, 30), 24)])
        slope = gee(("a", "b"), spread.ravel(), np.ones(spread.size), x, child.ravel(), chance=CHANCE)[1]
        hits[2] += (slope.p_value or 1) < 0.05
    low, high = (0.03, 0.07) if FULL else (0.02, 0.08)
    assert np.all((hits / sets >= low) & (hits / sets <= high)), hits / sets


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_difference_to_a_model_covers() -> None:
    sets = SETS if FULL else 400
    rng, hit = np.random.default_rng(2), 0
    for seed in range(sets):
        y, right = draw(rng, 40, 30, (1.0, 0.0), LEVEL), (rng.random(30) < 0.7).astype(float)
        child, item = np.indices(y.shape)
        rows = pd.DataFrame({"person": child.ravel(), "item": item.ravel(), "y": y.ravel(), "n": 1.0})
        model = pd.DataFrame({"item": range(30), "y": right, "n": 1.0})
        interval = on_same_items("x", rows, model, draws=300, seed=seed).interval
        hit += interval is not None and interval.low <= 0.7 - truth((1.0, 0.0), LEVEL) <= interval.high
    assert 0.91 <= hit / sets <= 0.985


def age_equivalents(sets: int) -> tuple[float, float]:
    """Share of intervals of the age equivalent that hold the true age, and share that were withheld; reported."""
    rng, hit, given = np.random.default_rng(3), 0, 0
    for seed in range(sets):
        age = rng.uniform(20, 42, 40)
        eta = 0.2 * (age[:, None] - 31) + 0.5 * rng.standard_normal((40, 1))
        y = (rng.random((40, 24)) < CHANCE + (1 - CHANCE) * special.expit(eta)).astype(float)
        curve = fit_curve("c", age, crossed_of(y), chance=CHANCE, draws=300, seed=seed)
        average = CHANCE + (1 - CHANCE) * special.expit(0.0)
        found = age_equivalent(
            "x", curve, proportion("m", int(rng.binomial(300, average)), 300, chance=CHANCE), seed=seed
        )
        given += found.interval is not None
        hit += found.interval is not None and found.interval.low <= 31 <= found.interval.high
    return hit / max(given, 1), 1 - given / sets


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_age_equivalent_is_seldom_far_off() -> None:
    found, withheld = age_equivalents(SETS if FULL else 150)
    assert found > 0.85
    assert withheld < 0.2


def main() -> None:
    """Print coverage of the two candidates for the default interval, by design and mean."""
    print("mean  children  items  sd(children, items)  studentised  two-way t")  # noqa: T201
    for mean in (-0.5, 0.3, 1.5):
        for children, items in DESIGNS:
            for spread in SPREADS:
                a, b = (coverage(children, items, spread, m, SETS, mean) for m in ("two_way_studentised", "two_way_t"))  # type: ignore[arg-type]
                print(f"{mean:4}  {children:8}  {items:5}  {spread!s:19}  {a:11.4f}  {b:9.4f}")  # noqa: T201


if __name__ == "__main__":
    main()
