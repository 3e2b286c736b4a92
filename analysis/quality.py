"""How the sessions ran: replies that could not be read, exclusions with their reasons, timing, flags.

Counting only. Nothing is excluded here; what was excluded is said, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data import nested
from analysis.groups import Group
from analysis.scoring import is_looking

OUTCOMES = ("answered", "none", "ambiguous", "timeout", "skipped", "aborted")


@dataclass(frozen=True, slots=True)
class Replies:
    """How the test trials of one group ended.

    Attributes:
        group: Who.
        trials: Valid test trials, looking trials apart.
        outcomes: Number of each of `OUTCOMES`.
        unscored: Answered, but without a score.
        looking: Gaze trials, which have no answer.
    """

    group: Group
    trials: int
    outcomes: Mapping[str, int]
    unscored: int
    looking: int


@dataclass(frozen=True, slots=True)
class Running:
    """How the sessions of one group went.

    Attributes:
        group: Who.
        sessions: Number of sessions.
        respondents: Number of different codes.
        trials: All trials, practice included.
        practice: Practice and demonstration trials among them.
        minutes: Median length of a session from its first to its last trial, minutes; None when not known.
        tiers: Sessions by timing tier; ``none`` for models and data-only simulations.
        late: Frames later than 1.5 periods.
        period_ms: Median measured frame period; None when no display was used.
        time_scales: Speeds of the clock that occur.
        ended: Sessions by the reason for which they ended, where the lab says so.
    """

    group: Group
    sessions: int
    respondents: int
    trials: int
    practice: int
    minutes: float | None
    tiers: Mapping[str, int]
    late: int
    period_ms: float | None
    time_scales: tuple[float, ...]
    ended: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often one code (an exclusion's reason, a flag) occurs in one group; a trial may bear several."""

    group: Group
    kind: str
    code: str
    trials: int
    respondents: int


def replies(frame: pd.DataFrame, groups: Mapping[str, Group]) -> tuple[Replies, ...]:
    """Count the outcomes of valid test trials by group.

    Args:
        frame: All trials with a ``group`` column.
        groups: Groups by key, in order.
    """
    test = frame[(frame["trial_kind"] == "test") & frame["valid"]]
    looked = is_looking(test)
    found = []
    for key, group in groups.items():
        rows = test[(test["group"] == key)]
        if rows.empty:
            continue
        asked = rows[~looked[rows.index]]
        number = asked["outcome"].astype(str).value_counts()
        unscored = int(((asked["outcome"] == "answered") & asked["score"].isna()).sum())
        outcomes = {name: int(number.get(name, 0)) for name in OUTCOMES}
        found.append(Replies(group, len(asked), outcomes, unscored, len(rows) - len(asked)))
    return tuple(found)


def running(frame: pd.DataFrame, groups: Mapping[str, Group], ended: Mapping[str, str]) -> tuple[Running, ...]:
    """Describe how the sessions of every group went.

    Args:
        frame: All trials with a ``group`` column.
        groups: Groups by key, in order.
        ended: Reason for which each session ended, by session, where known.
    """
    return tuple(_running(frame[frame["group"] == key], group, ended) for key, group in groups.items())


def _running(rows: pd.DataFrame, group: Group, ended: Mapping[str, str]) -> Running:
    sessions = rows.drop_duplicates("session_id")
    tiers = Counter(str(t) or "none" for t in sessions["timing_tier"])
    period = rows["frame_period_ms"].dropna()
    return Running(
        group,
        len(sessions),
        rows["respondent_code"].astype(str).nunique(),
        len(rows),
        int((rows["trial_kind"] != "test").sum()),
        _minutes(rows),
        dict(sorted(tiers.items())),
        int(rows["frames_late"].sum(skipna=True)),
        float(period.median()) if len(period) else None,
        tuple(sorted(float(v) for v in rows["time_scale"].unique())),
        dict(sorted(Counter(ended.get(str(s), "not closed") for s in sessions["session_id"]).items())) if ended else {},
    )


def _minutes(rows: pd.DataFrame) -> float | None:
    began = pd.to_datetime(rows["started_at"].astype(str), errors="coerce", utc=True, format="ISO8601")
    span = began.groupby(rows["session_id"].astype(str)).agg(["min", "max"]).dropna()
    lasted = (span["max"] - span["min"]).dt.total_seconds() / 60
    lasted = lasted[lasted > 0]
    return float(lasted.median()) if len(lasted) else None


def codes(frame: pd.DataFrame, groups: Mapping[str, Group], column: str) -> tuple[CodeCount, ...]:
    """Count the codes of a list column (``exclusion`` or ``flags``) by group, most frequent first."""
    frame = frame[[column, "group", "respondent_code"]]
    lists = nested(frame[column])
    bearing = np.array([bool(found) for found in lists], dtype=bool)
    frame, lists = frame[bearing], [found for found in lists if found]
    trials: Counter[tuple[str, str]] = Counter()
    who: dict[tuple[str, str], set[str]] = {}
    rows = zip(lists, frame["group"], frame["respondent_code"].astype(str), strict=True)
    for found, group, code in rows:
        for name in dict.fromkeys(found):
            trials[group, str(name)] += 1
            who.setdefault((group, str(name)), set()).add(code)
    ordered = sorted(trials.items(), key=lambda pair: (groups[pair[0][0]].order, -pair[1], pair[0][1]))
    return tuple(CodeCount(groups[key], column, name, n, len(who[key, name])) for (key, name), n in ordered)


@dataclass(frozen=True, slots=True)
class ReactionTimes:
    """Reaction times of one group: median and quartiles of usable ones, and what was refused.

    Attributes:
        group: Who.
        counted_from: What the times count from.
        trials: Right or wrong answers with a usable time.
        quartiles_ms: First quartile, median, third quartile; None without usable times.
        refused_clock: Times of sessions whose clock did not run at 1×.
        refused_tier: Times of sessions of the lowest timing tier.
    """

    group: Group
    counted_from: str
    trials: int
    quartiles_ms: tuple[float, float, float] | None
    refused_clock: int
    refused_tier: int


def reaction_times(frame: pd.DataFrame, groups: Mapping[str, Group]) -> tuple[ReactionTimes, ...]:
    """Summarise reaction times of answered, valid test trials, by group and by what they count from.

    Args:
        frame: All trials with a ``group`` column.
        groups: Groups by key, in order.
    """
    test = (frame["trial_kind"] == "test") & frame["valid"].astype(bool) & (frame["outcome"] == "answered")
    rows = frame[test & frame["rt_ms"].notna() & ~is_looking(frame)]
    found = []
    for (key, origin), part in rows.groupby(["group", rows["rt_from"].fillna("").astype(str)], observed=True):
        clock, tier = part["time_scale"] != 1.0, part["timing_tier"] == "demo"
        fine = part.loc[~clock & ~tier, "rt_ms"]
        low, middle, high = fine.quantile([0.25, 0.5, 0.75]) if len(fine) else (0.0, 0.0, 0.0)
        quartiles = (float(low), float(middle), float(high)) if len(fine) else None
        found.append(
            ReactionTimes(
                groups[str(key)], str(origin), len(fine), quartiles, int(clock.sum()), int((~clock & tier).sum())
            )
        )
    return tuple(sorted(found, key=lambda one: (one.group.order, one.counted_from)))


@dataclass(frozen=True, slots=True)
class Flow:
    """How many trials were left at each step from the table to the analysis, for one group."""

    group: Group
    recorded: int
    practice: int
    excluded: int
    aborted: int
    used: int


def flow(frame: pd.DataFrame, groups: Mapping[str, Group]) -> tuple[Flow, ...]:
    """Count recorded, practice, excluded, aborted and used trials by group; they add up."""
    found = []
    for key, group in groups.items():
        rows = frame[frame["group"] == key]
        test = rows["trial_kind"] == "test"
        excluded = test & ~rows["valid"].astype(bool)
        aborted = test & ~excluded & (rows["outcome"] == "aborted")
        used = int((test & ~excluded & ~aborted).sum())
        found.append(Flow(group, len(rows), int((~test).sum()), int(excluded.sum()), int(aborted.sum()), used))
    return tuple(found)
