"""Importing the visual-precision study: on a small study of our own making, and on the real one where it is at hand."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.banks.store import BankWriter
from devkit.errors import UserError
from devkit.items import Choice, Item, Turn
from devkit.lab import Lab, table
from devkit.lab.check import check
from devkit.lab.imports import Imported, ImportOptions, importer
from devkit.lab.imports.visual_precision import LOOKED_COLUMNS, LOOKED_FILE, SHOWN_COLUMNS, SHOWN_FILE
from devkit.lab.imports.visual_precision_rows import EXCLUSIONS, FURTHER_EXCLUSIONS

Row = dict[str, str]
bring = importer("visual-precision")


def shown(child: str, ordinal: int, **changes: str) -> Row:
    values = dict.fromkeys(SHOWN_COLUMNS, "") | {
        "SubjectInfo.subjID": child,
        "Trials.trialID": f"easy-acorn-key{'' if ordinal % 2 else '-distractor'}",
        "Trials.ordinal": str(ordinal),
        "absolute_onset": f"2025-02-22 03:40:{10 + 8 * ordinal:02d}.500",
        "SubjectInfo.testAge": "480",
        "SubjectInfo.gender": "f",
        "SubjectInfo.age_at_birth": "34 weeks",
        "SubjectInfo.language_list": "en es",
        "Trials.leftImage": "key",
        "Trials.rightImage": "acorn",
        "Trials.targetImage": "acorn" if ordinal % 2 else "key",
        "Trials.trialType": "easy",
        "Session.response_id": f"response-{child}",
        "Trials.carrier_onset": "2",
        "Trials.target_onset": "3.25",
        "Trials.target_offset": "4.5",
    }
    return values | changes


def looked(child: str, ordinal: int, **changes: str) -> Row:
    values = dict.fromkeys(LOOKED_COLUMNS, "0") | {
        "SubjectInfo.subjID": child,
        "Trials.trialID": f"easy-acorn-key{'' if ordinal % 2 else '-distractor'}",
        "Trials.ordinal": str(ordinal),
        "Trials.imagePair": "acorn-key",
        "mean_target_looking_critical_window": "0.75",
        "mean_target_looking_baseline_window": "NA",
        "percent_usable_critical_window": "0.9",
        "usable_window": "1",
        "exclude_technical_issue": "FALSE",
        "technical_issue_exclusion_reason": "NA",
        "trial_exclusion_reason": "NA",
        "framerate": "30.1",
    }
    return values | changes


def study(folder: Path, shown_rows: list[Row], looked_rows: list[Row]) -> Path:
    for name, rows in ((SHOWN_FILE, shown_rows), (LOOKED_FILE, looked_rows)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    photos = folder / "stimuli/lookit/exp1/img"
    photos.mkdir(parents=True, exist_ok=True)
    for name in ("acorn", "key"):
        (photos / f"{name}.jpg").write_bytes(name.encode())
    return folder


def test_a_trial_becomes_a_record(lab: Lab, tmp_path: Path) -> None:
    source = study(tmp_path / "study", [shown("AB", 1), shown("AB", 2)], [looked("AB", 1), looked("AB", 2)])
    done = bring(lab, source, ImportOptions())
    assert (done.sessions, done.trials, done.participants, done.problems) == (1, 2, 1, [])
    session = lab.read_session(lab.sessions()[0].session_id)
    first, second = session.trials
    assert (first.task, first.form, first.item_id, first.bank) == (
        *("looking_while_listening", "standard"),
        *("easy-acorn-key", "visual-precision"),
    )
    assert [choice.label for choice in first.choices] == ["key", "acorn"]
    assert (first.word, first.target_position, second.word, second.target_position) == ("acorn", 1, "key", 0)
    assert first.choices[0].media is not None
    assert lab.media.find(first.choices[0].media) is not None
    assert (first.age_days, first.age_corrected_days, first.age_precision) == (480, 480 - 42, "month")
    assert (first.onset_ms, second.onset_ms) == (0.0, 8000.0)
    assert (second.prompt_onset_ms, second.word_onset_ms, second.prompt_end_ms) == (10_000.0, 11_250.0, 12_500.0)
    assert (first.look_target, first.look_baseline, first.look_usable) == (0.75, None, 0.9)
    assert (first.outcome, first.correct, first.score, first.answer_source) == ("answered", None, None, "gaze")
    assert (first.valid, first.exclusion, first.difficulty["condition"]) == (True, (), "easy")
    assert session.events[0].detail["framerate"] == "30.1"
    participant = lab.participants.get("AB")
    assert (participant.sex, participant.gestational_weeks, participant.languages) == ("female", 34, ("en", "es"))
    assert check(lab).problems == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, ()),
        ({"age_exclusion": "1"}, ("outside_age_range",)),
        (
            {"preterm_infant_exclusion": "1", "dev_concern_exclusion": "1", "exclude_participant": "1"},
            ("preterm", "dev_concern"),
        ),
        (
            {"usable_window": "0", "trial_exclusion": "1", "trial_exclusion_reason": "insufficient looking"},
            ("insufficient_trial_data",),
        ),
        (
            {
                "exclude_technical_issue": "TRUE",
                "technical_issue_exclusion_reason": "framerate issue",
                "trial_exclusion": "1",
                "usable_window": "0",
                "exclude_participant_insufficient_data": "1",
            },
            ("insufficient_data", "equipment_error", "insufficient_trial_data"),
        ),
        ({"side_bias_exclusion": "1", "non_english_exposure_exclusion": "1"}, ("language_exposure", "side_bias")),
        ({"exclude_participant": "1"}, ("participant_excluded",)),
        ({"trial_exclusion": "1"}, ("trial_excluded",)),
    ],
)
def test_exclusions_become_codes(lab: Lab, tmp_path: Path, changes: Row, codes: tuple[str, ...]) -> None:
    source = study(tmp_path / "study", [shown("AB", 1)], [looked("AB", 1, **changes)])
    bring(lab, source, ImportOptions())
    trial = lab.read_session(lab.sessions()[0].session_id).trials[0]
    assert trial.exclusion == codes
    assert trial.valid == (not codes)
    assert trial.flags == (("framerate_issue",) if "exclude_technical_issue" in changes else ())


def test_rows_of_one_file_only_are_kept_or_named(lab: Lab, tmp_path: Path) -> None:
    rows = [shown("AB", 1), shown("AB", 2), shown("CD", 1)]
    rows += [shown("CD", 3, **{"Session.response_id": "again"})]
    source = study(tmp_path / "study", rows, [looked("AB", 1), looked("CD", 1), looked("EF", 1)])
    done = bring(lab, source, ImportOptions())
    assert done.counts["rows shown and analysed"] == 2
    assert done.counts["rows shown but not analysed"] == 2
    assert done.counts["rows left out"] == 1
    assert [str(p) for p in done.problems] == [
        f"{source / LOOKED_FILE}:4: the trial is not among those shown, so its sides are not known"
    ]
    trials = table(lab).set_index(["respondent_code", "trial_index", "plan_digest"])
    assert len(trials) == 4
    left = table(lab)[lambda d: d["outcome"] == "none"]
    assert {tuple(codes) for codes in left["exclusion"]} == {("not_analysed",)}
    assert not left["valid"].any()
    assert {(r.respondent_code, tuple(r.flags)) for r in left.itertuples()} == {("AB", ()), ("CD", ("repeat_session",))}


def test_importing_twice_adds_nothing_and_a_changed_source_is_told(lab: Lab, tmp_path: Path) -> None:
    source = study(tmp_path / "study", [shown("AB", 1)], [looked("AB", 1)])
    bring(lab, source, ImportOptions())
    held = {path: path.read_bytes() for path in lab.index.journal_paths()}
    again = bring(lab, source, ImportOptions())
    assert (again.sessions, again.there, again.trials, again.participants, again.problems) == (0, 1, 0, 0, [])
    study(source, [shown("AB", 1)], [looked("AB", 1, mean_target_looking_critical_window="0.5")])
    changed = bring(lab, source, ImportOptions())
    assert [p.code for p in changed.problems] == ["import-changed"]
    assert {path: path.read_bytes() for path in lab.index.journal_paths()} == held


def test_two_labs_import_the_same_sessions(lab: Lab, tmp_path: Path) -> None:
    source = study(tmp_path / "study", [shown("AB", 1)], [looked("AB", 1)])
    other = Lab.create(tmp_path / "other")
    for one in (lab, other):
        bring(one, source, ImportOptions())
    held = [{p.name: p.read_bytes() for p in one.index.journal_paths()} for one in (lab, other)]
    assert held[0] == held[1]


def test_a_code_of_the_labs_own_is_not_taken_over(lab: Lab, tmp_path: Path) -> None:
    lab.participants.add("AB")
    source = study(tmp_path / "study", [shown("AB", 1), shown("CD", 1)], [looked("AB", 1)])
    done = bring(lab, source, ImportOptions())
    assert [p.code for p in done.problems] == ["participant-taken"]
    assert [s.respondent_code for s in lab.sessions()] == ["CD"]
    assert done.counts["rows left out"] == 1


@pytest.mark.parametrize(
    ("where", "changes", "said"),
    [
        ("shown", {"Trials.target_onset": "soon"}, "2: 'Trials.target_onset' is no number: 'soon'"),
        ("shown", {"Trials.targetImage": "dog"}, "2: 'Trials.targetImage' is not one of two pictures"),
        ("shown", {"absolute_onset": "yesterday"}, "2: 'absolute_onset' is no time"),
        ("shown", {"SubjectInfo.testAge": "480.5"}, "2: 'SubjectInfo.testAge' is no whole number"),
        ("shown", {"Trials.ordinal": ""}, "2: 'Trials.ordinal' is no finite number"),
        (
            "looked",
            {"mean_target_looking_critical_window": "7"},
            "2: 'mean_target_looking_critical_window' is no",
        ),
        ("looked", {"age_exclusion": "maybe"}, "2: 'age_exclusion' is neither true nor false"),
    ],
)
def test_a_bad_value_is_named_and_the_rest_comes(lab: Lab, tmp_path: Path, where: str, changes: Row, said: str) -> None:
    bad_shown = changes if where == "shown" else {}
    bad_looked = changes if where == "looked" else {}
    rows = ([shown("AB", 1, **bad_shown), shown("CD", 1)], [looked("AB", 1, **bad_looked), looked("CD", 1)])
    done = bring(lab, study(tmp_path / "study", *rows), ImportOptions())
    assert any(said in str(problem) for problem in done.problems)
    assert [s.respondent_code for s in lab.sessions()] == ["CD"]


def test_missing_columns_and_files_are_users_mistakes(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lookit_data\.csv: cannot be read"):
        bring(lab, tmp_path, ImportOptions())
    rows = [{k: v for k, v in shown("AB", 1).items() if k not in ("Trials.leftImage", "Trials.ordinal")}]
    source = study(tmp_path / "study", rows, [looked("AB", 1)])
    with pytest.raises(UserError, match=r":1: there is no column 'Trials.ordinal'[\s\S]*'Trials.leftImage'"):
        bring(lab, source, ImportOptions())
    (source / SHOWN_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8"):
        bring(lab, source, ImportOptions())


@given(data=st.binary(max_size=200), which=st.sampled_from([SHOWN_FILE, LOOKED_FILE]), heading=st.booleans())
@settings(max_examples=40, deadline=None)
def test_garbage_in_the_source_is_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, which: str, heading: bool
) -> None:
    folder = tmp_path_factory.mktemp("import")
    source = study(folder / "study", [shown("AB", 1)], [looked("AB", 1)])
    path = source / which
    head = path.read_bytes().partition(b"\n")[0] + b"\n" if heading else b""
    path.write_bytes(head + data)
    said: list[str] = []
    done = Imported()
    try:
        done = bring(Lab.create(folder / "lab"), source, ImportOptions())
    except UserError as error:
        said = [problem.place for problem in error.problems]
    assert all(place.startswith(str(source)) for place in said)
    assert done.trials <= 1


def test_an_unknown_kind_is_a_users_mistake() -> None:
    with pytest.raises(UserError, match="did you mean 'visual-precision'"):
        importer("visual-precison")


@pytest.fixture(scope="module")
def infants(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Imported, Path]:
    source = shared_data / "visual-precision"
    lab = Lab.create(tmp_path_factory.mktemp("infants") / "lab", name="Infants")
    return lab, bring(lab, source, ImportOptions()), source


def test_every_infant_comes_as_the_study_has_it(infants: tuple[Lab, Imported, Path]) -> None:
    lab, done, source = infants
    key = ["SubjectInfo.subjID", "Trials.trialID", "Trials.ordinal"]
    seen = pd.read_csv(source / SHOWN_FILE)
    both = seen.merge(pd.read_csv(source / LOOKED_FILE), on=key, how="left", suffixes=("", "_y"))
    frame = table(lab)
    assert done.problems == []
    assert (len(frame), frame["session_id"].nunique()) == (len(seen), seen["Session.response_id"].nunique())
    assert done.counts["rows shown but not analysed"] == both["trial_exclusion"].isna().sum() == 226
    ours = frame.assign(started=frame["started_at"].str[:23].str.replace("T", " "))
    joined = both.merge(ours, left_on=[key[0], "absolute_onset"], right_on=["respondent_code", "started"])
    assert len(joined) == len(seen)
    labels = joined["choices"].map(lambda text: [choice["label"] for choice in json.loads(text)])
    assert labels.tolist() == joined[["Trials.leftImage", "Trials.rightImage"]].to_numpy().tolist()
    assert (joined["item_id"] == joined["Trials.trialID"]).all()
    sides = np.where(joined["Trials.targetImage"] == joined["Trials.leftImage"], 0, 1)
    assert (joined["target_position"] == sides).all()
    assert (joined["age_days"] == joined["SubjectInfo.testAge"]).all()
    spoken = joined["word_onset_ms"] - joined["onset_ms"]
    np.testing.assert_allclose(spoken, 1000 * joined["Trials.target_onset"], atol=1e-6)
    for column, name in (
        ("look_target", "mean_target_looking_critical_window"),
        ("look_baseline", "mean_target_looking_baseline_window"),
        ("look_usable", "percent_usable_critical_window"),
    ):
        np.testing.assert_allclose(joined[column], joined[name], atol=1e-12)
    assert joined["correct"].isna().all()


def test_every_exclusion_of_the_study_is_a_code(infants: tuple[Lab, Imported, Path]) -> None:
    lab, _, source = infants
    looking = pd.read_csv(source / LOOKED_FILE)
    codes = Counter(code for row in table(lab)["exclusion"] for code in row)
    assert codes == {
        "not_analysed": 226,
        "outside_age_range": looking["age_exclusion"].sum(),
        "preterm": looking["preterm_infant_exclusion"].sum(),
        "dev_concern": looking["dev_concern_exclusion"].sum(),
        "insufficient_data": looking["exclude_participant_insufficient_data"].sum(),
        "equipment_error": looking["exclude_technical_issue"].sum(),
        "insufficient_trial_data": (looking["usable_window"] == 0).sum(),
    }
    reasons = [name for name in looking.columns if name.endswith("_exclusion")]
    reasons += ["exclude_participant", "exclude_technical_issue", "exclude_participant_insufficient_data"]
    analysed = looking[(looking[reasons].astype(int).sum(axis=1) == 0) & (looking["usable_window"] == 1)]
    valid = table(lab)[lambda d: d["valid"]]
    assert len(valid) == len(analysed)
    expected = analysed["mean_target_looking_critical_window"].mean()
    assert valid["look_target"].mean() == pytest.approx(expected, abs=1e-12)


def test_the_real_lab_is_sound_and_importing_again_adds_nothing(infants: tuple[Lab, Imported, Path]) -> None:
    lab, _, source = infants
    assert check(lab).problems == []
    again = bring(lab, source, ImportOptions())
    assert (again.sessions, again.trials, again.participants, again.there) == (0, 0, 0, 131)


def test_a_bank_of_the_same_items_gives_their_digests_and_order(lab: Lab, tmp_path: Path) -> None:
    source = study(tmp_path / "study", [shown("AB", 1), shown("AB", 2)], [looked("AB", 1), looked("AB", 2)])
    with BankWriter(tmp_path / "bank", name="visual-precision", source="test") as writer:
        digests = [writer.add_file(source / f"stimuli/lookit/exp1/img/{name}.jpg") for name in ("key", "acorn")]
        choices = tuple(
            Choice(label=name, media=digest, role=role)
            for name, digest, role in zip(("key", "acorn"), digests, ("unrelated", "target"), strict=True)
        )
        turn = Turn(prompt="Where is the acorn? (A) <image> (B) <image>", choices=choices, target=1)
        item = Item(item_id="easy-acorn-key", task="looking_while_listening", form="standard", turns=(turn,))
        writer.add_item(item)
    done = bring(lab, source, ImportOptions(bank=tmp_path / "bank"))
    assert [p.code for p in done.problems] == ["bank-item"]
    assert "easy-acorn-key-distractor" in str(done.problems[0])
    first, second = lab.read_session(lab.sessions()[0].session_id).trials
    assert (first.item_digest, second.item_digest) == (item.digest, "")
    assert (first.choice_order, first.target_position) == ((0, 1), 1)
    assert [(c.label, c.media, c.role, c.letter) for c in first.choices] == [
        ("key", digests[0], "unrelated", "A"),
        ("acorn", digests[1], "target", "B"),
    ]
    assert (second.choice_order, second.target_position) == ((0, 1), 0)


def test_every_code_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "lab.md").read_text()
    for column, code, _ in EXCLUSIONS:
        assert any(f"`{code}`" in line and f"`{column}`" in line for line in text.splitlines()), code
    for code, _ in FURTHER_EXCLUSIONS:
        assert f"| `{code}` |" in text
