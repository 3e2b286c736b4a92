"""Item statistics: ceilings, divergence, consistency, functioning, scales, growth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.items.agreement import agreement, noise_ceiling
from analysis.items.consistency import confusion, consistency_with_children, error_consistency
from analysis.items.dif import between_groups, residuals
from analysis.items.divergence import BOUNDS, common_beta, divergence, divergence_at
from analysis.items.growth import over_age, over_experience
from analysis.items.matrix import Answers, lay_out
from analysis.items.rasch import fit_rasch, rasch, symmetric
from analysis.items.twopl import ability, two_pl


def simulated(children: int, items: int, seed: int = 1, spread: float = 1.0, slope: float = 1.0) -> Answers:
    rng = np.random.default_rng(seed)
    hard = np.linspace(-1.5, 1.5, items)
    p = 1 / (1 + np.exp(-slope * (spread * rng.standard_normal((children, 1)) - hard)))
    y = (rng.random(p.shape) < p).astype(float)
    return Answers(tuple(f"c{c}" for c in range(children)), tuple(f"i{i}" for i in range(items)), y)


def test_repeated_items_get_their_mean() -> None:
    rows = pd.DataFrame({"person": ["a", "a", "b"], "item": ["x", "x", "y"], "y": [1.0, 0, 1], "n": 1.0})
    found = lay_out(rows)
    assert found.y_CI[0, 0] == 0.5
    assert np.isnan(found.y_CI[0, 1])


def test_a_model_that_is_the_children_reaches_the_ceiling() -> None:
    children = simulated(40, 24)
    found = agreement("x", children, children.difficulty(), draws=200)
    assert found.raw.estimate == pytest.approx(1.0)
    assert 0.8 < (found.ceiling.estimate or 0) < 1
    assert (found.disattenuated.estimate or 0) > 1
    assert "above 1" in found.disattenuated.warnings[0]
    assert found.ceiling.count("halvings") >= 1000


def test_the_ceiling_is_withheld_when_halves_do_not_agree() -> None:
    rng = np.random.default_rng(0)
    noise = Answers(tuple(map(str, range(10))), tuple(map(str, range(8))), rng.integers(0, 2, (10, 8)).astype(float))
    found = [
        noise_ceiling("x", Answers(noise.children, noise.items, rng.permuted(noise.y_CI, axis=1))) for _ in range(6)
    ]
    assert any("do not agree" in one.reason for one in found)
    assert all(one.estimate is None or one.estimate > 0 for one in found)


def test_items_with_gaps_do_not_break_the_halves() -> None:
    children = simulated(30, 15)
    y = children.y_CI.copy()
    y[np.random.default_rng(2).random(y.shape) < 0.5] = np.nan
    found = agreement("x", Answers(children.children, children.items, y), children.difficulty(), draws=200)
    assert found.ceiling.estimate is not None


shares = st.lists(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3), min_size=2, max_size=6)
scores = st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(shares, scores)
def test_no_point_of_a_fine_grid_is_better(human: list[list[float]], score: list[list[float]]) -> None:
    h = np.array(human) + 1e-3
    h /= h.sum(axis=1, keepdims=True)
    s = np.array(score)[: len(h)]
    found = divergence("x", h, s)
    if found.result.estimate is None:
        assert "alike" in found.result.reason
        return
    grid = [divergence_at(h, s, b) for b in np.geomspace(*BOUNDS, 300)]
    assert found.result.estimate <= min(grid) + 1e-9
    assert found.beta_low <= found.beta <= found.beta_high
    assert found.result.estimate >= -1e-9


def test_a_bound_is_flagged_and_a_common_beta_lies_between() -> None:
    human = np.tile([0.25, 0.25, 0.5], (10, 1))
    lured = divergence("x", human, np.tile([3.0, 0, -3], (10, 1)))
    assert lured.at_bound
    assert lured.beta == pytest.approx(BOUNDS[0])
    assert lured.result.warnings
    sharp = np.tile([0.9, 0.05, 0.05], (10, 1))
    score = np.tile([1.0, 0, 0], (10, 1))
    one, two = divergence("x", sharp, score).beta, divergence("x", np.tile([0.5, 0.25, 0.25], (10, 1)), score).beta
    assert two < common_beta([(sharp, score), (np.tile([0.5, 0.25, 0.25], (10, 1)), score)]) < one
    assert divergence("x", np.full((2, 3), np.nan), np.ones((2, 3))).result.reason == "no trial has both"


def test_error_consistency() -> None:
    rng = np.random.default_rng(3)
    a = (rng.random(80) < 0.6).astype(float)
    assert error_consistency("x", a, a).estimate == pytest.approx(1)
    assert "always" in error_consistency("x", a, np.ones(80)).reason
    assert "fewer than 10" in error_consistency("x", a[:5], a[:5]).reason
    children = simulated(12, 20)
    model, among = consistency_with_children("x", children, np.round(children.difficulty()))
    assert model.estimate is not None
    assert among.estimate is not None
    assert among.count("children") >= 10


def test_confusions_add_up() -> None:
    wrong = pd.DataFrame({"person": ["a", "a", "b", "b"], "role": ["semantic", "unrelated", "semantic", "semantic"]})
    found = dict(confusion("x", wrong))
    assert sum(one.estimate or 0 for one in found.values()) == pytest.approx(1)
    assert dict(confusion("x", wrong, persons=False))["semantic"].estimate == 0.75


def test_functioning_needs_fifty_each_and_finds_the_odd_item() -> None:
    few = simulated(60, 6)
    assert "at least 50" in between_groups(few, np.arange(60) < 30)[0].result.reason
    many = simulated(400, 8)
    second = np.arange(400) % 2 == 1
    y = many.y_CI.copy()
    easy = np.random.default_rng(1).random(400) < 0.75
    y[second & easy, 2] = 1.0
    found = between_groups(Answers(many.children, many.items, y), second)
    assert (found[2].p_adjusted or 1) < 0.001
    assert sum((one.p_adjusted or 0) < 0.05 for one in found) <= 4


def test_residuals_of_one_model_are_shown_not_tested() -> None:
    children = simulated(80, 10)
    odd = np.ones(10)
    odd[0] = 0.0
    found = residuals(children, odd)
    assert found[0].estimate is not None
    assert found[0].estimate < -1
    assert all(one.p_value is None for one in found)


def test_scales_are_refused_below_their_bounds() -> None:
    assert "at least 50" in rasch(simulated(49, 6))[0].reason
    assert "at least 250" in two_pl(simulated(249, 6))[0].slope.reason


def test_the_symmetric_functions_are_the_polynomial_s() -> None:
    eps = np.array([0.5, 1.5, 2.0, 0.3])
    np.testing.assert_allclose(symmetric(eps), np.poly(-eps))


def test_rasch_with_gaps_recovers_difficulties() -> None:
    children = simulated(400, 8, seed=5)
    y = children.y_CI.copy()
    y[:200, :3] = np.nan
    beta, _, reason = fit_rasch(Answers(children.children, children.items, y))
    assert not reason
    np.testing.assert_allclose(beta, np.linspace(-1.5, 1.5, 8), atol=0.45)


def test_an_item_that_all_know_says_so() -> None:
    children = simulated(60, 6)
    y = children.y_CI.copy()
    y[:, 0] = 1.0
    found = rasch(Answers(children.children, children.items, y))
    assert "everyone" in found[0].reason
    assert found[1].estimate is not None


def test_two_parameters_are_recovered() -> None:
    found = two_pl(simulated(900, 8, seed=2, slope=1.4))
    slopes = np.array([curve.slope.estimate for curve in found], dtype=float)
    hard = np.array([curve.difficulty.estimate for curve in found], dtype=float)
    np.testing.assert_allclose(slopes, 1.4, atol=0.5)
    np.testing.assert_allclose(hard, np.linspace(-1.5, 1.5, 8), atol=0.35)
    assert all(curve.slope.interval is not None for curve in found)


def test_ability_follows_the_answers() -> None:
    a, b = np.ones(10), np.linspace(-2, 2, 10)
    low, high = (ability("x", np.full(10, v), a, b, chance=0.25) for v in (0.0, 1.0))
    assert (low.estimate or 0) < 0 < (high.estimate or 0)
    assert ability("x", np.full(10, np.nan), a, b).reason


def words(children: int = 60, midpoint: float = 24.0) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    age = rng.uniform(16, 34, children)
    p = 0.25 + 0.75 / (1 + np.exp(-0.6 * (age - midpoint)))
    y = (rng.random(children) < p).astype(float)
    return pd.DataFrame(
        {"person": np.arange(children).astype(str), "age_months": age, "y": y, "n": 1.0, "item": "ball"}
    )


def test_the_age_of_acquisition() -> None:
    found = over_age(words(200), 0.25)[0]
    assert found.acquired.estimate == pytest.approx(24, abs=3)
    late = over_age(words(200, midpoint=60.0), 0.25)[0]
    assert late.acquired.estimate is None
    assert "at least 12" in over_age(words(8), 0.25)[0].slope.reason


def test_hours_of_acquisition() -> None:
    hours = np.array([1.0, 2, 5, 10, 20, 50, 100])
    share = 0.25 + 0.75 / (1 + np.exp(-3 * (np.log10(hours) - 1.0)))
    rows = pd.DataFrame({"hours": hours, "share": share + 0.01 * np.sin(hours), "item": "ball"})
    found = over_experience(rows, 0.25)[0]
    assert found.acquired.estimate == pytest.approx(10, rel=0.5)
    assert "at least 4" in over_experience(rows[:3], 0.25)[0].slope.reason
