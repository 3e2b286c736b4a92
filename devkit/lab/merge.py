"""Joining labs: several stations each own one, and one of them takes in the others.

Session ids never collide, so a session that both labs hold is the same session, and the longer journal wins if the
shorter is its beginning. Two journals that went different ways (one session corrected at two stations) are both kept:
ours where it was, theirs under ``journals/conflicts/``. Nothing is ever shortened or removed. Banks, protocols and
models are not joined; they are copied as folders.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import Problem, UserError
from devkit.ids import digest_bytes
from devkit.lab import files
from devkit.lab.journal import LOCK_PATIENCE_S, mend
from devkit.lab.reading import parse_journal
from devkit.lab.store import Lab

CONFLICTS = "conflicts"
WITHDRAWN = "withdrawn"


@dataclass(slots=True)
class Merged:
    """What joining labs did.

    Attributes:
        added: Sessions that were new.
        grown: Sessions of which another lab knew more.
        same: Sessions about which the labs agree, or of which ours knew more.
        participants: Participants that were new.
        media: Media files that were new.
        problems: What could not be joined or is disputed; everything else was.
    """

    added: int = 0
    grown: int = 0
    same: int = 0
    participants: int = 0
    media: int = 0
    problems: list[Problem] = field(default_factory=list)


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


def merge(lab: Lab, others: list[Lab], *, people: bool = True, advance: Callable[[int], None] = _ignore) -> Merged:
    """Take other labs into a lab.

    Args:
        lab: The lab that grows.
        others: The labs to take in; they stay as they are.
        people: Whether names, birth dates and contacts are taken over too.
        advance: Told of every session that is done.

    Raises:
        UserError: A lab would be joined with itself, or the disk refuses; what was joined so far is whole.
    """
    for other in others:
        if other.path.resolve() == lab.path.resolve():
            raise UserError("a lab cannot be joined with itself", place=str(other.path))
    done = Merged()
    for other in others:
        erased = _tombstones(lab, other)
        for path in other.index.journal_paths():
            if path.stem not in erased:
                _take_session(lab, path, done)
            advance(1)
        _tell_withdrawn(lab, other, done)
        _take_people(lab, other, done, people=people)
        done.media += lab.media.merge(other.media)
    lab.rebuild(full=False)
    return done


def _tombstones(lab: Lab, other: Lab) -> set[str]:
    """Return the sessions that were erased at either station; see `devkit.lab.withdrawal`."""
    return {path.stem for one in (lab, other) for path in (one.path / "journals" / WITHDRAWN).glob("*.json")}


def _tell_withdrawn(lab: Lab, other: Lab, done: Merged) -> None:
    """Name the participants who withdrew at the other station and are still here."""
    ours = lab.participants.read()[0]
    for code, theirs in other.participants.read()[0].items():
        if theirs.withdrawn_at and code in ours and not ours[code].withdrawn_at:
            message = f"participant '{code}' has withdrawn at the other station on {theirs.withdrawn_at}"
            hint = f"run 'devkit participant withdraw {lab.path} {code}'"
            done.problems.append(Problem("merge-withdrawn", message, str(other.path), hint))


def _take_session(lab: Lab, path: Path, done: Merged) -> None:
    theirs = path.read_bytes()
    if files.is_locked(path):
        done.problems.append(
            Problem("merge-running", "is being recorded now; left out", str(path), "merge again later")
        )
        return
    journal = parse_journal(path, theirs)
    whole = theirs[: journal.intact] + b"\n" * journal.unended  # a torn last line stays where it was torn
    if journal.header is None:
        found = journal.problems[0]
        done.problems.append(Problem("merge-unreadable", f"left out: {found.message}", found.place))
        return
    target = lab.journal_path(path.stem)
    if not target.exists():
        files.write_whole(target, whole)
        done.added += 1
    elif _grow(target, whole, done):
        done.grown += 1


def _grow(target: Path, theirs: bytes, done: Merged) -> bool:
    """Append what their journal has beyond ours; False when it has nothing more, or went another way."""
    with files.writing(target):
        descriptor = os.open(target, os.O_RDWR | os.O_APPEND)
    try:
        held = files.lock(descriptor, patience=LOCK_PATIENCE_S)
        data = target.read_bytes()
        journal = parse_journal(target, data, running=not held)
        ours = data[: journal.intact] + b"\n" * journal.unended
        if ours.startswith(theirs):
            done.same += 1
            return False
        if not theirs.startswith(ours):
            _keep_both(target, theirs, done)
            return False
        if not held:
            message = "is being recorded here, and another lab knows more of it; left as it is"
            done.problems.append(Problem("merge-running", message, str(target)))
            return False
        mend(descriptor, journal)
        files.append(descriptor, theirs[len(ours) :], durable=True, path=target)
    finally:
        os.close(descriptor)
    return True


def _keep_both(target: Path, theirs: bytes, done: Merged) -> None:
    aside = target.parent / CONFLICTS / f"{target.stem}.{digest_bytes(theirs)[:12]}.jsonl"
    with files.writing(aside):
        aside.parent.mkdir(exist_ok=True)
    if not aside.exists():
        files.write_whole(aside, theirs)
    message = f"the labs disagree about this session; ours counts, theirs is kept as {CONFLICTS}/{aside.name}"
    done.problems.append(Problem("merge-conflict", message, str(target), "compare the two and correct ours"))


def _take_people(lab: Lab, other: Lab, done: Merged, *, people: bool) -> None:
    both = (lab.participants.read()[0], other.participants.read()[0])
    gone = frozenset(code for known in both for code, one in known.items() if one.withdrawn_at)
    new, disputed = lab.participants.merge(other.participants)
    done.participants += new
    if people:
        disputed = sorted({*disputed, *lab.participants.people.merge(other.participants.people, gone)})
    for code in disputed:
        if code in gone:
            continue
        message = f"the labs know different things of participant '{code}'; ours count"
        done.problems.append(Problem("merge-participant", message, str(other.path), "is it the same person?"))
