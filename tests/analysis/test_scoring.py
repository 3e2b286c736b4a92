"""From trials to answers: ways of scoring, unreadable replies, ties, dialogues, banks, and who is who."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Sitter, demo_table, looking_table, session

from analysis.accuracy import Cell
from analysis.data import nested, prepare
from analysis.groups import mark_groups
from analysis.options import Options
from analysis.study import LabFacts, Study, study

QUICK = Options(draws=200)
VOCABULARY = (("picture_vocabulary", "standard"),)


def run(*tables: pd.DataFrame) -> Study:
    return study(prepare(pd.concat(tables, ignore_index=True)), LabFacts(), QUICK)


def only(found: Study, **wanted: Any) -> Cell:
    fit = [c for c in found.cells if all(getattr(c, name) == value for name, value in wanted.items())]
    assert len(fit) == 1, [(c.group.label, c.way, c.task, c.form, c.measure) for c in fit]
    return fit[0]


def model(each: int = 40, **changes: Any) -> pd.DataFrame:
    sitter = Sitter("m", "model", 0.5, model_id="tiny", step=10, hours=2.0, source="text", scores=True)
    return session(sitter, changes.pop("forms", VOCABULARY), each, 5).assign(**changes)


def test_accuracy_by_hand() -> None:
    table = model(4, choice_scores=None)
    table["correct"] = [True, False, True, None]
    table["score"] = [1.0, 0.0, 1.0, np.nan]
    table["outcome"] = ["answered", "answered", "answered", "none"]
    cell = only(run(table), way="text")
    assert cell.result.estimate == pytest.approx(2 / 3)
    assert cell.result.count("trials") == 3
    assert (cell.asked, cell.answered) == (4, 3)
    assert cell.result.chance == 0.25
    assert cell.result.p_value == pytest.approx(3 * 0.25**2 * 0.75 + 0.25**3)
    assert any("25% of the trials" in warning for warning in cell.result.warnings)


def test_unread_answers_are_not_wrong_but_cannot_help() -> None:
    """Ten right of ten read: above chance among the read, not when the 330 unread count as not right."""
    table = model(340, choice_scores=None)
    read = np.arange(340) < 10
    table["correct"] = pd.Series(np.where(read, True, None), dtype="object")
    table["score"] = np.where(read, 1.0, np.nan)
    table["outcome"] = np.where(read, "answered", "ambiguous")
    cell = only(run(table), way="text")
    assert cell.result.estimate == 1.0
    assert cell.result.p_value is not None
    assert cell.p_asked is not None
    assert cell.result.p_value < 0.001 < cell.p_asked
    assert not cell.beats


def test_items_of_few_moments_are_no_independent_ones() -> None:
    """Sixty per cent of 400 is far above a half, unless the 400 show eight moments, right or wrong each as a whole."""
    table = model(400, choice_scores=None, outcome="answered")
    moment = np.arange(400) % 8
    table["correct"] = pd.Series(moment < 5, dtype="object")
    table["score"] = table["correct"].astype(float)
    alone = only(run(table), way="text")
    table["provenance"] = [json.dumps({"frames": ["first", f"last {n}"]}) for n in moment]
    shared = only(run(table), way="text")
    assert alone.beats
    assert alone.p_clustered is None
    assert shared.p_clustered is not None
    assert shared.result.p_value == alone.result.p_value
    assert shared.result.p_value < 0.001 < shared.p_clustered
    assert not shared.beats
    assert any("8 moments" in warning for warning in shared.result.warnings)


@pytest.mark.parametrize(("trials", "wins"), [(320, True), (200, False)])
def test_criterion_needs_enough_trials(trials: int, wins: bool) -> None:
    table = model(trials, correct=True, score=1.0, outcome="answered", choice_scores=None)
    cell = only(run(table), way="text")
    assert cell.beats is wins


def test_published_forms_are_shown_and_not_counted() -> None:
    table = model(320, forms=(("left_right", "published"),), correct=True, score=1.0, outcome="answered")
    cell = only(run(table), way="text")
    assert cell.result.estimate == 1.0
    assert not cell.counted
    assert not cell.beats


def test_likelihood_takes_the_highest_and_ties_are_wrong() -> None:
    table = model(4, target_position=1)
    scores = [[0.0, 2.0, 1.0, -1.0], [3.0, 2.0, 1.0, -1.0], [2.0, 2.0, 1.0, 0.0], None]
    table["choice_scores"] = [None if s is None else json.dumps(s) for s in scores]
    cell = only(run(table), way="likelihood")
    assert (cell.result.estimate, cell.answered) == (pytest.approx(1 / 3), 3)


def test_scores_may_come_as_arrays() -> None:
    table = model(6)
    arrays = table.assign(choice_scores=[np.array(json.loads(s)) for s in table["choice_scores"]])
    assert only(run(table), way="likelihood").result == only(run(arrays), way="likelihood").result


def test_replies_of_likelihood_sessions_are_read() -> None:
    letters = [{"label": "cup", "letter": "A"}, {"label": "dog", "letter": "B"}, {"label": "hat", "letter": "C"}]
    table = model(3, answer_source="likelihood", target_position=1, correct=True, score=1.0, outcome="answered")
    table["choices"] = json.dumps(letters)
    table["answer_raw"] = ["B", "A", "I like it"]
    found = run(table)
    text = only(found, way="text")
    assert (text.result.estimate, text.asked, text.answered) == (pytest.approx(0.5), 3, 2)
    assert only(found, way="likelihood").result.estimate == 1.0


def test_repeated_items_count_once_for_one_respondent() -> None:
    first = model(10, choice_scores=None).assign(correct=True, score=1.0, outcome="answered")
    again = first.assign(score=0.0, correct=False, trial_index=first["trial_index"] + 100)
    again["trial_id"] = "again-" + again["trial_id"]
    cell = only(run(first, again), way="text")
    assert (cell.result.estimate, cell.result.count("trials"), cell.repeats) == (1.0, 10, 10)


def test_memory_counts_learned_objects() -> None:
    table = model(2, forms=(("memory", "standard"),))
    table["score"] = [0.4, 1.0]
    table["scores"] = [
        json.dumps({"adjusted": 0.4, "raw": 0.7, "learning": 0.5}),
        json.dumps({"raw": 1.0, "learning": None}),
    ]
    found = run(table)
    score = only(found, way="text", measure="score")
    assert (score.result.estimate, score.result.count("learned objects")) == (pytest.approx(0.7), 10)
    raw = only(found, way="text", measure="raw")
    assert (raw.result.estimate, raw.result.chance, raw.result.count("test turns")) == (pytest.approx(0.85), 0.5, 20)
    assert only(found, way="text", measure="learning").result.count("learning turns") == 4
    assert not [c for c in found.cells if c.way == "likelihood"]


def test_directions_within_45_degrees() -> None:
    labels = ["top", "top right", "right", "bottom"]
    table = model(4, forms=(("visual_delayed_response", "open"),), target_position=0, scores="{}")
    table["choices"] = json.dumps([{"label": label} for label in labels])
    table["choice_scores"] = [json.dumps([float(at == best) for at in range(4)]) for best in range(4)]
    found = run(table)
    assert only(found, way="likelihood", measure="score").result.estimate == pytest.approx(1 / 4)
    near = only(found, way="likelihood", measure="adjacent").result
    assert (near.estimate, near.chance) == (pytest.approx(2 / 4), 0.375)


def test_practice_excluded_and_broken_off_trials_stay_out() -> None:
    table = model(8, choice_scores=None).assign(correct=True, score=1.0, outcome="answered")
    table.loc[0, ["trial_kind", "is_practice"]] = ["practice", True]
    table.loc[1, "valid"] = False
    table.loc[2, "outcome"] = "aborted"
    found = run(table)
    assert only(found, way="text").result.count("trials") == 5
    flow = found.flow[0]
    assert (flow.recorded, flow.practice, flow.excluded, flow.aborted, flow.used) == (8, 1, 1, 1, 5)


def test_looking_never_enters_accuracy() -> None:
    found = run(looking_table(8, 6))
    assert found.cells == ()
    assert found.replies[0].trials == 0
    assert found.replies[0].looking == found.looking[0].trials


def test_other_banks_stay_apart() -> None:
    mine = model(20)
    other = model(20, bank="photos")
    other["trial_id"] = "p-" + other["trial_id"]
    more = model(20, forms=(("localization", "standard"),))
    found = run(mine, other, more)
    assert {c.form for c in found.cells if c.task == "picture_vocabulary"} == {"standard", "standard@photos"}
    apart = next(c for c in found.cells if c.form == "standard@photos")
    assert apart.title == "Picture Vocabulary, bank photos"
    assert not apart.counted


def test_who_is_who() -> None:
    frame = prepare(demo_table(children=4, each=2, model_each=10)).frame
    key, groups = mark_groups(frame)
    kinds = {group.label: group.kind for group in groups.values()}
    assert kinds["Simulated children"] == "simulation"
    assert kinds["Children"] == "child"
    assert kinds["Robot at the screen"] == "robot"
    assert kinds["Text only (no image)"] == "baseline"
    assert set(frame.loc[key == "child", "respondent_kind"]) == {"child"}
    final = [g.label for g in groups.values() if g.model == "babyvlm-tiny" and g.final]
    assert final == ["babyvlm-tiny · 8 h seen"]
    untrained = [g for g in groups.values() if g.random]
    assert untrained
    assert all("random weights" in g.label for g in untrained)


@pytest.mark.parametrize("change", [{"time_scale": 10.0}, {"display": "screen 1"}, {"timing_tier": "demo"}])
def test_a_simulation_at_a_screen_is_a_robot(change: dict[str, Any]) -> None:
    table = session(Sitter("r", age_days=900), VOCABULARY, 3, 1).assign(**change)
    assert set(mark_groups(prepare(table).frame)[0]) == {"robot"}


def test_a_childs_record_at_another_clock_is_no_child() -> None:
    table = session(Sitter("c", "child", age_days=900), VOCABULARY, 3, 1).assign(time_scale=10.0)
    assert set(mark_groups(prepare(table).frame)[0]) == {"robot"}


def test_prepare_names_what_is_odd() -> None:
    table = model(4)
    twice = pd.concat([table, table.iloc[:1]]).drop(columns=["look_target"])
    twice.loc[:, "schema_version"] = "0.9"
    trials = prepare(twice)
    assert len(trials.frame) == 4
    words = " ".join(trials.notes)
    assert "look_target" in words
    assert "1 rows repeat" in words
    assert "0.9" in words


def test_nested_reads_what_comes() -> None:
    assert nested(["[1, 2]", None, float("nan"), "{", np.array([1, 2]), {"a": 1}, ""]) == [
        [1, 2], None, None, None, [1, 2], {"a": 1}, None,
    ]  # fmt: skip
