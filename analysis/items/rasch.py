"""The Rasch model by conditional maximum likelihood: item difficulties without a word about the children's spread.

Given a child's sum score, the ability falls out of the likelihood; what is left are elementary symmetric functions of
the item parameters. Children who met different items (a stop rule, an adaptive test) are grouped by what they met.
Difficulties are in logits with mean 0, as `eRm::RM` gives them with ``sum0 = TRUE`` (eRm prints easiness, the
negative).

Shapes: C children, I items, S sum scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.items.matrix import Answers
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
FEWEST = 50
FEWEST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Children who met the same items: which, their item sums, and how many have each sum score."""

    items: NDArray[np.intp]
    right_I: Floats
    scores_S: Floats


def symmetric(eps_I: Floats) -> Floats:
    """Return the elementary symmetric functions γ₀ … γ_I of positive item parameters, by the summation algorithm."""
    gamma = np.zeros(len(eps_I) + 1)
    gamma[0] = 1.0
    for at, value in enumerate(eps_I):
        gamma[1 : at + 2] += gamma[: at + 1].copy() * value
    return gamma


def rasch(answers: Answers, *, level: float = 0.95) -> tuple[Result, ...]:
    """Return the difficulty of every item; refused below 50 children.

    Items that everyone or no one got right have no finite difficulty and say so; children with none or all right carry
    no information and are left out.

    Args:
        answers: Right 1, wrong 0, not a number where not asked.
        level: Confidence level.
    """
    children = len(answers.children)
    counts = (Count("children", children), Count("items", len(answers.items)))
    if children < FEWEST:
        why = f"{children} children; a Rasch model needs at least {FEWEST}"
        return tuple(withheld(item, "rasch", why, n=counts, unit="logits") for item in answers.items)
    share = answers.difficulty()
    usable = np.isfinite(share) & (share > 0) & (share < 1)
    kept = answers.keep(usable)
    if len(kept.items) < FEWEST_ITEMS:
        why = f"fewer than {FEWEST_ITEMS} items that some got right and some wrong"
        return tuple(withheld(item, "rasch", why, n=counts, unit="logits") for item in answers.items)
    beta, covariance, reason = fit_rasch(kept)
    z = float(stats.norm.isf((1 - level) / 2))
    found = iter(zip(beta.tolist(), np.sqrt(np.diag(covariance)).tolist(), strict=True))
    results = []
    for item, fine, p in zip(answers.items, usable, share, strict=True):
        if not fine:
            why = "no answers" if not np.isfinite(p) else f"{'everyone' if p == 1 else 'no one'} got it right"
            results.append(withheld(item, "rasch", why, n=counts, unit="logits"))
            continue
        value, se = next(found)
        if reason:
            results.append(withheld(item, "rasch", reason, n=counts, unit="logits"))
            continue
        results.append(
            Result(
                item, "rasch", value, Interval(value - z * se, value + z * se, level), counts, unit="logits", se=se,
                assumptions=("one ability", "all items discriminate equally", "answers are independent given ability"),
            )
        )  # fmt: skip
    return tuple(results)


def fit_rasch(answers: Answers) -> tuple[Floats, Floats, str]:
    """Return difficulties (mean 0), their covariance, and a reason when there are none."""
    items = len(answers.items)
    patterns = _patterns(answers)
    if not patterns:
        return np.full(items, np.nan), np.full((items, items), np.nan), "no child got some items right and some wrong"

    def negative(free: Floats) -> tuple[float, Floats]:
        value, gradient = _conditional(np.concatenate([[0.0], free]), patterns)
        return -value, -gradient[1:]

    best = optimize.minimize(negative, np.zeros(items - 1), jac=True, method="BFGS", options={"gtol": 1e-7})
    free = np.asarray(best.x)
    if np.abs(free).max() > 15:
        return (
            np.full(items, np.nan),
            np.full((items, items), np.nan),
            "the data are ill-conditioned: items never overlap",
        )
    hessian = _hessian(negative, free)
    full = np.zeros((items, items))
    full[1:, 1:] = np.linalg.pinv(hessian)
    centre = np.eye(items) - 1 / items
    return centre @ np.concatenate([[0.0], free]), centre @ full @ centre.T, ""


def _patterns(answers: Answers) -> list[_Pattern]:
    met = np.isfinite(answers.y_CI)
    kinds, which = np.unique(met, axis=0, return_inverse=True)
    found = []
    for at, kind in enumerate(kinds):
        y = (answers.y_CI[which.ravel() == at][:, kind] > 0.5).astype(float)
        total = y.sum(axis=1)
        y = y[(total > 0) & (total < kind.sum())]
        if len(y):
            scores = np.bincount(y.sum(axis=1).astype(int), minlength=int(kind.sum()) + 1).astype(float)
            found.append(_Pattern(np.flatnonzero(kind), y.sum(axis=0), scores))
    return found


def _conditional(beta: Floats, patterns: list[_Pattern]) -> tuple[float, Floats]:
    """Return the conditional log-likelihood and its gradient by difficulty."""
    value, gradient = 0.0, np.zeros(len(beta))
    for one in patterns:
        b = beta[one.items]
        eps = np.exp(-(b - b.mean()))
        gamma = symmetric(eps)
        inside = one.scores_S > 0
        value += float(-(one.right_I @ (b - b.mean())) - one.scores_S[inside] @ np.log(gamma[inside]))
        weight = one.scores_S[1:] / gamma[1:]
        expected = np.array([eps[i] * (weight @ symmetric(np.delete(eps, i))) for i in range(len(b))])
        gradient[one.items] += expected - one.right_I
    return value, gradient


def _hessian(negative: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    """Return the Hessian by central differences of the gradient."""
    size, h = len(at), 1e-4
    found = np.empty((size, size))
    for i in range(size):
        step = np.zeros(size)
        step[i] = h
        found[i] = (negative(at + step)[1] - negative(at - step)[1]) / (2 * h)
    return (found + found.T) / 2
