"""The examiner's desk: what the examiner's program is told of a running session, and what it decides in trouble.

The text console (`protocols.console`) and the app implement `Desk`. What the child's screen shows arrives apart from
this, as `protocols.controls.Stage`. Everything here is called on the thread that runs the session; `Desk.trouble`
blocks until the examiner has decided, and the session is paused meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from devkit.errors import Problem
from devkit.records import TrialRecord
from devkit.respondents import PresentedTurn, TrialKind
from protocols.flow import Flow, Step
from protocols.plan import Plan
from protocols.schema import Stop

Decision = Literal["again", "skip", "end"]
WAYS: tuple[Decision, ...] = ("again", "skip", "end")
DISK_WAYS: tuple[Decision, ...] = ("again", "end")


@dataclass(frozen=True, slots=True)
class NextUp:
    """What comes after the running trial if it is answered in any ordinary way.

    In an adaptive test the answer decides; ``item_id`` is empty then.
    """

    title: str
    task: str
    form: str
    kind: TrialKind
    item_id: str


@dataclass(frozen=True, slots=True)
class StopRule:
    """How near a stop rule is.

    Attributes:
        rule: ``wrong_in_a_row``, ``max_trials``, ``max_minutes``, ``gate``; ``most_items`` of an adaptive test.
        now: How far it has come (trials, or minutes since the block's first test trial).
        limit: Where it ends the block; for ``gate`` the next test trial that must be right.
    """

    rule: str
    now: float
    limit: float


@dataclass(frozen=True, slots=True)
class SessionState:
    """Where a session stands.

    Attributes:
        session_id: UUIDv7.
        title: The protocol's title.
        t_ms: Time from session start.
        trial: Number of the running trial in the plan, from 1.
        trials: Trials of the plan; stop rules may leave some out, practice may repeat some.
        recorded: Trials recorded so far.
        block: Number of the block, from 1.
        blocks: Blocks of the plan.
        block_title: For people.
        task: Task code.
        form: Task form.
        item_id: Item of the running trial.
        trial_kind: Demonstration, practice or test.
        attempt: How often the trial was put by now.
        turn: Number of the turn in its dialogue, from 1.
        turns: Turns of the dialogue; 1 for all other tasks.
        prompt: What is said to the child.
        target: Label of the right choice; for the examiner's eyes.
        choices: Labels in shown order.
        next: What comes next; None after the last trial.
        stops: The stop rules of the block.
        over: Whether the session has ended.
    """

    session_id: str
    title: str
    t_ms: float
    trial: int
    trials: int
    recorded: int
    block: int
    blocks: int
    block_title: str
    task: str
    form: str
    item_id: str
    trial_kind: TrialKind
    attempt: int
    turn: int
    turns: int
    prompt: str
    target: str
    choices: tuple[str, ...]
    next: NextUp | None
    stops: tuple[StopRule, ...]
    over: bool = False


class Desk(Protocol):
    """The examiner's program."""

    def state(self, state: SessionState) -> None:
        """Take note of where the session stands: before each turn, and once when it is over."""
        ...

    def recorded(self, record: TrialRecord) -> None:
        """Take note of a trial that is on the disk, or of the last one as it was just corrected (same trial id)."""
        ...

    def trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        """Tell the examiner what is in the way and return what to do.

        Args:
            problem: One plain sentence, with what to do.
            ways: What can be done: try again, leave the trial out, end the session.
        """
        ...


def state_of(
    plan: Plan, flow: Flow, step: Step, turn: PresentedTurn, *, session_id: str, t_ms: float, recorded: int
) -> SessionState:
    """Return where a session stands while a turn is put."""
    block = plan.blocks[step.trial.block]
    return SessionState(
        session_id=session_id,
        title=plan.title,
        t_ms=t_ms,
        trial=flow.place + len(flow.answers) + 1,
        trials=len(plan.trials),
        recorded=recorded,
        block=step.trial.block + 1,
        blocks=len(plan.blocks),
        block_title=block.title,
        task=block.task,
        form=block.form,
        item_id=step.trial.item_id,
        trial_kind=step.kind,
        attempt=step.attempt,
        turn=turn.turn_index + 1,
        turns=turn.turn_count,
        prompt=turn.spoken,
        target=turn.choices[turn.target_position].label,
        choices=tuple(choice.label for choice in turn.choices),
        next=_next_up(plan, flow),
        stops=stop_rules(flow, step, t_ms),
    )


def _next_up(plan: Plan, flow: Flow) -> NextUp | None:
    if flow.place + 1 >= len(plan.trials):
        return None
    running, trial = plan.trials[flow.place], plan.trials[flow.place + 1]
    block = plan.blocks[trial.block]
    chosen_by_answer = running.irt is not None and running.block == trial.block
    return NextUp(block.title, block.task, block.form, trial.kind, "" if chosen_by_answer else trial.item_id)


def stop_rules(flow: Flow, step: Step, t_ms: float) -> tuple[StopRule, ...]:
    """Return how near the stop rules of the running block are; none for those who take every item."""
    block, state = flow.plan.blocks[step.trial.block], flow.stop
    adaptive, rule = block.adaptive, block.stop or Stop()
    if not flow.rules:
        return ()
    begun = t_ms if state.begun_ms is None else state.begun_ms
    gate = next((trial for trial in rule.gate or () if trial > state.done), None)
    limits = (
        ("wrong_in_a_row", state.failed_running, rule.wrong_in_a_row),
        ("gate", state.done, gate),
        ("max_trials", state.done, rule.max_trials),
        ("max_minutes", round((t_ms - begun) / 60_000, 2), rule.max_minutes),
        ("most_items", len(flow.answers), adaptive.most_items if adaptive is not None else None),
    )
    return tuple(StopRule(name, float(now), float(limit)) for name, now, limit in limits if limit is not None)
