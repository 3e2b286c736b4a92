"""Reaction times, reliability, coders, patterns, sensitivity: known truth and refusals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from test_items import simulated

from analysis.intervals import proportion
from analysis.items.matrix import Answers
from analysis.reliability.coders import coder_agreement
from analysis.reliability.consistency import alpha, icc, omega, one_factor, split_half
from analysis.reliability.patterns import missingness, patterns
from analysis.reliability.sensitivity import exclusion_flow, reasons, variants
from analysis.times.shapes import drift_results, ex_gaussian, ez_diffusion, quantiles, shape_results


def test_ex_gaussian_is_recovered_and_refused_below_forty() -> None:
    rng = np.random.default_rng(1)
    times = rng.normal(800, 90, 1500) + rng.exponential(300, 1500)
    found = ex_gaussian(times)
    assert found is not None
    assert (found.mu, found.sigma, found.tau) == pytest.approx((800, 90, 300), rel=0.15)
    assert found.check.held
    assert ex_gaussian(times[:39]) is None
    assert ex_gaussian(np.full(60, 500.0)) is None


def test_a_bad_fit_is_one() -> None:
    two = np.concatenate(
        [np.random.default_rng(1).normal(500, 20, 200), np.random.default_rng(2).normal(3000, 20, 200)]
    )
    found = ex_gaussian(two)
    assert found is None or not found.check.held


def test_drift_only_for_two_choices_and_above_chance() -> None:
    assert ez_diffusion(0.5, 100, 0.1, 0.7) is None
    assert ez_diffusion(0.9, 10, 0.1, 0.7) is None
    rows = pd.DataFrame({"person": "a", "rt_ms": 700.0, "correct": 1.0}, index=range(30))
    assert "two choices" in drift_results("x", rows, chance=0.25)[0].reason
    assert drift_results("x", rows, chance=0.5)[0].reason


def test_quantiles_are_each_one_s_own_first() -> None:
    rows = pd.DataFrame({"person": ["a"] * 5 + ["b"] * 50, "rt_ms": [100.0] * 5 + [300.0] * 50})
    assert dict(quantiles("x", rows))[0.5].estimate == pytest.approx(200)
    assert "fewer than 40" in shape_results("x", rows)[0].reason


def test_split_half_rises_with_what_children_differ_in() -> None:
    weak, strong = (split_half("x", simulated(60, 20, spread=s), halves=100) for s in (0.3, 2.0))
    assert (strong.estimate or 0) > 0.7 > (weak.estimate or 1)
    assert "at least 10" in split_half("x", simulated(5, 20)).reason


def test_alpha_and_omega_need_a_fixed_test() -> None:
    whole = simulated(80, 10, spread=1.5)
    assert (alpha("x", whole).estimate or 0) == pytest.approx(omega("x", whole, draws=20).estimate or 1, abs=0.08)
    y = whole.y_CI.copy()
    y[np.arange(80), np.arange(80) % 10] = np.nan
    assert "fixed test" in alpha("x", Answers(whole.children, whole.items, y)).reason


def test_one_factor_is_found() -> None:
    loadings = np.array([0.8, 0.7, 0.6, 0.5])
    correlation = np.outer(loadings, loadings)
    np.fill_diagonal(correlation, 1.0)
    found, unique = one_factor(correlation)
    np.testing.assert_allclose(found, loadings, atol=1e-3)
    np.testing.assert_allclose(unique, 1 - loadings**2, atol=1e-3)


def test_agreement_of_occasions_is_absolute() -> None:
    true = np.linspace(0.2, 0.9, 20)
    same, shifted = np.column_stack([true, true + 0.001]), np.column_stack([true, true + 0.3])
    assert (icc("x", same).estimate or 0) > 0.99
    assert (icc("x", shifted).estimate or 1) < 0.7
    assert icc("x", same[:3]).reason


def test_coders() -> None:
    rng = np.random.default_rng(1)
    t = np.tile(np.arange(40) * 33.3, 12)
    trial = np.repeat([f"t{i}" for i in range(12)], 40)
    first = rng.choice(["target", "distractor"], 480)
    second = np.where(rng.random(480) < 0.9, first, rng.choice(["target", "distractor"], 480))
    a = pd.DataFrame({"trial_id": trial, "t_word_ms": t, "aoi": first, "coder": "ann"})
    b = pd.DataFrame({"trial_id": trial, "t_word_ms": t + 5, "aoi": second, "coder": "bob"})
    (found,) = coder_agreement(pd.concat([a, b[10:]]), draws=100)
    assert 0.9 < (found.share.estimate or 0) < 1
    assert 0.75 < (found.kappa.estimate or 0) < 0.97
    assert found.unpaired == 10
    assert coder_agreement(a) == ()


def answered(position: list[int], right: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"person": "a", "task": "t", "answer_position": position, "choices": 2, "y": right, "chance": 0.5}
    )


def test_patterns() -> None:
    (side,) = patterns(answered([0] * 20, [1.0, 0.0] * 10))
    assert {"side_bias", "straight_lining"} <= set(side.flags)
    assert side.longest_run == 20
    (fine,) = patterns(answered([0, 1] * 10, [1.0] * 20))
    assert fine.flags == ()
    (below,) = patterns(answered([0, 1] * 10, [0.0] * 20))
    assert below.flags == ("below_chance",)


def test_missing_answers() -> None:
    rows = pd.DataFrame(
        {
            "person": np.repeat([f"c{i}" for i in range(10)], 6), "task": "t", "trial_index": np.tile(np.arange(6), 10),
            "age_months": np.repeat(np.arange(10.0) + 20, 6), "missing": np.tile([0, 0, 0, 0, 1, 1], 10).astype(float),
        }
    )  # fmt: skip
    (found,) = missingness(rows)
    assert found.share.estimate == pytest.approx(1 / 3)
    assert (found.with_order.estimate or 0) > 0.7
    assert found.with_age.reason


def excluded() -> pd.DataFrame:
    codes = [[], [], ["fuss_out"], ["fuss_out", "late"], ["late"], []]
    return pd.DataFrame(
        {
            "trial_kind": ["practice", *["test"] * 5], "valid": [True, True, False, False, False, False],
            "outcome": "answered", "respondent_code": ["a", "a", "a", "b", "b", "c"],
            "exclusion": [json.dumps(c) for c in codes], "score": [1.0, 1, 0, 0, 1, 1],
        }
    )  # fmt: skip


def test_the_result_with_and_without_each_exclusion() -> None:
    frame = excluded()
    found = variants(frame, lambda rows: proportion("x", int(rows["score"].sum()), len(rows), chance=None))
    trials = {one.words: one.trials for one in found}
    assert reasons(frame) == ("fuss_out", "late")
    assert trials["as planned"] == 1
    assert trials["without the exclusion 'fuss_out'"] == 2
    assert trials["with the exclusion 'late' alone"] == 2
    assert trials["without any exclusion"] == 5


def test_the_flow_adds_up() -> None:
    steps = exclusion_flow(excluded())
    assert steps[0].trials_left - sum(step.trials_out for step in steps) == steps[-1].trials_left == 1
    assert steps[0].persons_left - sum(step.persons_out for step in steps) == steps[-1].persons_left == 1
