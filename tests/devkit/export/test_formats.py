"""Exports in the field's formats: right by the formats' own rules, and the same records when they come back."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.export import export
from devkit.export.as_peekbank import coding_method
from devkit.export.keys import keys_of
from devkit.lab import Lab
from devkit.lab.imports import ImportOptions, importer
from devkit.records import Correction, EventRecord, GazeRecord, SessionHeader, TrialRecord

Make = Callable[..., Any]
TASKS = ("who_has_more", "looking_while_listening", "memory")


@pytest.fixture
def lab(tmp_path: Path, make_header: Make, make_trial: Make) -> Lab:
    """Two children whose codes differ by a hyphen only, a model, three tasks, gaze, an empty reply, a correction."""
    lab = Lab.create(tmp_path / "lab", name="Ünïcode lab / 1")
    for code in ("A-B", "AB"):
        lab.participants.add(code, sex="female", languages=("en", "es"), gestational_weeks=39)
    for code, kind in (("A-B", "child"), ("AB", "child"), ("model-x", "model")):
        _session(
            lab,
            make_header(lab.lab_id).model_copy(update={"respondent_code": code, "respondent_kind": kind}),
            make_trial,
        )
    return lab


def _session(lab: Lab, header: SessionHeader, make_trial: Make) -> None:
    who = {"respondent_code": header.respondent_code, "respondent_kind": header.respondent_kind}
    with lab.new_session(header) as journal:
        for index in range(6):
            task = TASKS[index // 2]
            said = ("", 'the "first",\tone\nline — ñ', None, "B", "n/a", " led")[index]
            word = {"word_onset_ms": 1000.0 * index + 500.25, "onset_ms": 1000.0 * index}
            trial = make_trial(header, index, task=task, answer_raw=said, **who, **word)
            journal.trial(trial)
            journal.event(
                EventRecord(
                    session_id=header.session_id, trial_id=trial.trial_id, t_ms=index, name="flip", detail={"a": 0.1}
                )
            )
            if task == "looking_while_listening":
                looks = [
                    GazeRecord(
                        session_id=header.session_id,
                        trial_id=trial.trial_id,
                        t_word_ms=k * 33.25 - 200,
                        x=0.1,
                        y=None if k else 0.5,
                        aoi="target",
                        coder="icatcher+",
                        confidence=0.9,
                    )
                    for k in range(9)
                ]
                journal.gaze(looks)
        journal.event(EventRecord(session_id=header.session_id, t_ms=9000, name="pause", detail={}))
        when = "2026-03-05T09:00:00+01:00"
        journal.correction(
            Correction(trial_id=trial.trial_id, column="valid", after=False, who="E", when=when, why="w")
        )
        journal.close("completed")


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.mark.parametrize("kind", ["csv", "parquet", "psychds", "bids"])
def test_an_export_comes_back_with_the_same_records(lab: Lab, tmp_path: Path, kind: str) -> None:
    export(lab, kind, tmp_path / "out")
    other = Lab.create(tmp_path / "other")
    done = importer("devkit")(other, tmp_path / "out", ImportOptions())
    assert (done.sessions, done.trials, done.problems) == (3, 18, [])
    assert importer("devkit")(other, tmp_path / "out", ImportOptions()).there == 3
    for summary in lab.sessions():
        mine, theirs = lab.read_session(summary.session_id), other.read_session(summary.session_id)
        assert [_plain(trial, kind) for trial in mine.trials] == [_plain(trial, kind) for trial in theirs.trials]
        assert [sample.model_dump() for sample in mine.gaze] == [sample.model_dump() for sample in theirs.gaze]
        if kind != "bids":  # events stand beside gaze only, as BIDS wants it
            assert sorted(map(str, mine.events)) == sorted(map(str, theirs.events))
            known = ("code", "kind", "sex", "languages", "gestational_weeks", "added_at")
            assert _of(other, known) == _of(lab, known)


def _of(lab: Lab, names: tuple[str, ...]) -> list[list[object]]:
    return [[getattr(participant, name) for name in names] for participant in lab.participants.all()]


def _plain(trial: TrialRecord, kind: str) -> dict[str, Any]:
    """Return a record as values; a TSV file has no line breaks, no tabs and no empty text."""
    values = trial.model_dump(mode="json")
    if kind == "bids":
        said = re.sub(r"[\t\n]", " ", values["answer_raw"] or "")
        values["answer_raw"] = None if said in ("", "n/a") else said
    return values


def test_a_damaged_or_foreign_folder_is_refused(lab: Lab, tmp_path: Path) -> None:
    bring = importer("devkit")
    with pytest.raises(UserError, match=r"export\.json"):
        bring(lab, tmp_path, ImportOptions())
    export(lab, "levante", tmp_path / "levante")
    with pytest.raises(UserError, match="cannot come back"):
        bring(lab, tmp_path / "levante", ImportOptions())
    export(lab, "csv", tmp_path / "out")
    path = tmp_path / "out" / "trials.csv"
    path.write_text(path.read_text().replace("true", "perhaps", 1))
    done = bring(Lab.create(tmp_path / "new"), tmp_path / "out", ImportOptions())
    assert [problem.place for problem in done.problems] == [f"{path}:2"]
    assert done.counts["rows left out"] == 1


def test_bids_passes_the_official_validator(lab: Lab, tmp_path: Path) -> None:
    validator = Path(sys.executable).with_name("bids-validator-deno")
    if not validator.exists():
        pytest.skip("bids-validator-deno is not installed")
    out = tmp_path / "out"
    export(lab, "bids", out)
    assert _validated(validator, out) == []
    broken = next(out.rglob("*_beh.json"))
    broken.write_text(broken.read_text()[:-4])
    assert _validated(validator, out) != []


def _validated(validator: Path, out: Path) -> list[str]:
    command = [str(validator), "--max-rows", "-1", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    issues = json.loads(done.stdout)["issues"]["issues"]
    return [issue["code"] for issue in issues if issue["severity"] == "error"]


def test_psychds_keeps_every_rule_of_the_schema(lab: Lab, tmp_path: Path, shared_data: Path) -> None:
    schema = json.loads((shared_data / "psych-ds" / "schema.json").read_text())
    out = tmp_path / "out"
    export(lab, "psychds", out)
    assert violations(out, schema) == []
    assert [row["value"] for row in rows(out / "documentation" / "keys.csv") if row["keyword"] == "subject"] == [
        "A-B",
        "AB",
        "model-x",
    ]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda out: (out / "dataset_description.json").unlink(), "MISSING_DATASET_DESCRIPTION"),
        (lambda out: (out / "dataset_description.json").write_text("{"), "INVALID_JSON_FORMATTING"),
        (
            lambda out: shutil.move(_first(out), _first(out).with_name("x_data.csv")),
            "FILENAME_KEYWORD_FORMATTING_ERROR",
        ),
        (lambda out: _first(out).write_text("row_id,what\n1,2\n"), "CSV_COLUMN_MISSING_FROM_METADATA"),
        (lambda out: _first(out).write_text("row_id\n1\n1\n"), "ROWID_VALUES_NOT_UNIQUE"),
        (lambda out: _first(out).write_text("row_id,row_id\n1,2\n"), "CSV_HEADER_REPEATED"),
        (lambda out: _first(out).write_text("row_id\n1,2\n"), "CSV_HEADER_LENGTH_MISMATCH"),
        (lambda out: _first(out).write_bytes(b"\xef\xbb\xbf" + _first(out).read_bytes()), "BYTE_ORDER_MARK"),
    ],
)
def test_the_check_of_psychds_finds_damage(
    lab: Lab, tmp_path: Path, shared_data: Path, damage: Callable[[Path], object], code: str
) -> None:
    schema = json.loads((shared_data / "psych-ds" / "schema.json").read_text())
    export(lab, "psychds", tmp_path / "out")
    damage(tmp_path / "out")
    assert code in {found for found, _ in violations(tmp_path / "out", schema)}


def _first(out: Path) -> Path:
    return sorted((out / "data").iterdir())[0]


def violations(out: Path, schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the errors that the published rules of Psych-DS find in a folder, as code and place."""
    files = schema["rules"]["files"]
    rule = files["tabular_data"]["data"]["Datafile"]
    fields = schema["rules"]["compiled_metadata"]["CompiledMetadata"]["fields"]
    found: list[tuple[str, str]] = []
    path = out / "dataset_description.json"
    if not path.is_file():
        return [(files["common"]["core"]["dataset_description"]["code"], "/")]
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return [("INVALID_JSON_FORMATTING", path.name)]
    found += [("JSON_KEY_REQUIRED", key) for key, need in fields.items() if need == "required" and not about.get(key)]
    if about.get("@type") not in ("Dataset", "https://schema.org/Dataset") or "schema.org" not in str(
        about.get("@context")
    ):
        found.append(("INCORRECT_DATASET_TYPE", path.name))
    tables = sorted((out / rule["baseDir"]).rglob("*"))
    if not tables:
        found.append((rule["code"], "/data"))
    measured = {entry["name"] for entry in about.get("variableMeasured", [])}
    used: set[str] = set()
    for table in tables:
        if not re.fullmatch(rule["fileRegex"], table.name) or table.suffix not in rule["extensions"]:
            found.append(("FILENAME_KEYWORD_FORMATTING_ERROR", table.name))
        found += _table_violations(table, measured, used)
    return found + [("VARIABLE_MISSING_FROM_CSV_COLUMNS", name) for name in measured - used]


def _table_violations(table: Path, measured: set[str], used: set[str]) -> list[tuple[str, str]]:
    data = table.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        return [("BYTE_ORDER_MARK", table.name)]
    with table.open(encoding="utf-8", newline="") as file:
        header, *body = csv.reader(file)
    used |= set(header)
    found = [("CSV_COLUMN_MISSING_FROM_METADATA", name) for name in header if name not in measured]
    if len(set(header)) < len(header):
        found.append(("CSV_HEADER_REPEATED", table.name))
    if any(len(row) != len(header) for row in body):
        return [*found, ("CSV_HEADER_LENGTH_MISMATCH", table.name)]
    ids = [row[header.index("row_id")] for row in body] if "row_id" in header else []
    return [*found, ("ROWID_VALUES_NOT_UNIQUE", table.name)] if len(set(ids)) < len(ids) else found


def test_psychds_official_validator_where_there_is_one(lab: Lab, tmp_path: Path) -> None:
    validator = shutil.which("psychds-validator") or shutil.which("psych-ds-validator")
    if validator is None:
        pytest.skip("psychds-validator is not installed")
    export(lab, "psychds", tmp_path / "out")
    done = subprocess.run([validator, str(tmp_path / "out")], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout


def published(shared_data: Path, name: str) -> list[dict[str, str]]:
    return rows(shared_data / "columns" / name)


def test_peekbank_has_the_published_columns(lab: Lab, tmp_path: Path, shared_data: Path) -> None:
    done = export(lab, "peekbank", tmp_path / "out")
    assert done.left_out == ["12 practice trials and trials of other tasks", "2 trials of models and simulations"]
    by_table: dict[str, list[dict[str, str]]] = {}
    for column in published(shared_data, "peekbank.csv"):
        by_table.setdefault(column["table"], []).append(column)
    for table, columns in by_table.items():
        text = (tmp_path / "out" / f"{table}.csv").read_text()
        assert text.splitlines()[0].split(",") == [column["column"] for column in columns], table
        for row in rows(tmp_path / "out" / f"{table}.csv"):
            for column in columns:
                _fits(row[column["column"]], column)
    trials = rows(tmp_path / "out" / "trials.csv")
    assert {(row["target_side"], row["point_of_disambiguation"]) for row in trials} == {("left", "500.25")}
    administrations = rows(tmp_path / "out" / "administrations.csv")
    assert {row["coding_method"] for row in administrations} == {"automated gaze coding"}
    assert {row["sample_rate"] for row in administrations} == {"30.075"}
    looks = rows(tmp_path / "out" / "aoi_timepoints.csv")
    assert len(looks) == 36
    assert len(rows(tmp_path / "out" / "xy_timepoints.csv")) == 4  # a sample without a place is none


def _fits(value: str, column: dict[str, str]) -> None:
    if not value:
        assert column["required"] == "no", column
    elif "/" in column["allowed"]:  # before the type: the published list calls a column of words numeric
        assert value in [allowed.strip() for allowed in column["allowed"].split("/")], column
    elif column["type"] == "numeric":
        float(value)


def test_levante_has_the_published_columns(lab: Lab, tmp_path: Path, shared_data: Path) -> None:
    export(lab, "levante", tmp_path / "out")
    columns = published(shared_data, "levante.csv")
    for name, tables in (("trials", ("TrialBase", "LevanteTrial")), ("runs", ("RunBase", "LevanteRun"))):
        wanted = [column for column in columns if column["table"] in tables]
        table = rows(tmp_path / "out" / f"{name}.csv")
        assert sorted(table[0]) == sorted(column["column"] for column in wanted)
        for row in table:
            assert all(row[c["column"]] for c in wanted if c["required"] == "yes")
            for column in wanted:
                if row[column["column"]] and "int" in column["type"]:
                    int(row[column["column"]])
    runs = {row["run_id"]: row for row in rows(tmp_path / "out" / "runs.csv")}
    trials = rows(tmp_path / "out" / "trials.csv")
    assert len(runs) == 9
    assert {row["run_id"] for row in trials} == set(runs)
    assert {(run["num_attempted"], run["num_correct"], run["bc_p_below"]) for run in runs.values()} == {
        ("2", "2", "1.0")
    }


def test_devcv_and_results_hold_what_was_asked_and_answered(lab: Lab, tmp_path: Path) -> None:
    done = export(lab, "devcv", tmp_path / "devcv")
    assert done.rows == {"answers": 18}
    assert done.left_out == ["the words of 18 prompts: the lab holds no such item"]
    path = next((tmp_path / "devcv").glob("*/*/memory-synthetic.json"))
    assert [turn["value"] for record in json.loads(path.read_text()) for turn in record["conversations"][1:]] == [
        "n/a",
        " led",
    ]
    export(lab, "results", tmp_path / "results")
    results = json.loads(next((tmp_path / "results").rglob("results.json")).read_text())
    assert results["results"]["devcv_memory_synthetic"]["acc,none"] == 1.0
    assert results["n-samples"]["devcv_memory_synthetic"] == {"original": 2, "effective": 1}
    samples = next((tmp_path / "results").rglob("samples_devcv_memory_synthetic.jsonl")).read_text().splitlines()
    assert [json.loads(line)["valid"] for line in samples] == [True, False]


def test_the_r_script_runs(lab: Lab, tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    export(lab, "r", tmp_path / "out")
    lme4 = subprocess.run(["Rscript", "-e", "library(lme4)"], capture_output=True, check=False)
    if lme4.returncode:
        pytest.skip("R has no lme4")
    done = subprocess.run(["Rscript", "analysis.R"], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "== memory/synthetic: 2 answers of 2 children to 1 items\nleft out: too few" in done.stdout


@given(st.sets(st.text(max_size=12), max_size=30))
def test_keys_are_letters_and_digits_and_never_shared(values: set[str]) -> None:
    keys = keys_of(values)
    assert set(keys) == values
    assert all(re.fullmatch("[A-Za-z0-9]+", key) for key in keys.values())
    assert len({key.casefold() for key in keys.values()}) == len(values)


@pytest.mark.parametrize(
    ("coder", "method"),
    [("iCatcher+", "automated gaze coding"), ("eyelink", "eyetracking"), ("MG", "manual gaze coding"), (None, None)],
)
def test_coding_method(coder: str | None, method: str | None) -> None:
    assert coding_method(coder) == method


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    lab = Lab.create(tmp_path / "lab")
    for kind in ("psychds", "bids", "peekbank", "levante", "devcv", "results", "r"):
        with pytest.raises(UserError, match="no "):
            export(lab, kind, tmp_path / kind)
