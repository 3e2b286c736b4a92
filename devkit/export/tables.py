"""The tables of a lab as they may leave it, and the codebook that goes with them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from devkit.codebook import codebook_csv
from devkit.export.release import release
from devkit.lab.parquet import CHUNK_ROWS
from devkit.lab.participants import Participant
from devkit.lab.store import Lab
from devkit.lab.summary import SessionSummary

CODEBOOK = "codebook.csv"
_PARTICIPANTS = pa.schema(
    [
        *((name, pa.string()) for name in ("code", "kind", "sex")),
        ("languages", pa.list_(pa.string())),
        ("gestational_weeks", pa.int64()),
        *((name, pa.string()) for name in ("source", "added_at")),
    ]
)


@dataclass(frozen=True, slots=True)
class OutTable:
    """A table on its way out: its name, its schema and its rows in parts that fit into memory."""

    name: str
    schema: pa.Schema
    parts: Iterator[pa.Table]


def out_tables(lab: Lab) -> Iterator[OutTable]:
    """Yield ``trials``, ``events``, ``gaze``, ``sessions`` and ``participants`` as they may leave the lab."""
    folder = lab.parquet()
    for name in ("trials", "events", "gaze", "sessions"):
        file = pq.ParquetFile(folder / f"{name}.parquet")
        kept = file.schema_arrow.with_metadata(None)
        yield OutTable(name, kept, _parts(lab, file))
        file.close()
    rows = [participant.model_dump(mode="json") for participant in lab.participants.all()]
    table = release(pa.Table.from_pylist(rows, schema=_PARTICIPANTS), lab.settings.privacy, lab.lab_id)
    yield OutTable("participants", _PARTICIPANTS, iter([table]))


def _parts(lab: Lab, file: pq.ParquetFile) -> Iterator[pa.Table]:
    for batch in file.iter_batches(CHUNK_ROWS):
        table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
        yield release(table, lab.settings.privacy, lab.lab_id)


def write_codebook(out: Path) -> str:
    """Write the codebook of all five tables; return its name."""
    text = io.StringIO(codebook_csv())
    rows = [*csv.reader(text)]
    for table, model in (("sessions", SessionSummary), ("participants", Participant)):
        for name, meaning in attributes_of(model):
            rows.append([table, name, "", "", "", "", "", meaning.rstrip(".")])
    with (out / CODEBOOK).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return CODEBOOK


def attributes_of(model: type) -> list[tuple[str, str]]:
    """Return names and meanings from the ``Attributes`` section of a class's docstring."""
    section = (model.__doc__ or "").partition("Attributes:")[2].replace("``", "")
    return re.findall(r"^ +(\w+): (.+)$", section, flags=re.MULTILINE)
