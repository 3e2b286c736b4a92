"""Runs a session on a thread beside the window and tells the window what happens; the examiner's commands go back.

The session itself is `protocols.runner`'s, the child's screen `protocols.human`'s. `RunningSession` is the examiner's
desk (`protocols.desk.Desk`): everything it is told arrives in the window as a signal, and trouble waits for a decision.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from devkit.errors import Problem, UserError
from devkit.lab import Lab
from devkit.records import TrialRecord
from gui.session.choice import Prepared
from protocols.controls import Command, CommandName, EndReason, Entry, Stage
from protocols.desk import Decision, SessionState
from protocols.gaze.settings import GazeNow
from protocols.messages import Capture, Captured, Notice, Opened, ToParent
from protocols.sessions import Finished

if TYPE_CHECKING:
    from protocols.camera import Glance
    from protocols.human import HumanRespondent

WINDOW = "1000x640+0+0"


@dataclass(frozen=True, slots=True)
class Over:
    """How a session ended.

    Attributes:
        session_id: UUIDv7; empty when none began.
        finished: What it came to; None when it broke off.
        problem: What broke it off; None when it ended as meant.
        recorded: Trials that are on the disk.
    """

    session_id: str
    finished: Finished | None
    problem: Problem | None
    recorded: int


class RunningSession(QObject):
    """One session with a person.

    Args:
        lab: The lab.
        prepared: What is to be run.
        make: Makes the respondent; the child's window by default.

    Signals:
        preparing: What is being done before the first trial, in words.
        opened: What was found about screen and sound (`protocols.messages.Opened`).
        stage: What the child sees now (`protocols.controls.Stage`).
        entry: Digits keyed so far.
        state: Where the session stands (`protocols.desk.SessionState`).
        recorded: A trial is on the disk, or was corrected (`devkit.records.TrialRecord`).
        notice: Something that the examiner must know (`protocols.messages.Notice`).
        trouble: ``(problem, ways)``: the session waits for `decide`.
        captured: Path of a picture of the child's screen.
        gaze: Where the child looks now (`protocols.gaze.settings.GazeNow`), a few times a second.
        over: The session is over (`Over`).
    """

    opened = Signal(object)
    stage = Signal(object)
    entry = Signal(str)
    state = Signal(object)
    recorded = Signal(object)
    notice = Signal(object)
    trouble = Signal(object, object)
    captured = Signal(str)
    gaze = Signal(object)
    over = Signal(object)

    def __init__(
        self,
        lab: Lab,
        prepared: Prepared,
        make: Callable[[Lab, Prepared], HumanRespondent] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.lab, self.prepared = lab, prepared
        self._make = make or person
        self._respondent: HumanRespondent | None = None
        self._decisions: queue.Queue[Decision] = queue.Queue()
        self._session_id = ""
        self._count = 0
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the session is under way."""
        return self._thread.is_alive()

    def command(self, name: CommandName, detail: str = "", reason: EndReason = "breakoff") -> None:
        """Do what the examiner wants; nothing where the child's screen is not there (yet, or any more)."""
        if self._respondent is not None:
            with contextlib.suppress(UserError, RuntimeError):  # its loss is told as trouble
                self._respondent.command(Command(name=name, detail=detail, reason=reason))

    def decide(self, way: Decision) -> None:
        """Answer trouble."""
        self._decisions.put(way)

    def look(self, path: Path) -> None:
        """Take a picture of the child's real screen; only while paused, since it holds the drawing up."""
        presenter = self._respondent.presenter if self._respondent is not None else None
        if presenter is not None:
            with contextlib.suppress(UserError):
                presenter.send(Capture(path=str(path)))

    def glance(self) -> Glance | None:
        """Return a small picture of what the camera sees; None without one."""
        return self._respondent.glance() if self._respondent is not None else None

    def stop(self) -> None:
        """End the session without a reason, as when the app is closed; it can be taken up again."""
        presenter = self._respondent.presenter if self._respondent is not None else None
        self._decisions.put("end")
        if presenter is not None:
            presenter.kill()
        self._thread.join(30)

    # The desk: called on the session's thread

    def desk_state(self, state: SessionState) -> None:
        """Tell the window where the session stands."""
        self._session_id = state.session_id
        self.state.emit(state)

    def desk_recorded(self, record: TrialRecord) -> None:
        """Tell the window of a record."""
        self._session_id = record.session_id
        self._count += 1
        self.recorded.emit(record)

    def desk_trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        """Tell the window what is in the way, and wait for the examiner."""
        self.trouble.emit(problem, ways)
        return self._decisions.get()

    def _hear(self, message: ToParent) -> None:
        if isinstance(message, Stage):
            self.stage.emit(message)
        elif isinstance(message, Entry):
            self.entry.emit(message.digits)
        elif isinstance(message, Notice):
            self.notice.emit(message)
        elif isinstance(message, Opened):
            self.opened.emit(message)
        elif isinstance(message, GazeNow):
            self.gaze.emit(message)
        elif isinstance(message, Captured):
            self.captured.emit(message.path)

    def _run(self) -> None:
        finished: Finished | None = None
        problem: Problem | None = None
        try:
            finished = self._take()
            self._session_id = finished.session_id
        except UserError as error:
            problem = error.problem
        except Exception as error:  # noqa: BLE001  # the thread's boundary: the examiner must learn of whatever went wrong
            problem = Problem("fault", f"{type(error).__name__}: {error}", hint=_FAULT)
        self.over.emit(Over(self._session_id, finished, problem, self._count))

    def _take(self) -> Finished:
        from protocols.reopening import close_in_lab
        from protocols.runner import resume_in_lab, run_in_lab

        ready = self.prepared
        self._respondent = self._make(self.lab, ready)
        self._respondent.listen(self._hear)
        desk = _Desk(self)
        found = ready.offer
        if found is not None and not found.too_old:
            return resume_in_lab(self.lab, found.session_id, ready.bank, self._respondent, desk=desk)
        if found is not None:
            close_in_lab(self.lab, found.session_id, "too old to be taken up again")
        return run_in_lab(self.lab, ready.plan, ready.bank, self._respondent, desk=desk)


_FAULT = "every answered trial is kept; the session can be taken up again"


class _Desk:
    """The desk's three calls, under the names that the runner uses (a QObject's signals have them already)."""

    def __init__(self, session: RunningSession) -> None:
        self._session = session

    def state(self, state: SessionState) -> None:
        """Pass it on."""
        self._session.desk_state(state)

    def recorded(self, record: TrialRecord) -> None:
        """Pass it on."""
        self._session.desk_recorded(record)

    def trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        """Pass it on and wait."""
        return self._session.desk_trouble(problem, ways)


def person(lab: Lab, prepared: Prepared) -> HumanRespondent:
    """Make the respondent that sits at the child's screen."""
    from protocols.camera import camera_settings
    from protocols.human import HumanRespondent
    from protocols.station import display_settings, gaze_settings, sound_settings

    info, choice = prepared.info, prepared.choice
    kind: Literal["child", "adult"] = "adult" if info.kind == "adult" else "child"
    options: dict[str, str] = {}
    if choice.window:
        options["window"] = WINDOW
    if not choice.sound:
        options["sound"] = "off"
    camera = choice.camera if choice.camera and prepared.participant.video else "off"
    options |= {"gaze": choice.gaze, "tracker": choice.tracker, "camera": camera}
    settings = lab.settings
    values: dict[str, Any] = {"age_days": info.age_days, "age_corrected_days": info.age_corrected_days}
    return HumanRespondent(
        info.code,
        kind=kind,
        **values,
        age_precision=info.age_precision,
        language=prepared.plan.language,
        display=display_settings(settings.screen, settings.input, kind, options),
        sound=sound_settings(settings.sound, options),
        recordings=lab.path / "prompts",
        gaze=gaze_settings(settings.gaze, options),
        camera=camera_settings(lab, info.code, options),
        curtain=not choice.window,
    )
