"""How long a trial takes to be safe, and how long 100,000 trials take to be indexed and loaded.

    python tests/bench/journal.py [--appends 1000] [--trials 100000] [--folder DIR]

Each figure stands beside the obvious alternative, measured in the same run on the same disk: for appending a bare
``write`` and ``fsync`` of the same bytes (the floor), one SQLite commit a trial, and writing the whole session as JSON
again after each trial; for reading, ``pandas.read_json`` over the same lines.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from devkit.ids import uuid7
from devkit.lab import Lab, table
from devkit.records import SessionEnd, SessionHeader, TrialRecord

EXAMPLE = Path(__file__).parents[1] / "devkit" / "lab" / "trial.json"
SESSION_TRIALS = 200


def header_of(lab: Lab, record: TrialRecord) -> SessionHeader:
    """Return a header that the record fits to."""
    same = ("started_at", "protocol", "protocol_version", "plan_digest", "seed", "respondent_code", "respondent_kind")
    values = {name: getattr(record, name) for name in (*same, "bank")}
    rest = {"devkit_version": "0", "bank_digest": "", "respondent": {}, "plan": {}}
    return SessionHeader.model_validate(values | rest | {"session_id": uuid7(), "lab_id": lab.lab_id})


def records_of(header: SessionHeader, record: TrialRecord, count: int) -> list[TrialRecord]:
    """Return trials of a session."""
    same = {"session_id": header.session_id, "lab_id": header.lab_id}
    return [record.model_copy(update=same | {"trial_id": uuid7(), "trial_index": n}) for n in range(count)]


def in_turns(ways: dict[str, Callable[[int], object]], count: int) -> dict[str, list[float]]:
    """Return the milliseconds that each of ``count`` calls took, one call of each way after the other."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(count):
        for name, way in ways.items():
            start = time.perf_counter()
            way(number)
            took[name].append(1000 * (time.perf_counter() - start))
    return took


def appending(folder: Path, record: TrialRecord, count: int) -> dict[str, list[float]]:
    """Time appending a trial in four ways."""
    lab = Lab.create(folder / "append")
    header = header_of(lab, record)
    trials = records_of(header, record, count)
    journal = lab.new_session(header)
    line = trials[0].model_dump_json().encode() + b"\n"
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    database = sqlite3.connect(folder / "sqlite", isolation_level=None)
    database.execute("CREATE TABLE trials (data TEXT)")
    kept: list[str] = []

    def write_bare(number: int) -> None:
        os.write(bare, line)
        os.fsync(bare)

    def rewrite(number: int) -> None:
        if number % SESSION_TRIALS == 0:
            kept.clear()
        kept.append(trials[number].model_dump_json())
        with (folder / "whole.json").open("w") as file:
            file.write(f"[{','.join(kept)}]")
            file.flush()
            os.fsync(file.fileno())

    def commit(number: int) -> None:
        database.execute("INSERT INTO trials VALUES (?)", (trials[number].model_dump_json(),))

    ways: dict[str, Callable[[int], object]] = {
        "journal (validated, checksummed, fsync)": lambda number: journal.trial(trials[number]),
        "bare write and fsync of the same bytes": write_bare,
        "one SQLite commit a trial": commit,
        "whole session of 200 trials as JSON again": rewrite,
    }
    took = in_turns(ways, count)
    journal.close("completed")
    os.close(bare)
    database.close()
    return took


def reading(folder: Path, record: TrialRecord, count: int) -> dict[str, float]:
    """Time indexing and loading ``count`` trials in sessions of 200."""
    lab = Lab.create(folder / "read")
    for _ in range(count // SESSION_TRIALS):
        header = header_of(lab, record)
        end = SessionEnd(session_id=header.session_id, ended_at=record.started_at, reason="completed")
        lab.add_session(header, records_of(header, record, SESSION_TRIALS), end=end)
    took: dict[str, float] = {}

    def clock(name: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        took[name] = time.perf_counter() - start

    clock("rebuild of the index", lab.rebuild)
    clock("refresh with nothing changed", lambda: lab.rebuild(full=False))
    clock("table, Parquet made anew", lambda: table(lab))
    clock("table, Parquet up to date", lambda: table(lab))
    clock("the same lines by json.loads and pandas", lambda: by_hand(lab))
    return took


def by_hand(lab: Lab) -> pd.DataFrame:
    """Load the journals as one would without an index: no checksums, no types, no corrections."""
    rows = []
    for path in lab.index.journal_paths():
        with path.open() as file:
            lines = (json.loads(line) for line in file)
            rows += [line["data"] for line in lines if line["kind"] == "trial"]
    return pd.DataFrame(rows)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to be measured")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    record = TrialRecord.model_validate_json(EXAMPLE.read_text())
    try:
        took = appending(folder, record, options.appends)
        print(f"{'appending a trial':42} {'median ms':>10} {'p99 ms':>8} {'times ours':>11}")  # noqa: T201
        ours = statistics.median(next(iter(took.values())))
        for name, each in took.items():
            median, p99 = statistics.median(each), statistics.quantiles(each, n=100)[98]
            print(f"{name:42} {median:10.3f} {p99:8.3f} {median / ours:11.2f}")  # noqa: T201
        seconds = reading(folder, record, options.trials)
        base = seconds["the same lines by json.loads and pandas"]
        print(f"\n{f'reading {options.trials} trials':42} {'seconds':>10} {'of by hand':>11}")  # noqa: T201
        for name, took_s in seconds.items():
            print(f"{name:42} {took_s:10.2f} {took_s / base:11.2f}")  # noqa: T201
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
