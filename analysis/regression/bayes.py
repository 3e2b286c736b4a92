"""The Bayesian mixed logit by bambi, for those who choose it: slow, so it belongs in the worker.

bambi is no dependency of devkit; where it is missing, the message says how to install it. The likelihood has no chance
level: it is the ordinary mixed logit. Intervals are posterior ones; their coverage is not promised.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.result import Check, Count, Interval, Result
from devkit.errors import UserError

Floats = NDArray[np.float64]
RHAT = 1.01


def bayes_logit(
    name: str,
    y_P: Floats,
    x_P: Floats,
    child_P: NDArray[np.generic],
    item_P: NDArray[np.generic],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
) -> Result:
    """Return the child-specific slope over one predictor, posterior mean and equal-tailed interval.

    Args:
        name: Of the slope.
        y_P: Right 1 or wrong 0.
        x_P: Predictor.
        child_P: Which child.
        item_P: Which item.
        level: Level of the interval.
        draws: Draws of each of two chains, after as many to tune.
        seed: Seed of the sampler.

    Raises:
        UserError: bambi is not installed.
    """
    if importlib.util.find_spec("bambi") is None:
        raise UserError("the Bayesian mixed logit needs bambi", hint="pip install bambi, or leave it out")
    import bambi

    frame = pd.DataFrame(
        {"y": y_P.astype(int), "x": x_P - x_P.mean(), "child": child_P.astype(str), "item": item_P.astype(str)}
    )
    model = bambi.Model("y ~ x + (1|child) + (1|item)", frame, family="bernoulli")
    trace = model.fit(draws=draws, tune=draws, chains=2, cores=1, random_seed=seed, progressbar=False)
    drawn_CD = np.asarray(trace.posterior["x"])
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(drawn_CD, [tail, 1 - tail]))
    rhat = split_rhat(drawn_CD)
    sizes = (("children", "child"), ("items", "item"))
    counts = tuple(Count(unit, int(frame[column].nunique())) for unit, column in sizes)
    agree = Check("chains agree", rhat < RHAT, f"R̂ = {rhat:.3f}")
    return Result(
        name, "bayes_logit", float(drawn_CD.mean()), Interval(low, high, level), (*counts, Count("trials", len(frame))),
        unit="logits", se=float(drawn_CD.std(ddof=1)), scope="child-specific", checks=(agree,),
        assumptions=("bambi's default priors", "intercepts of children and items are normally distributed"),
    )  # fmt: skip


def split_rhat(drawn_CD: Floats) -> float:
    """Return the split potential scale reduction of chains × draws; 1 when the halves of all chains agree."""
    half = drawn_CD.shape[1] // 2
    parts = np.concatenate([drawn_CD[:, :half], drawn_CD[:, half : 2 * half]])
    within = float(parts.var(axis=1, ddof=1).mean())
    between = half * float(parts.mean(axis=1).var(ddof=1))
    return float(np.sqrt(((half - 1) / half * within + between / half) / within)) if within > 0 else np.inf
