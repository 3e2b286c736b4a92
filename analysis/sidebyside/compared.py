"""From a lab's trials to respondents side by side, within a range of ages and of experience."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from analysis.base import LabFacts
from analysis.data import Trials
from analysis.groups import Group
from analysis.look import voice_name
from analysis.options import DAYS_A_MONTH, Options
from analysis.sidebyside import answers, curves
from analysis.sidebyside.view import View, look_at
from analysis.study import study
from devkit.sidebyside import Chart, Compared, Respondent

GROWING = ("child", "simulation")
MAKERS: tuple[Callable[[View], Iterator[Chart]], ...] = (
    curves.scores,
    curves.accuracy, curves.items, answers.choices, answers.places, answers.times, curves.levels,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range."""

    low: float
    high: float


def compare(
    trials: Trials,
    facts: LabFacts,
    options: Options,
    *,
    wanted: Iterable[str] = (),
    ages: Range | None = None,
    hours: Range | None = None,
    advance: Callable[[int], None] | None = None,
) -> Compared:
    """Put respondents side by side.

    Args:
        trials: Prepared trials.
        facts: What the lab knows beside them.
        options: Settings.
        wanted: Respondents by key, label, kind or name of the model; everybody when empty.
        ages: Children of these ages in months only; those whose age is not known are left out then.
        hours: Models that have seen so many hours only.
        advance: Told of each part that is done.
    """
    frame = trials.frame
    known = _span(frame, "age"), _span(frame, "hours")
    kept = _within(frame, ages, hours)
    found = study(replace(trials, frame=kept.reset_index(drop=True)), facts, options)
    view = look_at(found, wanted)
    charts: list[Chart] = []
    for make in MAKERS:
        charts += make(view)
        if advance is not None:
            advance(1)
    return Compared(
        lab=facts.name,
        respondents=tuple(_respondent(view, group) for group in view.groups),
        sessions=tuple(view.places),
        charts=tuple(charts),
        ages=known[0],
        hours=known[1],
        level=options.level,
        notes=trials.notes,
    )


def _within(frame: pd.DataFrame, ages: Range | None, hours: Range | None) -> pd.DataFrame:
    keep = pd.Series(True, index=frame.index)
    if ages is not None:
        months = frame["age_days"] / DAYS_A_MONTH
        keep &= ~frame["respondent_kind"].isin(GROWING) | months.between(ages.low, ages.high)
    if hours is not None:
        seen = frame["model_hours_seen"]
        keep &= seen.isna() | seen.between(hours.low, hours.high)
    return frame[keep]


def _span(frame: pd.DataFrame, what: str) -> tuple[float, float] | None:
    growing = frame["respondent_kind"].isin(GROWING)
    values = (frame.loc[growing, "age_days"] / DAYS_A_MONTH if what == "age" else frame["model_hours_seen"]).dropna()
    return (float(values.min()), float(values.max())) if len(values) else None


def _respondent(view: View, group: Group) -> Respondent:
    rows = view.tests(group)
    members = rows["respondent_code" if group.persons else "session_id"].astype(str).nunique()
    return Respondent(
        key=group.key,
        label=group.label,
        kind=group.kind,
        voice=voice_name(group, view.leader),
        model=group.model,
        members=int(members),
        trials=len(rows),
    )
