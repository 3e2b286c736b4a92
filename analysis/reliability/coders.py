"""Agreement of two coders over many sessions: share of agreeing frames and Cohen's kappa, each with its interval.

Frames are paired, and kappa is defined, by `devkit.gaze.agreement`; here trials are drawn anew for the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.intervals import mean_over_persons
from analysis.result import Count, Interval, Result, withheld
from devkit.gaze.agreement import HALF_FRAME_MS, Agreement, agree, cohen_kappa, match

FEWEST = 5
"""Trials without which a kappa gets no interval."""


@dataclass(frozen=True, slots=True)
class CoderAgreement:
    """How far two coders agree.

    Attributes:
        first: A coder.
        second: Another.
        share: Agreeing frames, mean over trials with t.
        kappa: Over all frames; the interval from drawing trials anew.
        unpaired: Frames that only one of them coded.
    """

    first: str
    second: str
    share: Result
    kappa: Result
    unpaired: int


def coder_agreement(
    gaze: pd.DataFrame, *, tolerance_ms: float = HALF_FRAME_MS, level: float = 0.95, draws: int = 1000, seed: int = 1
) -> tuple[CoderAgreement, ...]:
    """Compare every pair of coders who coded the same trials.

    Args:
        gaze: Columns ``trial_id``, ``t_word_ms``, ``aoi`` and ``coder``.
        tolerance_ms: Frames this far apart are the same frame.
        level: Confidence level.
        draws: Bootstrap draws of trials.
        seed: Seed of the draws.
    """
    coded: dict[str, dict[str, list[tuple[float, str]]]] = {}
    columns = (gaze["coder"].astype(str), gaze["trial_id"].astype(str), gaze["t_word_ms"], gaze["aoi"].astype(str))
    for coder, trial, at_ms, area in zip(*columns, strict=True):
        coded.setdefault(coder, {}).setdefault(trial, []).append((float(at_ms), area))
    found = []
    for first, second in combinations(sorted(coded), 2):
        both = [trial for trial in coded[first] if trial in coded[second]]
        matched = [match(coded[first][trial], coded[second][trial], tolerance_ms) for trial in both]
        unpaired = sum(alone for _, alone in matched)
        trials = [agree(pairs, alone) for pairs, alone in matched if pairs]
        if trials:
            found.append(_compare(first, second, trials, unpaired, level, draws, seed))
    return tuple(found)


def _compare(
    first: str, second: str, trials: list[Agreement], unpaired: int, level: float, draws: int, seed: int
) -> CoderAgreement:
    name = f"{first} and {second}"
    shares = [one.agreement for one in trials if one.agreement is not None]
    share = mean_over_persons(f"{name}: agreeing frames", shares, level=level, unit="trials")
    tables = np.array([one.confusion for one in trials], dtype=float)
    counts = (Count("frames", int(tables.sum())), Count("trials", len(trials)))
    kappa = cohen_kappa(tables.sum(axis=0).tolist())
    label = f"{name}: kappa"
    if kappa is None:
        result = withheld(label, "kappa", "both coded one area only", n=counts, unit="kappa")
    elif len(trials) < FEWEST:
        few = (f"fewer than {FEWEST} trials: no interval",)
        result = Result(label, "kappa", kappa, None, counts, warnings=few, unit="kappa")
    else:
        rng = np.random.default_rng(seed)
        weights = rng.multinomial(len(trials), np.full(len(trials), 1 / len(trials)), draws).astype(float)
        drawn = [cohen_kappa(np.tensordot(w, tables, 1).tolist()) for w in weights]
        tail = (1 - level) / 2
        low, high = (float(v) for v in np.quantile([d for d in drawn if d is not None], [tail, 1 - tail]))
        result = Result(label, "kappa", kappa, Interval(low, high, level), counts, unit="kappa",
                        assumptions=("trials are independent; their frames are not",))  # fmt: skip
    return CoderAgreement(first, second, share, result, unpaired)
