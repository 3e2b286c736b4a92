"""How far a model's choices are from the children's: DevBench's divergence, with β fitted or common.

For each trial the children's shares of the options stand against softmax(β·score). The divergence is convex in β, so
its least value in [0.025, 40] is found exactly; the range of β within 1 % of it says how well β is known, and a
flag says when it lies at a bound.

Shapes: T trials, O options. Options that do not exist in a trial are not a number in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.result import Check, Count, Result, withheld

Floats = NDArray[np.float64]
BOUNDS = (0.025, 40.0)
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Divergence:
    """The divergence of one model from one group of children.

    Attributes:
        result: Mean divergence over trials, in nats.
        beta: Where it is least, or the common one; not a number when withheld.
        beta_low: Least β whose divergence is within 1 % of it.
        beta_high: Greatest such β.
        at_bound: True when β lies at a bound of its range.
        uniform: Divergence of a model without preferences (β = 0).
    """

    result: Result
    beta: float = np.nan
    beta_low: float = np.nan
    beta_high: float = np.nan
    at_bound: bool = False
    uniform: float = np.nan


def divergence_at(human_TO: Floats, score_TO: Floats, beta: float) -> float:
    """Return the mean over trials of KL(human ‖ softmax(β·score)), nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(human_TO > 0, human_TO * np.log(human_TO), 0.0)
    there = np.isfinite(score_TO)
    scaled = np.where(there, beta * score_TO, -np.inf)
    top = scaled.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
    expected = np.where(there, human_TO * np.where(there, score_TO, 0.0), 0.0).sum(axis=1)
    mass = np.where(there, human_TO, 0.0).sum(axis=1)
    return float((np.where(there, entropy, 0.0).sum(axis=1) - beta * expected + mass * log_sum).mean())


def _slope(human_TO: Floats, score_TO: Floats, beta: float) -> float:
    there = np.isfinite(score_TO)
    score = np.where(there, score_TO, 0.0)
    scaled = np.where(there, beta * score_TO, -np.inf)
    share = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    human = np.where(there, human_TO, 0.0)
    return float(((share * human.sum(axis=1, keepdims=True) - human) * score).sum(axis=1).mean())


def best_beta(human_TO: Floats, score_TO: Floats) -> float:
    """Return the β in `BOUNDS` of the least divergence: the root of a slope that only rises, or a bound."""
    low, high = BOUNDS
    if _slope(human_TO, score_TO, low) >= 0:
        return low
    if _slope(human_TO, score_TO, high) <= 0:
        return high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(human_TO, score_TO, middle) < 0 else (low, middle)
    return (low + high) / 2


def divergence(name: str, human_TO: Floats, score_TO: Floats, *, beta: float | None = None) -> Divergence:
    """Return the divergence over the trials that have both children and scores.

    Args:
        name: What is compared.
        human_TO: Children's shares of the options; rows without data are not a number throughout.
        score_TO: The model's scores of the same options (log-probabilities or similarities).
        beta: A β fixed beforehand, to compare models or ages at a common one; fitted when None.
    """
    there = np.isfinite(human_TO).any(axis=1) & np.isfinite(score_TO).any(axis=1)
    human, score = human_TO[there], score_TO[there]
    counts = (Count("trials", int(there.sum())),)
    if not there.any():
        return Divergence(withheld(name, "devbench_kl", "no trial has both", n=counts, unit="nats"))
    score = score - np.nanmean(score, axis=1, keepdims=True)
    if np.nanmax(np.abs(score)) < 1e-12:
        return Divergence(withheld(name, "devbench_kl", "the model scores all options alike", n=counts, unit="nats"))
    at = best_beta(human, score) if beta is None else beta
    value = divergence_at(human, score, at)
    at_bound = beta is None and (at <= BOUNDS[0] * 1.0001 or at >= BOUNDS[1] * 0.9999)
    low, high = _range(human, score, at, value) if beta is None else (at, at)
    check = Check("β lies within its bounds", not at_bound, f"β = {at:.4g}, within 1 % from {low:.3g} to {high:.3g}")
    warning = (
        (f"β lies at its bound ({at:g}): the scores are on an unfit scale or carry no preference",) if at_bound else ()
    )
    result = Result(
        name, "devbench_kl", value, None, counts, unit="nats", checks=(check,), warnings=warning,
        assumptions=("children's shares are taken as known", "one β for all trials"),
    )  # fmt: skip
    return Divergence(result, at, low, high, at_bound, divergence_at(human, score, 0.0))


def common_beta(pairs: Sequence[tuple[Floats, Floats]]) -> float:
    """Return one β for several sets of trials (age bins or models), each set weighing the same.

    The sets may differ in size; trials without data are left out.
    """
    low, high = BOUNDS
    prepared = []
    for human, score in pairs:
        there = np.isfinite(human).any(axis=1) & np.isfinite(score).any(axis=1)
        if there.any():
            prepared.append((human[there], score[there] - np.nanmean(score[there], axis=1, keepdims=True)))
    if not prepared:
        return np.nan

    def slope(beta: float) -> float:
        return float(np.mean([_slope(human, score, beta) for human, score in prepared]))

    if slope(low) >= 0:
        return low
    if slope(high) <= 0:
        return high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2


def _range(human: Floats, score: Floats, at: float, least: float) -> tuple[float, float]:
    """Return the β on both sides at which the divergence is 1 % above its least, or the bound."""
    limit = least * (1 + TOLERANCE)

    def edge(inside: float, outside: float) -> float:
        if divergence_at(human, score, outside) <= limit:
            return outside
        for _ in range(60):
            middle = (inside + outside) / 2
            if divergence_at(human, score, middle) <= limit:
                inside = middle
            else:
                outside = middle
        return inside

    return edge(at, BOUNDS[0]), edge(at, BOUNDS[1])
