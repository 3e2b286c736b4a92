"""Accuracy over what makes a task hard: set size, delay, place in a list; one small panel a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from analysis.figures.canvas import Drawn, canvas, drawing, marker, percent_axis, stroke
from analysis.look import DASHES, SMALL, surface
from analysis.result import Result
from devkit.look import VOICES, Voice

COLUMNS = 3
MOST = 9


@dataclass(frozen=True, slots=True)
class Level:
    """Accuracy of one respondent at one level of one task: panel, who, where on the axis, and the result."""

    panel: str
    who: str
    voice: Voice
    hollow: bool
    x: float
    result: Result


@drawing
def levels_figure(name: str, levels: Sequence[Level], axis: str, alt: str) -> Drawn | None:
    """Draw accuracy over levels, a panel a task; None where no task has two levels with an estimate.

    Args:
        name: Of the figure and its files.
        levels: Points.
        axis: What the horizontal axis measures.
        alt: What is shown, for those who cannot see it.
    """
    fit = [one for one in levels if one.result.estimate is not None]
    panels = {one.panel: [x for x in fit if x.panel == one.panel] for one in fit}
    panels = {title: rows for title, rows in panels.items() if len({row.x for row in rows}) > 1}
    titles = list(panels)[:MOST]
    if not titles:
        return None
    columns = min(COLUMNS, len(titles))
    lines = -(-len(titles) // columns)
    names = list(dict.fromkeys(row.who for title in titles for row in panels[title]))
    figure, grid = canvas(0.55 + 1.75 * lines + 0.2 * -(-len(names) // 2), nrows=lines, ncols=columns, sharey=True,
                          squeeze=False)  # fmt: skip
    flat = [axes for row in grid for axes in row]
    for axes, title in zip(flat, titles, strict=False):
        _panel(axes, panels[title])
        axes.set_title(title, fontsize=SMALL, fontweight="normal")
    for axes in flat[len(titles) :]:
        axes.set_visible(False)
    figure.supxlabel(axis, fontsize=SMALL, color=surface("quiet"))
    _legend(figure, [row for title in titles for row in panels[title]], names)
    return Drawn(name, figure, alt)


def _panel(axes: Axes, rows: Sequence[Level]) -> None:
    percent_axis(axes)
    for who in dict.fromkeys(row.who for row in rows):
        mine = sorted((row for row in rows if row.who == who), key=lambda row: row.x)
        style = mine[0].voice
        axes.plot([r.x for r in mine], [r.result.estimate or 0.0 for r in mine], **(stroke(style) | {"linewidth": 1.1}))
        for row in mine:
            interval = row.result.interval
            if interval is not None:
                axes.plot([row.x, row.x], [interval.low, interval.high], color=style.light, linewidth=1.0)
            look = marker(style, hollow=row.hollow)
            axes.plot(
                [row.x], [row.result.estimate or 0.0], linestyle="", markersize=4, zorder=3, clip_on=False, **look
            )
    chance = next((row.result.chance for row in rows if row.result.chance is not None), None)
    if chance is not None:
        style = VOICES["chance"]
        axes.axhline(chance, color=style.light, linewidth=1.0, linestyle=DASHES[style.line], zorder=1.5)
    places = sorted({row.x for row in rows})
    step = max(1, -(-len(places) // 6))
    axes.set_xticks(places[::step])
    axes.set_xticklabels([f"{x:g}" for x in places[::step]])
    axes.tick_params(labelsize=SMALL - 1)


def _legend(figure: object, rows: Sequence[Level], names: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for who in names:
        one = next(row for row in rows if row.who == who)
        look = marker(one.voice, hollow=one.hollow)
        handles.append(Line2D([], [], linestyle="", markersize=5, label=who, **look))
    chance = VOICES["chance"]
    handles.append(Line2D([], [], color=chance.light, linewidth=1.1, linestyle=DASHES[chance.line], label="chance"))
    figure.legend(handles=handles, loc="outside upper left", ncols=2, handletextpad=0.5, borderpad=0)  # type: ignore[attr-defined]
