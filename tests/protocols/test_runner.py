"""Sessions: the same columns for everybody, what was shown is what is logged, batches, stops, resuming, yoking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.records import TrialRecord
from devkit.respondents import (
    Answer,
    BatchRespondent,
    Exchange,
    Measured,
    PresentedTurn,
    Respondent,
    RespondentInfo,
    SessionContext,
    SessionStopped,
)
from devkit.tasks import STAGED
from protocols.baselines import Chance
from protocols.load import load_protocol, parse_protocol
from protocols.placeholder import PlaceholderBank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.reopening import offer
from protocols.runner import resume_in_lab, run_in_lab
from protocols.simulation import SimulatedChild
from protocols.yoke import yoked_plan

RUN_ONLY = {"session_id", "trial_id", "started_at", "lab_id"}
PLACES = ("plan_index", "item_id", "item_digest", "choice_order", "target_position", "choices", "trial_kind", "block")


class Scripted:
    """A respondent whose answers a function makes; counts what it was put."""

    def __init__(self, answer: Callable[[PresentedTurn], Answer], kind: str = "child", code: str = "C1") -> None:
        self.make, self.kind, self.code = answer, kind, code
        self.turns: list[PresentedTurn] = []
        self.histories: list[Sequence[Exchange]] = []
        self.context: SessionContext | None = None
        self.closed = 0

    def describe(self) -> RespondentInfo:
        return RespondentInfo(code=self.code, kind=self.kind, age_days=900)  # type: ignore[arg-type]

    def open(self, session: SessionContext) -> None:
        self.context = session

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        self.turns.append(turn)
        self.histories.append(history)
        return self.make(turn)

    def close(self) -> None:
        self.closed += 1


class Batched(Scripted):
    sizes: list[int]

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        self.sizes = [*getattr(self, "sizes", []), len(turns)]
        return [self.make(turn) for turn in turns]


def right(turn: PresentedTurn) -> Answer:
    return Answer(position=turn.target_position, rt_ms=1500.0)


def wrong(turn: PresentedTurn) -> Answer:
    return Answer(position=(turn.target_position + 1) % len(turn.choices))


def in_words(turn: PresentedTurn) -> Answer:
    chosen = turn.choices[turn.target_position]
    return Answer(raw=f"It is {chosen.letter or chosen.label}.", source="text")


def run(lab: Lab, plan: Plan, bank: PlaceholderBank, who: Respondent, **kw: object) -> tuple[TrialRecord, ...]:
    finished = run_in_lab(lab, plan, bank, who, **kw)  # type: ignore[arg-type]
    return lab.read_session(finished.session_id).trials


def plan_of(bank: PlaceholderBank, name: str = "battery", code: str = "C1") -> Plan:
    return make_plan(load_protocol(name), bank, code, 4)


@pytest.mark.parametrize("name", ["battery", "memory-dialogue", "who-has-more", "visual-delayed-response"])
def test_child_model_and_simulation_get_identical_item_order_and_position_columns(name, lab, bank) -> None:  # type: ignore[no-untyped-def]
    plan = plan_of(bank, name)
    everybody = (
        Scripted(right),
        Scripted(in_words, kind="model"),
        Batched(in_words, kind="model"),
        SimulatedChild("S", 40, ability=9, side_bias=0),
        Chance(2),
    )
    tables = []
    for who in everybody:
        records = [r for r in run(lab, plan, bank, who) if r.attempt == 1 and r.task not in STAGED]
        tables.append([[getattr(r, c) for c in PLACES] + [[t.choice_order for t in r.turns]] for r in records])
    assert all(table == tables[0] for table in tables[1:])
    assert len(tables[0]) == sum(plan.blocks[trial.block].task not in STAGED for trial in plan.trials)


def test_what_was_shown_is_what_is_logged(lab: Lab, bank: PlaceholderBank) -> None:
    who = Scripted(right)
    records = run(lab, plan_of(bank), bank, who)
    shown = {(turn.trial_id, turn.turn_index): turn for turn in who.turns}
    for record in records:
        turn = shown[record.trial_id, len(record.turns) - 1 if record.turns else 0]
        assert [(c.label, c.media, c.letter) for c in record.choices] == [
            (c.label, c.media, c.letter) for c in turn.choices
        ]
        bank_turn = bank.items[record.item_id].turns[turn.turn_index]
        assert [bank_turn.choices[i].label for i in record.choice_order] == [c.label for c in record.choices]
        assert record.choices[record.target_position].label == record.target == record.answer
        for part in record.turns:
            assert part.choices[part.target_position].role == "target"


def test_a_right_child_scores_everything_right_and_a_wrong_one_nothing(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank)
    tests = [r for r in run(lab, plan, bank, Scripted(right)) if r.trial_kind == "test"]
    assert all(r.score == 1 for r in tests)
    assert all(r.correct for r in tests if not r.turns)
    lost = [r for r in run(lab, plan, bank, Scripted(wrong, code="C2")) if r.trial_kind == "test"]
    assert all(r.score == 0 for r in lost)


def test_words_are_resolved_and_kept(lab: Lab, bank: PlaceholderBank) -> None:
    records = run(lab, plan_of(bank), bank, Scripted(in_words, kind="model"))
    assert all(r.score == 1 for r in records if r.trial_kind == "test")
    assert all(r.answer_raw and r.answer_raw.startswith("It is") for r in records)


@pytest.mark.parametrize(
    ("raw", "outcome"), [("", "none"), ("no idea whatsoever", "none"), ("either A or B", "ambiguous")]
)
def test_no_guess_is_made_for_an_unreadable_reply(raw: str, outcome: str, lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "picture-vocabulary")
    records = run(lab, plan, bank, Scripted(lambda turn: Answer(raw=raw, source="text"), kind="model"))
    assert {r.outcome for r in records} == {outcome}
    assert {(r.correct, r.score, r.answer_position, r.answer_raw) for r in records} == {(None, None, None, raw)}


def test_a_dialogue_runs_on_the_respondents_own_answers(lab: Lab, bank: PlaceholderBank) -> None:
    who = Scripted(lambda turn: replace(in_words(turn), raw=f"{in_words(turn).raw} ({turn.turn_index})"), kind="model")
    finished = run_in_lab(lab, plan_of(bank, "memory-dialogue"), bank, who)
    session = lab.read_session(finished.session_id)
    for turn, history in zip(who.turns, who.histories, strict=True):
        assert [past.turn.turn_index for past in history] == list(range(turn.turn_index))
        assert all(f"({past.turn.turn_index})" in (past.answer.raw or "") for past in history)
        assert all(past.answer.position == past.turn.target_position for past in history)
    tests = [r for r in session.trials if r.trial_kind == "test"]
    assert [len(r.turns) for r in tests] == [15, 15]
    assert all(r.correct is None and r.scores == {"learning": 1, "raw": 1, "adjusted": 1} for r in tests)
    assert sum(event.name == "turn" for event in session.events) == len(who.turns)


@pytest.mark.parametrize(("silent", "outcome"), [({4}, "answered"), (set(range(15)), "none")])
def test_a_dialogue_is_answered_when_any_turn_is(
    silent: set[int], outcome: str, lab: Lab, bank: PlaceholderBank
) -> None:
    who = Scripted(lambda turn: Answer(outcome="none") if turn.turn_index in silent else right(turn))
    record = run(lab, plan_of(bank, "memory-dialogue"), bank, who)[-1]
    assert record.outcome == outcome
    assert [turn.outcome == "none" for turn in record.turns] == [index in silent for index in range(15)]
    assert (record.score is None) == (outcome == "none")


def test_practice_of_a_dialogue_is_its_first_turns(lab: Lab, bank: PlaceholderBank) -> None:
    records = run(lab, plan_of(bank, "memory-dialogue"), bank, Scripted(right))
    assert [len(r.turns) for r in records if r.is_practice] == [3]


def test_children_repeat_practice_and_stop_while_models_go_through(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    child = run(lab, plan, bank, Scripted(wrong))
    assert [(r.trial_kind, r.attempt) for r in child] == [
        ("demonstration", 1),
        ("practice", 1),
        ("practice", 2),
        ("practice", 3),
        *[("test", 1)] * 4,
    ]
    assert [r.stop_rule for r in child] == [None] * 7 + ["wrong_in_a_row"]
    assert len({r.trial_id for r in child}) == len(child)
    assert [r.trial_index for r in child] == list(range(len(child)))
    model = run(lab, plan, bank, Scripted(wrong, kind="model"))
    assert len(model) == len(plan.trials) == 24
    assert {r.stop_rule for r in model} == {None}


def test_counting_stops_at_a_failed_gate(lab: Lab, bank: PlaceholderBank) -> None:
    asked: list[int] = []

    def third_wrong(turn: PresentedTurn) -> Answer:
        asked.append(1)
        return wrong(turn) if len(asked) == 3 else right(turn)

    records = run(lab, plan_of(bank, "object-counting"), bank, Scripted(third_wrong))
    assert [r.correct for r in records] == [True, True, False]
    assert records[-1].stop_rule == "gate"


def test_a_demonstration_is_never_scored(lab: Lab, bank: PlaceholderBank) -> None:
    shown = run(lab, plan_of(bank, "who-has-more"), bank, Scripted(right))[0]
    assert (shown.trial_kind, shown.is_practice, shown.correct, shown.score) == ("demonstration", True, None, None)


@pytest.mark.parametrize("size", [1, 3, 7, 64])
def test_a_batch_gives_the_records_of_one_by_one(size: int, lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "battery", "model")
    single = run(lab, plan, bank, Scripted(in_words, kind="model"))
    who = Batched(in_words, kind="model")
    assert isinstance(who, BatchRespondent)
    many = run(lab, plan, bank, who, batch=size)
    assert [r.model_dump(exclude=RUN_ONLY) for r in many] == [r.model_dump(exclude=RUN_ONLY) for r in single]
    assert max(getattr(who, "sizes", [1])) <= size
    assert all(len(turn.choices) and turn.turn_count > 1 for turn in who.turns) or size == 1


def test_a_batch_of_the_wrong_length_is_refused(lab: Lab, bank: PlaceholderBank) -> None:
    class Short(Batched):
        def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
            return super().answer_batch(turns)[1:]

    with pytest.raises(ValueError, match="answers to"):
        run(lab, plan_of(bank), bank, Short(right, kind="model"))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, UserError])
@pytest.mark.parametrize("at", [0, 1, 2, 3, 17, 40])
def test_an_interrupted_session_goes_on_where_it_stopped(error, at: int, lab: Lab, bank: PlaceholderBank) -> None:  # type: ignore[no-untyped-def]
    plan = plan_of(bank)
    child = SimulatedChild("C1", 26, 5)
    whole = run(Lab.create(lab.path.parent / "other"), plan, bank, SimulatedChild("C1", 26, 5))
    put: list[int] = []

    class Breaking(SimulatedChild):
        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            put.append(1)
            if len(put) == at + 1:
                raise error("stop")
            return super().answer(turn, history)

    with pytest.raises(error):
        run_in_lab(lab, plan, bank, Breaking("C1", 26, 5))
    offered = offer(lab, plan, child.describe())
    assert offered is not None
    session_id = offered.session_id
    broken = lab.read_session(session_id)
    assert broken.end is None
    assert broken.events[-1].name == "interrupted"
    assert broken.events[-1].detail == {"cause": error.__name__}
    finished = resume_in_lab(lab, session_id, bank, child)
    assert finished.session_id == session_id
    assert offer(lab, plan, child.describe()) is None
    times = {"onset_ms", "prompt_end_ms", "word_onset_ms", "flags", "turns"}
    trials = lab.read_session(session_id).trials
    assert [r.model_dump(exclude=RUN_ONLY | times) for r in trials] == [
        r.model_dump(exclude=RUN_ONLY | times) for r in whole
    ]
    taken_up = [r for r in trials if "after_interruption" in r.flags]
    assert [r.trial_index for r in taken_up] == ([len(broken.trials)] if broken.trials else [])
    times_run = [event.t_ms for event in lab.read_session(session_id).events]
    assert times_run == sorted(times_run)


def test_somebody_else_cannot_take_a_session_up(lab: Lab, bank: PlaceholderBank) -> None:
    def stop(turn: PresentedTurn) -> Answer:
        raise KeyboardInterrupt

    plan = plan_of(bank)
    with pytest.raises(KeyboardInterrupt):
        run_in_lab(lab, plan, bank, Scripted(stop))
    session_id = lab.sessions()[0].session_id
    with pytest.raises(UserError, match="is of C1, not of C2"):
        resume_in_lab(lab, session_id, bank, Scripted(right, code="C2"))
    assert offer(lab, plan, RespondentInfo(code="C2", kind="child")) is None


def test_the_examiner_ends_a_session_with_a_reason(lab: Lab, bank: PlaceholderBank) -> None:
    asked: list[int] = []

    def tired(turn: PresentedTurn) -> Answer:
        asked.append(1)
        if len(asked) == 6:
            raise SessionStopped("breakoff", "fuss_out", Answer(outcome="aborted", note="tired"))
        return right(turn)

    who = Scripted(tired)
    finished = run_in_lab(lab, plan_of(bank), bank, who)
    session = lab.read_session(finished.session_id)
    assert finished.reason == "breakoff"
    assert session.end is not None
    assert (session.end.reason, session.end.detail) == ("breakoff", "fuss_out")
    assert [r.outcome for r in session.trials] == ["answered"] * 5 + ["aborted"]
    assert session.trials[-1].note == "tired"
    assert who.closed == 1


def test_a_dialogue_that_was_cut_has_its_turns_and_no_score(lab: Lab, bank: PlaceholderBank) -> None:
    def seventh(turn: PresentedTurn) -> Answer:
        if turn.kind == "test" and turn.turn_index == 6:
            raise SessionStopped("other", "", Answer(outcome="aborted"))
        return right(turn)

    record = run(lab, plan_of(bank, "memory-dialogue"), bank, Scripted(seventh))[-1]
    assert (len(record.turns), record.outcome, record.score) == (7, "aborted", None)
    assert [turn.outcome for turn in record.turns] == ["answered"] * 6 + ["aborted"]


def test_a_respondent_that_cannot_open_is_closed_and_resumable(lab: Lab, bank: PlaceholderBank) -> None:
    class Shut(Scripted):
        def open(self, session: SessionContext) -> None:
            raise UserError("there is no display")

    who = Shut(right)
    plan = plan_of(bank)
    with pytest.raises(UserError, match="no display"):
        run_in_lab(lab, plan, bank, who)
    assert who.closed == 1
    assert offer(lab, plan, who.describe()) is not None


def test_measured_times_and_events_reach_the_journal(lab: Lab, bank: PlaceholderBank) -> None:
    measured = Measured(onset_ms=10, prompt_onset_ms=20, prompt_end_ms=900, rt_from="prompt_end", frames_late=1)
    answer = Answer(position=0, source="touch", rt_ms=400, measured=measured, events=(("flip", 10.0, {"n": 1}),))
    finished = run_in_lab(lab, plan_of(bank, "subitizing"), bank, Scripted(lambda turn: answer))
    session = lab.read_session(finished.session_id)
    record = session.trials[0]
    assert (record.onset_ms, record.prompt_end_ms, record.rt_ms, record.rt_from) == (10, 900, 400, "prompt_end")
    assert (record.answer_source, record.frames_late) == ("touch", 1)
    flips = [event for event in session.events if event.name == "flip"]
    assert [event.trial_id for event in flips] == [record.trial_id for record in session.trials]


def test_soft_flags(lab: Lab, bank: PlaceholderBank) -> None:
    times = iter([50.0, 12_000.0] + [700.0] * 40)
    who = Scripted(lambda turn: Answer(position=0, rt_ms=next(times)))
    plan = plan_of(bank, "left-right")
    records = run(lab, plan, bank, who)
    every = Counter(flag for record in records for flag in record.flags)
    assert every["rt_under_100_ms"] == every["rt_over_10_s"] == 1
    assert "same_place_10" in records[-1].flags
    assert "same_place_10" not in records[8].flags


def test_a_child_outside_the_ages_is_told_of(lab: Lab, bank: PlaceholderBank) -> None:
    finished = run_in_lab(lab, plan_of(bank, "looking-while-listening"), bank, Scripted(right))
    begin = lab.read_session(finished.session_id).events[0]
    assert begin.detail["flags"] == ["outside_age_range"]


def test_session_flags(lab: Lab, bank: PlaceholderBank) -> None:
    below = run_in_lab(lab, plan_of(bank, "picture-vocabulary"), bank, Scripted(wrong))
    assert below.flags == ("below_chance",)
    short = run_in_lab(lab, plan_of(bank, "subitizing"), bank, Scripted(right, code="C2"))
    assert short.flags == ("few_test_trials",)


def test_another_bank_is_refused(lab: Lab, bank: PlaceholderBank, bank_of: Callable[..., PlaceholderBank]) -> None:
    plan = plan_of(bank)
    with pytest.raises(UserError, match="lacks the item"):
        run_in_lab(lab, plan, bank_of(2), Scripted(right))
    changed = {i: item.model_copy(update={"word": "other"}) for i, item in bank.items.items()}
    with pytest.raises(UserError, match="not the one that was planned"):
        run_in_lab(lab, plan, PlaceholderBank(changed), Scripted(right))


def test_a_model_yoked_to_a_child_takes_what_the_child_took(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    skipped = [t.item_id for t in plan.trials if t.kind == "test"][1]

    def fading(turn: PresentedTurn) -> Answer:
        if turn.item_id == skipped:
            return Answer(outcome="skipped")
        return right(turn) if turn.kind == "practice" else wrong(turn)

    finished = run_in_lab(lab, plan, bank, Scripted(fading))
    child = lab.read_session(finished.session_id)
    yoked = yoked_plan(child, bank)
    assert yoked.yoked_to == finished.session_id
    assert yoked.digest != plan.digest
    model = run(lab, yoked, bank, Scripted(in_words, kind="model"))
    met = [r for r in child.trials if r.outcome != "skipped" and r.attempt == 1]
    assert [[getattr(r, c) for c in PLACES] for r in model] == [[getattr(r, c) for c in PLACES] for r in met]
    assert len(model) == 6
    assert Plan.from_json(yoked.to_json()).digest == yoked.digest


def test_yoking_follows_dialogues_turn_by_turn_and_leaves_out_what_was_cut(lab: Lab, bank: PlaceholderBank) -> None:
    def cut(turn: PresentedTurn) -> Answer:
        if turn.item_id == last and turn.turn_index == 4:
            raise SessionStopped("breakoff", "", Answer(outcome="aborted"))
        return right(turn)

    plan = plan_of(bank, "memory-dialogue")
    last = plan.trials[-1].item_id
    finished = run_in_lab(lab, plan, bank, Scripted(cut))
    yoked = yoked_plan(lab.read_session(finished.session_id), bank)
    assert [t.item_id for t in yoked.trials] == [t.item_id for t in plan.trials[:-1]]
    assert yoked.trials == plan.trials[:-1]


def test_yoking_needs_a_plan_trials_and_the_bank(lab: Lab, bank: PlaceholderBank, bank_of) -> None:  # type: ignore[no-untyped-def]
    finished = run_in_lab(lab, plan_of(bank), bank, Scripted(right))
    session = lab.read_session(finished.session_id)
    with pytest.raises(UserError, match="lacks the item"):
        yoked_plan(session, bank_of(1))
    with pytest.raises(UserError, match="no trials to follow"):
        yoked_plan(replace(session, trials=()), bank)
    with pytest.raises(UserError, match="holds no plan"):
        yoked_plan(replace(session, header=session.header.model_copy(update={"plan": {}})), bank)


def test_the_header_says_who_what_and_where(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank)
    finished = run_in_lab(lab, plan, bank, SimulatedChild("S9", 20))
    header = lab.read_session(finished.session_id).header
    assert Plan.from_dict(header.plan) == plan
    assert header.plan_digest == plan.digest
    assert header.respondent["detail"]["simulation"].startswith("growth curves invented")
    assert (header.bank, header.bank_digest, header.seed) == (bank.name, bank.digest, 4)


def test_media_are_told_of_before_the_first_trial(lab: Lab, bank: PlaceholderBank) -> None:
    who = Scripted(right)
    run(lab, plan_of(bank), bank, who)
    assert who.context is not None
    foretold = {turn.trial_id for turn in who.context.turns}
    assert {turn.trial_id for turn in who.turns if turn.attempt == 1} <= foretold
    assert who.context.media_path("0" * 64) == Path("nowhere") / f"{'0' * 64}.png"


def test_time_limits_are_of_the_sessions_clock(lab: Lab, bank: PlaceholderBank) -> None:
    block = "{task: picture_vocabulary, items: {sample: 25}, stop: {max_minutes: 1}}"
    plan = make_plan(parse_protocol(f"protocol: t\nversion: 1\ntitle: t\nblocks:\n  - {block}\n"), bank, "C1", 1)
    records = run(lab, plan, bank, SimulatedChild("S", 30))
    assert 8 < len(records) < 20
    assert records[-1].stop_rule == "max_minutes"
