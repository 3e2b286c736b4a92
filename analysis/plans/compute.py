"""One model of a plan on one laid-out lab: from names to a `Result`, by the same statistics as every other analysis.

A model of the plan that the data cannot answer comes back withheld, with the reason; nothing is put in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.compare.difference import equivalence, independent, on_same_items
from analysis.compare.equivalents import age_equivalent
from analysis.groups import Group
from analysis.intervals import Part, mean_of_proportions, mean_over_persons, proportion
from analysis.items.agreement import agreement
from analysis.items.matrix import lay_out
from analysis.plans.load import split_form
from analysis.plans.schema import GROUPS, Kind, Model, Outcome, Plan
from analysis.regression.linear import hc3
from analysis.reliability.consistency import split_half
from analysis.result import Interval, Result, withheld
from analysis.scoring import is_looking
from analysis.topics.age import slope
from analysis.topics.compare import children_curve
from analysis.topics.forms import FormRows, model_scores
from analysis.twoway import crossed, two_way

METHOD: dict[Kind, str] = {
    "estimate": "two_way_studentised", "chance": "two_way_studentised", "growth": "gee",
    "difference": "difference_items", "equivalence": "tost", "item_agreement": "spearman",
    "age_equivalent": "age_equivalent", "reliability": "split_half",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """An outcome in the data: whose it is, the rows behind it (answers, or gaze trials), else what the lab has."""

    name: str
    outcome: Outcome
    group: Group | None
    rows: pd.DataFrame
    known: str = ""

    @property
    def form(self) -> FormRows:
        """The answers as rows of one form."""
        assert self.group is not None
        task, form = split_form(self.outcome.forms[0])
        way = "own" if self.group.persons else self.outcome.scored_by
        return FormRows(self.group, way, task, form, self.rows)

    @property
    def missing(self) -> str:
        """Why nothing can be computed; empty when there are rows."""
        if self.group is None:
            return f"the lab holds no trial of '{self.outcome.of}'{self.known}"
        return "" if len(self.rows) else f"no usable trial of {', '.join(self.outcome.forms)} by {self.outcome.of}"


def compute(base: Base, plan: Plan, name: str) -> Result:
    """Compute one model of a plan.

    Args:
        base: The lab's trials after the plan's exclusions.
        plan: The plan.
        name: Name of the model.
    """
    model = plan.models[name]
    own = measure(base, plan, model.outcome)
    other = measure(base, plan, model.against) if model.against is not None else None
    label = plan.models[name].kind.replace("_", " ")
    title = f"{name}: {label} of {model.outcome}" + (f" against {model.against}" if model.against else "")
    reason = own.missing or (other.missing if other is not None else "")
    if reason:
        return withheld(title, METHOD[model.kind], reason)
    found = _paired(title, name, own, other, base, plan) if other is not None else _alone(title, model, own, base)
    return replace(found, name=title)


def measure(base: Base, plan: Plan, name: str) -> Measured:
    """Find the rows of an outcome."""
    one = plan.outcomes[name]
    group = _group(base, one.of)
    if group is None:
        models = sorted({each.model for each in base.models})
        known = f"; models here: {', '.join(models)}" if models and one.of not in GROUPS else ""
        return Measured(name, one, None, pd.DataFrame(), known)
    forms = {split_form(form) for form in one.forms}
    rows = _gaze(base, group) if one.what == "looking" else base.of(group, measure=one.score)
    if len(rows):
        pairs = zip(rows["task"].astype(str), rows["form"].astype(str), strict=True)
        rows = rows[np.array([pair in forms for pair in pairs], dtype=bool)]
    if not group.persons:
        rows = rows[rows["way"] == one.scored_by]
        rows = rows.sort_values("trial_index", kind="stable").drop_duplicates(["which", "item"])
    if one.age_months is not None and len(rows):
        rows = rows[rows["age_months"].between(*one.age_months)]
    return Measured(name, one, group, rows)


def _group(base: Base, of: str) -> Group | None:
    if of in GROUPS:
        return base.groups.get(GROUPS[of])
    return next((group for group in base.models if of in (group.model, group.label)), None)


def _gaze(base: Base, group: Group) -> pd.DataFrame:
    rows = base.test[(base.test["group"] == group.key) & is_looking(base.test)]
    return rows.assign(person=rows["respondent_code"].astype(str))


def mean(title: str, own: Measured, base: Base) -> Result:
    """Return the mean of an outcome with its interval and, where guessing has a level, the one-sided test."""
    options, group, rows = base.options, own.group, own.rows
    assert group is not None
    if own.outcome.what == "looking":
        values = list(rows.groupby("person")["look_target"].mean().dropna())
        return mean_over_persons(title, values, level=options.level, unit=group.people, chance=0.5)
    chance = float(rows.groupby("which", observed=True)["chance"].mean().mean())
    if group.persons:
        data = crossed(rows["person"], rows["item"], rows["which"], rows["y"], rows["n"])
        return two_way(
            title, data, chance=chance, level=options.level, draws=options.draws, seed=options.seed,
            people=group.people,
        )  # fmt: skip
    parts = [
        Part(str(which), _proportion(f"{title}, {which}", part, options.level))
        for which, part in rows.groupby("which", observed=True)
    ]
    return parts[0].result if len(parts) == 1 else mean_of_proportions(title, parts, level=options.level)


def _proportion(title: str, rows: pd.DataFrame, level: float) -> Result:
    chance = float(rows["chance"].mean())
    return proportion(title, round(float(rows["y"].sum())), int(rows["n"].sum()), chance=chance, level=level)


def _alone(title: str, model: Model, own: Measured, base: Base) -> Result:
    if model.kind == "growth":
        return _growth(title, model, own, base)
    if model.kind == "reliability":
        return split_half(title, lay_out(own.rows), seed=base.options.seed, level=base.options.level)
    found = mean(title, own, base)
    return replace(found, p_value=None) if model.kind == "estimate" else found


def _growth(title: str, model: Model, own: Measured, base: Base) -> Result:
    if own.outcome.what == "accuracy":
        return slope(own.form, base, model.by or "gee")
    each = own.rows.groupby("person")[["look_target", "age_months"]].mean().dropna()
    if len(each) < 3 or each["age_months"].nunique() < 3:
        return withheld(title, "linear", "fewer than three persons of different ages", unit="share per month")
    design = np.column_stack([np.ones(len(each)), each["age_months"] - each["age_months"].mean()])
    y = each["look_target"].to_numpy(dtype=float)
    return hc3((title, title), y, design, level=base.options.level, unit="share per month")[0][1]


def _paired(title: str, name: str, own: Measured, other: Measured, base: Base, plan: Plan) -> Result:
    options, model = base.options, plan.models[name]
    alpha = next((one.alpha for one in plan.families.values() if name in one.models), 0.05)
    if model.kind in ("difference", "equivalence"):
        gap = _gap(title, own, other, base)
        return gap if model.kind == "difference" else equivalence(gap, plan.bounds[model.bound or ""], alpha=alpha)
    if model.kind == "item_agreement":
        answers = lay_out(own.rows)
        scores = model_scores(other.rows, answers.items)
        found = agreement(title, answers, scores, level=options.level, draws=options.draws, seed=options.seed)
        ceiling = found.ceiling.estimate
        words = f"noise ceiling {ceiling:.2f}" if ceiling is not None else f"no noise ceiling: {found.ceiling.reason}"
        return found.raw.warn(words)
    curve = children_curve(own.form, base)
    return age_equivalent(title, curve, mean(title, other, base), level=options.level, seed=options.seed)


def _gap(title: str, own: Measured, other: Measured, base: Base) -> Result:
    """Return own minus other: on the same items where one of them is a model."""
    assert own.group is not None
    assert other.group is not None
    if own.group.persons and other.group.persons:
        return independent(title, mean(title, own, base), mean(title, other, base), level=base.options.level)
    options, first = base.options, not own.group.persons
    persons, model = (other, own) if first else (own, other)
    gap = on_same_items(
        title, persons.rows, model.rows, level=options.level, draws=options.draws, seed=options.seed
    )  # fmt: skip
    return gap if first else _negated(gap)


def _negated(gap: Result) -> Result:
    if gap.estimate is None:
        return gap
    interval = gap.interval
    turned = Interval(-interval.high, -interval.low, interval.level) if interval is not None else None
    return replace(gap, estimate=-gap.estimate, interval=turned)
