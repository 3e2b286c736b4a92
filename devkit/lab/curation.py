"""Looking records over: leave a trial out of analyses, take it in again, put an answer or a value right.

Everything is appended to the session's journal with who, when and why (`devkit.lab.corrections`); the record keeps what
stood there before. The command line and the app both come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from devkit.errors import UserError, did_you_mean
from devkit.lab import Lab
from devkit.records import Correction, TrialRecord
from devkit.respondents import Answer, Exchange, PresentedTurn, ShownChoice
from devkit.tasks import task

EXCLUDED = "examiner"
NOBODY = "examiner"


def trial_of(lab: Lab, session_id: str, trial: str) -> TrialRecord:
    """Return a record by its trial's id or its number in the session, from 1.

    Raises:
        UserError: There is no such session or trial.
    """
    records = lab.read_session(session_id).trials
    number = int(trial) - 1 if trial.isdecimal() else None
    found = next((r for r in reversed(records) if trial == r.trial_id or number == r.trial_index), None)
    if found is None:
        hint = f"the session has {len(records)} trials" if trial.isdecimal() else ""
        raise UserError(f"there is no trial {trial}", place=f"session {session_id}", hint=hint)
    return found


def exclude(lab: Lab, record: TrialRecord, why: str, who: str = NOBODY) -> None:
    """Leave a trial out of analyses.

    Raises:
        UserError: No reason is given, or the disk refuses.
    """
    codes = [*(code for code in record.exclusion if code != EXCLUDED), EXCLUDED]
    amend(lab, record, {"valid": False, "exclusion": codes}, why, who)


def include(lab: Lab, record: TrialRecord, why: str, who: str = NOBODY) -> None:
    """Take a trial in again that somebody left out; what a rule excluded for stays noted.

    Raises:
        UserError: No reason is given, or the disk refuses.
    """
    codes = [code for code in record.exclusion if code != EXCLUDED]
    amend(lab, record, {"valid": True, "exclusion": codes}, why, who)


def amend(lab: Lab, record: TrialRecord, values: Mapping[str, Any], why: str, who: str = NOBODY) -> None:
    """Append other values of a record's columns; those that are as they were are passed over.

    Raises:
        UserError: No reason is given, there is no such column, a value does not fit, or the disk refuses.
    """
    if not why.strip():
        raise UserError("a correction needs a reason", code="no-reason")
    present = record.model_dump(mode="json")
    for name in values:
        if name not in present:
            raise UserError(f"there is no column '{name}'", hint=did_you_mean(name, present), code="correction-column")
    when = datetime.now(UTC).isoformat(timespec="seconds")
    for name, after in _changed(values, present):
        lab.correct(
            record.session_id,
            Correction(trial_id=record.trial_id, column=name, after=after, who=who, when=when, why=why.strip()),
        )


def _changed(values: Mapping[str, Any], present: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return [(name, value) for name, value in plain.items() if value != present[name]]


def answered(record: TrialRecord, position: int | None) -> dict[str, Any]:
    """Return the columns of a record with another answer, scored as the task scores it.

    Args:
        record: The record.
        position: Shown position of what was really chosen, from 0; None where nothing was.

    Raises:
        UserError: The trial is a dialogue, whose turns are answers of their own, or has no such choice.
    """
    if record.turns:
        raise UserError("this trial is a dialogue: its answers are those of its turns", place=record.trial_id)
    if position is not None and not 0 <= position < len(record.choices):
        raise UserError(f"there is no choice {position + 1}", hint=f"1 to {len(record.choices)}")
    answer = Answer(position=position, outcome="none" if position is None else "answered")
    score = task(record.task).score([Exchange(_turn(record), answer)])
    shown = record.trial_kind == "demonstration"
    return {
        "answer": None if position is None else record.choices[position].label,
        "answer_position": position,
        "outcome": answer.outcome,
        "correct": None if shown else score.correct,
        "score": None if shown else score.score,
        "scores": dict(score.scores),
    }


def _turn(record: TrialRecord) -> PresentedTurn:
    """Return as much of the trial's turn as scoring looks at."""
    return PresentedTurn(
        trial_id=record.trial_id,
        turn_index=0,
        turn_count=1,
        task=record.task,
        form=record.form,
        item_id=record.item_id,
        kind=record.trial_kind,
        prompt="",
        images=(),
        stimuli=(),
        choices=tuple(ShownChoice(choice.label, choice.media, choice.role, None) for choice in record.choices),
        target_position=record.target_position,
        answer_format="letter",
        layout="",
    )
