"""Topic *age*: slopes over age, population-averaged and child-specific, and over hours seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.curves import fit_curve
from analysis.development import balanced
from analysis.regression.gee import gee
from analysis.regression.mixed import mixed_logit
from analysis.result import Result, withheld
from analysis.sections import Section, section
from analysis.topics.compare import hours_curves
from analysis.topics.forms import FormRows, arrays, forms_of, lapse_of
from analysis.twoway import crossed

NOTE = (
    "Slopes are in logits per month on the link with chance fixed. Population-averaged slopes speak of the mean of "
    "children of an age, child-specific ones of one child growing older; the second are steeper. Neither is wrong."
)
HOURS_NOTE = (
    "Slopes are in logits per tenfold of the hours seen. Items are drawn anew; orders and seeds are repeated measures."
)


def sections(base: Base) -> tuple[Section, ...]:
    """Return slopes over age for persons and over hours for models."""
    rows: list[tuple[tuple[str, ...], Result]] = []
    for one in forms_of(base, base.people):
        aged = one.rows[one.rows["age_months"].notna()]
        if len(aged):
            rows += [((one.who, one.title, how), result) for how, result in slopes(one, base)]
    hours = [((one.who, one.title), result) for one, result in _over_hours(base)]
    return (
        *section("age-slopes", "Accuracy over age", ("who", "task", "model"), rows, NOTE),
        *section("hours-slopes", "Accuracy over hours seen", ("who", "task"), hours, HOURS_NOTE),
    )


WAYS = (("two-way curve", "curve"), ("GEE", "gee"), ("mixed logit", "mixed"))


def slopes(one: FormRows, base: Base) -> list[tuple[str, Result]]:
    """Return the slope over age by the three models."""
    return [(words, slope(one, base, how)) for words, how in WAYS]


def slope(one: FormRows, base: Base, how: str) -> Result:
    """Return the slope over age by one model: ``curve``, ``gee`` or ``mixed``."""
    rows = one.rows[one.rows["age_months"].notna()]
    options, name = base.options, f"{one.who}, {one.title}: slope over age"
    age = rows["age_months"].to_numpy(dtype=float)
    if len(np.unique(age)) < 3:
        method = {"curve": "chance_curve", "gee": "gee", "mixed": "mixed_logit"}[how]
        return withheld(name, method, "fewer than three different ages", unit="logits")
    if how == "curve":
        return _curve_slope(name, rows, one.chance, base)
    y, n = arrays(rows)
    person, item = rows["person"].astype(str).to_numpy(), rows["item"].astype(str).to_numpy()
    design = np.column_stack([np.ones(len(age)), age - age.mean()])
    names = (f"{name}: at the mean age", name)
    if how == "gee":
        return gee(names, y, n, design, person, chance=one.chance, lapse=lapse_of(base), level=options.level)[1]
    return mixed_logit(names, y, n, design, person, item, chance=one.chance, level=options.level)[1]


def _curve_slope(name: str, rows: pd.DataFrame, chance: float, base: Base) -> Result:
    who = rows["person"].astype(str) + "@" + rows["age_months"].round(2).astype(str)
    data = crossed(who, rows["item"], rows["which"], rows["y"], rows["n"])
    ages = rows.groupby(who, sort=True)["age_months"].mean().to_numpy()
    options = base.options
    return fit_curve(
        name, ages, balanced(data), chance=chance, lapse=lapse_of(base), level=options.level,
        draws=min(options.draws, 500), seed=options.seed,
    ).slope  # fmt: skip


def _over_hours(base: Base) -> list[tuple[FormRows, Result]]:
    return [(one, curve.slope) for one, curve in hours_curves(base)]
