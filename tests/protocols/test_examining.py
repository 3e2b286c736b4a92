"""A session with an examiner: repeated trials, undone answers, notes, trouble and full disks, without a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from devkit.errors import Problem, UserError
from devkit.lab import Lab, table
from devkit.lab.check import check
from devkit.records import TrialRecord
from devkit.respondents import (
    Answer,
    Exchange,
    GazeSample,
    Measured,
    PresentedTurn,
    SessionStopped,
    TrialWithdrawn,
)
from protocols.desk import DISK_WAYS, WAYS, Decision, SessionState
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.process import PresenterLost
from protocols.reopening import offer
from protocols.runner import resume_in_lab, run_in_lab
from tests.protocols.test_runner import Scripted, plan_of, right, wrong


class Table:
    """A desk that decides as it was told, and keeps what it hears."""

    def __init__(self, *decisions: Decision) -> None:
        self.decisions = list(decisions)
        self.states: list[SessionState] = []
        self.records: list[TrialRecord] = []
        self.troubles: list[tuple[Problem, tuple[Decision, ...]]] = []

    def state(self, state: SessionState) -> None:
        self.states.append(state)

    def recorded(self, record: TrialRecord) -> None:
        self.records.append(record)

    def trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        self.troubles.append((problem, ways))
        return self.decisions.pop(0)


class Acting(Scripted):
    """A child whose examiner does something at some of the turns put, counted from 0."""

    def __init__(self, acts: dict[int, Exception], make: Callable[[PresentedTurn], Answer] = right) -> None:
        super().__init__(make)
        self.acts = acts
        self.recovered = 0

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        answer = super().answer(turn, history)
        if act := self.acts.get(len(self.turns) - 1):
            raise act
        return answer

    def recover(self) -> None:
        self.recovered += 1


def keyed(turn: PresentedTurn) -> Answer:
    return Answer(position=turn.target_position, raw="x", source="examiner", rt_ms=900.0)


def plan_for(bank: PlaceholderBank, name: str) -> Plan:
    return make_plan(load_protocol(name), bank, "C1", 1)


def test_a_repeated_trial_is_kept_and_does_not_count(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    late = Answer(position=0, outcome="answered", rt_ms=700.0)
    table = Table()
    child = Acting({0: TrialWithdrawn("repeat", "", late), 3: TrialWithdrawn("repeat", "", Answer(outcome="skipped"))})
    finished = run_in_lab(lab, plan, bank, child, desk=table)
    trials = lab.read_session(finished.session_id).trials
    aside = [trial for trial in trials if trial.exclusion == ("repeated",)]
    assert len(aside) == 2
    assert all(not trial.valid and "repeated" in trial.flags for trial in aside)
    assert aside[0].answer_position == 0, "what was answered is kept"
    for trial in aside:
        again = next(t for t in trials if t.trial_index == trial.trial_index + 1)
        assert (again.plan_index, again.attempt, again.valid) == (trial.plan_index, trial.attempt + 1, True)
        assert again.trial_id != trial.trial_id
    assert len(trials) == len(plan.trials) + 2
    assert check(lab).problems == []
    assert [record.trial_id for record in table.records] == [trial.trial_id for trial in trials]


def test_a_repeated_practice_trial_costs_no_attempt(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_for(bank, "who-has-more")
    practised = [(n, plan.blocks[t.block].practice) for n, t in enumerate(plan.trials) if t.kind == "practice"]
    first, attempts = next((n, rule) for n, rule in practised if rule is not None)
    child = Acting({first: TrialWithdrawn("repeat", "", Answer(outcome="skipped"))}, wrong)
    finished = run_in_lab(lab, plan, bank, child)
    put = [t for t in lab.read_session(finished.session_id).trials if t.plan_index == plan.trials[first].index]
    assert sum(t.trial_kind == "practice" and t.valid for t in put) == attempts.max_attempts


def test_a_session_with_repeated_trials_is_taken_up(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    repeat = TrialWithdrawn("repeat", "", Answer(outcome="skipped"))
    with pytest.raises(KeyboardInterrupt):
        run_in_lab(lab, plan, bank, Acting({1: repeat, 4: KeyboardInterrupt()}))  # type: ignore[dict-item]
    offered = offer(lab, plan, Scripted(right).describe())
    assert offered is not None
    resume_in_lab(lab, offered.session_id, bank, Scripted(right))
    trials = lab.read_session(offered.session_id).trials
    assert [t.plan_index for t in trials if t.valid] == [t.index for t in plan.trials]


def test_an_undone_answer_is_corrected_and_the_gate_is_judged_anew(lab: Lab, bank: PlaceholderBank) -> None:
    """The first count is keyed wrongly, which fails the gate; undone in the next block's first trial, it passes."""
    plan = plan_for(bank, "object-counting")
    assert plan.blocks[-1].stop is not None
    assert plan.blocks[-1].stop.gate
    labels: list[str] = []

    def counts(turn: PresentedTurn) -> Answer:
        if turn.kind == "test" and not labels:
            labels.append(turn.choices[turn.target_position].label)
            wrong_one = (turn.target_position + 1) % len(turn.choices)
            return Answer(position=wrong_one, raw=turn.choices[wrong_one].label, source="examiner")
        return keyed(turn)

    failed = run_in_lab(Lab.create(lab.path.parent / "failed"), plan, bank, Scripted(counts))
    assert failed.test_trials == 1, "a wrong first count ends the block"

    labels.clear()
    undone: list[int] = []

    class Undoing(Scripted):
        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            if labels and not undone and turn.kind == "test":
                undone.append(1)
                raise TrialWithdrawn("undo", labels[0], Answer(outcome="skipped"))
            return super().answer(turn, history)

    free = plan.changed(blocks=tuple(b.model_copy(update={"stop": None}) for b in plan.blocks))
    table = Table()
    finished = run_in_lab(lab, free, bank, Undoing(counts), desk=table)
    session = lab.read_session(finished.session_id)
    mended = next(t for t in session.trials if t.trial_kind == "test")
    assert (mended.correct, mended.score, mended.answer, mended.answer_raw) == (True, 1.0, labels[0], labels[0])
    changed = {correction.column: (correction.before, correction.who) for correction in mended.corrections}
    assert changed["correct"] == (False, "examiner")
    assert {"answer", "answer_position", "answer_raw", "correct", "score"} <= set(changed)
    assert [t.plan_index for t in session.trials] == [t.index for t in free.trials], "the running trial was put again"
    following = session.trials[mended.trial_index + 1]
    assert "restarted_after_undo" in following.flags
    assert [e.detail["keyed"] for e in session.events if e.name == "answer_corrected"] == [labels[0]]
    assert [r.trial_id for r in table.records].count(mended.trial_id) == 2, "the desk learns of the correction"
    assert check(lab).problems == []


def test_an_undo_moves_the_course(lab: Lab, bank: PlaceholderBank) -> None:
    """After a mis-keyed gate the session stands in the next block; the undo takes it back into the first."""
    plan = plan_for(bank, "battery")
    counting = next(n for n, block in enumerate(plan.blocks) if block.task == "object_counting")
    subitizing = next(n for n, block in enumerate(plan.blocks) if block.task == "subitizing")
    stop = plan.blocks[subitizing].stop
    assert stop is not None
    gated = stop.model_copy(update={"gate": (1,)})
    blocks = list(plan.blocks)
    blocks[subitizing] = blocks[subitizing].model_copy(update={"stop": gated})
    kept = [trial for trial in plan.trials if trial.block in (subitizing, counting)]
    kept.sort(key=lambda trial: trial.block != subitizing)
    plan = plan.changed(blocks=tuple(blocks), trials=tuple(kept))
    state: dict[str, str] = {}

    class Undoing(Scripted):
        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            if turn.task == "object_counting" and "undone" not in state:
                state["undone"] = "yes"
                raise TrialWithdrawn("undo", state["label"], Answer(outcome="skipped"))
            return super().answer(turn, history)

    def counts(turn: PresentedTurn) -> Answer:
        if turn.task == "subitizing" and turn.kind == "test" and "label" not in state:
            state["label"] = turn.choices[turn.target_position].label
            wrong_one = (turn.target_position + 1) % len(turn.choices)
            return Answer(position=wrong_one, raw=turn.choices[wrong_one].label, source="examiner")
        return keyed(turn)

    finished = run_in_lab(lab, plan, bank, Undoing(counts))
    session = lab.read_session(finished.session_id)
    assert [t.plan_index for t in session.trials] == [t.index for t in plan.trials]
    first = next(t for t in session.trials if t.trial_kind == "test")
    assert first.stop_rule is None
    assert {"stop_rule", "correct"} <= {correction.column for correction in first.corrections}


def test_what_was_not_keyed_cannot_be_undone(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    child = Acting({2: TrialWithdrawn("undo", "1", Answer(outcome="skipped"))})
    finished = run_in_lab(lab, plan, bank, child)
    session = lab.read_session(finished.session_id)
    assert [event.detail for event in session.events if event.name == "undo_refused"] == [{"keyed": "1"}]
    assert all(trial.corrections == () for trial in session.trials)
    assert len(session.trials) == len(plan.trials)


LOST = PresenterLost("the presenter ended by signal SIGKILL; every answered trial is kept", code="presenter-lost")


def test_a_lost_presenter_is_started_again(lab: Lab, bank: PlaceholderBank) -> None:
    plan, table = plan_of(bank, "who-has-more"), Table("again")
    child = Acting({2: LOST})
    finished = run_in_lab(lab, plan, bank, child, desk=table)
    assert (finished.reason, finished.trials, child.recovered) == ("completed", len(plan.trials), 1)
    [(problem, ways)] = table.troubles
    assert problem.code == "presenter-lost"
    assert ways == WAYS
    session = lab.read_session(finished.session_id)
    assert "restarted_after_trouble" in session.trials[2].flags
    names = [event.name for event in session.events]
    assert names.index("trouble") < names.index("trouble_over")


def test_trouble_may_come_again_and_again(lab: Lab, bank: PlaceholderBank) -> None:
    plan, table = plan_of(bank, "who-has-more"), Table("again", "again", "skip")
    child = Acting({2: LOST, 3: LOST, 4: LOST})
    finished = run_in_lab(lab, plan, bank, child, desk=table)
    trials = lab.read_session(finished.session_id).trials
    assert (trials[2].outcome, finished.trials) == ("skipped", len(plan.trials))
    assert "skipped_after_trouble" in trials[2].flags


def test_in_trouble_the_session_can_end_cleanly(lab: Lab, bank: PlaceholderBank) -> None:
    finished = run_in_lab(lab, plan_of(bank, "who-has-more"), bank, Acting({2: LOST}), desk=Table("end"))
    session = lab.read_session(finished.session_id)
    assert session.end is not None
    assert (session.end.reason, session.end.detail) == ("reason_code", "equipment_error")
    assert [t.outcome for t in session.trials] == ["answered", "answered", "aborted"]
    assert check(lab).problems == []


def test_without_a_desk_trouble_breaks_off_as_it_did(lab: Lab, bank: PlaceholderBank) -> None:
    plan = plan_of(bank, "who-has-more")
    with pytest.raises(PresenterLost):
        run_in_lab(lab, plan, bank, Acting({2: LOST}))
    assert offer(lab, plan, Scripted(right).describe()) is not None


class FullDisk:
    """A journal whose disk refuses some of the writes, counted over all kinds."""

    def __init__(self, journal: object, refused: set[int]) -> None:
        self._journal, self._refused, self._count = journal, refused, 0

    def __getattr__(self, name: str) -> object:
        found = getattr(self._journal, name)
        if name not in ("trial", "event", "correction", "close", "gaze"):
            return found

        def write(*args: object, **named: object) -> None:
            self._count += 1
            if self._count in self._refused:
                raise UserError("cannot be written: No space left on device", place="journal", code="disk")
            found(*args, **named)

        return write


@pytest.mark.parametrize("refused", [{1}, {5}, {5, 6, 7}, {2, 9, 12}, {14}, {15}])
def test_a_full_disk_pauses_until_there_is_space(
    refused: set[int], lab: Lab, bank: PlaceholderBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, table = plan_of(bank, "who-has-more"), Table(*["again"] * len(refused))  # type: ignore[list-item]
    new_session = lab.new_session
    journals: list[FullDisk] = []

    def filling(header):  # type: ignore[no-untyped-def]
        journal = new_session(header)
        journals.append(FullDisk(journal, refused))
        journal.__class__.__enter__(journal)
        return _Context(journals[-1], journal)

    monkeypatch.setattr(lab, "new_session", filling)
    finished = run_in_lab(lab, plan, bank, Scripted(right), desk=table)
    assert [ways for _, ways in table.troubles] == [DISK_WAYS] * len(refused)
    session = lab.read_session(finished.session_id)
    assert [t.plan_index for t in session.trials] == [t.index for t in plan.trials]
    assert session.end is not None
    assert session.problems == ()


class _Context:
    def __init__(self, shown: FullDisk, journal: object) -> None:
        self._shown, self._journal = shown, journal

    def __enter__(self) -> FullDisk:
        return self._shown

    def __exit__(self, *error: object) -> None:
        self._journal.__exit__(*error)  # type: ignore[attr-defined]


def test_the_desk_knows_where_the_session_stands(lab: Lab, bank: PlaceholderBank) -> None:
    plan, table = plan_for(bank, "who-has-more"), Table()
    run_in_lab(lab, plan, bank, Scripted(wrong), desk=table)
    *running, last = table.states
    assert last.over
    assert running[0].trials == len(plan.trials)
    assert [state.recorded for state in running] == list(range(len(running)))
    in_a_row = [rule.now for state in running for rule in state.stops if rule.rule == "wrong_in_a_row"]
    assert max(in_a_row) == 3, "told before the trial that may be the fourth"
    for state in running:
        assert state.target in state.choices
    assert running[-1].next is not None
    assert running[0].next is not None
    assert running[0].next.kind == plan.trials[1].kind


def test_a_stopped_session_ends_with_its_notes(lab: Lab, bank: PlaceholderBank) -> None:
    class Noting(Scripted):
        def leftovers(self) -> tuple[tuple[str, float, dict[str, str]], ...]:
            return (("note", 5.0, {"text": "said goodbye"}),)

    def stop(turn: PresentedTurn) -> Answer:
        raise SessionStopped("breakoff", "", replace(right(turn), outcome="aborted", position=None))

    finished = run_in_lab(lab, plan_of(bank, "who-has-more"), bank, Noting(stop))
    events = lab.read_session(finished.session_id).events
    assert [event.detail["text"] for event in events if event.name == "note"] == ["said goodbye"]


class Looker(Scripted):
    """A child with a tracker: a set-up before the first looking trial, and ten samples a trial."""

    def __init__(self) -> None:
        super().__init__(self._look)
        self.set_ups = 0

    def set_up_looking(self) -> tuple[tuple[str, float, dict[str, object]], ...]:
        self.set_ups += 1
        return (("calibration_round", 12.0, {"round": 1, "good": True}),)

    def _look(self, turn: PresentedTurn) -> Answer:
        if turn.answer_by != "gaze":
            return right(turn)
        word = 5000.0 + 1000.0 * len(self.turns)
        gaze = tuple(
            GazeSample(word - 200 + 100 * n, 0.25, 0.5, "target" if n > 4 else "distractor") for n in range(10)
        )
        measured = Measured(onset_ms=word - 2000, word_onset_ms=word)
        return Answer(source="gaze", look_target=1.0, measured=measured, gaze=gaze, gaze_by="robot gaze")


def test_gaze_reaches_its_table_from_word_onset(lab: Lab, bank: PlaceholderBank) -> None:
    looker = Looker()
    plan = plan_for(bank, "battery")
    plan = plan.changed(trials=tuple(trial for trial in plan.trials if trial.block < 2))
    finished = run_in_lab(lab, plan, bank, looker)
    session = lab.read_session(finished.session_id)
    looked = [trial for trial in session.trials if trial.task == "looking_while_listening"]
    assert looked
    assert looker.set_ups == 1, "one set-up a session, before the first looking trial"
    names = [event.name for event in session.events]
    assert names.index("block_begin") < names.index("calibration_round") < names.index("trial")
    for trial in looked:
        rows = [sample for sample in session.gaze if sample.trial_id == trial.trial_id]
        assert [row.t_word_ms for row in rows] == [-200 + 100 * n for n in range(10)]
        assert [row.aoi for row in rows] == ["distractor"] * 5 + ["target"] * 5
        assert {(row.x, row.y, row.coder) for row in rows} == {(0.25, 0.5, "robot gaze")}
        assert (trial.outcome, trial.correct, trial.look_target) == ("answered", None, 1.0)
    assert {sample.trial_id for sample in session.gaze} == {trial.trial_id for trial in looked}
    assert check(lab).problems == []
    assert len(table(lab, "gaze")) == 10 * len(looked)


@pytest.mark.parametrize("corrected", [True, False])
def test_a_keyed_answer_that_ends_the_task_can_still_be_undone(
    corrected: bool, lab: Lab, bank: PlaceholderBank
) -> None:
    """The first count is keyed wrongly and fails the gate; before the session ends the examiner is asked once more."""
    plan = plan_for(bank, "object-counting")
    put: list[str] = []

    class Resting(Scripted):
        rests = True

        def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
            if turn.layout == "rest":
                put.append(turn.form)
                if corrected and put == ["check"]:
                    raise TrialWithdrawn("undo", self.label, Answer(outcome="skipped"))
                return Answer(source="examiner", outcome="none")
            if turn.kind == "test" and not hasattr(self, "label"):
                self.label = turn.choices[turn.target_position].label
                return Answer(position=(turn.target_position + 1) % len(turn.choices), source="examiner")
            return keyed(turn)

    finished = run_in_lab(lab, plan, bank, Resting(right), desk=Table())
    tests = [t for t in lab.read_session(finished.session_id).trials if t.trial_kind == "test"]
    if corrected:
        assert tests[0].correct
        assert tests[0].stop_rule is None
        assert [t.plan_index for t in tests] == [t.index for t in plan.trials if t.kind == "test"]
        assert put == ["check", "check"], "and once more before the session ends"
    else:
        assert (len(tests), tests[0].stop_rule, put) == (1, "gate", ["check"])
    assert check(lab).problems == []
