"""Topic *measurement*: does a test measure the same for all, how hard are its items, how do items and words grow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.items.dif import between_groups, residuals
from analysis.items.growth import Grown, over_age, over_experience
from analysis.items.matrix import Answers, lay_out
from analysis.items.rasch import rasch
from analysis.items.twopl import two_pl
from analysis.result import Result
from analysis.sections import Section, section
from analysis.topics.answers import bank_orders, option_scores
from analysis.topics.forms import FormRows, forms_of, model_scores

Rows = list[tuple[tuple[str, ...], Result]]
WORDED = ("picture_vocabulary", "looking_while_listening", "localization")


def sections(base: Base) -> tuple[Section, ...]:
    """Return item parameters, differential functioning, residuals of models, and growth."""
    functioning: Rows = []
    scales: Rows = []
    grown: Rows = []
    for one in forms_of(base, base.people):
        answers = binary(one)
        if len(answers.items) >= 3:
            functioning += _functioning(one, answers, base)
            scales += _scales(one, answers, base)
        grown += _growth(one, base)
    note = "Children are matched by the share right of the other items; p is corrected over items (Benjamini–Hochberg)."
    apart, shown = _residuals(base), "Shown, not tested: a model answers once."
    by_age, by_hours = "Growth of items and words over age", "Growth of words over hours seen"
    return (
        *section("dif", "Differential item functioning", ("who", "task", "groups", "item"), functioning, note),
        *section("item-residuals", "Where a model departs from children", ("model", "task", "item"), apart, shown),
        *section("item-scales", "Item parameters", ("who", "task", "model", "item"), scales),
        *section("item-growth", by_age, ("who", "task", "what", "item"), grown),
        *section("model-growth", by_hours, ("model", "task", "what", "word"), _model_growth(base)),
    )


def binary(one: FormRows) -> Answers:
    """Return answers as right or wrong; an item met more than once counts as right when most answers were."""
    answers = lay_out(one.rows)
    y = np.where(np.isfinite(answers.y_CI), (answers.y_CI > 0.5).astype(float), np.nan)
    return Answers(answers.children, answers.items, y)


def _functioning(one: FormRows, answers: Answers, base: Base) -> Rows:
    """Compare the two largest languages; children of one language are compared by age, older against younger half."""
    of_child = base.test.drop_duplicates("respondent_code").set_index(
        base.test.drop_duplicates("respondent_code")["respondent_code"].astype(str)
    )
    language = of_child["language"].astype(str).reindex(list(answers.children))
    age = of_child["age_months"].reindex(list(answers.children))
    common = language.value_counts()
    if len(common) > 1:
        first, second = str(common.index[0]), str(common.index[1])
        kept = language.isin([first, second]).to_numpy()
        words, split = f"{second} against {first}", (language == second).to_numpy()[kept]
    else:
        kept = age.notna().to_numpy()
        words, split = "older against younger half", (age >= age.median()).to_numpy()[kept]
    if not kept.any():
        return []
    found = []
    for bias in between_groups(answers.of(kept), split, level=base.options.level):
        result = bias.result if bias.p_adjusted is None else bias.result.warn(f"corrected p = {bias.p_adjusted:.3g}")
        found.append(((one.who, one.title, words, bias.item), result))
        if bias.result.reason and "are needed" in bias.result.reason:
            return [((one.who, one.title, words, "all"), bias.result)]
    return found


def _scales(one: FormRows, answers: Answers, base: Base) -> Rows:
    found: Rows = []
    hard = rasch(answers, level=base.options.level)
    refused = all(result.estimate is None for result in hard)
    for item, result in zip(answers.items[: 1 if refused else None], hard, strict=False):
        found.append(((one.who, one.title, "Rasch", "all" if refused else item), result))
    curves = two_pl(answers, chance=one.chance, level=base.options.level)
    refused = all(curve.slope.estimate is None for curve in curves)
    for curve in curves[: 1 if refused else None]:
        item = "all" if refused else curve.item
        found.append(((one.who, one.title, "2PL slope", item), curve.slope))
        if not refused:
            found.append(((one.who, one.title, "2PL difficulty", item), curve.difficulty))
    return found


def _residuals(base: Base) -> Rows:
    children = {(one.task, one.form): one for one in forms_of(base, base.people)}
    found: Rows = []
    for model in forms_of(base, base.models):
        persons = children.get((model.task, model.form))
        if persons is None:
            continue
        answers = binary(persons)
        scores = np.round(model_scores(model.rows, answers.items))
        results = residuals(answers, scores)
        shown = sorted((r for r in results if r.estimate is not None), key=lambda r: -abs(r.estimate or 0.0))[:10]
        found += [((model.who, model.title, r.name), r) for r in shown or results[:1]]
    return found


def _growth(one: FormRows, base: Base) -> Rows:
    rows = one.rows[one.rows["age_months"].notna()]
    if rows.empty:
        return []
    grown = list(over_age(rows, one.chance, level=base.options.level))
    found = [((one.who, one.title, "item: slope over age", g.item), _adjusted(g)) for g in grown]
    found = [f for f in found if f[1].estimate is not None] or found[:1]
    if one.task in WORDED:
        words = rows.assign(word=_words(base, rows))
        of_word = over_age(words[words["word"] != ""], one.chance, by="word", level=base.options.level)
        found += [((one.who, one.title, "word: age of acquisition", g.item), g.acquired) for g in of_word]
    return found


def _adjusted(grown: Grown) -> Result:
    return grown.slope if grown.p_adjusted is None else grown.slope.warn(f"corrected p = {grown.p_adjusted:.3g}")


def _words(base: Base, rows: pd.DataFrame) -> pd.Series:
    """Return the word asked for in each answer, by its item."""
    known = base.test.assign(item=base.test["bank"].astype(str) + "/" + base.test["item_id"].astype(str))
    word = known.drop_duplicates("item").set_index("item")["word"].astype(str)
    return rows["item"].astype(str).map(word).fillna("")


def _model_growth(base: Base) -> Rows:
    """Return the words of each model over its checkpoints, from the probability of the right choice."""
    found: Rows = []
    by_model: dict[str, list[pd.DataFrame]] = {}
    for group in base.groups.values():
        if group.kind != "model" or not group.hours or group.random:
            continue
        trials = base.test[(base.test["group"] == group.key) & base.test["task"].isin(WORDED)]
        scores = option_scores(trials)
        if len(scores):
            by_model.setdefault(group.model, []).append(_shares(trials, scores).assign(hours=group.hours))
    for model, parts in by_model.items():
        rows = pd.concat(parts)
        if rows["hours"].nunique() < 3:
            continue
        for (task, form), part in rows.groupby(["task", "form"]):
            chance = float(part["chance"].mean())
            for g in over_experience(part, chance, by="word", level=base.options.level):
                found.append(((model, f"{task}, {form}", "slope over hours", g.item), _adjusted(g)))
                found.append(((model, f"{task}, {form}", "hours of acquisition", g.item), g.acquired))
    return found


def _shares(trials: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the probability that softmax of the scores gives the right choice, by item, with its word and chance."""
    about = trials.assign(item=trials["bank"].astype(str) + "/" + trials["item_id"].astype(str)).drop_duplicates("item")
    about = about.set_index("item")
    targets = _bank_target(about)
    found = scores.assign(
        word=scores["item"].map(about["word"].astype(str)), chance=scores["item"].map(about["chance"]),
        target=scores["item"].map(targets),
    )  # fmt: skip
    share = [
        float(np.exp(s - np.logaddexp.reduce(s))[int(t)]) for s, t in zip(found["scores"], found["target"], strict=True)
    ]
    return found.assign(share=share)


def _bank_target(about: pd.DataFrame) -> pd.Series:
    places = [
        order[int(at)] if 0 <= at < len(order) else 0
        for order, at in zip(bank_orders(about), about["target_position"].fillna(0), strict=True)
    ]
    return pd.Series(places, index=about.index)
