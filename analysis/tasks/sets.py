"""Set size: accuracy by number of objects, the subitizing range, and the error of counting against number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.intervals import mean_over_persons, proportion
from analysis.regression.chance import fit_chance
from analysis.result import Check, Count, Interval, Result, withheld
from analysis.twoway import crossed, two_way


def by_level(
    name: str,
    rows: pd.DataFrame,
    column: str,
    *,
    chance: float | None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
    people: str = "children",
    persons: bool = True,
) -> tuple[tuple[float, Result], ...]:
    """Return accuracy at each value of a difficulty column.

    Args:
        name: Whose.
        rows: Columns ``person``, ``item``, ``y``, ``n`` and ``column``.
        column: A numeric difficulty column (``set_size``, ``delay_s``, ``position``).
        chance: Level of guessing.
        level: Confidence level.
        draws: Bootstrap draws.
        seed: Seed of the draws.
        people: What respondents are called.
        persons: False for one model: Wilson's interval over its trials.
    """
    found = []
    for value, part in rows.groupby(column):
        label = f"{name}, {column.replace('_', ' ')} {float(value):g}"  # type: ignore[arg-type]
        if persons and part["person"].nunique() > 1:
            cell = pd.Series("all", index=part.index)
            data = crossed(part["person"], part["item"], cell, part["y"], part["n"])
            result = two_way(label, data, chance=chance, level=level, draws=draws, seed=seed, people=people)
        else:
            right, n = round(float(part["y"].sum())), int(part["n"].sum())
            result = proportion(label, right, n, chance=chance, level=level)
        found.append((float(value), result))  # type: ignore[arg-type]
    return tuple(found)


def subitizing_range(
    name: str, rows: pd.DataFrame, *, chance: float, level: float = 0.95, draws: int = 500, seed: int = 1
) -> Result:
    """Return the set size at which accuracy has fallen half of the way from 1 to chance, by a logistic in set size.

    Args:
        name: Whose.
        rows: Columns ``person``, ``item``, ``y``, ``n`` and ``set_size``.
        chance: Level of guessing.
        level: Confidence level.
        draws: Bootstrap draws of children.
        seed: Seed of the draws.
    """
    person, names = pd.factorize(rows["person"].astype(str))
    counts = (Count("children", len(names)), Count("trials", len(rows)))
    size = rows["set_size"].to_numpy(dtype=float)
    y, n = rows["y"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=float)
    if len(np.unique(size)) < 3:
        return withheld(name, "subitizing_range", "fewer than three set sizes", n=counts, unit="number")
    x = np.column_stack([np.ones(len(size)), size])
    fit = fit_chance(y, n, x, chance)
    if fit.reason:
        return withheld(name, "subitizing_range", fit.reason, n=counts, unit="number")
    if fit.beta_K[1] >= 0:
        why = "accuracy does not fall with set size"
        return withheld(name, "subitizing_range", why, n=counts, unit="number")
    at = float(-fit.beta_K[0] / fit.beta_K[1])
    largest, smallest = float(size.max()), float(size.min())
    interval = _drawn_range(x, y, n, person, len(names), chance, (smallest, largest), level, draws, seed)
    check = Check("the range lies within the sizes shown", smallest <= at <= largest, f"{smallest:g}–{largest:g}")
    if not check.held:
        side = "below the smallest" if at < smallest else "above the largest"
        return Result(
            name, "subitizing_range", None, interval, counts, reason=f"{side} set shown", unit="number", checks=(check,)
        )
    return Result(
        name, "subitizing_range", at, interval, counts, chance, None,
        ("accuracy falls as a logistic in set size", "interval: percentiles over children"), unit="number",
        checks=(check,),
    )  # fmt: skip


def _drawn_range(
    x: np.ndarray, y: np.ndarray, n: np.ndarray, person: np.ndarray, people: int, chance: float,
    seen: tuple[float, float], level: float, draws: int, seed: int,
) -> Interval | None:  # fmt: skip
    if people < 5:
        return None
    rng, drawn = np.random.default_rng(seed), []
    sizes, which = np.unique(x[:, 1], return_inverse=True)
    y_PS, n_PS = np.zeros((people, len(sizes))), np.zeros((people, len(sizes)))
    np.add.at(y_PS, (person, which), y)
    np.add.at(n_PS, (person, which), n)
    small = np.column_stack([np.ones(len(sizes)), sizes])
    for _ in range(draws):
        w = np.bincount(rng.integers(0, people, people), minlength=people)
        fit = fit_chance(w @ y_PS, w @ n_PS, small, chance)
        if not fit.reason and fit.beta_K[1] < 0:
            drawn.append(-fit.beta_K[0] / fit.beta_K[1])
    if len(drawn) < draws / 2:
        return None
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(drawn, [tail, 1 - tail]))
    below, above = low < seen[0], high > seen[1]
    return Interval(
        -np.inf if below else low, np.inf if above else high, level,
        "below the smallest set" if below else "", "above the largest set" if above else "",
    )  # fmt: skip


def counting_error(name: str, rows: pd.DataFrame, *, level: float = 0.95) -> tuple[tuple[float, Result, Result], ...]:
    """Return the signed error of the answered number and its spread relative to the number, at each number shown.

    Args:
        name: Whose.
        rows: Columns ``person``, ``set_size`` and ``said`` (the answered number).
        level: Confidence level.

    Returns:
        For each number: mean of answered − shown (one mean a child, t over children), and the coefficient of variation
        of all answers to it.
    """
    found = []
    for value, part in rows.groupby("set_size"):
        number = float(value)  # type: ignore[arg-type]
        error = (part["said"] - number).groupby(part["person"].astype(str)).mean()
        label = f"{name}, {number:g} shown"
        mean = mean_over_persons(
            f"{label}: error", list(error), level=level, unit="children", method="counting_error", scale="number"
        )
        counts = (Count("answers", len(part)),)
        spread_name = f"{label}: coefficient of variation"
        if len(part) < 5 or float(part["said"].mean()) == 0:
            spread = withheld(spread_name, "counting_error", "fewer than 5 answers", n=counts, unit="number")
        else:
            cv = float(part["said"].std(ddof=1) / part["said"].mean())
            spread = Result(spread_name, "counting_error", cv, None, counts, unit="number")
        found.append((number, mean, spread))
    return tuple(found)


def slope_over(name: str, rows: pd.DataFrame, column: str, *, level: float = 0.95, people: str = "children") -> Result:
    """Return the mean over respondents of each one's own slope of accuracy over a column (shares per unit).

    Args:
        name: Whose.
        rows: Columns ``person``, ``y``, ``n`` and ``column``.
        column: Numeric.
        level: Confidence level.
        people: What respondents are called.
    """
    slopes = []
    for _, part in rows.groupby(rows["person"].astype(str)):
        x, y = part[column].to_numpy(dtype=float), (part["y"] / part["n"]).to_numpy(dtype=float)
        spread = x - x.mean()
        if len(x) >= 3 and float(spread @ spread) > 0:
            slopes.append(float(spread @ y / (spread @ spread)))
    if len(slopes) < 3:
        why = f"fewer than three {people} met three trials at different values"
        return withheld(name, "slope_persons", why, n=(Count(people, len(slopes)),), unit="per unit")
    return mean_over_persons(name, slopes, level=level, unit=people, method="slope_persons", scale="per unit")
