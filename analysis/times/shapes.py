"""The shape of reaction times: quantiles, the ex-Gaussian, and the EZ drift summary, each where it fits.

Everything is fitted within a respondent and then averaged over respondents; times of several children are never
pooled into one distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from analysis.intervals import mean_over_persons
from analysis.result import Check, Count, Result, Unit, withheld

Floats = NDArray[np.float64]
FEWEST_SHAPE = 40
FEWEST_DRIFT = 20
SCALE = 0.1


@dataclass(frozen=True, slots=True)
class ExGaussian:
    """Parameters of one respondent's times, ms, and the check of the fit."""

    mu: float
    sigma: float
    tau: float
    check: Check


def ex_gaussian(times_ms: Floats) -> ExGaussian | None:
    """Fit the ex-Gaussian by maximum likelihood; None with fewer than 40 times or without a finite maximum.

    The fit is checked by the Kolmogorov–Smirnov distance; with fitted parameters its p-value is too kind, so only a
    bad fit (p < .05 even so) is called one.
    """
    if len(times_ms) < FEWEST_SHAPE or float(times_ms.std()) < 1e-9:
        return None
    mean, sd = float(times_ms.mean()), float(times_ms.std(ddof=1))
    tau = 0.8 * sd * max(float(stats.skew(times_ms)) / 2, 0.05) ** (1 / 3)
    tau = min(max(tau, 0.05 * sd), 0.95 * sd)
    begin = np.array([mean - tau, math.log(math.sqrt(sd**2 - tau**2)), math.log(tau)])
    best = optimize.minimize(
        lambda q: -_ex_gaussian_log(times_ms, q[0], math.exp(q[1]), math.exp(q[2])).sum(), begin, method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000},
    )  # fmt: skip
    mu, sigma, tau = float(best.x[0]), math.exp(float(best.x[1])), math.exp(float(best.x[2]))
    if not best.success or sigma < 1e-3 * sd or tau < 1e-3 * sd or tau > 20 * sd:
        return None
    distance = stats.kstest(times_ms, stats.exponnorm(tau / sigma, loc=mu, scale=sigma).cdf)
    check = Check("ex-Gaussian fits", float(distance.pvalue) >= 0.05, f"D = {distance.statistic:.3f}")
    return ExGaussian(mu, sigma, tau, check)


def _ex_gaussian_log(t: Floats, mu: float, sigma: float, tau: float) -> Floats:
    """Return log densities; ``log_ndtr`` keeps the tail finite where the plain formula underflows."""
    return np.asarray(
        -math.log(tau) + (mu - t) / tau + sigma**2 / (2 * tau**2) + special.log_ndtr((t - mu) / sigma - sigma / tau)
    )


@dataclass(frozen=True, slots=True)
class Drift:
    """EZ summary of one respondent: drift rate and boundary (s = 0.1), non-decision time (s)."""

    rate: float
    boundary: float
    non_decision_s: float


def ez_diffusion(accuracy: float, n: int, variance_s2: float, mean_s: float) -> Drift | None:
    """Return the EZ summary of two-choice answers.

    Args:
        accuracy: Share right; 0, ½ and 1 are moved by the edge correction of the method (half an answer).
        n: Number of answers.
        variance_s2: Variance of the times of right answers, s².
        mean_s: Mean of the same, s.

    Returns:
        None where the answers carry no drift: no variance, fewer than 20 answers, or a negative non-decision time.
    """
    if n < FEWEST_DRIFT or variance_s2 <= 0:
        return None
    p = 1 - 1 / (2 * n) if accuracy >= 1 else accuracy
    if p <= 0.5:
        return None
    logit = math.log(p / (1 - p))
    x = logit * (logit * p * p - logit * p + p - 0.5) / variance_s2
    rate = SCALE * x**0.25
    boundary = SCALE**2 * logit / rate
    y = -rate * boundary / SCALE**2
    decision = boundary / (2 * rate) * (1 - math.exp(y)) / (1 + math.exp(y))
    if mean_s - decision < 0:
        return None
    return Drift(rate, boundary, mean_s - decision)


def quantiles(
    name: str,
    rows: pd.DataFrame,
    *,
    at: Sequence[float] = (0.1, 0.5, 0.9),
    level: float = 0.95,
    people: str = "children",
) -> tuple[tuple[float, Result], ...]:
    """Return quantiles of the times: each respondent's own, then the mean over respondents with t.

    Args:
        name: Whose.
        rows: Columns ``person`` and ``rt_ms``.
        at: Which quantiles.
        level: Confidence level.
        people: What respondents are called.
    """
    grouped = rows.groupby("person")["rt_ms"]
    enough = grouped.size() >= 5
    found = []
    for q in at:
        own = grouped.quantile(q)[enough]
        label = f"{name}: {q:.0%} quantile" if q != 0.5 else f"{name}: median"
        found.append((q, mean_over_persons(label, list(own), level=level, unit=people, method="quantile", scale="ms")))
    return tuple(found)


def shape_results(
    name: str, rows: pd.DataFrame, *, level: float = 0.95, people: str = "children"
) -> tuple[Result, Result, Result]:
    """Return μ, σ and τ as means over the respondents whose times are many enough and fit."""
    fits = [ex_gaussian(part["rt_ms"].to_numpy(dtype=float)) for _, part in rows.groupby("person")]
    fine = [fit for fit in fits if fit is not None]
    good = [fit for fit in fine if fit.check.held]
    why = (
        f"{len(fits) - len(fine)} of {len(fits)} {people} have fewer than {FEWEST_SHAPE} times or no finite fit, "
        f"{len(fine) - len(good)} a bad fit"
    )
    parts: tuple[tuple[str, Callable[[ExGaussian], float]], ...] = (
        ("μ", lambda f: f.mu), ("σ", lambda f: f.sigma), ("τ", lambda f: f.tau),
    )  # fmt: skip
    mu, sigma, tau = (
        _mean_or_why(f"{name}: ex-Gaussian {symbol}", [value(f) for f in good], "ex_gaussian", "ms", level, people, why)
        for symbol, value in parts
    )
    return mu, sigma, tau


def drift_results(
    name: str, rows: pd.DataFrame, *, chance: float | None, level: float = 0.95, people: str = "children"
) -> tuple[Result, Result, Result]:
    """Return drift rate, boundary and non-decision time as means over respondents; two-choice tasks only."""
    labels = tuple(f"{name}: EZ {what}" for what in ("drift rate", "boundary", "non-decision time"))
    if chance is None or abs(chance - 0.5) > 1e-9:
        why = "the drift summary needs two choices"
        a, b, c = (withheld(label, "ez_diffusion", why, unit="number") for label in labels)
        return a, b, c
    found = []
    people_seen = 0
    for _, part in rows.groupby("person"):
        people_seen += 1
        right = part[part["correct"] == 1.0]["rt_ms"] / 1000
        if len(right) >= 2:
            one = ez_diffusion(float(part["correct"].mean()), len(part), float(right.var(ddof=1)), float(right.mean()))
            found += [one] if one is not None else []
    why = f"{people_seen - len(found)} of {people_seen} {people} have too few answers, or none that a drift explains"
    a, b, c = (
        _mean_or_why(label, values, "ez_diffusion", unit, level, people, why)
        for label, values, unit in (
            (labels[0], [d.rate for d in found], "number"), (labels[1], [d.boundary for d in found], "number"),
            (labels[2], [1000 * d.non_decision_s for d in found], "ms"),
        )
    )  # fmt: skip
    return a, b, c


def _mean_or_why(name: str, values: list[float], method: str, unit: str, level: float, people: str, why: str) -> Result:
    scale: Unit = "ms" if unit == "ms" else "number"
    if len(values) < 2:
        return withheld(name, method, why, n=(Count(people, len(values)),), unit=scale)
    found = mean_over_persons(name, values, level=level, unit=people, method=method, scale=scale)
    return found.warn("" if why.startswith("0 ") and why.endswith(", 0 a bad fit") else why)
