"""What every session has around its trials: its clock, its events, its end, and whoever helps in trouble.

`protocols.running` puts the trials.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from devkit.records import EventRecord, TrialRecord
from devkit.respondents import Respondent, RespondentInfo
from protocols.desk import Desk, SessionState
from protocols.plan import Plan
from protocols.quality import session_flags
from protocols.sessions import Before, EndReason, Finished, Journal, RunnableBank, obeys_rules
from protocols.trouble import Helped


@dataclass(slots=True)
class SessionBook:
    """The frame of one session.

    Attributes:
        plan: What is taken.
        bank: Its bank.
        respondent: Who answers.
        journal: Where everything is recorded.
        info: What the respondent says of itself.
        before: What the journal held when the session was taken up.
        on_trial: Told of every record.
        desk: The examiner's program.
        trials: Every trial recorded so far.
        shift_ms: Session time that had passed before this program took the session up.
        helped: Does what may fail, with the examiner's help.
        zero_s: `time.perf_counter` at the begin.
        state: What the desk was told last.
    """

    plan: Plan
    bank: RunnableBank
    respondent: Respondent
    journal: Journal
    info: RespondentInfo
    before: Before
    on_trial: Callable[[TrialRecord], None]
    desk: Desk | None = None
    trials: list[TrialRecord] = field(init=False)
    shift_ms: float = field(init=False)
    helped: Helped = field(init=False)
    zero_s: float = field(init=False)
    state: SessionState | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.trials = list(self.before.trials)
        self.shift_ms = max((event.t_ms for event in self.before.events), default=0.0)
        self.helped = Helped(self.respondent, self.desk, self.event)
        self.zero_s = time.perf_counter()

    def now_ms(self) -> float:
        """Return the session's time: the respondent's own clock where it has one, plus what passed before resuming."""
        own: Callable[[], float] | None = getattr(self.respondent, "now_ms", None)
        return self.shift_ms + (own() if own is not None else (time.perf_counter() - self.zero_s) * 1000)

    def event(
        self,
        name: str,
        detail: dict[str, Any],
        trial_id: str | None = None,
        t_ms: float | None = None,
        *,
        durable: bool = False,
    ) -> None:
        """Record an event, now unless a time is given."""
        at = self.now_ms() if t_ms is None else t_ms
        session_id = self.journal.header.session_id
        event = EventRecord(session_id=session_id, trial_id=trial_id, t_ms=at, name=name, detail=detail)
        self.helped.write(lambda: self.journal.event(event, durable=durable))

    def leftovers(self) -> None:
        """Record what the respondent has noted since the last turn (notes of the examiner)."""
        own: Callable[[], Any] | None = getattr(self.respondent, "leftovers", None)
        for name, t_ms, detail in own() if own is not None else ():
            self.event(name, dict(detail), None, t_ms + self.shift_ms)

    def interrupted(self, cause: str) -> None:
        """Record that the session breaks off; it has no end and can be taken up again."""
        self.helped.give_up()
        self.leftovers()
        self.event("interrupted", {"cause": cause})

    def close(self, reason: EndReason, detail: str) -> None:
        """End the session."""
        self.helped.write(lambda: self.journal.close(reason, detail, self.timing()))
        if self.desk is not None and self.state is not None:
            self.desk.state(replace(self.state, t_ms=self.now_ms(), recorded=len(self.trials), next=None, over=True))

    def timing(self) -> dict[str, Any]:
        """Return how the session was timed, in the words of the respondent, with its soft flags."""
        own: Callable[[], Any] | None = getattr(self.respondent, "timing", None)
        return {**(dict(own()) if own is not None else {}), "flags": list(self._flags())}

    def finished(self, reason: EndReason) -> Finished:
        """Return what the session came to."""
        tests = [trial for trial in self.trials if trial.trial_kind == "test" and trial.valid]
        right = sum(bool(trial.correct) for trial in tests)
        session_id = self.journal.header.session_id
        return Finished(session_id, reason, len(self.trials), len(tests), right, self._flags())

    def _flags(self) -> tuple[str, ...]:
        counted = [trial for trial in self.trials if trial.valid]
        return session_flags(counted) if obeys_rules(self.info) else ()
