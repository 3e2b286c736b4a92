"""A model card of development: one model alone, what it can do and from how many hours of recordings on.

The page is the lab's report on this model and the baselines, headed by what the model is and how its answers were
taken. Children are not in it: where the model stands among them is for the side-by-side report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.base import LabFacts, lay_out
from analysis.data import Trials
from analysis.groups import Group, hours_words, mark_groups
from analysis.options import Options
from analysis.report.blocks import Page, Paragraph, Section, TableBlock
from analysis.report.extras import Extras, compute_extras
from analysis.report.page import build_page
from analysis.study import Study, study
from analysis.tables import NONE, Column, Row, Table, text
from devkit.errors import UserError, did_you_mean

TOPICS = ("tasks", "items")
LIMITS = (
    "This card is about one model. It is one respondent, not a sample: its intervals are over items and say nothing "
    "of other models, other seeds or other orders of training.",
    "No age is named here, because an age equivalent needs children on the same items; the side-by-side report of a "
    "lab with children gives it. No score is norm-referenced, and none is one of the instrument that a task mirrors.",
    "Drawn items and recordings are no nursery: what a model does on them need not hold for photographs of another "
    "place.",
)


def only_model(trials: Trials, facts: LabFacts, model: str) -> tuple[Trials, LabFacts]:
    """Return the trials of one model, at all its checkpoints, and of the baselines.

    Raises:
        UserError: The model did not sit in this lab.
    """
    key, groups = mark_groups(trials.frame)
    models = sorted({group.model for group in groups.values() if group.kind == "model"})
    if model not in models:
        hint = did_you_mean(model, models) or f"models: {', '.join(models) or 'none'}"
        raise UserError(f"there is no model '{model}' in this lab", hint=hint)
    kept = {name for name, group in groups.items() if group.kind == "baseline" or group.model == model}
    frame = trials.frame[key.isin(kept).to_numpy()].reset_index(drop=True)
    trained = {name: found for name, found in facts.trained.items() if name == model}
    return replace(trials, frame=frame), replace(facts, trained=trained)


def model_page(trials: Trials, facts: LabFacts, options: Options, model: str) -> Page:
    """Compute and lay out the card of one model.

    Args:
        trials: All trials of the lab.
        facts: What the lab knows beside them.
        options: Settings.
        model: Name of the model.

    Raises:
        UserError: The model did not sit in this lab.
    """
    mine, known = only_model(trials, facts, model)
    results = study(mine, known, options)
    extras = compute_extras(lay_out(mine, known, options), TOPICS)
    return card(results, extras, model)


def card(results: Study, extras: Extras, model: str) -> Page:
    """Lay out the card from what was computed of the model and the baselines alone."""
    page = build_page(results, f"{model}: a model card of development", extras)
    groups = [group for group in results.groups.values() if group.model == model and group.kind == "model"]
    about = Section("model", "What the model is", (TableBlock(_about_table(results, groups)),))
    limits = Section("limits", "What this does not say", tuple(Paragraph((words,)) for words in LIMITS))
    *others, methods = page.sections
    return replace(page, sections=(about, *others, limits, methods))


def _about_table(results: Study, groups: list[Group]) -> Table:
    rows = [Row(name, (text(name), text(words))) for name, words in _about(results, groups)]
    return Table("model", "Stated by its sessions", (Column("", ("what",), False), Column("", ("stated",), False)),
                 tuple(rows))  # fmt: skip


def _about(results: Study, groups: list[Group]) -> Iterator[tuple[str, str]]:
    frame = results.base.frame
    rows = frame[frame["group"].isin([group.key for group in groups])]
    yield "name", groups[0].model
    hours = sorted({group.hours for group in groups if group.hours})
    if hours:
        span = hours_words(hours[0]) if len(hours) == 1 else f"{hours_words(hours[0])} to {hours_words(hours[-1])}"
        yield "hours of recordings seen", f"{span}, {len(hours)} checkpoints" if len(hours) > 1 else span
    steps = sorted({group.step for group in groups if group.step is not None})
    if steps:
        yield "training steps", f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
    if any(group.random for group in groups):
        yield "random weights", "all of it" if all(g.random for g in groups) else "its first checkpoint"
    stated = results.facts.trained.get(groups[0].model)
    yield "recordings trained on", f"{len(stated):,} stated" if stated is not None else "not stated"
    for name, column in (("weights, last checkpoint", "model_digest"), ("prompts", "prompt_digest")):
        found = _last(rows, groups, column) if column == "model_digest" else _all(rows, column)
        yield name, found
    yield "answers taken by", _all(rows, "decoding")
    yield "banks", _all(rows, "bank")
    yield "protocols", _all(rows, "protocol")
    yield "sessions", f"{rows['session_id'].nunique():,}, {len(rows):,} trials"


def _last(rows: pd.DataFrame, groups: list[Group], column: str) -> str:
    final = [group.key for group in groups if group.final]
    return _all(rows[rows["group"].isin(final)], column)


def _all(rows: pd.DataFrame, column: str) -> str:
    values = sorted({str(v) for v in rows[column].dropna()} - {"", "None", "nan"})
    short = [f"{v[:16]}…" if column.endswith("digest") and len(v) > 16 else v for v in values]
    more = f" and {len(short) - 4} more" if len(short) > 4 else ""
    return ", ".join(short[:4]) + more if short else NONE
