"""Looking records over: exclusions and corrections are appended with a reason, and answers are scored anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.cli.root import attempt
from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.curation import amend, answered, exclude, include, trial_of
from protocols.load import load_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.runner import run_in_lab
from protocols.simulation import SimulatedChild


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab with one simulated session."""
    lab = Lab.create(tmp_path_factory.mktemp("lab") / "lab", name="Nursery")
    bank = placeholder_bank(12, dialogues=2)
    plan = make_plan(load_protocol("glimpse"), bank, "S1", 1)
    run_in_lab(lab, plan, bank, SimulatedChild("S1", 30, 1))
    return lab


def _session(lab: Lab) -> str:
    return lab.sessions()[0].session_id


def test_an_exclusion_is_appended_and_taken_back(study: Lab) -> None:
    session = _session(study)
    exclude(study, trial_of(study, session, "1"), "the parent pointed", "AB")
    found = trial_of(study, session, "1")
    assert (found.valid, found.exclusion) == (False, ("examiner",))
    assert [(c.column, c.before, c.why, c.who) for c in found.corrections] == [
        ("valid", True, "the parent pointed", "AB"),
        ("exclusion", [], "the parent pointed", "AB"),
    ]
    include(study, found, "nobody did")
    again = trial_of(study, session, "1")
    assert (again.valid, again.exclusion, len(again.corrections)) == (True, (), 4)


def test_an_answer_is_scored_anew(study: Lab) -> None:
    session = _session(study)
    trials = study.read_session(session).trials
    record = next(t for t in trials if t.task == "picture_vocabulary" and t.trial_kind == "test")
    wrong = (record.target_position + 1) % len(record.choices)
    amend(study, record, answered(record, wrong), "keyed wrongly")
    found = trial_of(study, session, record.trial_id)
    assert (found.answer, found.correct, found.score) == (record.choices[wrong].label, False, 0.0)
    amend(study, found, answered(found, found.target_position), "it was right")
    assert trial_of(study, session, record.trial_id).correct is True
    amend(study, found, answered(found, None), "nothing was said")
    nothing = trial_of(study, session, record.trial_id)
    assert (nothing.outcome, nothing.answer, nothing.correct) == ("none", None, None)


def test_what_cannot_be_put_right(study: Lab) -> None:
    session = _session(study)
    record = trial_of(study, session, "1")
    with pytest.raises(UserError, match="needs a reason"):
        exclude(study, record, "  ")
    with pytest.raises(UserError, match="no column 'nota'"):
        amend(study, record, {"nota": 1}, "why")
    with pytest.raises(UserError, match="identity"):
        amend(study, record, {"trial_id": "x"}, "why")
    with pytest.raises(UserError, match="no choice 9"):
        answered(record, 8)
    with pytest.raises(UserError, match="no trial 99"):
        trial_of(study, session, "99")
    dialogue = next(t for t in study.read_session(session).trials if t.turns)
    with pytest.raises(UserError, match="dialogue"):
        answered(dialogue, 0)


def test_the_command_line_does_the_same(study: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    where = [str(study.path), _session(study), "2"]
    assert attempt(["trial", "exclude", *where, "--why", "noise", "--who", "AB"])[0] == 0
    assert not trial_of(study, where[1], "2").valid
    assert attempt(["trial", "include", *where, "--why", "no noise"])[0] == 0
    assert attempt(["trial", "correct", *where, "note", "a sibling", "--why", "forgotten"])[0] == 0
    assert trial_of(study, where[1], "2").note == "a sibling"
    assert attempt(["trial", "answer", *where, "1", "--why", "video"])[0] == 0
    assert trial_of(study, where[1], "2").answer_position == 0
    status, problems = attempt(["trial", "answer", *where, "nonsense", "--why", "video"])
    assert status == 2
    assert "no choice" in problems[0].message
    assert Path(where[0]).exists()
    capsys.readouterr()
