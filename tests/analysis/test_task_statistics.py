"""Statistics of single tasks: known truth, bounds, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.tasks.gaze_times import shift_time, shifts
from analysis.tasks.habituation import of_group as habituated
from analysis.tasks.habituation import of_infant
from analysis.tasks.sets import by_level, counting_error, slope_over, subitizing_range
from analysis.tasks.timecourse import Course, band, cluster_permutation, course
from analysis.tasks.weber import of_child, of_group, probability


def numerosity(children: int = 30, each: int = 22, w: float = 0.35, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    fewer = rng.integers(1, 9, 40).astype(float)
    more = fewer + rng.integers(1, 4, 40)
    rows = []
    for child in range(children):
        for item in rng.choice(40, each, replace=False):
            p = probability(w, more[item], fewer[item])
            rows.append((f"c{child}", f"i{item}", float(rng.random() < p), more[item], fewer[item], False))
    return pd.DataFrame(rows, columns=["person", "item", "y", "more", "fewer", "stopped"])


def test_the_weber_fraction_of_a_group_is_recovered() -> None:
    found = of_group("x", numerosity(), draws=200)
    assert found.estimate == pytest.approx(0.35, abs=0.12)
    assert found.interval is not None
    assert found.interval.low < 0.35 < found.interval.high


def test_nothing_is_estimated_at_a_bound() -> None:
    more, fewer = np.full(22, 8.0), np.full(22, 2.0)
    assert "lower bound" in of_child("x", np.ones(22), more, fewer).reason
    guess = np.tile([0.0, 1.0], 11)
    assert "upper bound" in of_child("x", guess, np.full(22, 3.0), np.full(22, 2.0) + np.tile([0.0, 0.9], 11)).reason
    assert "fewer than 8" in of_child("x", np.ones(4), more[:4], fewer[:4]).reason


def test_a_stop_rule_is_said() -> None:
    rows = numerosity(children=8)
    rows["stopped"] = rows["person"] == "c0"
    assert any("stop rule" in words for words in of_group("x", rows, draws=50).warnings)


def test_one_child_has_its_interval() -> None:
    rows = numerosity(children=1, each=40)
    found = of_child("x", *(rows[c].to_numpy(dtype=float) for c in ("y", "more", "fewer")))
    if found.estimate is not None:
        assert found.interval is not None
        assert found.interval.low <= found.estimate <= found.interval.high


def small_sets(children: int = 30, falls: float = 1.4) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for child in range(children):
        for size in (1, 2, 3, 4):
            for k in range(2):
                p = 0.25 + 0.75 / (1 + np.exp(falls * (size - 2.6)))
                rows.append((f"c{child}", f"i{size}{k}", float(rng.random() < p), 1.0, size))
    return pd.DataFrame(rows, columns=["person", "item", "y", "n", "set_size"])


def test_the_subitizing_range() -> None:
    found = subitizing_range("x", small_sets(), chance=0.25, draws=100)
    assert found.estimate == pytest.approx(2.6, abs=0.5)
    assert found.interval is not None
    assert "does not fall" in subitizing_range("x", small_sets(falls=-1.4), chance=0.25, draws=20).reason
    one = small_sets()
    assert "three set sizes" in subitizing_range("x", one[one["set_size"] < 3], chance=0.25).reason


def test_accuracy_by_level_and_each_one_s_slope() -> None:
    rows = small_sets()
    found = by_level("x", rows, "set_size", chance=0.25, draws=200)
    assert [size for size, _ in found] == [1, 2, 3, 4]
    assert (found[0][1].estimate or 0) > (found[3][1].estimate or 1)
    slope = slope_over("x", rows, "set_size")
    assert (slope.estimate or 0) < 0
    assert "three children" in slope_over("x", rows[rows["person"] == "c0"], "set_size").reason


def test_counting_errors_are_signed_and_averaged_by_child() -> None:
    rows = pd.DataFrame({"person": list("aabbcc"), "set_size": 5, "said": [5, 6, 4, 4, 5, 5]})
    ((number, error, spread),) = counting_error("x", rows)
    assert number == 5
    assert error.estimate == pytest.approx((0.5 - 1 + 0) / 3)
    assert spread.estimate == pytest.approx(np.std(rows["said"], ddof=1) / np.mean(rows["said"]))


def looked(infants: int, effect: float = 0.25, seed: int = 1) -> Course:
    rng = np.random.default_rng(seed)
    share = 0.5 + 0.12 * rng.standard_normal((infants, 30))
    share[:, 10:20] += effect
    return Course(np.arange(30) * 100.0, share, tuple(map(str, range(infants))))


def test_the_run_of_bins_is_found_and_five_infants_are_refused() -> None:
    found = cluster_permutation("x", looked(16), flips=500, window_ms=(0, 3000))
    strong = min(found, key=lambda run: run.result.p_value or 1)
    assert (strong.result.p_value or 1) < 0.01
    assert 800 <= strong.from_ms <= 1100
    assert 1900 <= strong.to_ms <= 2200
    refused = cluster_permutation("x", looked(5), window_ms=(0, 3000))
    assert refused[0].result.estimate is None
    assert "fewer than 6" in refused[0].result.reason


def test_with_six_infants_every_sign_pattern_is_used() -> None:
    found = cluster_permutation("x", looked(6, 0.6), window_ms=(0, 3000))
    assert min(run.result.p_value or 1 for run in found) == pytest.approx(2 / 64)
    assert not found[0].result.checks[0].held


def test_without_an_effect_the_test_seldom_rejects() -> None:
    hits = 0
    for seed in range(40):
        runs = cluster_permutation("x", looked(8, 0.0, seed), window_ms=(0, 3000))
        hits += min((run.result.p_value for run in runs if run.result.p_value is not None), default=1.0) < 0.05
    assert hits <= 6


def gaze(*trials: tuple[str, str, str]) -> pd.DataFrame:
    """Trials as (person, trial, one letter a 100 ms sample from −200 ms: t, d, o, m)."""
    names = {"t": "target", "d": "distractor", "o": "other", "m": "missing"}
    rows = [
        (person, trial, -200.0 + 100 * at, names[letter])
        for person, trial, path in trials
        for at, letter in enumerate(path)
    ]
    return pd.DataFrame(rows, columns=["person", "trial_id", "t_word_ms", "aoi"])


def test_a_trial_weighs_the_same_however_long_it_was_watched() -> None:
    found = course(gaze(("a", "1", "tttt"), ("a", "2", "dmmm")), bin_ms=400, window_ms=(-200, 200))
    assert found.share_ST.tolist() == [[0.5]]
    assert band(found) == (None,)


def test_landing_and_launch() -> None:
    seen = gaze(("a", "1", "dddddddoott"), ("a", "2", "tttttddddd"), ("b", "3", "ddddtttt"), ("b", "4", "dddddddttt"))
    moved = {shift.trial_id: shift for shift in shifts(seen)}
    assert moved["1"].initial == "distractor"
    assert (moved["1"].launch_ms, moved["1"].landing_ms) == (500.0, 700.0)
    assert moved["2"].initial == "target"
    assert moved["3"].landing_ms == 200.0
    found = shift_time("x", tuple(moved.values()))
    assert found.estimate == pytest.approx((700 + 500) / 2)
    assert any("before 400 ms" in words for words in found.warnings)
    assert shift_time("x", ()).reason


def test_habituation() -> None:
    falling = 1 + 12 * np.exp(-np.arange(10) / 2.5)
    found = of_infant("a", falling, novel_s=8.0)
    assert found is not None
    assert found.trials_to_criterion == 6
    assert found.tau.estimate == pytest.approx(2.5, rel=0.05)
    assert (found.recovery_s or 0) > 5
    flat = of_infant("b", np.full(8, 6.0))
    assert flat is not None
    assert flat.trials_to_criterion is None
    assert flat.tau.estimate is None
    assert of_infant("c", np.array([3.0, 2.0])) is None
    rows = pd.DataFrame({"person": "a", "order": range(10), "look_s": falling, "phase": "familiar"})
    everyone, decline, recovery = habituated("x", rows)
    assert len(everyone) == 1
    assert decline.interval is None
    assert recovery.reason
