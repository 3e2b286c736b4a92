"""Reading a journal: everything that is whole, and a located problem for everything that is not.

A damaged line costs that line only. The last line may be torn, because a process was killed or the power went while it
was written; `Journal.torn` holds its bytes, and `devkit.lab.journal` moves them aside when the session is opened again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ValidationError

from devkit.errors import Problem, UserError
from devkit.lab.corrections import corrected
from devkit.lab.gaze import GazeBatch
from devkit.lab.lines import BadLine, Line, RawLine, decode, split
from devkit.records import SCHEMA_VERSION, Correction, EventRecord, Row, SessionEnd, SessionHeader, TrialRecord


@dataclass(slots=True)
class Journal:
    """What a journal file holds.

    Attributes:
        path: The file.
        header: Its first line; None when that is damaged.
        trials: By trial id in the order in which they were run, corrections folded in.
        events: In order.
        gaze: In order.
        end: Its closing line; None while the session is open, or when it broke off.
        problems: What is wrong, with file and line.
        torn: Bytes of a torn last line; empty when the last line is whole.
        intact: Length of the file without ``torn``.
        unended: Whether the last line is whole but lacks its line end.
    """

    path: Path
    header: SessionHeader | None = None
    trials: dict[str, TrialRecord] = field(default_factory=dict)
    events: list[EventRecord] = field(default_factory=list)
    gaze: list[GazeBatch] = field(default_factory=list)
    end: SessionEnd | None = None
    problems: list[Problem] = field(default_factory=list)
    torn: bytes = b""
    intact: int = 0
    unended: bool = False

    @property
    def session_id(self) -> str:
        """The session, by the name of its file."""
        return self.path.stem

    def report(self, code: str, message: str, line: int, hint: str = "") -> None:
        """Note that a line is wrong."""
        self.problems.append(Problem(code, message, f"{self.path}:{line}", hint))


def read_journal(path: Path, *, running: bool = False) -> Journal:
    """Read a journal file.

    Args:
        path: ``…/<session_id>.jsonl``.
        running: Whether a session is writing it now; then an unfinished last line is no problem.

    Raises:
        UserError: The file is missing or cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    return parse_journal(path, data, running=running)


def load_journal(path: Path, *, running: bool = False) -> tuple[bytes, Journal]:
    """Return the bytes of a journal and what they say; a file that cannot be opened is one problem, not an error."""
    try:
        data = path.read_bytes()
    except OSError as error:
        journal = Journal(path)
        journal.report("journal-file", f"the journal cannot be read: {error.strerror}", 1, "may you read this file?")
        return b"", journal
    return data, parse_journal(path, data, running=running)


def parse_journal(path: Path, data: bytes, *, running: bool = False) -> Journal:
    """Read the bytes of a journal that stands, or will stand, at ``path``; never fails, see `Journal.problems`."""
    journal = Journal(path)
    for raw in split(data):
        if not _take(journal, raw, last=raw.end == len(data), running=running):
            break
    if not data:
        journal.report("journal-empty", "the journal is empty", 1)
    return journal


def _take(journal: Journal, raw: RawLine, *, last: bool, running: bool) -> bool:
    """Take one line in; False when what follows cannot be read either."""
    try:
        line = decode(raw.text)
    except BadLine as bad:
        if last:
            journal.torn = raw.text + b"\n" * raw.ended
            if not running:
                hint = "it is moved aside on resuming, or by 'devkit lab check --repair'"
                journal.report("journal-torn", "the last line is torn; the rest is whole", raw.number, hint)
        else:
            journal.intact = raw.end
            journal.report("journal-line", str(bad), raw.number, "the other lines were read")
        return True
    journal.intact, journal.unended = raw.end, not raw.ended
    try:
        return _READERS.get(line.kind, _unknown)(journal, line, raw.number)
    except ValidationError as error:
        journal.report("journal-record", f"the {line.kind} cannot be read: {_first(error)}", raw.number)
    return True


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    where = ".".join(str(part) for part in found[0]["loc"])
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{where + ': ' if where else ''}{found[0]['msg']}{more}"


class _Version(BaseModel):
    schema_version: str = ""


def _header(journal: Journal, line: Line, number: int) -> bool:
    version = _Version.model_validate_json(line.data).schema_version
    if _numbers(version) > _numbers(SCHEMA_VERSION):
        message = f"written in trial format {version}; this devkit reads up to {SCHEMA_VERSION}"
        journal.report("journal-newer", message, number, "update devkit")
        return False
    header = SessionHeader.model_validate_json(line.data)
    if number != 1:
        journal.report("journal-order", "a second header; it is ignored", number)
    elif header.session_id != journal.session_id:
        message = f"the header names session {header.session_id}, the file {journal.session_id}"
        journal.report("journal-name", message, number, "a journal's file is named after its session")
        journal.header = header
    else:
        journal.header = header
    return True


def too_large(record: Row) -> str | None:
    """Return the first column whose whole number does not fit the tables' 64 bits; None when all do."""
    values = record.__dict__.items()
    return next((name for name, value in values if isinstance(value, int) and not -(2**63) <= value < 2**63), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))


def _trial(journal: Journal, line: Line, number: int) -> bool:
    trial = TrialRecord.model_validate_json(line.data)
    if name := too_large(trial):
        journal.report("trial-number", f"the trial cannot be read: {name} is beyond 64 bits", number)
    elif trial.trial_id in journal.trials:
        journal.report("trial-twice", f"trial {trial.trial_id} stands here a second time; the first counts", number)
    elif journal.header is not None and trial.session_id != journal.header.session_id:
        journal.report("trial-session", f"the trial belongs to another session, {trial.session_id}", number)
    else:
        journal.trials[trial.trial_id] = trial
    return True


def _event(journal: Journal, line: Line, number: int) -> bool:
    journal.events.append(EventRecord.model_validate_json(line.data))
    return True


def _gaze(journal: Journal, line: Line, number: int) -> bool:
    journal.gaze.append(GazeBatch.model_validate_json(line.data))
    return True


def _correction(journal: Journal, line: Line, number: int) -> bool:
    correction = Correction.model_validate_json(line.data)
    trial = journal.trials.get(correction.trial_id)
    if trial is None:
        journal.report("correction-trial", f"corrects trial {correction.trial_id}, which is not here", number)
        return True
    try:
        journal.trials[correction.trial_id] = corrected(trial, correction)
    except UserError as error:
        journal.report(error.problem.code, error.problem.message, number, error.problem.hint)
    return True


def _end(journal: Journal, line: Line, number: int) -> bool:
    end = SessionEnd.model_validate_json(line.data)
    if journal.end is not None:
        journal.report("journal-order", "the session ends a second time; the first end counts", number)
    else:
        journal.end = end
    return True


def _unknown(journal: Journal, line: Line, number: int) -> bool:
    journal.report("journal-kind", f"there is no kind of line '{line.kind}'", number)
    return True


_READERS: dict[str, Callable[[Journal, Line, int], bool]] = {
    "header": _header,
    "trial": _trial,
    "event": _event,
    "gaze": _gaze,
    "correction": _correction,
    "end": _end,
}
