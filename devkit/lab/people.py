"""Names, birth dates and contacts: in ``people.sqlite``, apart from everything else.

Nothing of it is exported, logged or put into a message; the rest of a lab knows a person by code only. What leaves here
is an age in days.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import UserError
from devkit.lab.ages import BirthDate

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    birth_date TEXT NOT NULL DEFAULT '',
    contact TEXT NOT NULL DEFAULT ''
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands behind a code. Its ``repr`` shows the code only.

    Attributes:
        code: Code of the participant.
        name: Empty when not kept.
        birth_date: ``YYYY-MM-DD`` or ``YYYY-MM``; empty when not kept.
        contact: Telephone, mail or address; empty when not kept.
    """

    code: str
    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class People:
    """The people of a lab.

    Attributes:
        path: ``people.sqlite``; made when the first person is kept, readable by its owner only.
    """

    path: Path

    def keep(self, person: Person) -> None:
        """Add a person, or fill in and change what is kept of one; empty fields change nothing."""
        birth = str(BirthDate.parse(person.birth_date)) if person.birth_date else ""
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO people (code) VALUES (?)", (person.code,))
            for column, value in (("name", person.name), ("birth_date", birth), ("contact", person.contact)):
                if value:
                    connection.execute(f"UPDATE people SET {column} = ? WHERE code = ?", (value, person.code))

    def get(self, code: str) -> Person | None:
        """Return the person behind a code; None when nobody is kept."""
        return next((person for person in self.all() if person.code == code), None)

    def birth_date(self, code: str) -> BirthDate | None:
        """Return the date of birth behind a code; None when it is not kept."""
        person = self.get(code)
        return BirthDate.parse(person.birth_date) if person and person.birth_date else None

    def all(self) -> list[Person]:
        """Return everybody, in order of code."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT code, name, birth_date, contact FROM people ORDER BY code").fetchall()
        return [Person(*row) for row in rows]

    def merge(self, other: People) -> list[str]:
        """Keep everybody whom another lab keeps; return the codes of those about whom the two labs disagree.

        Where they disagree, what this lab says stays.
        """
        ours = {person.code: person for person in self.all()}
        disputed = []
        for theirs in other.all():
            own = ours.get(theirs.code, Person(theirs.code))
            pairs = ((own.name, theirs.name), (own.birth_date, theirs.birth_date), (own.contact, theirs.contact))
            if any(a and b and a != b for a, b in pairs):
                disputed.append(theirs.code)
            filled = Person(theirs.code, *(a or b for a, b in pairs))
            if filled != ours.get(theirs.code):
                self.keep(filled)
        return disputed

    def sound(self) -> bool:
        """Return whether the file is a whole database (or not there)."""
        try:
            with self._open(create=False) as connection:
                return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
        except UserError:
            return not self.path.exists()

    @contextmanager
    def _open(self, *, create: bool = True) -> Iterator[sqlite3.Connection]:
        try:
            if create and not self.path.exists():
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            mode = "rw" if os.access(self.path, os.W_OK) else "ro"
            with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode={mode}", uri=True)) as connection:
                if mode == "rw":
                    connection.execute("PRAGMA secure_delete = ON")
                    connection.execute(_SCHEMA)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            hint = "restore it from a backup; sessions are not affected"
            raise UserError(f"cannot be used: {error}", place=str(self.path), hint=hint, code="people") from None
