"""Exports: everything that may leave, and nothing that may not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from devkit.errors import UserError
from devkit.export import EXPORTERS, export
from devkit.lab import Lab, Privacy, table
from devkit.lab.settings import write_settings
from devkit.records import Correction, EventRecord, SessionHeader, TrialRecord

Make = Callable[..., Any]
SECRETS = ("Zephyrine", "2024-03-17", "zeph@example.org")
csv.field_size_limit(10_000_000)


@pytest.fixture
def full(tmp_path: Path, make_header: Callable[..., SessionHeader], make_trial: Callable[..., TrialRecord]) -> Lab:
    """A lab with one session: a note, a raw reply, a correction, a copied event and a named child."""
    lab = Lab.create(tmp_path / "lab")
    lab.participants.add(
        "P-K7QX4", name="Ada Zephyrine", birth_date="2024-03-17", contact="zeph@example.org", languages=("en", "es")
    )
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        said = {"answer_raw": 'the "first",\none', "note": "mother pointed", "choice_scores": (-0.25, -1.5)}
        trial = make_trial(header, 0, **said)
        journal.trial(trial)
        journal.trial(make_trial(header, 1, outcome="none", correct=None, answer_position=None, answer=None))
        for name, said in (("note", "she slept"), ("source", "2026-03-04"), ("flip", 16.7)):
            journal.event(EventRecord(session_id=header.session_id, t_ms=5, name=name, detail={"said": said}))
        when = "2026-03-05T09:00:00+01:00"
        fix = Correction(trial_id=trial.trial_id, column="flags", after=["slow"], who="E", when=when, why="w")
        journal.correction(fix)
        journal.close("completed")
    return lab


def with_privacy(lab: Lab, **changes: object) -> Lab:
    settings = lab.settings.model_copy(update={"privacy": Privacy.model_validate(changes)})
    write_settings(lab.path / "lab.toml", settings)
    return Lab.open(lab.path)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_holds_every_column_and_value(full: Lab, tmp_path: Path) -> None:
    done = export(full, "csv", tmp_path / "out")
    assert done.rows == {"trials": 2, "events": 3, "gaze": 0, "sessions": 1, "participants": 1}
    first, second = read(tmp_path / "out" / "trials.csv")
    assert list(first) == list(TrialRecord.model_fields)
    assert first["answer_raw"] == 'the "first",\none'
    assert json.loads(first["choice_scores"]) == [-0.25, -1.5]
    assert json.loads(first["flags"]) == ["slow"]
    assert (first["correct"], first["rt_ms"], first["is_practice"]) == ("true", "1234.5", "false")
    assert (second["correct"], second["answer_position"], second["choice_scores"]) == ("", "", "")
    assert read(tmp_path / "out" / "participants.csv")[0]["languages"] == '["en", "es"]'


def test_parquet_is_typed_and_equal_to_the_analysis_table(full: Lab, tmp_path: Path) -> None:
    export(full, "parquet", tmp_path / "out")
    kept = pq.read_table(tmp_path / "out" / "trials.parquet")
    assert str(kept.schema.field("choice_scores").type) == "list<element: double>"
    assert kept.schema.field("rt_ms").metadata[b"meaning"].startswith(b"Reaction time")
    ours = pq.read_table(full.parquet() / "trials.parquet")
    assert kept["note"].to_pylist() == ["", ""]
    assert kept.drop_columns("note").equals(ours.drop_columns("note"))


@pytest.mark.parametrize("kind", sorted(EXPORTERS))
def test_names_birth_dates_and_contacts_never_leave(
    full: Lab, tmp_path: Path, kind: str, make_header: Make, make_trial: Make
) -> None:
    for code, own, task in ("P-K7QX4", "child", "looking_while_listening"), ("model-x", "model", "who_has_more"):
        who = {"respondent_code": code, "respondent_kind": own}
        header = make_header(full.lab_id).model_copy(update=who)
        with full.new_session(header) as journal:
            journal.trial(make_trial(header, 0, task=task, **who))
    export(full, kind, tmp_path / "out")
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        data = path.read_bytes() if path.suffix != ".parquet" else pq.read_table(path).to_pandas().to_string().encode()
        assert [secret for secret in SECRETS if secret.encode() in data] == [], path.name


def test_the_codebook_names_every_column_of_every_table(full: Lab, tmp_path: Path) -> None:
    done = export(full, "csv", tmp_path / "out")
    described = {(row["table"], row["column"]) for row in read(tmp_path / "out" / "codebook.csv")}
    for name in done.rows:
        with (tmp_path / "out" / f"{name}.csv").open() as file:
            assert [column for column in next(csv.reader(file)) if (name, column) not in described] == []


def test_notes_stay_unless_allowed(full: Lab, tmp_path: Path) -> None:
    done = export(full, "csv", tmp_path / "out")
    assert done.withheld == ["notes of the examiner"]
    assert read(tmp_path / "out" / "trials.csv")[0]["note"] == ""
    assert [row["detail"] != "{}" for row in read(tmp_path / "out" / "events.csv")] == [False, True, True]
    open_lab = with_privacy(full, notes=True)
    assert export(open_lab, "csv", tmp_path / "out").withheld == []
    assert read(tmp_path / "out" / "trials.csv")[0]["note"] == "mother pointed"


def test_times_can_be_withheld_and_ids_do_not_give_them_away(full: Lab, tmp_path: Path) -> None:
    exact = export(full, "csv", tmp_path / "exact")
    lab = with_privacy(full, dates="month", raw_answers=False)
    done = export(lab, "csv", tmp_path / "out")
    assert done.rows == exact.rows
    assert len(done.withheld) == 5
    trials, sessions = read(tmp_path / "out" / "trials.csv"), read(tmp_path / "out" / "sessions.csv")
    assert trials[0]["started_at"] == "2026-03"
    assert json.loads(trials[0]["corrections"])[0]["when"] == "2026-03"
    assert trials[0]["answer_raw"] == ""
    assert trials[0]["session_id"] == sessions[0]["session_id"]
    assert trials[0]["trial_id"] != trials[1]["trial_id"]
    known = {s.session_id for s in lab.sessions()} | set(table(lab)["trial_id"])
    for path in sorted((tmp_path / "out").iterdir()):
        text = path.read_text()
        assert [one for one in known if one in text] == [], path.name
        assert "2026-03-0" not in text, path.name
    details = [row["detail"] for row in read(tmp_path / "out" / "events.csv")]
    assert [detail != "{}" for detail in details] == [False, False, True]
    again = export(lab, "csv", tmp_path / "again")
    assert read(tmp_path / "again" / "trials.csv") == trials
    assert again.rows == done.rows


def test_an_export_replaces_its_own_kind_only(full: Lab, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(full, "csv", out)
    export(full, "csv", out)
    with pytest.raises(UserError, match="not empty"):
        export(full, "parquet", out)
    (out / "mine.txt").write_text("keep me")
    with pytest.raises(UserError, match="not empty"):
        export(full, "csv", out)
    assert (out / "mine.txt").read_text() == "keep me"
    assert (out / "trials.csv").exists()
    with pytest.raises(UserError, match="is a file"):
        export(full, "csv", out / "mine.txt")
    with pytest.raises(UserError, match="did you mean 'csv'"):
        export(full, "csvv", tmp_path / "new")
