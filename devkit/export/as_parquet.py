"""Parquet export: one file a table, typed from the declaration."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from devkit.export.registry import Exported
from devkit.export.tables import out_tables, write_codebook
from devkit.lab.store import Lab


def write(lab: Lab, out: Path) -> Exported:
    """Write the tables of a lab into a folder."""
    done = Exported()
    for table in out_tables(lab):
        name, rows = f"{table.name}.parquet", 0
        with pq.ParquetWriter(out / name, table.schema, compression="zstd") as writer:
            for part in table.parts:
                writer.write_table(part)
                rows += part.num_rows
        done.files.append(name)
        done.rows[table.name] = rows
    done.files.append(write_codebook(out))
    return done
