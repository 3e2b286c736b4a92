"""A lab seen by respondent: whose sessions are whose, which way of scoring counts, and points with their trials."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.forms import BANK_MARK, bare
from analysis.groups import Group
from analysis.result import Result
from analysis.study import Study, leading_model
from devkit.sidebyside import Behind, Spot


@dataclass(frozen=True, slots=True)
class View:
    """A study, and where each session stands in the list that points refer to.

    Attributes:
        study: Everything computed.
        places: Place of each session by its id.
        leader: The model that the answer is about.
        wanted: Keys of the respondents that are shown.
    """

    study: Study
    places: dict[str, int]
    leader: str
    wanted: frozenset[str]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The respondents that are shown, models at every checkpoint."""
        return tuple(group for key, group in self.study.groups.items() if key in self.wanted)

    @property
    def final(self) -> tuple[Group, ...]:
        """The respondents that are shown, models at their last checkpoint."""
        return tuple(group for group in self.groups if group.final)

    def tests(self, group: Group) -> pd.DataFrame:
        """Return a group's test trials."""
        return self.study.base.test[self.study.base.test["group"] == group.key]

    def behind(self, rows: pd.DataFrame, form: tuple[str, str] | None = None, **more: object) -> Behind:
        """Return where the trials of some rows are found; a form names its bank after a mark."""
        sessions = sorted({self.places[one] for one in rows["session_id"].astype(str).unique()})
        forms = () if form is None else ((form[0], bare(form[1])),)
        bank = form[1].partition(BANK_MARK)[2] if form is not None else ""
        return Behind(sessions=tuple(sessions), forms=forms, **({"bank": bank} | more))

    def way(self, rows: pd.DataFrame) -> str:
        """Return the way of scoring that most answered rows have; a text reply where two have as many."""
        counts = rows[rows["answered"].astype(bool)]["way"].astype(str).value_counts()
        return max(("text", "likelihood", "own"), key=lambda way: (int(counts.get(way, 0)), way == "text"))


def look_at(study: Study, wanted: Iterable[str] = ()) -> View:
    """Return a view on a study.

    Args:
        study: The study.
        wanted: Keys, labels, kinds or names of models of those that are shown; everybody when empty.
    """
    names = set(wanted)
    shown = [g.key for g in study.groups.values() if not names or names & {g.key, g.label, g.kind, g.model} - {""}]
    sessions = sorted(study.base.frame["session_id"].astype(str).unique())
    places = {session: place for place, session in enumerate(sessions)}
    return View(study, places, leading_model(study.cells), frozenset(shown))


def spot(x: float, result: Result, label: str, behind: Behind) -> Spot | None:
    """Return a point of a result; None where there is no estimate."""
    if result.estimate is None or math.isnan(x):
        return None
    low, high = (result.interval.low, result.interval.high) if result.interval is not None else (None, None)
    n = ", ".join(str(count) for count in result.n)
    return Spot(x=x, y=result.estimate, low=low, high=high, label=label, n=n, behind=behind)
