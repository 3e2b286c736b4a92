"""What a session is made of: its journal, what it held before, what it came to. The engine is `protocols.running`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from devkit.records import Correction, EventRecord, GazeRecord, SessionHeader, TrialRecord
from devkit.respondents import RespondentInfo
from protocols.plan import ItemSource

EndReason = Literal["completed", "breakoff", "reason_code", "other"]


class RunnableBank(ItemSource, Protocol):
    """A bank whose media can be found; `devkit.banks.store.Bank` is one."""

    def path_of(self, digest: str) -> Path:
        """Return the file of a digest."""
        ...


class Journal(Protocol):
    """Where a session is recorded; `devkit.lab.SessionJournal` is one."""

    header: SessionHeader

    def trial(self, record: TrialRecord) -> None:
        """Record a trial; it is on the disk when this returns."""
        ...

    def event(self, record: EventRecord, *, durable: bool = False) -> None:
        """Record an event; it is on the disk when this returns if ``durable``, else with the next trial."""
        ...

    def gaze(self, samples: list[GazeRecord]) -> None:
        """Record gaze samples."""
        ...

    def correction(self, correction: Correction) -> None:
        """Correct a recorded trial; nothing is overwritten."""
        ...

    def close(self, reason: EndReason, detail: str = "", timing: dict[str, Any] | None = None) -> None:
        """End the session."""
        ...


@dataclass(frozen=True, slots=True)
class Before:
    """What a resumed session holds already.

    Attributes:
        trials: In the order in which they were run.
        events: Theirs.
        closed_blocks: Blocks that are not to be taken up again.
        flags: Flags of the first trial that comes now.
    """

    trials: tuple[TrialRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()
    closed_blocks: frozenset[int] = frozenset()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """What a session came to.

    Attributes:
        session_id: UUIDv7.
        reason: Why it ended.
        trials: Trials recorded in all, resumed ones included.
        test_trials: Of them those that count.
        correct: Of them those answered right.
        flags: Soft flags of the session.
    """

    session_id: str
    reason: EndReason
    trials: int
    test_trials: int
    correct: int
    flags: tuple[str, ...]


def obeys_rules(info: RespondentInfo) -> bool:
    """Tell whether practice and stop rules apply: to children, adults and simulated children."""
    return info.kind != "model" and not info.baseline


def now() -> str:
    """Return the present time in UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
