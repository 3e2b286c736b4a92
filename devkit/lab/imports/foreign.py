"""Sessions of other programs in the trial format: what Peekbank, LEVANTE, PsychoPy and jsPsych imports share.

An importer turns its rows into `ForeignTrial`s, grouped by session; `add_sessions` writes them. Ids depend on the
source alone, so importing twice adds nothing. What the source does not say stays empty: no bank, no item digest, no
plan that could be followed, and where it gives no date the session is of 1970-01-01 and its header says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal

from pydantic import ValidationError

from devkit.errors import Problem
from devkit.files import first_error
from devkit.ids import digest_json, uuid7_of
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.participants import Participant
from devkit.lab.store import Lab
from devkit.records import (
    SCHEMA_VERSION,
    ChoiceColumn,
    EventRecord,
    GazeRecord,
    SessionEnd,
    SessionHeader,
    TrialRecord,
)
from devkit.respondents import AnswerSource, Outcome

NO_DATE = "1970-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class ForeignTrial:
    """A trial as another program tells it.

    Attributes:
        key: What names it within its session.
        task: Task code; ``form`` its form.
        item_id: The item in the source's own words.
        word: Noun asked about; empty when there is none or it is not told.
        choices: Labels of the offered choices in the order in which they were shown; at least the right one.
        target_position: Place of the right one in ``choices``.
        chance: Probability of a right answer by guessing.
        answer: What was answered, in the source's words; None for nothing.
        answer_position: Its place in ``choices``; None when it is not among them, or not told.
        correct: As the source says; None when it does not.
        outcome: ``answered``, or why there is no answer.
        source: How the answer was given; None when not told.
        rt_ms: Reaction time from the onset; None when not told.
        practice: Whether it was for practice.
        valid: False where the source excludes it, for the reasons in ``exclusion``.
        more: Further columns of the record.
        gaze: Its samples: time from word onset in ms, x, y (shares of the screen or None) and area.
        kept: Columns of the source that the trial format has no place for; they become an event.
        place: File and line, for messages.
    """

    key: str
    task: str
    form: str
    item_id: str
    word: str
    choices: tuple[str, ...]
    target_position: int
    chance: float
    answer: str | None
    answer_position: int | None
    correct: bool | None
    outcome: Outcome
    source: AnswerSource | None
    rt_ms: float | None
    practice: bool = False
    valid: bool = True
    exclusion: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    gaze: Sequence[tuple[float, float | None, float | None, str]] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class ForeignSession:
    """A session as another program tells it.

    Attributes:
        key: What names it within its source.
        code: The participant.
        kind: Who answered.
        age_days: Age; None when not told. ``age_precision`` says how finely.
        protocol: Name of the experiment.
        started_at: ISO 8601 with offset; `NO_DATE` when not told.
        completed: Whether the source says that it was finished; None when it does not say.
        trials: Its trials in order.
        language: BCP 47.
        sex: As told; None when not.
        coder: Who or what coded the gaze; empty without gaze.
    """

    key: str
    code: str
    kind: Literal["child", "adult"]
    age_days: int | None
    age_precision: Literal["day", "month", "year"] | None
    protocol: str
    started_at: str
    completed: bool | None
    trials: Sequence[ForeignTrial]
    language: str = "en"
    sex: Literal["female", "male", "other"] | None = None
    coder: str = ""


def add_sessions(
    lab: Lab, name: str, sessions: Sequence[ForeignSession], options: ImportOptions, done: Imported
) -> Imported:
    """Write sessions into a lab, with their participants.

    Args:
        lab: The lab.
        name: The source, which ids depend on: kind and data set.
        sessions: In any order.
        options: Progress.
        done: What was done so far; the same object is returned.
    """
    strangers = _participants(lab, name, sessions, done)
    for session in sessions:
        if session.code in strangers:
            done.count("rows left out", len(session.trials))
        elif session.trials:
            _add(lab, name, session, done)
        options.advance(1)
    lab.rebuild(full=False)
    return done


def _participants(lab: Lab, name: str, sessions: Sequence[ForeignSession], done: Imported) -> set[str]:
    """Add the participants; return the codes that belong to somebody else, or are no codes."""
    known, _ = lab.participants.read()
    strangers: set[str] = set()
    new: dict[str, Participant] = {}
    for session in sessions:
        code = session.code
        if code in strangers or code in new:
            continue
        if code in known:
            if known[code].source != name:
                strangers.add(code)
                message = f"the lab has a participant '{code}' of its own; these sessions were left out"
                done.problems.append(Problem("participant-taken", message, str(lab.participants.path)))
            continue
        about: dict[str, Any] = {"code": code, "kind": session.kind, "sex": session.sex, "source": name}
        try:
            new[code] = Participant(**about, added_at=session.started_at)
        except ValidationError as error:
            strangers.add(code)
            place = session.trials[0].place if session.trials else ""
            done.problems.append(Problem("participant-code", f"'{code}' is no code: {first_error(error)}", place))
    if new:
        lab.participants.write(list(new.values()))
    done.participants += len(new)
    return strangers


def _add(lab: Lab, name: str, session: ForeignSession, done: Imported) -> None:
    begun = round(datetime.fromisoformat(session.started_at).timestamp() * 1000)
    session_id = uuid7_of(begun, f"{name}/{session.key}")
    content = digest_json([_content(trial) for trial in session.trials])
    path = lab.journal_path(session_id)
    if path.exists():
        done.there += 1
        header = lab.read_journal(session_id).header
        if header is None or header.machine.get("content") != content:
            message = "the source has changed since this session was imported; the session stays as it was"
            done.problems.append(Problem("import-changed", message, str(path)))
        return
    header = _header(lab, name, session, session_id, content)
    trials: list[TrialRecord] = []
    events: list[EventRecord] = []
    gaze: list[GazeRecord] = []
    for index, trial in enumerate(session.trials):
        try:
            record = _record(header, session, trial, index, uuid7_of(begun, f"{name}/{session.key}/{trial.key}"))
        except ValidationError as error:
            done.count("rows left out")
            done.problems.append(Problem("import-row", first_error(error), trial.place))
            continue
        trials.append(record)
        ids = {"session_id": session_id, "trial_id": record.trial_id}
        if trial.kept:
            events.append(EventRecord(**ids, t_ms=record.onset_ms or 0.0, name="source", detail=dict(trial.kept)))
        looks = ({"t_word_ms": t, "x": x, "y": y, "aoi": aoi} for t, x, y, aoi in trial.gaze)
        gaze += [GazeRecord.model_validate(ids | look | {"coder": session.coder}) for look in looks]
    lab.add_session(header, trials, events=events, gaze=gaze, end=_end(session, session_id))
    done.sessions += 1
    done.trials += len(trials)


def _content(trial: ForeignTrial) -> list[Any]:
    told = [trial.key, trial.task, trial.form, trial.item_id, list(trial.choices), trial.target_position, trial.answer]
    return [*told, trial.correct, trial.outcome, trial.rt_ms, trial.valid, dict(trial.kept), len(trial.gaze)]


def _header(lab: Lab, name: str, session: ForeignSession, session_id: str, content: str) -> SessionHeader:
    machine = {"imported_from": name, "session": session.key, "content": content}
    if session.started_at == NO_DATE:
        machine["note"] = "the source gives no date"
    return SessionHeader(
        session_id=session_id,
        lab_id=lab.lab_id,
        started_at=session.started_at,
        devkit_version=version("devkit"),
        protocol=session.protocol,
        protocol_version="1",
        plan_digest=digest_json([trial.item_id for trial in session.trials]),
        seed=0,
        respondent_code=session.code,
        respondent_kind=session.kind,
        respondent={"code": session.code, "kind": session.kind, "age_days": session.age_days},
        bank=name,
        bank_digest="",
        plan={},  # nothing that could be followed: it was planned elsewhere
        machine=machine,
    )


def _record(
    header: SessionHeader, session: ForeignSession, trial: ForeignTrial, index: int, trial_id: str
) -> TrialRecord:
    same = ("session_id", "lab_id", "protocol", "protocol_version", "plan_digest", "seed", "bank", "started_at")
    target = trial.target_position
    score = None if trial.correct is None else float(trial.correct)
    values: dict[str, Any] = {name: getattr(header, name) for name in same}
    values |= {
        "trial_id": trial_id,
        "trial_index": index,
        "plan_index": index,
        "attempt": 1,
        "block": 0,
        "schema_version": SCHEMA_VERSION,
        "respondent_code": session.code,
        "respondent_kind": session.kind,
        "baseline": "",
        "age_days": session.age_days,
        "age_precision": session.age_precision,
        "language": session.language,
        "task": trial.task,
        "form": trial.form,
        "item_id": trial.item_id,
        "item_digest": "",
        "word": trial.word,
        "target": trial.choices[target],
        "choices": tuple(
            ChoiceColumn(label=label, role="target" if place == target else "distractor")
            for place, label in enumerate(trial.choices)
        ),
        "chance": trial.chance,
        "difficulty": {},
        "provenance": {"source": header.bank},
        "trial_kind": "practice" if trial.practice else "test",
        "is_practice": trial.practice,
        "choice_order": tuple(range(len(trial.choices))),
        "target_position": target,
        "feedback": False,
        "repeats": 0,
        "early_touches": 0,
        "time_scale": 1.0,
        "answer_raw": trial.answer,
        "answer": None if trial.answer_position is None else trial.choices[trial.answer_position],
        "answer_position": trial.answer_position,
        "answer_source": trial.source,
        "rt_ms": trial.rt_ms,
        "rt_from": None if trial.rt_ms is None else "onset",
        "outcome": trial.outcome,
        "turns": (),
        "correct": trial.correct if trial.outcome == "answered" else None,
        "score": score if trial.outcome == "answered" else None,
        "scores": {},
        "valid": trial.valid,
        "flags": (),
        "exclusion": trial.exclusion,
        "note": "",
        "corrections": (),
    }
    return TrialRecord.model_validate(values | dict(trial.more))


def _end(session: ForeignSession, session_id: str) -> SessionEnd:
    said = {None: "imported; the source does not say why it ended", True: "", False: "imported; not finished"}
    reason: Literal["completed", "other"] = "completed" if session.completed else "other"
    return SessionEnd(session_id=session_id, ended_at=session.started_at, reason=reason, detail=said[session.completed])
