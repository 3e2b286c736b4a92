"""The two means over eleven task scores that are reported for models, each beside its own chance.

*paper-11* is the mean of the eleven scores of the benchmark's paper; *leaderboard-11* leaves out delayed response
within 45° and takes in the group score of Looking While Listening. A mean of eleven is printed only when all eleven are
there; otherwise it says what is missing, and gives the mean of those present with their own chance, under that name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.accuracy import Cell
from analysis.data import nested
from analysis.forms import form_title
from analysis.groups import Group
from analysis.intervals import Part, mean_of_proportions, proportion
from analysis.options import Options
from analysis.result import Count, Result, withheld
from analysis.twoway import crossed, two_way
from devkit.tasks.aggregates import MEMBERS, Slot, chance, group_score

GROUP: Slot = ("looking_while_listening", "standard", "group")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One mean over task scores of one respondent in one way of scoring.

    Attributes:
        name: ``paper-11`` or ``leaderboard-11``, with ``, robust forms`` where those stand in.
        group: Who.
        way: Way of scoring.
        result: The mean of all eleven, or why it is withheld.
        present: The mean of those that are there; equal to ``result`` when none is missing.
        missing: Names of the scores that are missing.
    """

    name: str
    group: Group
    way: str
    result: Result
    present: Result
    missing: tuple[str, ...]


def slot_title(slot: Slot) -> str:
    """Return the name of a score for people."""
    task, form, measure = slot
    extra = {"adjacent": " within 45°", "group": " group score"}.get(measure, "")
    return form_title(task, form) + extra


def full_chance(name: str) -> float:
    """Return the chance level of a complete aggregate: 31.8 % and 29.9 %."""
    slots = MEMBERS[name]
    return sum(map(chance, slots)) / len(slots)


def aggregates(
    found: Sequence[Cell], answered: pd.DataFrame, group_scores: Mapping[tuple[str, str], Result], options: Options
) -> tuple[Aggregate, ...]:
    """Return both means for every respondent and way of scoring that has at least two of the scores.

    Args:
        found: Cells of the accuracy table.
        answered: The answers they come from, for groups of persons.
        group_scores: Group score of Looking While Listening by group key and way.
        options: Settings.
    """
    by_who: dict[tuple[str, str], dict[Slot, Cell]] = {}
    groups: dict[str, Group] = {}
    for one in found:
        by_who.setdefault((one.group.key, one.way), {})[one.task, one.form, one.measure] = one
        groups[one.group.key] = one.group
    made = []
    for (key, way), have in by_who.items():
        if groups[key].kind == "robot":
            continue
        rows = answered[(answered["group"] == key) & (answered["way"] == way)]
        for name, slots in MEMBERS.items():
            instead = tuple(_robust(slot) for slot in slots)
            has_robust = any(slot in have for slot in instead if slot not in slots)
            has_published = any(slot in have for slot in slots if slot not in instead)
            for wanted in ((slots,) if has_published or not has_robust else ()) + ((instead,) if has_robust else ()):
                title = name if wanted is slots else f"{name}, robust forms"
                mean = _aggregate(title, wanted, groups[key], way, have, rows, group_scores.get((key, way)), options)
                if mean is not None:
                    made.append(mean)
    return tuple(made)


def _robust(slot: Slot) -> Slot:
    task, form, measure = slot
    return (task, "robust", measure) if form == "published" else slot


def _aggregate(
    name: str,
    slots: tuple[Slot, ...],
    group: Group,
    way: str,
    have: Mapping[Slot, Cell],
    rows: pd.DataFrame,
    group_score: Result | None,
    options: Options,
) -> Aggregate | None:
    parts = {slot: have[slot].result for slot in slots if slot in have and have[slot].result.estimate is not None}
    if GROUP in slots and group_score is not None and group_score.estimate is not None:
        parts[GROUP] = group_score
    if len(parts) < 2:
        return None
    missing = tuple(slot_title(slot) for slot in slots if slot not in parts)
    label = f"{group.label}, {name}"
    if group.persons and rows["person"].nunique() > 1:
        present = _over_persons(label, parts, rows, group, options)
    else:
        fit = {slot: part for slot, part in parts.items() if part.interval is not None}
        present = mean_of_proportions(label, [Part(f"{s[0]}/{s[1]}", r) for s, r in fit.items()], level=options.level)
    if GROUP in slots and group_score is not None and group_score.estimate is None:
        present = present.warn(f"no group score: {group_score.reason}")
    result = present if not missing else withheld(label, present.method, f"missing: {', '.join(missing)}")
    return Aggregate(name, group, way, result, present, missing)


def _over_persons(
    label: str, parts: Mapping[Slot, Result], rows: pd.DataFrame, group: Group, options: Options
) -> Result:
    """The mean of task scores over a group of persons, persons and items drawn anew; each score weighs the same."""
    cell = rows["which"].astype(str) + "/" + rows["measure"].astype(str)
    chosen = rows[cell.isin(["/".join(slot) for slot in parts]) & rows["answered"].astype(bool)]
    data = crossed(chosen["person"], chosen["item"], cell[chosen.index], chosen["y"], chosen["n"])
    chances = [part.chance for part in parts.values() if part.chance is not None]
    level = sum(chances) / len(parts) if len(chances) == len(parts) else None
    result = two_way(
        label, data, chance=level, level=options.level, draws=options.draws, seed=options.seed, people=group.people
    )
    return result.warn("persons took different sets of tasks" if _uneven(chosen) else "")


def _uneven(rows: pd.DataFrame) -> bool:
    taken: dict[str, set[str]] = {}
    seen = rows[["person", "task", "form"]].astype(str).drop_duplicates()
    for person, task, form in seen.itertuples(index=False):
        taken.setdefault(person, set()).add(f"{task}/{form}")
    return len({frozenset(forms) for forms in taken.values()}) > 1


def group_scores(test: pd.DataFrame, groups: Mapping[str, Group], options: Options) -> dict[tuple[str, str], Result]:
    """Return the group score of Looking While Listening by group key and way of scoring.

    Two trials show the same two pictures with either word. A pair counts when each word scores higher with its own
    picture than with the other, and each picture higher with its own word: guessing reaches one in six. That needs
    scores that can be compared between the two words; scores that are normalised within a trial cannot.

    Args:
        test: Test trials with a ``group`` column.
        groups: Groups by key.
        options: Settings.
    """
    rows = test[(test["task"] == "looking_while_listening") & test["choice_scores"].notna()]
    found: dict[tuple[str, str], Result] = {}
    for key, part in rows.groupby("group", observed=True, sort=False):
        group = groups[str(key)]
        if group.persons:
            continue
        ways = {"text": "text", "likelihood": "likelihood"}
        result = _group_score(part, group, options)
        for way in dict.fromkeys(ways.get(str(source), "own") for source in part["answer_source"].unique()):
            found[str(key), "likelihood" if way == "text" else way] = result
    return found


def _group_score(rows: pd.DataFrame, group: Group, options: Options) -> Result:
    name = f"{group.label}, Looking While Listening group score"
    pairs: dict[frozenset[str], dict[str, dict[str, float]]] = {}
    normalised = []
    shown = zip(nested(rows["choices"]), nested(rows["choice_scores"]), rows["target_position"], strict=True)
    for choices, scores, target in shown:
        names = [str(c.get("media") or c.get("label")) for c in choices or ()]
        if (
            len(names) != 2
            or len(set(names)) != 2
            or not isinstance(scores, list)
            or len(scores) != 2
            or np.isnan(target)
        ):
            continue
        values = {n: float(s) for n, s in zip(names, scores, strict=True)}
        normalised.append(abs(float(np.exp(list(values.values())).sum()) - 1) < 1e-3)
        pairs.setdefault(frozenset(names), {}).setdefault(names[int(target)], values)
    full = [words for words in pairs.values() if len(words) == 2]
    n = (Count("pairs", len(full)),)
    if not full:
        return withheld(
            name, "wilson", "no two trials show the same pictures with either word", n=n, chance=chance(GROUP)
        )
    if np.mean(normalised) > 0.5:
        reason = "its scores are normalised within each trial, so the two words cannot be compared"
        return withheld(name, "wilson", reason, n=n, chance=chance(GROUP))
    right = sum(_both(words) for words in full)
    return proportion(name, right, len(full), chance=chance(GROUP), level=options.level, unit="pairs")


def _both(words: Mapping[str, Mapping[str, float]]) -> bool:
    a, b = words
    return group_score((words[a][a], words[a][b]), (words[b][a], words[b][b]))
