"""Findings of a topic in sections: rows of labels and results, as tables for people and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.result import Interval, Result, Unit
from analysis.tables import NONE, Column, Raw, Row, Table, Value, p_words, percent, text

SHARES: tuple[Unit, ...] = ("share", "difference")


@dataclass(frozen=True, slots=True)
class Finding:
    """One result and the labels of its row."""

    labels: tuple[str, ...]
    result: Result


@dataclass(frozen=True, slots=True)
class Section:
    """Results that belong in one table.

    Attributes:
        name: Of the table and its file.
        title: For people.
        columns: What the labels are.
        findings: The rows.
        note: What a reader must know.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    note: str = ""

    def table(self) -> Table:
        """Return the section as a table: labels, estimate with interval, p, n, and remarks."""
        heads = [Column(label, (label.lower().replace(" ", "_"),), number=False) for label in self.columns]
        heads += [
            Column("estimate", ("estimate", "low", "high")),
            Column("p", ("p",)),
            Column("n", ("n",), number=False),
            Column("remarks", ("remarks", "method"), number=False),
        ]
        rows = tuple(
            Row(f"{at + 1}", (*(text(label) for label in one.labels), *_values(one.result)))
            for at, one in enumerate(self.findings)
        )
        return Table(self.name, self.title, tuple(heads), rows, self.note)


def section(
    name: str, title: str, columns: Sequence[str], findings: Sequence[tuple[Sequence[str], Result]], note: str = ""
) -> tuple[Section, ...]:
    """Return one section, or none when there are no findings."""
    if not findings:
        return ()
    rows = tuple(Finding(tuple(labels), result) for labels, result in findings)
    return (Section(name, title, tuple(columns), rows, note),)


def _values(result: Result) -> tuple[Value, Value, Value, Value]:
    interval = result.interval
    raw: tuple[Raw, ...] = (
        result.estimate,
        _finite(interval.low) if interval else None,
        _finite(interval.high) if interval else None,
    )
    shown = Value(quantity(result.estimate, result.unit), raw, limit_words(interval, result.unit))
    remarks = "; ".join(
        [*([result.reason] if result.reason else []), *result.warnings, *(str(c) for c in result.checks if not c.held)]
    )
    n = ", ".join(str(count) for count in result.n)
    return (
        shown,
        Value(p_words(result.p_value), (result.p_value,)),
        text(n, "quiet"),
        Value(remarks, (remarks, result.method)),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def quantity(value: float | None, unit: Unit) -> str:
    """Return a number for people: shares as per cent, times in whole ms, others to three digits."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit in SHARES:
        return percent(value, 1)
    if unit == "ms":
        return f"{value:,.0f} ms"
    if unit == "months":
        return f"{value:.1f} months"
    if unit == "hours":
        return f"{value:,.3g} h"
    if unit == "share per month":
        return f"{value * 100:.2f} points a month"
    if unit in ("kappa", "correlation"):
        return f"{value:.2f}"
    return f"{value:.3g}"


def limit_words(interval: Interval | None, unit: Unit) -> str:
    """Return the limits for people, with words in the place of open ends; empty when there is none."""
    if interval is None:
        return ""
    low = interval.low_words or quantity(interval.low, unit)
    high = interval.high_words or quantity(interval.high, unit)
    return f"{low} to {high}"


def as_json(one: Section) -> list[dict[str, Any]]:
    """Return the findings of a section as JSON objects."""
    return [
        {"section": one.name, **dict(zip(map(_key, one.columns), f.labels, strict=True)), **result_json(f.result)}
        for f in one.findings
    ]


def _key(column: str) -> str:
    return column.lower().replace(" ", "_")


def result_json(result: Result) -> dict[str, Any]:
    """Return a result as a JSON object; open ends of an interval are null with words beside."""
    interval = result.interval
    return {
        "name": result.name,
        "estimate": result.estimate,
        "low": _finite(interval.low) if interval else None,
        "high": _finite(interval.high) if interval else None,
        "low_words": interval.low_words if interval else "",
        "high_words": interval.high_words if interval else "",
        "level": interval.level if interval else None,
        "unit": result.unit,
        "se": result.se,
        "df": result.df,
        "p": result.p_value,
        "chance": result.chance,
        "n": {count.unit: count.number for count in result.n},
        "method": result.method,
        "scope": result.scope,
        "assumptions": list(result.assumptions),
        "checks": [{"what": c.what, "held": c.held, "detail": c.detail} for c in result.checks],
        "warnings": list(result.warnings),
        "reason": result.reason,
    }
