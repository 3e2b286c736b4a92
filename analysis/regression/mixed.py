"""Child-specific slopes: the mixed logit with crossed intercepts of children and items, by Laplace approximation.

Children and items are crossed, so the integral has no small pieces. At the mode of the random intercepts (found by
penalised Fisher scoring) the Laplace approximation of the deviance is minimised over coefficients and the two standard
deviations; errors come from its Hessian. This is what ``lme4::glmer`` computes with ``nAGQ = 1``, here with a chance
level in the link too. The blocks of children and of items are each diagonal, so one is eliminated and only the smaller
is factorised.

Shapes: P observations, K coefficients, C children, I items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from analysis.regression.blocks import Blocks
from analysis.regression.chance import Floats, coefficients, fit_chance, link_inverse
from analysis.result import Count, Result, withheld

ASSUMED = ("children and items are random samples with normally distributed intercepts", "answers are independent else")
FEWEST = 5
TIGHT: Any = {"ftol": 1e-13, "gtol": 1e-5, "maxiter": 200}


@dataclass(slots=True)
class _Deviance:
    """The Laplace deviance as a function of (β, σ_children, σ_items); keeps the last modes as the next start."""

    y_P: Floats
    n_P: Floats
    x_PK: Floats
    child_P: NDArray[np.intp]
    item_P: NDArray[np.intp]
    chance: float
    sizes: tuple[int, int]
    modes: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.modes = np.zeros(sum(self.sizes))

    def __call__(self, parameters: Floats) -> float:
        k = self.x_PK.shape[1]
        fixed, sigma = self.x_PK @ parameters[:k], parameters[k:]
        u = self.modes
        penalised = self._penalised(u, fixed, sigma)
        for _ in range(50):
            gradient, blocks = self._curvature(u, fixed, sigma)
            step = blocks.solve(gradient)[0]
            u, penalised = self._descend(u, step, penalised, fixed, sigma)
            if np.abs(step).max() < 1e-7:
                break
        self.modes = u
        gradient, blocks = self._curvature(u, fixed, sigma)
        return penalised + blocks.solve(gradient)[1]

    def gradient(self, parameters: Floats) -> Floats:
        """Return the gradient by central differences; forward ones are lost in the rounding of a large deviance."""
        found = np.empty_like(parameters)
        for at in range(len(parameters)):
            step = np.zeros_like(parameters)
            step[at] = 1e-4
            found[at] = (self(parameters + step) - self(parameters - step)) / 2e-4
        return found

    def _eta(self, u: Floats, fixed: Floats, sigma: Floats) -> Floats:
        children = self.sizes[0]
        return fixed + sigma[0] * u[:children][self.child_P] + sigma[1] * u[children:][self.item_P]

    def _penalised(self, u: Floats, fixed: Floats, sigma: Floats) -> float:
        p, _ = link_inverse(self._eta(u, fixed, sigma), self.chance, 0.0)
        likelihood = np.sum(self.y_P * np.log(p) + (self.n_P - self.y_P) * np.log1p(-p))
        return float(-2 * likelihood + u @ u)

    def _descend(self, u: Floats, step: Floats, before: float, fixed: Floats, sigma: Floats) -> tuple[Floats, float]:
        for _ in range(20):
            value = self._penalised(u + step, fixed, sigma)
            if value <= before + 1e-9 * (1 + abs(before)):
                return u + step, value
            step = step / 2
        return u, before

    def _curvature(self, u: Floats, fixed: Floats, sigma: Floats) -> tuple[Floats, Blocks]:
        p, slope = link_inverse(self._eta(u, fixed, sigma), self.chance, 0.0)
        score = (self.y_P - self.n_P * p) * slope / (p * (1 - p))
        weight = self.n_P * slope**2 / (p * (1 - p))
        children, items = self.sizes
        gradient = np.concatenate(
            [
                sigma[0] * np.bincount(self.child_P, score, children),
                sigma[1] * np.bincount(self.item_P, score, items),
            ]
        )
        cross = sparse.coo_matrix((weight, (self.child_P, self.item_P)), shape=self.sizes).toarray()
        blocks = Blocks(
            1 + sigma[0] ** 2 * cross.sum(axis=1), 1 + sigma[1] ** 2 * cross.sum(axis=0), sigma[0] * sigma[1] * cross
        )
        return gradient - u, blocks


@dataclass(frozen=True, slots=True)
class MixedFit:
    """A fitted mixed logit: coefficients, their covariance, standard deviations of children and items, deviance."""

    beta_K: Floats
    covariance_KK: Floats
    sd_children: float
    sd_items: float
    deviance: float
    reason: str = ""


def fit_mixed(
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    item_P: NDArray[np.generic],
    *,
    chance: float = 0.0,
) -> MixedFit:
    """Fit the mixed logit; too few children or items, separation and constant answers give a reason."""
    k = x_PK.shape[1]
    start = fit_chance(y_P, n_P, x_PK, chance)
    children, child = np.unique(child_P, return_inverse=True)
    items, item = np.unique(item_P, return_inverse=True)
    few = min(len(children), len(items))
    reason = start.reason or (f"{few} children or items are too few for random intercepts" if few < FEWEST else "")
    if reason:
        return MixedFit(np.full(k, np.nan), np.full((k, k), np.nan), np.nan, np.nan, np.nan, reason)
    scale = _scale(x_PK)
    objective = _Deviance(y_P, n_P, x_PK @ scale, child, item, chance, (len(children), len(items)))
    begin = np.concatenate([np.linalg.solve(scale, start.beta_K), [0.5, 0.5]])
    bounds = [(-30.0, 30.0)] * k + [(0.0, 15.0)] * 2
    best = optimize.minimize(objective, begin, method="L-BFGS-B", jac=objective.gradient, bounds=bounds, options=TIGHT)
    at = np.asarray(best.x, dtype=float)
    if np.abs(at[:k]).max() > 29 or at[k:].max() > 14.9:
        reason = "the random intercepts or a slope run away: answers separate perfectly"
    free = np.concatenate([np.ones(k, dtype=bool), at[k:] > 1e-4])
    covariance = _covariance(objective, at, free)[:k, :k]
    return MixedFit(
        scale @ at[:k], scale @ covariance @ scale.T, float(at[k]), float(at[k + 1]), float(best.fun), reason
    )


def _scale(x_PK: Floats) -> Floats:
    """Return the matrix that makes every column but the first centred and of unit spread (β = scale @ β')."""
    k = x_PK.shape[1]
    scale = np.eye(k)
    for column in range(1, k):
        spread = float(x_PK[:, column].std()) or 1.0
        scale[column, column] = 1 / spread
        scale[0, column] = -float(x_PK[:, column].mean()) / spread
    return scale


def _covariance(objective: _Deviance, at: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return twice the inverse Hessian of the deviance, by central differences, over parameters off their bound."""
    places = np.flatnonzero(free)
    h = 1e-3
    m = len(places)
    hessian = np.zeros((m, m))
    middle = objective(at)
    for i in range(m):
        for j in range(i + 1):
            e_i, e_j = np.zeros_like(at), np.zeros_like(at)
            e_i[places[i]], e_j[places[j]] = h, h
            if i == j:
                value = (objective(at + e_i) - 2 * middle + objective(at - e_i)) / h**2
            else:
                value = (
                    objective(at + e_i + e_j) - objective(at + e_i - e_j)
                    - objective(at - e_i + e_j) + objective(at - e_i - e_j)
                ) / (4 * h**2)  # fmt: skip
            hessian[i, j] = hessian[j, i] = value
    full = np.full((len(at), len(at)), np.nan)
    try:
        full[np.ix_(places, places)] = 2 * np.linalg.inv(hessian)
    except np.linalg.LinAlgError:
        return full
    return full


def mixed_logit(
    names: Sequence[str],
    y_P: Floats,
    n_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    item_P: NDArray[np.generic],
    *,
    chance: float = 0.0,
    level: float = 0.95,
) -> tuple[Result, ...]:
    """Return the coefficients, child-specific, then the standard deviations of children and of items.

    Args:
        names: What each column of ``x_PK`` is.
        y_P: Sum of right answers of each observation.
        n_P: Number of answers of each observation.
        x_PK: Predictors, the first constant.
        child_P: Which child.
        item_P: Which item.
        chance: g of the link; 0 is the ordinary mixed logit.
        level: Confidence level.
    """
    counts = (
        Count("children", len(np.unique(child_P))),
        Count("items", len(np.unique(item_P))),
        Count("trials", round(float(n_P.sum()))),
    )
    fit = fit_mixed(y_P, n_P, x_PK, child_P, item_P, chance=chance)
    spread_names = ("standard deviation of children", "standard deviation of items")
    if fit.reason:
        return tuple(withheld(n, "mixed_logit", fit.reason, n=counts, unit="logits") for n in (*names, *spread_names))
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(fit.covariance_KK))
    fixed = coefficients(
        names, "mixed_logit", fit.beta_K, errors, df=None, level=level, n=counts, scope="child-specific",
        assumptions=ASSUMED, warnings=_singular(fit),
    )  # fmt: skip
    spreads = tuple(
        Result(name, "mixed_logit", value, None, counts, assumptions=ASSUMED, unit="logits")
        for name, value in zip(spread_names, (fit.sd_children, fit.sd_items), strict=True)
    )
    return fixed + spreads


def _singular(fit: MixedFit) -> tuple[str, ...]:
    pairs = (("children", fit.sd_children), ("items", fit.sd_items))
    return tuple(f"{who} do not differ beyond chance (standard deviation 0)" for who, sd in pairs if sd < 1e-3)
