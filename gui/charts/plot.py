"""What a chart shows: axes with their ticks, series of marks with intervals and curves, and the level of chance.

Nothing here draws or knows colours; a series names the voice of `devkit.look` that it bears.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gui.words import tr

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
EDGE = 0.04
"""Share of an axis that stays free at its ends."""
LONGEST_TICK = 14


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        title: What it is, with its unit.
        low: Its lower end.
        high: Its upper end.
        ticks: Values and their words.
        log: Whether it is logarithmic; both ends are above 0 then.
        grid: Whether ticks draw a light line through the chart.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False
    grid: bool = False

    def share(self, value: float) -> float:
        """Return how far along the axis a value lies, 0 to 1; beyond it for what lies outside."""
        if self.log:
            return (math.log(max(value, self.low / 10)) - math.log(self.low)) / (
                math.log(self.high) - math.log(self.low)
            )
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Mark:
    """One point: where it is, its interval, its words, and what it stands for."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    words: str = ""
    key: Any = None


@dataclass(frozen=True, slots=True)
class Series:
    """One voice of a chart.

    Attributes:
        name: Written at its end or in the legend.
        voice: Of `devkit.look.VOICES`.
        marks: By x.
        curve: x, y, lower and upper limit, in steps small enough to be a curve; a band is drawn between the limits.
        joined: Whether marks are joined by a line where there is no curve.
        dots: Whether marks are drawn; hundreds of steps of a training are not.
        hollow: Whether marks are open, as of untrained models.
    """

    name: str
    voice: str
    marks: tuple[Mark, ...] = ()
    curve: tuple[tuple[float, float, float, float], ...] = ()
    joined: bool = False
    dots: bool = True
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart.

    Attributes:
        title: What is seen.
        x: The horizontal axis.
        y: The vertical axis.
        series: What it shows.
        chance: Level of guessing; None without one.
        ends: Whether series bear their names at their ends; else a legend below.
        diagonal: Whether equal values are marked by a line.
        note: What a reader must know, below.
        legend: Whether there is a legend where series bear no names; none where the axis names them.
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    chance: float | None = None
    ends: bool = False
    diagonal: bool = False
    note: str = ""
    legend: bool = True

    def marks(self) -> list[tuple[Series, Mark]]:
        """Return all marks that can be picked, series by series."""
        return [(series, mark) for series in self.series if series.dots for mark in series.marks]


def share_axis(title: str) -> Axis:
    """Return an axis from 0 to 100 %."""
    return Axis(title, 0.0, 1.0, tuple((value, f"{value:.0%}".replace("%", "\u00a0%")) for value in SHARES), grid=True)


def months_axis(values: Iterable[float]) -> Axis:
    """Return an axis of ages with every sixth month marked; every third or single one where that would be too few."""
    found = list(values) or [24.0]
    low, high = min(found) - 1.5, max(found) + 1.5
    unit = next((months for months in (6, 3) if high // months - math.ceil(low / months) >= 1), 1)
    first, last = math.ceil(low / unit) * unit, math.floor(high / unit) * unit
    step = unit * max(1, math.ceil((last - first) / unit / 8))
    ticks = tuple((float(month), str(month)) for month in range(first, last + 1, step))
    return Axis(tr("age, months"), low, high, ticks or ((found[0], f"{found[0]:.0f}"),))


def hours_axis(values: Iterable[float]) -> tuple[Axis, float]:
    """Return a logarithmic axis of hours, and where a model that has seen nothing stands: left of all others."""
    seen = sorted({value for value in values if value > 0})
    none = any(value <= 0 for value in values)
    low, high = (seen[0], seen[-1]) if seen else (0.5, 2.0)
    zero = low / max(3.0, (high / low) ** 0.3)
    ticks = [(hours, hours_words(hours)) for hours in _apart(seen)]
    if none:
        ticks.insert(0, (zero, tr("0 h")))
    return Axis(
        tr("hours of recordings seen (log axis)"), (zero if none else low) / 1.4, high * 1.4, tuple(ticks), log=True
    ), zero


def _apart(seen: Sequence[float], most: int = 4) -> list[float]:
    """Choose ticks far enough apart on a log axis to be read."""
    if len(seen) < 2:
        return list(seen)
    least, chosen = math.log(seen[-1] / seen[0]) / most, [seen[-1]]
    for value in reversed(seen[:-1]):
        if math.log(chosen[-1] / value) >= least:
            chosen.append(value)
    return sorted(chosen)


def hours_words(hours: float) -> str:
    """Return hours for people."""
    if hours < 1:
        return tr("{n} min", n=f"{hours * 60:.3g}")
    return tr("{n} h", n=f"{hours:.2g}" if hours < 10 else f"{hours:,.0f}")


def names_axis(names: Sequence[str], title: str = "") -> Axis:
    """Return an axis with a place for each name."""
    ticks = tuple((float(place), name) for place, name in enumerate(names))
    return Axis(title, -0.5, max(len(names), 1) - 0.5, ticks)


def times_axis(title: str, low: float, high: float) -> Axis:
    """Return a logarithmic axis of reaction times."""
    known = (100, 200, 500, 1000, 2000, 5000, 10_000)
    ticks = tuple((float(ms), f"{ms:,}") for ms in known if low <= ms <= high)
    return Axis(title, low, high, ticks, log=True)


def number_axis(values: Iterable[float], title: str, *, grid: bool = False, from_zero: bool = False) -> Axis:
    """Return an axis over numbers with round ticks."""
    found = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = (min(0.0, min(found)) if from_zero else min(found)), max(found)
    room = (high - low) * EDGE or 0.5
    step = _round_step((high - low) or 1.0)
    first = math.ceil(low / step - 1e-9)
    ticks = tuple((n * step, f"{n * step:,.10g}") for n in range(first, math.floor(high / step + 1e-9) + 1))
    return Axis(title, low if from_zero and low == 0 else low - room, high + room, ticks, grid=grid)


def _round_step(width: float, most: int = 6) -> float:
    raw = width / most
    size: float = 10.0 ** math.floor(math.log10(raw))
    return next(size * times for times in (1, 2, 5, 10) if size * times >= raw - 1e-12)
