"""Reading other people's CSV files: every value that does not fit is a problem with file, line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, Problems, UserError, did_you_mean

MISSING = frozenset({"", "NA", "NaN", "nan", "None", "null"})


class BadValue(ValueError):
    """A value that does not fit its column."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of a CSV file.

    Attributes:
        path: The file.
        line: Line on which the row ends.
        values: By column.
    """

    path: Path
    line: int
    values: dict[str, str]

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"

    def bad(self, column: str, message: str) -> BadValue:
        """Return what to raise about a value."""
        return BadValue(Problem("csv-value", f"'{column}' {message}", self.place))

    def has(self, column: str) -> bool:
        """Return whether there is a value."""
        return self.values.get(column, "") not in MISSING

    def text(self, column: str) -> str:
        """Return a value that must be there."""
        if not self.has(column):
            raise self.bad(column, "is empty")
        return self.values[column]

    def number(self, column: str) -> float | None:
        """Return a number; None when it is missing or not finite."""
        if not self.has(column):
            return None
        try:
            value = float(self.values[column])
        except ValueError:
            raise self.bad(column, f"is no number: '{self.values[column][:40]}'") from None
        return value if math.isfinite(value) else None

    def required(self, column: str) -> float:
        """Return a number that must be there."""
        value = self.number(column)
        if value is None:
            raise self.bad(column, "is no finite number")
        return value

    def whole(self, column: str) -> int:
        """Return a whole number that must be there."""
        value = self.required(column)
        if not value.is_integer():
            raise self.bad(column, f"is no whole number: '{self.values[column][:40]}'")
        return int(value)

    def share(self, column: str) -> float | None:
        """Return a number between 0 and 1; None when it is missing."""
        value = self.number(column)
        if value is not None and not -1e-9 <= value <= 1 + 1e-9:
            raise self.bad(column, f"is no share between 0 and 1: {value}")
        return None if value is None else min(1.0, max(0.0, value))

    def flag(self, column: str) -> bool:
        """Return a truth value written as 0, 1, TRUE or FALSE; missing is false."""
        if not self.has(column):
            return False
        text = self.values[column].upper()
        if text not in ("0", "1", "0.0", "1.0", "TRUE", "FALSE"):
            raise self.bad(column, f"is neither true nor false: '{self.values[column][:40]}'")
        return text in ("1", "1.0", "TRUE")


def read_csv(path: Path, needed: Sequence[str]) -> Iterator[CsvRow]:
    """Read a CSV file with a heading row.

    Args:
        path: The file.
        needed: Columns that it must have.

    Raises:
        UserError: The file is missing, no UTF-8 or no CSV.
        Problems: All the columns that it lacks.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames or []
            lacks = [name for name in needed if name not in names]
            if lacks:
                place = f"{path}:1"
                rows = [
                    Problem("csv-column", f"there is no column '{n}'", place, did_you_mean(n, names)) for n in lacks
                ]
                raise Problems(rows, subject=str(path))
            for row in reader:
                values = {name: value if isinstance(value, str) else "" for name, value in row.items() if name}
                yield CsvRow(path, reader.line_num, values)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError as error:
        raise UserError(f"is not UTF-8 text (byte {error.start})", place=str(path)) from None
    except csv.Error as error:
        raise UserError(f"is no CSV: {error}", place=f"{path}:{reader.line_num}") from None
