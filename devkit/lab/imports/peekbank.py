"""Peekbank tables: looking while listening of many studies.

SOURCE is a folder of Peekbank's CSV tables (`datasets`, `subjects`, `administrations`, `stimuli`, `trials` or
`trial_types`, `aoi_timepoints`), as peekbankr or the exports of Peekbank give them. A trial of an administration is one
that has samples; its sides come from ``target_side``. The share of looking at the target is taken over target and
distractor in `WINDOW_MS` after the noun, the recommendation over some 4,000 children; the samples come along, so that
every other window can be analysed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devkit.errors import Problem, UserError
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.foreign import NO_DATE, ForeignSession, ForeignTrial, add_sessions
from devkit.lab.imports.rows import BadValue, CsvRow, read_csv
from devkit.lab.store import Lab

WINDOW_MS = (500.0, 4000.0)
BASELINE_MS = (-2000.0, 0.0)
DAYS = {"days": 1.0, "months": 365.25 / 12, "years": 365.25}
ISO_639_1 = {"eng": "en", "spa": "es", "deu": "de", "fra": "fr", "nld": "nl", "zho": "zh", "por": "pt", "ita": "it"}
Sample = tuple[float, float | None, float | None, str]
AREAS = ("target", "distractor", "other", "missing")


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables by id."""

    datasets: dict[str, CsvRow]
    subjects: dict[str, CsvRow]
    administrations: dict[str, CsvRow]
    stimuli: dict[str, CsvRow]
    trials: dict[str, CsvRow]


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring Peekbank's administrations into a lab.

    Raises:
        UserError: A table is missing or no CSV.
        Problems: All the columns that a table lacks.
    """
    done = Imported()
    tables = _Tables(
        _table(source, "datasets", "dataset_id", ("dataset_name",)),
        _table(source, "subjects", "subject_id", ()),
        _table(source, "administrations", "administration_id", ("subject_id", "dataset_id")),
        _table(source, "stimuli", "stimulus_id", ("stimulus_label",)),
        _trials(source),
    )
    samples = _samples(source, done)
    sessions = []
    for key, row in tables.administrations.items():
        try:
            sessions.append(_session(tables, row, samples.get(key, {})))
        except (BadValue, KeyError) as error:
            problem = error.problem if isinstance(error, BadValue) else _unknown(error, row)
            done.problems.append(problem)
            done.count("administrations left out")
    name = "peekbank/" + "+".join(sorted(row.values["dataset_name"] for row in tables.datasets.values()))
    return add_sessions(lab, name, sessions, options, done)


def _unknown(error: KeyError, row: CsvRow) -> Problem:
    return Problem("csv-join", f"refers to {error.args[0]!r}, which no other table has", row.place)


def _table(source: Path, name: str, key: str, needed: tuple[str, ...]) -> dict[str, CsvRow]:
    return {row.values[key]: row for row in read_csv(source / f"{name}.csv", (key, *needed))}


def _trials(source: Path) -> dict[str, CsvRow]:
    """Read trials with their sides: one table in older releases, ``trials`` beside ``trial_types`` in newer ones."""
    wanted = ("target_id", "distractor_id", "target_side")
    types = source / "trial_types.csv"
    if not types.is_file():
        return _table(source, "trials", "trial_id", wanted)
    kinds = _table(source, "trial_types", "trial_type_id", wanted)
    found = {}
    for key, row in _table(source, "trials", "trial_id", ("trial_type_id",)).items():
        kind = kinds.get(row.values["trial_type_id"])
        if kind is None:
            raise UserError(
                f"refers to trial type {row.values['trial_type_id']!r}, which is not there", place=row.place
            )
        found[key] = CsvRow(row.path, row.line, kind.values | row.values)
    return found


def _samples(source: Path, done: Imported) -> dict[str, dict[str, list[Sample]]]:
    """Return samples by administration and trial, each in order of time."""
    places: dict[tuple[str, str, str], tuple[float, float]] = {}
    if (source / "xy_timepoints.csv").is_file():
        for row in read_csv(source / "xy_timepoints.csv", ("administration_id", "trial_id", "t", "x", "y")):
            x, y = row.number("x"), row.number("y")
            if x is not None and y is not None:
                places[row.values["administration_id"], row.values["trial_id"], row.values["t"]] = (x, y)
    found: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for row in read_csv(source / "aoi_timepoints.csv", ("administration_id", "trial_id", "aoi", "t_norm")):
        done.count("samples")
        try:
            area = row.text("aoi")
            if area not in AREAS:
                raise row.bad("aoi", f"is none of {', '.join(AREAS)}: '{area[:40]}'")
            key = row.text("administration_id"), row.text("trial_id")
            x, y = places.get((*key, row.values["t_norm"]), (None, None))
            found[key[0]][key[1]].append((row.required("t_norm"), _share(x), _share(y), area))
        except BadValue as bad:
            done.count("samples left out")
            done.problems.append(bad.problem)
    for trials in found.values():
        for looks in trials.values():
            looks.sort(key=lambda look: look[0])
    return found


def _share(value: float | None) -> float | None:
    """Keep a place that is a share of the screen; Peekbank's own are pixels, whose screen the record does not know."""
    return value if value is not None and 0 <= value <= 1 else None


def _session(tables: _Tables, row: CsvRow, samples: dict[str, list[Sample]]) -> ForeignSession:
    subject = tables.subjects[row.text("subject_id")]
    dataset = tables.datasets[row.text("dataset_id")].values["dataset_name"]
    own = subject.values.get("lab_subject_id", "")
    code = own if own not in ("", "NA") else f"{dataset}-{row.text('subject_id')}"
    age, precision = _age(row)
    trials = [_trial(tables, tables.trials[key], key, looks) for key, looks in samples.items()]
    sex = subject.values.get("sex", "")
    methods = {"eyetracking": "tracker", "manual gaze coding": "coder", "automated gaze coding": "automated"}
    coder = row.values.get("tracker", "") or methods.get(row.values.get("coding_method", ""), "peekbank")
    first = tables.trials[next(iter(samples))] if samples else None
    spoken = first.values.get("full_phrase_language", "") if first else ""
    return ForeignSession(
        key=f"{dataset}/{row.text('administration_id')}",
        code="".join(letter if letter.isalnum() or letter in "_.-" else "-" for letter in code),
        kind="child" if age is None or age < 18 * 365.25 else "adult",
        age_days=age,
        age_precision=precision,
        protocol=dataset,
        started_at=NO_DATE,
        completed=None,
        trials=trials,
        language=ISO_639_1.get(spoken, "en"),
        sex=sex if sex in ("female", "male", "other") else None,  # type: ignore[arg-type]
        coder=coder,
    )


def _age(row: CsvRow) -> tuple[int | None, Literal["day", "month", "year"] | None]:
    units = row.values.get("lab_age_units", "")
    lab_age = row.number("lab_age") if units in DAYS else None
    if lab_age is not None:
        precision: dict[str, Literal["day", "month", "year"]] = {"days": "day", "months": "month", "years": "year"}
        return round(lab_age * DAYS[units]), precision[units]
    months = row.number("age")
    return (None, None) if months is None else (round(months * DAYS["months"]), "month")


def _trial(tables: _Tables, row: CsvRow, key: str, looks: list[Sample]) -> ForeignTrial:
    target, other = tables.stimuli[row.text("target_id")], tables.stimuli[row.text("distractor_id")]
    labels = (target.values["stimulus_label"], other.values["stimulus_label"])
    side = row.text("target_side")
    if side not in ("left", "right"):
        raise row.bad("target_side", f"is neither left nor right: '{side[:40]}'")
    share, usable = _looking(looks, WINDOW_MS)
    word = row.number("point_of_disambiguation")
    more = {
        "look_target": share,
        "look_baseline": _looking(looks, BASELINE_MS)[0],
        "look_usable": usable,
        "onset_ms": 0.0,
        "word_onset_ms": word,
    }
    return ForeignTrial(
        key=key,
        task="looking_while_listening",
        form="standard",
        item_id=f"{labels[0]}-{labels[1]}",
        word=labels[0],
        choices=labels if side == "left" else labels[::-1],
        target_position=0 if side == "left" else 1,
        chance=0.5,
        answer=None,
        answer_position=None,
        correct=None,
        outcome="none" if share is None else "answered",
        source="gaze",
        rt_ms=None,
        more=more,
        gaze=looks,
        kept={name: row.values[name] for name in ("full_phrase", "lab_trial_id") if row.has(name)},
        place=row.place,
    )


def _looking(looks: list[Sample], window: tuple[float, float]) -> tuple[float | None, float | None]:
    """Return the share of looking at the target and the usable share in a window; None without samples there."""
    inside = [area for t, _, _, area in looks if window[0] <= t <= window[1]]
    usable = [area for area in inside if area in ("target", "distractor")]
    share = usable.count("target") / len(usable) if usable else None
    return share, len(usable) / len(inside) if inside else None
