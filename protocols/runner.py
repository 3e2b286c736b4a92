"""The session runner: puts a plan to a respondent, trial by trial, and has every trial on the disk before the next.

Child, adult, simulation, model and robot go through the same lines (`protocols.running`). Models and baselines take
every planned trial once, demonstrations and practice included: nothing of it counts or teaches them, and their records
have the same item, order and position columns as a child's. Whoever implements `BatchRespondent` is asked for many
single-turn trials at a time; the records are those of one by one.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from devkit.errors import UserError
from devkit.ids import uuid7
from devkit.lab import Lab
from devkit.records import SessionHeader, TrialRecord
from devkit.respondents import BatchRespondent, Respondent, RespondentInfo
from protocols.desk import Desk
from protocols.plan import ItemSource, Plan
from protocols.reopening import prepare
from protocols.running import RunningSession
from protocols.sessions import Before, Finished, Journal, RunnableBank, now

__all__ = ["Before", "Finished", "Journal", "RunnableBank", "resume_in_lab", "run_in_lab", "run_session"]
BATCH = 64


def _ignore(record: TrialRecord) -> None:
    """Take no notice of a record."""


def run_session(
    plan: Plan,
    bank: RunnableBank,
    respondent: Respondent,
    journal: Journal,
    *,
    info: RespondentInfo | None = None,
    before: Before | None = None,
    on_trial: Callable[[TrialRecord], None] = _ignore,
    batch: int = BATCH,
    desk: Desk | None = None,
) -> Finished:
    """Run a plan with a respondent, or the rest of it.

    Args:
        plan: What is taken.
        bank: Its bank.
        respondent: Who answers; closed when this returns, also after a failure.
        journal: Where everything is recorded; closed when the session is over. After a failure or an interruption it
            is left without an end, so that the session can be resumed.
        info: What `respondent.describe` said, when it was called already.
        before: What the journal holds already.
        on_trial: Told of every record.
        batch: Single-turn trials that a `BatchRespondent` is asked for at once; 1 asks one by one.
        desk: The examiner's program: is told where the session stands, and decides in trouble.

    Raises:
        UserError: The bank is not the plan's, or the disk refuses; what was recorded is safe.
    """
    info = info or respondent.describe()
    session = RunningSession(plan, bank, respondent, journal, info, before or Before(), on_trial, desk)
    try:
        respondent.open(session.context())
        session.begin()
        reason, detail = session.run(batch if isinstance(respondent, BatchRespondent) else 1)
        session.leftovers()
    except BaseException as error:
        with contextlib.suppress(UserError, ValueError):
            session.interrupted(type(error).__name__)
        raise
    finally:
        respondent.close()
    session.close(reason, detail)
    return session.finished(reason)


def session_header(
    plan: Plan, bank: ItemSource, info: RespondentInfo, lab_id: str, *, session_id: str | None = None
) -> SessionHeader:
    """Return the header of a new session: one respondent, one plan, one place."""
    return SessionHeader(
        session_id=session_id or uuid7(),
        lab_id=lab_id,
        started_at=now(),
        devkit_version=version("devkit"),
        protocol=plan.protocol,
        protocol_version=plan.protocol_version,
        plan_digest=plan.digest,
        seed=plan.seed,
        respondent_code=info.code,
        respondent_kind=info.kind,
        respondent=asdict(info),
        bank=bank.name,
        bank_digest=bank.digest,
        plan=plan.to_dict(),
        machine={"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
    )


def run_in_lab(
    lab: Lab,
    plan: Plan,
    bank: RunnableBank,
    respondent: Respondent,
    *,
    on_trial: Callable[[TrialRecord], None] = _ignore,
    batch: int = BATCH,
    desk: Desk | None = None,
) -> Finished:
    """Run a plan as a new session of a lab; see `run_session`."""
    info = respondent.describe()
    with lab.new_session(session_header(plan, bank, info, lab.lab_id)) as journal:
        return run_session(plan, bank, respondent, journal, info=info, on_trial=on_trial, batch=batch, desk=desk)


def resume_in_lab(
    lab: Lab,
    session_id: str,
    bank: RunnableBank,
    respondent: Respondent,
    *,
    on_trial: Callable[[TrialRecord], None] = _ignore,
    batch: int = BATCH,
    desk: Desk | None = None,
) -> Finished:
    """Go on with a session that broke off, in its own journal, by the policy of the task in which it did.

    A dialogue that was cut short begins anew: nothing of it was recorded as a trial. What else begins anew, or is left
    out, is decided by `protocols.reopening`.

    Raises:
        UserError: There is no such session, it was closed or is too old, somebody else answered it, or the bank is not
            its own.
    """
    info = respondent.describe()
    with lab.resume(session_id) as journal:
        header = journal.header
        who, now_who = (header.respondent_code, header.respondent.get("model_digest")), (info.code, info.model_digest)
        if who != now_who:
            message = f"session {session_id} is of {header.respondent_code}, not of {info.code} as it is now"
            raise UserError(message, hint="begin a new session", code="resume")
        plan = Plan.from_dict(header.plan, place=str(lab.journal_path(session_id)))
        before = prepare(lab, plan, journal)
        return run_session(
            plan, bank, respondent, journal, info=info, before=before, on_trial=on_trial, batch=batch, desk=desk
        )
