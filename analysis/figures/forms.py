"""Accuracy of everybody on every task form, with intervals, each form with its own chance."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.accuracy import Cell
from analysis.figures.canvas import Drawn, canvas, drawing, marker, percent_axis
from analysis.forms import form_title, held_out, rank
from analysis.look import DASHES, SMALL, surface, voice
from devkit.look import VOICES

SERIES_IN = 0.1
TALLEST_IN = 7.6
"""Rows in all, so that the figure fits a printed page with its caption."""
Series = tuple[str, str]


@drawing
def forms_figure(shown: Sequence[Cell], leader: str, alt: str) -> Drawn | None:
    """Draw one row a task form; None when nothing has an estimate."""
    fit = [one for one in shown if one.measure == "score" and one.result.estimate is not None]
    cells = [one for one in fit if not one.group.key.startswith("baseline:chance")]  # the line says the same
    if not cells:
        return None
    series = list(dict.fromkeys((one.group.key, one.way) for one in cells))
    forms = sorted({(one.task, one.form) for one in cells}, key=lambda form: rank(*form))
    height = min(max(0.3, SERIES_IN * (len(series) + 1.5)), TALLEST_IN / len(forms))
    figure, axes = canvas(0.9 + height * len(forms) + 0.16 * (len(series) // 3 + 1))
    percent_axis(axes, vertical=False)
    for row, form in enumerate(forms):
        mine = [one for one in cells if (one.task, one.form) == form]
        _row(axes, row, mine, series, leader)
    axes.set_ylim(len(forms) - 0.5, -0.5)
    axes.set_yticks(range(len(forms)))
    axes.set_yticklabels([_name(form) for form in forms], fontsize=SMALL, color=surface("text"))
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("right answers")
    _legend(figure, cells, series, leader)
    return Drawn("accuracy", figure, alt)


def _name(form: tuple[str, str]) -> str:
    title = form_title(*form).replace(", ", "\n")
    return title + (" †" if held_out(form[0]) else "")


def _row(axes: Axes, row: int, cells: Sequence[Cell], series: Sequence[Series], leader: str) -> None:
    if row % 2:
        axes.axhspan(row - 0.5, row + 0.5, color=surface("line"), alpha=0.25, linewidth=0, zorder=0)
    chance = next((one.result.chance for one in cells if one.result.chance is not None), None)
    if chance is not None:
        style = VOICES["chance"]
        axes.plot(
            [chance, chance], [row - 0.44, row + 0.44], color=style.light, linewidth=1.1, linestyle=DASHES[style.line]
        )
    for one in cells:
        place = series.index((one.group.key, one.way))
        y = row + (place - (len(series) - 1) / 2) * 0.8 / max(len(series), 4)
        style, result = voice(one.group, leader), one.result
        if result.interval is not None:
            axes.plot([result.interval.low, result.interval.high], [y, y], color=style.light, linewidth=1.0)
        hollow = one.way == "likelihood" or one.group.random
        axes.plot(
            [result.estimate or 0.0],
            [y],
            linestyle="",
            markersize=3.8,
            zorder=3,
            clip_on=False,
            **marker(style, hollow=hollow),
        )


def _legend(figure: Figure, cells: Sequence[Cell], series: Sequence[Series], leader: str) -> None:
    handles = []
    for key, way in series:
        one = next(c for c in cells if c.group.key == key and c.way == way)
        style = voice(one.group, leader)
        name = one.group.label + ("" if way == "own" or one.group.kind != "model" else f", {one.way_words}")
        hollow = way == "likelihood" or one.group.random
        handles.append(Line2D([], [], linestyle="", markersize=5, label=name, **marker(style, hollow=hollow)))
    chance = VOICES["chance"]
    handles.append(Line2D([], [], color=chance.light, linewidth=1.1, linestyle=DASHES[chance.line], label="chance"))
    figure.legend(handles=handles, loc="outside upper left", ncols=2, handletextpad=0.5, columnspacing=1.6, borderpad=0)
