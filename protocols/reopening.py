"""Taking a broken-off session up again: which one is offered, and what of it goes on, begins anew or stays closed.

The policy belongs to the block in which the session broke off (``resume`` in the protocol, else by its task):

continue
    at the first trial that is not recorded;
restart
    the block begins anew; what was recorded of it is set aside (invalid, exclusion ``restarted``), never removed;
closed
    the rest of the block is left out and the session goes on with the next block.

Two things never go on in the middle, whatever the policy says: what was learned for a test, and a delay. A break-off
between the learning part and its test closes the test. A session of a person that is older than the protocol's
``take_up_within`` is not taken up at all. Models take every trial on its own, so theirs always go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from devkit.errors import UserError
from devkit.lab import Lab, SessionJournal
from devkit.lab.files import is_locked
from devkit.records import Correction, EventRecord, SessionHeader, TrialRecord
from devkit.respondents import RespondentInfo
from protocols.flow import Flow
from protocols.plan import Plan, PlanBlock
from protocols.replay import RESTARTED, replayed
from protocols.sessions import Before, now

Policy = Literal["continue", "restart", "closed"]
RESTARTING = "task_restarting"


@dataclass(frozen=True, slots=True)
class Offer:
    """A session that broke off.

    Attributes:
        session_id: UUIDv7.
        policy: What happens to the block in which it broke off; ``closed`` with ``too_old`` set: to the whole session.
        block: Number of that block, from 1; None when it broke off between two blocks.
        title: The block's title.
        recorded: Trials recorded.
        trials: Trials of the plan.
        age_h: Hours since its last sign of life.
        too_old: Whether it can no longer be taken up.
    """

    session_id: str
    policy: Policy
    block: int | None
    title: str
    recorded: int
    trials: int
    age_h: float
    too_old: bool = False

    def __str__(self) -> str:
        """Return what the examiner is told."""
        where = f"{self.recorded} of {self.trials} trials are recorded"
        if self.too_old:
            return f"a session broke off {self.age_h:.0f} hours ago ({where}); it is too old to go on"
        does = {
            "continue": "it goes on at the next trial",
            "restart": f"'{self.title}' begins anew",
            "closed": f"the rest of '{self.title}' is left out",
        }
        return f"a session broke off ({where}): {does[self.policy]}"


def offer(lab: Lab, plan: Plan, info: RespondentInfo) -> Offer | None:
    """Return the latest session of this respondent through this very plan that broke off; None if none.

    One that is being recorded at this moment, by whatever program, has not broken off.
    """
    for session in reversed(lab.sessions()):
        same = (session.respondent_code, session.plan_digest) == (info.code, plan.digest)
        if not same or session.reason is not None or is_locked(lab.journal_path(session.session_id)):
            continue
        journal = lab.read_journal(session.session_id)
        if journal.header is None or journal.header.respondent.get("model_digest") != info.model_digest:
            continue
        return _offer(journal.header, plan, tuple(journal.trials.values()), tuple(journal.events))
    return None


def _offer(
    header: SessionHeader, plan: Plan, trials: tuple[TrialRecord, ...], events: tuple[EventRecord, ...]
) -> Offer:
    rules = _rules(header)
    block = _broken_in(plan, Before(trials, events, closed_before(events)), header) if rules else None
    policy = policy_of(plan.blocks[block]) if block is not None else "continue"
    age_h = _age_h(header, trials, events)
    return Offer(
        session_id=header.session_id,
        policy=policy,
        block=None if block is None else block + 1,
        title="" if block is None else plan.blocks[block].title,
        recorded=sum(RESTARTED not in trial.exclusion for trial in trials),
        trials=len(plan.trials),
        age_h=age_h,
        too_old=rules and age_h * 3_600_000 > plan.session.take_up_within,
    )


def policy_of(block: PlanBlock) -> Policy:
    """Return what happens to a block in which a session broke off."""
    return block.resume


def prepare(lab: Lab, plan: Plan, journal: SessionJournal) -> Before:
    """Apply the policy to a session that is taken up, and return what it holds then.

    What is set aside is written to the journal first; being killed in between does no harm, the next try completes it.

    Raises:
        UserError: The session is too old, or the disk refuses.
    """
    read = lab.read_session(journal.header.session_id)
    trials, events = read.trials, read.events
    if not _rules(journal.header):
        return Before(trials, events)
    found = _offer(journal.header, plan, trials, events)
    if found.too_old:
        raise UserError(str(found), hint="begin a new session", code="resume-too-old")
    closed = closed_before(events)
    block = _broken_in(plan, Before(trials, events, closed), journal.header)
    if block is None:
        return Before(trials, events, closed)
    policy = policy_of(plan.blocks[block])
    shut = set(_cut_off(plan, block)) | ({block} if policy == "closed" else set())
    for number in sorted(shut - closed):
        _event(journal, events, "block_closed", {"block": number, "why": "broke off"})
    if policy == "restart" and block not in shut:
        trials = _set_aside(journal, events, trials, block)
    flags = ("task_restarted",) if policy == "restart" else ()
    return Before(trials, events, closed | shut, flags)


def closed_before(events: Sequence[EventRecord]) -> frozenset[int]:
    """Return the blocks that were closed when the session was taken up earlier."""
    return frozenset(int(event.detail["block"]) for event in events if event.name == "block_closed")


def close_in_lab(lab: Lab, session_id: str, detail: str) -> None:
    """End a session that will not be taken up again; what is recorded of it stays.

    Raises:
        UserError: There is no such session, it was closed, or the disk refuses.
    """
    with lab.resume(session_id) as journal:
        journal.close("breakoff", detail)


def _rules(header: SessionHeader) -> bool:
    return header.respondent_kind != "model" and not header.respondent.get("baseline")


def _broken_in(plan: Plan, before: Before, header: SessionHeader) -> int | None:
    """Return the block that was under way; None when the next one had not begun, or all is done."""
    restarting = _restarting(before)
    if restarting is not None:
        return restarting
    who = header.respondent
    ages = {name: who.get(name) for name in ("age_days", "age_corrected_days")}
    step = replayed(Flow.begin(plan, rules=_rules(header), **ages), before).flow.step
    if step is None:
        return None
    block = step.trial.block
    begun = any(event.name == "block_begin" and event.detail.get("block") == block for event in before.events)
    recorded = any(trial.block == block and RESTARTED not in trial.exclusion for trial in before.trials)
    return block if begun or recorded else None


def _restarting(before: Before) -> int | None:
    """Return the block whose setting aside was cut short; None when none was."""
    for event in before.events:
        if event.name == RESTARTING:
            named = set(event.detail["trials"])
            if any(trial.trial_id in named and RESTARTED not in trial.exclusion for trial in before.trials):
                return int(event.detail["block"])
    return None


def _set_aside(
    journal: SessionJournal, events: Sequence[EventRecord], trials: Sequence[TrialRecord], block: int
) -> tuple[TrialRecord, ...]:
    live = [trial for trial in trials if trial.block == block and RESTARTED not in trial.exclusion]
    if not live:
        return tuple(trials)
    _event(journal, events, RESTARTING, {"block": block, "trials": [trial.trial_id for trial in live]})
    for correction in _setting_aside(live):
        journal.correction(correction)
    return tuple(journal.trials.values())


def _setting_aside(trials: Sequence[TrialRecord]) -> Iterator[Correction]:
    for trial in trials:
        for column, after in (("valid", False), ("exclusion", [*trial.exclusion, RESTARTED])):
            yield Correction(
                trial_id=trial.trial_id,
                column=column,
                after=after,
                who="devkit",
                when=now(),
                why="the session broke off and the task began anew",
            )


def _cut_off(plan: Plan, block: int) -> Iterator[int]:
    """Yield the tests whose learning part or delay was under way in a block."""
    for number, later in enumerate(plan.blocks):
        learning = _learned_in(plan, number)
        if later.part == "test" and learning is not None and learning <= block <= number:
            yield number


def _learned_in(plan: Plan, test: int) -> int | None:
    earlier = [n for n in range(test) if plan.blocks[n].part == "learning"]
    return earlier[-1] if earlier else None


def _event(journal: SessionJournal, events: Sequence[EventRecord], name: str, detail: dict[str, object]) -> None:
    t_ms = max((event.t_ms for event in events), default=0.0)
    session_id = journal.header.session_id
    journal.event(EventRecord(session_id=session_id, t_ms=t_ms, name=name, detail=detail), durable=True)


def _age_h(header: SessionHeader, trials: Sequence[TrialRecord], events: Sequence[EventRecord]) -> float:
    """Return the hours since the last sign of life: the last trial, or the last time that it was taken up."""
    taken_up = [str(event.detail["at"]) for event in events if event.name == "resumed" and "at" in event.detail]
    last = max([header.started_at, *(trial.started_at for trial in trials), *taken_up])
    return (datetime.now(UTC) - datetime.fromisoformat(last)).total_seconds() / 3600
