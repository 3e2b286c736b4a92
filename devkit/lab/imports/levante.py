"""LEVANTE's tables of trials and runs.

SOURCE is a folder with ``trials.csv`` and, where there is one, ``runs.csv`` (ages, completion). A run is a session. A
task that is none of ours is brought only when the user says which form it stands for; ``vocab`` is Picture Vocabulary.
Choices are the answer and its distractors in that order, since LEVANTE keeps the place of the response, not of the
options: a figure by side must not use these rows, and each is flagged ``order_unknown``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from devkit.errors import Problem
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.foreign import NO_DATE, ForeignSession, ForeignTrial, add_sessions
from devkit.lab.imports.forms import NamedForm, named_form
from devkit.lab.imports.rows import BadValue, CsvRow, read_csv
from devkit.lab.store import Lab
from devkit.respondents import AnswerSource
from devkit.tasks import TASKS

KNOWN = {"vocab": "picture_vocabulary/standard"}
SOURCES: dict[str, AnswerSource] = {"touch": "touch", "mouse": "mouse", "keyboard": "key", "gaze": "gaze"}
MAPPED = frozenset(
    (
        *("trial_id", "user_id", "run_id", "task_id", "trial_index", "item", "item_id", "item_uid", "answer"),
        *("response", "correct", "rt", "rt_numeric", "is_practice_trial", "distractors", "valid_trial"),
        *("validation_msg_trial", "theta_estimate", "theta_se", "assessment_stage"),
    )
)


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring LEVANTE's runs into a lab.

    Raises:
        UserError: A table is missing or no CSV, or the form named for the rows is none.
        Problems: All the columns that a table lacks.
    """
    done = Imported()
    wanted = named_form(options.form) if options.form else None
    runs = {}
    if (source / "runs.csv").is_file():
        runs = {row.values["run_id"]: row for row in read_csv(source / "runs.csv", ("run_id", "user_id"))}
    grouped: dict[str, list[ForeignTrial]] = defaultdict(list)
    codes: dict[str, str] = {}
    for row in read_csv(source / "trials.csv", ("trial_id", "user_id", "run_id", "task_id", "assessment_stage")):
        done.count("rows")
        try:
            run, code = row.text("run_id"), row.text("user_id")
            trial = _trial(row, wanted or _form(row))
            grouped[run].append(trial)
            codes.setdefault(run, code)
        except BadValue as bad:
            done.count("rows left out")
            done.problems.append(bad.problem)
    sessions = []
    for run, trials in grouped.items():
        try:
            sessions.append(_session(run, codes[run], trials, runs.get(run)))
        except BadValue as bad:
            done.count("rows left out", len(trials))
            done.problems.append(bad.problem)
    return add_sessions(lab, "levante", sessions, options, done)


def _form(row: CsvRow) -> NamedForm:
    task = row.text("task_id")
    name = KNOWN.get(task, f"{task}/{row.values.get('subtask', '')}")
    code, _, form = name.partition("/")
    if code not in TASKS or form not in TASKS[code].forms:
        hint = "name the form that it stands for with --as TASK/FORM"
        raise BadValue(Problem("levante-task", f"task '{task[:40]}' is none of ours", row.place, hint))
    return named_form(name)


def _trial(row: CsvRow, form: NamedForm) -> ForeignTrial:
    answer = row.values.get("answer", "")
    distractors = _list(row.values.get("distractors", ""))
    response = row.values["response"] if row.has("response") else None
    choices = (answer or row.values.get("item", "") or row.text("trial_id"), *distractors)
    correct = row.flag("correct") if row.has("correct") else None
    place = 0 if correct else choices.index(response) if response in choices else None
    reaction = row.number("rt_numeric") if row.has("rt_numeric") else row.number("rt")
    valid = not row.has("valid_trial") or row.flag("valid_trial")
    reasons = tuple(part.strip() for part in row.values.get("validation_msg_trial", "").split(";") if part.strip())
    return ForeignTrial(
        key=row.text("trial_id"),
        task=form.task,
        form=form.form,
        item_id=row.values.get("item_uid", "") or row.values.get("item_id", "") or choices[0],
        word=row.values.get("item", "") if form.task == "picture_vocabulary" else "",
        choices=choices,
        target_position=0,
        chance=1 / len(choices) if len(choices) > 1 else form.chance,
        answer=response,
        answer_position=place,
        correct=correct,
        outcome="answered" if correct is not None else "none",
        source=SOURCES.get(row.values.get("response_source", "")),
        rt_ms=reaction,
        practice="practice" in row.text("assessment_stage"),
        valid=valid,
        exclusion=reasons or (() if valid else ("trial_excluded",)),
        more={"theta": row.number("theta_estimate"), "theta_se": row.number("theta_se"), "flags": ("order_unknown",)},
        kept={name: value for name, value in row.values.items() if name not in MAPPED and value},
        place=row.place,
    )


def _list(text: str) -> tuple[str, ...]:
    """Read distractors: a JSON list, or a list separated by commas or semicolons."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text.replace(";", ",").split(",")
    parts = found if isinstance(found, list) else [found]
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _session(run: str, code: str, trials: list[ForeignTrial], row: CsvRow | None) -> ForeignSession:
    years = row.number("age") if row else None
    started = row.values.get("time_started", "") if row else ""
    return ForeignSession(
        key=run,
        code=code,
        kind="child" if years is None or years < 18 else "adult",
        age_days=None if years is None else round(years * 365.25),
        age_precision=None if years is None else "year" if years.is_integer() else "month",
        protocol=(row.values.get("variant_id", "") if row else "") or "levante",
        started_at=started if _dated(started) else NO_DATE,
        completed=row.flag("completed") if row and row.has("completed") else None,
        trials=trials,
    )


def _dated(text: str) -> bool:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
