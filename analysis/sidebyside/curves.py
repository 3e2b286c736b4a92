"""Charts of accuracy: of everybody, over age and over hours seen, item by item, and over what makes a task hard."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data import nested
from analysis.development import FormKey, Track, age_width
from analysis.forms import bare, form_title, rank
from analysis.groups import Group
from analysis.looking import age_groups, age_words
from analysis.sidebyside.view import View, spot
from analysis.tasks.sets import by_level
from devkit.sidebyside import Axis, Chart, Line, Spot

LEVELS = {
    "set_size": "number of objects",
    "ratio": "ratio of the numbers",
    "delay_s": "delay, seconds",
    "others": "other objects in view",
}
MOST_LEVELS = 12
"""A column with more values than this is no condition but a measurement, and is left out."""


def scores(view: View) -> Iterator[Chart]:
    """Yield, for each form, the accuracy of everybody at their last checkpoint: also of those without age or hours."""
    for form in _forms(view):
        cells = [
            one
            for one in view.study.shown
            if (one.task, one.form, one.measure) == (*form, "score") and one.group.key in view.wanted
        ]
        lines, names, chance = [], list[str](), None
        for one in cells:
            behind = view.behind(_of_form(view.tests(one.group), form), form)
            made = spot(float(len(names)), one.result, form_title(*form), behind)
            if made is not None:
                way = "" if one.way == "own" else f", {one.way_words}"
                names.append(f"{one.group.model or one.group.label}{way}")
                lines.append(Line(respondent=one.group.key, way=one.way, spots=(made,)))
                chance = one.result.chance if chance is None else chance
        if lines:
            yield Chart(
                kind="scores", form=form, title=form_title(*form), axis="category", categories=tuple(names),
                chance=chance, lines=tuple(lines),
            )  # fmt: skip


def accuracy(view: View) -> Iterator[Chart]:
    """Yield accuracy by age and by hours: the mean over common forms, then each form."""
    study = view.study
    if study.main:
        title = study.main[0].title
        yield from _sides(view, study.main, ("", ""), title[:1].upper() + title[1:])
    for form, tracks in study.by_form.items():
        yield from _sides(view, tracks, form, form_title(*form))


def _sides(view: View, tracks: tuple[Track, ...], form: FormKey, title: str) -> Iterator[Chart]:
    for axis, kind, unit in (("age", "ages", "months"), ("hours", "hours", "hours")):
        side = [t for t in tracks if t.axis == axis and _shown(view, t)]
        lines = tuple(line for track in side if (line := _line(view, track)).spots)
        if lines:
            where: Axis = "months" if unit == "months" else "hours"
            yield Chart(
                kind="ages" if kind == "ages" else "hours", form=form, title=title, axis=where, chance=side[0].chance,
                lines=lines,
            )  # fmt: skip


def _shown(view: View, track: Track) -> bool:
    return any(point.group.key in view.wanted for point in track.points)


def _line(view: View, track: Track) -> Line:
    spots = _age_spots(view, track) if track.axis == "age" else _hour_spots(view, track)
    curve, log = track.curve, track.axis == "hours"
    fitted: tuple[tuple[float, float, float, float], ...] = ()
    if curve.fitted and track.group.kind != "adult":
        rows = zip(curve.x_G, curve.p_G, curve.low_G, curve.high_G, strict=True)
        fitted = tuple((10**x if log else x, p, low, high) for x, p, low, high in rows)
    return Line(respondent=track.group.key, way=track.way, spots=tuple(spots), curve=fitted)


def _age_spots(view: View, track: Track) -> list[Spot]:
    base = view.study.base
    answered = base.of(track.group)
    named = {f"{task}/{form}" for task, form in track.forms}
    wanted = answered[answered["which"].astype(str).isin(named) & answered["age_months"].notna()]
    width = age_width(wanted, view.study.options)
    rows = view.tests(track.group)
    rows = rows[(rows["task"].astype(str) + "/" + rows["form"].astype(str)).isin(named) & rows["age_months"].notna()]
    by_label = {
        age_words(float(first), width): part for first, part in rows.groupby(age_groups(rows["age_months"], width))
    }
    found = []
    for point in track.points:
        part = by_label.get(point.label, rows.iloc[:0])
        made = spot(point.x, point.result, f"{point.label} months", _behind(view, part, track))
        found += [made] if made is not None else []
    return found


def _hour_spots(view: View, track: Track) -> list[Spot]:
    found = []
    for point in track.points:
        if point.group.key in view.wanted:
            rows = view.tests(point.group)
            made = spot(point.x, point.result, point.group.label, _behind(view, rows, track))
            found += [made] if made is not None else []
    return found


def _behind(view: View, rows: pd.DataFrame, track: Track):  # type: ignore[no-untyped-def]
    forms = tuple((task, bare(form)) for task, form in track.forms)
    if len(track.forms) == 1:
        return view.behind(rows, track.forms[0])
    return view.behind(rows).model_copy(update={"forms": forms})


def items(view: View) -> Iterator[Chart]:
    """Yield each form's items: how many of each respondent's answers to an item were right, by place in the bank."""
    for form in _forms(view):
        lines, names = [], dict[str, int]()
        for group in view.final:
            spots = _item_spots(view, group, form, names)
            if spots:
                lines.append(Line(respondent=group.key, way=view.way(_answers(view, group, form)), spots=tuple(spots)))
        if lines:
            yield Chart(
                kind="items", form=form, title=form_title(*form), axis="category", categories=tuple(names),
                lines=tuple(lines),
            )  # fmt: skip


def _item_spots(view: View, group: Group, form: FormKey, names: dict[str, int]) -> list[Spot]:
    rows = _answers(view, group, form)
    rows = rows[rows["way"].astype(str) == view.way(rows)]
    tests = _of_form(view.tests(group), form)
    found = []
    for item, part in rows.groupby("item", observed=True):
        place = names.setdefault(str(item), len(names))
        bank, _, name = str(item).partition("/")
        n, people = int(part["n"].sum()), part["person"].nunique()
        behind = view.behind(tests[tests["item_id"].astype(str) == name], form, item=name, bank=bank)
        words = f"{n} answers of {people}" if group.persons else f"{n} answers"
        found.append(Spot(x=place, y=float(part["y"].sum()) / n, label=name, n=words, behind=behind))
    return found


def _answers(view: View, group: Group, form: FormKey) -> pd.DataFrame:
    rows = view.study.base.of(group)
    return rows[rows["which"].astype(str) == f"{form[0]}/{form[1]}"]


def levels(view: View) -> Iterator[Chart]:
    """Yield accuracy over what makes a task hard: set size, ratio, delay, clutter."""
    base = view.study.base
    rows = base.test[(base.test["outcome"] == "answered") & base.test["score"].notna()]
    told = [value if isinstance(value, dict) else {} for value in nested(rows["difficulty"])]
    rows = rows.assign(
        person=rows["respondent_code"].astype(str), item=rows["bank"].astype(str) + "/" + rows["item_id"].astype(str),
        y=rows["score"].astype(float), n=1.0, delay_s=(rows["delay_ms"] / 1000).round(1),
        **{name: pd.to_numeric(pd.Series([d.get(name) for d in told], index=rows.index), errors="coerce")
           for name in LEVELS if name != "delay_s"},
    )  # fmt: skip
    for form in _forms(view):
        of_form = _of_form(rows, form)
        for column in LEVELS:
            part = of_form[of_form[column].notna()]
            if 2 <= part[column].nunique() <= MOST_LEVELS:
                yield from _levels(view, form, column, part)


def _levels(view: View, form: FormKey, column: str, rows: pd.DataFrame) -> Iterator[Chart]:
    chance = float(rows["chance"].mean()) if rows["chance"].notna().any() else None
    lines = []
    for group in view.final:
        spots = _level_spots(view, group, form, column, rows[rows["group"] == group.key], chance)
        lines += [Line(respondent=group.key, spots=tuple(spots))] if spots else []
    if lines:
        yield Chart(
            kind="levels", form=form, title=form_title(*form), axis="number", x_title=LEVELS[column], chance=chance,
            lines=tuple(lines),
        )  # fmt: skip


def _level_spots(
    view: View, group: Group, form: FormKey, column: str, rows: pd.DataFrame, chance: float | None
) -> list[Spot]:
    options, found = view.study.options, []
    results = by_level(
        group.label, rows, column, chance=chance, level=options.level, draws=min(options.draws, 500),
        seed=options.seed, people=group.people, persons=group.persons,
    )  # fmt: skip
    for value, result in results:
        behind = view.behind(rows[rows[column] == value], form, column=column, value=value)
        made = spot(value, result, f"{LEVELS[column]}: {value:g}", behind)
        found += [made] if made is not None else []
    return found


def _of_form(rows: pd.DataFrame, form: FormKey) -> pd.DataFrame:
    return rows[(rows["task"].astype(str) == form[0]) & (rows["form"].astype(str) == form[1])]


def _forms(view: View) -> list[FormKey]:
    return sorted({(one.task, one.form) for one in view.study.cells}, key=lambda form: rank(*form))
