"""A family withdraws: the child's data are erased, and a dated tombstone says that they were there.

The one thing in a lab that deletes. What goes: every journal of the participant (and what was moved aside of them), the
person, the particulars, the rows of the index and the cached tables made from it. What stays: the code with the day of
the withdrawal, and for every session a tombstone with its id, so that a merge with another station does not bring it
back. Reports and exports that were written before are the user's to go through; they are named.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError

from devkit.errors import UserError
from devkit.items import Strict
from devkit.lab import files
from devkit.lab.merge import CONFLICTS, WITHDRAWN
from devkit.lab.participants import Participant
from devkit.lab.reading import load_journal
from devkit.lab.store import Lab
from devkit.lab.videos import FOLDER as VIDEO

MADE_BEFORE = ("reports", "exports")
PERSONAL = (VIDEO, "recordings")


class Tombstone(Strict):
    """What stands in the place of a session that was erased.

    Attributes:
        session_id: The session.
        withdrawn_at: Day of the withdrawal.
    """

    session_id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    withdrawn_at: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did.

    Attributes:
        code: The participant.
        day: The day that the tombstones bear.
        sessions: Sessions erased.
        trials: Trials in them.
        made_before: Reports and exports of the lab that may still hold something of the participant.
    """

    code: str
    day: str
    sessions: int
    trials: int
    made_before: tuple[Path, ...]


def withdraw(lab: Lab, code: str, *, day: date) -> Withdrawn:
    """Erase everything of a participant and leave tombstones; interrupted, the same call finishes it.

    Args:
        lab: The lab.
        code: The participant.
        day: The day that the tombstones bear.

    Raises:
        UserError: There is no such participant, names are locked, a session is being recorded, or the disk refuses.
    """
    known = lab.participants.read()[0]
    if code not in known or not known[code].withdrawn_at:
        code = lab.participants.get(code).code
    names = lab.participants.names_of(code)
    if lab.participants.people.locked:
        lab.participants.people.all()  # says what to do
    journals = list(_journals(lab, names))
    for path in journals:
        if files.is_locked(path):
            raise UserError("a session of this participant is being recorded", place=str(path), hint="end it first")
    trials = 0
    for path in journals:
        trials += len(load_journal(path)[1].trials)
        _bury(lab, path, day.isoformat())
    for name in names:
        _forget(lab, known[name], day.isoformat())
    _forget_tables(lab)
    made = [p for folder in MADE_BEFORE for p in sorted((lab.path / folder).glob("*")) if p.name != "parquet"]
    return Withdrawn(code, day.isoformat(), len(journals), trials, tuple(made))


def tombstones(lab_path: Path) -> dict[str, Tombstone]:
    """Return the tombstones of a lab by session; one that cannot be read still names its session by its file."""
    found = {}
    for path in sorted((lab_path / "journals" / WITHDRAWN).glob("*.json")):
        try:
            found[path.stem] = Tombstone.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            found[path.stem] = Tombstone.model_construct(session_id=path.stem, withdrawn_at="")
    return found


def _journals(lab: Lab, names: frozenset[str]) -> Iterator[Path]:
    for path in lab.index.journal_paths():
        journal = load_journal(path)[1]
        codes = {trial.respondent_code for trial in journal.trials.values()}
        if journal.header is not None:
            codes.add(journal.header.respondent_code)
        if codes & names:
            yield path


def _bury(lab: Lab, path: Path, day: str) -> None:
    """Put a tombstone in the place of a journal and of everything that was moved aside of it."""
    folder = path.parent / WITHDRAWN
    with files.writing(folder):
        folder.mkdir(exist_ok=True)
    tombstone = {"session_id": path.stem, "withdrawn_at": day}
    files.write_whole(folder / f"{path.stem}.json", json.dumps(tombstone).encode())
    beside = [*path.parent.glob(f"{path.stem}.torn-*"), *(path.parent / CONFLICTS).glob(f"{path.stem}.*")]
    for folder_name in PERSONAL:
        beside += (lab.path / folder_name).glob(f"{path.stem}*")
    for one in (*beside, path):
        with files.writing(one):
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    files.sync_folder(path.parent)


def _forget(lab: Lab, participant: Participant, day: str) -> None:
    lab.participants.people.forget(participant.code)
    stone = Participant(
        code=participant.code,
        kind=participant.kind,
        merged_into=participant.merged_into,
        added_at=day,
        withdrawn_at=day,
    )
    lab.participants.erase(participant.code, stone)


def _forget_tables(lab: Lab) -> None:
    """Take the rows out of the index and its file, and remove the tables made from it."""
    lab.index.refresh()
    shutil.rmtree(lab.path / "exports" / "parquet", ignore_errors=True)
    try:
        with closing(sqlite3.connect(lab.index.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        hint = "run 'devkit lab rebuild'"
        raise UserError(f"the index cannot be tidied: {error}", place=str(lab.index.path), hint=hint) from None
