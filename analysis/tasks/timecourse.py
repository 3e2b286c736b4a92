"""Looking while listening over time: the course of looking at the target, and where it departs from chance.

Each infant's course is averaged over its trials first. Runs of bins in which it departs from the reference are tested
as wholes by flipping the signs of whole infants (Maris and Oostenveld 2007): the test says that looking departs
somewhere, never at which millisecond it begins. With five infants or fewer there are at most 32 flips, and p could
not fall below .05: refused.

Shapes: S infants (subjects), T time bins, F flips.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.result import Check, Count, Interval, Result, withheld

Floats = NDArray[np.float64]
FEWEST = 6
FLIPS = 2000


@dataclass(frozen=True, slots=True)
class Course:
    """Looking over time.

    Attributes:
        start_T: Begin of each bin, ms from word onset.
        share_ST: Share of target among target and distractor of each infant; not a number without looks.
        infants: Codes.
    """

    start_T: Floats
    share_ST: Floats
    infants: tuple[str, ...]

    @property
    def mean_T(self) -> Floats:
        """Mean over infants."""
        number = np.isfinite(self.share_ST).sum(axis=0)
        total = np.nansum(self.share_ST, axis=0)
        return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))

    def at(self, when: int, name: str, level: float = 0.95) -> Result:
        """Return the looking in one bin, mean over infants with t."""
        from analysis.intervals import mean_over_persons

        values = self.share_ST[:, when]
        fine = [float(v) for v in values[np.isfinite(values)]]
        return mean_over_persons(f"{name}, {self.start_T[when]:g} ms", fine, level=level, chance=0.5)


def course(gaze: pd.DataFrame, *, bin_ms: float = 100.0, window_ms: tuple[float, float] = (-2000.0, 4000.0)) -> Course:
    """Bin gaze samples: within a trial by time, then over the trials of an infant, each trial weighing the same.

    Args:
        gaze: Columns ``person``, ``trial_id``, ``t_word_ms`` and ``aoi`` (target, distractor, other, missing).
        bin_ms: Width of a bin.
        window_ms: Begin and end.
    """
    start, end = window_ms
    inside = gaze[(gaze["t_word_ms"] >= start) & (gaze["t_word_ms"] < end) & gaze["aoi"].isin(["target", "distractor"])]
    bins = int(np.ceil((end - start) / bin_ms))
    infants, names = pd.factorize(inside["person"].astype(str), sort=True)
    trial = pd.factorize(inside["trial_id"].astype(str))[0]
    when = ((inside["t_word_ms"].to_numpy(dtype=float) - start) // bin_ms).astype(int)
    frame = pd.DataFrame(
        {"s": infants, "trial": trial, "t": when, "y": (inside["aoi"] == "target").to_numpy(dtype=float)}
    )
    by_trial = frame.groupby(["s", "trial", "t"])["y"].mean()
    by_infant = by_trial.groupby(level=["s", "t"]).mean()
    share = np.full((len(names), bins), np.nan)
    if len(by_infant):
        share[by_infant.index.get_level_values("s"), by_infant.index.get_level_values("t")] = by_infant.to_numpy()
    return Course(np.asarray(start + bin_ms * np.arange(bins), dtype=np.float64), share, tuple(map(str, names)))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A run of bins in one direction: from, to (ms), its mass (sum of t), and its corrected p."""

    from_ms: float
    to_ms: float
    result: Result


def cluster_permutation(
    name: str,
    looked: Course,
    *,
    reference: float = 0.5,
    window_ms: tuple[float, float] = (0.0, 4000.0),
    flips: int = FLIPS,
    seed: int = 1,
    level: float = 0.95,
) -> tuple[Cluster, ...]:
    """Find runs of bins in which looking departs from a reference, tested over infants.

    Args:
        name: What is tested.
        looked: The course.
        reference: Value under the null hypothesis.
        window_ms: Bins that are tested; stated beforehand.
        flips: Random flips of the signs; all of them where there are fewer.
        seed: Seed of the flips.
        level: 1 − the level at which a bin enters a run.

    Returns:
        The runs, in time order; a single one without an estimate when the test is refused or finds no run.
    """
    inside = (looked.start_T >= window_ms[0]) & (looked.start_T < window_ms[1])
    gap_ST = looked.share_ST[:, inside] - reference
    start_T = looked.start_T[inside]
    counts = (Count("infants", len(looked.infants)),)
    if len(looked.infants) < FEWEST:
        why = f"{len(looked.infants)} infants; with fewer than {FEWEST} no run could be significant"
        return (Cluster(*window_ms, withheld(name, "cluster_permutation", why, n=counts, unit="number")),)
    width = float(start_T[1] - start_T[0]) if len(start_T) > 1 else 0.0
    critical = float(stats.t.isf((1 - level) / 2, len(looked.infants) - 1))
    runs = _runs(_t_values(gap_ST), critical)
    if not runs:
        why = "in no bin does looking depart from the reference"
        return (Cluster(*window_ms, withheld(name, "cluster_permutation", why, n=counts, unit="number")),)
    largest_F = np.array([_largest(gap_ST * sign[:, None], critical) for sign in _signs(len(gap_ST), flips, seed)])
    whole, found = 2 ** len(gap_ST) <= flips, []
    for first, last, mass in runs:
        beyond = int((largest_F >= abs(mass) - 1e-9).sum())  # with all patterns, the data themselves are among them
        p = beyond / len(largest_F) if whole else (1 + beyond) / (1 + len(largest_F))
        check = Check("more flips than 1/α", len(largest_F) >= 100, f"{len(largest_F)} flips")
        result = Result(
            f"{name}, {start_T[first]:g}–{start_T[last] + width:g} ms", "cluster_permutation", mass, None, counts,
            None, p,
            ("infants are exchangeable in sign under the null",),
            ("the run as a whole is tested; its edges are not estimates of an onset",), unit="number", checks=(check,),
        )  # fmt: skip
        found.append(Cluster(float(start_T[first]), float(start_T[last] + width), result))
    return tuple(found)


def _t_values(gap_ST: Floats) -> Floats:
    number = np.isfinite(gap_ST).sum(axis=0)
    mean = np.nansum(gap_ST, axis=0) / np.maximum(number, 1)
    squares = np.nansum((gap_ST - mean) ** 2, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = mean / np.sqrt(squares / np.maximum(number - 1, 1) / np.maximum(number, 1))
    return np.asarray(np.where((number >= FEWEST) & np.isfinite(t), t, 0.0))


def _runs(t_T: Floats, critical: float) -> list[tuple[int, int, float]]:
    """Return first bin, last bin and mass of each run above or below the critical value."""
    side = np.where(t_T > critical, 1, np.where(t_T < -critical, -1, 0))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], side, [0]])))
    found = []
    for first, after in pairwise(edges):
        if side[first] != 0:
            found.append((int(first), int(after - 1), float(t_T[first:after].sum())))
    return found


def _largest(gap_ST: Floats, critical: float) -> float:
    return max((abs(mass) for _, _, mass in _runs(_t_values(gap_ST), critical)), default=0.0)


def _signs(infants: int, flips: int, seed: int) -> Floats:
    """Return all sign patterns where there are no more than ``flips``, else as many random ones."""
    if 2**infants <= flips:
        bits = (np.arange(2**infants)[:, None] >> np.arange(infants)) & 1
        return np.asarray(1.0 - 2.0 * bits)
    return np.asarray(np.random.default_rng(seed).choice([-1.0, 1.0], (flips, infants)))


def band(looked: Course, level: float = 0.95) -> tuple[Interval | None, ...]:
    """Return the pointwise t interval of each bin; None where fewer than two infants looked."""
    found: list[Interval | None] = []
    for column in looked.share_ST.T:
        x = column[np.isfinite(column)]
        if len(x) < 2 or float(x.std()) < 1e-12:
            found.append(None)
            continue
        half = float(stats.t.isf((1 - level) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
        found.append(Interval(float(x.mean() - half), float(x.mean() + half), level))
    return tuple(found)
