"""Agreement of two coders of the same gaze: share of agreeing frames, Cohen's kappa, and by trial.

Frames are paired by trial and time; a frame that only one coder coded is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.intervals import mean_over_persons
from analysis.result import Count, Interval, Result, withheld


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


def cohen_kappa(table: np.ndarray) -> float:
    """Return Cohen's kappa of a square table of counts; not a number when one category holds everything."""
    total = table.sum()
    observed = np.trace(table) / total
    expected = float(table.sum(axis=0) @ table.sum(axis=1)) / total**2
    return float((observed - expected) / (1 - expected)) if expected < 1 - 1e-12 else float("nan")


def coder_agreement(
    gaze: pd.DataFrame, *, tolerance_ms: float = 20.0, level: float = 0.95, draws: int = 1000, seed: int = 1
) -> tuple[CoderAgreement, ...]:
    """Compare every pair of coders who coded the same trials.

    Args:
        gaze: Columns ``trial_id``, ``t_word_ms``, ``aoi`` and ``coder``.
        tolerance_ms: Frames this far apart are the same frame.
        level: Confidence level.
        draws: Bootstrap draws of trials.
        seed: Seed of the draws.
    """
    coders = sorted(gaze["coder"].astype(str).unique())
    found = []
    for at, first in enumerate(coders):
        for second in coders[at + 1 :]:
            pairs, unpaired = _paired(gaze, first, second, tolerance_ms)
            if len(pairs):
                found.append(_compare(first, second, pairs, unpaired, level, draws, seed))
    return tuple(found)


def _paired(gaze: pd.DataFrame, first: str, second: str, tolerance_ms: float) -> tuple[pd.DataFrame, int]:
    names = ["trial_id", "t_word_ms", "aoi"]
    a = gaze[gaze["coder"].astype(str) == first][names].sort_values("t_word_ms", kind="stable")
    b = gaze[gaze["coder"].astype(str) == second][names].sort_values("t_word_ms", kind="stable")
    a, b = (f.assign(trial_id=f["trial_id"].astype(str), aoi=f["aoi"].astype(str)) for f in (a, b))
    common = set(a["trial_id"]) & set(b["trial_id"])
    a, b = a[a["trial_id"].isin(common)], b[b["trial_id"].isin(common)]
    both = pd.merge_asof(
        a, b, on="t_word_ms", by="trial_id", tolerance=tolerance_ms, direction="nearest", suffixes=("_1", "_2")
    )
    paired = both.dropna(subset=["aoi_2"])
    return paired, len(a) + len(b) - 2 * len(paired)


def _compare(
    first: str, second: str, pairs: pd.DataFrame, unpaired: int, level: float, draws: int, seed: int
) -> CoderAgreement:
    same = (pairs["aoi_1"] == pairs["aoi_2"]).groupby(pairs["trial_id"]).mean()
    name = f"{first} and {second}"
    share = mean_over_persons(f"{name}: agreeing frames", list(same), level=level, unit="trials")
    kinds = sorted(set(pairs["aoi_1"]) | set(pairs["aoi_2"]))
    trial, trials = pd.factorize(pairs["trial_id"])
    place = [kinds.index(v) for v in pairs["aoi_1"]], [kinds.index(v) for v in pairs["aoi_2"]]
    tables = np.zeros((len(trials), len(kinds), len(kinds)))
    np.add.at(tables, (trial, *map(np.array, place)), 1)
    counts = (Count("frames", len(pairs)), Count("trials", len(trials)))
    kappa = cohen_kappa(tables.sum(axis=0))
    label = f"{name}: kappa"
    if not np.isfinite(kappa):
        result = withheld(label, "kappa", "both coded one area only", n=counts, unit="kappa")
    elif len(trials) < 5:
        result = Result(
            label, "kappa", kappa, None, counts, warnings=("fewer than 5 trials: no interval",), unit="kappa"
        )
    else:
        rng = np.random.default_rng(seed)
        weights = rng.multinomial(len(trials), np.full(len(trials), 1 / len(trials)), draws).astype(float)
        drawn = [cohen_kappa(np.tensordot(w, tables, 1)) for w in weights]
        tail = (1 - level) / 2
        low, high = (float(v) for v in np.nanquantile(drawn, [tail, 1 - tail]))
        result = Result(label, "kappa", kappa, Interval(low, high, level), counts, unit="kappa",
                        assumptions=("trials are independent; their frames are not",))  # fmt: skip
    return CoderAgreement(first, second, share, result, unpaired)
