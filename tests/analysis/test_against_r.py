"""Every statistic against R: the stored answers in every run, and R itself where it is installed (slow).

Tolerances are relative unless the value is near zero. Where conventions differ, the tolerance or the comment says so.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import ask_r
import numpy as np
import pandas as pd
import pytest
import reference_data as datasets

from analysis import intervals
from analysis.compare import difference, yoked
from analysis.items import agreement, consistency, dif, divergence, matrix, rasch
from analysis.regression import chance, gee, linear, mixed
from analysis.reliability import consistency as reliability
from analysis.result import Result
from analysis.tasks import weber
from analysis.times import shapes
from analysis.twoway import crossed, two_way
from devkit.gaze.agreement import cohen_kappa

STORED = json.loads(ask_r.STORED.read_text(encoding="utf-8"))["statistics"]
Value = float | tuple[float, ...] | np.ndarray


def table(name: str) -> pd.DataFrame:
    return _made(name).copy()


@cache
def _made(name: str) -> pd.DataFrame:
    return datasets.SIMULATED[name]()


@cache
def own() -> pd.DataFrame:
    return table("crossed").groupby("child")[["look", "age"]].mean()


def design(frame: pd.DataFrame) -> np.ndarray:
    return np.column_stack([np.ones(len(frame)), frame["age"].to_numpy(dtype=float)])


def number(value: float | None) -> float:
    assert value is not None
    return value


def limits(result: Result) -> tuple[float, float]:
    assert result.interval is not None
    return result.interval.low, result.interval.high


@cache
def mixed_fit(column: str, g: float) -> mixed.MixedFit:
    d = table("crossed")
    y = d[column].to_numpy(dtype=float)
    return mixed.fit_mixed(y, np.ones_like(y), design(d), d["child"].to_numpy(), d["item"].to_numpy(), chance=g)


@cache
def linear_fit() -> tuple[Result, ...]:
    d = table("crossed")
    y, child, item = d["look"].to_numpy(), d["child"].to_numpy(), d["item"].to_numpy()
    return linear.mixed_linear(("intercept", "age"), y, design(d), child, item)


def gee_fit(working: gee.Working = "independence") -> gee.GeeFit:
    d = table("crossed")
    y = d["y"].to_numpy(dtype=float)
    start = chance.fit_chance(y, np.ones_like(y), design(d), 0.0)
    return gee.fit_gee(start, y, np.ones_like(y), design(d), d["child"].to_numpy(), working=working)


def chance_fit(column: str, g: float) -> chance.ChanceFit:
    d = table("crossed")
    y = d[column].to_numpy(dtype=float)
    return chance.fit_chance(y, np.ones_like(y), design(d), g)


def chance_deviance() -> float:
    return -2 * chance_fit("y25", 0.25).log_likelihood


def in_two_ways(frame: pd.DataFrame, column: str) -> float:
    cell, one = pd.Series("a", index=frame.index), pd.Series(1.0, index=frame.index)
    data = crossed(frame["child"], frame["item"], cell, frame[column], one)
    return number(two_way("x", data, chance=None, method="two_way_t", scale="difference").se)


def clustered_slope() -> Result:
    d = table("crossed")
    return linear.clustered(("a", "b"), d["look"].to_numpy(), design(d), d["child"].to_numpy())[1]


def halves() -> tuple[Result, Result]:
    first, second = (own()["look"][keep] for keep in (own()["age"] > 0, own()["age"] <= 0))
    a, b = (intervals.mean_over_persons("x", list(v)) for v in (first, second))
    return a, b


def difference_of_halves() -> Result:
    return difference.independent("x", *halves())


def pairs() -> yoked.Pairs:
    d = table("yoked")
    return yoked.count_pairs(d["model"], d["child"])


def error_kappa() -> Result:
    d = table("yoked")
    return consistency.error_consistency("x", d["model"].to_numpy(float), d["child"].to_numpy(float))


def fixed_test() -> matrix.Answers:
    d = table("answers").drop(columns="group")
    return matrix.Answers(tuple(map(str, d.index)), tuple(d.columns), d.to_numpy(dtype=float))


def rank() -> float:
    d = table("crossed")
    answers = matrix.lay_out(d.assign(person=d["child"], n=1.0).assign(item=d["item"].map("{:02d}".format)))
    look = d.groupby("item")["look"].mean().to_numpy()
    return number(agreement.rank_correlation("x", answers, look, draws=20).estimate)


def coder_kappa() -> float:
    d = table("retest")
    return cohen_kappa(pd.crosstab(d["coder1"], d["coder2"]).to_numpy(dtype=float).tolist())


def functioning(item: int) -> Result:
    return dif.between_groups(fixed_test(), table("answers")["group"].to_numpy() == 1)[item].result


def shape() -> tuple[float, ...]:
    fit = shapes.ex_gaussian(table("times")["ms"].to_numpy())
    assert fit is not None
    return fit.mu, fit.sigma, fit.tau


def drift() -> tuple[float, ...]:
    one = shapes.ez_diffusion(0.802, 1000, 0.112, 0.723)
    assert one is not None
    return one.rate, one.boundary, one.non_decision_s


def fraction() -> float:
    d = table("pairs").astype(float)
    return number(weber.of_child("x", d["y"].to_numpy(), d["more"].to_numpy(), d["fewer"].to_numpy()).estimate)


@cache
def kl() -> divergence.Divergence:
    d = table("choices").to_numpy()
    return divergence.divergence("x", d[:, :4], d[:, 4:])


def three_quantiles() -> tuple[float, ...]:
    return tuple(np.quantile(table("times")["ms"], [0.1, 0.5, 0.9]))


def hc3() -> Result:
    return linear.hc3(("a", "b"), own()["look"].to_numpy(), design(own()))[0][1]


def agree(one: str, two: str) -> Result:
    return reliability.icc("x", table("retest")[[one, two]].to_numpy())


def pearson_low() -> float:
    from scipy import stats

    d = table("retest")
    return float(stats.pearsonr(d["one"], d["two"]).confidence_interval().low)


ISOTONIC = np.array([0.3, 0.5, 0.4, 0.7, 0.6, 0.9])
EXACT, CLOSE = 1e-8, 1e-5
SIMULATED: dict[str, tuple[Callable[[], Value], float]] = {
    "wilson_low": (lambda: intervals.wilson_limits(17, 24).low, EXACT),
    "wilson_high": (lambda: intervals.wilson_limits(17, 24).high, EXACT),
    "clopper_low": (lambda: intervals.clopper_pearson_limits(17, 24).low, EXACT),
    "clopper_high": (lambda: intervals.clopper_pearson_limits(17, 24).high, EXACT),
    "binomial_p": (lambda: intervals.binomial_p(17, 24, 0.5), EXACT),
    "holm": (lambda: tuple(intervals.holm([0.01, 0.04, 0.03, 0.005])), EXACT),
    "bh": (lambda: tuple(intervals.benjamini_hochberg([0.01, 0.04, 0.03, 0.005])), EXACT),
    "t_mean": (lambda: number(intervals.mean_over_persons("x", list(own()["look"])).estimate), EXACT),
    "t_low": (lambda: limits(intervals.mean_over_persons("x", list(own()["look"])))[0], EXACT),
    "t_high": (lambda: limits(intervals.mean_over_persons("x", list(own()["look"])))[1], EXACT),
    "two_way_se": (lambda: in_two_ways(table("crossed"), "y"), EXACT),
    "hc3_slope": (lambda: number(hc3().estimate), EXACT),
    "hc3_se": (lambda: number(hc3().se), EXACT),
    "cr3_slope": (lambda: number(clustered_slope().estimate), EXACT),
    "cr3_se": (lambda: number(clustered_slope().se), EXACT),
    "logit_slope": (lambda: chance_fit("y", 0.0).beta_K[1], 1e-7),
    "logit_se": (lambda: np.sqrt(chance_fit("y", 0.0).covariance_KK[1, 1]), CLOSE),
    "chance_intercept": (lambda: chance_fit("y25", 0.25).beta_K[0], CLOSE),
    "chance_slope": (lambda: chance_fit("y25", 0.25).beta_K[1], CLOSE),
    "chance_se": (lambda: np.sqrt(chance_fit("y25", 0.25).covariance_KK[1, 1]), CLOSE),
    "chance_deviance": (chance_deviance, EXACT),
    "gee_slope": (lambda: gee_fit().beta_K[1], 1e-7),
    "gee_robust_se": (lambda: np.sqrt(gee_fit().robust_KK[1, 1]), CLOSE),
    "gee_reduced_se": (lambda: np.sqrt(gee_fit().reduced_KK[1, 1]), CLOSE),
    # geepack divides by all pairs, devkit (as statsmodels) by pairs less coefficients
    "gee_exchangeable_slope": (lambda: gee_fit("exchangeable").beta_K[1], 1e-3),
    "glmer_intercept": (lambda: mixed_fit("y", 0.0).beta_K[0], 1e-3),
    "glmer_slope": (lambda: mixed_fit("y", 0.0).beta_K[1], 1e-3),
    "glmer_se": (lambda: np.sqrt(mixed_fit("y", 0.0).covariance_KK[1, 1]), 5e-3),
    "glmer_intercept_se": (lambda: np.sqrt(mixed_fit("y", 0.0).covariance_KK[0, 0]), 5e-3),
    "glmer_sd_child": (lambda: mixed_fit("y", 0.0).sd_children, 1e-3),
    "glmer_sd_item": (lambda: mixed_fit("y", 0.0).sd_items, 1e-3),
    "glmer_deviance": (lambda: mixed_fit("y", 0.0).deviance, 1e-6),
    "glmer25_slope": (lambda: mixed_fit("y25", 0.25).beta_K[1], 1e-3),
    "glmer25_se": (lambda: np.sqrt(mixed_fit("y25", 0.25).covariance_KK[1, 1]), 5e-3),
    "glmer25_sd_item": (lambda: mixed_fit("y25", 0.25).sd_items, 1e-3),
    "lmer_slope": (lambda: number(linear_fit()[1].estimate), 1e-4),
    "lmer_se": (lambda: number(linear_fit()[1].se), 1e-4),
    "lmer_df": (lambda: number(linear_fit()[1].df), 1e-2),
    "lmer_sd_item": (lambda: number(linear_fit()[3].estimate), 1e-3),
    "lmer_residual": (lambda: number(linear_fit()[4].estimate), 1e-4),
    "welch_low": (lambda: limits(difference_of_halves())[0], EXACT),
    "welch_df": (lambda: number(difference_of_halves().df), EXACT),
    "tost_p": (lambda: number(difference.equivalence(difference_of_halves(), 0.2).p_value), EXACT),
    "prediction_low": (lambda: limits(linear.prediction("x", list(own()["look"])))[0], EXACT),
    "prediction_high": (lambda: limits(linear.prediction("x", list(own()["look"])))[1], EXACT),
    "isotonic": (lambda: difference.isotonic(np.arange(6.0), ISOTONIC, np.ones(6)), EXACT),
    "mcnemar_p": (lambda: number(yoked.mcnemar("x", pairs()).p_value), EXACT),
    "clogit_or": (lambda: number(yoked.odds_ratio("x", pairs()).estimate), CLOSE),
    "clogit_se": (
        lambda: number(yoked.odds_ratio("x", pairs()).se) / number(yoked.odds_ratio("x", pairs()).estimate),
        CLOSE,
    ),
    "error_kappa": (lambda: number(error_kappa().estimate), EXACT),
    "error_kappa_se": (lambda: number(error_kappa().se), EXACT),
    "spearman": (rank, EXACT),
    "pearson_low": (pearson_low, EXACT),
    "coder_kappa": (coder_kappa, EXACT),
    "icc": (lambda: number(agree("one", "two").estimate), EXACT),
    "icc_low": (lambda: limits(agree("one", "two"))[0], 1e-6),
    "icc_high": (lambda: limits(agree("one", "two"))[1], 1e-6),
    "alpha": (lambda: number(reliability.alpha("x", fixed_test()).estimate), EXACT),
    "alpha_low": (lambda: limits(reliability.alpha("x", fixed_test()))[0], 1e-6),
    "omega": (lambda: number(reliability.omega("x", fixed_test(), draws=2).estimate), 1e-4),
    "rasch": (lambda: np.array([number(r.estimate) for r in rasch.rasch(fixed_test())]), 1e-4),
    "rasch_se": (lambda: np.array([number(r.se) for r in rasch.rasch(fixed_test())]), 1e-3),
    "rasch_psychotools": (lambda: np.array([number(r.estimate) for r in rasch.rasch(fixed_test())]), 1e-3),
    "dif_p": (lambda: number(functioning(3).p_value), 1e-6),
    "dif_effect": (lambda: number(functioning(3).estimate), 1e-6),
    "dif_null_p": (lambda: number(functioning(5).p_value), 1e-6),
    "ex_gaussian": (shape, 1e-3),
    "ez": (drift, 1e-6),
    "quantile": (three_quantiles, EXACT),
    "weber": (fraction, 1e-3),
    "devbench_kl": (lambda: number(kl().result.estimate), 1e-8),
    "devbench_beta": (lambda: kl().beta, 1e-4),
}


def infants_mean(d: pd.DataFrame) -> Result:
    return intervals.mean_over_persons("x", list(d.groupby("child")["look"].mean()))


def infants_slope(d: pd.DataFrame) -> Result:
    mean = d.groupby("child")[["look", "age"]].mean()
    return linear.hc3(("a", "b"), mean["look"].to_numpy(), design(mean))[0][1]


def infants_clustered(d: pd.DataFrame) -> Result:
    return linear.clustered(("a", "b"), d["look"].to_numpy(), design(d), d["child"].to_numpy())[1]


def infants_mixed(d: pd.DataFrame) -> tuple[Result, ...]:
    child, item = d["child"].to_numpy(dtype=str), d["item"].to_numpy(dtype=str)
    return linear.mixed_linear(("a", "b"), d["look"].to_numpy(), design(d), child, item)


REAL: dict[str, tuple[Callable[[pd.DataFrame], Value], float]] = {
    "real_mean": (lambda d: number(infants_mean(d).estimate), EXACT),
    "real_low": (lambda d: limits(infants_mean(d))[0], EXACT),
    "real_high": (lambda d: limits(infants_mean(d))[1], EXACT),
    "real_hc3_slope": (lambda d: number(infants_slope(d).estimate), EXACT),
    "real_hc3_se": (lambda d: number(infants_slope(d).se), EXACT),
    "real_cr3_se": (lambda d: number(infants_clustered(d).se), EXACT),
    "real_two_way_se": (lambda d: in_two_ways(d, "look"), EXACT),
    "real_lmer_slope": (lambda d: number(infants_mixed(d)[1].estimate), 1e-3),
    "real_lmer_se": (lambda d: number(infants_mixed(d)[1].se), 1e-3),
    "real_lmer_df": (lambda d: number(infants_mixed(d)[1].df), 2e-2),
    "real_lmer_sd_item": (lambda d: number(infants_mixed(d)[3].estimate), 1e-3),
}


def stored(name: str) -> np.ndarray:
    return np.array(STORED[name]["value"], dtype=float)


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_agrees_with_r(name: str) -> None:
    compute, tolerance = SIMULATED[name]
    np.testing.assert_allclose(np.atleast_1d(compute()), stored(name), rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("name", sorted(REAL))
def test_agrees_with_r_on_real_infants(name: str, shared_data: Path) -> None:
    compute, tolerance = REAL[name]
    value = compute(datasets.infants(shared_data))
    np.testing.assert_allclose(np.atleast_1d(value), stored(name), rtol=tolerance, atol=1e-8)


def test_at_least_forty_statistics_are_compared() -> None:
    compared = {*SIMULATED, *REAL}
    assert compared <= set(STORED)
    assert len(compared) >= 40
    assert set(STORED) - compared <= {"cluster_child_se"}


@pytest.mark.slow
def test_r_still_says_the_same(tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    ask_r.ask(tmp_path / "again.json", None)
    again: Mapping[str, Mapping[str, list[float]]] = json.loads((tmp_path / "again.json").read_text())["statistics"]
    for name, answer in again.items():
        np.testing.assert_allclose(answer["value"], stored(name), rtol=1e-4, atol=1e-7, err_msg=name)
