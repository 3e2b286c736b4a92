"""Writing the files of an export: delimited tables, JSON and text, each noted in what the export says it wrote."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from devkit.export.registry import Exported

_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')


class Folder:
    """The folder of an export.

    Args:
        out: The folder; it exists.
        missing: What stands in a cell without a value.
        delimiter: Between cells.
    """

    def __init__(self, out: Path, *, missing: str = "", delimiter: str = ",") -> None:
        self.out = out
        self.done = Exported()
        self._missing = missing
        self._delimiter = delimiter

    def table(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, of: str) -> int:
        """Write a delimited table, UTF-8 without byte-order mark.

        Args:
            name: File, relative to the folder.
            header: Names of the columns.
            rows: Values; lists become JSON, true and false words.
            of: Which table's rows these count to.

        Returns:
            The number of rows.
        """
        count = 0
        with self._place(name).open("w", encoding="utf-8", newline="") as file:
            file.write(self._line(header))
            for row in rows:
                file.write(self._line(row))
                count += 1
        self._note(name)
        self.done.rows[of] = self.done.rows.get(of, 0) + count
        return count

    def packed(self, name: str, rows: Iterable[Sequence[Any]], *, of: str) -> int:
        """Write a gzipped table without a header (BIDS continuous recordings); the same rows give the same bytes."""
        lines = [self._line(row) for row in rows]
        self._place(name).write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
        self._note(name)
        self.done.rows[of] = self.done.rows.get(of, 0) + len(lines)
        return len(lines)

    def json(self, name: str, value: Any) -> None:
        """Write JSON."""
        self.text(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def text(self, name: str, text: str) -> None:
        """Write text."""
        self._place(name).write_text(text, encoding="utf-8", newline="\n")
        self._note(name)

    def _line(self, row: Sequence[Any]) -> str:
        return self._delimiter.join(map(self._cell, row)) + "\n"

    def _cell(self, value: Any) -> str:
        """Return a value as a cell. An empty text is not a missing one, so it is quoted where cells can be."""
        if value is None:
            return self._missing
        if isinstance(value, bool):
            return "true" if value else "false"
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
        if self._delimiter == "\t":  # no quoting in TSV files
            return re.sub(r"[\t\r\n]", " ", text) or self._missing
        return '"' + text.replace('"', '""') + '"' if not text or _QUOTED.search(text) else text

    def _place(self, name: str) -> Path:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _note(self, name: str) -> None:
        if name not in self.done.files:
            self.done.files.append(name)


def rows_of(table: pa.Table, columns: Sequence[str] | None = None) -> list[list[Any]]:
    """Return a table's rows as lists of plain values."""
    chosen = table.select(list(columns)) if columns is not None else table
    return [list(row) for row in zip(*(column.to_pylist() for column in chosen.columns), strict=True)]
