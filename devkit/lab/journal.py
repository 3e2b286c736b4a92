"""Writing a journal: one append-only file a session, on the disk after each trial.

A session has one writer at a time, held by a lock on the file. A line is written by one call and, for everything but
events and gaze, waited for until the disk has it; those are on the disk with the trial that follows. So a killed
process, a full disk or a pulled plug costs the trial in progress and nothing else. A new journal appears under its name
only once its header is on the disk; a torn last line is moved aside before a session goes on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import ValidationError

from devkit.errors import Problems, UserError
from devkit.lab import files
from devkit.lab.corrections import corrected
from devkit.lab.gaze import pack
from devkit.lab.lines import LineKind, encode
from devkit.lab.reading import Journal, parse_journal, read_journal, too_large
from devkit.records import Correction, EventRecord, GazeRecord, Row, SessionEnd, SessionHeader, TrialRecord

EndReason = Literal["completed", "breakoff", "reason_code", "other"]
LOCK_PATIENCE_S = 0.5


class SessionJournal:
    """The journal of a running session; made by `devkit.lab.Lab.new_session` or `devkit.lab.Lab.resume`.

    Used as a context manager it lets go of the file at the end, but it never closes the *session* by itself: a session
    without an end line is one that broke off, and can be resumed.

    Attributes:
        path: The file.
        header: What the session is.
        trials: The trials so far, by trial id, corrections folded in.
        ended: Whether the session was closed.
    """

    def __init__(self, path: Path, descriptor: int, header: SessionHeader, trials: dict[str, TrialRecord]) -> None:
        self.path = path
        self.header = header
        self.trials = trials
        self.ended = False
        self._descriptor: int | None = descriptor

    @classmethod
    def create(cls, path: Path, header: SessionHeader) -> SessionJournal:
        """Begin a session.

        Raises:
            UserError: The session exists already, or the disk refuses.
        """
        if path.exists():
            raise UserError("this session exists already", place=str(path), hint="resume it instead")
        files.require_space(path.parent)
        beginning = path.with_name(f".{path.name}.new")
        with files.writing(path):
            descriptor = os.open(beginning, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            _hold(descriptor, path)
            files.append(descriptor, _line("header", header), durable=True, path=path)
            with files.writing(path):
                os.rename(beginning, path)
                files.sync_folder(path.parent)
        except BaseException:
            os.close(descriptor)
            beginning.unlink(missing_ok=True)
            raise
        return cls(path, descriptor, header, {})

    @classmethod
    def reopen(cls, path: Path, *, after_end: bool = False) -> SessionJournal:
        """Go on with a session that broke off; a torn last line is first moved aside.

        Args:
            path: The journal.
            after_end: Allow a closed session too: corrections may still follow.

        Raises:
            UserError: Another program has it open, it was closed, its header is damaged, or the disk refuses.
        """
        with files.writing(path):
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        try:
            _hold(descriptor, path)
            journal = read_journal(path)
            if journal.header is None:
                raise Problems(journal.problems)
            if journal.end is not None and not after_end:
                raise UserError("this session was closed", place=str(path), hint="begin a new one")
            mend(descriptor, journal)
        except BaseException:
            os.close(descriptor)
            raise
        reopened = cls(path, descriptor, journal.header, journal.trials)
        reopened.ended = journal.end is not None
        return reopened

    def trial(self, record: TrialRecord) -> None:
        """Record a trial; when this returns, the disk has it.

        Raises:
            UserError: The disk refuses; everything before is safe and the same record may be tried again.
            ValueError: The record belongs elsewhere or could not be read back; nothing was written.
        """
        if record.session_id != self.header.session_id:
            raise ValueError(f"the trial belongs to session {record.session_id}, not {self.header.session_id}")
        if record.trial_id in self.trials:
            raise ValueError(f"trial {record.trial_id} was recorded already")
        self._append("trial", record)
        self.trials[record.trial_id] = record

    def event(self, record: EventRecord, *, durable: bool = False) -> None:
        """Record an event; it is on the disk with the next trial at the latest, or at once when ``durable``."""
        self._append("event", record, durable=durable)

    def gaze(self, samples: Sequence[GazeRecord], *, coded: bool = False) -> None:
        """Record gaze samples; they are on the disk with the next trial at the latest.

        Args:
            samples: In order of trial and time.
            coded: Coded afterwards: on the disk when this returns, and a closed session takes them too.
        """
        for batch in pack(samples):
            self._append("gaze", batch, durable=coded, after_end=coded)

    def correction(self, correction: Correction) -> None:
        """Correct a trial of this session.

        Raises:
            UserError: There is no such trial or column, the value does not fit, or the disk refuses.
        """
        trial = self.trials.get(correction.trial_id)
        if trial is None:
            raise UserError(f"this session has no trial {correction.trial_id}", place=str(self.path))
        mended = corrected(trial, correction)
        self._append("correction", correction, after_end=True)
        self.trials[correction.trial_id] = mended

    def close(self, reason: EndReason, detail: str = "", timing: dict[str, Any] | None = None) -> None:
        """End the session and let go of the file.

        Args:
            reason: Why it ended.
            detail: More about it.
            timing: What was measured of the session's timing.

        Raises:
            UserError: The disk refuses; the session stays open and closing may be tried again.
        """
        ended_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        end = SessionEnd(
            session_id=self.header.session_id, ended_at=ended_at, reason=reason, detail=detail, timing=timing or {}
        )
        self._append("end", end)
        self.ended = True
        self.release()

    def release(self) -> None:
        """Let go of the file without ending the session; harmless when that was done before."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _append(self, kind: LineKind, record: Row, *, durable: bool = True, after_end: bool = False) -> None:
        if self._descriptor is None:
            raise ValueError("the journal is closed")
        if self.ended and not after_end:
            raise ValueError("the session has ended; only corrections and coded gaze may follow")
        files.append(self._descriptor, _line(kind, record), durable=durable, path=self.path)


def _line(kind: LineKind, record: Row) -> bytes:
    """Encode a record, sure that it can be read back (numbers that JSON lacks are written as null)."""
    text = record.model_dump_json()
    try:
        type(record).model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"the {kind} could not be read back: {error}") from None
    if name := too_large(record):
        raise ValueError(f"the {kind} could not be read back: {name} is beyond 64 bits")
    return encode(kind, text)


def _hold(descriptor: int, path: Path) -> None:
    if not files.lock(descriptor, patience=LOCK_PATIENCE_S):
        hint = "end it there, or wait until that program has closed"
        raise UserError("this session is being recorded by another program", place=str(path), hint=hint, code="locked")


def mend(descriptor: int, journal: Journal) -> Path | None:
    """Move a torn last line into a file beside the journal, so that lines can follow again.

    Args:
        descriptor: Open for reading and appending, and locked.
        journal: What was read from it.

    Returns:
        The file that the torn bytes went to; None when nothing was torn.
    """
    path, aside = journal.path, None
    if journal.torn:
        aside = _free_name(path)
        files.write_whole(aside, journal.torn)
        with files.writing(path):
            os.ftruncate(descriptor, journal.intact)
            os.fsync(descriptor)
    if journal.unended:
        files.append(descriptor, b"\n", durable=True, path=path)
    return aside


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.torn-{number}")).exists():
        number += 1
    return aside


def repair(path: Path) -> Path | None:
    """Mend a journal that nobody is writing; returns where its torn last line went, None when nothing was torn.

    Raises:
        UserError: Another program has it open, or the disk refuses.
    """
    with files.writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        _hold(descriptor, path)
        return mend(descriptor, read_journal(path))
    finally:
        os.close(descriptor)


def whole_journal(
    path: Path,
    header: SessionHeader,
    trials: Sequence[TrialRecord],
    events: Sequence[EventRecord] = (),
    gaze: Sequence[GazeRecord] = (),
    end: SessionEnd | None = None,
) -> None:
    """Write the journal of a session that is over elsewhere (an import), all of it or nothing.

    Raises:
        UserError: The session exists already, or the disk refuses.
        ValueError: What was given does not read back as one session.
    """
    if path.exists():
        raise UserError("this session exists already", place=str(path))
    lines = [_line("header", header), *(_line("event", event) for event in events)]
    lines += [*(_line("gaze", batch) for batch in pack(gaze)), *(_line("trial", trial) for trial in trials)]
    lines += [_line("end", end)] if end is not None else []
    data = b"".join(lines)
    problems = parse_journal(path, data).problems
    if problems:
        raise ValueError(str(Problems(problems)))
    files.write_whole(path, data)
