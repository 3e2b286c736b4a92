"""Accuracy as a function of age or of hours seen: p = g + (1 − g − λ)·logistic(a + b·x), chance g fixed, λ bounded.

An ordinary logistic regression would let a guesser fall below chance; here the curve starts at chance. Maximum
likelihood by Newton's method with Fisher scoring from computed start values, for one data set or for all bootstrap
draws at once. A curve that is not above chance, or that separates perfectly, gives a reason and no numbers.

Shapes: P points (a person's session, or a checkpoint), B draws, G places where the curve is read off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.regression.chance import Lapse
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
        lapse: λ, fixed or the likeliest within its bound.
        x_G: Where the curve was read off.
        p_G: The curve there.
        low_G: Lower limit, pointwise.
        high_G: Upper limit, pointwise.
        drawn_B3: a, b and λ of every usable bootstrap draw, for what is read off the curve.
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
    drawn_B3: Floats = field(default_factory=lambda: np.empty((0, 3)), repr=False, compare=False)

    @property
    def fitted(self) -> bool:
        """True when there is a curve to draw."""
        return self.slope.estimate is not None

    def at(self, x: float) -> float:
        """Return the accuracy that the curve gives at ``x``."""
        eta = self.intercept + (self.slope.estimate or 0.0) * (x - self.centre)
        return float(self.chance + (1 - self.chance - self.lapse) * _logistic(np.asarray(eta)))

    def drawn_at(self, x: float) -> Floats:
        """Return the accuracy at ``x`` of every usable draw."""
        a_B, b_B, lapse_B = self.drawn_B3.T
        return np.asarray(self.chance + (1 - self.chance - lapse_B) * _logistic(a_B + b_B * (x - self.centre)))

    def inverse(self, p: float) -> float:
        """Return the x at which the curve reaches ``p``; infinite where it never does."""
        return float(
            self._inverse(np.array(p), np.array([[self.intercept, self.slope.estimate or 0.0, self.lapse]]))[0]
        )

    def drawn_inverse(self, p_B: Floats | float) -> Floats:
        """Return the same for every usable draw; ``p_B`` may differ between draws."""
        return self._inverse(np.asarray(p_B, dtype=float), self.drawn_B3)

    def _inverse(self, p: Floats, abl_B3: Floats) -> Floats:
        a_B, b_B, lapse_B = abl_B3.T
        top = 1 - self.chance - lapse_B
        share = (p - self.chance) / top
        with np.errstate(divide="ignore", invalid="ignore"):
            logit = np.log(np.clip(share, 0, None) / np.clip(1 - share, 0, None))
            return np.asarray(self.centre + (logit - a_B) / b_B)


def fit_curve(
    name: str,
    x_P: Floats,
    data: Crossed,
    *,
    chance: float,
    lapse: Lapse | None = None,
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
        lapse: λ, fixed or bounded; fixed at 0 unless stated beforehand.
        level: Confidence level of the pointwise band.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        places: Number of places to read the curve off.
        persons: False when the rows are checkpoints of one model: then only items are drawn.
    """
    k_P, n_P = data.y_CJ.sum(axis=1), data.n_CJ.sum(axis=1)
    counts = (Count("points", len(x_P)), Count("items", data.items), Count("trials", round(float(n_P.sum()))))
    lapse = lapse or Lapse()
    reason = _no_curve(x_P, k_P, n_P, chance, lapse.fixed if lapse.most is None else 0.0)
    if reason:
        return _none(name, reason, counts, chance)
    centre = float(np.average(x_P, weights=n_P))
    a, b, best = (float(v) for v in _fit_lapse(x_P - centre, k_P[None], n_P[None], chance, lapse)[0])
    spread = float(np.ptp(x_P))
    if not np.isfinite(a) or abs(b) * spread > 2 * STEEPEST:
        why = "right and wrong separate perfectly along x, so the slope has no finite value"
        return _none(name, why, counts, chance)
    w_BC, w_BI = draw_weights(data, draws, seed)
    if not persons:
        w_BC = np.ones_like(w_BC)
    drawn_B3 = _fit_lapse(x_P - centre, *_weighted(data, w_BC, w_BI), chance, lapse)
    fine = np.isfinite(drawn_B3).all(axis=1) & (np.abs(drawn_B3[:, 1]) * spread <= 4 * STEEPEST)
    drawn_B3 = drawn_B3[fine]
    x_G = np.linspace(x_P.min(), x_P.max(), places)
    slope = _slope(name, b, drawn_B3, level, counts, chance, draws, lapse.words(best))
    low_G, high_G = _band(drawn_B3, x_G - centre, level, chance)
    p_G = _p(a + b * (x_G - centre), chance, best)
    return Curve(slope, a, centre, chance, best, tuple(x_G), tuple(p_G), tuple(low_G), tuple(high_G), drawn_B3)


def _none(name: str, reason: str, counts: tuple[Count, ...], chance: float) -> Curve:
    why = withheld(f"{name}: slope", "chance_curve", reason, n=counts, chance=chance, unit="log odds per unit")
    return Curve(why, chance=chance)


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


def _fit_lapse(x_P: Floats, k_BP: Floats, n_BP: Floats, chance: float, lapse: Lapse) -> Floats:
    """Return a, b and λ of every row of counts; a bounded λ is the likeliest of 21 values from 0 to its bound."""
    if lapse.most is None:
        return np.column_stack([_fit(x_P, k_BP, n_BP, chance, lapse.fixed), np.full(len(k_BP), lapse.fixed)])
    best, likeliest = np.full((len(k_BP), 3), np.nan), np.full(len(k_BP), -np.inf)
    for value in np.linspace(0, lapse.most, 21):
        ab_B2 = _fit(x_P, k_BP, n_BP, chance, float(value))
        p_BP = np.clip(_p(ab_B2[:, :1] + ab_B2[:, 1:] * x_P, chance, float(value)), 1e-10, 1 - 1e-10)
        likelihood_B = (k_BP * np.log(p_BP) + (n_BP - k_BP) * np.log1p(-p_BP)).sum(axis=1)
        better = np.isfinite(ab_B2).all(axis=1) & (likelihood_B > likeliest)
        best[better] = np.column_stack([ab_B2, np.full(len(ab_B2), value)])[better]
        likeliest = np.where(better, likelihood_B, likeliest)
    return best


def _weighted(data: Crossed, w_BC: Floats, w_BI: Floats) -> tuple[Floats, Floats]:
    w_BJ = w_BI[:, data.item_J]
    return w_BC * (w_BJ @ data.y_CJ.T), w_BC * (w_BJ @ data.n_CJ.T)


def _slope(
    name: str,
    b: float,
    drawn_B3: Floats,
    level: float,
    counts: tuple[Count, ...],
    chance: float,
    draws: int,
    lapse_words: str,
) -> Result:
    lost = draws - len(drawn_B3)
    warnings = (f"{lost} of {draws} draws gave no finite slope and were set aside",) if lost > draws / 100 else ()
    interval = None
    if lost <= draws / 2:
        tail = (1 - level) / 2
        low, high = np.quantile(drawn_B3[:, 1], [tail, 1 - tail])
        interval = Interval(float(low), float(high), level)
    assumed = (
        f"chance is known; {lapse_words}",
        "accuracy changes monotonically",
        "band: percentiles, conservative",
    )
    return Result(
        f"{name}: slope", "chance_curve", b, interval, counts, chance, None, assumed, warnings,
        unit="log odds per unit", scope="population-averaged",
    )  # fmt: skip


def _band(drawn_B3: Floats, x_G: Floats, level: float, chance: float) -> tuple[Floats, Floats]:
    """Pointwise limits of p; everything from chance to 1 when too few draws could be used."""
    if len(drawn_B3) < 20:
        return np.full(len(x_G), chance), np.full(len(x_G), 1.0)
    top_B1 = 1 - chance - drawn_B3[:, 2:]
    p_BG = chance + top_B1 * _logistic(drawn_B3[:, :1] + drawn_B3[:, 1:2] * x_G)
    tail = (1 - level) / 2
    low, high = np.quantile(p_BG, [tail, 1 - tail], axis=0)
    return low, high


def _logistic(eta: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(eta, -500, 500))))


def _p(eta: Floats, chance: float, lapse: float) -> Floats:
    return chance + (1 - chance - lapse) * _logistic(eta)
