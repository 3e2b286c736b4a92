"""``lab.sqlite``: an index over the journals, made from them at any time and never the truth.

Tables: ``journals`` (what was read, and what was wrong), ``sessions``, ``trials``, ``events``, ``gaze``. The columns of
``trials`` and ``events`` are those of the declaration; ``gaze`` keeps the samples of one trial and coder as JSON. Only
journals whose size or time changed are read again. Where the lab cannot be written, the index lives in memory.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.codebook import Column, columns
from devkit.errors import Problem, UserError
from devkit.ids import digest_bytes, digest_json
from devkit.lab.files import is_locked
from devkit.lab.reading import Journal, load_journal
from devkit.lab.summary import SUMMARY_COLUMNS, SessionSummary, summarise
from devkit.records import SCHEMA_VERSION, EventRecord, TrialRecord

_LAYOUT = [[column.name, column.storage] for model in (TrialRecord, EventRecord) for column in columns(model)]
INDEX_VERSION = f"1/{SCHEMA_VERSION}/{digest_json([_LAYOUT, SUMMARY_COLUMNS])[:12]}"
_SQL_TYPES = {"text": "TEXT", "int": "INTEGER", "float": "REAL", "bool": "INTEGER", "list": "TEXT", "json": "TEXT"}


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What bringing the index up to date did: journals read, unchanged and gone."""

    read: int
    unchanged: int
    gone: int


class Index:
    """The index of a lab.

    Args:
        path: ``lab.sqlite``.
        journals: Folder of the journals.
    """

    def __init__(self, path: Path, journals: Path) -> None:
        self.path = path
        self.journals = journals
        self._memory: sqlite3.Connection | None = None

    def journal_paths(self) -> list[Path]:
        """Return the journals, oldest session first (session ids sort by time)."""
        return sorted(p for p in self.journals.glob("*.jsonl") if not p.name.startswith("."))

    def refresh(self, *, full: bool = False, advance: Callable[[int], None] = _ignore) -> Refreshed:
        """Bring the index up to date.

        Args:
            full: Make it anew instead of reading changed journals only.
            advance: Told of every journal that is done.

        Raises:
            UserError: The index can be neither used nor made.
        """
        try:
            with self._open() as connection:
                return self._bring_up(connection, full, advance)
        except sqlite3.DatabaseError as error:
            self._recover(error)
        with self.connect() as connection:
            return self._bring_up(connection, True, advance)

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """Open the index for one use.

        Raises:
            UserError: It cannot be used.
        """
        try:
            with self._open() as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            hint = "run 'devkit lab rebuild'"
            raise UserError(
                f"the index cannot be used: {error}", place=str(self.path), hint=hint, code="index"
            ) from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # losing the index costs a rebuild, never data
            yield connection

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """Make way for a new index: in memory where the lab cannot be written, else in place of the damaged one."""
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(_UNWRITABLE):
            self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        elif not name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _bring_up(self, connection: sqlite3.Connection, full: bool, advance: Callable[[int], None]) -> Refreshed:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if full or not _usable(connection):
                _make(connection)
            known = {name: state for name, *state in connection.execute(_KNOWN)}
            present = {path.stem: path for path in self.journal_paths()}
            gone = known.keys() - present.keys()
            for session_id in gone:
                _forget(connection, session_id)
            read = 0
            for session_id, path in present.items():
                state = path.stat()
                size, time, running = known.get(session_id, (None, None, False))
                changed = (size, time) != (state.st_size, state.st_mtime_ns)
                if changed or (running and not is_locked(path)):  # its writer left: is the last line torn?
                    _take(connection, path, state.st_mtime_ns)
                    read += 1
                advance(1)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return Refreshed(read, len(present) - read, len(gone))

    def sessions(self) -> list[SessionSummary]:
        """Return a summary of every session, oldest first."""
        names = ", ".join(SUMMARY_COLUMNS)
        with self.connect() as connection:
            rows = connection.execute(f"SELECT {names} FROM sessions ORDER BY session_id").fetchall()
        return [SessionSummary.from_row(row) for row in rows]

    def problems(self) -> list[Problem]:
        """Return everything that was wrong with the journals when they were read."""
        with self.connect() as connection:
            rows = connection.execute("SELECT problems FROM journals ORDER BY session_id").fetchall()
        return [Problem(**problem) for (text,) in rows for problem in json.loads(text)]

    def stamp(self) -> str:
        """Return a digest of everything indexed; equal stamps mean equal content, indexed in the same way."""
        return digest_bytes(json.dumps([INDEX_VERSION, self._journals()]).encode())

    def data_digest(self) -> str:
        """Return a digest of the journals themselves, which a new version of the index does not change."""
        return digest_bytes(json.dumps(self._journals()).encode())

    def _journals(self) -> list[tuple[str, str]]:
        with self.connect() as connection:
            return connection.execute("SELECT session_id, digest FROM journals ORDER BY session_id").fetchall()


_KNOWN = "SELECT session_id, size, mtime_ns, running FROM journals"


_UNWRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FULL", "SQLITE_IOERR")


def _usable(connection: sqlite3.Connection) -> bool:
    try:
        row = connection.execute("SELECT version FROM meta").fetchone()
    except sqlite3.OperationalError:
        return False
    return row is not None and row[0] == INDEX_VERSION


def _make(connection: sqlite3.Connection) -> None:
    for table in ("meta", "journals", "sessions", "trials", "events", "gaze"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute("CREATE TABLE meta (version TEXT NOT NULL) STRICT")
    connection.execute(
        "CREATE TABLE journals (session_id TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "digest TEXT NOT NULL, running INTEGER NOT NULL, problems TEXT NOT NULL) STRICT"
    )
    connection.execute(f"CREATE TABLE sessions (session_id TEXT PRIMARY KEY, {', '.join(SUMMARY_COLUMNS[1:])})")
    connection.execute(f"CREATE TABLE trials ({_definition(columns(TrialRecord))}, PRIMARY KEY (session_id, trial_id))")
    connection.execute(f"CREATE TABLE events ({_definition(columns(EventRecord))})")
    connection.execute("CREATE TABLE gaze (session_id TEXT, trial_id TEXT, coder TEXT, samples TEXT)")
    for table in ("events", "gaze"):
        connection.execute(f"CREATE INDEX {table}_session ON {table} (session_id)")
    connection.execute("CREATE INDEX trials_id ON trials (trial_id)")
    connection.execute("INSERT INTO meta VALUES (?)", (INDEX_VERSION,))


def _definition(declared: tuple[Column, ...]) -> str:
    return ", ".join(f'"{c.name}" {_SQL_TYPES[c.storage]}' for c in declared)


def _forget(connection: sqlite3.Connection, session_id: str) -> None:
    for table in ("journals", "sessions", "trials", "events", "gaze"):
        connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))


def _take(connection: sqlite3.Connection, path: Path, mtime_ns: int) -> None:
    running = is_locked(path)
    data, journal = load_journal(path, running=running)
    _forget(connection, path.stem)
    problems = json.dumps(
        [{"code": p.code, "message": p.message, "place": p.place, "hint": p.hint} for p in journal.problems]
    )
    connection.execute(
        "INSERT INTO journals VALUES (?, ?, ?, ?, ?, ?)",
        (path.stem, len(data), mtime_ns, digest_bytes(data), int(running), problems),
    )
    summary = summarise(journal)
    if summary is not None:
        marks = ", ".join("?" * len(SUMMARY_COLUMNS))
        connection.execute(f"INSERT INTO sessions VALUES ({marks})", summary.to_row())
    for table, rows in session_rows(journal).items():
        if rows:
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def session_rows(journal: Journal) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the index that a journal stands for, by table; `devkit.lab.check` compares with them."""
    trial_columns, event_columns = columns(TrialRecord), columns(EventRecord)
    key = {"session_id": journal.session_id}  # a session is named by its file, whatever a record says
    return {
        "trials": [_row(trial.model_dump(mode="json") | key, trial_columns) for trial in journal.trials.values()],
        "events": [_row(event.model_dump(mode="json") | key, event_columns) for event in journal.events],
        "gaze": [
            (journal.session_id, g.trial_id, g.coder, g.model_dump_json(exclude={"session_id", "trial_id", "coder"}))
            for g in journal.gaze
        ],
    }


def _row(values: dict[str, Any], declared: tuple[Column, ...]) -> tuple[Any, ...]:
    return tuple(
        values[c.name]
        if c.storage not in ("list", "json") or values[c.name] is None
        else json.dumps(values[c.name], ensure_ascii=False, separators=(",", ":"))
        for c in declared
    )
