"""The two-parameter logistic model by marginal maximum likelihood, and ability given known item parameters.

Refused below 250 children: slopes from fewer are noise. The guessing rate is fixed at chance, never fitted. The sign
convention is a(θ − b): a harder item has a larger b.

Shapes: C children, I items, Q quadrature points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.items.matrix import Answers
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
FEWEST = 250
POINTS = 41
STEPS = 500
MOST_SLOPE = 6.0


@dataclass(frozen=True, slots=True)
class ItemCurve:
    """Slope and difficulty of one item."""

    item: str
    slope: Result
    difficulty: Result


def two_pl(answers: Answers, *, chance: float = 0.0, level: float = 0.95) -> tuple[ItemCurve, ...]:
    """Return slope a and difficulty b of every item; refused below 250 children.

    Args:
        answers: Right 1, wrong 0, not a number where not asked.
        chance: Guessing rate g, fixed.
        level: Confidence level.
    """
    children = len(answers.children)
    counts = (Count("children", children), Count("items", len(answers.items)))
    share = answers.difficulty()
    reason = f"{children} children; a two-parameter model needs at least {FEWEST}" if children < FEWEST else ""
    usable = np.isfinite(share) & (share > chance) & (share < 1)
    if not reason and usable.sum() < 5:
        reason = "fewer than 5 items that are above chance and not always right"
    if reason:
        nothing = withheld("item", "two_pl", reason, n=counts, unit="logits")
        return tuple(ItemCurve(item, nothing, nothing) for item in answers.items)
    kept = answers.keep(usable)
    a_I, d_I, converged = fit_two_pl(kept, chance)
    errors = _errors(kept, a_I, d_I, chance)
    z = float(stats.norm.isf((1 - level) / 2))
    found, at = [], 0
    for item, fine in zip(answers.items, usable, strict=True):
        if not fine:
            why = withheld(item, "two_pl", "not above chance, or always right", n=counts, unit="logits")
            found.append(ItemCurve(item, why, why))
            continue
        found.append(_curve(item, float(a_I[at]), float(d_I[at]), errors[at], z, level, counts, converged))
        at += 1
    return tuple(found)


def _curve(
    item: str, a: float, d: float, covariance: Floats, z: float, level: float, n: tuple[Count, ...], converged: bool
) -> ItemCurve:
    if not converged or a > MOST_SLOPE - 1e-6 or a < 0.05 or not np.isfinite(covariance).all():
        why = withheld(item, "two_pl", "the slope is at its bound, or the fit did not settle", n=n, unit="logits")
        return ItemCurve(item, why, why)
    b = -d / a
    gradient = np.array([d / a**2, -1 / a])  # of b by a and d
    se_a, se_b = float(np.sqrt(covariance[0, 0])), float(np.sqrt(gradient @ covariance @ gradient))
    assumed = ("ability is standard normal", "answers are independent given ability", "the guessing rate is known")
    slope = Result(
        f"{item}: slope",
        "two_pl",
        a,
        Interval(a - z * se_a, a + z * se_a, level),
        n,
        assumptions=assumed,
        unit="number",
        se=se_a,
    )
    hard = Result(
        f"{item}: difficulty",
        "two_pl",
        b,
        Interval(b - z * se_b, b + z * se_b, level),
        n,
        assumptions=assumed,
        unit="logits",
        se=se_b,
    )
    return ItemCurve(item, slope, hard)


def fit_two_pl(answers: Answers, chance: float) -> tuple[Floats, Floats, bool]:
    """Return slopes, intercepts d (of aθ + d) and whether the EM algorithm settled."""
    theta_Q, weight_Q = _quadrature()
    y, met = answers.filled_CI, answers.met_CI
    share = np.clip((answers.difficulty() - chance) / (1 - chance), 0.02, 0.98)
    a_I, d_I = np.ones(len(answers.items)), np.log(share / (1 - share))
    for _ in range(STEPS):
        posterior_CQ = _posterior(y, met, a_I, d_I, chance, theta_Q, weight_Q)
        right_IQ, total_IQ = y.T @ posterior_CQ, met.T @ posterior_CQ
        new_a, new_d = _maximise(right_IQ, total_IQ, a_I, d_I, chance, theta_Q)
        moved = max(float(np.abs(new_a - a_I).max()), float(np.abs(new_d - d_I).max()))
        a_I, d_I = new_a, new_d
        if moved < 1e-5:
            return a_I, d_I, True
    return a_I, d_I, False


def _quadrature() -> tuple[Floats, Floats]:
    theta = np.linspace(-5, 5, POINTS)
    weight = stats.norm.pdf(theta)
    return theta, weight / weight.sum()


def _p(a_I: Floats, d_I: Floats, chance: float, theta_Q: Floats) -> Floats:
    s = 1 / (1 + np.exp(-np.clip(a_I[:, None] * theta_Q + d_I[:, None], -30, 30)))
    return np.clip(chance + (1 - chance) * s, 1e-9, 1 - 1e-9)


def _posterior(
    y: Floats, met: Floats, a_I: Floats, d_I: Floats, chance: float, theta_Q: Floats, weight_Q: Floats
) -> Floats:
    p_IQ = _p(a_I, d_I, chance, theta_Q)
    log_CQ = y @ np.log(p_IQ) + (met - y) @ np.log1p(-p_IQ) + np.log(weight_Q)
    log_CQ -= log_CQ.max(axis=1, keepdims=True)
    posterior = np.exp(log_CQ)
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def _maximise(
    right_IQ: Floats, total_IQ: Floats, a_I: Floats, d_I: Floats, chance: float, theta_Q: Floats
) -> tuple[Floats, Floats]:
    """Two Fisher-scoring steps for all items at once."""
    for _ in range(2):
        s = 1 / (1 + np.exp(-np.clip(a_I[:, None] * theta_Q + d_I[:, None], -30, 30)))
        p = np.clip(chance + (1 - chance) * s, 1e-9, 1 - 1e-9)
        slope = (1 - chance) * s * (1 - s)
        score = (right_IQ - total_IQ * p) * slope / (p * (1 - p))
        weight = total_IQ * slope**2 / (p * (1 - p))
        g_a, g_d = (score * theta_Q).sum(axis=1), score.sum(axis=1)
        h_aa, h_ad, h_dd = (weight * theta_Q**2).sum(axis=1), (weight * theta_Q).sum(axis=1), weight.sum(axis=1)
        det = h_aa * h_dd - h_ad**2 + 1e-12
        a_I = np.clip(a_I + np.clip((h_dd * g_a - h_ad * g_d) / det, -1, 1), 0.01, MOST_SLOPE)
        d_I = d_I + np.clip((h_aa * g_d - h_ad * g_a) / det, -1, 1)
    return a_I, d_I


def _errors(answers: Answers, a_I: Floats, d_I: Floats, chance: float) -> Floats:
    """Return the covariance of (a, d) of each item, from the cross-products of the children's scores (all items)."""
    theta_Q, weight_Q = _quadrature()
    y, met = answers.filled_CI, answers.met_CI
    posterior_CQ = _posterior(y, met, a_I, d_I, chance, theta_Q, weight_Q)
    s = 1 / (1 + np.exp(-np.clip(a_I[:, None] * theta_Q + d_I[:, None], -30, 30)))
    p = np.clip(chance + (1 - chance) * s, 1e-9, 1 - 1e-9)
    ratio = (1 - chance) * s * (1 - s) / (p * (1 - p))
    first = y * (posterior_CQ @ ratio.T) - met * (posterior_CQ @ (ratio * p).T)
    second = y * (posterior_CQ @ (ratio * theta_Q).T) - met * (posterior_CQ @ (ratio * p * theta_Q).T)
    scores = np.stack([second, first], axis=2).reshape(len(y), -1)  # (a, d) of each item in turn
    inverse = np.linalg.pinv(scores.T @ scores)
    return np.array([inverse[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] for i in range(len(a_I))])


def ability(name: str, y_I: Floats, a_I: Floats, b_I: Floats, *, chance: float = 0.0, level: float = 0.95) -> Result:
    """Return the ability of one child given known item parameters: posterior mean with an equal-tailed interval.

    Args:
        name: Whose.
        y_I: Right 1, wrong 0, not a number where not asked.
        a_I: Slopes.
        b_I: Difficulties, of a(θ − b).
        chance: Guessing rate.
        level: Level of the interval.
    """
    met = np.isfinite(y_I)
    counts = (Count("items", int(met.sum())),)
    if not met.any():
        return withheld(name, "theta_map", "no item was answered", n=counts, unit="logits")
    theta = np.linspace(-6, 6, 601)
    p = chance + (1 - chance) / (1 + np.exp(-a_I[met, None] * (theta - b_I[met, None])))
    y = y_I[met, None]
    log = (y * np.log(p) + (1 - y) * np.log1p(-p)).sum(axis=0) + stats.norm.logpdf(theta)
    posterior = np.exp(log - log.max())
    posterior /= posterior.sum()
    mean = float(posterior @ theta)
    sd = float(np.sqrt(posterior @ (theta - mean) ** 2))
    below = np.cumsum(posterior)
    tail = (1 - level) / 2
    low, high = (float(np.interp(q, below, theta)) for q in (tail, 1 - tail))
    return Result(
        name, "theta_map", mean, Interval(low, high, level), counts, unit="logits", se=sd,
        assumptions=("item parameters are known", "ability is standard normal in its population"),
    )  # fmt: skip
