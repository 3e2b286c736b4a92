"""Accuracy of every respondent on every task form, beside chance: the heart of the report.

Accuracy is right answers over answered trials; how many were asked and not answered stands beside it, and a form
counts as beaten only when the unanswered ones, taken as not right, leave p below the criterion too, and so do the items
that show one moment of a recording, taken as one cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.forms import counts, form_title, held_out, measures, rank
from analysis.groups import WAYS, Group
from analysis.intervals import binomial_p, clustered_p, holm, proportion
from analysis.options import Options
from analysis.result import Result
from analysis.twoway import crossed, two_way

Advance = Callable[[int], None]
MANY = 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """Accuracy of one group, in one way of scoring, on one score of one task form.

    Attributes:
        group: Who.
        way: ``own``, ``text`` or ``likelihood``.
        task: Task code.
        form: Task form.
        measure: ``score`` for the primary score.
        result: Accuracy with interval, n, chance and p.
        asked: Trials put to the respondent.
        answered: Trials with a readable, scorable answer.
        repeats: Trials of a single respondent that repeat an item; they are set aside.
        p_asked: p against chance when every unanswered trial is taken as not right; None for groups of persons.
        p_clustered: p against chance with the items that end in one source frame as one cluster (`analysis.intervals.
            clustered_p`); None for groups of persons, and where every item has a source frame of its own.
        p_holm: p corrected over the task forms of this respondent and way; None where not tested.
        beats: True when the criterion of the report is met.
    """

    group: Group
    way: str
    task: str
    form: str
    measure: str
    result: Result
    asked: int
    answered: int
    repeats: int = 0
    p_asked: float | None = None
    p_clustered: float | None = None
    p_holm: float | None = None
    beats: bool = False

    @property
    def title(self) -> str:
        """Name of the form and, where it has several, of the score."""
        words = next((m.words for m in measures(self.task, self.form) if m.name == self.measure), self.measure)
        return form_title(self.task, self.form) + (f" ({words})" if words else "")

    @property
    def p_values(self) -> tuple[float, ...]:
        """Every p against chance that the criterion asks to be small."""
        found = (self.result.p_value, self.p_asked, self.p_clustered)
        return tuple(p for p in found if p is not None)

    @property
    def counted(self) -> bool:
        """True when the cell may count among the forms on which chance is beaten."""
        return self.measure == "score" and counts(self.task, self.form)

    @property
    def held_out(self) -> bool:
        """True when the task never enters instruction data."""
        return held_out(self.task)

    @property
    def way_words(self) -> str:
        """The way of scoring, for people."""
        return WAYS.get(self.way, self.way)


def cells(
    answered: pd.DataFrame,
    groups: Mapping[str, Group],
    options: Options,
    advance: Advance | None = None,
    moments: Mapping[str, str] | None = None,
) -> tuple[Cell, ...]:
    """Return accuracy for every group, way of scoring, form and score that has trials, in the order of the report.

    Args:
        answered: From `analysis.scoring.answers`.
        groups: Groups by key.
        options: Settings.
        advance: Told of every cell that is done.
        moments: Source frame in which an item ends, by item (`analysis.provenance.moments`).
    """
    found: list[Cell] = []
    by = ["group", "way", "task", "form", "measure"]
    for key, rows in answered.groupby(by, observed=True, sort=False):
        group, way, task, form, measure = (str(part) for part in key)
        found.append(cell(rows, groups[group], way, (task, form, measure), options, moments))
        if advance:
            advance(1)
    ways = list(WAYS)
    found.sort(key=lambda c: (c.group.order, ways.index(c.way), rank(c.task, c.form), c.measure != "score", c.measure))
    return _corrected(found, options)


def cell(
    rows: pd.DataFrame,
    group: Group,
    way: str,
    what: tuple[str, str, str],
    options: Options,
    moments: Mapping[str, str] | None = None,
) -> Cell:
    """Return the accuracy of one group on one score of one form.

    Args:
        rows: Their answers, all of one way, form and score.
        group: Who.
        way: Way of scoring.
        what: Task, form and score.
        options: Settings.
        moments: As in `cells`.
    """
    task, form, measure = what
    name = f"{group.label}, {form_title(task, form)}"
    unit = next((m.unit for m in measures(task, form) if m.name == measure), "trials")
    chance, mixed = _chance(rows)
    persons = rows["person"].nunique()
    if group.persons and persons > 1:
        fine = rows[rows["answered"].astype(bool)]
        data = crossed(fine["person"], fine["item"], fine["measure"], fine["y"], fine["n"])
        result = two_way(
            name, data, chance=chance, level=options.level, draws=options.draws, seed=options.seed,
            people=group.people, unit=unit,
        )  # fmt: skip
        return Cell(group, way, task, form, measure, result.warn(mixed), len(rows), len(fine))
    first = rows.sort_values("trial_index", kind="stable").drop_duplicates("item")
    fine = first[first["answered"].astype(bool)]
    right, n, asked = round(float(fine["y"].sum())), int(fine["n"].sum()), int(first["n"].sum())
    result = proportion(name, right, n, chance=chance, level=options.level, unit=unit).warn(mixed)
    repeats = len(rows) - len(first)
    p_asked = None if chance is None or not asked else binomial_p(right, asked, chance)
    p_clustered, sources = _by_moment(fine, chance, moments or {})
    remarks = (*_remarks(first, repeats), sources)
    return Cell(
        group, way, task, form, measure, result.warn(*remarks), len(first), len(fine), repeats, p_asked, p_clustered
    )


def _by_moment(fine: pd.DataFrame, chance: float | None, moments: Mapping[str, str]) -> tuple[float | None, str]:
    """Return p with the items that end in one source frame as a cluster, and a remark where they are far fewer."""
    clusters = np.array([moments.get(item, item) for item in fine["item"].astype(str)])
    number = len(np.unique(clusters))
    if chance is None or not 1 < number < len(fine):
        return None, ""
    few = f"{len(fine)} items show {number} moments of recordings" if number < MANY * len(fine) else ""
    return clustered_p(fine["y"].to_numpy(float), fine["n"].to_numpy(float), clusters, chance), few


def _remarks(first: pd.DataFrame, repeats: int) -> tuple[str, str]:
    share = float(first["answered"].astype(bool).mean())
    return (
        f"{repeats} trials repeat an item; its first presentation counts" if repeats else "",
        f"{1 - share:.0%} of the trials have no readable answer" if share < 0.95 else "",
    )


def _chance(rows: pd.DataFrame) -> tuple[float | None, str]:
    """Chance of a set of trials; their mean when it differs between trials."""
    values = rows["chance"].dropna().unique()
    if len(values) == 0:
        return None, "the records state no chance level"
    if len(values) == 1:
        return float(values[0]), ""
    return float(rows["chance"].mean()), "chance differs between trials; their mean is used"


def _corrected(found: list[Cell], options: Options) -> tuple[Cell, ...]:
    """Add Holm's correction within each respondent and way, over the counted forms, and the verdict."""
    family: dict[tuple[str, str], list[int]] = {}
    for at, one in enumerate(found):
        if one.counted and one.result.p_value is not None:
            family.setdefault((one.group.key, one.way), []).append(at)
    for places in family.values():
        for at, p in zip(places, holm([found[i].result.p_value or 0.0 for i in places]), strict=True):
            found[at] = replace(found[at], p_holm=p, beats=_beats(found[at], options))
    return tuple(found)


def _beats(one: Cell, options: Options) -> bool:
    """The criterion: enough trials put, and p below alpha of the answered, of all that were put, and by moment."""
    scored = max((c.number for c in one.result.n if c.unit not in ("items", one.group.people)), default=0)
    put = round(scored * one.asked / one.answered) if one.answered else 0
    return put >= options.fewest and bool(one.p_values) and max(one.p_values) < options.alpha
