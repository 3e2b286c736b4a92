"""The sentences of the report. Every number in them is a claim that points at the table cell it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.development import Track
from analysis.forms import BANK_MARK
from analysis.report.accuracy_tables import cell_key, point_key, respondent
from analysis.study import Study
from analysis.tables import Raw, Table, chance_words, limits, percent


@dataclass(frozen=True, slots=True)
class Claim:
    """A number in a sentence: its words, the anchor of its cell, and the cell's raw value."""

    text: str
    anchor: str
    value: Raw


Sentence = tuple[str | Claim, ...]


def claim(table: Table, row: str, field: str, words: str | None = None) -> Claim:
    """Quote a cell of a table.

    Args:
        table: Where the number stands.
        row: Key of the row.
        field: First field of the column.
        words: How it reads; per cent by default.

    Raises:
        KeyError: There is no such cell.
    """
    value = table.find(row, field)
    shown = words if words is not None else percent(value if isinstance(value, (int, float)) else None)
    return Claim(shown, table.anchor(row, field), value)


def answer(
    study: Study, leader: str, points: Table, verdicts: Table, looking: Sequence[Table]
) -> tuple[Sentence, Sentence]:
    """Return the report's answer in two sentences: how far everybody comes, and what is above chance.

    Args:
        study: All results.
        leader: The model that the answer is about; may be empty.
        points: Table of the main figure.
        verdicts: Table of the forms above chance.
        looking: Tables of looking, in the order of ``study.looking``.
    """
    people = [track for track in study.main if track.axis == "age" and track.group.kind != "adult"]
    models = [track for track in study.main if track.axis == "hours" and track.group.model == leader]
    parts: list[Sentence] = [_span(track, points) for track in people + models]
    if not parts:
        return _without_curves(study, looking, verdicts)
    forms = study.main[0].forms
    where = f"mean of {len(forms)} task forms" if len(forms) > 1 else study.main[0].title
    cell = (points, point_key((people + models)[0], 0), "chance")
    level = claim(*cell, chance_words((people + models)[0].chance))
    first = (*_joined(parts), f" ({where}; chance ", level, ").")
    return first, _verdict(study, leader, verdicts)


def _span(track: Track, points: Table) -> Sentence:
    """Say where a track begins and ends."""
    name = track.group.model or track.group.label
    way = {"text": ", by text reply,", "likelihood": ", by likelihood,"}.get(track.way, "")
    fit = [at for at, p in enumerate(track.points) if p.result.estimate is not None]
    if not fit:
        return (f"{name} cannot be scored",)
    verb = "go" if track.group.persons else "goes"
    last = claim(points, point_key(track, fit[-1]), "estimate")
    interval = track.points[fit[-1]].result.interval
    around = f" [{limits(interval)}]" if interval is not None else ""
    if len(fit) == 1:
        return (
            f"{name}{way} {'reach' if track.group.persons else 'reaches'} ",
            last,
            f"{around} right {_where(track, fit[-1])}",
        )
    first = claim(points, point_key(track, fit[0]), "estimate")
    start = f" right {_where(track, fit[0])} to "
    return (f"{name}{way} {verb} from ", first, start, last, f"{around} {_where(track, fit[-1])}")


def _where(track: Track, at: int) -> str:
    point = track.points[at]
    if track.axis == "age":
        return f"at {point.label} months"
    if point.group.random:
        return "with random weights"
    words = point.label.split(" · ")[-1]
    return f"after {words.removesuffix(' seen')} of recordings" if words.endswith(" seen") else f"at {words}"


def _joined(parts: Sequence[Sentence]) -> Sentence:
    out: list[str | Claim] = []
    for at, part in enumerate(parts):
        out += ["; " if at else "", *part]
    return tuple(out)


def _verdict(study: Study, leader: str, verdicts: Table) -> Sentence:
    keys = [row.key for row in verdicts.rows]
    mine = [key for key in keys if leader and study.groups[key.split("|")[0]].model == leader]
    if not mine:
        mine = [key for key in keys if study.groups[key.split("|")[0]].persons][:1]
    if not mine:
        return ("No task form was taken by a model or a group of persons, so nothing can be said about chance.",)
    group = study.groups[mine[0].split("|")[0]]
    if group.persons:
        above = claim(verdicts, mine[0], "interval_above", str(verdicts.find(mine[0], "interval_above")))
        of = verdicts.find(mine[0], "of")
        return (
            f"The interval of {group.label[0].lower()}{group.label[1:]} lies above chance on ",
            above,
            f" of {of} task forms.",
        )
    criterion = f"(p < {study.options.alpha:g} on at least {study.options.fewest} trials)"
    out: list[str | Claim] = [f"{group.label} is above chance {criterion} on "]
    for at, key in enumerate(mine):
        way = {"text": " by text reply", "likelihood": " by likelihood"}.get(key.split("|")[1], "")
        held = claim(verdicts, key, "held_out_above", str(verdicts.find(key, "held_out_above")))
        above = claim(verdicts, key, "above", str(verdicts.find(key, "above")))
        forms = (
            f" of {verdicts.find(key, 'of')} task forms{way} (" if at == 0 else f" of {verdicts.find(key, 'of')}{way} ("
        )
        out += [" and on " if at else "", above, forms, held, " held out"]
        few = verdicts.find(key, "too_few")
        out += ["; too few trials on ", claim(verdicts, key, "too_few", str(few)), ")"] if few else [")"]
    return (*out, ".")


def models_looking(study: Study, full: Table) -> Sentence:
    """Return how models fared on Looking While Listening, where right or wrong is counted; empty without models."""
    cells = [
        c for c in study.shown if c.task == "looking_while_listening" and not c.group.persons and c.measure == "score"
    ]
    fit = [c for c in cells if c.group.kind == "model" and c.result.estimate is not None]
    if not fit:
        return ()
    out: list[str | Claim] = ["Models do not look; they choose a picture, right or wrong. "]
    for at, one in enumerate(fit):
        bank = f" on bank {one.form.partition(BANK_MARK)[2]}" if BANK_MARK in one.form else ""
        around = f" [{limits(one.result.interval)}]" if one.result.interval is not None else ""
        name = respondent(one.group, one.way)
        out += ["; " if at else "", f"{name}{bank}: ", claim(full, cell_key(one), "estimate"), f" right{around}"]
    return (*out, f" (chance {chance_words(fit[0].result.chance)}).")


def _without_curves(study: Study, looking: Sequence[Table], verdicts: Table) -> tuple[Sentence, Sentence]:
    if study.looking:
        one, table = study.looking[0], looking[0]
        around = f" [{limits(one.target.interval)}]" if one.target.interval is not None else ""
        first: Sentence = (
            f"{one.group.label} look at the named picture for ", claim(table, "all", "estimate"),
            f" of the time{around}; looking at both alike would be 50 %.",
        )  # fmt: skip
        return first, (
            "Looking is a share of time, not right or wrong, so it stands apart from the accuracy of others.",
        )
    if study.cells:
        return ("No respondent has an age or a number of hours seen, so there is no curve to draw.",), _verdict(
            study, "", verdicts
        )
    if study.trials:
        return ("No valid test trial of this lab has a score yet.",), ("What was recorded so far is listed below.",)
    return ("This lab holds no trials yet, so there is nothing to report.",), (
        "Record sessions in the app or with 'devkit run', then write the report again.",
    )


def figure_statement(study: Study) -> Sentence:
    """Return the caption of the main figure: what is seen, and how to read it."""
    seen = ". ".join(_slope(track) for track in study.main if track.group.kind != "adult")
    return (f"{seen}. Points: means with intervals. Lines and bands: the curve with chance fixed.",)


def _slope(track: Track) -> str:
    name, slope = track.group.model or track.group.label, track.curve.slope
    if slope.estimate is None:
        return f"{name}: no curve, {slope.reason}"
    unit = "a month of age" if track.axis == "age" else "for every tenfold of hours"
    around = f" [{slope.interval.low:.2f} to {slope.interval.high:.2f}]" if slope.interval is not None else ""
    does = ("improve" if slope.estimate > 0 else "decline") + ("" if track.group.persons else "s")
    return f"{name} {does} by {abs(slope.estimate):.2f} logits {unit}{around}"
