"""A person as a respondent: puts every turn through the presenter's window and brings the answer back.

It starts the presenter (or takes a warm one), has spoken prompts made into sound beforehand, and tells the presenter
which pictures come next. What is drawn, how touches are taken and how times are measured is the presenter's business;
which turns come and what is recorded is the runner's.

When the presenter dies, `PresenterLost` (a `devkit.errors.UserError`) is raised from `answer`, and `recover` starts
another; when the examiner ends the session, `devkit.respondents.SessionStopped` with the running turn's answer; when a
trial is taken back, `devkit.respondents.TrialWithdrawn`. The examiner's program calls `listen` and `command`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from devkit.errors import UserError
from devkit.respondents import (
    Answer,
    Exchange,
    PresentedTurn,
    RespondentInfo,
    SessionContext,
    SessionStopped,
    TrialWithdrawn,
)
from protocols import randr
from protocols.camera import Camera, CameraReport, CameraSettings, Glance
from protocols.controls import Command
from protocols.curtain import Curtain, place_of
from protocols.equipment import DisplaySettings, SoundSettings
from protocols.gaze.settings import GazeReady, GazeSettings, SetUpGaze
from protocols.messages import (
    Answered,
    Capture,
    Captured,
    Closed,
    CloseSession,
    Opened,
    OpenSession,
    ShowTurn,
    ToParent,
)
from protocols.notes import NOTE, Event, Notes
from protocols.presenter.recorded import Recordings
from protocols.presenter.voice import Voice
from protocols.process import Presenter, PresenterLost
from protocols.prompts import Prompts
from protocols.x11 import require_display

AHEAD = 3
FASTEST = 10.0
PATIENCE_S = 60.0


class HumanRespondent:
    """A child or adult who sits in front of the presenter's window.

    Args:
        code: Code of the participant, never a name.
        kind: ``child`` or ``adult``.
        age_days: Age on the day of the session.
        age_corrected_days: Age corrected for prematurity; None takes ``age_days``.
        age_precision: How finely the age is known.
        language: Language of the session, BCP 47.
        display: Screen settings of the lab; the protocol's own ground colour goes before theirs.
        sound: Sound settings of the lab; False for none at all.
        time_scale: Speed of the clock, up to 10; above 1 for robots only.
        gaze: Who says where the person looks; nobody by default.
        camera: Films the person; only with consent to video, which whoever makes this has looked at.
        presenter: A warm presenter to use and leave running; None starts one and ends it on `close`.
        x_display: X display for a presenter that is started here; None takes the environment's.
        voice_cache: Folder of synthesised prompts; None takes the user's cache.
        recordings: Folder of the lab's own recordings, one folder a language.
        curtain: Whether a plain ground stands behind the window, so that a presenter that dies shows no desktop.

    Raises:
        UserError: The clock's speed is outside 1 to 10.
    """

    rests = True  # takes assent, breaks and waits (`protocols.intermission`)

    def __init__(
        self,
        code: str,
        *,
        kind: Literal["child", "adult"] = "child",
        age_days: int | None = None,
        age_corrected_days: int | None = None,
        age_precision: Literal["day", "month", "year"] | None = "day",
        language: str = "en",
        display: DisplaySettings | None = None,
        sound: SoundSettings | bool = True,
        time_scale: float = 1.0,
        gaze: GazeSettings | None = None,
        camera: CameraSettings | None = None,
        presenter: Presenter | None = None,
        x_display: str | None = None,
        voice_cache: Path | None = None,
        recordings: Path | None = None,
        curtain: bool = False,
    ) -> None:
        if not 1 <= time_scale <= FASTEST:
            raise UserError(f"the clock cannot run at {time_scale:g} times its speed", hint=f"1 to {FASTEST:g}")
        self._info = RespondentInfo(
            code=code,
            kind=kind,
            age_days=age_days,
            age_corrected_days=age_days if age_corrected_days is None else age_corrected_days,
            age_precision=age_precision if age_days is not None else None,
            language=language,
        )
        self.display = display or DisplaySettings(pointer="touch" if kind == "child" else "mouse")
        self.time_scale = time_scale
        self.presenter = presenter
        self.opened: Opened | None = None
        self.closed: Closed | None = None
        self._sound = sound if isinstance(sound, SoundSettings) else SoundSettings(on=sound)
        self.gaze = gaze or GazeSettings()
        self.gaze_ready: GazeReady | None = None
        self._camera_settings = camera
        self._camera: Camera | None = None
        self._filmed: CameraReport | None = None
        self._lent = presenter is not None
        self._curtained = curtain
        self._curtain: Curtain | None = None
        self._listeners: list[Callable[[ToParent], None]] = []
        self._notes = Notes()
        self._x_display = x_display
        self._prompts = Prompts(Voice(voice_cache, Recordings(recordings)), on=self._sound.on)
        self._session: SessionContext | None = None
        self._places: dict[tuple[str, int], int] = {}
        self._zero_s = time.perf_counter()

    def use_display(self, x_display: str) -> None:
        """Open the window on this X display; before `open` only."""
        self._x_display = x_display

    def describe(self) -> RespondentInfo:
        """Return who answers; needs neither window nor display."""
        return self._info

    def open(self, session: SessionContext) -> None:
        """Start the presenter if need be, make the spoken prompts, open window and sound.

        Raises:
            UserError: There is no display, or the screen is not the one that was set up.
        """
        self._draw_curtain(session)
        if self.presenter is None:
            require_display(self._x_display)
            self.presenter = Presenter(display=self._x_display)
        self._session, self.opened, self.gaze_ready = session, None, None
        self._places = {(turn.item_id, turn.turn_index): i for i, turn in enumerate(session.turns)}
        self._prompts.prepare(session)
        self._zero_s = time.perf_counter()
        self._open_presenter(self.presenter, session)
        if self._camera_settings is not None:
            shift_ms = float(session.settings.get("shift_ms", 0.0))
            self._camera = Camera(self._camera_settings, session.session_id, lambda: self.now_ms() + shift_ms)

    def _open_presenter(self, presenter: Presenter, session: SessionContext) -> None:
        presenter.listeners += [one for one in self._listeners if one not in presenter.listeners]
        presenter.send(self._opening(session))
        self.opened = presenter.wait_for(Opened, PATIENCE_S)

    def listen(self, listener: Callable[[ToParent], None]) -> None:
        """Have every message of the presenter told to ``listener``, on a thread of its own, also after a `recover`."""
        self._listeners.append(listener)
        if self.presenter is not None:
            self.presenter.listeners.append(listener)

    def recover(self) -> None:
        """Start another presenter where the old one is gone, with the session's clock as it was.

        Raises:
            UserError: It does not come up; may be tried again.
        """
        presenter, session = self._running()
        if presenter.alive:
            return
        self.presenter, self._lent = presenter.again(), False
        self._open_presenter(self.presenter, session)
        if self.gaze_ready is not None:
            for name, t_ms, detail in self.set_up_looking():
                self._notes.keep(name, t_ms, detail)

    def glance(self) -> Glance | None:
        """Return a small picture of what the camera sees, from any thread; None without a camera. Never waits."""
        camera = self._camera
        return None if camera is None else camera.glance()

    def set_up_looking(self) -> tuple[Event, ...]:
        """Place the head and calibrate the tracker, before the first looking trial; returns what happened.

        Raises:
            SessionStopped: The examiner ended the session.
            UserError: The tracker does not answer, or the presenter is gone.
        """
        if self.gaze.source == "none":
            return ()
        presenter, _ = self._running()
        presenter.send(SetUpGaze())
        self.gaze_ready = presenter.wait_for(GazeReady)
        events = (
            *self.gaze_ready.events,
            ("gaze_set_up", self.now_ms(), self.gaze_ready.report.model_dump(exclude={"v", "rounds"})),
        )
        if self.gaze_ready.stop is not None:
            stop = self.gaze_ready.stop
            raise SessionStopped(stop.reason, stop.detail, Answer(source="examiner", outcome="aborted", events=events))
        return events

    def _opening(self, session: SessionContext) -> OpenSession:
        ground = session.settings.get("ground")
        display = self.display.model_copy(update={"ground": ground}) if ground else self.display
        return OpenSession(
            session_id=session.session_id,
            clock_zero_s=self._zero_s,
            time_scale=self.time_scale,
            display=DisplaySettings.model_validate(display.model_dump()),
            sound=self._sound,
            seed=session.seed,
            gaze=self.gaze,
            attention_getter=session.settings.get("attention_getter") or "star",
        )

    def now_ms(self) -> float:
        """Return the present time of the session's clock."""
        return (time.perf_counter() - self._zero_s) * 1000 * self.time_scale

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Put one turn and wait for its answer.

        Raises:
            SessionStopped: The examiner ended the session; carries the turn's answer.
            PresenterLost: The presenter is gone.
        """
        presenter, session = self._running()
        presenter.send(self._showing(turn, session))
        while True:
            done = presenter.wait_for(Answered)
            if (done.trial_id, done.turn_index) == (turn.trial_id, turn.turn_index):
                break
        answer = self._notes.join(done.answer)
        if done.stop is not None:
            raise SessionStopped(done.stop.reason, done.stop.detail, answer)
        if done.withdrawn is not None:
            raise TrialWithdrawn(done.withdrawn.why, done.withdrawn.correction, answer)
        return answer

    def leftovers(self) -> tuple[Event, ...]:
        """Return the events that belong to no turn yet (the examiner's notes), and forget them here."""
        return self._notes.take()

    def _showing(self, turn: PresentedTurn, session: SessionContext) -> ShowTurn:
        place = self._places.get((turn.item_id, turn.turn_index))
        coming = () if place is None else session.turns[place + 1 : place + 1 + AHEAD]
        return ShowTurn(
            turn=self._prompts.with_word(turn, session),
            media={digest: str(session.media_path(digest)) for digest in turn.images},
            prompt_audio=self._prompts.audio(turn, session),
            again_audio=self._prompts.again(turn, session),
            ahead={digest: str(session.media_path(digest)) for later in coming for digest in later.images},
            coming=tuple(coming),
        )

    def command(self, command: Command) -> None:
        """Do what the examiner wants, from any thread: a note is kept here, all else goes to the presenter.

        Raises:
            PresenterLost: The presenter is gone.
            UserError: The session has not begun, or is over.
        """
        if command.name == "note":
            self._notes.keep(NOTE, self.now_ms(), {"text": command.detail})
            return
        presenter = self.presenter
        if presenter is None or self._session is None:
            raise UserError("no session is open at this moment", code="no-session")
        presenter.send(command)

    def capture(self, path: Path) -> Path:
        """Write what the window shows to a PNG file between two turns."""
        presenter, _ = self._running()
        presenter.send(Capture(path=str(path)))
        return Path(presenter.wait_for(Captured, PATIENCE_S).path)

    def _draw_curtain(self, session: SessionContext) -> None:
        screens = randr.monitors(self._x_display or os.environ.get("DISPLAY", "")) if self._curtained else []
        place = place_of(self.display, screens)
        if self._curtained and place is not None and self._curtain is None:
            ground = session.settings.get("ground") or self.display.ground
            self._curtain = Curtain(place, ground, self._x_display)

    def close(self) -> None:
        """Close the session; the window shows the plain ground, or goes when the presenter was started here."""
        if self._camera is not None:
            self._filmed, self._camera = self._camera.stop(), None
        try:
            self._close_presenter()
        finally:
            if self._curtain is not None:
                self._curtain.close()
                self._curtain = None

    def _close_presenter(self) -> None:
        presenter = self.presenter
        if presenter is None:
            return
        try:
            if self._session is not None and self.opened is not None and presenter.alive:
                presenter.send(CloseSession())
                self.closed = presenter.wait_for(Closed, PATIENCE_S)
        except PresenterLost:
            pass  # the journal already has everything that was answered
        finally:
            self._session = None
            if not self._lent:
                presenter.close()
                self.presenter = None
            else:
                presenter.listeners[:] = [one for one in presenter.listeners if one not in self._listeners]

    def timing(self) -> Mapping[str, Any]:
        """Return how the session was timed, for the end of its journal."""
        found: dict[str, Any] = {"time_scale": self.time_scale}
        if self.opened is not None:
            found["display"] = self.opened.display.model_dump(exclude={"v"})
            found["sound"] = self.opened.sound.model_dump(exclude={"v"})
        if self.gaze_ready is not None:
            found["gaze"] = self.gaze_ready.report.model_dump(exclude={"v"})
        if self._filmed is not None:
            found["camera"] = asdict(self._filmed)
        if self.closed is not None:
            found["whole"] = self.closed.model_dump(exclude={"v", "kind"})
        return found

    def _running(self) -> tuple[Presenter, SessionContext]:
        if self.presenter is None or self._session is None:
            raise RuntimeError("the session is not open")
        return self.presenter, self._session
