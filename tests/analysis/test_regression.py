"""Regression with chance fixed: known truth, bounds of the lapse rate, and where it must say why there is nothing."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from analysis.curves import fit_curve
from analysis.regression.bayes import bayes_logit, split_rhat
from analysis.regression.chance import Lapse, fit_chance
from analysis.regression.gee import gee
from analysis.regression.linear import clustered, hc3, mixed_linear, prediction
from analysis.regression.mixed import fit_mixed, mixed_logit
from analysis.twoway import Crossed
from devkit.errors import UserError


def growing(
    children: int = 60, items: int = 24, chance: float = 0.25, lapse: float = 0.0, seed: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    age = rng.uniform(-9, 9, children)
    eta = 0.15 * age[:, None] + 0.6 * rng.standard_normal((children, 1)) + 0.6 * rng.standard_normal((1, items))
    y = (rng.random(eta.shape) < chance + (1 - chance - lapse) / (1 + np.exp(-eta))).astype(float)
    child, item = np.indices(y.shape)
    design = np.column_stack([np.ones(y.size), np.repeat(age, items)])
    return y.ravel(), design, child.ravel(), item.ravel()


def test_a_bounded_lapse_rate_stays_in_its_bound_and_is_said() -> None:
    y, x, _, _ = growing(children=200, chance=0.5, lapse=0.08)
    free = fit_chance(y, np.ones_like(y), x, 0.5, Lapse(most=0.1))
    fixed = fit_chance(y, np.ones_like(y), x, 0.5)
    assert 0 <= free.lapse <= 0.1
    assert free.log_likelihood >= fixed.log_likelihood
    assert "between 0 and 0.1" in Lapse(most=0.1).words(free.lapse)


@pytest.mark.parametrize("arguments", [{"fixed": 0.2}, {"most": 0.3}, {"fixed": -0.01}])
def test_a_lapse_rate_is_never_free(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="never free"):
        Lapse(**arguments)


def test_a_curve_takes_a_bounded_lapse_rate() -> None:
    rng = np.random.default_rng(1)
    age = rng.uniform(10, 40, 60)
    p = 0.5 + 0.44 / (1 + np.exp(-(age - 22) / 4))
    y = (rng.random((60, 30)) < p[:, None]).astype(float)
    data = Crossed(y, np.ones_like(y), np.arange(30), np.zeros(30, dtype=np.intp))
    curve = fit_curve("x", age, data, chance=0.5, lapse=Lapse(most=0.1), draws=60)
    assert 0.02 <= curve.lapse <= 0.1
    assert max(curve.p_G) <= 1 - curve.lapse
    assert curve.inverse(curve.at(25.0)) == pytest.approx(25.0)
    assert curve.drawn_B3.shape[1] == 3


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(40), "not above chance"),
        (np.ones(40), "every answer is right"),
        (np.repeat([0.0, 1.0], 20), "separate perfectly"),
    ],
)
def test_no_fit_gives_a_reason(y: np.ndarray, words: str) -> None:
    x = np.column_stack([np.ones(40), np.arange(40.0) - 20])
    assert words in fit_chance(y, np.ones(40), x, 0.1).reason


def test_collinear_predictors_give_a_reason() -> None:
    y, x, _, _ = growing(children=20)
    assert "vary" in fit_chance(y, np.ones_like(y), np.column_stack([x, x[:, 1]]), 0.25).reason


def test_population_and_child_specific_slopes_say_which_they_are() -> None:
    y, x, child, item = growing(children=40, items=16)
    averaged = gee(("a", "b"), y, np.ones_like(y), x, child, chance=0.25)[1]
    specific = mixed_logit(("a", "b"), y, np.ones_like(y), x, child, item, chance=0.25)
    assert (averaged.scope, specific[1].scope) == ("population-averaged", "child-specific")
    assert averaged.estimate is not None
    assert specific[1].estimate is not None
    assert specific[1].estimate > averaged.estimate > 0
    assert 0.3 < (specific[2].estimate or 0) < 1.0
    assert averaged.df == 38


def test_few_children_are_refused() -> None:
    y, x, child, item = growing(children=4)
    assert "too few" in gee(("a", "b"), y, np.ones_like(y), x, child, chance=0.25)[1].reason
    assert "too few" in fit_mixed(y, np.ones_like(y), x, child, item, chance=0.25).reason


def test_children_who_do_not_differ_are_said() -> None:
    rng = np.random.default_rng(5)
    y = (rng.random(600) < 0.6).astype(float)
    child, item = np.repeat(np.arange(30), 20), np.tile(np.arange(20), 30)
    x = np.column_stack([np.ones(600), np.repeat(rng.uniform(-5, 5, 30), 20)])
    found = mixed_logit(("a", "b"), y, np.ones(600), x, child, item)
    assert found[1].estimate is not None
    assert found[2].estimate == pytest.approx(0, abs=0.25)


def test_linear_models_refuse_what_they_cannot_do() -> None:
    x = np.column_stack([np.ones(3), np.arange(3.0)])
    assert hc3(("a", "b"), np.arange(3.0), x)[0][1].reason
    assert clustered(("a", "b"), np.arange(3.0), x, np.arange(3))[1].reason
    flat = np.column_stack([np.ones(30), np.arange(30.0)])
    assert mixed_linear(("a", "b"), np.ones(30), flat, np.arange(30) % 6, np.arange(30) // 6)[1].reason
    assert prediction("x", [0.5, 0.5]).reason


def test_the_prediction_of_a_share_stays_within_0_and_1() -> None:
    found = prediction("x", [0.95, 1.0, 0.9, 1.0, 0.97])
    assert found.interval is not None
    assert found.interval.high == 1.0


def test_the_bayesian_model_is_by_choice() -> None:
    if importlib.util.find_spec("bambi") is not None:
        pytest.skip("bambi is installed")
    with pytest.raises(UserError, match="needs bambi"):
        bayes_logit("x", np.zeros(4), np.zeros(4), np.arange(4), np.arange(4))


def test_chains_that_disagree_are_seen() -> None:
    rng = np.random.default_rng(1)
    same = rng.standard_normal((2, 500))
    assert split_rhat(same) == pytest.approx(1, abs=0.02)
    assert split_rhat(same + np.array([[0.0], [3.0]])) > 1.5
