"""Respondents side by side, as ``devkit compare`` hands them over: charts of points, and the trials behind each point.

Only the shapes stand here, and how a point leads to its trials in ``lab.sqlite``; `analysis.sidebyside` computes, the
app draws.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Literal

from devkit.items import Strict

ChartKind = Literal["scores", "ages", "hours", "items", "choices", "places", "times", "levels"]
Axis = Literal["months", "hours", "share", "ms", "number", "category"]
FormKey = tuple[str, str]
FIELDS = ("chart", "task form", "respondent", "scored by", "at", "x", "y", "low", "high", "n")


class Behind(Strict):
    """Which trials a point stands for; what is left out narrows nothing.

    Attributes:
        sessions: Places in `Compared.sessions`.
        forms: Task forms.
        bank: The bank.
        item: The item.
        role: Role of the chosen option.
        outcome: How the trial came out.
        place: Position that was answered, from 0.
        column: A difficulty column …
        value: … and its value.
        low_ms: Least reaction time.
        high_ms: Reaction times below this.
    """

    sessions: tuple[int, ...]
    forms: tuple[FormKey, ...] = ()
    bank: str = ""
    item: str = ""
    role: str = ""
    outcome: str = ""
    place: int | None = None
    column: str = ""
    value: float | None = None
    low_ms: float | None = None
    high_ms: float | None = None


class Spot(Strict):
    """One point of a chart.

    Attributes:
        x: Months, hours, a share, ms, a number, or the place of a category; 0 hours is a model that was never trained.
        y: A share, 0 to 1.
        low: Lower limit of its interval; None without one.
        high: Upper limit.
        label: What it is, in words (``24–29 months``).
        n: What stands behind it, in words.
        behind: Its trials.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    label: str = ""
    n: str = ""
    behind: Behind


class Line(Strict):
    """One respondent in a chart.

    Attributes:
        respondent: Key of a `Respondent`.
        way: ``own``, ``text`` or ``likelihood``.
        spots: Its points, by x.
        curve: A fitted curve: x, y, lower and upper limit; empty without one.
    """

    respondent: str
    way: str = "own"
    spots: tuple[Spot, ...]
    curve: tuple[tuple[float, float, float, float], ...] = ()


class Chart(Strict):
    """One chart.

    Attributes:
        kind: What it shows.
        form: Task form; two empty texts for the mean of several.
        title: Name of the task form.
        axis: What x is.
        x_title: What x is, in words, where the axis alone does not say it.
        categories: Names of the places of a ``category`` axis.
        chance: Level that guessing reaches; None where it has no meaning.
        lines: Respondents.
        note: What a reader must know.
    """

    kind: ChartKind
    form: FormKey
    title: str
    axis: Axis
    x_title: str = ""
    categories: tuple[str, ...] = ()
    chance: float | None = None
    lines: tuple[Line, ...]
    note: str = ""


class Respondent(Strict):
    """Who answered, as the report tells respondents apart.

    Attributes:
        key: Stable name.
        label: For people.
        kind: ``child``, ``adult``, ``simulation``, ``robot``, ``model`` or ``baseline``.
        voice: Whose colour and mark it bears (`devkit.look.VOICES`).
        model: Name of the model without its checkpoint; empty for others.
        members: Persons, or sessions of a model.
        trials: Test trials.
    """

    key: str
    label: str
    kind: str
    voice: str
    model: str = ""
    members: int
    trials: int


class Compared(Strict):
    """A lab's respondents side by side.

    Attributes:
        lab: Name of the lab.
        respondents: In the order of the report.
        sessions: Ids that `Behind` points into.
        charts: All of them.
        ages: Youngest and oldest child or simulated child in the lab, months; None without ages.
        hours: Least and most hours that a model has seen; None without.
        level: Confidence level of the intervals.
        notes: What was odd.
    """

    lab: str
    respondents: tuple[Respondent, ...] = ()
    sessions: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    ages: tuple[float, float] | None = None
    hours: tuple[float, float] | None = None
    level: float = 0.95
    notes: tuple[str, ...] = ()


def condition(behind: Behind, sessions: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL condition on ``trials`` of ``lab.sqlite``, and its values, that finds the trials of a point."""
    parts, values = ["trial_kind = 'test'", "valid", "outcome <> 'aborted'"], list[Any]()
    chosen = [sessions[place] for place in behind.sessions]
    parts.append(f"session_id IN ({','.join('?' * len(chosen))})")
    values += chosen
    if behind.forms:
        parts.append(f"({' OR '.join(['(task = ? AND form = ?)'] * len(behind.forms))})")
        values += [part for form in behind.forms for part in form]
    for name in ("bank", "outcome"):
        if getattr(behind, name):
            parts.append(f"{name} = ?")
            values.append(getattr(behind, name))
    if behind.item:
        parts.append("item_id = ?")
        values.append(behind.item)
    if behind.role:
        parts.append("json_extract(choices, '$[' || answer_position || '].role') = ?")
        values.append(behind.role)
    if behind.place is not None:
        parts.append("answer_position = ?")
        values.append(behind.place)
    if behind.column and behind.value is not None:
        source = "delay_ms / 1000.0" if behind.column == "delay_s" else f"json_extract(difficulty, '$.{behind.column}')"
        parts.append(f"abs({source} - ?) < 0.05")
        values.append(behind.value)
    if behind.low_ms is not None and behind.high_ms is not None:
        parts.append("outcome = 'answered' AND rt_ms >= ? AND rt_ms < ?")
        values += [behind.low_ms, behind.high_ms]
    return " AND ".join(parts), tuple(values)


def csv_of(compared: Compared, charts: tuple[Chart, ...]) -> str:
    """Return charts as one CSV table with a row a point."""
    labels = {one.key: one.label for one in compared.respondents}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for chart in charts:
        for line in chart.lines:
            for s in line.spots:
                form = "/".join(part for part in chart.form if part) or chart.title
                who = labels.get(line.respondent, line.respondent)
                writer.writerow([chart.kind, form, who, line.way, s.label, s.x, s.y, s.low, s.high, s.n])
    return out.getvalue()
