"""The pilot of the visual-precision study from its coded gaze frames: windows and the time course, beside the study's.

A frame's time counts from the noun: the trial's own time less the noun's onset and the measured lag of sound behind
video. Frames that are neither left nor right are not looks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.options import Options
from analysis.result import Check, Count, Result
from analysis.tasks.timecourse import Course, course
from devkit.errors import UserError

Rows = list[tuple[tuple[str, ...], Result]]
FRAMES = "data/pilot/data_to_analyze/level-looks_source-icatcher_data.csv"
SHOWN = "data/pilot/data_to_analyze/level-trials_source-lookit_data.csv"
LOOKED = "data/pilot/processed_data/level-trials_data.csv"
KEYS = ["SubjectInfo.subjID", "Trials.trialID"]
WINDOWS: dict[str, tuple[float, float]] = {
    "mean_target_looking_critical_window": (300.0, 3500.0),
    "mean_target_looking_baseline_window": (-2000.0, 0.0),
}
WITHIN = 0.02


def frames(folder: Path) -> pd.DataFrame:
    """Return the pilot's frames: ``person``, ``trial_id``, ``t_word_ms`` and ``aoi``.

    Raises:
        UserError: A table is missing.
    """
    for name in (FRAMES, SHOWN, LOOKED):
        if not (folder / name).is_file():
            raise UserError("is missing", place=str(folder / name))
    looks = pd.read_csv(folder / FRAMES).merge(pd.read_csv(folder / SHOWN), on=KEYS)
    onset = 1000 * looks["Trials.target_onset"] + looks["Trials.audio_lag_vs_video_lag"].fillna(0.0)
    target = np.where(looks["Trials.leftImage"] == looks["Trials.targetImage"], "left", "right")
    looked = looks["lookType_coded"].astype(str)
    aoi = np.select([looked == target, looked.isin(["left", "right"])], ["target", "distractor"], "missing")
    return pd.DataFrame(
        {
            "person": looks["SubjectInfo.subjID"].astype(str),
            "trial_id": looks["SubjectInfo.subjID"].astype(str) + "|" + looks["Trials.trialID"].astype(str),
            "t_word_ms": looks["time_ms"] - onset, "aoi": aoi,
        }
    )  # fmt: skip


def window_shares(gaze: pd.DataFrame, window_ms: tuple[float, float]) -> pd.Series:
    """Return the share of target among looks within a window, both ends included, by trial."""
    inside = gaze[gaze["t_word_ms"].between(*window_ms) & gaze["aoi"].isin(["target", "distractor"])]
    return (inside["aoi"] == "target").groupby(inside["trial_id"]).mean()


def pilot_course(folder: Path) -> Course:
    """Return the pilot's time course in bins of 100 ms, averaged per infant first."""
    return course(frames(folder), bin_ms=100.0, window_ms=(-2000.0, 3500.0))


def pilot_results(folder: Path, options: Options) -> Rows:
    """Return how far the frames reproduce the study's own windows, and the course."""
    gaze = frames(folder)
    own = pd.read_csv(folder / LOOKED)
    own = own.set_index(own["SubjectInfo.subjID"].astype(str) + "|" + own["Trials.trialID"].astype(str))
    found: Rows = []
    for column, window in WINDOWS.items():
        both = pd.DataFrame({"own": own[column], "again": window_shares(gaze, window)}).dropna()
        infant = both.groupby(both.index.str.split("|").str[0]).mean()
        words = f"{window[0]:g} to {window[1]:g} ms"
        found.append((("mean difference of infants, largest", words), _gap(infant, "infants", words)))
        found.append((("difference of trials, mean", words), _gap(both, "trials", words)))
    looked = pilot_course(folder)
    for at in range(0, len(looked.start_T), 5):
        found.append((("time course", f"{looked.start_T[at]:g} ms"), looked.at(at, "pilot", options.level)))
    return found


def _gap(both: pd.DataFrame, unit: str, words: str) -> Result:
    apart = (both["own"] - both["again"]).abs()
    value = float(apart.max() if unit == "infants" else apart.mean())
    check = Check(f"within {WITHIN:g} of the study's", value <= WITHIN, f"largest of a {unit[:-1]} {apart.max():.3f}")
    return Result(
        f"pilot, {words}: distance from the study's share, {unit}", "count", value, None, (Count(unit, len(both)),),
        unit="difference", checks=(check,),
    )  # fmt: skip
