"""Taking up sessions: the policy of each task, what was learned for a test, old sessions, sessions that still run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.check import check
from devkit.records import TrialRecord
from devkit.respondents import Answer, Exchange, PresentedTurn
from protocols import reopening
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.reopening import Policy, close_in_lab, offer
from protocols.runner import resume_in_lab, run_in_lab
from tests.protocols.test_runner import Scripted, right


def plan_of(bank: PlaceholderBank, policy: Policy, task: str = "left_right") -> Plan:
    """The battery with one policy in one block."""
    plan = make_plan(load_protocol("battery"), bank, "C1", 4)
    return plan.changed(
        blocks=tuple(b.model_copy(update={"resume": policy if b.task == task else "continue"}) for b in plan.blocks)
    )


class Breaking(Scripted):
    """Breaks off when a turn of a task was put so many times."""

    def __init__(self, task: str, at: int) -> None:
        super().__init__(right)
        self.task, self.left = task, at

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        self.left -= turn.task == self.task
        if self.left < 0:
            raise KeyboardInterrupt
        return super().answer(turn, history)


def broken(lab: Lab, plan: Plan, bank: PlaceholderBank, task: str, at: int, *, session_id: str = "") -> str:
    """Run, or go on with, a session until it breaks off; returns its id."""
    who = Breaking(task, at)
    with pytest.raises(KeyboardInterrupt):
        resume_in_lab(lab, session_id, bank, who) if session_id else run_in_lab(lab, plan, bank, who)
    return lab.sessions()[-1].session_id


def of_task(lab: Lab, session_id: str, task: str) -> list[TrialRecord]:
    return [trial for trial in lab.read_session(session_id).trials if trial.task == task]


@pytest.mark.parametrize("policy", ["continue", "restart", "closed"])
def test_the_policy_of_the_task_is_offered_and_obeyed(policy: Policy, lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, policy)
    session_id = broken(lab, plan, bank, "left_right", 3)
    done = len(lab.read_session(session_id).trials)
    offered = offer(lab, plan, Scripted(right).describe())
    assert offered is not None
    assert (offered.session_id, offered.policy, offered.recorded, offered.too_old) == (session_id, policy, done, False)
    assert offered.title in str(offered) or policy == "continue"
    finished = resume_in_lab(lab, session_id, bank, Scripted(right))
    assert finished.reason == "completed"
    planned = [t.index for t in plan.trials if plan.blocks[t.block].task == "left_right"]
    live = [t for t in of_task(lab, session_id, "left_right") if t.valid]
    aside = [t for t in of_task(lab, session_id, "left_right") if not t.valid]
    match policy:
        case "continue":
            assert (len(live), aside) == (len(planned), [])
            assert "after_interruption" in live[3].flags
        case "restart":
            assert [t.plan_index for t in live] == planned
            assert [t.attempt for t in live[:4]] == [2, 2, 2, 1]
            assert [t.exclusion for t in aside] == [("restarted",)] * 3
            assert "task_restarted" in live[0].flags
        case "closed":
            assert [t.plan_index for t in live] == planned[:3]
            closed = [e.detail["block"] for e in lab.read_session(session_id).events if e.name == "block_closed"]
            assert closed == [live[0].block]
    others = [t.plan_index for t in lab.read_session(session_id).trials if t.task != "left_right"]
    assert others == [t.index for t in plan.trials if plan.blocks[t.block].task != "left_right"]
    assert check(lab).problems == []
    assert offer(lab, plan, Scripted(right).describe()) is None


def test_a_task_can_be_restarted_again_and_again(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "restart")
    session_id = broken(lab, plan, bank, "left_right", 3)
    broken(lab, plan, bank, "left_right", 5, session_id=session_id)
    broken(lab, plan, bank, "left_right", 0, session_id=session_id)
    broken(lab, plan, bank, "left_right", 2, session_id=session_id)
    resume_in_lab(lab, session_id, bank, Scripted(right))
    trials = of_task(lab, session_id, "left_right")
    live = [t for t in trials if t.valid]
    assert [t.plan_index for t in live] == [t.index for t in plan.trials if plan.blocks[t.block].task == "left_right"]
    assert len({(t.plan_index, t.attempt) for t in trials}) == len(trials)
    assert len(trials) - len(live) == 3 + 5 + 2


def test_a_setting_aside_that_was_cut_short_is_completed(
    lab: Lab, bank: PlaceholderBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(bank, "restart")
    session_id = broken(lab, plan, bank, "left_right", 4)
    every = reopening._setting_aside

    def first_three(trials: Sequence[TrialRecord]):  # type: ignore[no-untyped-def]
        for number, correction in enumerate(every(trials)):
            if number == 3:
                raise KeyboardInterrupt
            yield correction

    monkeypatch.setattr(reopening, "_setting_aside", first_three)
    with pytest.raises(KeyboardInterrupt):
        resume_in_lab(lab, session_id, bank, Scripted(right))
    monkeypatch.undo()
    resume_in_lab(lab, session_id, bank, Scripted(right))
    trials = of_task(lab, session_id, "left_right")
    assert [t.exclusion for t in trials if not t.valid] == [("restarted",)] * 4
    assert check(lab).problems == []


def test_between_two_blocks_a_session_just_goes_on(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "closed")
    first = next(t for t in plan.trials if plan.blocks[t.block].task == "left_right").index
    put: list[int] = []

    class Between(Scripted):
        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            put.append(1)
            return super().answer(turn, history)

    def stop(record: TrialRecord) -> None:
        if record.plan_index == first - 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_lab(lab, plan, bank, Between(right), on_trial=stop)
    offered = offer(lab, plan, Scripted(right).describe())
    assert offered is not None
    assert (offered.block, offered.policy) == (None, "continue")
    resume_in_lab(lab, offered.session_id, bank, Scripted(right))
    assert len(of_task(lab, offered.session_id, "left_right")) == sum(
        plan.blocks[t.block].task == "left_right" for t in plan.trials
    )


@pytest.mark.parametrize("broke_in", ["learning", "filler"])
def test_what_was_learned_and_a_delay_never_go_on_in_the_middle(broke_in: str, lab: Lab, bank: PlaceholderBank) -> None:
    plan = make_plan(load_protocol("memory"), bank, "C1", 4)
    learning = next(n for n, block in enumerate(plan.blocks) if block.part == "learning")
    test = next(n for n, block in enumerate(plan.blocks) if block.part == "test")
    filler = next(n for n in range(learning + 1, test))
    broken_in = learning if broke_in == "learning" else filler

    class BreakingIn(Scripted):
        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            if turn.item_id in in_block and turn.turn_index in (0, 1) and len(seen) >= 1:
                raise KeyboardInterrupt
            if turn.item_id in in_block:
                seen.append(1)
            return super().answer(turn, history)

    in_block = {trial.item_id for trial in plan.trials if trial.block == broken_in}
    seen: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run_in_lab(lab, plan, bank, BreakingIn(right))
    session_id = lab.sessions()[-1].session_id
    finished = resume_in_lab(lab, session_id, bank, Scripted(right))
    assert finished.reason == "completed"
    session = lab.read_session(session_id)
    closed = {event.detail["block"] for event in session.events if event.name == "block_closed"}
    assert test in closed
    assert not any(trial.block == test for trial in session.trials), "no test of what was not learned in one go"
    assert check(lab).problems == []


def test_an_old_session_is_not_taken_up(lab: Lab, bank: PlaceholderBank, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(bank, "continue")
    session_id = broken(lab, plan, bank, "left_right", 3)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=UTC):  # type: ignore[no-untyped-def,override]
            return datetime.now(tz) + timedelta(hours=25)

    monkeypatch.setattr(reopening, "datetime", Tomorrow)
    offered = offer(lab, plan, Scripted(right).describe())
    assert offered is not None
    assert offered.too_old
    assert "25 hours ago" in str(offered)
    with pytest.raises(UserError, match="too old to go on"):
        resume_in_lab(lab, session_id, bank, Scripted(right))
    close_in_lab(lab, session_id, "too old")
    assert offer(lab, plan, Scripted(right).describe()) is None
    assert lab.sessions()[0].reason == "breakoff"


@pytest.mark.parametrize(("within", "too_old"), [(2 * 3_600_000, True), (48 * 3_600_000, False)])
def test_the_protocol_says_how_long_a_session_can_be_taken_up(
    within: int, too_old: bool, lab: Lab, bank: PlaceholderBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(bank, "continue")
    plan = plan.changed(session=plan.session.model_copy(update={"take_up_within": within}))
    broken(lab, plan, bank, "left_right", 3)

    class Later(datetime):
        @classmethod
        def now(cls, tz=UTC):  # type: ignore[no-untyped-def,override]
            return datetime.now(tz) + timedelta(hours=25)

    monkeypatch.setattr(reopening, "datetime", Later)
    offered = offer(lab, plan, Scripted(right).describe())
    assert offered is not None
    assert offered.too_old is too_old


def test_a_session_that_still_runs_is_not_offered(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "continue")
    session_id = broken(lab, plan, bank, "left_right", 3)
    with lab.resume(session_id):
        assert offer(lab, plan, Scripted(right).describe()) is None
        with pytest.raises(UserError, match="being recorded by another program"):
            resume_in_lab(lab, session_id, bank, Scripted(right))
    assert offer(lab, plan, Scripted(right).describe()) is not None


def test_a_session_killed_right_after_its_block_was_closed_goes_on(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "closed")
    session_id = broken(lab, plan, bank, "left_right", 3)
    with lab.resume(session_id) as journal:
        before = reopening.prepare(lab, plan, journal)
    assert before.closed_blocks
    finished = resume_in_lab(lab, session_id, bank, Scripted(right))
    assert finished.reason == "completed"
    assert len([t for t in of_task(lab, session_id, "left_right") if t.valid]) == 3
