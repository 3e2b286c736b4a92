"""A pilot without children: simulated ones take a protocol, and one sees what it would cost and yield.

Durations are estimates: the protocol's own times, typical values for what it leaves open (`protocols.pace`), and
reaction times that were invented for simulation. Precision is what the counts of trials allow, whoever answers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import mean, quantiles
from typing import Any

from pydantic import Field

from devkit.items import Strict
from devkit.records import Correction, EventRecord, GazeRecord, SessionHeader, TrialRecord
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.runner import run_session, session_header
from protocols.schema import Protocol
from protocols.sessions import RunnableBank
from protocols.simulation import SimulatedChild

LAB_ID = "pilot"
RESTS = ("assent", "break", "retention")


class Spread(Strict):
    """Median and the middle 80 % of a quantity over children."""

    median: float
    low: float
    high: float


class BlockPilot(Strict):
    """What a block came to.

    Attributes:
        block: Index of the block.
        title: For people.
        task: Task code.
        form: Task form.
        planned: Test trials in the plan.
        taken: Test trials that a child took.
        practice: Practice attempts and demonstrations.
        minutes: Duration.
        right: Share of right answers over all children; None where nothing is right or wrong.
        chance: By guessing.
        unanswered: Share of trials (of turns in dialogues) without a readable answer.
        standard_error: Of one child's share of right answers, in the median; None likewise, and for dialogues.
        tellable: Least share of right answers that tells one child from guessing (one-sided exact binomial, 5 %);
            None when no score could, and for dialogues.
        stopped: How many children each stop rule ended the block for.
        theta_se: Of an adaptive test, the standard error of ability at its end, logits.
        retained: Of a delayed test, the time since the learning part, minutes.
    """

    block: int
    title: str
    task: str
    form: str
    planned: int
    taken: Spread
    practice: float
    minutes: Spread
    right: float | None
    chance: float
    unanswered: float
    standard_error: float | None
    tellable: float | None
    stopped: dict[str, int]
    theta_se: Spread | None = None
    retained: Spread | None = None


class PilotReport(Strict):
    """What a protocol came to with simulated children."""

    protocol: str
    children: int
    ages: tuple[float, float]
    bank: str
    minutes: Spread
    trials: Spread
    blocks: tuple[BlockPilot, ...]
    rests: dict[str, float] = Field(description="Minutes a session of assent, breaks and waiting, on average")


@dataclass(slots=True)
class _Memory:
    """A journal that forgets nothing and writes nothing."""

    header: SessionHeader
    trials: list[TrialRecord] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)

    def trial(self, record: TrialRecord) -> None:
        self.trials.append(record)

    def event(self, record: EventRecord, *, durable: bool = False) -> None:
        self.events.append(record)

    def gaze(self, samples: Sequence[GazeRecord]) -> None:
        """Nobody looks in a pilot."""

    def correction(self, correction: Correction) -> None:
        """Nobody corrects in a pilot."""

    def close(self, reason: str, detail: str = "", timing: dict[str, Any] | None = None) -> None:
        """Nothing to close."""


def run_pilot(
    protocol: Protocol,
    bank: RunnableBank,
    *,
    children: int = 30,
    ages: tuple[float, float] | None = None,
    seed: int = 1,
    advance: Callable[[int], None] = lambda steps: None,
) -> PilotReport:
    """Let simulated children take a protocol.

    Args:
        protocol: What is taken.
        bank: Real, or `protocols.placeholder.placeholder_bank`.
        children: How many, evenly over the ages.
        ages: Months; the protocol's own by default, 6 to 42 where it has none.
        seed: Decides everything.
        advance: Told of every child that is done.
    """
    low, high = ages or protocol.audience.age_months or (6, 42)
    sessions: list[tuple[Plan, _Memory]] = []
    for number in range(children):
        age = low + (high - low) * (number + 0.5) / children
        child = SimulatedChild(f"pilot-{number + 1:03d}", age, seed)
        plan = make_plan(protocol, bank, child.code, seed)
        journal = _Memory(session_header(plan, bank, child.describe(), LAB_ID))
        run_session(plan, bank, child, journal)
        sessions.append((plan, journal))
        advance(1)
    return PilotReport(
        protocol=protocol.protocol,
        children=children,
        ages=(low, high),
        bank=bank.name,
        minutes=_spread([max((event.t_ms for event in j.events), default=0.0) / 60_000 for _, j in sessions]),
        trials=_spread([len(journal.trials) for _, journal in sessions]),
        blocks=tuple(_block(index, sessions) for index in range(len(protocol.blocks))),
        rests={name: _rest_minutes(name, [journal for _, journal in sessions]) for name in RESTS},
    )


def _rest_minutes(name: str, journals: Sequence[_Memory]) -> float:
    """Return the minutes that a kind of rest took in a session, on average."""
    found = [event for journal in journals for event in journal.events if event.name == name]
    lasted = [float(e.detail["end_ms"]) - float(e.detail["begin_ms"]) for e in found if "end_ms" in e.detail]
    return round(sum(lasted) / len(journals) / 60_000, 2)


def _block(index: int, sessions: Sequence[tuple[Plan, _Memory]]) -> BlockPilot:
    plan = sessions[0][0]
    block = plan.blocks[index]
    taken: list[int] = []
    practice: list[int] = []
    minutes: list[float] = []
    trials: list[TrialRecord] = []
    stopped: Counter[str] = Counter()
    for _, journal in sessions:
        mine = [trial for trial in journal.trials if trial.block == index]
        tests = [trial for trial in mine if trial.trial_kind == "test"]
        taken.append(len(tests))
        practice.append(len(mine) - len(tests))
        minutes.append(_minutes(journal, {trial.trial_id for trial in mine}))
        stopped.update(trial.stop_rule for trial in mine if trial.stop_rule)
        trials += tests
    scored = [trial.score for trial in trials if trial.score is not None]
    share = mean(scored) if scored else None
    single = share is not None and not any(trial.turns for trial in trials)
    readable = round(_spread(taken).median) * len(scored) // max(1, len(trials)) if single else 0
    return BlockPilot(
        block=index,
        title=block.title,
        task=block.task,
        form=block.form,
        planned=_planned(plan, index),
        taken=_spread(taken),
        practice=mean(practice),
        minutes=_spread(minutes),
        right=share,
        chance=block.chance,
        unanswered=_unanswered(trials),
        standard_error=math.sqrt(share * (1 - share) / readable) if share is not None and readable else None,
        tellable=least_above_chance(readable, block.chance) if readable else None,
        stopped=dict(sorted(stopped.items())),
        theta_se=_last(sessions, index, "theta_se", 1.0),
        retained=None if block.retention is None else _last(sessions, index, "delay_ms", 60_000.0),
    )


def _planned(plan: Plan, index: int) -> int:
    """Return the test trials that a child may take: of an adaptive pool not more than its most items."""
    tests, block = len(plan.of_block(index)), plan.blocks[index]
    if block.adaptive is not None:
        return min(tests, block.adaptive.most_items)
    return tests if block.habituation is None else tests - 1 + block.habituation.most_trials


def _last(sessions: Sequence[tuple[Plan, _Memory]], index: int, column: str, unit: float) -> Spread | None:
    """Return a column of each child's last test trial of a block, in a unit; None where no child has it."""
    values: list[float] = []
    for _, journal in sessions:
        mine = [getattr(t, column) for t in journal.trials if t.block == index and t.trial_kind == "test"]
        values += [value / unit for value in mine[-1:] if value is not None]
    return _spread(values) if values else None


def _unanswered(trials: Sequence[TrialRecord]) -> float:
    outcomes = [turn.outcome for trial in trials for turn in trial.turns]
    outcomes += [trial.outcome for trial in trials if not trial.turns]
    return sum(outcome != "answered" for outcome in outcomes) / max(1, len(outcomes))


def least_above_chance(trials: int, chance: float, alpha: float = 0.05) -> float | None:
    """Return the least share of right answers that ``trials`` answers tell from guessing, one-sided exact binomial.

    None when not even all of them right would do.
    """
    tail = 0.0
    least = None
    for right in range(trials, -1, -1):
        tail += math.comb(trials, right) * chance**right * (1 - chance) ** (trials - right)
        if tail >= alpha:
            break
        least = right
    return least / trials if least is not None and trials else None


def _minutes(journal: _Memory, trial_ids: set[str]) -> float:
    times: dict[str, list[float]] = defaultdict(list)
    for event in journal.events:
        if event.name == "trial" and event.trial_id in trial_ids:
            times["begin"].append(float(event.detail["begin_ms"]))
            times["end"].append(event.t_ms)
    return (max(times["end"]) - min(times["begin"])) / 60_000 if times else 0.0


def _spread(values: Sequence[float]) -> Spread:
    if len(values) < 2:
        return Spread(median=values[0], low=values[0], high=values[0])
    tenths = quantiles(values, n=10, method="inclusive")
    return Spread(median=tenths[4], low=tenths[0], high=tenths[8])
