"""The curve with chance fixed: against a general optimiser, on known truth, and where it must be withheld."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from analysis.curves import fit_curve
from analysis.regression.chance import Lapse
from analysis.twoway import Crossed


def simulate(
    a: float, b: float, chance: float = 0.5, persons: int = 60, items: int = 30, seed: int = 1
) -> tuple[np.ndarray, Crossed]:
    rng = np.random.default_rng(seed)
    age = rng.uniform(6, 42, persons)
    p = chance + (1 - chance) / (1 + np.exp(-(a + b * (age - 24))))
    y = (rng.random((persons, items)) < p[:, None]).astype(float)
    return age, Crossed(y, np.ones_like(y), np.arange(items), np.zeros(items, dtype=int))


@pytest.mark.parametrize("lapse", [0.0, 0.04])
@pytest.mark.parametrize("chance", [0.125, 0.25, 0.5])
def test_maximum_likelihood_is_the_general_optimisers(chance: float, lapse: float) -> None:
    age, data = simulate(0.3, 0.12, chance)
    curve = fit_curve("x", age, data, chance=chance, lapse=Lapse(lapse), draws=50)
    k, n = data.y_CJ.sum(axis=1), data.n_CJ.sum(axis=1)

    def loss(ab: np.ndarray) -> float:
        p = chance + (1 - chance - lapse) / (1 + np.exp(-(ab[0] + ab[1] * (age - curve.centre))))
        return -float((k * np.log(p) + (n - k) * np.log(1 - p)).sum())

    best = minimize(loss, [0.1, 0.05], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000})
    assert (curve.intercept, curve.slope.estimate) == pytest.approx(tuple(best.x), abs=1e-5)


def test_known_slope_lies_in_the_interval() -> None:
    age, data = simulate(0.2, 0.1)
    slope = fit_curve("x", age, data, chance=0.5, draws=300).slope
    assert slope.interval is not None
    assert slope.interval.low < 0.1 < slope.interval.high
    assert slope.interval.low > 0


@settings(max_examples=25, deadline=None)
@given(st.floats(-1, 2), st.floats(-0.2, 0.3), st.sampled_from([0.25, 0.5]), st.integers(0, 999))
def test_curve_never_leaves_chance_to_one(a: float, b: float, chance: float, seed: int) -> None:
    age, data = simulate(a, b, chance, persons=20, items=12, seed=seed)
    curve = fit_curve("x", age, data, chance=chance, draws=60)
    if not curve.fitted:
        assert curve.slope.reason
        return
    for values in (curve.p_G, curve.low_G, curve.high_G):
        assert all(chance - 1e-12 <= value <= 1 for value in values)
    assert all(low <= high for low, high in zip(curve.low_G, curve.high_G, strict=True))


def test_guessing_gives_a_reason() -> None:
    age, data = simulate(-9, 0)
    curve = fit_curve("x", age, data, chance=0.5)
    assert not curve.fitted
    assert "not above chance" in curve.slope.reason


def test_perfect_separation_gives_a_reason() -> None:
    age = np.linspace(6, 42, 12)
    y = np.repeat((age > 24).astype(float)[:, None], 30, axis=1)
    data = Crossed(y, np.ones_like(y), np.arange(30), np.zeros(30, dtype=int))
    curve = fit_curve("x", age, data, chance=0.25)
    assert "separate perfectly" in curve.slope.reason


def test_all_right_gives_a_reason() -> None:
    age, data = simulate(0, 0)
    perfect = Crossed(np.ones_like(data.y_CJ), data.n_CJ, data.item_J, data.cell_J)
    assert "every answer is right" in fit_curve("x", age, perfect, chance=0.5).slope.reason


def test_two_ages_are_too_few() -> None:
    age, data = simulate(1, 0.1)
    assert "fewer than 3" in fit_curve("x", np.where(age > 24, 30.0, 12.0), data, chance=0.5).slope.reason
