"""The exclusion flags of the visual-precision study, computed again from its raw columns and compared row by row.

The rules are read off the columns: usable windows (half of the frames), side bias before the word (over 80 %), camera
trouble (under 14.5 frames a second, or a recording shorter than 6 s or longer than 10 s), age above 25 months, birth
before 36 weeks, a reported condition, no English at home, and fewer than 16 usable trials.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.intervals import wilson_limits
from analysis.result import Check, Count, Result

Rows = list[tuple[tuple[str, ...], Result]]
Raw = pd.DataFrame
KEYS = ["SubjectInfo.subjID", "Trials.trialID", "Trials.ordinal"]
FEWEST_TRIALS = 16
OLDEST_DAYS = 750


def _half(column: str) -> Callable[[Raw], pd.Series]:
    return lambda rows: (rows[column] >= 0.5).astype(float).where(rows[column].notna())


def _over(column: str) -> Callable[[Raw], pd.Series]:
    return lambda rows: (rows[column] > 0.8).astype(float).where(rows[column].notna())


def _usable(rows: Raw) -> pd.Series:
    critical, baseline = rows["percent_usable_critical_window"], rows["percent_usable_baseline_window"]
    return ((critical >= 0.5) & (baseline >= 0.5)).astype(float)


def _usable_short(rows: Raw) -> pd.Series:
    critical, baseline = rows["percent_usable_critical_window_short"], rows["percent_usable_baseline_window"]
    return ((critical >= 0.5) & (baseline >= 0.5)).astype(float)


def technical(rows: Raw) -> pd.Series:
    """Return the technical reason of each row, empty where there is none; the length goes before the frame rate."""
    seconds, rate = rows["video_capture_time"], rows["framerate"]
    short, long, slow = seconds < 6, seconds > 10, rate < 14.5
    words = np.select([short, long, slow], ["unusually short trial", "unusually long trial", "framerate issue"], "")
    return pd.Series(words, index=rows.index)


def _technical(rows: Raw) -> pd.Series:
    return (technical(rows) != "").astype(float)


def _excluded(rows: Raw) -> pd.Series:
    return ((_usable(rows) == 0) | (technical(rows) != "")).astype(float)


def reason(rows: Raw) -> pd.Series:
    """Return the study's words for why a trial is out."""
    looking = pd.Series(np.where(_usable(rows) == 0, "insufficient looking", ""), index=rows.index)
    camera = technical(rows)
    joined = looking + " - " + camera
    return joined.where((looking != "") & (camera != ""), looking + camera)


def _weeks(value: object) -> float:
    found = re.match(r"(\d+)", str(value))
    return float(found.group(1)) if found else np.nan


def _preterm(rows: Raw) -> pd.Series:
    known = rows["SubjectInfo.age_at_birth"].notna()
    return (rows["SubjectInfo.age_at_birth"].map(_weeks) < 36).astype(float).where(known)


def _no_english(rows: Raw) -> pd.Series:
    told = rows["SubjectInfo.language_list"]
    return (~told.astype(str).str.split().map(lambda codes: "en" in codes)).astype(float).where(told.notna())


def _condition(rows: Raw) -> pd.Series:
    there = rows["shown"].astype(bool)
    return rows["SubjectInfo.condition_list"].notna().astype(float).where(there)


def _too_old(rows: Raw) -> pd.Series:
    return (rows["SubjectInfo.testAge"] > OLDEST_DAYS).astype(float)


def _few_trials(rows: Raw) -> pd.Series:
    counts = ((_excluded(rows) == 0) & (_too_old(rows) == 0)).groupby(rows["SubjectInfo.subjID"]).transform("sum")
    return (counts < FEWEST_TRIALS).astype(float)


def _participant(rows: Raw) -> pd.Series:
    parts = pd.concat([_preterm(rows), _no_english(rows), _condition(rows)], axis=1)
    return parts.max(axis=1).where(parts.notna().all(axis=1))


def _side(rows: Raw) -> pd.Series:
    child = rows["SubjectInfo.subjID"]
    right = _over("percent_right_looking_baseline_window")(rows).groupby(child).transform("mean")
    left = _over("percent_left_looking_baseline_window")(rows).groupby(child).transform("mean")
    return ((right > 0.8) | (left > 0.8)).astype(float)


FLAGS: dict[str, tuple[str, Callable[[Raw], pd.Series]]] = {
    "usable_critical_window": ("half of the frames usable", _half("percent_usable_critical_window")),
    "usable_baseline_window": ("half of the frames usable", _half("percent_usable_baseline_window")),
    "usable_window": ("both windows usable", _usable),
    "usable_window_short": ("short window and baseline usable", _usable_short),
    "side_bias_right": ("over 80 % right before the word", _over("percent_right_looking_baseline_window")),
    "side_bias_left": ("over 80 % left before the word", _over("percent_left_looking_baseline_window")),
    "exclude_technical_issue": ("under 14.5 frames/s, under 6 s, over 10 s", _technical),
    "trial_exclusion": ("windows unusable, or technical", _excluded),
    "age_exclusion": (f"older than {OLDEST_DAYS} days", _too_old),
    "preterm_infant_exclusion": ("born before 36 weeks", _preterm),
    "non_english_exposure_exclusion": ("no English among the languages", _no_english),
    "dev_concern_exclusion": ("a condition is reported", _condition),
    "side_bias_exclusion": ("one side in over 80 % of the trials", _side),
    "exclude_participant": ("preterm, no English or a condition", _participant),
    "exclude_participant_insufficient_data": (f"fewer than {FEWEST_TRIALS} usable trials", _few_trials),
}  # fmt: skip


def compare_flags(table: Raw, shown: Raw) -> Rows:
    """Return for each flag the share of rows on which the study and the rule agree; infants that differ are named.

    Args:
        table: The study's processed trials.
        shown: Its raw trials, with what parents said.
    """
    told = ["SubjectInfo.age_at_birth", "SubjectInfo.language_list", "SubjectInfo.condition_list"]
    about = shown.drop_duplicates("SubjectInfo.subjID")[["SubjectInfo.subjID", *told]].assign(shown=True)
    rows = table.merge(about, on="SubjectInfo.subjID", how="left")
    rows["shown"] = rows["shown"].notna()
    found: Rows = []
    for flag, (words, rule) in FLAGS.items():
        own, again = pd.to_numeric(rows[flag].astype(float)), rule(rows)
        found.append(((flag, words), _compared(flag, own, again, rows)))
    own_words, again_words = rows["trial_exclusion_reason"].fillna("").astype(str), reason(rows)
    agree = own_words == again_words
    found.append((("trial_exclusion_reason", "in words"), _share("trial_exclusion_reason", agree, rows, 0)))
    return found


def _compared(flag: str, own: pd.Series, again: pd.Series, rows: Raw) -> Result:
    there = own.notna() & again.notna()
    return _share(flag, (own == again)[there], rows[there], int((~there).sum()))


def _share(flag: str, agree: pd.Series, rows: Raw, unknown: int) -> Result:
    k, n = int(agree.sum()), len(agree)
    who = sorted(set(rows.loc[~agree, "SubjectInfo.subjID"].astype(str)))
    warnings = (
        f"{n - k} rows differ, of {', '.join(who[:5])}{' …' if len(who) > 5 else ''}" if n > k else "",
        f"{unknown} rows hold no raw value" if unknown else "",
    )
    check = Check("every row agrees", n == k)
    return Result(
        f"{flag}: rows on which both agree", "wilson", k / n, wilson_limits(k, n), (Count("rows", n),), checks=(check,),
        warnings=tuple(words for words in warnings if words),
    )  # fmt: skip
