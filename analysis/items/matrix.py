"""Answers laid out as children × items, with what was not asked or not answered left empty.

Shapes: C children, I items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answers:
    """Scores of children on items.

    Attributes:
        children: Codes, one a row.
        items: Names, one a column.
        y_CI: Score, mean over repetitions; not a number where there is none.
    """

    children: tuple[str, ...]
    items: tuple[str, ...]
    y_CI: Floats

    @property
    def met_CI(self) -> Floats:
        """1 where a child answered an item."""
        return np.isfinite(self.y_CI).astype(float)

    @property
    def filled_CI(self) -> Floats:
        """Scores with zeros in the empty places."""
        return np.nan_to_num(self.y_CI)

    def difficulty(self) -> Floats:
        """Return the share of right answers to each item; not a number where no one answered."""
        met = self.met_CI.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.filled_CI.sum(axis=0) / met)

    def keep(self, items: NDArray[np.bool_]) -> Answers:
        """Return the same for some items."""
        return Answers(
            self.children, tuple(i for i, k in zip(self.items, items, strict=True) if k), self.y_CI[:, items]
        )

    def of(self, children: NDArray[np.bool_]) -> Answers:
        """Return the same for some children."""
        return Answers(
            tuple(c for c, k in zip(self.children, children, strict=True) if k), self.items, self.y_CI[children]
        )


def lay_out(rows: pd.DataFrame) -> Answers:
    """Lay answers out; an item that a child met more than once gets the mean.

    Args:
        rows: Columns ``person``, ``item``, ``y`` (sum of scores) and ``n`` (observations).
    """
    person, children = pd.factorize(rows["person"].astype(str), sort=True)
    item, items = pd.factorize(rows["item"].astype(str), sort=True)
    shape = len(children), len(items)
    place = person * max(shape[1], 1) + item
    total = np.bincount(place, rows["y"].to_numpy(dtype=float), shape[0] * shape[1]).reshape(shape)
    number = np.bincount(place, rows["n"].to_numpy(dtype=float), shape[0] * shape[1]).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        y_CI = total / number
    return Answers(tuple(map(str, children)), tuple(map(str, items)), y_CI)
