"""The course of a session as a pure state machine: (state, result) → (state, next step or the end).

It holds what adapts to answers: practice until correct, stop rules, gates, limits of time. It knows neither screens nor
journals, so child, adult and simulation run through the same rules, and a session that broke off is taken up again
by feeding the recorded results through it. Models and baselines take the plan as it stands, every trial once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from devkit.respondents import Outcome, TrialKind
from protocols.plan import Plan, PlanTrial
from protocols.schema import Stop

type StopName = Literal["wrong_in_a_row", "gate", "max_trials", "max_minutes", "practice_failed"]
FAILED: frozenset[Outcome] = frozenset(("none", "timeout"))


@dataclass(frozen=True, slots=True)
class Result:
    """What the rules need to know of a trial that is over.

    Attributes:
        correct: Right or wrong; None when it cannot be said.
        outcome: How the trial ended.
        start_ms: Its begin on the session's clock.
        end_ms: Its end.
    """

    correct: bool | None
    outcome: Outcome
    start_ms: float = 0.0
    end_ms: float = 0.0

    @property
    def failed(self) -> bool:
        """Wrong, timed out or without a response; an unreadable, skipped or aborted trial is not a failure."""
        return self.correct is False or self.outcome in FAILED


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: a planned trial, as what, and the how-manieth time."""

    trial: PlanTrial
    kind: TrialKind
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class StopState:
    """How far a block's stop rules are.

    Attributes:
        done: Test trials that are over.
        failed_running: Of them, the last so many in a row failed.
        begun_ms: Begin of the first one.
        stopped: The rule that ended the block.
    """

    done: int = 0
    failed_running: int = 0
    begun_ms: float | None = None
    stopped: StopName | None = None


def advance_stop(rule: Stop | None, state: StopState, result: Result) -> StopState:
    """Return the state of the stop rules after a test trial."""
    begun = result.start_ms if state.begun_ms is None else state.begun_ms
    running = state.failed_running + 1 if result.failed else 0 if result.correct else state.failed_running
    after = StopState(state.done + 1, running, begun, state.stopped)
    if rule is None or after.stopped:
        return after
    return replace(after, stopped=_rule_met(rule, after, result))


def _rule_met(rule: Stop, state: StopState, result: Result) -> StopName | None:
    if rule.gate and state.done in rule.gate and result.failed:
        return "gate"
    if rule.wrong_in_a_row and state.failed_running >= rule.wrong_in_a_row:
        return "wrong_in_a_row"
    if rule.max_trials and state.done >= rule.max_trials:
        return "max_trials"
    if rule.max_minutes and result.end_ms - (state.begun_ms or 0.0) >= rule.max_minutes * 60_000:
        return "max_minutes"
    return None


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a session stands.

    Attributes:
        plan: What is taken.
        rules: Whether practice and stop rules apply; False for models and baselines.
        place: Index into the plan's trials of what comes next.
        attempt: The how-manieth presentation of it.
        redone: How many of those the examiner asked for; they are no attempts of the child.
        right: Right answers to the practice item so far.
        showing: The practice item failed and is to be shown once more with its answer.
        stop: State of the running block's stop rules.
        set_off: The stop rule that the last trial set off.
    """

    plan: Plan
    rules: bool = True
    place: int = 0
    attempt: int = 1
    redone: int = 0
    right: int = 0
    showing: bool = False
    stop: StopState = StopState()
    set_off: StopName | None = None

    @property
    def step(self) -> Step | None:
        """The next step; None when the plan is through."""
        if self.place >= len(self.plan.trials):
            return None
        trial = self.plan.trials[self.place]
        return Step(trial, "demonstration" if self.showing else trial.kind, self.attempt)

    def after(self, result: Result) -> Flow:
        """Return the flow after the present step ended with ``result``."""
        step = self.step
        if step is None:
            raise ValueError("the session is over")
        if not self.rules or step.kind == "demonstration":
            return self._on()
        if step.kind == "practice":
            return self._after_practice(step, result)
        stop = advance_stop(self.plan.blocks[step.trial.block].stop, self.stop, result)
        if stop.stopped:
            return self._end_block(stop.stopped)
        return self._on(stop)

    def again(self) -> Flow:
        """Return the flow when the present step is put once more and its answer does not count."""
        return replace(self, attempt=self.attempt + 1, redone=self.redone + 1, set_off=None)

    def leave_block(self) -> Flow:
        """Return the flow when the rest of the running block is left out."""
        following, trials = self.place, self.plan.trials
        while following < len(trials) and trials[following].block == trials[self.place].block:
            following += 1
        return Flow(self.plan, self.rules, following)

    def _after_practice(self, step: Step, result: Result) -> Flow:
        practice = self.plan.blocks[step.trial.block].practice
        if practice is None or result.outcome == "skipped":
            return self._on()
        right = self.right + bool(result.correct)
        if right >= practice.until_correct:
            return self._on()
        if step.attempt - self.redone < practice.max_attempts:
            return replace(self, attempt=step.attempt + 1, right=right, set_off=None)
        if practice.then == "show":
            return replace(self, attempt=step.attempt + 1, right=0, showing=True, set_off=None)
        return self._end_block("practice_failed") if practice.then == "end_block" else self._on()

    def _on(self, stop: StopState | None = None) -> Flow:
        """Go on to the next planned trial; a new block begins with fresh stop rules."""
        trials, following = self.plan.trials, self.place + 1
        same = following < len(trials) and trials[following].block == trials[self.place].block
        carried = (stop or self.stop) if same else StopState()
        return Flow(self.plan, self.rules, following, stop=carried)

    def _end_block(self, rule: StopName) -> Flow:
        return replace(self.leave_block(), set_off=rule)
