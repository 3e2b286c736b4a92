"""The Parquet tables of built data: their columns, declared once, and writing and joining them without much memory.

Equal rows give equal bytes with one version of pyarrow: fixed compression, row groups cut by number of rows.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as paj
import pyarrow.parquet as pq

from devkit.errors import UserError

_ORIGIN = [("recording", pa.string()), ("child", pa.string()), ("age_days", pa.int32()), ("split", pa.string())]
_RECORD = [
    *(("id", pa.string()), *_ORIGIN, ("start_ms", pa.int64()), ("end_ms", pa.int64())),
    ("times_ms", pa.list_(pa.int64())),  # of all images, in order
    ("marks", pa.list_(pa.int32())),  # images of each utterance
    *(("texts", pa.list_(pa.string())), ("speakers", pa.list_(pa.string()))),
    ("similarity", pa.list_(pa.float64())),  # of each image; of the clip in video_utterance; empty without a filter
    *(("kept", pa.bool_()), ("reason", pa.string())),
]
SCHEMAS: Mapping[str, pa.Schema] = {
    "frames": pa.schema(
        [
            *_ORIGIN,
            ("time_ms", pa.int64()),  # asked for
            ("source_ms", pa.float64()),  # the picture's own time in the recording
            *(("pts", pa.int64()), ("time_base", pa.string()), ("decoder", pa.string())),
            *(("shard", pa.string()), ("offset", pa.int64()), ("size", pa.int64()), ("digest", pa.string())),
        ]
    ),
    "segments": pa.schema(
        [
            *(*_ORIGIN, ("start_ms", pa.int64()), ("end_ms", pa.int64()), ("text", pa.string())),
            *(("speaker", pa.string()), ("confidence", pa.float64()), ("language", pa.string())),
            ("spoken", pa.bool_()),  # passes all rules but those on pictures and length
            *(("kept", pa.bool_()), ("reason", pa.string()), ("frames", pa.int32())),
            ("clip_similarity", pa.float64()),
            ("image_similarity", pa.float64()),  # of its most similar image
        ]
    ),
    **{name: pa.schema(_RECORD) for name in ("image_utterance", "video_utterance", "interleaved")},
}
ROWS = 50_000
"""Rows after which a row group is cut."""

Row = Mapping[str, Any]


def table_file(name: str) -> str:
    """Return the file name of a table."""
    return f"{name}.parquet"


def write_part(folder: Path, name: str, rows: Iterable[Row]) -> int:
    """Write one recording's share of a table; return the number of rows."""
    table = _table(rows, SCHEMAS[name])
    pq.write_table(table, folder / table_file(name), compression="zstd")
    return int(table.num_rows)


def _table(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    """Make a table by way of JSON: from lists pyarrow would import pandas, which takes longer than a recording."""
    data = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    if not data:
        return schema.empty_table()
    read = paj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = paj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    return paj.read_json(io.BytesIO(data), read, parse).select(schema.names)


def join_parts(out: Path, name: str, parts: Sequence[Path]) -> None:
    """Write a table from the recordings' shares, in their order."""
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(out / table_file(name), SCHEMAS[name], compression="zstd") as writer:
        for part in parts:
            waiting.append(pq.ParquetFile(part / table_file(name)).read())  # read_table would import pandas
            if sum(table.num_rows for table in waiting) >= ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting.clear()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def read_rows(
    folder: Path, name: str, *, columns: Sequence[str] | None = None, **equal: str | bool
) -> list[dict[str, Any]]:
    """Return rows of a table in their order.

    Args:
        folder: Of the data.
        name: Of the table.
        columns: The columns to read; all by default.
        equal: Values that columns must have.

    Raises:
        UserError: The table is missing or damaged.
    """
    return list(read_table(folder, name, columns=columns, **equal).to_pylist())


def read_table(folder: Path, name: str, *, columns: Sequence[str] | None = None, **equal: str | bool) -> pa.Table:
    """Return a table, or the rows of it in which columns have some values; see `read_rows`."""
    place = folder / table_file(name)
    wanted = pc.scalar(True)
    for column, value in equal.items():
        wanted = wanted & (pc.field(column) == value)
    try:
        return pq.read_table(
            place, columns=list(columns) if columns else None, filters=wanted if equal else None, memory_map=True
        )
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"cannot be read: {reason}", place=str(place), hint="build the data again") from None
