"""How reliable is one child's score? Split halves, Cronbach's alpha, McDonald's omega, retest agreement.

Shapes: C children, I items, H halvings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.items.matrix import Answers
from analysis.result import Count, Interval, Result, withheld

Floats = NDArray[np.float64]
FEWEST = 10


def split_half(name: str, answers: Answers, *, halves: int = 1000, seed: int = 1, level: float = 0.95) -> Result:
    """Return the reliability of children's means from random halves of the items each child met.

    Each child's own items are halved, so children who met different items can be compared. The interval draws
    children anew around the mean of the halvings.

    Args:
        name: Of what.
        answers: Scores.
        halves: Halvings.
        seed: Seed of halvings and draws.
        level: Confidence level.
    """
    label = f"{name}: split-half reliability"
    enough = answers.met_CI.sum(axis=1) >= 4
    kept = answers.of(enough)
    counts = (Count("children", len(kept.children)), Count("items", len(kept.items)), Count("halvings", halves))
    if len(kept.children) < FEWEST:
        why = f"{len(kept.children)} children with four items or more; at least {FEWEST} are needed"
        return withheld(label, "split_half", why, n=counts, unit="correlation")
    first_HC, second_HC = _halve(kept, halves, seed)
    if float(np.nanstd(first_HC)) < 1e-12:
        return withheld(label, "split_half", "children do not differ", n=counts, unit="correlation")
    r_H = _correlate(first_HC, second_HC)
    value = float(np.nanmean(2 * r_H / (1 + r_H)))
    rng = np.random.default_rng(seed + 1)
    few = min(halves, 50)
    drawn = []
    for _ in range(400):
        who = rng.integers(0, len(kept.children), len(kept.children))
        r = _correlate(first_HC[:few, who], second_HC[:few, who])
        drawn.append(float(np.nanmean(2 * r / (1 + r))))
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.nanquantile(drawn, [tail, 1 - tail]))
    warning = (
        ("below zero: the halves disagree; the score carries no difference between children",) if value < 0 else ()
    )
    return Result(
        label, "split_half", value, Interval(low, min(1.0, high), level), counts,
        assumptions=("halves of items are exchangeable",), warnings=warning, unit="correlation",
    )  # fmt: skip


def _halve(answers: Answers, halves: int, seed: int) -> tuple[Floats, Floats]:
    """Return the means of the two halves of each child's items, for every halving."""
    rng = np.random.default_rng(seed)
    met, y = answers.met_CI, answers.filled_CI
    size = met.sum(axis=1)
    half = (size // 2).astype(int)
    child = np.arange(len(y))
    first, second = np.empty((halves, len(y))), np.empty((halves, len(y)))
    total = np.zeros((len(y), y.shape[1] + 1))
    for h in range(halves):
        order = np.where(met > 0, rng.random(y.shape), np.inf).argsort(axis=1)  # items not met come last
        np.cumsum(np.take_along_axis(y, order, axis=1), axis=1, out=total[:, 1:])
        first[h] = total[child, half] / half
        second[h] = (total[child, 2 * half] - total[child, half]) / half
    return first, second


def _correlate(a_HC: Floats, b_HC: Floats) -> Floats:
    a, b = a_HC - a_HC.mean(axis=1, keepdims=True), b_HC - b_HC.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.where(np.abs(1 + r) < 1e-9, np.nan, r))


def _complete(name: str, method: str, answers: Answers) -> tuple[Floats, Result | None]:
    """Return the complete rows × varying items, or why coefficients of a fixed test have no meaning here."""
    whole = np.isfinite(answers.y_CI).all(axis=1)
    y = answers.y_CI[whole]
    varies = y.std(axis=0) > 0 if len(y) else np.zeros(y.shape[1], dtype=bool)
    counts = (Count("children", len(y)), Count("items", int(varies.sum())))
    if len(y) < FEWEST or varies.sum() < 3:
        why = (
            f"{len(y)} children answered all {len(answers.items)} items ({int(varies.sum())} of them vary); "
            "alpha and omega are of a fixed test that everyone took whole"
        )
        return y, withheld(name, method, why, n=counts, unit="correlation")
    return y[:, varies], None


def alpha(name: str, answers: Answers, *, level: float = 0.95) -> Result:
    """Return Cronbach's alpha with Feldt's interval, where all children took the same items."""
    label = f"{name}: Cronbach's alpha"
    y, refused = _complete(label, "alpha", answers)
    if refused is not None:
        return refused
    n, k = y.shape
    value = k / (k - 1) * (1 - float(y.var(axis=0, ddof=1).sum()) / float(y.sum(axis=1).var(ddof=1)))
    tail = (1 - level) / 2
    law = stats.f(n - 1, (n - 1) * (k - 1))
    interval = Interval(1 - (1 - value) * float(law.isf(tail)), 1 - (1 - value) * float(law.ppf(tail)), level)
    return Result(
        label, "alpha", value, interval, (Count("children", n), Count("items", k)),
        assumptions=("items measure one ability equally well", "errors are uncorrelated"), unit="correlation",
    )  # fmt: skip


def omega(name: str, answers: Answers, *, level: float = 0.95, draws: int = 200, seed: int = 1) -> Result:
    """Return McDonald's omega from one maximum-likelihood factor, with an interval from drawing children anew."""
    label = f"{name}: McDonald's omega"
    y, refused = _complete(label, "omega", answers)
    if refused is not None:
        return refused
    counts = (Count("children", len(y)), Count("items", y.shape[1]))
    value = _omega_of(y)
    if len(y) < y.shape[1] + 5 or not np.isfinite(value):
        why = "too few children for this many items, or no proper single factor"
        return withheld(label, "omega", why, n=counts, unit="correlation")
    rng = np.random.default_rng(seed)
    drawn = [_omega_of(y[rng.integers(0, len(y), len(y))]) for _ in range(draws)]
    fine = [d for d in drawn if np.isfinite(d)]
    tail = (1 - level) / 2
    interval = None
    if len(fine) > draws / 2:
        low, high = np.quantile(fine, [tail, 1 - tail])
        interval = Interval(float(low), float(high), level)
    return Result(
        label, "omega", value, interval, counts, assumptions=("one factor", "errors are uncorrelated"),
        unit="correlation",
    )  # fmt: skip


def _omega_of(y: Floats) -> float:
    if (y.std(axis=0) < 1e-12).any():
        return np.nan
    loadings, unique = one_factor(np.asarray(np.corrcoef(y, rowvar=False), dtype=np.float64))
    if not np.isfinite(loadings).all():
        return np.nan
    total = float(loadings.sum()) ** 2
    return total / (total + float(unique.sum()))


def one_factor(correlation: Floats) -> tuple[Floats, Floats]:
    """Return loadings and unique variances of one maximum-likelihood factor of a correlation matrix.

    Not a number when the matrix is singular. Uniquenesses are kept at 0.005 or above, as ``stats::factanal`` does.
    """
    k = len(correlation)
    try:
        start = np.clip((1 - 0.5 / k) / np.diag(np.linalg.inv(correlation)), 0.05, 1)
    except np.linalg.LinAlgError:
        return np.full(k, np.nan), np.full(k, np.nan)

    def loss(psi: Floats) -> tuple[float, Floats]:
        scale = 1 / np.sqrt(psi)
        values, vectors = np.linalg.eigh(correlation * scale[:, None] * scale)
        rest = values[:-1]
        if rest.min() <= 0:
            return 1e6, np.zeros(k)
        loading = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0)) / scale
        difference = np.outer(loading, loading) + np.diag(psi) - correlation
        return float((rest - np.log(rest) - 1).sum()), np.diag(difference) / psi**2

    best = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0.005, 1.0)] * k, options={"ftol": 1e-12}
    )
    psi = np.asarray(best.x)
    scale = 1 / np.sqrt(psi)
    values, vectors = np.linalg.eigh(correlation * scale[:, None] * scale)
    loading = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0)) / scale
    return np.asarray(loading * (np.sign(loading.sum()) or 1.0)), psi


def icc(name: str, scores_CK: Floats, *, level: float = 0.95) -> Result:
    """Return ICC(A,1): agreement of single measurements, children and occasions (or coders) both random.

    Args:
        name: Of what.
        scores_CK: One row a child, one column an occasion or coder; rows with gaps are left out.
        level: Confidence level.
    """
    label = f"{name}: intraclass correlation"
    y = scores_CK[np.isfinite(scores_CK).all(axis=1)]
    n, k = y.shape
    counts = (Count("children", n), Count("occasions", k))
    if n < 5 or k < 2:
        return withheld(
            label, "icc", f"{n} children measured {k} times; at least 5 twice are needed", n=counts, unit="correlation"
        )
    grand = y.mean()
    ms_r = k * float(((y.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    ms_c = n * float(((y.mean(axis=0) - grand) ** 2).sum()) / (k - 1)
    residual = y - y.mean(axis=1, keepdims=True) - y.mean(axis=0) + grand
    ms_e = float((residual**2).sum()) / ((n - 1) * (k - 1))
    if ms_r + ms_e < 1e-14:
        return withheld(label, "icc", "nothing varies", n=counts, unit="correlation")
    value = (ms_r - ms_e) / (ms_r + (k - 1) * ms_e + k * (ms_c - ms_e) / n)
    low, high = _icc_limits(value, ms_r, ms_c, ms_e, n, k, level)
    few = (f"only {n} children: the interval is wide",) if n < 20 else ()
    return Result(
        label, "icc", value, Interval(low, high, level), counts, warnings=few, unit="correlation",
        assumptions=("children and occasions are random samples", "residuals are normally distributed"),
    )  # fmt: skip


def _icc_limits(
    value: float, ms_r: float, ms_c: float, ms_e: float, n: int, k: int, level: float
) -> tuple[float, float]:
    """McGraw and Wong's limits of ICC(A,1), with Satterthwaite's degrees of freedom."""
    if ms_e < 1e-14:
        return value, value
    a = k * value / (n * (1 - value)) if value < 1 else np.inf
    b = 1 + k * value * (n - 1) / (n * (1 - value)) if value < 1 else np.inf
    if not np.isfinite(a):
        return value, value
    v = (a * ms_c + b * ms_e) ** 2 / ((a * ms_c) ** 2 / (k - 1) + (b * ms_e) ** 2 / ((n - 1) * (k - 1)))
    tail = (1 - level) / 2
    f_low, f_high = float(stats.f.isf(tail, n - 1, v)), float(stats.f.isf(tail, v, n - 1))
    inner = k * ms_c + (k * n - k - n) * ms_e
    low = n * (ms_r - f_low * ms_e) / (f_low * inner + n * ms_r)
    high = n * (f_high * ms_r - ms_e) / (inner + n * f_high * ms_r)
    return float(low), float(high)
