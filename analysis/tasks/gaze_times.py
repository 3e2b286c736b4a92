"""Reaction times of gaze in looking while listening: launch and landing on distractor-initial trials.

Only trials on which the infant looks at the distractor at word onset can show a shift. Launch is the end of the last
look at the distractor before the first look at the target, landing is the first look at the target. Times under 400 ms
were planned before the word could act and are left out. All times are limited by the frame or sampling period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.intervals import mean_over_persons
from analysis.result import Result, withheld

Kind = Literal["landing", "launch"]
LEAST_MS = 400.0
ONSET_MS = 100.0
"""The look at word onset is the last coded look no further than this before it or after it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One trial: where the infant looked at word onset, and when it left and arrived (ms from onset, None: never)."""

    person: str
    trial_id: str
    initial: str
    launch_ms: float | None
    landing_ms: float | None


def shifts(gaze: pd.DataFrame, *, most_ms: float = 4000.0) -> tuple[Shift, ...]:
    """Find the first shift of every trial.

    Args:
        gaze: Columns ``person``, ``trial_id``, ``t_word_ms`` and ``aoi``.
        most_ms: End of the window.
    """
    found = []
    ordered = gaze.sort_values("t_word_ms", kind="stable")
    for (person, trial), rows in ordered.groupby(["person", "trial_id"], sort=True, observed=True):
        t, aoi = rows["t_word_ms"].to_numpy(dtype=float), rows["aoi"].astype(str).to_numpy()
        found.append(_shift(str(person), str(trial), t, aoi, most_ms))
    return tuple(found)


def _shift(person: str, trial: str, t: np.ndarray, aoi: np.ndarray, most_ms: float) -> Shift:
    near = np.flatnonzero((np.abs(t) <= ONSET_MS) & np.isin(aoi, ["target", "distractor"]))
    if len(near) == 0:
        return Shift(person, trial, "away", None, None)
    at_onset = near[np.argmin(np.abs(t[near]))]
    initial = str(aoi[at_onset])
    other = "target" if initial == "distractor" else "distractor"
    after = np.flatnonzero((np.arange(len(t)) > at_onset) & (aoi == other) & (t > 0) & (t <= most_ms))
    if len(after) == 0:
        return Shift(person, trial, initial, None, None)
    landing = int(after[0])
    last = np.flatnonzero(aoi[:landing] == initial)[-1]
    left = float(t[min(last + 1, landing)])
    return Shift(person, trial, initial, left, float(t[landing]))


def shift_time(
    name: str,
    found: tuple[Shift, ...],
    *,
    kind: Kind = "landing",
    least_ms: float = LEAST_MS,
    initial: str = "distractor",
    level: float = 0.95,
) -> Result:
    """Return the time of shifts from the distractor: median within the infant, mean over infants with t.

    Args:
        name: Whose.
        found: From `shifts`.
        kind: Arrival on the target, or departure from the distractor.
        least_ms: Shorter times are left out.
        initial: ``distractor`` for right shifts, ``target`` for shifts away.
        level: Confidence level.
    """
    label = f"{name}: {kind} time"
    mine = [s for s in found if s.initial == initial]
    times = pd.DataFrame(
        [(s.person, s.landing_ms if kind == "landing" else s.launch_ms) for s in mine], columns=["person", "ms"]
    )
    times["ms"] = pd.to_numeric(times["ms"])
    usable = times[times["ms"] >= least_ms]
    if usable.empty:
        return withheld(
            label, "median_persons", f"no {initial}-initial trial with a shift after {least_ms:g} ms", unit="ms"
        )
    medians = usable.groupby("person")["ms"].median()
    result = mean_over_persons(label, list(medians), level=level, method="median_persons", scale="ms")
    early, never = int((times["ms"] < least_ms).sum()), int(times["ms"].isna().sum())
    return result.warn(
        f"{early} shifts before {least_ms:g} ms are left out" if early else "",
        f"{never} of {len(mine)} {initial}-initial trials show no shift" if never else "",
    )
