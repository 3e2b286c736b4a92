"""What each topic shows in the report: one sentence with its numbers, and figures above their tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.figures import Drawn, flow_figure
from analysis.figures.estimates import Estimate, estimates_figure
from analysis.figures.levels import Level, levels_figure
from analysis.figures.timecourse import timecourse_figure
from analysis.forms import form_title
from analysis.groups import WAYS
from analysis.look import voice
from analysis.reliability.sensitivity import exclusion_flow
from analysis.report.blocks import Block, FigureBlock, Paragraph, TableBlock
from analysis.report.claims import Sentence, claim
from analysis.result import Result
from analysis.sections import Finding, limit_words, quantity, section
from analysis.sections import Section as Results
from analysis.study import Study
from analysis.tables import Table
from analysis.tasks.timecourse import course
from analysis.topics.looking import gaze_of
from devkit.look import VOICES, Voice


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who: from the words of a label to how that respondent is drawn."""

    study: Study
    leader: str

    def look(self, who: str) -> tuple[Voice, bool]:
        """Return the voice of a respondent and whether its marks are open."""
        for group in self.study.groups.values():
            if who == group.label:
                return voice(group, self.leader), group.random
            for way, words in WAYS.items():
                if who == f"{group.label}, {words}":
                    return voice(group, self.leader), group.random or way == "likelihood"
        return VOICES["baseline"], False

    def leads(self, who: str) -> bool:
        """Return whether a label is of the model that the report is about."""
        names = [group.label for group in self.study.groups.values() if group.model == self.leader and self.leader]
        return any(who == name or who.startswith(f"{name}, ") for name in names)


Makers = Callable[[dict[str, Results], Cast], Iterator[Block]]


def tables_only(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    """Show nothing above the tables."""
    yield from ()


def _figure(
    drawn: Drawn | None, caption: str, table: Table, points: Sequence[Estimate] | Sequence[Level]
) -> Iterator[Block]:
    if drawn is not None:
        yield FigureBlock(drawn, (f"{caption} {behind([one.result for one in points])}",), table)


def behind(results: Sequence[Result]) -> str:
    """Return what stands behind the points of a figure: least and most of each unit."""
    units: dict[str, list[int]] = {}
    for one in results:
        if one.estimate is not None:
            for count in one.n:
                units.setdefault(count.unit, []).append(count.number)
    parts = [
        f"{min(found):,} {unit}" if min(found) == max(found) else f"{min(found):,}–{max(found):,} {unit}"
        for unit, found in units.items()
    ]
    return f"n = {', '.join(parts)} a point." if parts else ""


def _rows(one: Results | None, keep: Callable[[Finding], bool]) -> list[tuple[str, Finding]]:
    """Return the findings that are kept, with the key of their table row."""
    findings = one.findings if one is not None else ()
    return [(str(at), f) for at, f in enumerate(findings, start=1) if keep(f)]


def _quote(table: Table, key: str, finding: Finding) -> Sentence:
    """Return an estimate with its interval, linked to its cell."""
    result = finding.result
    around = limit_words(result.interval, result.unit)
    return (claim(table, key, "estimate", quantity(result.estimate, result.unit)), f" [{around}]" if around else "")


def _compare(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    gaps = found.get("differences")
    if gaps is not None:
        table = gaps.table()
        rows = _rows(gaps, lambda f: f.labels[3] == "all ages" and f.result.estimate is not None)
        led = sorted(
            (row for row in rows if cast.leads(row[1].labels[0])), key=lambda row: row[1].result.estimate or 0.0
        )
        if len(led) > 1:
            yield Paragraph(_extremes(table, led))
        several = len({f.labels[1] for _, f in rows}) > 1
        points = [
            Estimate(
                f.labels[2] + (f"\n{f.labels[1]}" if several else ""), f.labels[0], *cast.look(f.labels[0]), f.result
            )
            for _, f in rows
        ]
        drawn = estimates_figure(
            "differences", points, "Difference of each model's accuracy from the children's, by task form.",
            axis="model minus children, points of accuracy", reference=0.0, words="equal",
        )  # fmt: skip
        yield from _figure(drawn, "Model minus children on the items that both met, all ages. Right of the line the "
                           "model is better. By age: in the table.", table, points)  # fmt: skip
    ages = found.get("age-equivalents")
    if ages is not None:
        points = [Estimate(f.labels[2], f.labels[0], *cast.look(f.labels[0]), f.result) for f in ages.findings]
        drawn = estimates_figure(
            "age-equivalents", points, "Age at which children's accuracy meets the model's, by task form.",
            axis="age equivalent, months",
        )  # fmt: skip
        words = "Age at which the children's curve meets the model's accuracy: a place on a curve, not a mental age."
        yield from _figure(drawn, f"{words} An arrow: the interval goes on.", ages.table(), points)
    yield from _references(found.get("reference-curves"))


def _references(one: Results | None) -> Iterator[Block]:
    """Show published answers by age."""
    if one is None:
        return
    points = []
    for f in one.findings:
        kind = "adult" if f.labels[2] == "adults" else "child"
        who = f"{f.labels[0]}, {'adults' if kind == 'adult' else 'children'}"
        points.append(Estimate(f"{f.labels[1]}, {f.labels[2]}", who, VOICES[kind], False, f.result))
    drawn = estimates_figure(
        "reference-curves", points, "Right answers of published children and adults, by task and age.",
        axis="right answers, or share of looking at the target", span=(0.0, 1.0),
    )  # fmt: skip
    words = "Published answers (of Looking While Listening: looking) on other items, for orientation. Dashes: chance."
    yield from _figure(drawn, words, one.table(), points)


def _extremes(table: Table, rows: Sequence[tuple[str, Finding]]) -> Sentence:
    (low_key, low), (high_key, high) = rows[0], rows[-1]

    def where(finding: Finding) -> str:
        above = (finding.result.estimate or 0.0) > 0
        return f"{'above' if above else 'below'} {finding.labels[1][0].lower()}{finding.labels[1][1:]}"

    return (
        f"On the items that both met, {high.labels[0]} stands highest against persons in {high.labels[2]} "
        f"({where(high)} by ", *_quote(table, high_key, high), f"), and {low.labels[0]} lowest in {low.labels[2]} "
        f"({where(low)} by ", *_quote(table, low_key, low), ").",
    )  # fmt: skip


def _items(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    agreed = found.get("item-agreement")
    if agreed is None:
        return
    table = agreed.table()
    mine = _rows(agreed, lambda f: f.labels[3] == "Spearman" and f.result.estimate is not None)
    best = max(mine, key=lambda row: row[1].result.estimate or 0.0, default=None)
    if best is not None:
        name, people = best[1].labels[0], best[1].labels[1]
        yield Paragraph(
            (f"{name} and {people[0].lower()}{people[1:]} agree most on which items of {best[1].labels[2]} are hard: "
             "Spearman correlation ", *_quote(table, best[0], best[1]), ".")
        )  # fmt: skip
    points = []
    for _, f in _rows(agreed, lambda f: f.labels[3] in ("Spearman", "noise ceiling")):
        top = f.labels[3] == "noise ceiling"
        style, hollow = (VOICES["baseline"], False) if top else cast.look(f.labels[0])
        points.append(Estimate(f.labels[2], "noise ceiling" if top else f.labels[0], style, hollow, f.result))
    drawn = estimates_figure(
        "item-agreement", _once(points), "Rank correlation of item difficulty of models and children, by task form.",
        axis="Spearman correlation of item difficulty", reference=0.0, words="none",
    )  # fmt: skip
    yield from _figure(
        drawn, "Agreement on which items are hard. Crosses: the highest that anything could reach with these "
        "children.", table, points,
    )  # fmt: skip


def _once(points: Sequence[Estimate]) -> list[Estimate]:
    """Keep one noise ceiling a form: it is the children's own, whatever model stands beside it."""
    kept: dict[tuple[str, str], Estimate] = {}
    for one in points:
        kept.setdefault((one.label, one.series), one)
    return list(kept.values())


def _tasks(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    weber = found.get("weber")
    if weber is not None:
        rows = _rows(weber, lambda f: f.labels[2] in ("all", "model") or f.labels[2].endswith(" months"))
        points = [
            Estimate(f"{f.labels[1]}, {f.labels[2]}", f.labels[0], *cast.look(f.labels[0]), f.result) for _, f in rows
        ]
        drawn = estimates_figure("weber", points, "Weber fraction of Who Has More, by form and age.",
                                 axis="Weber fraction (smaller is finer)")  # fmt: skip
        words = "Weber fraction of Who Has More: the ratio that is told apart."
        yield from _figure(drawn, words, weber.table(), points)
    for name, axis, alt in (
        ("set-sizes", "number of objects", "Right answers by number of objects."),
        ("delays", "delay, seconds", "Right answers by delay."),
        ("serial-position", "place in the learned list", "Right answers in Memory by place in the learned list."),
    ):
        one = found.get(name)
        if one is not None:
            levels = list(_levels(one, cast))
            drawn = levels_figure(name, levels, axis, alt)
            yield from _figure(drawn, f"{alt} Bars: intervals.", one.table(), levels)


def _levels(one: Results, cast: Cast) -> Iterator[Level]:
    for f in one.findings:
        *front, at = f.labels
        try:
            x = float(at)
        except ValueError:
            continue
        task, _, form = (front[1] if len(front) > 1 else "memory").partition(", ")
        style, hollow = cast.look(front[0])
        yield Level(form_title(task, form or "standard", short=True), front[0], style, hollow, x, f.result)


def _looking(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    base = cast.study.base
    for group in base.people:
        gaze = gaze_of(base.test[base.test["group"] == group.key], base)
        if gaze.empty:
            continue
        looked = course(gaze)
        level = base.options.level
        bins = [(float(start), looked.at(at, group.label, level)) for at, start in enumerate(looked.start_T)]
        rows = [((group.label, f"{start:g}"), one) for start, one in bins]
        name = f"time-course-{group.key}"
        alt = f"{group.label}: share of looking at the named picture over time from word onset, with intervals."
        (table,) = section(name, "Looking over time, by bin", ("who", "from, ms"), rows)
        words = f"{group.label}: looking at the named picture over time. Band: interval of a bin, one mean an infant."
        drawn = timecourse_figure(name, bins, voice(group, cast.leader), alt)
        if drawn is not None:
            yield FigureBlock(drawn, (f"{words} {behind([one for _, one in bins])}",), table.table())


def _times(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    one = found.get("reaction-times")
    if one is None:
        return
    middle = _rows(one, lambda f: f.labels[3] == "50% quantile" and f.result.estimate is not None)
    points = [Estimate(f.labels[1], f.labels[0], *cast.look(f.labels[0]), f.result) for _, f in middle]
    drawn = estimates_figure("reaction-times", points, "Median reaction times by task form.", axis="median, ms")
    yield from _figure(
        drawn, "Median reaction times: each respondent's own, then their mean. What they count from, other quantiles "
        "and shapes: in the table.", one.table(), points,
    )  # fmt: skip


def _quality(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    one = found.get("reliability")
    if one is None:
        return
    table = one.table()
    halves = _rows(one, lambda f: f.labels[2] == "split half" and f.result.estimate is not None)
    halves.sort(key=lambda row: row[1].result.estimate or 0.0)
    if halves:
        (low_key, low), (high_key, high) = halves[0], halves[-1]
        words: Sentence = (f"The reliability of one person's score (split half) is highest for {high.labels[1]}, ",
                           *_quote(table, high_key, high))  # fmt: skip
        if len(halves) > 1:
            words = (*words, f", and lowest for {low.labels[1]}, ", *_quote(table, low_key, low))
        yield Paragraph((*words, "."))
    points = [Estimate(f.labels[1], f.labels[0], *cast.look(f.labels[0]), f.result) for _, f in halves]
    drawn = estimates_figure(
        "reliability", points, "Split-half reliability of one person's score, by task form.", reference=0.7,
        words=".70", axis="split-half reliability of one person's score",
    )  # fmt: skip
    yield from _figure(drawn, "Reliability of one person's score. Left of the line a single score says little; group "
                       "means may still be sound.", table, points)  # fmt: skip


def _sensitivity(found: dict[str, Results], cast: Cast) -> Iterator[Block]:
    variants = found.get("exclusion-variants")
    if variants is not None:
        yield TableBlock(variants.table())
    flow = found.get("exclusions-flow")
    base = cast.study.base
    for at, group in enumerate(base.people):
        steps = exclusion_flow(base.frame[base.frame["group"] == group.key])
        drawn = flow_figure(steps, group.people, f"exclusions-flow-{group.key}")
        if drawn is not None and flow is not None:
            mine = tuple(f for f in flow.findings if f.labels[0] == group.label)
            part = replace(flow, name=f"exclusions-flow-{at + 1}", findings=mine)
            yield FigureBlock(drawn, (f"{group.label}: from recorded to analysed trials.",), part.table())


MAKERS: dict[str, Makers] = {
    "compare": _compare, "items": _items, "tasks": _tasks, "looking": _looking, "times": _times, "quality": _quality,
    "sensitivity": _sensitivity,
}  # fmt: skip
