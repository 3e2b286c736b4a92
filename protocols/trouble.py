"""Trouble in a session: the examiner is told in one plain sentence and decides; nothing that was recorded is lost.

Whatever can fail while a child sits there goes through `Helped`: putting a turn (presenter gone, tracker lost, screen
unplugged, picture unreadable) and writing the journal (disk full). Without a desk a failure ends the program's session
as it always did, and the session can be taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from devkit.errors import Problem, UserError
from devkit.respondents import Answer, Exchange, PresentedTurn, Respondent, SessionStopped
from protocols.desk import DISK_WAYS, WAYS, Decision, Desk

FAILED = "equipment_error"
Event = tuple[str, float, Mapping[str, Any]]
Noter = Callable[[str, dict[str, Any]], None]


class Recoverable(Protocol):
    """A respondent that can put itself right: a person's, whose presenter is started anew."""

    def recover(self) -> None:
        """Make ready for the turn to be put again; `devkit.errors.UserError` when that fails."""
        ...


class Helped:
    """Does what may fail, with the examiner's help.

    Args:
        respondent: Who answers.
        desk: Who decides; None when nobody is there.
        note: Notes an event in the session.
    """

    def __init__(self, respondent: Respondent, desk: Desk | None, note: Noter) -> None:
        self._respondent, self._desk, self._note = respondent, desk, note
        self.troubled = False

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Put a turn; after trouble again, not at all, or never, as the examiner decides.

        Raises:
            UserError: Something failed and nobody is there to decide.
            SessionStopped: The examiner ended the session.
        """
        skipped = Answer(source="examiner", outcome="skipped", flags=("skipped_after_trouble",))
        return self._tried(lambda: self._respondent.answer(turn, history)) or skipped

    def set_up_looking(self) -> tuple[Event, ...]:
        """Set up the gaze of a respondent that has one; returns what happened, nothing when it was left out.

        Raises:
            UserError: Something failed and nobody is there to decide.
            SessionStopped: The examiner ended the session.
        """
        own: Callable[[], tuple[Event, ...]] | None = getattr(self._respondent, "set_up_looking", None)
        return () if own is None else self._tried(own) or ()

    def _tried[Result](self, do: Callable[[], Result]) -> Result | None:
        """Do what may fail until it succeeds; None when it is left out."""
        failed: UserError | None = None
        while True:
            try:
                if failed is not None:
                    self._recover()
                return do()
            except UserError as error:
                failed = error
            self.troubled = True
            way = self._decide(failed, WAYS)
            if way == "skip":
                return None
            if way == "end":
                aborted = Answer(source="examiner", outcome="aborted")
                raise SessionStopped("reason_code", FAILED, aborted) from failed

    def write(self, write: Callable[[], None]) -> None:
        """Write to the journal; when the disk refuses, again for as long as the examiner says so.

        Raises:
            UserError: The disk refuses and nobody is there to decide, or the examiner gave up. What was recorded before
                is safe, and the session can be taken up again.
        """
        while True:
            try:
                write()
            except UserError as error:
                if self._desk is None or self._desk.trouble(error.problem, DISK_WAYS) == "end":
                    raise
                continue
            return

    def give_up(self) -> None:
        """Ask nobody any more: the session breaks off."""
        self._desk = None

    def _recover(self) -> None:
        recover: Callable[[], None] | None = getattr(self._respondent, "recover", None)
        if recover is not None:
            recover()

    def _decide(self, error: UserError, ways: tuple[Decision, ...]) -> Decision:
        if self._desk is None:
            raise error
        problem: Problem = error.problem
        self._note("trouble", {"code": problem.code, "message": problem.message})
        way = self._desk.trouble(problem, ways)
        self._note("trouble_over", {"way": way})
        return way
