"""The index and the tables: always what the journals say, whatever happens to them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from devkit.errors import UserError
from devkit.lab import Lab, table
from devkit.lab.index import Index
from devkit.lab.parquet import schema
from devkit.records import Correction, EventRecord, GazeRecord, SessionHeader, TrialRecord

Add = Callable[..., SessionHeader]
MakeHeader = Callable[..., SessionHeader]
MakeTrial = Callable[..., TrialRecord]


def test_only_changed_journals_are_read_again(lab: Lab, add_session: Add) -> None:
    first, second = add_session(2), add_session(3, close=False)
    assert (lab.rebuild(full=False).read, lab.rebuild(full=False).read) == (2, 0)
    with lab.resume(second.session_id) as journal:
        journal.close("completed")
    done = lab.rebuild(full=False)
    assert (done.read, done.unchanged, done.gone) == (1, 1, 0)
    assert [s.reason for s in lab.sessions()] == ["completed", "completed"]
    lab.journal_path(first.session_id).unlink()
    assert lab.rebuild(full=False).gone == 1
    assert [(s.session_id, s.trials) for s in lab.sessions()] == [(second.session_id, 3)]
    assert lab.rebuild().read == 1


def test_a_correction_reaches_the_tables(lab: Lab, add_session: Add) -> None:
    header = add_session(2)
    before, stamp = table(lab), lab.index.stamp()
    assert before["valid"].tolist() == [True, True]
    fix = Correction(trial_id=before["trial_id"][1], column="valid", after=False, who="E", when="2026", why="noise")
    lab.correct(header.session_id, fix)
    after = table(lab)
    assert after["valid"].tolist() == [True, False]
    assert json.loads(after["corrections"][1])[0]["why"] == "noise"
    assert lab.sessions()[0].excluded == 1
    assert lab.index.stamp() != stamp


@pytest.mark.parametrize("damage", ["garbage", "empty", "other", "old"])
def test_a_damaged_index_is_made_anew(lab: Lab, add_session: Add, damage: str) -> None:
    add_session(2)
    lab.sessions()
    path = lab.path / "lab.sqlite"
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if damage in ("garbage", "empty"):
        path.write_bytes(b"not a database" * 1000 if damage == "garbage" else b"")
    else:
        with sqlite3.connect(path) as connection:
            statement = "UPDATE meta SET version = '0'" if damage == "old" else "DROP TABLE trials"
            connection.execute(statement)
        connection.close()
    if damage == "other":
        lab.rebuild()
    assert [s.trials for s in lab.sessions()] == [2]
    assert len(table(lab)) == 2


def test_a_lab_that_cannot_be_written_is_read_all_the_same(
    lab: Lab, add_session: Add, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_session(2)
    connect = sqlite3.connect

    def read_only(path: object, *args: object, **more: object) -> sqlite3.Connection:
        if path == ":memory:":
            return connect(":memory:", *args, **more)  # type: ignore[call-overload, no-any-return]
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorname = "SQLITE_READONLY"
        raise error

    monkeypatch.setattr(sqlite3, "connect", read_only)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = Lab.open(lab.path)
    assert [s.trials for s in opened.sessions()] == [2]
    assert len(table(opened)) == 2
    assert not (lab.path / "lab.sqlite").exists()
    assert (tmp_path / "cache").exists()


def test_a_locked_index_is_told(lab: Lab, add_session: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    add_session(1)
    lab.sessions()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout, **more: connect(path, timeout=0.05, **more))
    holder = connect(lab.path / "lab.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(UserError, match="locked"):
        lab.rebuild()
    holder.close()
    assert lab.path.joinpath("lab.sqlite").exists()
    assert [s.trials for s in lab.sessions()] == [1]


def test_the_trial_table_has_the_declared_columns_and_types(
    lab: Lab, make_header: MakeHeader, make_trial: MakeTrial
) -> None:
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        journal.trial(make_trial(header, 0, choice_scores=(-0.5, -1.5), flags=("slow", "repeat")))
        journal.trial(make_trial(header, 1, outcome="none", correct=None, answer_position=None, rt_ms=None))
    frame = table(lab)
    assert list(frame.columns) == list(TrialRecord.model_fields)
    types = {name: str(frame[name].dtype) for name in ("trial_index", "is_practice", "correct", "rt_ms", "age_days")}
    assert types == {
        "trial_index": "int64",
        "is_practice": "bool",
        "correct": "boolean",
        "rt_ms": "float64",
        "age_days": "Int64",
    }
    assert frame["correct"].tolist() == [True, pd.NA]
    assert frame["correct"].mean() == 1.0
    assert list(frame["choice_scores"][0]) == [-0.5, -1.5]
    assert frame["choice_scores"][1] is None
    assert list(frame["flags"][0]) == ["slow", "repeat"]
    assert json.loads(frame["difficulty"][0]) == {"ratio": 0.5, "set_size": 4}
    assert json.loads(frame["choices"][0])[1]["role"] == "fewer"
    assert schema("trials").field("rt_ms").metadata[b"unit"] == b"ms"


def test_the_other_tables(lab: Lab, make_header: MakeHeader, make_trial: MakeTrial) -> None:
    header = make_header(lab.lab_id)
    trial = make_trial(header)
    same = {"session_id": header.session_id, "trial_id": trial.trial_id}
    with lab.new_session(header) as journal:
        journal.event(EventRecord(session_id=header.session_id, t_ms=3, name="pause", detail={"by": "E"}))
        for coder in ("one", "two"):
            journal.gaze([GazeRecord(**same, t_word_ms=t, x=t / 100, aoi="target", coder=coder) for t in range(100)])
        journal.trial(trial)
    events, gaze, sessions = table(lab, "events"), table(lab, "gaze"), table(lab, "sessions")
    assert events.loc[0, ["name", "t_ms", "detail"]].tolist() == ["pause", 3.0, '{"by":"E"}']
    assert gaze.groupby("coder")["t_word_ms"].agg(["size", "max"]).to_numpy().tolist() == [[100, 99], [100, 99]]
    assert gaze["x"].max() == 0.99
    assert gaze["confidence"].isna().all()
    assert sessions.loc[0, ["session_id", "trials", "correct"]].tolist() == [header.session_id, 1, 1]
    lab.participants.add("P-K7QX4", languages=("en",))
    assert table(lab, "participants").loc[0, ["code", "kind"]].tolist() == ["P-K7QX4", "child"]


def test_an_empty_lab_has_empty_tables(lab: Lab) -> None:
    for which in ("trials", "events", "gaze", "sessions", "participants"):
        assert len(table(lab, which)) == 0  # type: ignore[arg-type]
    assert list(table(lab).columns) == list(TrialRecord.model_fields)


def test_parquet_is_made_again_only_when_journals_changed(lab: Lab, add_session: Add) -> None:
    add_session(1)
    file = lab.parquet() / "trials.parquet"
    made = file.stat().st_mtime_ns
    lab.parquet()
    assert file.stat().st_mtime_ns == made
    file.write_bytes(b"PAR1 broken")
    assert len(table(lab)) == 1
    add_session(1)
    assert len(table(lab)) == 2


def test_two_processes_may_look_while_a_session_runs(lab: Lab, add_session: Add) -> None:
    add_session(2)
    running = add_session(1, close=False)
    other = Index(lab.path / "lab.sqlite", lab.path / "journals")
    with lab.resume(running.session_id) as journal:
        with journal.path.open("ab") as file:
            file.write(b'{"kind":"trial","data":{"half')
        other.refresh()
        assert [s.problems for s in other.sessions()] == [0, 0]  # half a line of a running session is no damage
        assert [s.trials for s in lab.sessions()] == [2, 1]
    assert [s.problems for s in lab.sessions()] == [0, 1]
