"""CSV export: one UTF-8 file a table.

A missing value is an empty cell, an empty text is ``""``, true and false are words, lists and deeper values are JSON.
"""

from __future__ import annotations

from pathlib import Path

from devkit.export.files import Folder, rows_of
from devkit.export.registry import Exported
from devkit.export.tables import out_tables, write_codebook
from devkit.lab.store import Lab


def write(lab: Lab, out: Path) -> Exported:
    """Write the tables of a lab into a folder."""
    folder = Folder(out)
    for table in out_tables(lab):
        rows = (row for part in table.parts for row in rows_of(part))
        folder.table(f"{table.name}.csv", table.schema.names, rows, of=table.name)
    folder.done.files.append(write_codebook(out))
    return folder.done
