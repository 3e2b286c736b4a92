"""Topic *quality*: how reliable one child's score is, who answers in patterns, what is missing, how coders agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.data import nested, order_known
from analysis.items.matrix import lay_out
from analysis.reliability.coders import coder_agreement
from analysis.reliability.consistency import alpha, icc, omega, split_half
from analysis.reliability.patterns import missingness, patterns
from analysis.result import Count, Result
from analysis.scoring import is_looking
from analysis.sections import Section, section
from analysis.topics.forms import forms_of

Rows = list[tuple[tuple[str, ...], Result]]
WHO_TASK_WHAT = ("who", "task", "what")
RELIABILITY = "Below .7, a single child's score says little; differences between groups may still be sound."


def sections(base: Base) -> tuple[Section, ...]:
    """Return reliability, retest, coders, patterns and missing answers."""
    return (
        *section("reliability", "Reliability of one child's score", WHO_TASK_WHAT, _reliability(base), RELIABILITY),
        *section("coders", "Agreement of coders", ("coders", "what"), _coders(base)),
        *section("patterns", "Doubtful patterns of answers", ("who", "task", "pattern"), _patterns(base),
                 "Flags, not exclusions. With many children some are flagged by chance."),
        *section("missing", "Missing answers", WHO_TASK_WHAT, _missing(base)),
    )  # fmt: skip


def _reliability(base: Base) -> Rows:
    found: Rows = []
    level, seed, halves = base.options.level, base.options.seed, min(base.options.draws, 1000)
    for one in forms_of(base, base.people):
        answers = lay_out(one.rows)
        name, labels = f"{one.who}, {one.title}", (one.who, one.title)
        found.append(((*labels, "split half"), split_half(name, answers, halves=halves, seed=seed, level=level)))
        found.append(((*labels, "alpha"), alpha(name, answers, level=level)))
        found.append(((*labels, "omega"), omega(name, answers, level=level, seed=seed)))
        retest = _occasions(base, one.group.key, one.task, one.form)
        if retest.shape[1] >= 2:
            found.append(((*labels, "retest"), icc(name, retest, level=level)))
    return found


def _occasions(base: Base, group: str, task: str, form: str) -> np.ndarray:
    """Return each child's mean on its first two sessions with this form; children with one session are left out."""
    rows = base.test[(base.test["group"] == group) & (base.test["task"] == task) & (base.test["form"] == form)]
    rows = rows[(rows["outcome"] == "answered") & rows["score"].notna()]
    own = rows.groupby([rows["respondent_code"].astype(str), rows["session_id"].astype(str)]).agg(
        mean=("score", "mean"), began=("started_at", lambda values: min(map(str, values)))
    )
    own = own.reset_index().sort_values("began", kind="stable")
    own["occasion"] = own.groupby("respondent_code").cumcount()
    wide = own[own["occasion"] < 2].pivot(index="respondent_code", columns="occasion", values="mean")
    return wide.dropna().to_numpy(dtype=float)


def _coders(base: Base) -> Rows:
    gaze = base.facts.gaze
    if gaze is None or gaze.empty or gaze["coder"].nunique() < 2:
        return []
    found: Rows = []
    for one in coder_agreement(gaze, level=base.options.level, seed=base.options.seed):
        who = f"{one.first}, {one.second}"
        left = f"{one.unpaired} frames were coded by one of them only" if one.unpaired else ""
        found += [((who, "agreeing frames"), one.share.warn(left)), ((who, "kappa"), one.kappa)]
    return found


def _patterns(base: Base) -> Rows:
    test = base.test[base.test["is_person"].astype(bool) & ~is_looking(base.test)]
    test = test.assign(answer_position=test["answer_position"].where(order_known(test)))  # no side without places
    rows = pd.DataFrame(
        {
            "person": test["respondent_code"].astype(str), "task": test["task"].astype(str),
            "answer_position": test["answer_position"], "chance": test["chance"],
            "choices": [len(c) if isinstance(c, list) else 0 for c in nested(test["choices"])],
            "y": test["correct"].map({True: 1.0, False: 0.0}).astype(float),
            "session": test["session_id"].astype(str), "trial_index": test["trial_index"],
        }
    ).sort_values(["session", "trial_index"], kind="stable")  # fmt: skip
    found: Rows = []
    for one in patterns(rows):
        for flag in one.flags:
            labels = (one.person, one.task, flag.replace("_", " "))
            if flag == "side_bias":
                found.append((labels, one.side))
            elif flag == "straight_lining":
                run = Result(
                    f"{one.person}: longest run at one position", "count", float(one.longest_run), unit="number"
                )
                found.append((labels, run))
            elif one.below_chance is not None:
                counts = (Count("trials", int((rows["person"] == one.person).sum())),)
                found.append(
                    (labels, Result(f"{one.person}: below chance", "binomial", one.below_chance, n=counts, unit="p"))
                )
    return found


def _missing(base: Base) -> Rows:
    test = base.test[~is_looking(base.test)]
    found: Rows = []
    for group in base.people:
        mine = test[test["group"] == group.key]
        if mine.empty:
            continue
        rows = pd.DataFrame(
            {
                "person": mine["respondent_code"].astype(str), "task": mine["task"].astype(str),
                "missing": (mine["outcome"] != "answered").astype(float), "age_months": mine["age_months"],
                "trial_index": mine["trial_index"],
            }
        )  # fmt: skip
        for one in missingness(rows, level=base.options.level):
            found.append(((group.label, one.task, "share"), one.share))
            if one.share.estimate:
                found.append(((group.label, one.task, "with age"), one.with_age))
                found.append(((group.label, one.task, "with place in the session"), one.with_order))
    return found
