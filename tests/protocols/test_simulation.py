"""Simulated children: they grow, differ, lapse, lean to a side, and never depend on what came before."""

from __future__ import annotations

from statistics import mean, median

import pytest

from devkit.respondents import Answer, PresentedTurn, Respondent
from devkit.tasks import STAGED, TASKS
from protocols import growth
from protocols.load import load_protocol, parse_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.presenting import present_trial
from protocols.simulation import SimulatedChild

BANK = placeholder_bank(120, dialogues=4)


def turns_of(task: str, form: str, answer: str = "touch") -> list[PresentedTurn]:
    block = f"{{task: {task}, form: {form}, items: {{sample: all}}, answer: {answer}}}"
    plan = make_plan(parse_protocol(f"protocol: t\nversion: 1\ntitle: t\nblocks:\n  - {block}\n"), BANK, "S", 1)
    return [turn for t in plan.trials for turn in present_trial(plan, t, BANK.items[t.item_id], "x")]


def share_right(children: list[SimulatedChild], turns: list[PresentedTurn]) -> float:
    given = [child.answer(turn, ()).position == turn.target_position for child in children for turn in turns]
    return mean(given)


@pytest.mark.parametrize(
    ("task", "form"),
    [("picture_vocabulary", "standard"), ("who_has_more", "synthetic"), ("object_counting", "standard")],
)
def test_children_grow_from_chance_to_mastery(task: str, form: str) -> None:
    turns = turns_of(task, form)
    chance = TASKS[task].forms[form].chance
    by_age = [share_right([SimulatedChild(f"S{n}", age, n) for n in range(12)], turns) for age in (4, 20, 36, 60)]
    assert by_age == sorted(by_age)
    assert by_age[0] < chance + 0.12
    assert by_age[-1] > 0.85


def test_every_task_has_its_own_growth() -> None:
    assert set(growth.GROWTH) == set(TASKS) | set(STAGED)
    assert all(curve.ability(curve.midpoint) == 0 for curve in growth.GROWTH.values())


def test_it_says_that_it_is_a_simulation() -> None:
    info = SimulatedChild("S", 24).describe()
    assert info.kind == "simulation"
    assert info.age_days == 730
    assert "not norms" in info.detail["simulation"]
    assert isinstance(SimulatedChild("S", 24), Respondent)


def test_answers_do_not_depend_on_what_came_before() -> None:
    turns = turns_of("picture_vocabulary", "standard")[:40]
    one, other = SimulatedChild("S", 24, 3), SimulatedChild("S", 24, 3)
    forwards = {turn.item_id: one.answer(turn, ()).position for turn in turns}
    backwards = {turn.item_id: other.answer(turn, ()).position for turn in reversed(turns)}
    assert forwards == backwards
    assert forwards != {turn.item_id: SimulatedChild("T", 24, 3).answer(turn, ()).position for turn in turns}


def test_siblings_differ_in_ability() -> None:
    abilities = [SimulatedChild(f"S{n}", 24, 1).ability for n in range(200)]
    assert max(abilities) - min(abilities) > 0.5
    assert abs(mean(abilities)) < 0.2


def test_a_favourite_side_shows() -> None:
    turns = turns_of("who_has_more", "synthetic")
    leaning = SimulatedChild("S", 6, 1, side_bias=0.6)
    places = [leaning.answer(turn, ()).position for turn in turns]
    answered = [place for place in places if place is not None]
    favourite = leaning.favourite % 2
    assert answered.count(favourite) / len(answered) > 0.65


def test_reaction_times_and_refusals_fall_with_age() -> None:
    turns = turns_of("who_has_more", "synthetic")
    young = [SimulatedChild("S", 8, 1).answer(turn, ()) for turn in turns]
    old = [SimulatedChild("S", 40, 1).answer(turn, ()) for turn in turns]

    def times(answers: list[Answer]) -> list[float]:
        return [answer.rt_ms for answer in answers if answer.rt_ms is not None]

    assert median(times(young)) > median(times(old)) + 500
    assert sum(a.outcome == "none" for a in young) > sum(a.outcome == "none" for a in old)


def test_answers_later_than_the_limit_are_timeouts() -> None:
    plan = make_plan(load_protocol("battery"), BANK, "S", 1)
    answers = []
    for trial in plan.of_block(1):
        turn = present_trial(plan, trial, BANK.items[trial.item_id], "x")[0]
        answers += [SimulatedChild(f"S{n}", 1, n).answer(turn, ()) for n in range(60)]
    assert any(answer.outcome == "timeout" for answer in answers)
    assert all(answer.rt_ms is None or answer.rt_ms <= 10_000 for answer in answers)


def test_looking_grows_and_chooses_nothing() -> None:
    turns = turns_of("looking_while_listening", "standard", "gaze")
    shares = []
    for age in (6, 12, 24):
        looks = [SimulatedChild(f"S{n}", age, n).answer(turn, ()) for n in range(6) for turn in turns]
        assert {(look.position, look.source, look.outcome) for look in looks} == {(None, "gaze", "answered")}
        assert all(0 <= (look.look_usable or -1) <= 1 for look in looks)
        assert abs(mean(look.look_baseline or 0 for look in looks) - 0.5) < 0.03
        shares.append(mean(look.look_target or 0 for look in looks))
    assert shares == sorted(shares)
    assert 0.5 < shares[0] < 0.62 < shares[2] < 0.9


def test_its_clock_runs_as_its_trials_would() -> None:
    child = SimulatedChild("S", 30, 1)
    turns = turns_of("who_has_more", "synthetic")[:20]
    onsets = [child.answer(turn, ()).measured.onset_ms or 0 for turn in turns]
    assert onsets == sorted(onsets)
    assert 20 * 2_000 < child.now_ms() < 20 * 15_000
