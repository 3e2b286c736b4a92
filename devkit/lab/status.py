"""The study at a glance: recruitment against the plan, sessions of the day, what broke off, what looks doubtful.

Everything comes from the index in a few questions, so that it costs the same for ten sessions and for ten thousand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from devkit.lab.settings import RecruitmentGroup
from devkit.lab.store import Lab

DAYS_PER_MONTH = 30.4375
DOUBTFUL_SHARE = 0.25
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Recruited:
    """How full a group of the recruitment plan is.

    Attributes:
        group: The group.
        done: Participants with a finished session that counts.
    """

    group: RecruitmentGroup
    done: int


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session that somebody should know of.

    Attributes:
        session_id: UUIDv7.
        respondent_code: Who answered.
        respondent_kind: ``child``, ``adult`` …
        protocol: Name of the protocol.
        started_at: ISO 8601.
        trials: Trials so far.
        reason: Why it ended; None while it runs, or when it broke off.
        doubts: What looks doubtful, coded.
    """

    session_id: str
    respondent_code: str
    respondent_kind: str
    protocol: str
    started_at: str
    trials: int
    reason: str | None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """A study at a glance.

    Attributes:
        participants: Children and adults who take part.
        sessions: Sessions by kind of respondent.
        trials: Trials in all.
        recruited: The recruitment plan and how full it is.
        today: Sessions that began today, the latest first, at most `MOST_SHOWN`.
        unfinished: Sessions with people that broke off, the latest first.
        doubtful: Sessions with people in which something looks doubtful, the latest first.
        problems: Things wrong with journals.
    """

    participants: int
    sessions: dict[str, int]
    trials: int
    recruited: tuple[Recruited, ...]
    today: tuple[SessionLine, ...]
    unfinished: tuple[SessionLine, ...]
    doubtful: tuple[SessionLine, ...]
    problems: int


_LINE = "session_id, respondent_code, respondent_kind, protocol, started_at, trials, reason"
_PEOPLE = "respondent_kind IN ('child', 'adult')"


def status(lab: Lab, day: date) -> Status:
    """Return the state of a study on a day; the index is brought up to date before.

    Raises:
        UserError: The index can be neither used nor made.
    """
    lab.index.refresh()
    with lab.index.connect() as connection:
        return read_status(connection, lab.settings.recruitment, len(lab.participants.all()), day)


def read_status(
    connection: sqlite3.Connection, plan: Sequence[RecruitmentGroup], participants: int, day: date
) -> Status:
    """Return the state of a study from an index that is up to date; see `status`."""
    kinds = "SELECT CASE WHEN baseline = '' THEN respondent_kind ELSE 'baseline' END AS k, count(*), sum(trials)"
    counted = connection.execute(f"{kinds} FROM sessions GROUP BY k").fetchall()
    lines = connection.execute(f"SELECT {_LINE} FROM sessions WHERE {_PEOPLE} ORDER BY started_at DESC").fetchall()
    known = [SessionLine(*line) for line in lines]
    latest = connection.execute(f"SELECT {_LINE} FROM sessions ORDER BY session_id DESC LIMIT {MOST_SHOWN}").fetchall()
    problems = connection.execute("SELECT coalesce(sum(problems), 0) FROM sessions").fetchone()[0]
    return Status(
        participants=participants,
        sessions={kind: number for kind, number, _ in counted},
        trials=sum(trials for *_, trials in counted),
        recruited=tuple(Recruited(group, _recruited(connection, group)) for group in plan),
        today=tuple(line for line in (SessionLine(*row) for row in latest) if _day(line.started_at) == day),
        unfinished=tuple(line for line in known if line.reason is None),
        doubtful=_doubtful(connection, known),
        problems=int(problems),
    )


def _recruited(connection: sqlite3.Connection, group: RecruitmentGroup) -> int:
    low, high = group.age_months
    ages = "(age_days IS NULL OR age_days BETWEEN ? AND ?)" if group.kind == "adult" else "age_days BETWEEN ? AND ?"
    sql = f"SELECT count(DISTINCT respondent_code) FROM sessions WHERE respondent_kind = ? AND {ages}"
    values: list[object] = [group.kind, low * DAYS_PER_MONTH, (high + 1) * DAYS_PER_MONTH - 1e-9]
    if group.protocol:
        sql += " AND protocol = ?"
        values.append(group.protocol)
    return int(connection.execute(f"{sql} AND reason = 'completed'", values).fetchone()[0])


def _doubtful(connection: sqlite3.Connection, known: Sequence[SessionLine]) -> tuple[SessionLine, ...]:
    """Return the sessions with doubts: few answers, many exclusions, the lowest timing tier, damaged lines."""
    sql = (
        "SELECT session_id, test_trials, answered, excluded, trials, timing_tier, problems, reason FROM sessions "
        f"WHERE {_PEOPLE}"
    )
    doubts: dict[str, tuple[str, ...]] = {}
    for session_id, tests, answered, excluded, trials, tier, problems, reason in connection.execute(sql):
        found = (
            ("few_answers", tests > 0 and answered < (1 - DOUBTFUL_SHARE) * tests),
            ("many_excluded", trials > 0 and excluded > DOUBTFUL_SHARE * trials),
            ("timing_demo", tier == "demo"),
            ("damaged", problems > 0),
            ("ended_early", reason not in (None, "completed")),
        )
        if codes := tuple(code for code, holds in found if holds):
            doubts[session_id] = codes
    lines = [line for line in known if line.session_id in doubts][:MOST_SHOWN]
    return tuple(
        SessionLine(
            line.session_id,
            line.respondent_code,
            line.respondent_kind,
            line.protocol,
            line.started_at,
            line.trials,
            line.reason,
            doubts[line.session_id],
        )
        for line in lines
    )


def _day(stamp: str) -> date | None:
    try:
        return datetime.fromisoformat(stamp).astimezone().date()
    except ValueError:
        return None
