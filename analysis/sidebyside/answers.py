"""Charts of answers: which options were chosen, at which place of the screen, and how long they took."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.data import nested
from analysis.development import FormKey
from analysis.forms import form_title, rank
from analysis.groups import Group
from analysis.intervals import mean_over_persons, proportion
from analysis.result import Result
from analysis.sidebyside.view import View, spot
from analysis.times.usable import PLAUSIBLE_MS, UsableTimes, usable_times
from devkit.sidebyside import Chart, Line, Spot
from devkit.tasks import TASKS

BINS = 16
"""Of reaction times, equally wide on a log axis between the plausible limits."""
TARGET = "target"
UNANSWERED = ("none", "ambiguous", "timeout", "skipped")
SINGLE = ("memory",)
"""Dialogues: their options belong to turns, not to trials."""


def choices(view: View) -> Iterator[Chart]:
    """Yield, for each form, the share of trials that ended in each option's role, or in no answer."""
    for form, rows in _by_form(view):
        ended = _ended(rows)
        names = _in_order(ended)
        lines = [
            line
            for group in view.final
            if (line := _shares(view, group, form, rows[rows["group"] == group.key], ended, names)) is not None
        ]
        if lines:
            yield Chart(
                kind="choices", form=form, title=form_title(*form), axis="category", categories=names,
                lines=tuple(lines), note="Shares of all test trials.",
            )  # fmt: skip


def places(view: View) -> Iterator[Chart]:
    """Yield, for each form with positions, the share of answers at each position beside the share of targets there."""
    for form, rows in _by_form(view):
        rows = rows[(rows["outcome"] == "answered") & rows["answer_position"].notna()]
        if rows.empty:
            continue
        at = rows["answer_position"].astype(int)
        names = tuple(str(number + 1) for number in range(int(at.max()) + 1))
        if len(names) < 2:
            continue
        lines = [
            line
            for group in view.final
            if (line := _shares(view, group, form, rows[rows["group"] == group.key], (at + 1).astype(str), names))
            is not None
        ]
        if lines:
            yield Chart(
                kind="places", form=form, title=form_title(*form), axis="category", x_title="position answered",
                categories=names, chance=1 / len(names), lines=tuple(lines), note="Shares of the answers.",
            )  # fmt: skip


def times(view: View) -> Iterator[Chart]:
    """Yield, for each form, how reaction times are spread; those of untrusted clocks are left out and counted."""
    options = view.study.options
    frame = view.study.base.frame
    usable = {
        group.key: usable_times(frame[frame["group"] == group.key], any_timing=options.any_timing)
        for group in view.final
        if group.persons
    }
    refused = sum(one.refused_tier + one.refused_clock for one in usable.values())
    note = f"{refused:,} times of untrusted clocks are left out." if refused else ""
    edges = np.geomspace(*PLAUSIBLE_MS, BINS + 1)
    kept = [one.rows for one in usable.values() if len(one.rows)]
    forms = {(str(t), str(f)) for rows in kept for t, f in rows[["task", "form"]].drop_duplicates().to_numpy()}
    for form in sorted(forms, key=lambda key: rank(*key)):
        lines = [
            Line(respondent=group.key, spots=spots)
            for group in view.final
            if group.key in usable and (spots := _histogram(view, group, form, usable[group.key], edges))
        ]
        if lines:
            yield Chart(
                kind="times", form=form, title=form_title(*form), axis="ms", lines=tuple(lines), note=note,
                x_title=f"reaction time from {_origin(kept, form)}",
            )  # fmt: skip


def _origin(kept: list[pd.DataFrame], form: FormKey) -> str:
    names = {"onset": "the choices", "word": "the word", "prompt_end": "the end of the prompt"}
    found = {one for rows in kept for one in rows[(rows["task"] == form[0]) & (rows["form"] == form[1])]["rt_from"]}
    return " and ".join(sorted(names.get(one, "what is not stated") for one in found))


def _histogram(view: View, group: Group, form: FormKey, usable: UsableTimes, edges: np.ndarray) -> tuple[Spot, ...]:
    times_ = usable.rows
    times_ = times_[(times_["task"] == form[0]) & (times_["form"] == form[1]) & times_["rt_plausible"]]
    if times_.empty:
        return ()
    tests = _of(view, group, form)
    counts, _ = np.histogram(times_["rt_ms"], edges)
    found = []
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        behind = view.behind(tests, form, low_ms=float(low), high_ms=float(high))
        words = f"{low:,.0f}–{high:,.0f} ms"
        n = f"{count} of {len(times_)} answers"
        x = float(np.sqrt(low * high))
        found.append(Spot(x=x, y=float(count) / len(times_), label=words, n=n, behind=behind))
    return tuple(found)


def _shares(
    view: View, group: Group, form: FormKey, rows: pd.DataFrame, what: pd.Series, names: tuple[str, ...]
) -> Line | None:
    """Return the share of each name among a group's trials: over persons where there are several, else over trials."""
    if rows.empty:
        return None
    mine = what[rows.index]
    found = []
    for place, name in enumerate(names):
        hit = (mine == name).astype(float)
        result = _share(f"{group.label}, {name}", group, rows, hit, view.study.options.level)
        extra: dict[str, object] = {"outcome": name} if name in UNANSWERED else {"role": name}
        if names[0] == "1":
            extra = {"place": place}
        behind = view.behind(rows[hit.astype(bool)], form, **extra)
        made = spot(float(place), result, name.replace("_", " "), behind)
        found += [made] if made is not None else []
    return Line(respondent=group.key, spots=tuple(found)) if found else None


def _share(name: str, group: Group, rows: pd.DataFrame, hit: pd.Series, level: float) -> Result:
    by_person = hit.groupby(rows["respondent_code"].astype(str)).mean()
    if group.persons and len(by_person) > 1:
        return mean_over_persons(name, list(by_person), level=level, unit=group.people)
    return proportion(name, int(hit.sum()), len(hit), chance=None, level=level)


def _ended(rows: pd.DataFrame) -> pd.Series:
    """Return the role of the option that was chosen, else how the trial came out."""
    roles = []
    for choices_, position, outcome in zip(
        nested(rows["choices"]), rows["answer_position"], rows["outcome"].astype(str), strict=True
    ):
        place = -1 if pd.isna(position) else int(position)
        fine = outcome == "answered" and isinstance(choices_, list) and 0 <= place < len(choices_)
        roles.append(str(choices_[place].get("role") or "option") if fine else outcome)
    return pd.Series(roles, index=rows.index, dtype="object")


def _in_order(ended: pd.Series) -> tuple[str, ...]:
    """Return the names, the target first, then other options by how often they were chosen, then no answers."""
    counts = ended.value_counts()
    rest = [str(name) for name in counts.index if name not in (TARGET, *UNANSWERED, "answered")]
    return (*([TARGET] if TARGET in counts.index else []), *rest, *(n for n in UNANSWERED if n in counts.index))


def _by_form(view: View) -> Iterator[tuple[FormKey, pd.DataFrame]]:
    test = view.study.base.test
    test = test[~test["task"].isin(SINGLE) & test["task"].isin(list(TASKS))]
    test = test[test["group"].isin([group.key for group in view.final]) & test["look_target"].isna()]
    found = {(str(t), str(f)): rows for (t, f), rows in test.groupby(["task", "form"], observed=True)}
    yield from sorted(found.items(), key=lambda pair: rank(*pair[0]))


def _of(view: View, group: Group, form: FormKey) -> pd.DataFrame:
    rows = view.tests(group)
    return rows[(rows["task"].astype(str) == form[0]) & (rows["form"].astype(str) == form[1])]
