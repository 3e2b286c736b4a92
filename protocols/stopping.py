"""What a trial comes to for the rules, and when the stop rules of a block end it: pure, and fed by `protocols.flow`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from devkit.respondents import Outcome
from protocols.schema import Stop

type StopName = Literal[
    "wrong_in_a_row",
    "gate",
    "max_trials",
    "max_minutes",
    "practice_failed",
    "standard_error",
    "most_items",
    "no_items_left",
    "habituated",
    "not_habituated",
    "delay_filled",
    "retention_over",
]
FAILED: frozenset[Outcome] = frozenset(("none", "timeout"))


@dataclass(frozen=True, slots=True)
class Result:
    """What the rules need to know of a trial that is over.

    Attributes:
        correct: Right or wrong; None when it cannot be said.
        outcome: How the trial ended.
        start_ms: Its begin on the session's clock.
        end_ms: Its end.
        look_ms: Looking time, where that was measured.
    """

    correct: bool | None
    outcome: Outcome
    start_ms: float = 0.0
    end_ms: float = 0.0
    look_ms: float | None = None

    @property
    def failed(self) -> bool:
        """Wrong, timed out or without a response; an unreadable, skipped or aborted trial is not a failure."""
        return self.correct is False or self.outcome in FAILED


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


NOT_BEGUN = StopState()


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
