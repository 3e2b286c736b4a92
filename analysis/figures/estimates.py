"""Estimates with their intervals, one below the other, beside the value they are to be read against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures.canvas import Drawn, canvas, drawing, marker
from analysis.look import DASHES, SMALL, surface
from analysis.result import Result, Unit
from devkit.look import VOICES, Voice

MOST = 26
"""Labels in one figure; more would not fit a printed page with its caption."""
ROW_IN = 0.25
SERIES_IN = 0.13
SHARES: tuple[Unit, ...] = ("share", "difference")


@dataclass(frozen=True, slots=True)
class Estimate:
    """One point of the figure.

    Attributes:
        label: Name of its row.
        series: Whose it is; rows with the same label stand together.
        voice: How that one is drawn.
        hollow: Draw the mark open.
        result: With an estimate; others are left out of the figure and stay in its table.
    """

    label: str
    series: str
    voice: Voice
    hollow: bool
    result: Result


@drawing
def estimates_figure(
    name: str,
    rows: Sequence[Estimate],
    alt: str,
    *,
    axis: str,
    title: str = "",
    reference: float | None = None,
    words: str = "",
    span: tuple[float, float] | None = None,
) -> Drawn | None:
    """Draw estimates with intervals; None when none has an estimate.

    Args:
        name: Of the figure and its files.
        rows: Points, in order; at most `MOST` labels are drawn.
        alt: What is shown, for those who cannot see it.
        axis: What the horizontal axis measures.
        title: What is seen.
        reference: Where a thin line stands.
        words: Its name.
        span: Limits of the axis; from the points by default.
    """
    fit = [row for row in rows if row.result.estimate is not None]
    labels = list(dict.fromkeys(row.label for row in fit))[:MOST]
    fit = [row for row in fit if row.label in labels]
    if not fit:
        return None
    series = list(dict.fromkeys(row.series for row in fit))
    beside = {label: list(dict.fromkeys(row.series for row in fit if row.label == label)) for label in labels}
    height = max(ROW_IN, SERIES_IN * (max(map(len, beside.values())) + 1))
    legend = 0.2 * -(-len(series) // 2) if len(series) > 1 else 0.0
    figure, axes = canvas(0.75 + height * len(labels) + legend + (0.25 if title else 0))
    low, high = span or _span(fit, reference)
    axes.set_xlim(low, high)
    for row in fit:
        _draw(axes, row, labels.index(row.label), beside[row.label], (low, high))
    _frame(axes, labels, axis, fit[0].result.unit)
    if reference is not None:
        _reference(axes, reference, words)
    if title:
        axes.set_title(title, pad=14 if words else 6)
    if len(series) > 1:
        handles = [_handle(next(row for row in fit if row.series == one)) for one in series]
        figure.legend(handles=handles, loc="outside upper left", ncols=2, handletextpad=0.5, borderpad=0)
    return Drawn(name, figure, alt)


def _span(rows: Sequence[Estimate], reference: float | None) -> tuple[float, float]:
    values = [row.result.estimate or 0.0 for row in rows] + ([reference] if reference is not None else [])
    for row in rows:
        if row.result.interval is not None:
            values += [v for v in (row.result.interval.low, row.result.interval.high) if math.isfinite(v)]
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or 0.5
    return low - room, high + room


def _draw(axes: Axes, row: Estimate, at: int, series: Sequence[str], limits: tuple[float, float]) -> None:
    chance = row.result.chance
    if chance is not None and row.result.unit == "share" and limits[0] <= chance <= limits[1]:
        line = VOICES["chance"]
        axes.plot([chance] * 2, [at - 0.42, at + 0.42], color=line.light, linewidth=1.1, linestyle=DASHES[line.line])
    y = at + (series.index(row.series) - (len(series) - 1) / 2) * 0.7 / max(len(series), 2)
    interval, colour = row.result.interval, row.voice.light
    if interval is not None:
        low, high = max(interval.low, limits[0]), min(interval.high, limits[1])
        axes.plot([low, high], [y, y], color=colour, linewidth=1.2, solid_capstyle="butt")
        for end, shape, cut in ((low, "<", interval.low < limits[0]), (high, ">", interval.high > limits[1])):
            if cut:
                axes.plot([end], [y], marker=shape, markersize=4, color=colour, clip_on=False)
    style = marker(row.voice, hollow=row.hollow)
    axes.plot([row.result.estimate or 0.0], [y], linestyle="", markersize=5, zorder=3, **style)


def _frame(axes: Axes, labels: Sequence[str], axis: str, unit: Unit) -> None:
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels(labels, fontsize=SMALL, color=surface("text"))
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(axis)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    if unit in SHARES:
        scale = "{:+.0f}" if unit == "difference" else "{:.0f} %"
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: scale.format(value * 100)))
    axes.xaxis.grid(True)
    axes.set_axisbelow(True)
    for at in range(1, len(labels), 2):
        axes.axhspan(at - 0.5, at + 0.5, color=surface("line"), alpha=0.25, linewidth=0, zorder=0)


def _reference(axes: Axes, at: float, words: str) -> None:
    style = VOICES["chance"]
    axes.axvline(at, color=style.light, linewidth=1.1, linestyle=DASHES[style.line], zorder=1.5)
    left, right = axes.get_xlim()
    side = (
        "right" if (at - left) / (right - left) > 0.85 else "left" if (at - left) / (right - left) < 0.15 else "center"
    )
    axes.annotate(
        words, (at, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points", ha=side,
        va="bottom", color=style.light, fontsize=SMALL,
    )  # fmt: skip


def _handle(row: Estimate) -> Line2D:
    return Line2D([], [], linestyle="", markersize=5, label=row.series, **marker(row.voice, hollow=row.hollow))
