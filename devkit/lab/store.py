"""A lab: the folder that a psychologist opens.

::

    lab.toml            name, languages, code scheme, privacy
    journals/           one append-only file a session: the truth
    participants.jsonl  participants by code, append-only
    people.sqlite       names, birth dates, contacts: apart, never exported
    lab.sqlite          an index over the journals
    media/ banks/ protocols/ models/ reports/ exports/

The work is done by the modules beside this one; `Lab` is where they meet.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.lab import files
from devkit.lab.files import disk_error
from devkit.lab.index import Index, Refreshed
from devkit.lab.journal import SessionJournal, whole_journal
from devkit.lab.media import MediaStore
from devkit.lab.participants import Participants
from devkit.lab.people import People
from devkit.lab.reading import Journal, read_journal
from devkit.lab.settings import FILE, CodeScheme, LabSettings, read_settings, write_settings
from devkit.lab.summary import SessionSummary
from devkit.records import Correction, EventRecord, GazeRecord, SessionEnd, SessionHeader, TrialRecord

FOLDERS = ("journals", "media", "banks", "protocols", "models", "reports", "exports")


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is read.

    Attributes:
        header: What it is.
        trials: In the order in which they were run, corrections folded in.
        events: In order.
        gaze: In order.
        end: None while it runs, or when it broke off.
        problems: What was wrong with its journal; everything whole was read.
    """

    header: SessionHeader
    trials: tuple[TrialRecord, ...]
    events: tuple[EventRecord, ...]
    gaze: tuple[GazeRecord, ...]
    end: SessionEnd | None
    problems: tuple[Problem, ...] = ()


class Lab:
    """A lab folder. Make one with `create`, open one with `open`.

    Attributes:
        path: The folder.
        settings: What ``lab.toml`` says.
        participants: By code; ``participants.people`` knows who they are.
        media: Media by digest.
        index: The index over the journals.
    """

    def __init__(self, path: Path, settings: LabSettings) -> None:
        self.path = path
        self.settings = settings
        self.participants = Participants(path / "participants.jsonl", People(path / "people.sqlite"), settings.codes)
        self.media = MediaStore(path / "media")
        self.index = Index(path / "lab.sqlite", path / "journals")

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        name: str = "",
        languages: Sequence[str] = ("en",),
        codes: CodeScheme | None = None,
    ) -> Lab:
        """Make a lab in a new or empty folder.

        Args:
            path: The folder.
            name: Name for people; the folder's name by default.
            languages: BCP 47, the usual one first.
            codes: How codes of participants are made; random ones by default.

        Raises:
            UserError: The folder holds something, a setting is wrong, or the disk refuses.
        """
        path = Path(path)
        if (path / FILE).exists():
            raise UserError("there is a lab already", place=str(path))
        settings = _settings(path, name or path.resolve().name, languages, codes)
        try:
            if path.is_dir() and any(path.iterdir()):
                raise UserError("the folder is not empty", place=str(path), hint="name a new folder")
            for folder in FOLDERS:
                (path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(path, error, "no lab was made") from None
        write_settings(path / FILE, settings)
        return cls(path, settings)

    @classmethod
    def open(cls, path: str | Path) -> Lab:
        """Open a lab.

        Raises:
            UserError: There is no lab, or its settings are wrong (`devkit.errors.Problems`: all that is wrong).
        """
        path = Path(path)
        if not (path / FILE).is_file():
            what = "there is no lab here" if path.is_dir() else "there is no such folder"
            raise UserError(what, place=str(path), hint="make one with 'devkit lab init'")
        return cls(path, read_settings(path / FILE))

    @property
    def lab_id(self) -> str:
        """UUID of the lab; every record carries it."""
        return self.settings.lab_id

    def journal_path(self, session_id: str) -> Path:
        """Return where the journal of a session is, or would be.

        Raises:
            UserError: The session id is no UUID, so it names no file.
        """
        try:
            if str(uuid.UUID(session_id)) != session_id:
                raise ValueError
        except ValueError:
            raise UserError(f"'{session_id}' is no session id", place=str(self.path)) from None
        return self.path / "journals" / f"{session_id}.jsonl"

    def new_session(self, header: SessionHeader) -> SessionJournal:
        """Begin a session: its header is on the disk when this returns.

        Raises:
            UserError: The session exists already, or the disk is full or read-only: before anybody sat down.
            ValueError: The header names another lab.
        """
        if header.lab_id != self.lab_id:
            raise ValueError(f"the header names lab {header.lab_id}, this is {self.lab_id}")
        path = self.journal_path(header.session_id)
        with files.writing(path):
            path.parent.mkdir(exist_ok=True)  # an empty folder gets lost when a lab is copied by some programs
        return SessionJournal.create(path, header)

    def resume(self, session_id: str) -> SessionJournal:
        """Go on with a session that broke off.

        Raises:
            UserError: There is no such session, it was closed, it is being recorded, or the disk refuses.
        """
        return SessionJournal.reopen(self._existing(session_id))

    def correct(self, session_id: str, correction: Correction) -> None:
        """Append a correction to a session, closed or not.

        Raises:
            UserError: There is no such session, trial or column, the value does not fit, or the disk refuses.
        """
        with SessionJournal.reopen(self._existing(session_id), after_end=True) as journal:
            journal.correction(correction)

    def add_gaze(self, session_id: str, samples: Sequence[GazeRecord], corrections: Sequence[Correction] = ()) -> None:
        """Append gaze that was coded afterwards to a session, closed or not, and what follows from it.

        Raises:
            UserError: There is no such session, it is being recorded, a correction does not fit, or the disk refuses.
        """
        with SessionJournal.reopen(self._existing(session_id), after_end=True) as journal:
            journal.gaze(samples, coded=True)
            for correction in corrections:
                journal.correction(correction)

    def add_session(
        self,
        header: SessionHeader,
        trials: Sequence[TrialRecord],
        *,
        events: Sequence[EventRecord] = (),
        gaze: Sequence[GazeRecord] = (),
        end: SessionEnd | None = None,
    ) -> None:
        """Add a session that was recorded elsewhere (an import): all of it or nothing.

        Raises:
            UserError: The session exists already, or the disk refuses.
        """
        whole_journal(self.journal_path(header.session_id), header, trials, events, gaze, end)

    def sessions(self) -> list[SessionSummary]:
        """Return every session, oldest first; the index is brought up to date before."""
        self.index.refresh()
        return self.index.sessions()

    def read_journal(self, session_id: str) -> Journal:
        """Read a session's journal with all that is wrong with it.

        Raises:
            UserError: There is no such session.
        """
        return read_journal(self._existing(session_id))

    def read_session(self, session_id: str) -> Session:
        """Read a session.

        Raises:
            UserError: There is no such session.
            Problems: Its header cannot be read; `read_journal` still gives what is whole.
        """
        journal = self.read_journal(session_id)
        if journal.header is None:
            raise Problems(journal.problems or [Problem("journal-header", "has no header", str(journal.path))])
        gaze = tuple(sample for batch in journal.gaze for sample in batch.records())
        trials, events = tuple(journal.trials.values()), tuple(journal.events)
        return Session(journal.header, trials, events, gaze, journal.end, tuple(journal.problems))

    def rebuild(self, *, full: bool = True, advance: Callable[[int], None] = _ignore) -> Refreshed:
        """Make the index from the journals.

        Args:
            full: Read every journal; otherwise only those that changed.
            advance: Told of every journal that is done.
        """
        return self.index.refresh(full=full, advance=advance)

    def parquet(self) -> Path:
        """Return a folder with ``trials``, ``events``, ``gaze`` and ``sessions`` as ``.parquet``, up to date."""
        from devkit.lab.parquet import up_to_date

        return up_to_date(self)

    def _existing(self, session_id: str) -> Path:
        path = self.journal_path(session_id)
        if not path.is_file():
            known = [p.stem for p in self.index.journal_paths()]
            hint = did_you_mean(session_id, known)
            raise UserError(f"there is no session {session_id}", place=str(self.path), hint=hint)
        return path


def _settings(path: Path, name: str, languages: Sequence[str], codes: CodeScheme | None) -> LabSettings:
    from pydantic import ValidationError

    try:
        return LabSettings(name=name, lab_id=str(uuid.uuid4()), languages=tuple(languages), codes=codes or CodeScheme())
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        problems = [Problem("lab-settings", f"{e['loc'][0]}: {e['msg']}", str(path)) for e in found]
        raise Problems(problems) from None
