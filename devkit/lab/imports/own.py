"""Exports of devkit come back: ``csv``, ``parquet``, ``psychds`` and ``bids`` folders, record by record.

Every trial, event and gaze sample becomes what it was, corrections included. What an export withheld (notes, exact
times, the words of replies) stays withheld, and ids that were replaced stay replaced, so such a session is a new one.
A header's plan and bank digest are not in the tables, so an imported session cannot be resumed. BIDS knows no empty
text, so an empty reply comes back as none given; and it has events beside gaze only, so those stay behind.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from pydantic import ValidationError

from devkit.codebook import TABLES, Column, columns
from devkit.errors import Problem, UserError
from devkit.files import first_error
from devkit.ids import digest_json
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.participants import Participant
from devkit.lab.store import Lab
from devkit.records import EventRecord, GazeRecord, Row, SessionEnd, SessionHeader, TrialRecord

NOTE = "export.json"
KINDS = ("csv", "parquet", "psychds", "bids")
Cells = dict[str, Any]


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring the sessions of an export into a lab.

    Args:
        lab: The lab.
        source: The export's folder, with its ``export.json``.
        options: Progress; a bank is not asked for.

    Raises:
        UserError: The folder is no such export, or a file of it is missing or damaged.
    """
    kind = _kind(source)
    done = Imported()
    trials = _by_session(_read(source, kind, "trials"), TrialRecord, done)
    events = _by_session(_read(source, kind, "events"), EventRecord, done)
    gaze = _by_session(_gaze(source, kind), GazeRecord, done)
    ends = {row["session_id"]: row for row, _ in _read(source, kind, "sessions")}
    _participants(lab, source, kind, done)
    for session_id, own in trials.items():
        _session(lab, session_id, own, (events[session_id], gaze[session_id]), ends.get(session_id, {}), done)
        options.advance(1)
    lab.rebuild(full=False)
    return done


def _kind(source: Path) -> str:
    try:
        kind = str(json.loads((source / NOTE).read_bytes())["export"])
    except (OSError, ValueError, KeyError, TypeError):
        hint = "SOURCE is a folder that 'devkit export' wrote"
        raise UserError(f"has no readable {NOTE}", place=str(source), hint=hint) from None
    if kind not in KINDS:
        raise UserError(f"a '{kind}' export cannot come back", place=str(source), hint=f"these can: {', '.join(KINDS)}")
    return kind


def _read(source: Path, kind: str, table: str) -> Iterator[tuple[Cells, str]]:
    """Yield the rows of a table, each with its place."""
    for path in _files(source, kind, table):
        try:
            read = pq.read_table(path) if kind == "parquet" else _text(path, "\t" if kind == "bids" else ",")
        except (OSError, pa.ArrowInvalid, EOFError) as error:
            raise UserError(f"cannot be read: {str(error).splitlines()[0]}", place=str(path)) from None
        for place, row in enumerate(read.to_pylist(), start=2):
            yield row, f"{path}:{place}"


def _files(source: Path, kind: str, table: str) -> list[Path]:
    if kind in ("csv", "parquet"):
        found = [source / f"{table}.{kind}"]
    elif kind == "psychds":
        every = sorted((source / "data").glob("*_data.csv"))
        described = {path: "_description-" in path.name for path in every}
        found = [p for p in every if (not described[p] if table == "trials" else f"_description-{table}_" in p.name)]
    else:
        found = sorted(source.glob("sub-*/ses-*/beh/*_beh.tsv")) if table == "trials" else []
    return [path for path in found if path.is_file()]


def _text(path: Path, delimiter: str) -> pa.Table:
    """Read a delimited table as text; an unquoted empty cell (``n/a`` in BIDS) is missing, a quoted one is not."""
    with path.open("rb") as file:
        names = file.readline().decode("utf-8").rstrip("\n").split(delimiter)
    quote: str | bool = '"' if delimiter == "," else False
    return pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=quote, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=["" if delimiter == "," else "n/a"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _gaze(source: Path, kind: str) -> Iterator[tuple[Cells, str]]:
    if kind != "bids":
        yield from _read(source, kind, "gaze")
        return
    zero = {row["trial_id"]: row for row, _ in _read(source, kind, "trials")}
    for path in sorted(source.glob("sub-*/ses-*/beh/*_recording-gaze_physio.tsv.gz")):
        for number, line in enumerate(gzip.decompress(path.read_bytes()).decode().splitlines(), start=1):
            cells = [None if cell == "n/a" else cell for cell in line.split("\t")]
            seconds, x, y, aoi, coder, confidence, trial = cells
            own = zero[str(trial)]
            start = float(own["word_onset_ms"] or own["onset_ms"] or 0)
            ids = {"session_id": own["session_id"], "trial_id": trial}
            t_word_ms = round(float(seconds or 0) * 1000 - start, 3)
            looked = {"t_word_ms": t_word_ms, "x": x, "y": y, "aoi": aoi, "coder": coder, "confidence": confidence}
            yield ids | looked, f"{path}:{number}"


def _by_session(rows: Iterable[tuple[Cells, str]], model: type[Row], done: Imported) -> dict[str, list[Any]]:
    """Return the records of a table by session; a row that does not fit is a problem, not a guess."""
    declared = {column.name: column for column in columns(model)}
    name = next(table for table, known in TABLES.items() if known is model)
    found: dict[str, list[Any]] = defaultdict(list)
    for row, place in rows:
        done.count(f"rows of {name}")
        try:
            values = {key: _value(cell, declared[key]) for key, cell in row.items() if key in declared}
            record = model.model_validate(values)
        except (ValidationError, ValueError) as error:
            message = first_error(error) if isinstance(error, ValidationError) else str(error)
            done.count("rows left out")
            done.problems.append(Problem("import-row", message, place))
            continue
        found[str(values["session_id"])].append(record)
    return found


def _value(cell: Any, column: Column) -> Any:
    if cell is None:
        return "" if column.storage == "text" and not column.nullable else None
    if column.storage == "json" or (column.storage == "list" and isinstance(cell, str)):
        return json.loads(cell)
    if not isinstance(cell, str):
        return cell
    known: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": _truth}
    return known[column.storage](cell) if column.storage in known else cell


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"'{text[:40]}' is neither true nor false")
    return text == "true"


def _participants(lab: Lab, source: Path, kind: str, done: Imported) -> None:
    """Add those that are not known; BIDS tells too little of them."""
    known = {participant.code for participant in lab.participants.all()}
    new = []
    for row, place in _read(source, kind, "participants"):
        values = {name: value for name, value in row.items() if name in Participant.model_fields and value is not None}
        if isinstance(values.get("languages"), str):
            values["languages"] = json.loads(values["languages"])
        try:
            participant = Participant.model_validate(values)
        except ValidationError as error:
            done.problems.append(Problem("import-row", first_error(error), place))
            continue
        if participant.code not in known:
            new.append(participant)
    if new:
        lab.participants.write(new)
    done.participants = len(new)


def _session(
    lab: Lab,
    session_id: str,
    trials: list[TrialRecord],
    beside: tuple[list[EventRecord], list[GazeRecord]],
    row: Cells,
    done: Imported,
) -> None:
    if lab.journal_path(session_id).exists():
        done.there += 1
        return
    trials.sort(key=lambda trial: trial.trial_index)
    first = trials[0]
    same = (
        "lab_id",
        "protocol",
        "protocol_version",
        "plan_digest",
        "seed",
        "respondent_code",
        "respondent_kind",
        "bank",
    )
    told = ("age_days", "baseline", "model_id", "model_step", "model_hours_seen", "random_weights", "language")
    header = SessionHeader(
        **{name: getattr(first, name) for name in same},
        session_id=session_id,
        started_at=row.get("started_at") or first.started_at,
        devkit_version=version("devkit"),
        respondent={name: getattr(first, name) for name in told},
        bank_digest="",
        plan={},
        machine={
            "imported_from": "devkit",
            "content": digest_json([trial.model_dump(mode="json") for trial in trials]),
        },
        resumes=row.get("resumes"),
    )
    reason, ended = row.get("reason"), row.get("ended_at")
    end = SessionEnd(session_id=session_id, ended_at=ended, reason=reason) if reason and ended else None
    lab.add_session(header, trials, events=beside[0], gaze=beside[1], end=end)
    done.sessions += 1
    done.trials += len(trials)
