"""What several topics need: the task forms a group answered, their titles, and plain arrays of answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.base import Base
from analysis.forms import form_title, rank
from analysis.groups import WAYS, Group
from analysis.regression.chance import Lapse

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FormRows:
    """The answers of one group, in one way of scoring, on one task form."""

    group: Group
    way: str
    task: str
    form: str
    rows: pd.DataFrame

    @property
    def title(self) -> str:
        """Name of the form."""
        return form_title(self.task, self.form)

    @property
    def who(self) -> str:
        """Name of the group, with the way of scoring where there are several."""
        return self.group.label if self.way == "own" else f"{self.group.label}, {WAYS.get(self.way, self.way)}"

    @property
    def chance(self) -> float:
        """Mean chance of the answers."""
        return float(self.rows["chance"].mean())


def forms_of(base: Base, groups: tuple[Group, ...]) -> Iterator[FormRows]:
    """Yield each form that each group answered, in the order of the report."""
    for group in groups:
        rows = base.of(group)
        parts = {key: part for key, part in rows.groupby(["way", "task", "form"], observed=True)}
        for way, task, form in sorted(parts, key=lambda key: (rank(str(key[1]), str(key[2])), str(key[0]))):
            yield FormRows(group, str(way), str(task), str(form), parts[way, task, form])


def lapse_of(base: Base) -> Lapse:
    """Return the lapse rate that was asked for: 0, or bounded."""
    most = base.options.lapse_most
    return Lapse(most=most) if most else Lapse()


def arrays(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return sums of scores and numbers of observations."""
    return rows["y"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=float)


def model_scores(rows: pd.DataFrame, items: tuple[str, ...]) -> Floats:
    """Return a model's mean score on each of the items; not a number where it did not meet one."""
    total = rows.groupby(rows["item"].astype(str))[["y", "n"]].sum()
    share = total["y"] / total["n"]
    return share.reindex(list(items)).to_numpy(dtype=float)
