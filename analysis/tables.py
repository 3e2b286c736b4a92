"""Tables as data: what a row says to a reader, and the numbers behind it for programs.

A `Value` carries its words and its raw numbers together, so a page, a terminal and a CSV file cannot disagree. Every
cell has an anchor, and a sentence that quotes a number points at it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.result import Interval, Result

Raw = float | int | str | bool | None
NONE = "–"
UNIT = "\u00a0%"
"""Per cent behind a space that does not break."""


@dataclass(frozen=True, slots=True)
class Value:
    """One cell.

    Attributes:
        text: What a reader sees.
        raw: The values behind it, one for each of its column's fields.
        small: A second, smaller line.
        mark: Name of a style (``good``, ``caution``, ``quiet`` …), or empty.
    """

    text: str
    raw: tuple[Raw, ...] = ()
    small: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, the names of its raw values in files, and whether it holds numbers."""

    label: str
    fields: tuple[str, ...]
    number: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row with the key that its anchors are made from; ``voice`` names whose colour it bears."""

    key: str
    values: tuple[Value, ...]
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its name (also of its file), its title and what a reader must know."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""

    def anchor(self, row: str, field: str) -> str:
        """Return the anchor of a cell: ``t-``, the table's name, the row's number and the column's, both from 1.

        Raises:
            KeyError: There is no such row or field.
        """
        rows = [at for at, one in enumerate(self.rows) if one.key == row]
        columns = [at for at, column in enumerate(self.columns) if field in column.fields]
        if not rows or not columns:
            raise KeyError(f"{self.name}: {row}, {field}")
        return f"t-{self.name}-{rows[0] + 1}-{columns[0] + 1}"

    def find(self, row: str, field: str) -> Raw:
        """Return a raw value.

        Raises:
            KeyError: There is no such row or field.
        """
        for one in self.rows:
            if one.key == row:
                for column, value in zip(self.columns, one.values, strict=True):
                    if field in column.fields:
                        return value.raw[column.fields.index(field)]
        raise KeyError(f"{self.name}: {row}, {field}")

    def csv(self) -> str:
        """Return the raw values as CSV with a header; missing values are empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([field for column in self.columns for field in column.fields])
        for row in self.rows:
            writer.writerow(["" if raw is None else raw for raw in _flat(row, self.columns)])
        return out.getvalue()


def _flat(row: Row, columns: Sequence[Column]) -> Iterator[Raw]:
    for column, value in zip(columns, row.values, strict=True):
        raw = value.raw if value.raw else (value.text,)
        yield from raw + (None,) * (len(column.fields) - len(raw))


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as per cent (``71 %``); a dash when there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value * 100:.{digits}f}{UNIT}"


def chance_words(value: float | None) -> str:
    """Return a chance level as per cent, to three digits (``50 %``, ``33.3 %``, ``8.33 %``)."""
    return NONE if value is None or not math.isfinite(value) else f"{value * 100:.3g}{UNIT}"


def limits(interval: Interval | None) -> str:
    """Return an interval of shares (``67–75``); empty when there is none."""
    return f"{interval.low * 100:.0f}–{interval.high * 100:.0f}" if interval is not None else ""


def p_words(p: float | None) -> str:
    """Return a p-value (``0.012``, ``< 0.001``); a dash when there is none."""
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def text(words: str, mark: str = "", small: str = "") -> Value:
    """Return a cell of words."""
    return Value(words, (words,), small, mark)


def count(number: int | None) -> Value:
    """Return a cell of a whole number."""
    return Value(NONE if number is None else f"{number:,}", (number,))


def share(value: float | None, mark: str = "") -> Value:
    """Return a cell of a share."""
    return Value(percent(value), (value,), "", mark)


def chance(value: float | None) -> Value:
    """Return a cell of a chance level."""
    return Value(chance_words(value), (value,), "", "quiet")


def estimate(result: Result, mark: str = "") -> Value:
    """Return a cell of an estimate with its interval beneath; raw: estimate, low, high."""
    interval = result.interval
    raw = (result.estimate, interval.low if interval else None, interval.high if interval else None)
    return Value(percent(result.estimate), raw, limits(interval), mark)


ESTIMATE_FIELDS = ("estimate", "low", "high")
