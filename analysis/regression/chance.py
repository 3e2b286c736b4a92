"""The link with chance: p = g + (1 − g − λ)·logistic(Xβ), g fixed, λ fixed or bounded, start values computed.

Started from zeros, a fit with this link may run away without a word. Start values are computed here from the share of
right answers, every fit is checked for convergence and separation, and one that has no finite maximum gives a reason.

Shapes: P observations, K coefficients (the first column of X is the intercept).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.result import Count, Interval, Result, Scope, Unit, withheld

Floats = NDArray[np.float64]
MOST_LAPSE = 0.1
STEEP = 25.0
STEPS = 60


@dataclass(frozen=True, slots=True)
class Lapse:
    """What is taken for the lapse rate λ: a fixed value, or the likeliest one up to ``most``.

    Attributes:
        fixed: The value when ``most`` is None.
        most: Upper bound of a fitted λ, at most 0.1; None keeps it fixed.
    """

    fixed: float = 0.0
    most: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.fixed <= MOST_LAPSE or not 0 <= (self.most or 0.0) <= MOST_LAPSE:
            raise ValueError(f"a lapse rate lies between 0 and {MOST_LAPSE}, fixed or bounded; it is never free")

    def words(self, value: float) -> str:
        """Say which lapse rate was used."""
        if self.most is None:
            return f"lapse rate fixed at {self.fixed:g}"
        at = " (at its bound)" if value >= self.most - 1e-4 else ""
        return f"lapse rate {value:.3g}, fitted between 0 and {self.most:g}{at}"


@dataclass(frozen=True, slots=True)
class ChanceFit:
    """A fitted regression.

    Attributes:
        beta_K: Coefficients; not a number when there is a reason.
        covariance_KK: From the expected information.
        log_likelihood: At the maximum.
        lapse: λ that was used.
        reason: Why there is no fit; empty when there is one.
    """

    beta_K: Floats
    covariance_KK: Floats
    log_likelihood: float
    lapse: float
    reason: str = ""


def start_values(right: float, total: float, chance: float, lapse: float, k: int) -> Floats:
    """Return the intercept at which the curve passes through the share of right answers, and zero slopes."""
    mastery = np.clip((right / total - chance) / (1 - chance - lapse), 0.02, 0.98)
    return np.concatenate([[np.log(mastery / (1 - mastery))], np.zeros(k - 1)])


def link_inverse(eta_P: Floats, chance: Floats | float, lapse: float) -> tuple[Floats, Floats]:
    """Return p and its derivative by η."""
    s = 1 / (1 + np.exp(-np.clip(eta_P, -30, 30)))
    top = 1 - chance - lapse
    return np.clip(chance + top * s, 1e-10, 1 - 1e-10), np.asarray(top * s * (1 - s))


def fit_chance(y_P: Floats, n_P: Floats, x_PK: Floats, chance: float, lapse: Lapse | None = None) -> ChanceFit:
    """Fit by maximum likelihood; a share of answers at or below chance, or perfect separation, gives a reason.

    Args:
        y_P: Sum of right answers of each observation, 0 to ``n_P``.
        n_P: Number of answers of each observation.
        x_PK: Predictors; the first column is constant.
        chance: g.
        lapse: λ fixed or bounded; fixed at 0 by default.
    """
    lapse = lapse or Lapse()
    reason = no_fit(y_P, n_P, chance, lapse.fixed if lapse.most is None else 0.0)
    k = x_PK.shape[1]
    if not reason and np.linalg.matrix_rank(x_PK[n_P > 0]) < k:
        reason = "the predictors do not vary independently of each other"
    if reason:
        return _nothing(k, lapse.fixed, reason)
    if lapse.most is None or lapse.most == 0:
        return _fit_fixed(y_P, n_P, x_PK, chance, lapse.fixed)
    found = optimize.minimize_scalar(
        lambda value: -_fit_fixed(y_P, n_P, x_PK, chance, float(value)).log_likelihood,
        bounds=(0.0, lapse.most), method="bounded", options={"xatol": 1e-6},
    )  # fmt: skip
    fits = [_fit_fixed(y_P, n_P, x_PK, chance, value) for value in (0.0, float(found.x), lapse.most)]
    return max(fits, key=lambda one: one.log_likelihood)


def no_fit(y_P: Floats, n_P: Floats, chance: float, lapse: float) -> str:
    """Say why there is nothing to fit; empty when there is."""
    right, total = float(y_P.sum()), float(n_P.sum())
    if total <= 0:
        return "no answers"
    if right / total <= chance:
        return f"{right / total:.0%} right is not above chance ({chance:.0%}), so there is no curve to fit"
    if right / total >= 1 - lapse:
        return "every answer is right, so there is no curve to fit"
    return ""


def _nothing(k: int, lapse: float, reason: str) -> ChanceFit:
    return ChanceFit(np.full(k, np.nan), np.full((k, k), np.nan), -np.inf, lapse, reason)


def _fit_fixed(y_P: Floats, n_P: Floats, x_PK: Floats, chance: float, lapse: float) -> ChanceFit:
    k = x_PK.shape[1]
    if float(y_P.sum()) / float(n_P.sum()) >= 1 - lapse:
        return _nothing(k, lapse, "accuracy is not below 1 − λ")
    beta = start_values(float(y_P.sum()), float(n_P.sum()), chance, lapse, k)
    likelihood = _log_likelihood(beta, y_P, n_P, x_PK, chance, lapse)
    for _ in range(STEPS):
        p, slope = link_inverse(x_PK @ beta, chance, lapse)
        weight = n_P * slope**2 / (p * (1 - p))
        information = (x_PK * weight[:, None]).T @ x_PK
        score = x_PK.T @ ((y_P - n_P * p) * slope / (p * (1 - p)))
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        beta, likelihood, moved = _ascend(beta, step, likelihood, y_P, n_P, x_PK, chance, lapse)
        if moved < 1e-10:
            break
    return _finished(beta, likelihood, n_P, x_PK, chance, lapse, float(np.abs(score).max()))


def _ascend(
    beta: Floats, step: Floats, likelihood: float, y_P: Floats, n_P: Floats, x_PK: Floats, chance: float, lapse: float
) -> tuple[Floats, float, float]:
    """Take the step, halved until the likelihood does not fall; return how far it went."""
    for _ in range(25):
        trial = _log_likelihood(beta + step, y_P, n_P, x_PK, chance, lapse)
        if trial >= likelihood - 1e-12:
            return beta + step, trial, float(np.abs(step).max())
        step = step / 2
    return beta, likelihood, 0.0


def _finished(
    beta: Floats, likelihood: float, n_P: Floats, x_PK: Floats, chance: float, lapse: float, score: float
) -> ChanceFit:
    eta = x_PK @ beta
    separated = not np.isfinite(beta).all() or float(np.abs(eta[n_P > 0]).max()) > STEEP
    p, slope = link_inverse(eta, chance, lapse)
    information = (x_PK * (n_P * slope**2 / (p * (1 - p)))[:, None]).T @ x_PK
    if separated or np.linalg.cond(information) > 1e14:
        why = "right and wrong separate perfectly along a predictor, so its slope has no finite value"
        return _nothing(len(beta), lapse, why)
    if score > 1e-3 * max(1.0, float(np.abs(x_PK).max())):
        return _nothing(len(beta), lapse, "the fit did not settle")
    return ChanceFit(beta, np.linalg.inv(information), likelihood, lapse)


def _log_likelihood(beta: Floats, y_P: Floats, n_P: Floats, x_PK: Floats, chance: float, lapse: float) -> float:
    p, _ = link_inverse(x_PK @ beta, chance, lapse)
    return float(np.sum(y_P * np.log(p) + (n_P - y_P) * np.log1p(-p)))


def coefficients(
    names: Sequence[str],
    method: str,
    beta_K: Floats,
    se_K: Floats,
    *,
    df: float | None,
    level: float,
    n: tuple[Count, ...],
    reason: str = "",
    unit: Unit = "logits",
    scope: Scope = "",
    assumptions: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> tuple[Result, ...]:
    """Turn coefficients and errors into results with Wald intervals, t where ``df`` is given, else normal.

    The p-value is two-sided, against zero.
    """
    if reason:
        return tuple(withheld(name, method, reason, n=n, unit=unit) for name in names)
    law = stats.norm if df is None else stats.t(df)
    critical = float(law.isf((1 - level) / 2))
    found = []
    for name, value, error in zip(names, beta_K.tolist(), se_K.tolist(), strict=True):
        fine = np.isfinite(error) and error > 0
        interval = Interval(value - critical * error, value + critical * error, level) if fine else None
        p = float(2 * law.sf(abs(value) / error)) if fine else None
        notes = warnings if fine else (*warnings, "the error could not be computed: no interval")
        found.append(
            Result(
                name, method, value, interval, n, None, p, assumptions, notes, unit=unit, se=error if fine else None,
                df=df, scope=scope,
            )
        )  # fmt: skip
    return tuple(found)
