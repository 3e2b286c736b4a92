"""Topic *looking*: the time course, shifts of gaze, linear models over age and items, habituation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.groups import Group
from analysis.regression.linear import clustered, mixed_linear
from analysis.result import Result
from analysis.scoring import is_looking
from analysis.sections import Section, section
from analysis.tasks.gaze_times import shift_time, shifts
from analysis.tasks.habituation import of_group
from analysis.tasks.timecourse import cluster_permutation, course

Rows = list[tuple[tuple[str, ...], Result]]
WINDOW_MS = (0.0, 4000.0)
LINEAR_NOTE = "Looking is a continuous share: linear models, no link with chance."
COURSE_NOTE = "Runs of bins in which looking departs from ½, tested as wholes by flipping the signs of infants."


def sections(base: Base) -> tuple[Section, ...]:
    """Return what gaze trials say beyond the mean share of looking."""
    linear: Rows = []
    habits: Rows = []
    runs: Rows = []
    moves: Rows = []
    test = base.test
    for group in base.people:
        mine = test[test["group"] == group.key]
        linear += _linear(mine[is_looking(mine) & (mine["task"] != "familiarization")], group, base)
        habits += _habituation(base.frame[base.frame["group"] == group.key], group, base)
        gaze = gaze_of(mine, base)
        if len(gaze):
            runs += _runs(gaze, group, base)
            moves += _moves(gaze, group, base)
    shifted = "Distractor-initial trials; 400 ms at least."
    title = "Looking at the target: linear models"
    return (
        *section("looking-models", title, ("who", "model", "what"), linear, LINEAR_NOTE),
        *section("time-course", "Looking over time", ("who", "run"), runs, COURSE_NOTE),
        *section("gaze-shifts", "Shifts of gaze", ("who", "what"), moves, shifted),
        *section("habituation", "Habituation", ("who", "what"), habits),
    )


def _linear(rows: pd.DataFrame, group: Group, base: Base) -> Rows:
    rows = rows[rows["look_target"].notna() & rows["age_months"].notna()]
    if rows.empty:
        return []
    age = rows["age_months"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(age)), age - age.mean()])
    child = rows["respondent_code"].astype(str).to_numpy()
    item = (rows["bank"].astype(str) + "/" + rows["item_id"].astype(str)).to_numpy()
    found: Rows = []
    change = rows["look_target"] - rows["look_baseline"]
    for what, y in (("share", rows["look_target"]), ("change from baseline", change)):
        there = y.notna().to_numpy()
        if there.sum() < 10 or np.unique(age[there]).size < 3:
            continue
        names = (f"{what} at the mean age", f"{what}: slope a month")
        values = y.to_numpy(dtype=float)[there]
        by_child = clustered(names, values, design[there], child[there], level=base.options.level)
        crossed = mixed_linear(names, values, design[there], child[there], item[there], level=base.options.level)
        found += [((group.label, "clustered by child", r.name), r) for r in by_child]
        spreads = [(r.name if r.name in names else f"{what}: {r.name}", r) for r in crossed]
        found += [((group.label, "mixed, children and items", name), r) for name, r in spreads]
    return found


def gaze_of(rows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Return the gaze samples of these trials with the person; coded twice, by the first coder alone."""
    samples = base.facts.gaze
    if samples is None or samples.empty:
        return pd.DataFrame(columns=["person", "trial_id", "t_word_ms", "aoi"])
    person = rows.set_index(rows["trial_id"].astype(str))["respondent_code"].astype(str)
    mine = samples[samples["trial_id"].astype(str).isin(person.index)]
    mine = mine.assign(trial_id=mine["trial_id"].astype(str), person=mine["trial_id"].astype(str).map(person))
    first = mine.groupby("trial_id")["coder"].transform("min")
    return mine[mine["coder"] == first]


def _runs(gaze: pd.DataFrame, group: Group, base: Base) -> Rows:
    looked = course(gaze)
    found = cluster_permutation(
        f"{group.label}: looking at the target", looked, window_ms=WINDOW_MS, seed=base.options.seed,
        level=base.options.level, flips=max(1000, min(base.options.draws, 5000)),
    )  # fmt: skip
    return [((group.label, f"{run.from_ms:g} to {run.to_ms:g} ms"), run.result) for run in found]


def _moves(gaze: pd.DataFrame, group: Group, base: Base) -> Rows:
    moved = shifts(gaze)
    return [
        ((group.label, kind), shift_time(group.label, moved, kind=kind, level=base.options.level))
        for kind in ("landing", "launch")
    ]


def _habituation(frame: pd.DataFrame, group: Group, base: Base) -> Rows:
    rows = frame[(frame["task"] == "familiarization") & frame["valid"].astype(bool)]
    if rows.empty or "look_ms" not in rows or rows["look_ms"].isna().all():
        return []
    novel = rows["choices"].map(lambda value: str(value).count('"label"') > 1)
    looked = pd.DataFrame(
        {
            "person": rows["respondent_code"].astype(str), "order": rows["trial_index"],
            "look_s": pd.to_numeric(rows["look_ms"]) / 1000, "phase": np.where(novel, "novel", "familiar"),
        }
    )  # fmt: skip
    infants, decline, recovery = of_group(group.label, looked, level=base.options.level)
    each = [((group.label, f"{one.infant}: trials to fall to 37 %"), one.tau) for one in infants]
    return [((group.label, "decline"), decline), ((group.label, "recovery"), recovery), *each]
