"""Topic *items*: which items are hard for whom, how answers are spread, and whether errors fall on the same items."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.items.agreement import agreement
from analysis.items.consistency import confusion, consistency_with_children
from analysis.items.divergence import Divergence, common_beta, divergence
from analysis.items.matrix import lay_out
from analysis.looking import age_groups, age_words
from analysis.result import Result
from analysis.sections import Section, section
from analysis.topics.answers import chosen_roles, option_scores, option_shares
from analysis.topics.forms import FormRows, forms_of, model_scores

Rows = list[tuple[tuple[str, ...], Result]]
CEILING = (
    "The noise ceiling is the highest correlation that anything could have with these children; the disattenuated "
    "value is the agreement divided by it."
)
KL = (
    "Mean divergence of the model's choices from the children's, in nats; 0 is equal. β is fitted for each model and "
    "age group; with few children an item's shares are rough and the divergence is too high."
)


def sections(base: Base) -> tuple[Section, ...]:
    """Return agreement over items, divergence, error consistency and confusions."""
    children = tuple(group for group in base.people if group.kind in ("child", "simulation"))
    agreed: Rows = []
    consistent: Rows = []
    by_form = {(one.group.key, one.task, one.form): one for one in forms_of(base, children)}
    for model in forms_of(base, base.models):
        for (_, task, form), persons in by_form.items():
            if (task, form) == (model.task, model.form):
                agreed += _agreement(persons, model, base)
                consistent += _consistency(persons, model, base)
    names = ("model", "children", "task", "what")
    return (
        *section("item-agreement", "Agreement over items", names, agreed, CEILING),
        *section("divergence", "Divergence of choices (DevBench)", (*names[:3], "age", "beta"), _divergences(base), KL),
        *section("error-consistency", "Error consistency", names, consistent),
        *section("confusions", "Wrong answers by type of option", ("who", "task", "option"), _confusions(base)),
    )


def _agreement(persons: FormRows, model: FormRows, base: Base) -> Rows:
    answers = lay_out(persons.rows)
    name = f"{model.who} and {persons.who}, {persons.title}"
    scores = model_scores(model.rows, answers.items)
    draws = min(base.options.draws, 2000)
    found = agreement(name, answers, scores, level=base.options.level, draws=draws, seed=base.options.seed)
    labels = (model.who, persons.who, persons.title)
    parts = (("Spearman", found.raw), ("noise ceiling", found.ceiling), ("disattenuated", found.disattenuated))
    return [((*labels, what), result) for what, result in parts]


def _consistency(persons: FormRows, model: FormRows, base: Base) -> Rows:
    answers = lay_out(persons.rows)
    name = f"{model.who} and {persons.who}, {persons.title}"
    scores = model_scores(model.rows, answers.items)
    with_model, among = consistency_with_children(name, answers, scores, level=base.options.level)
    labels = (model.who, persons.who, persons.title)
    return [((*labels, "model with children"), with_model), ((*labels, "children with each other"), among)]


def _divergences(base: Base) -> Rows:
    """Return the divergence of every model with choice scores from children, by age group, and at a common β."""
    children = base.test[base.test["group"].isin([g.key for g in base.people if g.kind in ("child", "simulation")])]
    found: Rows = []
    for group in base.models:
        scores = option_scores(base.test[base.test["group"] == group.key])
        for (task, form), mine in scores.groupby(["task", "form"], observed=True):
            same = (children["task"] == task) & (children["form"] == form)
            for key, rows in children[same].groupby("group", observed=True):
                people = base.groups[str(key)].label
                found += _by_age(group.label, people, f"{task}, {form}", rows, mine, base)
    return found


def _by_age(model: str, people: str, task: str, rows: pd.DataFrame, scores: pd.DataFrame, base: Base) -> Rows:
    width = base.options.bin_months
    parts = [("all ages", rows)]
    parts += [
        (f"{age_words(float(first), width)} months", part)  # type: ignore[arg-type]
        for first, part in rows[rows["age_months"].notna()].groupby(age_groups(rows["age_months"], width))
    ]
    pairs = [(age, *_aligned(part, scores)) for age, part in parts]
    shared = common_beta([(human, score) for _, human, score in pairs[1:]] or [pairs[0][1:]])
    found: Rows = []
    for age, human, score in pairs:
        name = f"{model} and {people}, {task}, {age}: divergence"
        fitted = divergence(name, human, score)
        found.append(((model, people, task, age, beta_words(fitted)), fitted.result))
        if np.isfinite(shared):
            common = divergence(f"{name} at a common β", human, score, beta=shared)
            found.append(((model, people, task, age, f"{shared:.3g}, common"), common.result))
    return found


def beta_words(one: Divergence) -> str:
    """Return β with the range within 1 % of the least divergence."""
    if not np.isfinite(one.beta):
        return ""
    return f"{one.beta:.3g} ({one.beta_low:.3g}–{one.beta_high:.3g})" + (", at bound" if one.at_bound else "")


def _aligned(rows: pd.DataFrame, scores: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return children's shares and the model's scores on common items, options in the bank's order."""
    shares = option_shares(rows)
    both = shares.merge(scores[["item", "scores"]], on="item")
    both = both[both["shares"].map(len) == both["scores"].map(len)]
    width = max((len(v) for v in both["shares"]), default=1)
    human, score = np.full((len(both), width), np.nan), np.full((len(both), width), np.nan)
    for at, (h, s) in enumerate(zip(both["shares"], both["scores"], strict=True)):
        human[at, : len(h)], score[at, : len(s)] = h, s
    return human, score


def _confusions(base: Base) -> Rows:
    wrong = chosen_roles(base.test)
    found: Rows = []
    for (key, task, form), rows in wrong.groupby(["group", "task", "form"], observed=True):
        group = base.groups.get(str(key))
        if group is None or not group.final:
            continue
        title = f"{task}, {form}"
        for role, result in confusion(f"{group.label}, {title}", rows, level=base.options.level, persons=group.persons):
            found.append(((group.label, title, role.replace("_", " ")), result))
    return found
