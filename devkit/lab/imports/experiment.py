"""CSV files of experiment programs: rows of answers whose columns have the names that the experimenter gave.

PsychoPy and jsPsych differ in their usual names only; `Dialect` holds those, and a user names the others with
``--column``. Every row in which something was answered, or could have been, is a trial; rows of instructions are
counted and left out. The task cannot be told from such a file, so the user names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import UserError, did_you_mean
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.foreign import NO_DATE, ForeignSession, ForeignTrial, add_sessions
from devkit.lab.imports.forms import NamedForm, named_form
from devkit.lab.imports.rows import BadValue, CsvRow, read_csv
from devkit.lab.store import Lab
from devkit.respondents import AnswerSource

PARTS = ("participant", "age_days", "age_months", "item", "target", "choices", "response", "correct", "rt", "practice")
"""What a column may hold, as ``--column`` names it; the right answer, or ``correct``, must be there."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a program writes its files.

    Attributes:
        name: The program.
        usual: For each part, the names and endings of names (beginning with ``.``) by which it is found.
        rt_unit_ms: Milliseconds in one unit of reaction time.
        source: How answers are given, where the column names tell.
        date: Returns when a session began, ISO 8601 with offset, from its first row; `NO_DATE` when it is not told.
    """

    name: str
    usual: Mapping[str, Sequence[str]]
    rt_unit_ms: float
    source: Callable[[str], AnswerSource | None]
    date: Callable[[CsvRow], str]


def bring_csv(lab: Lab, source: Path, options: ImportOptions, dialect: Dialect) -> Imported:
    """Bring the files of an experiment program into a lab.

    Args:
        lab: The lab.
        source: A CSV file, or a folder of them.
        options: ``form`` names the task; ``columns`` names columns that are not found by themselves.
        dialect: How the program writes.

    Raises:
        UserError: No form is named, a column is not there, or a file is missing or no CSV.
    """
    if not options.form:
        hint = "name it with --as TASK/FORM, such as --as picture_vocabulary/standard"
        raise UserError(f"a file of {dialect.name} does not say which task it is", place=str(source), hint=hint)
    form = named_form(options.form)
    done = Imported()
    sessions = []
    for path in _files(source):
        rows = list(read_csv(path, ()))
        if rows:
            names = _columns(path, list(rows[0].values), options.columns, dialect)
            sessions += _sessions(path, rows, names, form, dialect, done)
    return add_sessions(lab, f"{dialect.name}/{source.stem}", sessions, options, done)


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        found = sorted(source.glob("*.csv"))
        if not found:
            raise UserError("there is no CSV file in the folder", place=str(source))
        return found
    return [source]


def _columns(path: Path, present: list[str], told: Mapping[str, str], dialect: Dialect) -> dict[str, str]:
    """Return the column of each part that has one."""
    for part, name in told.items():
        if part not in PARTS:
            raise UserError(f"'{part}' is nothing that a column can hold", hint=f"one of: {', '.join(PARTS)}")
        if name not in present:
            raise UserError(f"there is no column '{name}'", place=f"{path}:1", hint=did_you_mean(name, present))
    names = dict(told)
    for part, usual in dialect.usual.items():
        if part in names:
            continue
        found = [name for end in usual for name in present if name == end or (end[0] == "." and name.endswith(end))]
        if found:
            names[part] = found[0]
    if "participant" not in names:
        raise UserError("no column names the participant", place=f"{path}:1", hint="--column participant=NAME")
    if "correct" not in names and not {"response", "target"} <= set(names):
        hint = "--column correct=NAME, or --column response=NAME and --column target=NAME"
        raise UserError("no column says what was right", place=f"{path}:1", hint=hint)
    return names


def _sessions(
    path: Path, rows: list[CsvRow], names: dict[str, str], form: NamedForm, dialect: Dialect, done: Imported
) -> list[ForeignSession]:
    grouped: dict[str, list[CsvRow]] = defaultdict(list)
    for row in rows:
        done.count("rows")
        if row.has(names["participant"]):
            grouped[row.values[names["participant"]]].append(row)
        else:
            done.count("rows without a participant")
    sessions = []
    for code, own in grouped.items():
        trials = []
        for row in own:
            try:
                trial = _trial(row, names, form, dialect)
            except BadValue as bad:
                done.count("rows left out")
                done.problems.append(bad.problem)
                continue
            if trial is None:
                done.count("rows that are no trial")
            else:
                trials.append(trial)
        try:
            sessions.append(_session(path, code, own[0], trials, names, dialect))
        except BadValue as bad:
            done.count("rows left out", len(own))
            done.problems.append(bad.problem)
    return sessions


def _session(
    path: Path, code: str, row: CsvRow, trials: list[ForeignTrial], names: dict[str, str], dialect: Dialect
) -> ForeignSession:
    days = row.number(names["age_days"]) if "age_days" in names else None
    months = row.number(names["age_months"]) if "age_months" in names else None
    age = days if days is not None else None if months is None else months * 365.25 / 12
    return ForeignSession(
        key=f"{path.stem}/{code}",
        code="".join(letter if letter.isalnum() or letter in "_.-" else "-" for letter in code),
        kind="child" if age is None or age < 18 * 365.25 else "adult",
        age_days=None if age is None else round(age),
        age_precision=None if age is None else "day" if days is not None else "month",
        protocol=path.stem,
        started_at=dialect.date(row),
        completed=None,
        trials=trials,
    )


def _trial(row: CsvRow, names: dict[str, str], form: NamedForm, dialect: Dialect) -> ForeignTrial | None:
    """Read a row; None when it is no trial: nothing right or wrong, nothing answered."""

    def said(part: str) -> str | None:
        return row.values[names[part]] if part in names and row.has(names[part]) else None

    target, response = said("target"), said("response")
    told = row.flag(names["correct"]) if said("correct") is not None else None
    if told is None and target is None:
        return None
    choices = _choices(said("choices"), target)
    correct = told if told is not None else None if response is None else response == target
    answered = response is not None or ("response" not in names and told is not None)
    place = choices.index(response) if response in choices else None
    reaction = row.number(names["rt"]) if "rt" in names else None
    practice = said("practice")
    return ForeignTrial(
        key=str(row.line),
        task=form.task,
        form=form.form,
        item_id=said("item") or target or f"row-{row.line}",
        word="",
        choices=choices,
        target_position=choices.index(target) if target in choices else 0,
        chance=form.chance,
        answer=response,
        answer_position=place,
        correct=correct if answered else None,
        outcome="answered" if answered else "timeout",
        source=dialect.source(names.get("response", "")),
        rt_ms=None if reaction is None else reaction * dialect.rt_unit_ms,
        practice=practice is not None and practice.casefold() in ("1", "true", "yes", "practice"),
        more={"flags": ("order_unknown",)},
        kept={name: value for name, value in row.values.items() if value and name not in names.values()},
        place=row.place,
    )


def _choices(text: str | None, target: str | None) -> tuple[str, ...]:
    """Read a list of choices, as JSON, as Python or separated by commas; the right answer is one of them."""
    parts = [part.strip(" '\"") for part in (text or "").strip("[]() ").split(",")]
    found = tuple(dict.fromkeys(part for part in parts if part))
    right = target or (found[0] if found else "right")
    return found if right in found else (right, *found)


def no_date(row: CsvRow) -> str:
    """Return that a session has no date."""
    del row
    return NO_DATE
