"""Where a session stands after what is recorded of it: the recorded results, fed through the flow once more.

Trials that were repeated on the examiner's wish, and trials of a task that was begun anew, are in the journal but not
in the course; they only raise the number of attempts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from devkit.errors import UserError
from devkit.records import TrialRecord
from protocols.flow import Flow
from protocols.recording import result_of
from protocols.sessions import Before

REPEATED = "repeated"
RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Course:
    """Where a session stands.

    Attributes:
        flow: The state of practice and stop rules; its step comes next.
        earlier: By place in the plan, presentations that belong to an earlier run of the task; attempts count on.
    """

    flow: Flow
    earlier: Counter[int]


def replayed(flow: Flow, before: Before) -> Course:
    """Return where a session stands after its recorded trials.

    Raises:
        UserError: The records do not follow the plan, or the examiner had ended the session.
    """
    times = {e.trial_id: (float(e.detail.get("begin_ms", e.t_ms)), e.t_ms) for e in before.events if e.name == "trial"}
    earlier: Counter[int] = Counter()
    for record in sorted(before.trials, key=lambda trial: trial.trial_index):
        if RESTARTED in record.exclusion:
            earlier[record.plan_index] = max(earlier[record.plan_index], record.attempt)
            continue
        flow = _past_closed(flow, before.closed_blocks - {record.block})
        _require(flow, record, earlier[record.plan_index])
        if REPEATED in record.exclusion:
            flow = flow.again()
            continue
        start_ms, end_ms = times.get(record.trial_id, (0.0, 0.0))
        flow = flow.after(result_of(record, start_ms, end_ms))
    return Course(_past_closed(flow, before.closed_blocks), earlier)


def _past_closed(flow: Flow, closed: frozenset[int]) -> Flow:
    while (step := flow.step) is not None and step.trial.block in closed:
        flow = flow.leave_block()
    return flow


def _require(flow: Flow, record: TrialRecord, earlier: int) -> None:
    step = flow.step
    if step is None or (record.plan_index, record.attempt) != (step.trial.index, step.attempt + earlier):
        message = f"trial {record.trial_index} of session {record.session_id} does not follow the plan"
        raise UserError(message, hint="begin a new session", code="resume")
    if record.outcome == "aborted":
        raise UserError(f"session {record.session_id} was ended by the examiner", code="resume")
