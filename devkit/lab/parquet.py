"""The tables of a lab as Parquet, typed from the declaration, for analysis in any language.

A column of plain values in a list is a Parquet list; everything deeper is JSON text. Dates stay ISO 8601 text, as they
were recorded. The files are made from the index when that has changed since, and know the index's stamp.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from platformdirs import user_cache_path

from devkit.codebook import Column, columns
from devkit.lab.files import writing
from devkit.lab.gaze import GazeBatch
from devkit.lab.summary import SUMMARY_COLUMNS
from devkit.records import SCHEMA_VERSION, EventRecord, GazeRecord, TrialRecord

if TYPE_CHECKING:
    from devkit.lab.store import Lab

TABLES = ("trials", "events", "gaze", "sessions")
CHUNK_ROWS = 20_000
_TYPES = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "json": pa.string()}
_SESSION_TYPES = {
    **dict.fromkeys(("age_days", "model_step"), pa.int64()),
    **dict.fromkeys(("trials", "test_trials", "answered", "correct", "excluded", "problems"), pa.int64()),
    "model_hours_seen": pa.float64(),
    "random_weights": pa.bool_(),
}


@cache
def schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a table: the declared columns with unit and meaning as field metadata."""
    if table == "sessions":
        return pa.schema([pa.field(name, _SESSION_TYPES.get(name, pa.string())) for name in SUMMARY_COLUMNS])
    model = {"trials": TrialRecord, "events": EventRecord, "gaze": GazeRecord}[table]
    return pa.schema([_field(column) for column in columns(model)], metadata={"devkit.schema": SCHEMA_VERSION})


def _field(column: Column) -> pa.Field:
    kind = pa.list_(_TYPES[column.element or "text"]) if column.storage == "list" else _TYPES[column.storage]
    meaning = {"meaning": column.meaning, "unit": column.unit, "group": column.group}
    return pa.field(column.name, kind, nullable=column.nullable, metadata=meaning)


def up_to_date(lab: Lab) -> Path:
    """Return the folder of a lab's Parquet files, made anew when the journals have changed.

    Raises:
        UserError: The disk is full. (Where the lab is read-only, the folder is in the user's cache.)
    """
    lab.rebuild(full=False)
    stamp = lab.index.stamp()
    folder = lab.path / "exports" / "parquet"
    if not os.access(lab.path, os.W_OK):
        folder = user_cache_path("devkit") / "parquet" / lab.lab_id  # the user's own: others must not read it
    if any(_stamp(folder / f"{table}.parquet") != stamp for table in TABLES):
        write(lab, folder, stamp)
    return folder


def write(lab: Lab, folder: Path, stamp: str) -> None:
    """Write the four tables into a folder; each file appears whole or not at all."""
    with writing(folder), lab.index.connect() as connection:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            target = folder / f"{table}.parquet"
            partial = target.with_name(f".{target.name}.{os.getpid()}.new")
            typed = schema(table).with_metadata({"devkit.stamp": stamp, "devkit.schema": SCHEMA_VERSION})
            try:
                with pq.ParquetWriter(partial, typed, compression="zstd") as writer:
                    cursor = connection.execute(_QUERIES[table])
                    while rows := cursor.fetchmany(CHUNK_ROWS if table != "gaze" else 200):
                        writer.write_table(_arrow(table, rows))
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)


_QUERIES = {
    "trials": "SELECT * FROM trials ORDER BY session_id, trial_index, rowid",
    "events": "SELECT * FROM events ORDER BY session_id, rowid",
    "gaze": "SELECT * FROM gaze ORDER BY session_id, rowid",
    "sessions": f"SELECT {', '.join(SUMMARY_COLUMNS)} FROM sessions ORDER BY session_id",
}


def _stamp(path: Path) -> str:
    try:
        found = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return ""
    return bytes(found.get(b"devkit.stamp", b"")).decode()


def _arrow(table: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    typed = schema(table)
    lists = list(_samples(rows)) if table == "gaze" else list(zip(*rows, strict=True))
    arrays = [_array(values, field) for values, field in zip(lists, typed, strict=True)]
    return pa.Table.from_arrays(arrays, schema=typed)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_list(field.type):
        values = [None if value is None else json.loads(value) for value in values]
    elif pa.types.is_boolean(field.type):
        values = [None if value is None else bool(value) for value in values]
    return pa.array(values, type=field.type)


def _samples(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Spread lines of gaze into one list for each column of the gaze table."""
    batches = [
        GazeBatch(session_id=session_id, trial_id=trial_id, coder=coder, **json.loads(samples))
        for session_id, trial_id, coder, samples in rows
    ]
    for name in GazeRecord.model_fields:
        column: list[Any] = []
        for batch in batches:
            value = getattr(batch, name)
            column.extend(value if isinstance(value, tuple) else [value] * len(batch.t_word_ms))
        yield column
