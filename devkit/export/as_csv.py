"""CSV export: one UTF-8 file a table. Missing is empty, true and false are words, lists and deeper values are JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from devkit.export.registry import Exported
from devkit.export.tables import out_tables, write_codebook
from devkit.lab.store import Lab


def write(lab: Lab, out: Path) -> Exported:
    """Write the tables of a lab into a folder."""
    done = Exported()
    for table in out_tables(lab):
        name, rows = f"{table.name}.csv", 0
        with (out / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.schema.names)
            for part in table.parts:
                columns = [[cell(value) for value in column.to_pylist()] for column in part.columns]
                writer.writerows(zip(*columns, strict=True))
                rows += part.num_rows
        done.files.append(name)
        done.rows[table.name] = rows
    done.files.append(write_codebook(out))
    return done


def cell(value: Any) -> str:
    """Return a value as the text of a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
