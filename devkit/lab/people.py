"""Names, birth dates and contacts: apart from everything else, encrypted once the lab has a passphrase.

Nothing of it is exported, logged or put into a message; the rest of a lab knows a person by code only. What leaves here
is an age in days. A lab keeps people in ``people.sqlite`` until it gets a passphrase, and then in ``people.vault``
(`devkit.lab.vault`). Losing the passphrase loses what is kept here and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from devkit.errors import UserError
from devkit.lab import files, vault
from devkit.lab.ages import BirthDate

PASSPHRASE = "DEVKIT_PASSPHRASE"
VAULT = "people.vault"
PATIENCE_S = 5.0
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


class People:
    """The people of a lab.

    Args:
        path: ``people.sqlite``, made when the first person is kept in a lab without a passphrase; readable by its
            owner only. The encrypted file stands beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.vault = path.with_name(VAULT)
        self._key: vault.Key | None = None

    @property
    def encrypted(self) -> bool:
        """Whether a passphrase is needed."""
        return self.vault.exists()

    @property
    def locked(self) -> bool:
        """Whether the passphrase is still to be given (the variable ``DEVKIT_PASSPHRASE`` counts as given)."""
        return self.encrypted and self._opened() is None

    def unlock(self, passphrase: str) -> None:
        """Open the encrypted file for as long as this object lives.

        Raises:
            UserError: The passphrase is another, or the file is damaged.
        """
        key = vault.key_for(self.vault, passphrase)
        vault.read(self.vault, key)
        self._key = key

    def lock(self) -> None:
        """Forget the passphrase."""
        self._key = None

    def encrypt(self, passphrase: str) -> None:
        """Give the lab a passphrase, or another one; what was kept in the open is removed.

        Raises:
            UserError: The passphrase is too short, the file is locked, or the disk refuses.
        """
        with self._alone():
            everybody = self.all()
            key = vault.new_key(passphrase)
            vault.write(self.vault, key, _packed(everybody))
            self._key = key
            _erase(self.path)

    def give_up(self) -> Path:
        """Go on without the people whose passphrase is lost; their file is set aside, new people are kept anew.

        Returns:
            Where the file is now, in case the passphrase turns up.
        """
        aside = self.vault.with_name(f"{VAULT}.lost-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        with files.writing(self.vault):
            os.replace(self.vault, aside)
        self._key = None
        return aside

    def keep(self, person: Person) -> None:
        """Add a person, or fill in and change what is kept of one; empty fields change nothing.

        Raises:
            UserError: The date of birth is none, the file is locked, or the disk refuses.
        """
        birth = str(BirthDate.parse(person.birth_date)) if person.birth_date else ""
        given = (("name", person.name), ("birth_date", birth), ("contact", person.contact))
        if not self.encrypted:
            with self._open() as connection:
                connection.execute("INSERT OR IGNORE INTO people (code) VALUES (?)", (person.code,))
                for column, value in given:
                    if value:
                        connection.execute(f"UPDATE people SET {column} = ? WHERE code = ?", (value, person.code))
            return
        with self._alone():
            kept = {one.code: one for one in self.all()}
            old = kept.get(person.code, Person(person.code))
            kept[person.code] = Person(person.code, *(new or getattr(old, name) for name, new in given))
            self._write(list(kept.values()))

    def forget(self, code: str) -> None:
        """Remove everything that is kept of a person, so that the bytes are gone too.

        Raises:
            UserError: The file is locked, or the disk refuses.
        """
        if self.encrypted:
            with self._alone():
                self._write([one for one in self.all() if one.code != code])
        elif self.path.exists():
            with self._open() as connection:
                connection.execute("DELETE FROM people WHERE code = ?", (code,))

    def get(self, code: str) -> Person | None:
        """Return the person behind a code; None when nobody is kept."""
        return next((person for person in self.all() if person.code == code), None)

    def birth_date(self, code: str) -> BirthDate | None:
        """Return the date of birth behind a code; None when it is not kept."""
        person = self.get(code)
        return BirthDate.parse(person.birth_date) if person and person.birth_date else None

    def all(self) -> list[Person]:
        """Return everybody, in order of code.

        Raises:
            UserError: The file is locked (code ``people-locked``) or damaged.
        """
        if self.encrypted:
            return sorted(_unpacked(self.vault, vault.read(self.vault, self._needed())), key=lambda one: one.code)
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT code, name, birth_date, contact FROM people ORDER BY code").fetchall()
        return [Person(*row) for row in rows]

    def merge(self, other: People, without: frozenset[str] = frozenset()) -> list[str]:
        """Keep everybody whom another lab keeps; return the codes of those about whom the two labs disagree.

        Where they disagree, what this lab says stays.

        Args:
            other: The other lab's people.
            without: Codes that are not taken over: their families have withdrawn.
        """
        ours = {person.code: person for person in self.all()}
        disputed = []
        for theirs in other.all():
            if theirs.code in without:
                continue
            own = ours.get(theirs.code, Person(theirs.code))
            pairs = ((own.name, theirs.name), (own.birth_date, theirs.birth_date), (own.contact, theirs.contact))
            if any(a and b and a != b for a, b in pairs):
                disputed.append(theirs.code)
            filled = Person(theirs.code, *(a or b for a, b in pairs))
            if filled != ours.get(theirs.code):
                self.keep(filled)
        return disputed

    def sound(self) -> bool:
        """Return whether the file is whole (or not there), as far as that shows without the passphrase."""
        if self.encrypted:
            return vault.whole(self.vault)
        try:
            with self._open(create=False) as connection:
                return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
        except UserError:
            return not self.path.exists()

    def _opened(self) -> vault.Key | None:
        if self._key is None and (given := os.environ.get(PASSPHRASE)):
            with contextlib.suppress(UserError):
                self.unlock(given)
        return self._key

    def _needed(self) -> vault.Key:
        key = self._opened()
        if key is None:
            hint = f"unlock it with its passphrase; on the command line in the variable {PASSPHRASE}"
            message = "names and birth dates are locked"
            raise UserError(message, place=str(self.vault), hint=hint, code="people-locked")
        return key

    def _write(self, everybody: list[Person]) -> None:
        vault.write(self.vault, self._needed(), _packed(everybody))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other programs from changing the encrypted file between reading and writing it."""
        guard = self.vault.with_name(f".{VAULT}.lock")
        with files.writing(guard):
            descriptor = os.open(guard, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not files.lock(descriptor, patience=PATIENCE_S):
                raise UserError("is being changed by another program", place=str(self.vault), hint="try again")
            yield
        finally:
            os.close(descriptor)

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


def _packed(everybody: list[Person]) -> bytes:
    return json.dumps([asdict(person) for person in everybody], ensure_ascii=False).encode()


def _unpacked(path: Path, data: bytes) -> list[Person]:
    try:
        return [Person(**{name: str(value) for name, value in row.items()}) for row in json.loads(data)]
    except (ValueError, TypeError, AttributeError):
        raise UserError("the file is of another devkit", place=str(path), hint="update devkit", code="people") from None


def _erase(path: Path) -> None:
    """Overwrite and remove a file that was kept in the open; what a disk keeps of it besides is the disk's."""
    for part in (path, *(path.with_name(path.name + tail) for tail in ("-wal", "-shm", "-journal"))):
        if not part.exists():
            continue
        with files.writing(part), part.open("r+b") as file:
            file.write(b"\0" * part.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        part.unlink()
