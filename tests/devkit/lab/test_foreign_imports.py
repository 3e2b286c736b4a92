"""Data of other programs come into a lab: what they say is kept, what they do not say stays empty."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.export import export
from devkit.lab import Lab
from devkit.lab.check import check
from devkit.lab.imports import IMPORTERS, Imported, ImportOptions, importer
from devkit.lab.references import references


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab.create(tmp_path / "lab")


def table(path: Path, header: str, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def peekbank(tmp_path: Path) -> Path:
    """Two trials of one child at 60 Hz; in the second the distractor is on the left and looked at throughout."""
    out = tmp_path / "peekbank"
    table(out / "datasets.csv", "dataset_id,lab_dataset_id,dataset_name", "0,x,reflook")
    table(out / "subjects.csv", "subject_id,sex,lab_subject_id", "0,female,s 01")
    age = "age,lab_age,lab_age_units,sample_rate,tracker,coding_method"
    table(
        out / "administrations.csv",
        f"administration_id,dataset_id,subject_id,{age}",
        "0,0,0,18.1,18,months,60,,manual gaze coding",
    )
    table(out / "stimuli.csv", "stimulus_id,stimulus_label,dataset_id", "0,ball,0", "1,dog,0")
    trials = (
        "0,Where's the ball?,eng,2000,left,0,,0,1,0",
        "1,Where's the dog?,eng,2100,right,1,,0,0,1",
        "2,x,eng,1,left,2,,0,1,0",
    )
    head = (
        "trial_id,full_phrase,full_phrase_language,point_of_disambiguation,target_side,"
        "lab_trial_id,aoi_region_set_id,dataset_id,distractor_id,target_id"
    )
    table(out / "trials.csv", head, *trials)
    looks = [(0, t, "target" if t > 1000 else "missing") for t in range(-400, 3600, 50)]
    looks += [(1, t, "distractor") for t in range(-400, 3600, 50)]
    table(
        out / "aoi_timepoints.csv",
        "aoi_timepoint_id,trial_id,aoi,t_norm,administration_id",
        *(f"{n},{trial},{aoi},{t},0" for n, (trial, t, aoi) in enumerate(looks)),
    )
    return out


def bring(lab: Lab, kind: str, source: Path, **options: Any) -> Imported:
    return importer(kind)(lab, source, ImportOptions(**options))


def test_peekbank_gives_sides_windows_and_samples(lab: Lab, peekbank: Path) -> None:
    done = bring(lab, "peekbank", peekbank)
    assert (done.sessions, done.trials, done.participants, done.problems) == (1, 2, 1, [])
    session = lab.read_session(lab.sessions()[0].session_id)
    first, second = session.trials
    assert (first.respondent_code, first.age_days, first.age_precision) == ("s-01", 548, "month")
    assert [choice.label for choice in first.choices] == ["ball", "dog"]
    assert [choice.label for choice in second.choices] == ["ball", "dog"]
    assert (first.target_position, second.target_position) == (0, 1)
    assert (first.look_target, second.look_target) == (1.0, 0.0)
    # 500 to 3,550 ms in steps of 50 are 62 samples, of which those after 1,000 ms are usable
    assert first.look_usable == pytest.approx(51 / 62)
    assert (first.correct, first.outcome, first.word_onset_ms) == (None, "answered", 2000.0)
    assert len(session.gaze) == 160
    assert session.header.machine["note"] == "the source gives no date"
    assert bring(lab, "peekbank", peekbank).there == 1
    assert check(lab).problems == []


def test_peekbank_comes_back_out_with_the_same_looking(lab: Lab, peekbank: Path, tmp_path: Path) -> None:
    bring(lab, "peekbank", peekbank)
    export(lab, "peekbank", tmp_path / "out")
    again = Lab.create(tmp_path / "again")
    bring(again, "peekbank", tmp_path / "out")
    mine, theirs = (one.read_session(one.sessions()[0].session_id) for one in (lab, again))
    kept = ("choices", "target_position", "look_target", "look_usable", "word_onset_ms", "age_days")
    assert [[getattr(t, k) for k in kept] for t in mine.trials] == [
        [getattr(t, k) for k in kept] for t in theirs.trials
    ]
    assert [(g.t_word_ms, g.aoi) for g in mine.gaze] == [(g.t_word_ms, g.aoi) for g in theirs.gaze]


def test_a_changed_source_leaves_the_session_as_it_was(lab: Lab, peekbank: Path) -> None:
    bring(lab, "peekbank", peekbank)
    path = peekbank / "trials.csv"
    path.write_text(path.read_text().replace("2000,left", "2000,right"))
    done = bring(lab, "peekbank", peekbank)
    assert [problem.code for problem in done.problems] == ["import-changed"]
    assert lab.read_session(lab.sessions()[0].session_id).trials[0].target_position == 0


def test_another_child_of_that_code_is_not_taken_for_this_one(lab: Lab, peekbank: Path) -> None:
    lab.participants.add("s-01")
    done = bring(lab, "peekbank", peekbank)
    assert (done.sessions, [problem.code for problem in done.problems]) == (0, ["participant-taken"])


LEVANTE = (
    "trial_id,user_id,run_id,task_id,assessment_stage,item,item_uid,answer,response,correct,rt_numeric,"
    "is_practice_trial,distractors,valid_trial,theta_estimate,theta_se"
)


def test_levante_runs_become_sessions(lab: Lab, tmp_path: Path) -> None:
    out = tmp_path / "levante"
    rows = (
        't1,u1,r1,vocab,practice_response,dog,v_dog,dog,dog,TRUE,900,TRUE,"cat,sun,cup",TRUE,,',
        "t2,u1,r1,vocab,test_response,sock,v_sock,sock,shoe,FALSE,1500,FALSE,"
        '"[""shoe"", ""cat"", ""cup""]",FALSE,-0.2,0.5',
        "t3,u1,r1,trog,test_response,x,x,x,x,TRUE,1,FALSE,,TRUE,,",
    )
    table(out / "trials.csv", LEVANTE, *rows)
    table(out / "runs.csv", "run_id,user_id,age,completed,time_started", "r1,u1,5.5,TRUE,2025-01-02T10:00:00+00:00")
    done = bring(lab, "levante", out)
    assert (done.trials, [problem.code for problem in done.problems]) == (2, ["levante-task"])
    practice, tested = lab.read_session(lab.sessions()[0].session_id).trials
    assert (practice.is_practice, practice.correct, practice.age_days, practice.chance) == (True, True, 2009, 0.25)
    assert (tested.correct, tested.answer, tested.rt_ms, tested.theta, tested.valid) == (
        False,
        "shoe",
        1500.0,
        -0.2,
        False,
    )
    assert tested.flags == ("order_unknown",)
    assert lab.sessions()[0].reason == "completed"
    assert check(lab).problems == []


def test_what_levante_got_from_us_comes_back(lab: Lab, peekbank: Path, tmp_path: Path) -> None:
    bring(lab, "peekbank", peekbank)
    export(lab, "levante", tmp_path / "out")
    again = Lab.create(tmp_path / "again")
    assert bring(again, "levante", tmp_path / "out").trials == 2
    assert [t.task for t in again.read_session(again.sessions()[0].session_id).trials] == [
        "looking_while_listening"
    ] * 2


def test_psychopy_finds_its_columns(lab: Lab, tmp_path: Path) -> None:
    head = "image,corrAns,trials.thisN,key_resp.keys,key_resp.corr,key_resp.rt,participant,date,expName"
    path = table(
        tmp_path / "P7_vocab_2026.csv",
        head,
        ",,,,,,P7,2026-03-04_10h05.21.123,vocab",
        "dog.png,left,0,left,1,0.75,P7,2026-03-04_10h05.21.123,vocab",
        "cat.png,right,1,left,0,1.25,P7,2026-03-04_10h05.21.123,vocab",
        "cup.png,right,2,,0,,P7,2026-03-04_10h05.21.123,vocab",
    )
    done = bring(lab, "psychopy", path, form="who_has_more/synthetic")
    assert (done.trials, done.counts["rows that are no trial"]) == (3, 1)
    right, wrong, late = lab.read_session(lab.sessions()[0].session_id).trials
    assert (right.correct, right.rt_ms, right.answer_source, right.item_id) == (True, 750.0, "key", "dog.png")
    assert (wrong.correct, wrong.target, wrong.chance) == (False, "right", 0.5)
    assert (late.correct, late.outcome, late.rt_ms) == (None, "timeout", None)
    assert right.started_at == "2026-03-04T10:05:21+00:00"
    assert check(lab).problems == []


def test_jspsych_holds_several_people_and_names_can_be_told(lab: Lab, tmp_path: Path) -> None:
    head = "rt,stimulus,response,trial_type,who,gold,part"
    path = table(
        tmp_path / "all.csv",
        head,
        "812,<p>Hi</p>,,html-button-response,s1,,",
        "1500.5,<img>,1,image-button-response,s1,1,practice",
        "1400,<img>,0,image-button-response,s2,1,test",
    )
    told = {"participant": "who", "target": "gold", "practice": "part"}
    done = bring(lab, "jspsych", path, form="picture_vocabulary", columns=told)
    assert (done.sessions, done.trials) == (2, 2)
    trials = {s.respondent_code: lab.read_session(s.session_id).trials[0] for s in lab.sessions()}
    assert (trials["s1"].correct, trials["s1"].is_practice, trials["s1"].rt_ms) == (True, True, 1500.5)
    assert (trials["s2"].correct, trials["s2"].is_practice, trials["s2"].answer_raw) == (False, False, "0")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "does not say which task"),
        ({"form": "picture_vocabulry"}, "did you mean 'picture_vocabulary'"),
        ({"form": "who_has_more"}, "has no form ''"),
        ({"form": "picture_vocabulary", "columns": {"rt": "tr"}}, "there is no column 'tr'"),
        ({"form": "picture_vocabulary", "columns": {"speed": "rt"}}, "nothing that a column can hold"),
        ({"form": "picture_vocabulary"}, "no column names the participant"),
        ({"form": "picture_vocabulary", "columns": {"participant": "rt"}}, "no column says what was right"),
    ],
)
def test_what_is_lacking_is_said(lab: Lab, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    path = table(tmp_path / "x.csv", "rt,what", "1,2")
    with pytest.raises(UserError, match=message):
        bring(lab, "jspsych", path, **options)


def test_devbench_gives_distributions_and_no_trials(lab: Lab, shared_data: Path) -> None:
    done = bring(lab, "devbench", shared_data / "devbench")
    assert (done.sessions, done.counts["distributions"], done.problems) == (0, 508, [])
    found = references(lab)
    assert {(one.task, one.kind, one.age_years) for one in found if one.kind == "adult"} == {
        ("picture_vocabulary", "adult", 25.0)
    }
    assert all(abs(sum(one.shares) - 1) < 1e-3 for one in found)
    assert found[0].options[0] == found[0].word == "acorn"
    bring(lab, "devbench", shared_data / "devbench")
    assert len(references(lab)) == 508


@pytest.mark.parametrize("kind", sorted(set(IMPORTERS) - {"visual-precision"}))
def test_a_missing_source_is_one_clear_message(lab: Lab, tmp_path: Path, kind: str) -> None:
    with pytest.raises(UserError):
        bring(lab, kind, tmp_path / "nowhere", form="picture_vocabulary")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=8) | st.sampled_from(
    ["1", "TRUE", "0.5", "NA", "left", "a,b"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=len(LEVANTE.split(",")), max_size=len(LEVANTE.split(","))), max_size=6))
def test_garbage_is_counted_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    out = tmp_path_factory.mktemp("garbage")
    with (out / "trials.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([LEVANTE.split(","), *rows])
    done = bring(Lab.create(out / "lab"), "levante", out, form="picture_vocabulary/standard")
    assert done.counts.get("rows", 0) == done.trials + done.there + done.counts.get("rows left out", 0)
