"""The measures as data: learning and delayed test, adaptive tests, habituation, staged items, breaks, assent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.records import TrialRecord
from devkit.respondents import Answer, PresentedTurn
from devkit.tasks import STAGED
from protocols.baselines import Chance
from protocols.flow import Flow
from protocols.habituation import verdict
from protocols.load import load_protocol, parse_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.presenting import item_of, present_trial
from protocols.replay import replayed
from protocols.rules import Habituation
from protocols.runner import resume_in_lab, run_in_lab
from protocols.sessions import Before
from protocols.simulation import SimulatedChild
from protocols.stopping import Result

RIGHT, WRONG = Result(True, "answered"), Result(False, "answered")
MIN = 60_000


def protocol_of(blocks: str, extra: str = "") -> str:
    return f"protocol: t\nversion: 1\ntitle: t\n{extra}blocks:\n{blocks}"


def plan_of(bank: PlaceholderBank, name: str, **more: str) -> Plan:
    return make_plan(load_protocol(name), bank, "C1", 4, **more)  # type: ignore[arg-type]


def begin(plan: Plan, *, rules: bool = True, days: int | None = None) -> Flow:
    return Flow.begin(plan, rules=rules, age_days=days, age_corrected_days=days)


class Timed(SimulatedChild):
    """A simulated child whose history is kept."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self.heard: list[tuple[PresentedTurn, int]] = []

    def answer(self, turn: PresentedTurn, history) -> Answer:  # type: ignore[no-untyped-def]
        self.heard.append((turn, len(history)))
        return super().answer(turn, history)


def run(lab: Lab, plan: Plan, bank: PlaceholderBank, who) -> tuple[list[TrialRecord], list]:  # type: ignore[no-untyped-def]
    session = lab.read_session(run_in_lab(lab, plan, bank, who).session_id)
    return list(session.trials), list(session.events)


# learning and test ------------------------------------------------------------------------------------------------


def test_memory_is_learned_then_tested_in_pairs_after_a_delay(lab: Lab, bank: PlaceholderBank) -> None:
    who = Timed("S", 30, 3)
    trials, events = run(lab, plan_of(bank, "memory"), bank, who)
    tests = [trial for trial in trials if trial.task == "memory" and trial.trial_kind == "test"]
    learning, test = tests[:2], tests[2:]
    assert [len(trial.turns) for trial in tests] == [5, 5, 10, 10]
    assert [t.item_id for t in learning] == [t.item_id for t in test]
    assert {turn.phase for trial in learning for turn in trial.turns} == {"learning"}
    assert {turn.phase for trial in test for turn in trial.turns} == {"test"}
    assert all(trial.score is None and trial.scores["learning"] is not None for trial in learning)
    assert all(trial.score is not None and trial.scores["raw"] is not None for trial in test)
    assert all(6 * MIN <= (trial.delay_ms or 0) <= 8.5 * MIN for trial in test)
    seen = [history for turn, history in who.heard if turn.task == "memory" and turn.phase == "test"]
    assert seen[0] == 5, "what was learned is the history of the test"
    kept = next(event for event in events if event.name == "retention" and "over" in event.detail)
    assert kept.detail["least_ms"] == 6 * MIN


def test_what_is_left_of_the_delay_is_waited_for(lab: Lab, bank: PlaceholderBank) -> None:
    text = protocol_of(
        "  - {task: memory, part: learning, items: {sample: 1}}\n"
        "  - {task: memory, part: test, items: {learned: true}, retention: {least: 6 min, most: 8 min}}\n"
    )
    plan = make_plan(parse_protocol(text), bank, "C1", 4)
    trials, events = run(lab, plan, bank, SimulatedChild("S", 30, 3))
    assert trials[-1].delay_ms == pytest.approx(6 * MIN, abs=5000)
    waited = [event for event in events if event.name == "retention" and "least_ms" in event.detail]
    assert waited
    assert "retention_short" not in trials[-1].flags


@pytest.mark.parametrize(("late", "tested"), [("go_on", 1), ("end_block", 0)])
def test_past_the_longest_delay_the_protocol_decides(late: str, tested: int, lab: Lab, bank: PlaceholderBank) -> None:
    text = protocol_of(
        "  - {task: memory, part: learning, items: {sample: 1}}\n"
        "  - {task: localization, items: {sample: 12}, timing: {gap: 20 s}}\n"
        "  - {task: memory, part: test, items: {learned: true}, "
        f"retention: {{least: 1 min, most: 2 min, late: {late}}}}}\n"
    )
    trials, events = run(lab, make_plan(parse_protocol(text), bank, "C1", 4), bank, SimulatedChild("S", 30, 3))
    test = [trial for trial in trials if trial.turns and trial.turns[0].phase == "test"]
    assert len(test) == tested
    if tested:
        assert "retention_over" in test[0].flags
        assert (test[0].delay_ms or 0) > 2 * MIN
    else:
        closed = [event.detail for event in events if event.name == "block_closed"]
        assert closed == [{"block": 2, "why": "retention_over"}]


def test_a_filler_ends_when_its_time_is_over(bank: PlaceholderBank) -> None:
    text = protocol_of(
        "  - {task: memory, part: learning, items: {sample: 1}}\n"
        "  - {task: localization, items: {sample: 5}, fill: 3 min}\n"
        "  - {task: memory, part: test, items: {learned: true}}\n"
    )
    flow = begin(make_plan(parse_protocol(text), bank, "C1", 4)).after(Result(True, "answered", 0, 1000))
    flow = flow.after(Result(True, "answered", 1000, 2 * MIN))
    assert flow.step is not None
    assert flow.step.trial.block == 1
    ended = flow.after(Result(True, "answered", 2 * MIN, 1000 + 3 * MIN))
    assert ended.set_off == "delay_filled"
    assert ended.step is not None
    assert ended.step.trial.block == 2
    timed = flow.at(5 * MIN)
    assert timed.set_off == "delay_filled"
    assert flow.at(2 * MIN) is flow


def test_models_take_both_parts_without_a_delay(lab: Lab, bank: PlaceholderBank) -> None:
    trials, events = run(lab, plan_of(bank, "memory"), bank, Chance(1))
    memory = [trial for trial in trials if trial.task == "memory" and trial.trial_kind == "test"]
    assert [len(trial.turns) for trial in memory] == [5, 5, 10, 10]
    assert not {event.name for event in events} & {"retention", "break", "assent"}
    assert not {trial.task for trial in trials} & set(STAGED)


# adaptive tests ---------------------------------------------------------------------------------------------------

HARD = {"ball": -2.5, "cup": -2, "dog": -1.5, "cat": -1, "duck": -0.5, "car": 0, "shoe": 0.3, "spoon": 0.6, "hat": 1}
HARD |= {"sock": 1.4, "truck": 1.8, "bear": 2.2, "fish": 2.6, "bird": 3}
ADAPTIVE = protocol_of(
    "  - task: picture_vocabulary\n    items: {sample: all}\n"
    "    adaptive:\n      start: [{months: 24, theta: -1.5}, {months: 42, theta: 1.5}]\n"
    "      exposure: 0.5\n      stop_se: 0.6\n      least_items: 4\n      most_items: 12\n      table:\n"
    + "".join(f"        - {{word: {word}, a: 1.6, b: {b}}}\n" for word, b in HARD.items())
)


def adaptive_plan(code: str = "C1", seed: int = 1) -> Plan:
    bank = placeholder_bank(56, only=("picture_vocabulary", "standard"))
    return make_plan(parse_protocol(ADAPTIVE), bank, code, seed)


def test_age_decides_the_first_item_and_answers_the_next() -> None:
    plan = adaptive_plan()
    young, old = begin(plan, days=24 * 30), begin(plan, days=42 * 31)
    hard = {trial.index: trial.irt[1] for trial in plan.trials if trial.irt}
    assert young.step is not None
    assert old.step is not None
    assert hard[young.step.trial.index] < -0.5 < 0.5 < hard[old.step.trial.index]
    up, down = young.after(RIGHT), young.after(WRONG)
    assert up.step is not None
    assert down.step is not None
    assert hard[up.step.trial.index] >= hard[down.step.trial.index]
    assert up.estimate is not None
    assert down.estimate is not None
    assert up.estimate.theta > down.estimate.theta


@given(results=st.lists(st.sampled_from((RIGHT, WRONG, Result(None, "timeout"))), min_size=12, max_size=12))
@settings(max_examples=25, deadline=None)
def test_an_adaptive_test_ends_by_its_rules_and_never_repeats_an_item(results: list[Result]) -> None:
    flow = begin(adaptive_plan())
    asked: list[int] = []
    for result in results:
        step = flow.step
        if step is None:
            break
        asked.append(step.trial.index)
        flow = flow.after(result)
    assert len(set(asked)) == len(asked) <= 12
    assert flow.step is None
    assert flow.set_off in ("standard_error", "most_items")
    assert flow.estimate is not None
    if flow.set_off == "standard_error":
        assert len(asked) >= 4
        assert flow.estimate.se <= 0.6


def test_every_row_has_ability_and_its_error_and_a_replay_ends_where_the_session_did(lab: Lab) -> None:
    bank, plan = placeholder_bank(56, only=("picture_vocabulary", "standard")), adaptive_plan()
    who = SimulatedChild("S", 30, 3)
    session = lab.read_session(run_in_lab(lab, plan, bank, who).session_id)
    assert all(trial.theta is not None and trial.theta_se is not None for trial in session.trials)
    assert session.trials[-1].stop_rule in ("standard_error", "most_items")
    assert session.trials[-1].flags.count("provisional_parameters") == 0
    info = who.describe()
    flow = begin(plan, days=info.age_days)
    assert replayed(flow, Before(session.trials, session.events)).flow.step is None


def test_an_interrupted_adaptive_test_goes_on_with_the_same_items(lab: Lab) -> None:
    bank, plan = placeholder_bank(56, only=("picture_vocabulary", "standard")), adaptive_plan()
    whole = [t.item_id for t in run(lab, plan, bank, SimulatedChild("S", 30, 3))[0]]

    class Fails(SimulatedChild):
        left = 3

        def answer(self, turn: PresentedTurn, history) -> Answer:  # type: ignore[no-untyped-def]
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().answer(turn, history)

    with pytest.raises(KeyboardInterrupt):
        run_in_lab(lab, plan, bank, Fails("S", 30, 3))
    broken = next(s.session_id for s in lab.sessions() if s.reason is None)
    resume_in_lab(lab, broken, bank, SimulatedChild("S", 30, 3))
    assert [trial.item_id for trial in lab.read_session(broken).trials] == whole


def test_models_adapt_or_take_everything(lab: Lab) -> None:
    bank = placeholder_bank(56, only=("picture_vocabulary", "standard"))
    adapted, _ = run(lab, adaptive_plan(), bank, Chance(1))
    assert len(adapted) <= 12
    text = ADAPTIVE.replace("exposure: 0.5", "exposure: 0.5\n      models: all")
    plan = make_plan(parse_protocol(text), bank, "model", 1)
    everything, _ = run(lab, plan, bank, Chance(1))
    assert len(everything) == len(plan.trials) == 28
    assert all(trial.theta is not None for trial in everything)


def test_provisional_parameters_are_said_in_every_row(lab: Lab, bank: PlaceholderBank) -> None:
    trials, _ = run(lab, plan_of(bank, "picture-vocabulary"), bank, SimulatedChild("S", 30, 3))
    tests = [trial for trial in trials if trial.trial_kind == "test"]
    assert all("provisional_parameters" in trial.flags for trial in tests)
    assert 10 <= len(tests) <= 30


def test_no_item_is_met_by_too_many_children() -> None:
    bank = placeholder_bank(240, only=("picture_vocabulary", "standard"))
    text = ADAPTIVE.replace("exposure: 0.5", "exposure: 0.25").replace("most_items: 12", "most_items: 20")
    met: dict[str, int] = {}
    for number in range(40):
        plan = make_plan(parse_protocol(text), bank, f"C{number}", 1)
        assert 58 <= len(plan.trials) <= 62
        for trial in plan.trials:
            met[trial.item_id] = met.get(trial.item_id, 0) + 1
    assert max(met.values()) <= 0.5 * 40, "a quarter of the children on average"


# habituation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ([10, 10, 10, 6, 5, 4], "habituated"),
        ([10, 10, 10, 6, 5, 5], None),
        ([10, 10, 10, 4, 4], None),
        ([10] * 14, "not_habituated"),
        ([2, 2, 2, 10, 10, 10, 4, 1, 0], None),
    ],
)
def test_the_criterion_of_habituation(looks: list[float], said: str | None) -> None:
    assert verdict(Habituation(), looks) == said


def test_the_longest_window_may_be_the_basis() -> None:
    rule = Habituation(basis="longest")
    looks = [4.0, 4, 4, 10, 10, 10, 6, 5, 4]
    assert verdict(Habituation(), looks) is None
    assert verdict(rule, looks) == "habituated"


@given(st.lists(st.floats(0, 20), max_size=20))
def test_habituation_always_ends(looks: list[float]) -> None:
    ended = [count for count in range(len(looks) + 1) if verdict(Habituation(), looks[:count])]
    assert all(count >= 6 for count in ended)
    assert len(looks) < 14 or 14 in ended or min(ended) < 14


def test_familiarization_shows_until_the_criterion_then_tests_on_both_sides(lab: Lab, bank: PlaceholderBank) -> None:
    trials, _ = run(lab, plan_of(bank, "familiarization"), bank, SimulatedChild("S", 12, 3))
    *shown, one, other = trials
    assert {len(trial.choices) for trial in shown} == {1}
    assert shown[-1].stop_rule in ("habituated", "not_habituated")
    assert all(trial.stop_rule is None for trial in shown[:-1])
    assert [trial.attempt for trial in shown] == list(range(1, len(shown) + 1))
    assert {one.target_position, other.target_position} == {0, 1}
    assert all(trial.look_ms is not None for trial in trials)
    assert one.look_target is not None
    assert shown[0].look_target is None


def test_what_is_for_people_only_is_no_matter_for_models(lab: Lab, bank: PlaceholderBank) -> None:
    with pytest.raises(UserError, match="nothing in the protocol 'familiarization' can be taken by"):
        run_in_lab(lab, plan_of(bank, "familiarization"), bank, Chance(1))
    with pytest.raises(UserError, match="every block is for people only"):
        parse_protocol(protocol_of("  - {task: touch_tutorial, items: {at_most: 5}}\n"))


# staged items -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", STAGED)
def test_a_staged_item_is_its_sources_and_the_same_every_time(code: str, bank: PlaceholderBank) -> None:
    staged = STAGED[code]
    source = next(item for item in bank.items.values() if (item.task, item.form) == staged.source)
    item = staged.stage(source)
    assert item == staged.stage(source) == item_of(bank, code, item.item_id)
    assert set(item.media()) <= set(source.media())
    assert item.provenance == source.provenance
    assert item.task == code


def test_tutorials_never_count(lab: Lab, bank: PlaceholderBank) -> None:
    trials, _ = run(lab, plan_of(bank, "touch-tutorial"), bank, SimulatedChild("S", 30, 3))
    assert {trial.trial_kind for trial in trials} == {"practice"}
    assert len(trials) == 5


def test_both_boxes_hide_equally_often(bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "visual-delayed-response")
    sides = [trial.targets[0] for trial in plan.of_block(0)]
    assert sorted(sides) == [0] * 4 + [1] * 4
    assert sorted({trial.delay_ms for trial in plan.of_block(0)}) == [9000, 11000, 13000]  # type: ignore[type-var]


# sessions ---------------------------------------------------------------------------------------------------------

SESSION = protocol_of(
    "  - {task: localization, items: {sample: 6}}\n  - {task: who_has_more, form: synthetic, items: {sample: 6}}\n"
    "  - {task: left_right, form: robust, items: {sample: 6}, break_before: true}\n",
    'session: {consent: "2026-02", assent: "3", break_every: 30 s, break_least: 20 s, longest: LONGEST}\n',
)


def test_assent_and_consent_come_first_and_breaks_between_blocks(lab: Lab, bank: PlaceholderBank) -> None:
    plan = make_plan(parse_protocol(SESSION.replace("LONGEST", "1 min")), bank, "C1", 1)
    trials, events = run(lab, plan, bank, SimulatedChild("S", 36, 3))
    names = [event.name for event in events]
    assert names.index("consent") < names.index("assent") < names.index("trial")
    assert next(e.detail["version"] for e in events if e.name == "consent") == "2026-02"
    assert next(e.detail["version"] for e in events if e.name == "assent") == "3"
    assert 6 < len(trials) < 18, "no trial begins after the longest time"
    assert "session_limit" in names
    breaks = [event.detail for event in events if event.name == "break"]
    assert breaks
    assert all(rest["end_ms"] - rest["begin_ms"] >= 20_000 for rest in breaks)


def test_a_session_that_is_long_enough_ends_as_other(lab: Lab, bank: PlaceholderBank) -> None:
    plan = make_plan(parse_protocol(SESSION.replace("LONGEST", "1 min")), bank, "C1", 1)
    finished = run_in_lab(lab, plan, bank, SimulatedChild("S", 36, 3))
    assert finished.reason == "other"
    end = lab.read_session(finished.session_id).end
    assert end is not None
    assert end.detail == "longest session"


def test_models_know_neither_breaks_nor_limits(lab: Lab, bank: PlaceholderBank) -> None:
    plan = make_plan(parse_protocol(SESSION.replace("LONGEST", "1 s")), bank, "C1", 1)
    trials, events = run(lab, plan, bank, Chance(1))
    assert len(trials) == 18
    assert not {event.name for event in events} & {"assent", "break", "session_limit"}


@pytest.mark.parametrize(("age", "outside"), [("corrected", False), ("chronological", True)])
def test_the_age_that_counts_is_the_protocols(age: str, outside: bool, lab: Lab, bank: PlaceholderBank) -> None:
    text = protocol_of("  - {task: localization, items: {sample: 2}}\n", f"for: {{age_months: [6, 12], age: {age}}}\n")
    plan = make_plan(parse_protocol(text), bank, "C1", 1)

    class Preterm(SimulatedChild):
        def describe(self):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            return replace(super().describe(), kind="child", age_days=410, age_corrected_days=350)

    _, events = run(lab, plan, bank, Preterm("S", 13, 3))
    assert ("outside_age_range" in events[0].detail.get("flags", [])) is outside


# language ---------------------------------------------------------------------------------------------------------


def test_the_same_plan_speaks_both_languages(bank: PlaceholderBank) -> None:
    english, spanish = plan_of(bank, "picture-vocabulary"), plan_of(bank, "picture-vocabulary", language="es")
    assert english.digest != spanish.digest
    assert [t.item_id for t in english.trials] == [t.item_id for t in spanish.trials]
    said = []
    for plan in (english, spanish):
        trial = plan.trials[0]
        item = item_of(bank, plan.blocks[trial.block].task, trial.item_id)
        assert item is not None
        said.append(present_trial(plan, trial, item, "t")[0].spoken)
    assert said[0].startswith("Touch the ")
    assert said[1].startswith("Toca ")


def test_a_looking_turn_knows_where_its_word_is_and_what_is_said_again(bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "looking-while-listening", language="es")
    trial = plan.trials[0]
    turn = present_trial(plan, trial, bank.items[trial.item_id], "t")[0]
    assert turn.word_at is not None
    assert turn.spoken[turn.word_at - 1] == " "
    assert turn.spoken[turn.word_at :].endswith("?")
    assert turn.spoken_again.startswith("¡Mira ")
    assert turn.timing.again_ms == 500


def test_words_that_a_language_lacks_are_named_together() -> None:
    bank = placeholder_bank(4, only=("picture_vocabulary", "standard"))
    items = {}
    for number, (item_id, item) in enumerate(bank.items.items()):
        items[item_id] = item.model_copy(update={"word": f"gizmo{number}"})
    odd = PlaceholderBank(items)
    protocol = parse_protocol(protocol_of("  - {task: picture_vocabulary, items: {sample: all}}\n"))
    make_plan(protocol, odd, "C1", 1)
    with pytest.raises(UserError, match="'es' has no words for gizmo0, gizmo1, gizmo2, gizmo3"):
        make_plan(protocol, odd, "C1", 1, language="es")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{task: localization, items: {sample: 4}, part: learning}", "has no learning and test parts"),
        ("{task: memory, items: {learned: true}, part: test}", "no block above holds the learning part"),
        ("{task: memory, items: {sample: 1}, retention: {}}", "retention needs part: test"),
        ("{task: localization, items: {sample: 4}, fill: 3 min}", "fill needs an earlier block"),
        ("{task: localization, items: {sample: 4}, habituation: {}}", "goes with the task familiarization"),
        ("{task: familiarization, items: {sample: 1}}", "needs its criterion"),
        ("{task: memory, items: {sample: 1}, adaptive: {}}", "needs answers that are right or wrong"),
        ("{task: localization, items: {sample: 4}, adaptive: {table: [{a: 1, b: 0}]}}", "names an item or a word"),
        ("{task: localization, items: {sample: 4}, adaptive: {least_items: 9, most_items: 8}}", "more than the most"),
    ],
)
def test_measures_that_do_not_fit_together_are_mistakes(block: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_protocol(protocol_of(f"  - {block}\n"))


def test_a_language_without_a_pack_is_a_mistake() -> None:
    with pytest.raises(UserError, match="there is no language pack 'tlh'"):
        parse_protocol(protocol_of("  - {task: memory, items: {sample: 1}}\n", "language: tlh\n"))
