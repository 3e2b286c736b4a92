"""Topic *compare*: each model against children, by task form."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.compare.difference import against_prediction, equivalence, on_same_items
from analysis.compare.equivalents import age_equivalent, experience_equivalent
from analysis.compare.yoked import count_pairs, join_yoked, mcnemar, odds_ratio, over_children
from analysis.curves import Curve, fit_curve
from analysis.development import age_width, balanced
from analysis.forms import form_title
from analysis.groups import Group
from analysis.intervals import mean_over_persons, proportion
from analysis.looking import age_groups, age_words
from analysis.regression.linear import prediction
from analysis.result import Result
from analysis.sections import Section, section
from analysis.topics.forms import FormRows, arrays, forms_of, lapse_of
from analysis.twoway import crossed, two_way

Rows = list[tuple[tuple[str, ...], Result]]
EQUIVALENT_NOTE = (
    "An equivalent is a place on a curve of accuracy. It does not say that the model answers as a child of that age "
    "does; see the items. It is withheld where the children's curve is flat or the model is not above chance."
)

REFERENCE_NOTE = (
    "Mean share of the right option over the published items; intervals over items. Other items than this lab's: a "
    "reference for orientation, never subtracted from a score here."
)


def sections(base: Base) -> tuple[Section, ...]:
    """Return differences by age, predictions, equivalents and yoked comparisons."""
    children = tuple(group for group in base.people if group.kind in ("child", "simulation"))
    by_form: dict[tuple[str, str], list[FormRows]] = {}
    for one in forms_of(base, children):
        by_form.setdefault((one.task, one.form), []).append(one)
    curves = {
        id(one): children_curve(one, base)
        for ones in by_form.values()
        for one in ones
        if one.rows["age_months"].notna().any()
    }
    gaps: Rows = []
    predicted: Rows = []
    ages: Rows = []
    for model in forms_of(base, base.models):
        for persons in by_form.get((model.task, model.form), ()):
            gaps += _differences(persons, model, base)
            predicted += _predictions(persons, model, base)
            ages += _age_equivalents(persons, model, curves, base)
    names = ("model", "children", "task", "age")
    return (
        *section("differences", "Model minus children, by age", names, gaps, "On the items that both met."),
        *section("predictions", "The model among single children", (*names, "what"), predicted),
        *section("age-equivalents", "Age equivalents", ("model", "children", "task"), ages, EQUIVALENT_NOTE),
        *section(
            "experience-equivalents",
            "Hours at which the model meets children",
            names,
            _experience(base, by_form),
            EQUIVALENT_NOTE,
        ),
        *section("yoked", "Yoked pairs", ("model", "child", "what"), _yoked(base)),
        *reference_curves(base),
    )


def reference_curves(base: Base) -> tuple[Section, ...]:
    """Return right answers of published distributions by age: the mean over items, each item weighing the same.

    The first option of every row is right. Nobody's single answers are known, so the interval is over items alone.
    """
    rows: dict[tuple[str, str, str, float], list[float]] = {}
    chances: dict[tuple[str, str, str, float], list[float]] = {}
    for one in base.facts.references:
        age = math.inf if one.kind == "adult" or one.age_years is None else one.age_years
        key = (one.source, one.task, one.form, age)
        rows.setdefault(key, []).append(one.shares[0])
        chances.setdefault(key, []).append(1 / len(one.options))
    found: Rows = []
    for key in sorted(rows):
        source, task, form, years = key
        words = f"{years:g} years" if math.isfinite(years) else "adults"
        chance = sum(chances[key]) / len(chances[key])
        name = f"{source}, {form_title(task, form)}, {words}"
        mean = mean_over_persons(name, rows[key], level=base.options.level, unit="items", chance=chance)
        found.append(((source, form_title(task, form), words), mean))
    title = "Published answers of children and adults"
    return section("reference-curves", title, ("source", "task", "age"), found, REFERENCE_NOTE)


def _bins(rows: pd.DataFrame, base: Base) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all ages together, then each age group."""
    yield "all ages", rows
    aged = rows[rows["age_months"].notna()]
    if len(aged):
        width = age_width(aged, base.options)
        for first, part in aged.groupby(age_groups(aged["age_months"], width)):
            yield f"{age_words(float(str(first)), width)} months", part


def _differences(persons: FormRows, model: FormRows, base: Base) -> Rows:
    options = base.options
    found: Rows = []
    for age, rows in _bins(persons.rows, base):
        name = f"{model.who} minus {persons.who}, {persons.title}, {age}"
        gap = on_same_items(name, rows, model.rows, level=options.level, draws=options.draws, seed=options.seed)
        labels = (model.who, persons.who, persons.title, age)
        found.append((labels, gap))
        if options.bound is not None:
            found.append(((*labels[:3], f"{age}, equivalence"), equivalence(gap, options.bound)))
    return found


def _predictions(persons: FormRows, model: FormRows, base: Base) -> Rows:
    found: Rows = []
    y, n = arrays(model.rows)
    score = float(y.sum() / n.sum())
    for age, rows in _bins(persons.rows, base):
        own = rows.groupby("person", observed=True)[["y", "n"]].sum()
        values = list((own["y"] / own["n"]).dropna())
        labels = (model.who, persons.who, persons.title, age)
        name = f"{persons.who}, {persons.title}, {age}"
        one = prediction(f"{name}: one further child", values, level=base.options.level)
        found.append(((*labels, "one further child"), one))
        placed = against_prediction(f"{model.who} among {name}: share of children expected below", score, one)
        found.append(((*labels, "children expected below the model"), placed))
    return found


def children_curve(persons: FormRows, base: Base) -> Curve:
    """Return the children's curve over age in months."""
    rows = persons.rows[persons.rows["age_months"].notna()]
    who = rows["person"].astype(str) + "@" + rows["age_months"].round(2).astype(str)
    data = balanced(crossed(who, rows["item"], rows["which"], rows["y"], rows["n"]))
    ages = rows.groupby(who, sort=True)["age_months"].mean().to_numpy()
    draws = min(base.options.draws, 2000)
    return fit_curve(
        f"{persons.who}, {persons.title}", ages, data, chance=persons.chance, lapse=lapse_of(base),
        level=base.options.level, draws=draws, seed=base.options.seed,
    )  # fmt: skip


def _age_equivalents(persons: FormRows, model: FormRows, curves: dict[int, Curve], base: Base) -> Rows:
    if id(persons) not in curves:
        return []
    y, n = arrays(model.rows)
    name = f"{model.who}, {model.title}: age equivalent among {persons.group.people}"
    own = proportion(name, round(float(y.sum())), int(n.sum()), chance=model.chance, level=base.options.level)
    found = age_equivalent(name, curves[id(persons)], own, level=base.options.level, seed=base.options.seed)
    return [((model.who, persons.who, persons.title), found)]


def hours_curves(base: Base) -> list[tuple[FormRows, Curve]]:
    """Return each model's curve over log10 of hours by form and way, where it has checkpoints."""
    models: dict[str, list[Group]] = {}
    for group in base.groups.values():
        if group.kind == "model" and group.hours and not group.random:
            models.setdefault(group.model, []).append(group)
    found = []
    for points in models.values():
        if len({group.hours for group in points}) < 3:
            continue
        parts: dict[tuple[str, str, str], list[FormRows]] = {}
        for one in forms_of(base, tuple(points)):
            parts.setdefault((one.way, one.task, one.form), []).append(one)
        for rows in parts.values():
            found.append((max(rows, key=lambda one: one.group.hours or 0.0), _hours_curve(rows, base)))
    return found


def _hours_curve(points: list[FormRows], base: Base) -> Curve:
    rows = pd.concat([one.rows.assign(point=one.group.key, hours=one.group.hours) for one in points])
    mean = rows.groupby(["point", "item", "which"], observed=True, as_index=False)[["y", "n"]].mean()
    data = crossed(mean["point"], mean["item"], mean["which"], mean["y"], mean["n"])
    hours = rows.groupby("point")["hours"].first().sort_index()
    last = points[-1]
    return fit_curve(
        f"{last.group.model}, {last.title}", np.log10(hours.to_numpy(dtype=float)), data, chance=last.chance,
        lapse=lapse_of(base), level=base.options.level, draws=min(base.options.draws, 2000),
        seed=base.options.seed, persons=False,
    )  # fmt: skip


def _experience(base: Base, by_form: dict[tuple[str, str], list[FormRows]]) -> Rows:
    found: Rows = []
    options = base.options
    for model, curve in hours_curves(base):
        for persons in by_form.get((model.task, model.form), ()):
            for age, rows in _bins(persons.rows, base):
                name = f"{persons.who}, {persons.title}, {age}"
                data = crossed(rows["person"], rows["item"], rows["which"], rows["y"], rows["n"])
                own = two_way(name, data, chance=persons.chance, level=options.level, draws=200, seed=options.seed)
                label = f"hours at which {model.group.model} meets {name}"
                result = experience_equivalent(label, curve, own, level=options.level, seed=options.seed)
                found.append(((model.group.model, persons.who, persons.title, age), result))
    return found


def _yoked(base: Base) -> Rows:
    """Compare models with the children whose sessions they followed, pair by pair."""
    follows = base.facts.yoked
    answered = base.test[(base.test["outcome"] == "answered") & base.test["correct"].notna()]
    rows = pd.DataFrame(
        {
            "session": answered["session_id"].astype(str), "group": answered["group"].astype(str),
            "person": answered["respondent_code"].astype(str), "plan_index": answered["plan_index"],
            "item": answered["bank"].astype(str) + "/" + answered["item_id"].astype(str),
            "y": answered["correct"].map({True: 1.0, False: 0.0}).astype(float),
        }
    )  # fmt: skip
    rows["yoke"] = rows["session"].map(lambda session: follows.get(session, session))
    found: Rows = []
    followers = rows[rows["session"].isin(list(follows))]
    followed = rows[rows["session"].isin(list(follows.values()))]
    for key, mine in followers.groupby("group"):
        label = base.groups[str(key)].label
        pairs = join_yoked(followed, mine)
        if pairs.empty:
            continue
        for person, own in pairs.groupby("person"):
            counts = count_pairs(own["first"], own["second"])
            name = f"{label} minus {person}"
            found.append(((label, str(person), "McNemar"), mcnemar(name, counts, level=base.options.level)))
            odds = odds_ratio(f"{label} against {person}: odds ratio", counts, level=base.options.level)
            found.append(((label, str(person), "conditional odds ratio"), odds))
        overall = over_children(f"{label} minus the children it followed", pairs, level=base.options.level)
        found.append(((label, "all", "two-way clustered"), overall))
    return found
