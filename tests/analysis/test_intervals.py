"""Intervals and tests against published values, statsmodels, scipy and arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from analysis.intervals import (
    Part,
    binomial_p,
    clopper_pearson_limits,
    clustered_p,
    holm,
    mean_of_proportions,
    mean_over_persons,
    proportion,
    wilson_limits,
)

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I: methods 3 (score) and 5 (exact), 95 %
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("right", "n", "score", "exact"), NEWCOMBE)
def test_published_limits(right: int, n: int, score: tuple[float, float], exact: tuple[float, float]) -> None:
    wilson, clopper = wilson_limits(right, n), clopper_pearson_limits(right, n)
    assert (wilson.low, wilson.high) == pytest.approx(score, abs=5e-5)
    assert (clopper.low, clopper.high) == pytest.approx(exact, abs=5e-5)


@given(st.integers(1, 3000), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_limits_agree_with_statsmodels(n: int, share: float, level: float) -> None:
    right = round(share * n)
    for ours, method in ((wilson_limits, "wilson"), (clopper_pearson_limits, "beta")):
        low, high = proportion_confint(right, n, 1 - level, method=method)
        found = ours(right, n, level)
        assert found.low == pytest.approx(low, abs=1e-9)
        assert found.high == pytest.approx(high, abs=1e-9)
        assert 0 <= found.low <= right / n <= found.high <= 1


@pytest.mark.parametrize(("right", "n"), [(0, 0), (5, 4), (-1, 4)])
def test_impossible_counts_are_refused(right: int, n: int) -> None:
    with pytest.raises(ValueError, match="right of"):
        wilson_limits(right, n)


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([1 / 12, 0.25, 1 / 3, 0.5]))
def test_binomial_p_is_scipys(n: int, share: float, chance: float) -> None:
    right = round(share * n)
    assert binomial_p(right, n, chance) == pytest.approx(stats.binomtest(right, n, chance, "greater").pvalue, rel=1e-9)


def test_binomial_p_by_hand() -> None:
    assert binomial_p(3, 3, 0.5) == pytest.approx(1 / 8)
    assert binomial_p(2, 3, 0.5) == pytest.approx(4 / 8)
    assert binomial_p(0, 3, 0.5) == 1


@given(seed=st.integers(0, 10_000), groups=st.integers(2, 40), chance=st.sampled_from([0.25, 0.5]))
def test_clustered_p_is_a_regression_s_on_the_intercept(seed: int, groups: int, chance: float) -> None:
    rng = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(groups), rng.integers(0, groups, 3 * groups)])
    y = (rng.random(len(clusters)) < 0.3 + 0.4 * rng.random(groups)[clusters]).astype(float)
    fit = sm.OLS(y - chance, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    if fit.bse[0] > 1e-9:
        expected = stats.t.sf(fit.tvalues[0], groups - 1)
        assert clustered_p(y, np.ones(len(y)), clusters, chance) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_clusters_that_are_all_right_count_once_each() -> None:
    assert clustered_p(np.ones(30), np.ones(30), np.arange(30) % 5, 0.5) == pytest.approx(0.5**5)
    with pytest.raises(ValueError, match="1 clusters"):
        clustered_p(np.ones(3), np.ones(3), np.zeros(3), 0.5)


def test_proportion_without_trials_says_why() -> None:
    result = proportion("x", 0, 0, chance=0.5)
    assert result.estimate is None
    assert result.reason == "no scored trials"


def test_mean_over_persons_is_scipys_t_interval() -> None:
    x = np.random.default_rng(4).normal(0.55, 0.1, 25)
    result = mean_over_persons("x", list(x), chance=0.5)
    test = stats.ttest_1samp(x, 0.5, alternative="greater")
    low, high = stats.t.interval(0.95, 24, x.mean(), stats.sem(x))
    assert result.interval is not None
    assert (result.interval.low, result.interval.high) == pytest.approx((low, high))
    assert result.p_value == pytest.approx(test.pvalue)


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.4, 0.4]])
def test_mean_without_variation_has_no_interval(values: list[float]) -> None:
    result = mean_over_persons("x", values)
    assert result.estimate == pytest.approx(0.4)
    assert result.interval is None
    assert "no interval" in result.warnings[0]


def test_mean_of_nobody_says_why() -> None:
    assert mean_over_persons("x", []).reason == "no infants"


def test_mover_of_one_part_is_that_part() -> None:
    one = proportion("a", 30, 80, chance=0.25)
    mean = mean_of_proportions("m", [Part("a", one)])
    assert mean.interval is not None
    assert one.interval is not None
    assert (mean.estimate, mean.chance) == (one.estimate, one.chance)
    assert (mean.interval.low, mean.interval.high) == pytest.approx((one.interval.low, one.interval.high))


def test_mover_by_hand() -> None:
    a, b = proportion("a", 40, 100, chance=0.5), proportion("b", 70, 100, chance=0.25)
    apart = mean_of_proportions("m", [Part("a", a), Part("b", b)])
    shared = mean_of_proportions("m", [Part("a", a), Part("a", b)])
    assert a.interval is not None
    assert b.interval is not None
    down = (0.4 - a.interval.low, 0.7 - b.interval.low)
    assert apart.interval is not None
    assert shared.interval is not None
    assert apart.estimate == pytest.approx(0.55)
    assert apart.chance == pytest.approx(0.375)
    assert apart.interval.low == pytest.approx(0.55 - math.hypot(*down) / 2)
    assert shared.interval.low == pytest.approx(0.55 - sum(down) / 2)


def test_mover_covers() -> None:
    rng = np.random.default_rng(8)
    truth = np.array([0.9, 0.5, 0.3, 0.6])
    hits = 0
    for _ in range(400):
        drawn = [proportion("x", int(rng.binomial(60, p)), 60, chance=None) for p in truth]
        interval = mean_of_proportions("m", [Part(str(i), r) for i, r in enumerate(drawn)]).interval
        assert interval is not None
        hits += interval.low <= truth.mean() <= interval.high
    assert 0.92 <= hits / 400 <= 0.98


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_holm_of_nothing() -> None:
    assert holm([]) == []
