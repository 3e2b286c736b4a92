"""A running session: what it holds in memory, and the few steps in which a trial is put, recorded and left behind.

Use `protocols.runner`; this is its engine. What comes next is `protocols.flow`, how it is put `protocols.presenting`,
what is recorded `protocols.recording`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol

from devkit.errors import UserError
from devkit.ids import uuid7
from devkit.items import Item
from devkit.records import EventRecord, SessionHeader, TrialRecord
from devkit.respondents import (
    Answer,
    BatchRespondent,
    Exchange,
    PresentedTurn,
    Respondent,
    RespondentInfo,
    SessionContext,
    SessionStopped,
)
from protocols.flow import Flow, Step
from protocols.plan import ItemSource, Plan
from protocols.presenting import items_of, present_trial
from protocols.quality import outside_ages, session_flags, trial_flags
from protocols.recording import Run, outcome_of, resolved, result_of, score_of

EndReason = Literal["completed", "breakoff", "reason_code", "other"]


class RunnableBank(ItemSource, Protocol):
    """A bank whose media can be found; `devkit.banks.store.Bank` is one."""

    def path_of(self, digest: str) -> Path:
        """Return the file of a digest."""
        ...


class Journal(Protocol):
    """Where a session is recorded; `devkit.lab.SessionJournal` is one."""

    header: SessionHeader

    def trial(self, record: TrialRecord) -> None:
        """Record a trial; it is on the disk when this returns."""
        ...

    def event(self, record: EventRecord) -> None:
        """Record an event."""
        ...

    def close(self, reason: EndReason, detail: str = "", timing: dict[str, Any] | None = None) -> None:
        """End the session."""
        ...


@dataclass(frozen=True, slots=True)
class Before:
    """What a resumed session holds already.

    Attributes:
        trials: In the order in which they were run.
        events: Theirs.
    """

    trials: tuple[TrialRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """What a session came to.

    Attributes:
        session_id: UUIDv7.
        reason: Why it ended.
        trials: Trials recorded in all, resumed ones included.
        test_trials: Of them those that count.
        correct: Of them those answered right.
        flags: Soft flags of the session.
    """

    session_id: str
    reason: EndReason
    trials: int
    test_trials: int
    correct: int
    flags: tuple[str, ...]


def obeys_rules(info: RespondentInfo) -> bool:
    """Tell whether practice and stop rules apply: to children, adults and simulated children."""
    return info.kind != "model" and not info.baseline


@dataclass(slots=True)
class RunningSession:
    """One running session; `run` it between the respondent's `open` and `close`."""

    plan: Plan
    bank: RunnableBank
    respondent: Respondent
    journal: Journal
    info: RespondentInfo
    before: Before
    on_trial: Callable[[TrialRecord], None]
    items: dict[str, Item] = field(init=False)
    flow: Flow = field(init=False)
    trials: list[TrialRecord] = field(init=False)
    places: list[int] = field(init=False)
    shift_ms: float = field(init=False)
    _ready: dict[int, tuple[PresentedTurn, ...]] = field(init=False)
    _pending: tuple[str, ...] = field(init=False)
    _zero: float = field(init=False)

    def __post_init__(self) -> None:
        self.items = dict(items_of(self.plan, self.bank))
        self.trials = list(self.before.trials)
        self.places = [trial.answer_position for trial in self.trials if trial.answer_position is not None]
        self.flow = replayed(Flow(self.plan, obeys_rules(self.info)), self.before)
        self.shift_ms = max((event.t_ms for event in self.before.events), default=0.0)
        self._ready = {
            trial.index: present_trial(self.plan, trial, self.items[trial.item_id], uuid7())
            for trial in self.plan.trials[self.flow.place :]
        }
        self._pending = ("after_interruption",) if self.trials else ()
        self._zero = time.perf_counter()

    def context(self) -> SessionContext:
        """Return what the respondent learns on opening."""
        return SessionContext(
            session_id=self.journal.header.session_id,
            media_path=self.bank.path_of,
            seed=self.plan.seed,
            language=self.plan.language,
            turns=[turn for turns in self._ready.values() for turn in turns],
            settings={"ground": self.plan.ground, "attention_getter": self.plan.attention_getter},
        )

    def begin(self) -> None:
        """Note the begin, or that the session was taken up again."""
        self._zero = time.perf_counter()
        detail: dict[str, Any] = {"protocol": self.plan.protocol, "trials": len(self.plan.trials)}
        if self.before.trials or self.before.events:
            self.event("resumed", {"trials_before": len(self.trials), "at": now()})
            return
        if self.info.kind == "child" and outside_ages(self.info, self.plan.age_months):
            detail["flags"] = ["outside_age_range"]
        self.event("session_begin", detail)

    def run(self, batch: int) -> tuple[EndReason, str]:
        """Put trial after trial until the plan is through or the examiner ends it."""
        block = -1
        try:
            while (step := self.flow.step) is not None:
                if step.trial.block != block:
                    block = step.trial.block
                    self.event("block_begin", {"block": block, "task": self.plan.blocks[block].task})
                if batch > 1 and not self.flow.rules:
                    many = list(islice(self._alike(), batch))
                    if many:
                        self._take_batch(many)
                        continue
                self._take(step)
        except SessionStopped as stopped:
            return stopped.reason, stopped.detail
        return "completed", ""

    def _alike(self) -> Iterator[Step]:
        """Yield the next steps as long as they have a single turn and belong to one block."""
        flow, first = self.flow, self.flow.step
        for trial in self.plan.trials[flow.place :]:
            if first is None or trial.block != first.trial.block or len(self._ready[trial.index]) > 1:
                return
            yield Step(trial, trial.kind)

    def _take_batch(self, steps: Sequence[Step]) -> None:
        assert isinstance(self.respondent, BatchRespondent)
        start_ms, started_at = self.now_ms(), now()
        turns = [self._ready[step.trial.index][0] for step in steps]
        answers = self.respondent.answer_batch(turns)
        if len(answers) != len(turns):
            raise ValueError(f"{len(answers)} answers to {len(turns)} turns")
        for step, turn, answer in zip(steps, turns, answers, strict=True):
            self._note(turn, answer)
            self._record(step, [Exchange(turn, resolved(answer, turn))], start_ms, started_at)

    def _take(self, step: Step) -> None:
        start_ms, started_at = self.now_ms(), now()
        turns = self._turns(step)
        history: list[Exchange] = []
        try:
            for turn in turns:
                answer = self.respondent.answer(turn, tuple(history))
                self._note(turn, answer)
                history.append(Exchange(turn, resolved(answer, turn)))
        except SessionStopped as stopped:
            self._note(turns[len(history)], stopped.answer)
            history.append(Exchange(turns[len(history)], stopped.answer))
            self._record(step, history, start_ms, started_at)
            raise
        self._record(step, history, start_ms, started_at)

    def _turns(self, step: Step) -> tuple[PresentedTurn, ...]:
        """Return the turns of a step; only its first presentation was prepared."""
        if step.attempt == 1 and step.kind == step.trial.kind:
            return self._ready[step.trial.index]
        item = self.items[step.trial.item_id]
        return present_trial(self.plan, step.trial, item, uuid7(), kind=step.kind, attempt=step.attempt)

    def _note(self, turn: PresentedTurn, answer: Answer) -> None:
        """Record what happened during a turn; of a dialogue also the turn's answer, so that none is lost."""
        for name, t_ms, detail in answer.events:
            self.event(name, dict(detail), turn.trial_id, t_ms + self.shift_ms)
        if turn.turn_count > 1:
            detail = {"turn": turn.turn_index, "item_id": turn.item_id, "raw": answer.raw, "position": answer.position}
            self.event("turn", {**detail, "outcome": answer.outcome}, turn.trial_id)

    def _record(self, step: Step, exchanges: Sequence[Exchange], start_ms: float, started_at: str) -> None:
        """Write the record of a trial and let the flow go on."""
        score = score_of(exchanges)
        answer = exchanges[-1].answer
        if answer.position is not None:
            self.places.append(answer.position)
        run = Run(self.journal.header, self.plan, self.info, self.bank.name)
        flags = tuple(dict.fromkeys((*self._pending, *(f for e in exchanges[:-1] for f in e.answer.flags))))
        record = run.record(
            step,
            self.items[step.trial.item_id],
            exchanges,
            score,
            trial_index=len(self.trials),
            started_at=started_at,
            shift_ms=self.shift_ms,
            flags=tuple(dict.fromkeys((*flags, *trial_flags(answer, self.places)))),
        )
        end_ms = self.now_ms()
        after = self.flow.after(result_of(record, start_ms, end_ms))
        if after.set_off is not None:
            record = record.model_copy(update={"stop_rule": after.set_off})
        if self.flow.rules:
            self.event("trial", {"begin_ms": start_ms, "outcome": outcome_of(exchanges)}, record.trial_id, end_ms)
        if after.set_off is not None:
            self.event("stop_rule", {"rule": after.set_off, "block": step.trial.block}, record.trial_id)
        self.journal.trial(record)
        self._pending = ()
        self.trials.append(record)
        self.flow = after
        self.on_trial(record)

    def now_ms(self) -> float:
        """Return the session's time: the respondent's own clock where it has one, plus what passed before resuming."""
        own: Callable[[], float] | None = getattr(self.respondent, "now_ms", None)
        return self.shift_ms + (own() if own is not None else (time.perf_counter() - self._zero) * 1000)

    def event(self, name: str, detail: dict[str, Any], trial_id: str | None = None, t_ms: float | None = None) -> None:
        """Record an event, now unless a time is given."""
        at = self.now_ms() if t_ms is None else t_ms
        session_id = self.journal.header.session_id
        self.journal.event(EventRecord(session_id=session_id, trial_id=trial_id, t_ms=at, name=name, detail=detail))

    def timing(self) -> dict[str, Any]:
        """Return how the session was timed, in the words of the respondent, with its soft flags."""
        own: Callable[[], Any] | None = getattr(self.respondent, "timing", None)
        return {**(dict(own()) if own is not None else {}), "flags": list(self._flags())}

    def finished(self, reason: EndReason) -> Finished:
        """Return what the session came to."""
        tests = [trial for trial in self.trials if trial.trial_kind == "test"]
        right = sum(bool(trial.correct) for trial in tests)
        session_id = self.journal.header.session_id
        return Finished(session_id, reason, len(self.trials), len(tests), right, self._flags())

    def _flags(self) -> tuple[str, ...]:
        return session_flags(self.trials) if self.flow.rules else ()


def replayed(flow: Flow, before: Before) -> Flow:
    """Return the flow after the recorded trials.

    Raises:
        UserError: The records do not follow the plan.
    """
    times = {e.trial_id: (float(e.detail.get("begin_ms", e.t_ms)), e.t_ms) for e in before.events if e.name == "trial"}
    for record in sorted(before.trials, key=lambda trial: trial.trial_index):
        step = flow.step
        if step is None or (record.plan_index, record.attempt) != (step.trial.index, step.attempt):
            message = f"trial {record.trial_index} of session {record.session_id} does not follow the plan"
            raise UserError(message, hint="begin a new session", code="resume")
        if record.outcome == "aborted":
            raise UserError(f"session {record.session_id} was ended by the examiner", code="resume")
        start_ms, end_ms = times.get(record.trial_id, (0.0, 0.0))
        flow = flow.after(result_of(record, start_ms, end_ms))
    return flow


def now() -> str:
    """Return the present time in UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
