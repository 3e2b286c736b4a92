"""A model against children: on shared items, within a bound, as an age, and pair by pair."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.compare.difference import against_prediction, equivalence, independent, isotonic, on_same_items
from analysis.compare.equivalents import age_equivalent, experience_equivalent
from analysis.compare.yoked import Pairs, join_yoked, mcnemar, odds_ratio, over_children
from analysis.curves import Curve, fit_curve
from analysis.intervals import proportion
from analysis.regression.linear import prediction
from analysis.result import Interval, Result
from analysis.twoway import Crossed


def answers(children: int = 30, items: int = 20, p: float = 0.7, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = (rng.random((children, items)) < p).astype(float)
    child, item = np.indices(y.shape)
    return pd.DataFrame({"person": child.ravel().astype(str), "item": item.ravel(), "y": y.ravel(), "n": 1.0})


def model(right: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"item": range(len(right)), "y": right, "n": 1.0})


def test_the_difference_is_taken_item_by_item() -> None:
    children = answers()
    found = on_same_items("x", children, model([1.0] * 20))
    assert found.estimate == pytest.approx(1 - children["y"].mean())
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.unit == "difference"
    assert (found.p_value or 1) < 0.001


def test_items_that_the_model_did_not_meet_are_left_out_and_said() -> None:
    found = on_same_items("x", answers(), model([1.0] * 12))
    assert any("8 items" in words for words in found.warnings)
    assert on_same_items("x", answers(), model([]).astype(float)).reason == "no item was met by both"


def test_equivalence_needs_a_bound_stated_beforehand() -> None:
    near = on_same_items("x", answers(60, 30), model([1.0] * 21 + [0.0] * 9))
    assert "stated beforehand" in equivalence(near, None).reason
    wide, narrow = equivalence(near, 0.9), equivalence(near, 0.01)
    assert (wide.checks[0].held, narrow.checks[0].held) == (True, False)
    assert wide.interval is not None
    assert wide.interval.level == pytest.approx(0.9)


def test_independent_estimates_warn_that_the_items_differ() -> None:
    found = independent("x", proportion("a", 30, 50, chance=None), proportion("b", 20, 50, chance=None))
    assert found.estimate == pytest.approx(0.2)
    assert found.warnings


def test_a_model_is_placed_among_children() -> None:
    one = prediction("x", [0.5, 0.6, 0.55, 0.7, 0.65, 0.6])
    low, high = against_prediction("x", 0.2, one), against_prediction("x", 0.99, one)
    assert (low.estimate or 1) < 0.05 < 0.95 < (high.estimate or 0)
    assert not low.checks[0].held


def curve(slope: float = 0.2, children: int = 80) -> Curve:
    rng = np.random.default_rng(2)
    age = rng.uniform(20, 42, children)
    p = 0.25 + 0.75 / (1 + np.exp(-slope * (age - 31)))
    y = (rng.random((children, 24)) < p[:, None]).astype(float)
    return fit_curve(
        "c", age, Crossed(y, np.ones_like(y), np.arange(24), np.zeros(24, dtype=np.intp)), chance=0.25, draws=300
    )


def test_the_age_equivalent_is_where_the_curve_meets_the_model() -> None:
    children = curve()
    found = age_equivalent("x", children, proportion("m", 313, 500, chance=0.25))
    assert found.estimate == pytest.approx(31, abs=1.5)
    assert found.interval is not None
    assert found.interval.low < 31 < found.interval.high
    assert children.at(found.estimate or 0) == pytest.approx(313 / 500, abs=1e-6)


@pytest.mark.parametrize(("right", "words"), [(495, "above oldest"), (160, "below youngest")])
def test_ends_are_open_outside_of_the_ages_seen(right: int, words: str) -> None:
    found = age_equivalent("x", curve(), proportion("m", right, 500, chance=0.25))
    assert found.estimate is None
    assert words in found.reason
    assert found.interval is None or words in (found.interval.low_words, found.interval.high_words)


def test_no_age_from_a_flat_curve_or_a_guessing_model() -> None:
    assert "flat" in age_equivalent("x", curve(0.0), proportion("m", 300, 500, chance=0.25)).reason
    assert "not above chance" in age_equivalent("x", curve(), proportion("m", 126, 500, chance=0.25)).reason


def test_experience_is_read_in_hours() -> None:
    rng = np.random.default_rng(4)
    x = np.log10([1.0, 3, 10, 30, 100, 300])
    p = 0.25 + 0.75 / (1 + np.exp(-2 * (x - 1.0)))
    y = (rng.random((6, 400)) < p[:, None]).astype(float)
    data = Crossed(y, np.ones_like(y), np.arange(400), np.zeros(400, dtype=np.intp))
    fitted = fit_curve("m", x, data, chance=0.25, draws=300, persons=False)
    children = Result("c", "two_way_t", 0.625, Interval(0.6, 0.65), chance=0.25, p_value=1e-9, se=0.012, df=19)
    found = experience_equivalent("x", fitted, children)
    assert found.estimate == pytest.approx(10, rel=0.35)
    assert found.unit == "hours"


def test_yoked_pairs_within_one_child() -> None:
    pairs = Pairs(20, 12, 3, 5)
    found, odds = mcnemar("x", pairs), odds_ratio("x", pairs)
    assert found.estimate == pytest.approx(9 / 40)
    assert found.interval is not None
    assert found.interval.low > 0
    assert odds.estimate == pytest.approx(4)
    assert "not finite" in odds_ratio("x", Pairs(20, 5, 0, 5)).reason
    assert mcnemar("x", Pairs(5, 0, 0, 5)).p_value == 1
    assert mcnemar("x", Pairs(0, 0, 0, 0)).reason


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_exact_test_and_its_interval_do_not_contradict_each_other(a: int, b: int, c: int, d: int) -> None:
    found = mcnemar("x", Pairs(a, b, c, d))
    if found.interval is not None and found.p_value is not None:
        excludes = found.interval.low > 0 or found.interval.high < 0
        assert not excludes or found.p_value <= 0.05 + 1e-9
        assert found.interval.low <= (found.estimate or 0) <= found.interval.high
        assert math.isfinite(found.p_value)


def test_yoked_sessions_are_joined_and_clustered_two_ways() -> None:
    rng = np.random.default_rng(1)
    rows = [(f"c{c}", f"i{i}", f"s{c}", i, float(rng.random() < 0.6)) for c in range(8) for i in range(20)]
    children = pd.DataFrame(rows, columns=["person", "item", "yoke", "plan_index", "y"])
    followers = children.assign(y=(rng.random(len(children)) < 0.9).astype(float), person="m")
    pairs = join_yoked(children, followers)
    assert len(pairs) == 160
    found = over_children("x", pairs)
    assert found.estimate == pytest.approx(followers["y"].mean() - children["y"].mean())
    assert found.interval is not None
    assert "one child" in over_children("x", pairs[pairs["person"] == "c0"]).reason


def test_isotonic_is_increasing() -> None:
    x, y = np.array([3.0, 1, 2]), np.array([0.2, 0.6, 0.4])
    found = isotonic(x, y, np.ones(3))
    assert np.all(np.diff(found[np.argsort(x)]) >= 0)
