"""The answer in one figure: persons by age beside models by hours of recordings seen, and the same by task form."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from analysis.development import FormKey, Point, Track
from analysis.figures.canvas import (
    Drawn,
    canvas,
    chance_line,
    drawing,
    end_labels,
    marker,
    months_axis,
    percent_axis,
    stroke,
)
from analysis.forms import form_title, held_out
from analysis.groups import hours_words
from analysis.look import BAND, SMALL, surface, voice
from devkit.look import Voice

COLUMNS = 4


@drawing
def development_figure(tracks: Sequence[Track], leader: str, alt: str) -> Drawn | None:
    """Draw persons by age on the left and models by hours on the right; None when there is nothing to draw."""
    people = [track for track in tracks if track.axis == "age"]
    models = [track for track in tracks if track.axis == "hours"]
    if not people and not models:
        return None
    sides = [side for side in (people, models) if side]
    figure, grid = canvas(3.3, ncols=len(sides), sharey=True, squeeze=False)
    for axes, side in zip(grid[0], sides, strict=True):
        _panel(axes, side, leader)
        axes.set_title("\n".join(textwrap.wrap(_heading(side), 38)), fontsize=SMALL)
        chance_line(axes, side[0].chance)
    grid[0][0].set_ylabel("right answers")
    return Drawn("answer", figure, alt)


def _heading(side: Sequence[Track]) -> str:
    what = "By age" if side[0].axis == "age" else "By hours of recordings seen"
    return f"{what} · n = " + ", ".join(str(count) for count in side[0].n)


def _panel(axes: Axes, side: Sequence[Track], leader: str) -> None:
    percent_axis(axes)
    (_age_axis if side[0].axis == "age" else _hours_axis)(axes, side)
    labels = []
    for track in side:
        style = voice(track.group, leader)
        _curve(axes, track, style)
        _points(axes, track, style)
        last = [p.result.estimate for p in track.points if p.result.estimate is not None]
        if last:
            labels.append((last[-1], _name(track), style.light))
    end_labels(axes, labels)


def _name(track: Track) -> str:
    name = track.group.model or track.group.label
    extra = {"text": ", text reply", "likelihood": ", likelihood"}.get(track.way, "")
    return name + extra + (" (random weights)" if track.group.random else "")


def _age_axis(axes: Axes, side: Sequence[Track]) -> None:
    ages = [point.x for track in side if track.group.kind != "adult" for point in track.points] or [24.0]
    months_axis(axes, min(ages), max(ages))
    axes.set_xlabel("age, months")


def _hours_axis(axes: Axes, side: Sequence[Track]) -> None:
    seen = sorted({point.x for track in side for point in track.points if point.x > 0})
    if not seen:
        axes.set_xscale("log")
        axes.set_xlim(0.1, 10)
        axes.set_xticks([_zero([])] if any(p.x == 0 for t in side for p in t.points) else [])
        axes.set_xticklabels([_zero_words(side)] if len(axes.get_xticks()) else [])
        axes.set_xlabel("hours of recordings seen")
        axes.minorticks_off()
        return
    axes.set_xscale("log")
    axes.set_xlim(_zero(seen) / 1.4, seen[-1] * 1.4)
    ticks = _few(seen)
    zero = any(point.x == 0 for track in side for point in track.points)
    axes.set_xticks(([_zero(seen)] if zero else []) + ticks)
    axes.set_xticklabels(([_zero_words(side)] if zero else []) + [hours_words(hours) for hours in ticks])
    axes.minorticks_off()
    axes.set_xlabel("hours of recordings seen (log axis" + ("; 0 set apart)" if zero else ")"))


def _few(seen: Sequence[float], most: int = 3) -> list[float]:
    """Choose ticks among the hours, far enough apart on the log axis to be read."""
    if len(seen) < 2:
        return list(seen)
    least = math.log(seen[-1] / seen[0]) / most
    chosen = [seen[-1]]
    for hours in reversed(seen[:-1]):
        if math.log(chosen[-1] / hours) >= least:
            chosen.append(hours)
    return sorted(chosen)


def _zero_words(side: Sequence[Track]) -> str:
    untrained = any(point.group.random for track in side for point in track.points if point.x == 0)
    return "0 h\nrandom" if untrained else "0 h"


def _zero(seen: Sequence[float]) -> float:
    """Where a model that has seen nothing is drawn: left of all others."""
    if not seen:
        return 1.0
    return float(seen[0] / max(3.0, (seen[-1] / seen[0]) ** 0.3))


def _place(track: Track, point: Point, axes: Axes) -> float:
    if track.axis == "age":
        return float(axes.get_xlim()[1]) - 0.5 if track.group.kind == "adult" else point.x
    if math.isnan(point.x):
        return float(axes.get_xlim()[1]) / 1.1
    return float(point.x) if point.x > 0 else _zero(sorted({p.x for p in track.points if p.x > 0}) or [_tick(axes)])


def _tick(axes: Axes) -> float:
    ticks = axes.get_xticks()
    return float(ticks[0]) * 3.0 if len(ticks) else 1.0


def _curve(axes: Axes, track: Track, style: Voice) -> None:
    curve = track.curve
    if curve.fitted and track.group.kind != "adult":
        x = list(curve.x_G) if track.axis == "age" else [10**value for value in curve.x_G]
        axes.fill_between(x, curve.low_G, curve.high_G, color=style.light, alpha=BAND, linewidth=0)
        axes.plot(x, curve.p_G, **stroke(style))
    elif len(track.points) > 1:
        fine = [p for p in track.points if p.result.estimate is not None and (track.axis == "age" or p.x > 0)]
        x = [_place(track, p, axes) for p in fine]
        axes.plot(x, [p.result.estimate or 0.0 for p in fine], **(stroke(style) | {"linewidth": 0.9}))


def _points(axes: Axes, track: Track, style: Voice, *, size: float = 5.0) -> None:
    for point in track.points:
        if point.result.estimate is None:
            continue
        x, interval = _place(track, point, axes), point.result.interval
        if interval is not None:
            axes.plot([x, x], [interval.low, interval.high], color=style.light, linewidth=1.1, solid_capstyle="butt")
        hollow = point.group.random or track.way == "likelihood"
        axes.plot(
            [x],
            [point.result.estimate],
            linestyle="",
            markersize=size,
            clip_on=False,
            zorder=3,
            **marker(style, hollow=hollow),
        )


@drawing
def forms_over_experience(by_form: Mapping[FormKey, Sequence[Track]], axis: str, leader: str, alt: str) -> Drawn | None:
    """Draw one small panel a task form, over age or over hours; None when no form has two points."""
    wanted = {
        form: [t for t in tracks if t.axis == axis and (axis == "age" or t.group.model == leader)]
        for form, tracks in by_form.items()
    }
    wanted = {form: tracks for form, tracks in wanted.items() if any(len(t.points) > 1 for t in tracks)}
    if not wanted:
        return None
    rows = -(-len(wanted) // COLUMNS)
    figure, grid = canvas(0.5 + 1.5 * rows, nrows=rows, ncols=COLUMNS, sharey=True, squeeze=False)
    panels = [axes for line in grid for axes in line]
    everything = [track for tracks in wanted.values() for track in tracks]
    for at, (axes, (form, tracks)) in enumerate(zip(panels, wanted.items(), strict=False)):
        percent_axis(axes)
        (_age_axis if axis == "age" else _hours_axis)(axes, everything)
        for track in tracks:
            style = voice(track.group, leader)
            _curve(axes, track, style)
            _points(axes, track, style, size=3.2)
        axes.axhline(tracks[0].chance, color=surface("quiet"), linewidth=0.9, linestyle=(0, (3, 2.5)))
        axes.set_title(_short(form), fontsize=SMALL - 1, fontweight="normal")
        _thin_out(axes, at, len(wanted))
    for axes in panels[len(wanted) :]:
        axes.set_visible(False)
    figure.supxlabel(
        "age, months" if axis == "age" else "hours of recordings seen (log axis)",
        fontsize=SMALL - 1,
        color=surface("quiet"),
    )
    return Drawn(f"forms-by-{axis}", figure, alt)


def _short(form: FormKey) -> str:
    title = form_title(*form, short=True).replace(", ", "\n")
    return title + (" †" if held_out(form[0]) else "")


def _thin_out(axes: Axes, at: int, total: int) -> None:
    """Leave tick labels to the outer panels, and the axis name to the figure."""
    axes.set_xlabel("")
    axes.set_yticks([0, 0.5, 1])
    axes.tick_params(labelsize=SMALL - 1.5)
    if at + COLUMNS < total:
        axes.tick_params(labelbottom=False)
