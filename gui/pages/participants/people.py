"""What the page knows of participants: one line each, made of the library's participants, ages, people and sessions."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from devkit.lab import Lab, Participant
from devkit.lab.ages import BirthDate, age_on, months_and_days
from devkit.lab.people import Person
from gui.rows import Column
from gui.sayings import reason_words
from gui.words import mark, tr


class Days(int):
    """An age in days that knows how it is written: in completed months and days of the calendar."""

    words = ""

    @classmethod
    def since(cls, start: date, day: date) -> Days:
        """Return the age on a day."""
        made = cls((day - start).days)
        months, rest = months_and_days(start, day)
        made.words = tr("{months} mo {days} d", months=months, days=rest)
        return made


@dataclass(frozen=True, slots=True)
class Line:
    """One participant in the table.

    Attributes:
        participant: As the lab has it.
        person: Who it is; None while names are locked or none is kept.
        age_days: Age today; None when not known.
        corrected_days: Corrected for prematurity.
        sessions: Number of sessions.
        last: When the last one began; empty when there was none.
    """

    participant: Participant
    person: Person | None
    age_days: Days | None
    corrected_days: Days | None
    sessions: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A session of a participant."""

    session_id: str
    started_at: str
    protocol: str
    trials: int
    answered: int
    correct: int
    reason: str | None


COLUMNS = (
    Column(mark("Code"), value=lambda one: one.participant.code),
    Column(mark("Name"), value=lambda one: one.person.name if one.person is not None else ""),
    Column(
        mark("Kind"),
        value=lambda one: one.participant.kind,
        text=lambda v: tr("child") if v == "child" else tr("adult"),
    ),
    Column(mark("Age"), value=lambda one: one.age_days, text=lambda v: v.words),
    Column(mark("Corrected"), value=lambda one: one.corrected_days, text=lambda v: v.words),
    Column(mark("Languages"), value=lambda one: " ".join(one.participant.languages)),
    Column(mark("Consent"), value=lambda one: one.participant.consent),
    Column(
        mark("List"), value=lambda one: one.participant.counterbalance_list, text=lambda v: str(v + 1), numeric=True
    ),
    Column(mark("Sessions"), value=lambda one: one.sessions, numeric=True),
    Column(mark("Last session"), value=lambda one: one.last[:10]),
)
PAST = (
    Column(mark("Began"), value=lambda one: one.started_at, text=lambda v: v[:16].replace("T", " ")),
    Column(mark("Protocol"), value=lambda one: one.protocol),
    Column(mark("Trials"), value=lambda one: one.trials, numeric=True),
    Column(mark("Right"), value=lambda one: f"{one.correct} / {one.answered}"),
    Column(mark("Ended"), value=lambda one: one.reason, text=lambda v: reason_words(v)),
)


def lines_of(lab: Lab, day: date) -> list[Line]:
    """Return a line for each participant; sessions are added by `with_sessions`."""
    people = lab.participants.people
    known = {} if people.locked else {person.code: person for person in people.all()}
    return [Line(one, known.get(one.code), *_ages(one, known.get(one.code), day)) for one in lab.participants.all()]


def _ages(one: Participant, person: Person | None, day: date) -> tuple[Days | None, Days | None]:
    if person is None or not person.birth_date:
        return None, None
    born = BirthDate.parse(person.birth_date)
    if born.day > day:
        return None, None
    age = age_on(born, day, one.gestational_weeks)
    if age.corrected_days is None:
        return Days.since(born.day, day), None
    later = born.day + timedelta(days=age.days - age.corrected_days)
    return Days.since(born.day, day), Days.since(later, day) if later <= day else None


def sessions_question(connection: sqlite3.Connection) -> dict[str, list[Past]]:
    """Return the sessions of people by code, the latest first."""
    sql = (
        "SELECT respondent_code, session_id, started_at, protocol, test_trials, answered, correct, reason "
        "FROM sessions WHERE respondent_kind IN ('child', 'adult') ORDER BY started_at DESC"
    )
    found: dict[str, list[Past]] = {}
    for code, *values in connection.execute(sql):
        found.setdefault(code, []).append(Past(*values))
    return found


def with_sessions(lines: list[Line], past: dict[str, list[Past]]) -> list[Line]:
    """Return the lines with the number of their sessions and the latest."""
    made = []
    for one in lines:
        sessions = past.get(one.participant.code, [])
        last = sessions[0].started_at if sessions else ""
        made.append(Line(one.participant, one.person, one.age_days, one.corrected_days, len(sessions), last))
    return made


def changed_values(before: Participant, after: dict[str, Any]) -> dict[str, Any]:
    """Return what a form changes of a participant."""
    return {name: value for name, value in after.items() if getattr(before, name) != value}
