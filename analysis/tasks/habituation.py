"""Habituation: how looking falls over repeated showings, when the criterion was met, and recovery to what is new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from analysis.intervals import mean_over_persons
from analysis.result import Count, Result, withheld

Floats = NDArray[np.float64]
WINDOW = 3
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Habituation:
    """Looking times of one infant.

    Attributes:
        infant: Code.
        trials_to_criterion: Trials until three in a row summed below half of the first three; None: not met.
        decline: Last three over first three trials.
        recovery_s: Looking at the new picture minus the last three trials' mean, seconds; None when not shown.
        tau: Trials over which looking falls to 37 %, from the exponential fit; a reason where there is none.
    """

    infant: str
    trials_to_criterion: int | None
    decline: float
    recovery_s: float | None
    tau: Result


def of_infant(infant: str, looks_s: Floats, novel_s: float | None = None) -> Habituation | None:
    """Describe the looking times of one infant in order of the trials; None with fewer than four trials."""
    looks = looks_s[np.isfinite(looks_s)]
    if len(looks) < WINDOW + 1:
        return None
    first = float(looks[:WINDOW].sum())
    met = None
    for end in range(2 * WINDOW, len(looks) + 1):  # the windows do not overlap
        if looks[end - WINDOW : end].sum() < SHARE * first:
            met = end
            break
    last = float(looks[-WINDOW:].sum())
    recovery = None if novel_s is None else float(novel_s - last / WINDOW)
    return Habituation(infant, met, last / first if first > 0 else np.nan, recovery, _tau(infant, looks))


def _tau(infant: str, looks: Floats) -> Result:
    name, counts = f"{infant}: trials to fall to 37 %", (Count("trials", len(looks)),)
    x = np.arange(len(looks), dtype=float)
    if len(looks) < 5:
        return withheld(name, "habituation", "fewer than 5 trials", n=counts, unit="number")

    def residual(parameters: Floats) -> Floats:
        floor, span, rate = parameters
        return np.asarray(floor + span * np.exp(-x / rate) - looks)

    begin = [max(float(looks.min()), 0.01), max(float(np.ptp(looks)), 0.01), len(looks) / 3]
    bounds = ([0.0, 0.0, 0.2], [float(looks.max()) + 1, float(looks.max()) * 5 + 1, 10.0 * len(looks)])
    fit = optimize.least_squares(residual, begin, bounds=bounds)
    rate, span = float(fit.x[2]), float(fit.x[1])
    if span < 1e-3 * max(float(looks.max()), 1e-9) or rate <= 0.21 or rate >= 9.9 * len(looks):
        return withheld(name, "habituation", "looking does not fall as an exponential", n=counts, unit="number")
    return Result(name, "habituation", rate, None, counts, warnings=("one infant: no interval",), unit="number")


def of_group(name: str, rows: pd.DataFrame, *, level: float = 0.95) -> tuple[tuple[Habituation, ...], Result, Result]:
    """Return each infant, the mean decline and the mean recovery over infants.

    Args:
        name: Whose.
        rows: Columns ``person``, ``order``, ``look_s`` and ``phase`` (``familiar`` or ``novel``).
        level: Confidence level.
    """
    found = []
    for person, part in rows.sort_values("order", kind="stable").groupby("person", observed=True):
        familiar = part[part["phase"] == "familiar"]["look_s"].to_numpy(dtype=float)
        novel = part[part["phase"] == "novel"]["look_s"].dropna()
        one = of_infant(str(person), familiar, float(novel.mean()) if len(novel) else None)
        if one is not None:
            found.append(one)
    declines = [one.decline for one in found if np.isfinite(one.decline)]
    recoveries = [one.recovery_s for one in found if one.recovery_s is not None]
    met = sum(one.trials_to_criterion is not None for one in found)
    decline = mean_over_persons(
        f"{name}: last over first three trials", declines, level=level, method="habituation", scale="number"
    )
    return (
        tuple(found),
        decline.warn(f"{met} of {len(found)} infants met the criterion" if found else ""),
        mean_over_persons(
            f"{name}: recovery to the new picture, s",
            recoveries,
            level=level,
            chance=0.0,
            method="habituation",
            scale="number",
        ),
    )
