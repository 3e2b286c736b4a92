"""From the charts of ``devkit compare`` to what is drawn: which respondents, with what title, over which axis."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from devkit.sidebyside import Behind, Chart, ChartKind, Compared, FormKey, Line, Respondent, Spot
from gui.charts.plot import (
    Mark,
    Plot,
    Series,
    hours_axis,
    months_axis,
    names_axis,
    number_axis,
    share_axis,
    times_axis,
)
from gui.words import mark, tr

ADULT = "adult"
ALL: FormKey = ("", "")
KINDS: tuple[ChartKind, ...] = ("scores", "ages", "hours", "items", "choices", "places", "times", "levels")
LOWEST_MS, HIGHEST_MS = 100.0, 10_000.0
MOST_NAMED = 3
KNOWN = (
    mark("Children"), mark("Adults"), mark("Simulated children"), mark("Robot at the screen"), mark("Chance"),
    mark("Text only (no image)"), mark("Position only"), mark("number of objects"), mark("ratio of the numbers"),
    mark("delay, seconds"), mark("other objects in view"), mark("position answered"),
    mark("reaction time from the choices"), mark("reaction time from the word"),
    mark("reaction time from the end of the prompt"),
)  # fmt: skip
"""Texts of the library that are shown; those with a model's name in them stay as they are."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What a mark stands for.

    Attributes:
        words: The point in words.
        behind: Its trials.
    """

    words: str
    behind: Behind


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be drawn.

    Attributes:
        compared: All that was computed.
        keys: Respondents that are chosen.
        form: Task form; two empty texts for the mean of several.
    """

    compared: Compared
    keys: frozenset[str]
    form: FormKey

    def charts(self, *kinds: ChartKind) -> list[Chart]:
        """Return the charts of some kinds with the chosen respondents only; those left empty are left out."""
        found = []
        for chart in self.compared.charts:
            if chart.kind in kinds and self._of_form(chart):
                lines = tuple(line for line in chart.lines if self._has(line))
                if lines:
                    found.append(chart.model_copy(update={"lines": lines}))
        return found

    def _of_form(self, chart: Chart) -> bool:
        """Whether a chart is of the chosen form; with all tasks chosen, age and hours show the mean alone."""
        if self.form == ALL:
            return chart.form == ALL or chart.kind not in ("ages", "hours")
        return chart.form == self.form

    def _has(self, line: Line) -> bool:
        """Whether a line is of a chosen respondent; a model's line goes with any of its checkpoints."""
        models = {one.model for one in self.compared.respondents if one.key in self.keys} - {""}
        return line.respondent in self.keys or self.respondent(line).model in models

    def respondent(self, line: Line) -> Respondent:
        """Return whose line it is."""
        known = {one.key: one for one in self.compared.respondents}
        lost = Respondent(key=line.respondent, label=line.respondent, kind="model", voice="model", members=0, trials=0)
        return known.get(line.respondent, lost)

    def name(self, line: Line) -> str:
        """Return a line's name."""
        who = self.respondent(line)
        way = {"text": tr("text reply"), "likelihood": tr("likelihood")}.get(line.way, "")
        name = tr(who.label) if not who.model else who.model
        return f"{name}, {way}" if way else name


def forms_of(compared: Compared) -> list[tuple[FormKey, str]]:
    """Return the task forms that have charts, in the order of the report, with their titles."""
    found = dict.fromkeys((chart.form, chart.title) for chart in compared.charts if chart.form != ALL)
    mean = next((_title(chart) for chart in compared.charts if chart.form == ALL), "")
    return [(ALL, f"{tr('All tasks')} ({mean[:1].lower()}{mean[1:]})" if mean else tr("All tasks")), *found]


def _title(chart: Chart) -> str:
    """Return what a chart is about; names of tasks are the same in every language."""
    several = re.fullmatch(r"[Mm]ean of (\d+) task forms", chart.title)
    return tr("Mean of {n} task forms", n=several[1]) if several else chart.title


def accuracy(shown: Shown) -> list[Plot]:
    """Return accuracy of everybody, over age, and over hours seen."""
    makers = {"ages": _ages, "hours": _hours, "scores": _scores}
    order = list(makers) if shown.form == ALL else ["scores", "ages", "hours"]
    charts = sorted(shown.charts("scores", "ages", "hours"), key=lambda chart: order.index(chart.kind))
    return [makers[chart.kind](shown, chart) for chart in charts]


def _scores(shown: Shown, chart: Chart) -> Plot:
    series, names = [], []
    for line in chart.lines:
        only = line.spots[0].model_copy(update={"x": float(len(names))})
        names.append(shown.name(line))
        series.append(_series(shown, line.model_copy(update={"spots": (only,)})))
    told = ", ".join(f"{shown.name(line)} {percent(line.spots[0].y)}" for line in chart.lines[:MOST_NAMED])
    title = f"{_title(chart)}: {told}"
    return Plot(title, names_axis(names), share_axis(tr("right answers")), tuple(series), chart.chance, ends=False,
                note=_n(shown, chart), legend=False)  # fmt: skip


def _ages(shown: Shown, chart: Chart) -> Plot:
    growing = [line for line in chart.lines if shown.respondent(line).kind != ADULT]
    axis = months_axis(spot.x for line in growing for spot in line.spots)
    lines = []
    for line in chart.lines:
        if shown.respondent(line).kind == ADULT:  # at the right edge: the axis is that of children
            lines.append(_moved(line, lambda _: axis.high))
        else:
            lines.append(line)
    series = tuple(_series(shown, line, joined=True) for line in lines)
    y = share_axis(tr("right answers"))
    return Plot(_over(shown, chart, growing), axis, y, series, chart.chance, ends=True, note=_n(shown, chart))


def _hours(shown: Shown, chart: Chart) -> Plot:
    axis, zero = hours_axis(spot.x for line in chart.lines for spot in line.spots)
    lines = [
        line.model_copy(
            update={"spots": tuple(s.model_copy(update={"x": s.x if s.x > 0 else zero}) for s in line.spots)}
        )
        for line in chart.lines
    ]
    series = tuple(_series(shown, line, joined=True) for line in lines)
    y = share_axis(tr("right answers"))
    return Plot(_over(shown, chart, chart.lines), axis, y, series, chart.chance, ends=True, note=_n(shown, chart))


def _moved(line: Line, to: Callable[[float], float]) -> Line:
    """Return a line with its points at other places."""
    return line.model_copy(update={"spots": tuple(spot.model_copy(update={"x": to(spot.x)}) for spot in line.spots)})


def _over(shown: Shown, chart: Chart, lines: Iterable[Line]) -> str:
    """Say what is seen: from where to where each line goes."""
    told = []
    for line in list(lines)[:MOST_NAMED]:
        first, last = line.spots[0], line.spots[-1]
        if first is last:
            told.append(f"{shown.name(line)} {percent(first.y)}")
        else:
            told.append(
                tr("{who} from {first} to {last}", who=shown.name(line), first=percent(first.y), last=percent(last.y))
            )
    return f"{_title(chart)}: {', '.join(told)}" if told else _title(chart)


def items(shown: Shown, across: str, up: str) -> list[Plot]:
    """Return the items that two respondents both answered, one's share of right answers over the other's."""
    found = []
    for chart in shown.charts("items"):
        by_key = {line.respondent: line for line in chart.lines}
        if across in by_key and up in by_key and across != up:
            found.append(_scatter(shown, chart, by_key[across], by_key[up]))
    return found


def _scatter(shown: Shown, chart: Chart, across: Line, up: Line) -> Plot:
    first, second = ({spot.x: spot for spot in line.spots} for line in (across, up))
    both = [(first[place], second[place]) for place in first if place in second]
    easier = sum(a.y > b.y for a, b in both)
    marks = tuple(_pair(shown, a, b, across, up) for a, b in both)
    names = shown.name(across), shown.name(up)
    title = tr(
        "{task}: {n} of {all} items are easier for {who}", task=_title(chart), n=easier, all=len(both), who=names[0]
    )
    series = Series(names[1], shown.respondent(up).voice, marks)
    x, y = (share_axis(tr("right, {who}", who=name)) for name in names)
    return Plot(title, x, y, (series,), diagonal=True, note=tr("n = {n} items that both answered", n=len(both)))


def _pair(shown: Shown, a: Spot, b: Spot, across: Line, up: Line) -> Mark:
    words = f"{a.label}: {shown.name(across)} {percent(a.y)} ({a.n}), {shown.name(up)} {percent(b.y)} ({b.n})"
    sessions = tuple(sorted({*a.behind.sessions, *b.behind.sessions}))
    return Mark(a.y, b.y, words=words, key=Picked(words, a.behind.model_copy(update={"sessions": sessions})))


def answers(shown: Shown) -> list[Plot]:
    """Return which options were chosen, and at which place of the screen."""
    found = []
    for chart in shown.charts("choices", "places"):
        axis = names_axis([_role(name) for name in chart.categories], tr(chart.x_title) if chart.x_title else "")
        most = [(shown.name(line), max(line.spots, key=lambda spot: spot.y)) for line in chart.lines[:MOST_NAMED]]
        told = ", ".join(f"{who}: {_role(spot.label)} {percent(spot.y)}" for who, spot in most)
        y = share_axis(tr("of the answers") if chart.kind == "places" else tr("of the trials"))
        series = tuple(_series(shown, line) for line in chart.lines)
        place = tr("Place answered most") if chart.kind == "places" else tr("Chosen most")
        found.append(Plot(f"{_title(chart)}. {place}: {told}", axis, y, series, chart.chance, note=_n(shown, chart)))
    return found


def _role(name: str) -> str:
    known = {
        "target": tr("target"),
        "none": tr("no answer"),
        "ambiguous": tr("not valid"),
        "timeout": tr("too late"),
        "skipped": tr("left out"),
    }
    return known.get(name, name.replace("_", " "))


def times(shown: Shown) -> list[Plot]:
    """Return how reaction times are spread."""
    found = []
    for chart in shown.charts("times"):
        highest = max(spot.y for line in chart.lines for spot in line.spots)
        y = number_axis([0.0, highest], tr("share of the answers"), grid=True, from_zero=True)
        most = [(shown.name(line), max(line.spots, key=lambda spot: spot.y)) for line in chart.lines[:MOST_NAMED]]
        told = ", ".join(tr("{who} most often {label}", who=who, label=spot.label) for who, spot in most)
        series = tuple(_series(shown, line, joined=True) for line in chart.lines)
        axis = times_axis(f"{tr(chart.x_title)}, ms", LOWEST_MS, HIGHEST_MS)
        found.append(Plot(f"{_title(chart)}: {told}", axis, y, series, ends=True, note=_n(shown, chart) or chart.note))
    return found


def levels(shown: Shown) -> list[Plot]:
    """Return accuracy over what makes the task hard."""
    found = []
    for chart in shown.charts("levels"):
        axis = number_axis([spot.x for line in chart.lines for spot in line.spots], tr(chart.x_title))
        series = tuple(_series(shown, line, joined=True) for line in chart.lines)
        y = share_axis(tr("right answers"))
        title = _over(shown, chart, chart.lines)
        found.append(Plot(title, axis, y, series, chart.chance, ends=True, note=_n(shown, chart)))
    return found


VIEWS: dict[str, Callable[[Shown], list[Plot]]] = {
    "accuracy": accuracy,
    "answers": answers,
    "times": times,
    "levels": levels,
}


def _series(shown: Shown, line: Line, *, joined: bool = False) -> Series:
    who, name = shown.respondent(line), shown.name(line)
    marks = tuple(_mark(name, spot) for spot in line.spots)
    hollow = line.way == "likelihood" or (len(marks) == 1 and "random weights" in who.label)
    return Series(name, who.voice, marks, line.curve, joined=joined and not line.curve, hollow=hollow)


def _mark(name: str, spot: Spot) -> Mark:
    limits = f" [{percent(spot.low)}, {percent(spot.high)}]" if spot.low is not None and spot.high is not None else ""
    words = f"{spot.label}: {percent(spot.y)}{limits} · {spot.n}"
    return Mark(spot.x, spot.y, spot.low, spot.high, words, Picked(f"{name}, {words}", spot.behind))


def percent(share: float) -> str:
    """Return a share for people."""
    return f"{share * 100:.0f}\u00a0%"


def _n(shown: Shown, chart: Chart) -> str:
    """Say what stands behind the lines."""
    told = [f"{shown.name(line)}: {shown.respondent(line).members}" for line in chart.lines]
    return f"n: {', '.join(dict.fromkeys(told))}"


def lines_of(plots: Collection[Plot]) -> list[tuple[str, Series, Mark]]:
    """Return every point of some charts with the title of its chart, for the table of numbers."""
    return [(plot.title, series, mark) for plot in plots for series, mark in plot.marks()]
