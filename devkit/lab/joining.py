"""Two entries turn out to be one person: their sessions come together under one code, by corrections.

Nothing is overwritten: every trial of the entry that goes gets a correction of its ``respondent_code`` with who, when
and why, and the entry itself says into which it was merged. The person's name and birth date fill in what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from devkit.errors import UserError
from devkit.lab import files
from devkit.lab.journal import SessionJournal
from devkit.lab.people import Person
from devkit.lab.reading import load_journal
from devkit.lab.store import Lab
from devkit.records import Correction


@dataclass(frozen=True, slots=True)
class Joined:
    """What a merge of two entries did: sessions and trials that changed their code."""

    code: str
    into: str
    sessions: int
    trials: int


def join_participants(lab: Lab, code: str, into: str, *, who: str, why: str) -> Joined:
    """Merge one participant into another.

    Args:
        lab: The lab.
        code: The entry that goes.
        into: The entry that stays.
        who: Who says so.
        why: Why.

    Raises:
        UserError: One is not there, they are of different kinds, both have dates of birth that differ, names are
            locked, a session is being recorded, or the disk refuses. A merge that was interrupted can be repeated.
    """
    going, staying = lab.participants.get(code), lab.participants.get(into)
    if going.code == staying.code:
        raise UserError(f"'{code}' and '{into}' are one participant already", place=str(lab.participants.path))
    if going.kind != staying.kind:
        raise UserError(f"'{code}' is a {going.kind} and '{into}' a {staying.kind}", hint="correct one of them first")
    people = lab.participants.people
    first, second = people.get(staying.code), people.get(going.code)
    if first and second and first.birth_date and second.birth_date and first.birth_date != second.birth_date:
        hint = "correct the one that is wrong, then merge"
        raise UserError(f"'{code}' and '{into}' have different dates of birth", hint=hint)
    paths = [p for p in lab.index.journal_paths() if _is_of(lab, p.stem, going.code)]
    for path in paths:
        if files.is_locked(path):
            raise UserError("a session of this participant is being recorded", place=str(path), hint="end it first")
    trials = sum(_recode(lab, path.stem, going.code, staying.code, who, why) for path in paths)
    if second is not None:
        filled = Person(staying.code, *(_or(first, second, name) for name in ("name", "birth_date", "contact")))
        people.keep(filled)
        people.forget(going.code)
    lab.participants.write([going.model_copy(update={"merged_into": staying.code})])
    lab.index.refresh()
    return Joined(going.code, staying.code, len(paths), trials)


def _is_of(lab: Lab, session_id: str, code: str) -> bool:
    journal = load_journal(lab.journal_path(session_id))[1]
    header = journal.header is not None and journal.header.respondent_code == code
    return header or any(trial.respondent_code == code for trial in journal.trials.values())


def _recode(lab: Lab, session_id: str, code: str, into: str, who: str, why: str) -> int:
    now, changed = datetime.now(UTC).isoformat(timespec="seconds"), 0
    with SessionJournal.reopen(lab.journal_path(session_id), after_end=True) as journal:
        for trial_id, trial in list(journal.trials.items()):
            if trial.respondent_code == code:
                journal.correction(
                    Correction(trial_id=trial_id, column="respondent_code", after=into, who=who, when=now, why=why)
                )
                changed += 1
    return changed


def _or(first: Person | None, second: Person, name: str) -> str:
    return str(getattr(first, name) if first is not None else "") or str(getattr(second, name))
