"""A table about recordings or children: dates, ages or birth dates, sharing levels. Birth dates stay in memory."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from devkit.errors import Problem, Problems, UserError

_KEYS = ("file", "video", "name", "recording")
_LEVELS = ("private", "shareable", "public")


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the table.

    Attributes:
        child: Code of the child.
        date: Of the recording; None for rows about children.
        born: Birth date; never shown.
        age: Completed months and days beyond.
        consent: Sharing level; empty when the row names none.
    """

    child: str
    date: dt.date | None = None
    born: dt.date | None = field(default=None, repr=False)
    age: tuple[int, int] | None = None
    consent: Literal["private", "shareable", "public", ""] = ""


def read_people(path: Path) -> dict[str, Person]:
    """Read a table with ``child`` and any of file, date, birth_date, age_months, age_days, consent.

    Returns:
        Rows by the file they name, else by the code of the child.

    Raises:
        UserError: There is no such table.
        Problems: Rows are wrong; messages name lines, never what they hold.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, _trimmed(row)) for row in reader]
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except (csv.Error, UnicodeDecodeError, AttributeError):
        raise UserError("is no readable CSV", place=str(path)) from None
    people: dict[str, Person] = {}
    problems: list[Problem] = []
    for line, row in rows:
        try:
            key = next((row[name] for name in _KEYS if row.get(name)), "") or row["child"]
            people[key] = _person(row)
        except (KeyError, ValueError):
            hint = "child; dates as YYYY-MM-DD; ages as whole months and days; consent private, shareable or public"
            problems.append(Problem("malformed-row", "a value is missing or wrong", f"{path.name}:{line}", hint))
    if problems:
        raise Problems(problems, subject=str(path))
    return people


def _trimmed(row: Mapping[str, str]) -> dict[str, str]:
    return {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}


def _person(row: Mapping[str, str]) -> Person:
    months, days = row.get("age_months", ""), row.get("age_days", "")
    age = (int(months), int(days or 0)) if months else None
    consent = row.get("consent", "").lower()
    if (consent and consent not in _LEVELS) or (age and not (0 <= age[0] < 1200 and 0 <= age[1] <= 30)):
        raise ValueError
    return Person(
        child=row.get("child", ""),
        date=dt.date.fromisoformat(row["date"]) if row.get("date") else None,
        born=dt.date.fromisoformat(row["birth_date"]) if row.get("birth_date") else None,
        age=age,
        consent=cast("Literal['private', 'shareable', 'public', '']", consent),
    )


def age_of(person: Person | None, date: dt.date | None) -> tuple[int, int] | None:
    """Return the age on a day as completed months and days beyond; None when it cannot be told."""
    if person is None:
        return None
    if person.age is not None:
        return person.age
    if person.born is None or date is None or date < person.born:
        return None
    months = (date.year - person.born.year) * 12 + date.month - person.born.month
    since = _plus_months(person.born, months)
    if since > date:
        months -= 1
        since = _plus_months(person.born, months)
    return months, (date - since).days


def _plus_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
