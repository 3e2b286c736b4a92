"""The two-way variance against statsmodels, the bootstrap against a plain loop, coverage of the default interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

from analysis.twoway import Crossed, crossed, draw_weights, evaluate, two_way


def long_table(persons: int = 12, items: int = 9, seed: int = 2, missing: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    grid = pd.DataFrame([(c, i) for c in range(persons) for i in range(items)], columns=["person", "item"])
    able, hard = rng.normal(0, 1, persons), rng.normal(0, 1, items)
    p = 1 / (1 + np.exp(-(able[grid["person"]] - hard[grid["item"]])))
    grid["y"] = (rng.random(len(grid)) < p).astype(float)
    return grid[rng.random(len(grid)) > missing].assign(n=1.0, cell="a").reset_index(drop=True)


def lay_out(table: pd.DataFrame) -> Crossed:
    return crossed(table["person"], table["item"], table["cell"], table["y"], table["n"])


def test_variance_is_the_clustered_one() -> None:
    """Against statsmodels' sandwich estimators, with our small-sample factors on either way."""
    table = long_table(missing=0.3)
    fit = sm.OLS(table["y"], np.ones(len(table))).fit()
    persons, items = table["person"].to_numpy(), table["item"].to_numpy()
    both = cov_cluster_2groups(fit, persons, items, use_correction=False)[0][0, 0]
    v_c = cov_cluster(fit, persons, use_correction=False)[0, 0]
    v_i = cov_cluster(fit, items, use_correction=False)[0, 0]
    c, i = len(np.unique(persons)), len(np.unique(items))
    expected = v_c * c / (c - 1) + v_i * i / (i - 1) - (v_c + v_i - both)
    found = evaluate(lay_out(table), np.ones((1, c)), np.ones((1, i)))
    assert found.theta_B[0] == pytest.approx(table["y"].mean(), abs=1e-12)
    assert found.se_B[0] ** 2 == pytest.approx(expected, rel=1e-9)


def test_bootstrap_equals_a_plain_loop() -> None:
    table = long_table(8, 7)
    data = lay_out(table)
    w_BC, w_BI = draw_weights(data, 60, seed=5)
    drawn = evaluate(data, w_BC, w_BI)
    for b in range(60):
        rows = table.loc[table.index.repeat((w_BC[b][table["person"]] * w_BI[b][table["item"]]).astype(int))]
        assert drawn.theta_B[b] == pytest.approx(rows["y"].mean(), abs=1e-12)


def test_standard_error_of_a_draw_is_that_of_its_copies() -> None:
    """A drawn sample, its copies named anew, has the same two-way error as the weighted one."""
    table = long_table(6, 5, missing=0.0)
    data = lay_out(table)
    w_BC, w_BI = draw_weights(data, 8, seed=3)
    drawn = evaluate(data, w_BC, w_BI)
    for b in range(8):
        people = np.repeat(np.arange(6), w_BC[b].astype(int))
        things = np.repeat(np.arange(5), w_BI[b].astype(int))
        y = data.y_CJ[np.ix_(people, things)]
        copies = Crossed(y, np.ones_like(y), np.arange(len(things)), np.zeros(len(things), dtype=int))
        plain = evaluate(copies, np.ones((1, len(people))), np.ones((1, len(things))))
        assert drawn.se_B[b] == pytest.approx(plain.se_B[0], abs=1e-12)


def test_cells_weigh_the_same() -> None:
    many = long_table(10, 30, seed=1).assign(cell="many")
    few = long_table(10, 4, seed=2).assign(cell="few")
    few["item"] = "f" + few["item"].astype(str)
    table = pd.concat([many, few])
    result = two_way("x", lay_out(table), chance=0.5, draws=200)
    assert result.estimate == pytest.approx((many["y"].mean() + few["y"].mean()) / 2)


def test_scores_of_the_same_item_are_drawn_together() -> None:
    table = long_table(10, 12)
    twice = pd.concat([table.assign(cell="a"), table.assign(cell="b")])
    once = two_way("x", lay_out(table), chance=None, draws=400, method="two_way_percentile")
    both = two_way("x", lay_out(twice), chance=None, draws=400, method="two_way_percentile")
    assert both.estimate == pytest.approx(once.estimate)
    assert both.interval is not None
    assert once.interval is not None
    assert (both.interval.low, both.interval.high) == pytest.approx((once.interval.low, once.interval.high), abs=1e-9)


def test_same_seed_same_interval() -> None:
    data = lay_out(long_table())
    assert two_way("x", data, chance=0.5, draws=300, seed=7) == two_way("x", data, chance=0.5, draws=300, seed=7)


def test_one_person_and_no_variation_have_no_interval() -> None:
    one = two_way("x", lay_out(long_table(1, 9)), chance=0.5)
    right = long_table(5, 6).assign(y=1.0)
    same = two_way("x", lay_out(right), chance=0.5)
    assert one.interval is None
    assert "no interval" in one.warnings[0]
    assert (same.estimate, same.interval) == (1.0, None)


def test_one_item_is_one_way_over_persons() -> None:
    table = long_table(20, 1, missing=0).assign(y=[0.0, 1.0] * 10)
    result = two_way("x", lay_out(table), chance=0.5, method="two_way_t")
    se = table["y"].std(ddof=1) / np.sqrt(20)
    half = stats.t.isf(0.025, 19) * se
    assert result.interval is not None
    assert result.interval.low == pytest.approx(table["y"].mean() - half, rel=1e-9)
    assert any("one item" in warning for warning in result.warnings)


def test_nothing_scored_says_why() -> None:
    empty = long_table().iloc[:0]
    assert two_way("x", lay_out(empty), chance=0.5).reason == "no scored trials"


@pytest.mark.slow
@pytest.mark.parametrize(("persons", "items"), [(20, 20), (60, 30)])
@pytest.mark.parametrize("spread", [0.0, 1.2])
def test_default_interval_covers(persons: int, items: int, spread: float) -> None:
    population = np.random.default_rng(0).normal(size=1_000_000) * spread * np.sqrt(2) + 0.8
    truth = float((0.5 + 0.5 / (1 + np.exp(-population))).mean())
    rng, hits, sets = np.random.default_rng(11), 0, 400
    for at in range(sets):
        eta = 0.8 + spread * (rng.normal(size=(persons, 1)) + rng.normal(size=(1, items)))
        y = (rng.random((persons, items)) < 0.5 + 0.5 / (1 + np.exp(-eta))).astype(float)
        data = Crossed(y, np.ones_like(y), np.arange(items), np.zeros(items, dtype=int))
        interval = two_way("x", data, chance=0.5, draws=600, seed=at).interval
        assert interval is not None
        hits += interval.low <= truth <= interval.high
    assert 0.925 <= hits / sets <= 0.985
