"""Population-averaged slopes: generalised estimating equations with bias-reduced errors and t.

Ordinary sandwich errors are too small with a few dozen children; Mancl and DeRouen's correction and t with
(children − coefficients) degrees of freedom mend that. Clustering is by child only: items are taken as fixed, and the
result says so.

Shapes: P observations, K coefficients, C children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.regression.chance import ChanceFit, Floats, Lapse, coefficients, fit_chance, link_inverse
from analysis.result import Count, Result

Working = Literal["independence", "exchangeable"]
ASSUMED = ("children are independent", "items are taken as fixed: nothing is said about other items")
FEWEST = 6


@dataclass(frozen=True, slots=True)
class GeeFit:
    """Coefficients with bias-reduced and plain sandwich errors, and the working correlation."""

    beta_K: Floats
    reduced_KK: Floats
    robust_KK: Floats
    alpha: float
    reason: str = ""


def gee(
    names: Sequence[str],
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    *,
    chance: float = 0.0,
    lapse: Lapse | None = None,
    working: Working = "independence",
    level: float = 0.95,
) -> tuple[Result, ...]:
    """Return the coefficients, population-averaged.

    Args:
        names: What each column of ``x_PK`` is.
        y_P: Sum of right answers of each observation.
        n_P: Number of answers of each observation.
        x_PK: Predictors, the first constant.
        child_P: Which child each observation is of.
        chance: g of the link.
        lapse: λ of the link.
        working: Working correlation within a child.
        level: Confidence level.
    """
    children = len(np.unique(child_P))
    counts = (Count("children", children), Count("trials", round(float(n_P.sum()))))
    k = x_PK.shape[1]
    if children < max(FEWEST, k + 2):
        reason = f"{children} children are too few for errors clustered by child"
        return coefficients(names, "gee", np.zeros(k), np.zeros(k), df=None, level=level, n=counts, reason=reason)
    start = fit_chance(y_P, n_P, x_PK, chance, lapse)
    fit = fit_gee(start, y_P, n_P, x_PK, child_P, chance=chance, working=working)
    if fit.reason:
        return coefficients(names, "gee", np.zeros(k), np.zeros(k), df=None, level=level, n=counts, reason=fit.reason)
    words = (lapse or Lapse()).words(start.lapse)
    few = (f"only {children} children: the errors are rough",) if children < 20 else ()
    return coefficients(
        names, "gee", fit.beta_K, np.sqrt(np.diag(fit.reduced_KK)), df=children - k, level=level, n=counts,
        scope="population-averaged", assumptions=(*ASSUMED, f"chance {chance:g} is known; {words}"), warnings=few,
    )  # fmt: skip


def fit_gee(
    start: ChanceFit,
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    *,
    chance: float = 0.0,
    working: Working = "independence",
) -> GeeFit:
    """Solve the estimating equations from a maximum-likelihood fit as the start.

    The correlation of the exchangeable structure is the mean product of Pearson residuals over pairs, divided by the
    dispersion (denominators less the number of coefficients).
    """
    k = x_PK.shape[1]
    if start.reason:
        return GeeFit(start.beta_K, start.covariance_KK, start.covariance_KK, 0.0, start.reason)
    order = np.argsort(child_P, kind="stable")
    edges = np.flatnonzero(np.r_[True, child_P[order][1:] != child_P[order][:-1]])
    parts = np.split(order, edges[1:])
    beta, alpha = start.beta_K.copy(), 0.0
    for _ in range(60):
        if working == "exchangeable":
            alpha = _common_correlation(beta, y_P, n_P, x_PK, parts, chance, start.lapse)
        bread, score, _ = _equations(beta, alpha, y_P, n_P, x_PK, parts, chance, start.lapse)
        step = np.linalg.solve(bread, score)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return GeeFit(beta, np.full((k, k), np.nan), np.full((k, k), np.nan), alpha, "the equations did not settle")
    bread, _, terms = _equations(beta, alpha, y_P, n_P, x_PK, parts, chance, start.lapse)
    inverse = np.linalg.inv(bread)
    robust = sum(np.outer(g, g) for g, _ in terms)
    # (I − H)⁻¹ r by Woodbury: D'V⁻¹ r̃ = (I + m(B − m)⁻¹) g with g = D'V⁻¹r, m = D'V⁻¹D of the child, B = Σ m
    reduced = np.zeros((k, k))
    for g, m in terms:
        scaled = g + m @ np.linalg.solve(bread - m, g)
        reduced += np.outer(scaled, scaled)
    return GeeFit(beta, inverse @ reduced @ inverse, inverse @ robust @ inverse, alpha)


def _equations(
    beta: Floats,
    alpha: float,
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    parts: Sequence[NDArray[np.intp]],
    chance: float,
    lapse: float,
) -> tuple[Floats, Floats, list[tuple[Floats, Floats]]]:
    """Return ΣD'V⁻¹D, ΣD'V⁻¹r, and both by child."""
    p, slope = link_inverse(x_PK @ beta, chance, lapse)
    deviation = np.sqrt(n_P * p * (1 - p))
    d_PK, r_P = x_PK * (n_P * slope / deviation)[:, None], (y_P - n_P * p) / deviation
    terms = []
    for rows in parts:
        d, r = d_PK[rows], r_P[rows]
        shrink = alpha / (1 + (len(rows) - 1) * alpha)
        d_white = (d - shrink * d.sum(axis=0)) / (1 - alpha)
        terms.append((d_white.T @ r, d_white.T @ d))
    bread, score = np.zeros((x_PK.shape[1],) * 2), np.zeros(x_PK.shape[1])
    for g, m in terms:
        bread, score = bread + m, score + g
    return bread, score, terms


def _common_correlation(
    beta: Floats,
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    parts: Sequence[NDArray[np.intp]],
    chance: float,
    lapse: float,
) -> float:
    p, _ = link_inverse(x_PK @ beta, chance, lapse)
    r = (y_P - n_P * p) / np.sqrt(n_P * p * (1 - p))
    k = x_PK.shape[1]
    pairs = sum(len(rows) * (len(rows) - 1) / 2 for rows in parts)
    if pairs <= k:
        return 0.0
    products = sum((float(r[rows].sum()) ** 2 - float((r[rows] ** 2).sum())) / 2 for rows in parts)
    dispersion = float((r**2).sum()) / (len(r) - k)
    return float(np.clip(products / (pairs - k) / dispersion, -0.05, 0.95))
