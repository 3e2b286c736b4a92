"""Linear models for shares of looking and other continuous scores: no link with chance, no right and wrong.

Three, by what is a sample: one number a child (least squares with HC3 errors), several rows a child (least squares
with bias-reduced errors clustered by child), and rows of children crossed with items (REML with Satterthwaite's
degrees of freedom, as ``lmerTest`` computes it).

Shapes: P observations, K coefficients, C children, I items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.regression.blocks import Blocks
from analysis.regression.chance import Floats, coefficients
from analysis.result import Count, Interval, Result, Unit, withheld


def hc3(
    names: Sequence[str], y_P: Floats, x_PK: Floats, *, level: float = 0.95, unit: Unit = "number"
) -> tuple[tuple[Result, ...], Floats]:
    """Fit least squares with errors that allow unequal variances; return the coefficients and their covariance.

    Args:
        names: What each column is.
        y_P: One number a child.
        x_PK: Predictors, the first constant.
        level: Confidence level.
        unit: Unit of the coefficients.
    """
    p, k = x_PK.shape
    counts = (Count("children", p),)
    if p < k + 4 or np.linalg.matrix_rank(x_PK) < k:
        why = f"{p} children are too few, or the predictors do not vary"
        return tuple(withheld(name, "linear", why, n=counts, unit=unit) for name in names), np.full((k, k), np.nan)
    inverse = np.linalg.inv(x_PK.T @ x_PK)
    beta = inverse @ x_PK.T @ y_P
    leverage = np.einsum("pi,ij,pj->p", x_PK, inverse, x_PK)
    scaled = (y_P - x_PK @ beta) / np.maximum(1 - leverage, 1e-6)
    covariance = inverse @ (x_PK.T * scaled**2) @ x_PK @ inverse
    return coefficients(
        names, "linear", beta, np.sqrt(np.diag(covariance)), df=p - k, level=level, n=counts, unit=unit,
        assumptions=("children are independent", "linear in the predictors"),
    ), covariance  # fmt: skip


def clustered(
    names: Sequence[str],
    y_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    *,
    level: float = 0.95,
    unit: Unit = "number",
) -> tuple[Result, ...]:
    """Fit least squares with bias-reduced errors (CR3) clustered by child, t with children − coefficients.

    Args:
        names: What each column is.
        y_P: One number a row.
        x_PK: Predictors, the first constant.
        child_P: Which child each row is of.
        level: Confidence level.
        unit: Unit of the coefficients.
    """
    k = x_PK.shape[1]
    children = np.unique(child_P)
    counts = (Count("children", len(children)), Count("trials", len(y_P)))
    if len(children) < k + 4 or np.linalg.matrix_rank(x_PK) < k:
        why = f"{len(children)} children are too few, or the predictors do not vary"
        return tuple(withheld(name, "linear", why, n=counts, unit=unit) for name in names)
    bread = x_PK.T @ x_PK
    beta = np.linalg.solve(bread, x_PK.T @ y_P)
    meat = np.zeros((k, k))
    for child in children:
        x = x_PK[child_P == child]
        g, m = x.T @ (y_P[child_P == child] - x @ beta), x.T @ x
        scaled = g + m @ np.linalg.lstsq(bread - m, g, rcond=None)[0]
        meat += np.outer(scaled, scaled)
    inverse = np.linalg.inv(bread)
    return coefficients(
        names, "gee", beta, np.sqrt(np.diag(inverse @ meat @ inverse)), df=len(children) - k, level=level, n=counts,
        unit=unit, scope="population-averaged", assumptions=("children are independent", "items are taken as fixed"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reml:
    """REML of a linear model with crossed intercepts, as a function of the standard deviations (σ_c, σ_i, σ)."""

    y_P: Floats
    x_PK: Floats
    design: Floats
    counts_CI: Floats
    children: int

    @classmethod
    def of(cls, y_P: Floats, x_PK: Floats, child_P: NDArray[np.intp], item_P: NDArray[np.intp]) -> _Reml:
        sizes = int(child_P.max()) + 1, int(item_P.max()) + 1
        both = np.column_stack([x_PK, y_P])
        sums = [np.stack([np.bincount(who, v, size) for v in both.T], axis=1) for who, size in
                zip((child_P, item_P), sizes, strict=True)]  # fmt: skip
        cells = np.bincount(child_P * sizes[1] + item_P, minlength=sizes[0] * sizes[1]).reshape(sizes).astype(float)
        return cls(y_P, x_PK, np.concatenate(sums), cells, sizes[0])

    def solve(self, sd_3: Floats) -> tuple[float, Floats, Floats]:
        """Return the REML deviance, the coefficients and their covariance."""
        n, k = self.x_PK.shape
        c, i, residual = (float(v) for v in sd_3)
        r_c, r_i = c / residual, i / residual
        blocks = Blocks(
            1 + r_c**2 * self.counts_CI.sum(axis=1), 1 + r_i**2 * self.counts_CI.sum(axis=0), r_c * r_i * self.counts_CI
        )
        scaled = np.concatenate([r_c * self.design[: self.children], r_i * self.design[self.children :]])
        solved, log_determinant = blocks.solve(scaled)
        both = np.column_stack([self.x_PK, self.y_P])
        products = (both.T @ both - scaled.T @ solved) / residual**2
        xvx, xvy, yvy = products[:k, :k], products[:k, k], products[k, k]
        beta = np.linalg.solve(xvx, xvy)
        deviance = (
            2 * n * np.log(residual) + log_determinant + float(np.linalg.slogdet(xvx)[1]) + float(yvy - xvy @ beta)
        )
        return float(deviance + (n - k) * np.log(2 * np.pi)), beta, np.linalg.inv(xvx)


def mixed_linear(
    names: Sequence[str],
    y_P: Floats,
    x_PK: Floats,
    child_P: NDArray[np.generic],
    item_P: NDArray[np.generic],
    *,
    level: float = 0.95,
    unit: Unit = "number",
) -> tuple[Result, ...]:
    """Fit a linear model with crossed intercepts of children and items by REML.

    Returns:
        The coefficients with t intervals (Satterthwaite), then the standard deviations of children, items, residual.
    """
    children, child = np.unique(child_P, return_inverse=True)
    items, item = np.unique(item_P, return_inverse=True)
    counts = (Count("children", len(children)), Count("items", len(items)), Count("trials", len(y_P)))
    spreads = ("standard deviation of children", "standard deviation of items", "residual standard deviation")
    spread = float(np.std(y_P)) if len(y_P) else 0.0
    if min(len(children), len(items)) < 5 or np.linalg.matrix_rank(x_PK) < x_PK.shape[1] or spread < 1e-12:
        why = "fewer than 5 children or items, or nothing varies"
        return tuple(withheld(name, "reml", why, n=counts, unit=unit) for name in (*names, *spreads))
    model = _Reml.of(y_P / spread, x_PK, child, item)
    best = optimize.minimize(  # type: ignore[call-overload]  # its stubs know no options of L-BFGS-B
        lambda sd: float(model.solve(sd)[0]), np.array([0.3, 0.3, 0.9]), method="L-BFGS-B",
        bounds=[(0.0, 10.0), (0.0, 10.0), (1e-4, 10.0)], options={"ftol": 1e-14, "gtol": 1e-7},
    )  # fmt: skip
    at = np.asarray(best.x, dtype=float)
    _, beta, covariance = model.solve(at)
    fixed: list[Result] = []
    for which, name in enumerate(names):
        df = _satterthwaite(model, at, which)
        fixed += coefficients(
            (name,), "reml", beta[which : which + 1] * spread, np.sqrt(covariance[which : which + 1, which]) * spread,
            df=df, level=level, n=counts, unit=unit, scope="child-specific",
            assumptions=("intercepts and residuals are normally distributed",),
        )  # fmt: skip
    sds = [
        Result(name, "reml", float(v) * spread, None, counts, unit=unit) for name, v in zip(spreads, at, strict=True)
    ]
    return (*fixed, *sds)


def _satterthwaite(model: _Reml, at: Floats, which: int) -> float:
    """Return 2·V²/var(V) of a coefficient's variance V, by central differences over the standard deviations."""
    free = [i for i in range(3) if at[i] > 1e-5]
    h = 1e-3 * np.maximum(at, 1e-2)

    def moved(*places: tuple[int, float]) -> Floats:
        out = at.copy()
        for place, times in places:
            out[place] += times * h[place]
        return out

    def variance(sd: Floats) -> float:
        return float(model.solve(sd)[2][which, which])

    gradient = np.array([(variance(moved((i, 1))) - variance(moved((i, -1)))) / (2 * h[i]) for i in free])
    hessian = np.empty((len(free), len(free)))
    for a, i in enumerate(free):
        for b, j in enumerate(free):
            values = [model.solve(moved((i, s), (j, t)))[0] * s * t for s in (1.0, -1.0) for t in (1.0, -1.0)]
            hessian[a, b] = sum(values) / (4 * h[i] * h[j])
    spread = 2 * float(gradient @ np.linalg.pinv(hessian) @ gradient)
    return float(np.clip(2 * variance(at) ** 2 / max(spread, 1e-12), 1.0, 1e6))


def prediction(name: str, values: Sequence[float], *, level: float = 0.95, unit: Unit = "share") -> Result:
    """Return the interval in which the mean of one further child of the group is expected, one number a child."""
    x = np.asarray(values, dtype=float)
    counts = (Count("children", len(x)),)
    if len(x) < 4 or float(x.std()) < 1e-12:
        return withheld(name, "prediction", "fewer than 4 children, or no variation", n=counts, unit=unit)
    sd, df = float(x.std(ddof=1)), len(x) - 1
    half = float(stats.t.isf((1 - level) / 2, df)) * sd * np.sqrt(1 + 1 / len(x))
    found = Result(
        name, "prediction", float(x.mean()), Interval(float(x.mean() - half), float(x.mean() + half), level), counts,
        assumptions=("children's own means are normally distributed",), unit=unit, se=sd, df=df,
    )  # fmt: skip
    if unit != "share" or found.interval is None:
        return found
    return replace(found, interval=Interval(max(0.0, found.interval.low), min(1.0, found.interval.high), level))
