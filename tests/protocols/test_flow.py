"""The rules of a session as pure state machines: practice, stop rules, gates, limits, and resuming by replay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.respondents import Outcome
from protocols.flow import Flow
from protocols.load import parse_protocol
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.schema import Stop
from protocols.stopping import Result, StopState, advance_stop

RIGHT, WRONG = Result(True, "answered"), Result(False, "answered")
TIMEOUT, NONE = Result(None, "timeout"), Result(None, "none")
AMBIGUOUS, SKIPPED = Result(None, "ambiguous"), Result(None, "skipped")
ANY = st.sampled_from((RIGHT, WRONG, TIMEOUT, NONE, AMBIGUOUS, SKIPPED))


def stopped_by(rule: Stop, results: list[Result]) -> tuple[str | None, int]:
    """Which rule ended the block, after how many trials."""
    state = StopState()
    for number, result in enumerate(results, 1):
        state = advance_stop(rule, state, result)
        if state.stopped:
            return state.stopped, number
    return None, len(results)


def test_four_failures_in_a_row_end_a_block() -> None:
    rule = Stop(wrong_in_a_row=4)
    assert stopped_by(rule, [WRONG, TIMEOUT, NONE, WRONG, RIGHT]) == ("wrong_in_a_row", 4)
    assert stopped_by(rule, [WRONG, WRONG, WRONG, RIGHT, WRONG, WRONG, WRONG]) == (None, 7)


def test_what_could_not_be_read_neither_fails_nor_excuses() -> None:
    assert stopped_by(Stop(wrong_in_a_row=2), [WRONG, AMBIGUOUS, SKIPPED, WRONG]) == ("wrong_in_a_row", 4)
    assert stopped_by(Stop(wrong_in_a_row=2), [AMBIGUOUS, SKIPPED] * 5) == (None, 10)


def test_gates_stop_at_their_trials_only() -> None:
    rule = Stop(gate=(1, 3))
    assert stopped_by(rule, [WRONG]) == ("gate", 1)
    assert stopped_by(rule, [RIGHT, WRONG, RIGHT, WRONG]) == (None, 4)
    assert stopped_by(rule, [RIGHT, WRONG, NONE]) == ("gate", 3)


def test_limits_of_trials_and_time() -> None:
    assert stopped_by(Stop(max_trials=3), [RIGHT] * 5) == ("max_trials", 3)
    timed = [Result(True, "answered", n * 20_000.0 + 5_000, n * 20_000.0 + 25_000) for n in range(9)]
    assert stopped_by(Stop(max_minutes=1), timed) == ("max_minutes", 3)


@given(st.lists(ANY, max_size=60), st.integers(1, 6))
def test_the_run_of_failures_is_what_it_says(results: list[Result], limit: int) -> None:
    rule, at = stopped_by(Stop(wrong_in_a_row=limit), results)
    readable = [r.failed for r in results[:at] if r.failed or r.correct]
    assert (rule == "wrong_in_a_row") == (len(readable) >= limit and all(readable[-limit:]))


def plan_of(rest: str, bank) -> Plan:  # type: ignore[no-untyped-def]
    text = "protocol: t\nversion: 1\ntitle: t\nblocks:\n"
    for task, form in (("who_has_more", "synthetic"), ("picture_vocabulary", "standard")):
        text += f"  - {{task: {task}, form: {form}, items: {{sample: 5}}, {rest}}}\n"
    return make_plan(parse_protocol(text), bank, "A", 1)


def walk(flow: Flow, results: list[Result]) -> list[tuple[int, str, int]]:
    """Trials as (plan index, kind, attempt), the last result repeated until the end."""
    steps: list[tuple[int, str, int]] = []
    while (step := flow.step) is not None:
        steps.append((step.trial.index, step.kind, step.attempt))
        flow = flow.after(results[min(len(steps), len(results)) - 1])
    return steps


def test_practice_is_repeated_until_it_is_right(bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of("demonstration: 1, practice: {max_attempts: 3}", bank))
    steps = walk(flow, [NONE, WRONG, RIGHT])
    assert steps[:4] == [(0, "demonstration", 1), (1, "practice", 1), (1, "practice", 2), (2, "test", 1)]


@pytest.mark.parametrize(
    ("then", "following"),
    [
        ("show", (0, "demonstration", 4)),
        ("go_on", (1, "test", 1)),
        ("end_block", (6, "practice", 1)),
    ],
)
def test_what_follows_failed_practice(then: str, following: tuple[int, str, int], bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of(f"practice: {{max_attempts: 3, then: {then}}}", bank))
    steps = walk(flow, [WRONG, WRONG, WRONG, RIGHT])
    assert steps[:3] == [(0, "practice", attempt) for attempt in (1, 2, 3)]
    assert steps[3] == following
    assert (0, "practice", 4) not in steps


def test_practice_may_ask_for_more_than_one_right_answer(bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of("practice: {until_correct: 2, max_attempts: 4}", bank))
    assert [step[2] for step in walk(flow, [RIGHT, WRONG, RIGHT, RIGHT])[:4]] == [1, 2, 3, 1]


def test_a_stop_ends_its_block_only_and_names_its_rule(bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of("stop: {wrong_in_a_row: 2}", bank))
    assert walk(flow, [WRONG]) == [(0, "test", 1), (1, "test", 1), (5, "test", 1), (6, "test", 1)]
    assert flow.after(WRONG).set_off is None
    assert flow.after(WRONG).after(WRONG).set_off == "wrong_in_a_row"


def test_failures_do_not_run_on_into_the_next_block(bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of("stop: {wrong_in_a_row: 2}", bank))
    steps = walk(flow, [RIGHT, RIGHT, RIGHT, RIGHT, WRONG, WRONG, RIGHT])
    assert (6, "test", 1) in steps


@given(results=st.lists(ANY, max_size=30))
def test_models_take_every_trial_once_whatever_they_answer(results: list[Result], bank) -> None:  # type: ignore[no-untyped-def]
    plan = plan_of("demonstration: 1, practice: {}, stop: {wrong_in_a_row: 1, gate: [1]}", bank)
    steps = walk(Flow(plan, rules=False), results or [WRONG])
    assert [step[0] for step in steps] == list(range(len(plan.trials)))
    assert {step[2] for step in steps} == {1}


@given(results=st.lists(ANY, min_size=1, max_size=60))
def test_every_session_ends_and_never_goes_back(results: list[Result], bank) -> None:  # type: ignore[no-untyped-def]
    steps = walk(Flow(plan_of("practice: {}, stop: {wrong_in_a_row: 3}", bank)), results)
    indices = [step[0] for step in steps]
    assert indices == sorted(indices)
    tests = [index for index, kind, _ in steps if kind == "test"]
    assert len(tests) == len(set(tests))


def test_a_session_that_is_over_takes_no_more_results(bank) -> None:  # type: ignore[no-untyped-def]
    flow = Flow(plan_of("feedback: none", bank), place=10)
    assert flow.step is None
    with pytest.raises(ValueError, match="over"):
        flow.after(RIGHT)


@pytest.mark.parametrize("outcome", ["none", "timeout"])
def test_not_responding_is_failing(outcome: Outcome) -> None:
    assert Result(None, outcome).failed
