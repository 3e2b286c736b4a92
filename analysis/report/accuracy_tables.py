"""The tables about accuracy: by form and respondent, every number in full, verdicts, development, means of eleven."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.accuracy import Cell
from analysis.aggregates import Aggregate, full_chance
from analysis.development import Track
from analysis.forms import BANK_MARK, counts, form_title, held_out, rank
from analysis.groups import Group
from analysis.look import voice_name
from analysis.options import Options
from analysis.study import Study
from analysis.tables import (
    ESTIMATE_FIELDS,
    NONE,
    Column,
    Row,
    Table,
    Value,
    chance,
    count,
    estimate,
    p_words,
    percent,
    text,
)
from devkit.tasks.aggregates import MEMBERS

ABREAST = 6
"""Respondents side by side in one table of the page's width."""
HELD_OUT = "\u00a0†"
MODEL_WAYS = {"text": "text reply", "likelihood": "likelihood", "own": "own answer"}
Series = tuple[str, str]


def respondent(group: Group, way: str) -> str:
    """Return the name of a respondent with its way of scoring, where that is a question."""
    return f"{group.label}, {MODEL_WAYS[way]}" if group.kind == "model" else group.label


def form_name(task: str, form: str) -> str:
    """Return the name of a form with the mark of held-out tasks."""
    return form_title(task, form) + (HELD_OUT if held_out(task) else "")


def by_form_tables(study: Study) -> tuple[Table, ...]:
    """Return accuracy with forms as rows and respondents as columns, as many tables as the page's width asks for."""
    primary = [one for one in study.shown if one.measure == "score"]
    series = list(dict.fromkeys((one.group.key, one.way) for one in primary))
    baselines = [s for s in series if study.groups[s[0]].kind == "baseline"]
    others = [s for s in series if s not in baselines]
    parts = [series] if len(series) <= ABREAST else [others, baselines]
    chunks = [part[at : at + ABREAST] for part in parts for at in range(0, len(part), ABREAST)]
    return tuple(_by_form(study, primary, chunk, at) for at, chunk in enumerate(chunks))


def _by_form(study: Study, primary: Sequence[Cell], series: Sequence[Series], at: int) -> Table:
    cells = {(c.group.key, c.way, c.task, c.form): c for c in primary}
    forms = sorted({(c.task, c.form) for c in primary if (c.group.key, c.way) in series}, key=lambda f: rank(*f))
    names = {s: respondent(study.groups[s[0]], s[1]) for s in series}
    columns = [Column("task form", ("task", "form"), False), Column("chance", ("chance",))]
    columns += [Column(names[s], tuple(f"{names[s]}: {f}" for f in ESTIMATE_FIELDS)) for s in series]
    rows = []
    for task, form in forms:
        mine = [cells.get((*s, task, form)) for s in series]
        level = next((c.result.chance for c in mine if c is not None), None)
        title = Value(form_name(task, form), (task, form), "", "" if counts(task, form) else "quiet")
        values = [_cell(c) for c in mine]
        rows.append(Row(f"{task}/{form}", (title, chance(level), *values)))
    number = f"-{at + 1}" if at else ""
    return Table(f"accuracy{number}", "Right answers by task form", tuple(columns), tuple(rows))


def _cell(one: Cell | None) -> Value:
    if one is None:
        return Value(NONE, (None, None, None))
    if one.result.estimate is None:
        return Value(NONE, (None, None, None), one.result.reason)
    return estimate(one.result, "good" if one.beats else "")


def full_table(study: Study, leader: str) -> Table:
    """Return every accuracy with all that stands behind it, all scores of a form."""
    columns = (
        Column("respondent", ("respondent", "scored_by"), False),
        Column("task form", ("task", "form", "score"), False),
        Column("right", ESTIMATE_FIELDS),
        Column("chance", ("chance",)),
        Column("n", ("n", "unit", "persons", "items", "asked", "answered")),
        Column("p", ("p", "p_unanswered_as_wrong", "p_by_source_frame", "p_holm")),
        Column("verdict", ("above_chance", "held_out", "counted", "method", "remarks"), False),
    )
    rows = [_full_row(one, study.options, leader) for one in study.shown]
    return Table("accuracy-full", "Every accuracy in full", columns, tuple(rows))


def cell_key(one: Cell) -> str:
    """Return the key of a cell's row in the full table."""
    return f"{one.group.key}|{one.way}|{one.task}|{one.form}|{one.measure}"


def _full_row(one: Cell, options: Options, leader: str) -> Row:
    result = one.result
    beneath = f"Holm {p_words(one.p_holm)}" if one.p_holm is not None else ""
    if (
        one.p_clustered is not None
        and one.p_clustered > (result.p_value or 0.0)
        and one.p_clustered > options.alpha / 10
    ):
        beneath += f", by source frame {p_words(one.p_clustered)}"
    return Row(
        cell_key(one),
        (
            Value(respondent(one.group, one.way), (one.group.label, one.way)),
            Value(one.title + (HELD_OUT if one.held_out else ""), (one.task, one.form, one.measure)),
            estimate(result),
            chance(result.chance),
            _behind(one),
            Value(p_words(result.p_value), (result.p_value, one.p_asked, one.p_clustered, one.p_holm), beneath),
            _verdict(one, options),
        ),
        voice_name(one.group, leader),
    )


def _behind(one: Cell) -> Value:
    """Say what stands behind an accuracy: observations, and persons, items or unread answers beneath."""
    result = one.result
    units = [c for c in result.n if c.unit not in ("items", one.group.people)]
    n, unit = (units[0].number, units[0].unit) if units else (0, "trials")
    persons, items = result.count(one.group.people) or None, result.count("items") or None
    words = [unit] if unit != "trials" else []
    words += [f"{persons} × {items} items"] if persons else []
    words += [f"{one.answered:,} of {one.asked:,} answered"] if one.answered != one.asked else []
    return Value(f"{n:,}", (n, unit, persons, items, one.asked, one.answered), ", ".join(words))


def _verdict(one: Cell, options: Options) -> Value:
    """Say whether a form counts as above chance, and what a reader must know of the number."""
    remarks = "; ".join((*one.result.warnings, one.result.reason)).strip("; ")
    words, mark = verdict_words(one, options)
    return Value(words, (one.beats, one.held_out, one.counted, one.result.method, remarks), remarks, mark)


def verdict_words(one: Cell, options: Options) -> tuple[str, str]:
    """Return the verdict on a cell and the style that shows it."""
    if one.measure != "score":
        return "further score", "quiet"
    if not one.counted:
        return ("another bank" if BANK_MARK in one.form else "pixels may solve it"), "quiet"
    if one.beats:
        return "above chance", "good"
    n = max((c.number for c in one.result.n if c.unit not in ("items", one.group.people)), default=0)
    if n < options.fewest and one.asked < options.fewest:
        return "too few trials", "quiet"
    return "not above chance", "caution"


def verdict_table(study: Study, leader: str) -> Table:
    """Return on how many of the counted task forms each respondent is above chance."""
    columns = (
        Column("respondent", ("respondent", "scored_by"), False),
        Column("above chance", ("above", "of")),
        Column("held out among them", ("held_out_above",)),
        Column("interval above", ("interval_above",)),
        Column("which, in points above chance", ("above_forms",), False),
        Column("not above", ("not_above_forms",), False),
        Column("too few trials", ("too_few",)),
    )
    series: dict[Series, list[Cell]] = {}
    for one in study.shown:
        if one.counted:
            series.setdefault((one.group.key, one.way), []).append(one)
    rows = []
    for (key, way), cells in series.items():
        won = [c for c in cells if c.beats]
        few = [c for c in cells if verdict_words(c, study.options)[0] == "too few trials"]
        lost = [c for c in cells if c not in won and c not in few]
        group = cells[0].group
        rows.append(
            Row(
                f"{key}|{way}",
                (
                    Value(respondent(group, way), (group.label, way)),
                    Value(f"{len(won)} of {len(cells)}", (len(won), len(cells))),
                    count(sum(c.held_out for c in won)),
                    count(sum(c.result.above_chance for c in cells)),
                    text("; ".join(f"{form_name(c.task, c.form)} {_gain(c)}" for c in won) or NONE),
                    text(
                        "all"
                        if lost and len(lost) == len(cells)
                        else "; ".join(form_name(c.task, c.form) for c in lost) or NONE
                    ),
                    count(len(few)),
                ),
                voice_name(group, leader),
            )
        )
    note = (
        f"A form counts as above chance when p < {study.options.alpha:g} on at least {study.options.fewest} trials, "
        "over the answered trials, with every unanswered one taken as not right, and with items that end in one source "
        "frame taken as one cluster. Left/Right and Spatial Details count in their robust form only, since equality of "
        "pixels may solve the published one. A dialogue of Memory holds five observations, its learned objects. "
        "Interval above: forms whose whole interval lies above chance. † held out: never in instruction data."
    )
    return Table("verdicts", "Task forms above chance", columns, tuple(rows), note)


def _gain(one: Cell) -> str:
    above = ((one.result.estimate or 0.0) - (one.result.chance or 0.0)) * 100
    return f"+{above:.0f}".replace(" ", "\u00a0")


def development_table(tracks: Sequence[Track], name: str, title: str, leader: str) -> Table:
    """Return the points of tracks: what a development figure shows."""
    columns = (
        Column("respondent", ("respondent", "scored_by"), False),
        Column("task form", ("forms",), False),
        Column("at", ("x", "axis"), False),
        Column("right", ESTIMATE_FIELDS),
        Column("chance", ("chance",)),
        Column("n", ("n",), False),
    )
    rows = []
    for track in tracks:
        for at, point in enumerate(track.points):
            x = None if point.x != point.x else point.x
            unit = "age_months" if track.axis == "age" else "hours_seen"
            where = f"{point.label} months" if track.axis == "age" else point.label
            n = ", ".join(str(c) for c in point.result.n) if track.axis == "age" else str(track.n[-1])
            rows.append(
                Row(
                    point_key(track, at),
                    (
                        Value(respondent(track.group, track.way), (point.group.label, track.way)),
                        Value(track.title, (", ".join("/".join(f) for f in track.forms),)),
                        Value(where, (x, unit)),
                        estimate(point.result),
                        chance(track.chance),
                        text(n),
                    ),
                    voice_name(track.group, leader),
                )
            )
    return Table(name, title, columns, tuple(rows))


def point_key(track: Track, at: int) -> str:
    """Return the key of a point's row in a development table."""
    return f"{track.group.key}|{track.way}|{'+'.join('/'.join(f) for f in track.forms)}|{at}"


def aggregate_table(found: Sequence[Aggregate], leader: str) -> Table:
    """Return the two means of eleven with their own chance, and what is missing from them."""
    columns = (
        Column("respondent", ("respondent", "scored_by"), False),
        Column("mean", ("aggregate",), False),
        Column("all eleven", ESTIMATE_FIELDS),
        Column("chance", ("chance",)),
        Column("of those present", ("present", "present_low", "present_high")),
        Column("their chance", ("present_chance",)),
        Column("missing", ("missing", "remarks"), False),
    )
    rows = []
    for one in found:
        base = one.name.split(",")[0]
        missing = ", ".join(one.missing)
        remarks = "; ".join(one.present.warnings)
        rows.append(
            Row(
                f"{one.group.key}|{one.way}|{one.name}",
                (
                    Value(respondent(one.group, one.way), (one.group.label, one.way)),
                    text(one.name),
                    Value(NONE, (None, None, None)) if one.result.estimate is None else estimate(one.result),
                    chance(full_chance(base)),
                    estimate(one.present, "quiet") if one.missing else Value("all", (None, None, None), "", "quiet"),
                    chance(one.present.chance) if one.missing else Value(NONE, (one.present.chance,)),
                    Value(_some(one.missing) or "nothing", (missing, remarks), remarks),
                ),
                voice_name(one.group, leader),
            )
        )
    lists = " ".join(f"{name}: chance {percent(full_chance(name), 1)}." for name in MEMBERS)
    return Table("aggregates", "Means of eleven task scores", columns, tuple(rows), lists)


def _some(names: Sequence[str], most: int = 3) -> str:
    """Name the first few, and say how many more there are."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


__all__ = [
    "aggregate_table", "by_form_tables", "cell_key", "development_table", "full_table", "point_key",
    "respondent", "verdict_table",
]  # fmt: skip
