"""A running session: what it holds in memory, and the few steps in which a trial is put, recorded and left behind.

Use `protocols.runner`; this is its engine. What comes next is `protocols.flow`, how it is put `protocols.presenting`,
what is recorded `protocols.recording`, what is done in trouble `protocols.trouble`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from devkit.errors import UserError
from devkit.ids import uuid7
from devkit.items import Item
from devkit.records import TrialRecord
from devkit.respondents import (
    Answer,
    BatchRespondent,
    Exchange,
    PresentedTurn,
    SessionContext,
    SessionStopped,
    TrialWithdrawn,
)
from protocols.book import SessionBook
from protocols.desk import state_of
from protocols.flow import Flow, Step
from protocols.intermission import Between, possible_rests, rest_turn
from protocols.looking import gaze_rows
from protocols.presenting import items_of, present_trial
from protocols.quality import outside_ages, trial_flags
from protocols.recording import Run, flow_columns, outcome_of, resolved, result_of, score_of
from protocols.replay import REPEATED, Course, replayed
from protocols.sessions import EndReason, now, obeys_rules
from protocols.undoing import LastTrial, corrections, rekeyed


@dataclass(slots=True)
class RunningSession(SessionBook):
    """One running session; `run` it between the respondent's `open` and `close`."""

    items: dict[str, Item] = field(init=False)
    flow: Flow = field(init=False)
    places: list[int] = field(init=False)
    _ready: dict[int, tuple[PresentedTurn, ...]] = field(init=False)
    _pending: tuple[str, ...] = field(init=False)
    _course: Course = field(init=False)
    _between: Between = field(init=False)
    _learned: dict[str, tuple[Exchange, ...]] = field(init=False)
    _last: LastTrial | None = field(init=False, default=None)
    _looking: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        SessionBook.__post_init__(self)
        self.items = dict(items_of(self.plan, self.bank))
        self.places = [trial.answer_position for trial in self.trials if trial.answer_position is not None]
        self._course = replayed(self._flow(), self.before)
        self.flow = self._course.flow
        self._between, self._learned = Between(self.plan, self._rest, self.event, self.now_ms), {}
        self._ready = {
            trial.index: present_trial(self.plan, trial, self.items[trial.item_id], uuid7())
            for trial in self.plan.trials[self.flow.place :]
        }
        self._pending = (*(("after_interruption",) if self.trials else ()), *self.before.flags)

    def _flow(self) -> Flow:
        info = self.info
        flow = Flow.begin(
            self.plan,
            rules=obeys_rules(info),
            age_days=info.age_days,
            age_corrected_days=info.age_corrected_days,
        )
        if flow.step is None:
            message = f"nothing in the protocol '{self.plan.protocol}' can be taken by {info.code}"
            raise UserError(message, hint="its measures are for people only", code="people-only")
        return flow

    def context(self) -> SessionContext:
        """Return what the respondent learns on opening."""
        return SessionContext(
            session_id=self.journal.header.session_id,
            media_path=self.bank.path_of,
            seed=self.plan.seed,
            language=self.plan.language,
            turns=[*possible_rests(self.plan), *(turn for turns in self._ready.values() for turn in turns)],
            settings={
                "ground": self.plan.ground,
                "attention_getter": self.plan.attention_getter,
                "shift_ms": self.shift_ms,
            },
        )

    def begin(self) -> None:
        """Note the begin, or that the session was taken up again."""
        self.zero_s = time.perf_counter()
        detail: dict[str, Any] = {"protocol": self.plan.protocol, "trials": len(self.plan.trials)}
        if self.before.trials or self.before.events:
            self.event("resumed", {"trials_before": len(self.trials), "at": now()})
            return
        if self.info.kind == "child" and outside_ages(self.info, self.plan.age_months, self.plan.age):
            detail["flags"] = ["outside_age_range"]
        self.event("session_begin", detail)

    def run(self, batch: int) -> tuple[EndReason, str]:
        """Put trial after trial until the plan is through or the examiner ends it."""
        block = -1
        try:
            if self.flow.rules and not self.trials:
                self._between.assent()
            while (step := self.flow.step) is not None:
                if step.trial.block in self.before.closed_blocks:
                    self.flow = self.flow.leave_block()
                    continue
                if (ready := self._between.ready(self.flow)) is not self.flow:
                    self.flow = ready
                    continue
                if step.trial.block != block:
                    block = step.trial.block
                    self.event("block_begin", {"block": block, "task": self.plan.blocks[block].task}, durable=True)
                    self._set_up_looking(block)
                if batch > 1 and not self.flow.rules:
                    many = list(islice(self._alike(), batch))
                    if many:
                        self._take_batch(many)
                        continue
                self._take(step)
        except SessionStopped as stopped:
            return stopped.reason, stopped.detail
        return "completed", ""

    def _set_up_looking(self, block: int) -> None:
        """Before the first block in which it is looked: place the head and calibrate, where there is a tracker."""
        if self._looking or self.plan.blocks[block].answer_by != "gaze":
            return
        self._looking = True
        try:
            self._between_events(Answer(events=self.helped.set_up_looking()))
        except SessionStopped as stopped:
            self._between_events(stopped.answer)
            raise

    def _alike(self) -> Iterator[Step]:
        """Yield the next steps as long as they have a single turn and belong to one block."""
        flow, first = self.flow, self.flow.step
        for trial in self.plan.trials[flow.place :]:
            if first is None or trial.block != first.trial.block or len(self._ready[trial.index]) > 1 or trial.irt:
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
        learned = self._learned.get(step.trial.item_id, ()) if step.trial.part == "test" else ()
        history: list[Exchange] = []
        try:
            for turn in turns:
                self._tell(step, turn)
                answer = self.helped.answer(turn, (*learned, *history))
                self._note(turn, answer)
                history.append(Exchange(turn, resolved(answer, turn)))
        except SessionStopped as stopped:
            self._note(turns[len(history)], stopped.answer)
            history.append(Exchange(turns[len(history)], stopped.answer))
            self._record(step, history, start_ms, started_at)
            raise
        except TrialWithdrawn as withdrawn:
            turn = turns[len(history)]
            self._note(turn, withdrawn.answer)
            if withdrawn.why == "undo":
                self._pending = (*self._pending, "restarted_after_undo")
                self._undo(withdrawn.correction, turn.trial_id)
            else:
                history.append(Exchange(turn, withdrawn.answer))
                self._set_aside(step, history, start_ms, started_at)
            return
        if step.trial.part == "learning":
            self._learned[step.trial.item_id] = tuple(history)
        self._record(step, history, start_ms, started_at)

    def _rest(self, turn: PresentedTurn) -> None:
        """Put what comes between trials to a respondent that rests; it leaves events and no record."""
        if not getattr(self.respondent, "rests", False):
            return
        try:
            answer = self.helped.answer(turn, ())
        except SessionStopped as stopped:
            self._between_events(stopped.answer)
            raise
        except TrialWithdrawn as withdrawn:
            answer = withdrawn.answer
        self._between_events(answer)

    def _between_events(self, answer: Answer) -> None:
        for name, t_ms, detail in answer.events:
            self.event(name, dict(detail), None, t_ms + self.shift_ms)

    def _turns(self, step: Step) -> tuple[PresentedTurn, ...]:
        """Return the turns of a step; only its first presentation was prepared."""
        attempt = step.attempt + self._course.earlier[step.trial.index]
        if attempt == 1 and step.kind == step.trial.kind:
            return self._ready[step.trial.index]
        item = self.items[step.trial.item_id]
        return present_trial(self.plan, step.trial, item, uuid7(), kind=step.kind, attempt=attempt)

    def _tell(self, step: Step, turn: PresentedTurn) -> None:
        if self.desk is not None:
            session_id, recorded = self.journal.header.session_id, len(self.trials)
            self.state = state_of(
                self.plan, self.flow, step, turn, session_id=session_id, t_ms=self.now_ms(), recorded=recorded
            )
            self.desk.state(self.state)

    def _note(self, turn: PresentedTurn, answer: Answer) -> None:
        """Record what happened during a turn; of a dialogue also the turn's answer, so that none is lost."""
        for name, t_ms, detail in answer.events:
            self.event(name, dict(detail), turn.trial_id, t_ms + self.shift_ms)
        if rows := gaze_rows(self.journal.header.session_id, turn, answer):
            self.helped.write(lambda: self.journal.gaze(rows))
        if turn.turn_count > 1:
            detail = {"turn": turn.turn_index, "item_id": turn.item_id, "raw": answer.raw, "position": answer.position}
            self.event("turn", {**detail, "outcome": answer.outcome}, turn.trial_id, durable=True)

    def _made(self, step: Step, exchanges: Sequence[Exchange], trial_index: int, started_at: str) -> TrialRecord:
        """Make the record of a trial; what the flow says of it is added by `_record`."""
        answer = exchanges[-1].answer
        flags = (*self._pending, *(flag for exchange in exchanges[:-1] for flag in exchange.answer.flags))
        flags += ("restarted_after_trouble",) if self.helped.troubled else ()
        return Run(self.journal.header, self.plan, self.info, self.bank.name).record(
            replace(step, attempt=step.attempt + self._course.earlier[step.trial.index]),
            self.items[step.trial.item_id],
            exchanges,
            score_of(exchanges),
            trial_index=trial_index,
            started_at=started_at,
            shift_ms=self.shift_ms,
            flags=tuple(dict.fromkeys((*flags, *trial_flags(answer, self.places)))),
        )

    def _record(self, step: Step, exchanges: Sequence[Exchange], start_ms: float, started_at: str) -> None:
        """Write the record of a trial and let the flow go on."""
        answer = exchanges[-1].answer
        if answer.position is not None:
            self.places.append(answer.position)
        record = self._made(step, exchanges, len(self.trials), started_at)
        end_ms = self.now_ms()
        after = self.flow.after(result_of(record, start_ms, end_ms))
        record = record.model_copy(update=flow_columns(self.flow, after, record, start_ms))
        if self.flow.rules:
            self.event("trial", {"begin_ms": start_ms, "outcome": outcome_of(exchanges)}, record.trial_id, end_ms)
        if after.set_off is not None:
            self.event("stop_rule", {"rule": after.set_off, "block": step.trial.block}, record.trial_id)
        self._keep(record)
        self._last = LastTrial(step, tuple(exchanges), record, self.flow, start_ms, end_ms)
        self.flow = after
        self._check_keyed()

    def _check_keyed(self) -> None:
        """Where a keyed answer ends the task or the session: let the examiner look at it once more, and undo it."""
        while self._last is not None and self._decisive(self._last):
            try:
                self._between_events(self.helped.answer(rest_turn("check", self.plan.language), ()))
            except SessionStopped as stopped:
                self._between_events(stopped.answer)
                raise
            except TrialWithdrawn as withdrawn:
                self._between_events(withdrawn.answer)
                if withdrawn.why == "undo":
                    self._undo(withdrawn.correction)
                continue
            return

    def _decisive(self, last: LastTrial) -> bool:
        answer = last.exchanges[-1].answer
        keyed = answer.source == "examiner" and answer.outcome == "answered"
        watched = self.desk is not None and getattr(self.respondent, "rests", False)
        return watched and keyed and (self.flow.set_off is not None or self.flow.step is None)

    def _keep(self, record: TrialRecord) -> None:
        """Have a record on the disk before anything else happens."""
        self.helped.write(lambda: self.journal.trial(record))
        self._pending, self.helped.troubled = (), False
        self.trials.append(record)
        self.on_trial(record)
        if self.desk is not None:
            self.desk.recorded(record)

    def _set_aside(self, step: Step, exchanges: Sequence[Exchange], start_ms: float, started_at: str) -> None:
        """Record a presentation that is repeated on the examiner's wish; it does not count."""
        record = self._made(step, exchanges, len(self.trials), started_at)
        self.event("trial_repeated", {"begin_ms": start_ms, "attempt": record.attempt}, record.trial_id)
        flags = tuple(dict.fromkeys((*record.flags, REPEATED)))
        self._keep(record.model_copy(update={"valid": False, "exclusion": (REPEATED,), "flags": flags}))
        self.flow = self.flow.again()

    def _undo(self, keyed: str, trial_id: str | None = None) -> None:
        """Correct the answer to the last trial and take the course from there."""
        last, exchanges = self._last, rekeyed(self._last, keyed)
        if last is None or exchanges is None:
            self.event("undo_refused", {"keyed": keyed}, trial_id)
            return
        made = self._made(last.step, exchanges, last.record.trial_index, last.record.started_at)
        after = last.before.after(result_of(made, last.start_ms, last.end_ms))
        made = made.model_copy(update=flow_columns(last.before, after, made, last.start_ms))
        for correction in corrections(last.record, made, now()):
            self.helped.write(partial(self.journal.correction, correction))
        self.event("answer_corrected", {"from": last.record.answer_raw, "keyed": keyed}, last.record.trial_id)
        self.trials[-1] = made.model_copy(update={"flags": last.record.flags})
        self._last = LastTrial(last.step, exchanges, self.trials[-1], last.before, last.start_ms, last.end_ms)
        self.flow = after
        if self.desk is not None:
            self.desk.recorded(self.trials[-1])
