"""Topic *sensitivity*: the main result with and without each exclusion, with both ages, and the exclusions flow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.groups import Group
from analysis.intervals import mean_over_persons
from analysis.options import DAYS_A_MONTH
from analysis.regression.gee import gee
from analysis.regression.linear import hc3
from analysis.reliability.sensitivity import exclusion_flow, variants
from analysis.result import Count, Result
from analysis.scoring import answers, is_looking
from analysis.sections import Section, section
from analysis.twoway import crossed, two_way

Rows = list[tuple[tuple[str, ...], Result]]


def sections(base: Base) -> tuple[Section, ...]:
    """Return every group's accuracy (or looking) under each choice of trials, both ages, and the flow."""
    chosen: Rows = []
    aged: Rows = []
    flow: Rows = []
    for group in base.people:
        mine = base.frame[base.frame["group"] == group.key]
        looked = is_looking(mine)
        for what, rows in (("accuracy", mine[~looked]), ("looking", mine[looked])):
            if (rows["trial_kind"] == "test").any():
                chosen += _variants(group, what, rows, base)
                aged += _ages(group, what, rows, base)
        for step in exclusion_flow(mine):
            out = (Count("trials out", step.trials_out), Count("persons out", step.persons_out))
            remaining = Result(
                step.words,
                "count",
                float(step.trials_left),
                n=(*out, Count("persons left", step.persons_left)),
                unit="number",
            )
            flow.append(((group.label, step.words), remaining))
    corrected = "Slope a month. Corrected: weeks before 40 are subtracted, up to 24 months."
    title, left = "From recorded to analysed trials", "The number is of trials left."
    return (
        *section("exclusion-variants", "With and without each exclusion", ("who", "what", "trials"), chosen),
        *section("ages", "With uncorrected and corrected age", ("who", "what", "age"), aged, corrected),
        *section("exclusions-flow", title, ("who", "step"), flow, left),
    )


def _variants(group: Group, what: str, rows: pd.DataFrame, base: Base) -> Rows:
    def compute(part: pd.DataFrame) -> Result:
        return main_result(f"{group.label}, {what}", part, what, group, base)

    found = variants(rows, compute)
    if len(found) < 2 or all(one.result.estimate is None for one in found):
        return []
    return [((group.label, what, one.words), one.result) for one in found]


def main_result(name: str, rows: pd.DataFrame, what: str, group: Group, base: Base) -> Result:
    """Return the mean accuracy over task forms, each weighing the same, or the mean share of looking."""
    options = base.options
    if what == "looking":
        own = rows[rows["look_target"].notna()].groupby(rows["respondent_code"].astype(str))["look_target"].mean()
        return mean_over_persons(name, list(own.dropna()), level=options.level, unit=group.people, chance=0.5)
    found = answers(rows)
    fine = found[(found["measure"] == "score") & found["answered"].astype(bool)] if len(found) else found
    chance = None
    if len(fine):
        chance = float(fine.groupby(["task", "form"], observed=True)["chance"].mean().mean())
    data = crossed(fine["person"], fine["item"], fine["which"], fine["y"].astype(float), fine["n"].astype(float))
    return two_way(
        name, data, chance=chance, level=options.level, draws=min(options.draws, 1000), seed=options.seed,
        people=group.people,
    )  # fmt: skip


def _ages(group: Group, what: str, rows: pd.DataFrame, base: Base) -> Rows:
    """Return the slope over both ages where they differ for someone."""
    test = rows[(rows["trial_kind"] == "test") & rows["valid"].astype(bool)]
    both = test["age_days"].notna() & test["age_corrected_days"].notna()
    test = test[both]
    if test.empty or (test["age_days"] == test["age_corrected_days"]).all():
        return []
    found: Rows = []
    for words, column in (("uncorrected", "age_days"), ("corrected", "age_corrected_days")):
        name = f"{group.label}, {what}: slope over {words} age"
        age = test[column] / DAYS_A_MONTH
        found.append(((group.label, what, words), _slope(name, test, age, what, base)))
    return found


def _slope(name: str, rows: pd.DataFrame, age: pd.Series, what: str, base: Base) -> Result:
    person = rows["respondent_code"].astype(str)
    if what == "looking":
        own = pd.DataFrame({"y": rows["look_target"], "age": age, "person": person}).groupby("person").mean().dropna()
        design = np.column_stack([np.ones(len(own)), own["age"] - own["age"].mean()])
        return hc3(
            (name, name), own["y"].to_numpy(dtype=float), design, level=base.options.level, unit="share per month"
        )[0][1]
    fine = rows["score"].notna() & rows["score"].isin([0.0, 1.0])
    x = age[fine].to_numpy(dtype=float)
    y = rows.loc[fine, "score"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(x)), x - x.mean()]) if len(x) else np.ones((0, 2))
    chance = float(rows.loc[fine, "chance"].mean()) if fine.any() else 0.0
    return gee(
        (name, name), y, np.ones_like(y), design, person[fine].to_numpy(), chance=chance, level=base.options.level
    )[1]
