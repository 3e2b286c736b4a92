"""Accuracy as a function of age or of hours seen: p = g + (1 − g − λ)·logistic(a + b·x), chance g and lapse λ fixed.

An ordinary logistic regression would let a guesser fall below chance; here the curve starts at chance. Maximum
likelihood by Newton's method with Fisher scoring from computed start values, for one data set or for all bootstrap
draws at once. A curve that is not above chance, or that separates perfectly, gives a reason and no numbers.

Shapes: P points (a person's session, or a checkpoint), B draws, G places where the curve is read off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Count, Interval, Result, withheld
from analysis.twoway import Crossed, draw_weights

Floats = NDArray[np.float64]
STEPS = 40
STEEPEST = 12.0
FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted curve, or why there is none.

    Attributes:
        slope: Result for b, in logits per unit of x.
        intercept: a, at x = ``centre``.
        centre: Where x is centred.
        chance: g.
        lapse: λ.
        x_G: Where the curve was read off.
        p_G: The curve there.
        low_G: Lower limit, pointwise.
        high_G: Upper limit, pointwise.
    """

    slope: Result
    intercept: float = 0.0
    centre: float = 0.0
    chance: float = 0.0
    lapse: float = 0.0
    x_G: tuple[float, ...] = ()
    p_G: tuple[float, ...] = ()
    low_G: tuple[float, ...] = ()
    high_G: tuple[float, ...] = ()

    @property
    def fitted(self) -> bool:
        """True when there is a curve to draw."""
        return self.slope.estimate is not None

    def at(self, x: float) -> float:
        """Return the accuracy that the curve gives at ``x``."""
        eta = self.intercept + (self.slope.estimate or 0.0) * (x - self.centre)
        return float(self.chance + (1 - self.chance - self.lapse) * _logistic(np.asarray(eta)))


def fit_curve(
    name: str,
    x_P: Floats,
    data: Crossed,
    *,
    chance: float,
    lapse: float = 0.0,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 1,
    places: int = 61,
    persons: bool = True,
) -> Curve:
    """Fit the curve, with a band from drawing persons and items anew.

    Args:
        name: What is described.
        x_P: Age or log10(hours) of each row of ``data``.
        data: Scores, one row a point.
        chance: g, fixed.
        lapse: λ, fixed; 0 unless stated beforehand.
        level: Confidence level of the pointwise band.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        places: Number of places to read the curve off.
        persons: False when the rows are checkpoints of one model: then only items are drawn.
    """
    k_P, n_P = data.y_CJ.sum(axis=1), data.n_CJ.sum(axis=1)
    counts = (Count("points", len(x_P)), Count("items", data.items), Count("trials", round(float(n_P.sum()))))
    reason = _no_curve(x_P, k_P, n_P, chance, lapse)
    if reason:
        return Curve(withheld(f"{name}: slope", "chance_curve", reason, n=counts, chance=chance))
    centre = float(np.average(x_P, weights=n_P))
    ab_B2 = _fit(x_P - centre, k_P[None], n_P[None], chance, lapse)
    a, b = (float(v) for v in ab_B2[0])
    spread = float(np.ptp(x_P))
    if not np.isfinite(a) or abs(b) * spread > 2 * STEEPEST:
        why = "right and wrong separate perfectly along x, so the slope has no finite value"
        return Curve(withheld(f"{name}: slope", "chance_curve", why, n=counts, chance=chance))
    w_BC, w_BI = draw_weights(data, draws, seed)
    if not persons:
        w_BC = np.ones_like(w_BC)
    drawn_B2 = _fit(x_P - centre, *_weighted(data, w_BC, w_BI), chance, lapse)
    fine = np.isfinite(drawn_B2).all(axis=1) & (np.abs(drawn_B2[:, 1]) * spread <= 4 * STEEPEST)
    x_G = np.linspace(x_P.min(), x_P.max(), places)
    slope, band = (
        _slope(name, b, drawn_B2[fine], level, counts, chance, draws),
        _band(drawn_B2[fine], x_G - centre, level),
    )
    p_G = _p(a + b * (x_G - centre), chance, lapse)
    low_G, high_G = (_p(eta, chance, lapse) for eta in band)
    return Curve(slope, a, centre, chance, lapse, tuple(x_G), tuple(p_G), tuple(low_G), tuple(high_G))


def _no_curve(x_P: Floats, k_P: Floats, n_P: Floats, chance: float, lapse: float) -> str:
    seen = n_P > 0
    if len(np.unique(x_P[seen])) < FEWEST_POINTS:
        return f"fewer than {FEWEST_POINTS} different ages or checkpoints"
    right, total = float(k_P.sum()), float(n_P.sum())
    if right / total <= chance or float(stats.binom.sf(round(right) - 1, round(total), chance)) > 0.05:
        return f"{right / total:.0%} right is not above chance ({chance:.0%}), so there is no curve to fit"
    if right / total >= 1 - lapse:
        return "every answer is right, so there is no curve to fit"
    return ""


def _fit(x_P: Floats, k_BP: Floats, n_BP: Floats, chance: float, lapse: float) -> Floats:
    """Maximum likelihood by Fisher scoring for every row of counts; rows that do not settle come back as NaN."""
    top = 1 - chance - lapse
    share_B = k_BP.sum(axis=1) / np.maximum(n_BP.sum(axis=1), 1e-9)
    mastery = np.clip((share_B - chance) / top, 0.02, 0.98)
    a_B, b_B = np.log(mastery / (1 - mastery)), np.zeros(len(k_BP))
    step = np.full((len(k_BP), 2), np.inf)
    for _ in range(STEPS):
        s = _logistic(np.clip(a_B[:, None] + b_B[:, None] * x_P, -30, 30))
        p = np.clip(chance + top * s, 1e-9, 1 - 1e-9)
        slope = top * s * (1 - s)
        score = (k_BP - n_BP * p) * slope / (p * (1 - p))
        weight = n_BP * slope**2 / (p * (1 - p))
        g0, g1 = score.sum(axis=1), (score * x_P).sum(axis=1)
        h00, h01, h11 = weight.sum(axis=1), (weight * x_P).sum(axis=1), (weight * x_P**2).sum(axis=1)
        h00, h11 = h00 + 1e-9, h11 + 1e-9
        det = h00 * h11 - h01**2
        step = np.stack([(h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det], axis=1)
        step = np.clip(step, -2, 2)
        a_B, b_B = a_B + step[:, 0], b_B + step[:, 1]
        if np.nanmax(np.abs(step)) < 1e-9:
            break
    settled = np.abs(step).max(axis=1) < 1e-5
    return np.where(settled[:, None], np.stack([a_B, b_B], axis=1), np.nan)


def _weighted(data: Crossed, w_BC: Floats, w_BI: Floats) -> tuple[Floats, Floats]:
    w_BJ = w_BI[:, data.item_J]
    return w_BC * (w_BJ @ data.y_CJ.T), w_BC * (w_BJ @ data.n_CJ.T)


def _slope(
    name: str, b: float, drawn_B2: Floats, level: float, counts: tuple[Count, ...], chance: float, draws: int
) -> Result:
    lost = draws - len(drawn_B2)
    warnings = (f"{lost} of {draws} draws gave no finite slope and were set aside",) if lost > draws / 100 else ()
    if lost > draws / 2:
        return Result(f"{name}: slope", "chance_curve", b, None, counts, chance, warnings=warnings)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn_B2[:, 1], [tail, 1 - tail])
    assumed = ("chance and lapse rate are known", "accuracy changes monotonically", "band: percentiles, conservative")
    return Result(
        f"{name}: slope",
        "chance_curve",
        b,
        Interval(float(low), float(high), level),
        counts,
        chance,
        None,
        assumed,
        warnings,
    )


def _band(drawn_B2: Floats, x_G: Floats, level: float) -> tuple[Floats, Floats]:
    """Pointwise limits of η; the whole plane when no draw could be used."""
    if len(drawn_B2) < 20:
        return np.full(len(x_G), -np.inf), np.full(len(x_G), np.inf)
    eta_BG = drawn_B2[:, :1] + drawn_B2[:, 1:] * x_G
    tail = (1 - level) / 2
    low, high = np.quantile(eta_BG, [tail, 1 - tail], axis=0)
    return low, high


def _logistic(eta: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(eta, -500, 500))))


def _p(eta: Floats, chance: float, lapse: float) -> Floats:
    return chance + (1 - chance - lapse) * _logistic(eta)
