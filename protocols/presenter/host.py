"""The main loop of the child: opens and closes sessions, runs turns, and falls back to the plain ground.

Between sessions the window stays and shows the ground, so that the desktop never appears. Whatever goes wrong in a turn
is told to the parent; the process lives on and the next session can begin.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import psychopy

from devkit.errors import UserError
from protocols.controls import Command
from protocols.gaze.settings import SetUpGaze
from protocols.messages import (
    Capture,
    Captured,
    CloseSession,
    Hello,
    Notice,
    Opened,
    OpenSession,
    Quit,
    ShowTurn,
    ToChild,
    Trouble,
)
from protocols.presenter.clock import SessionClock
from protocols.presenter.geometry import Sheet
from protocols.presenter.link import Link, ParentGone
from protocols.presenter.pictures import Pictures
from protocols.presenter.preparing import Preparer
from protocols.presenter.screen import Screen
from protocols.presenter.shapes import Shapes
from protocols.presenter.sound import Sound
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.staging import flow_for

IDLE_S = 0.01


class Host:
    """The presenter's process.

    Args:
        link: The conversation with the parent.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._screen: Screen | None = None
        self._stage: Stagehand | None = None

    def run(self) -> int:
        """Serve until the parent says so or is gone; returns the exit status."""
        self._link.start_beating()
        self._link.send(Hello(pid=os.getpid(), clock_s=time.perf_counter(), psychopy=psychopy.__version__))
        try:
            while True:
                message = self._link.take(IDLE_S)
                if isinstance(message, Quit):
                    break
                if message is not None:
                    self._serve(message)
                elif self._screen is not None:
                    self._idle(self._screen)
        except ParentGone:
            pass
        finally:
            self._end()
        return 0

    def _idle(self, screen: Screen) -> None:
        screen.idle()
        if self._stage is not None:
            self._stage.between()
        else:
            screen.inputs.clear()

    def _serve(self, message: ToChild) -> None:
        try:
            match message:
                case OpenSession():
                    self._open(message)
                case ShowTurn():
                    self._show(message)
                case CloseSession():
                    self._close()
                case Capture() if self._screen is not None:
                    self._screen.capture(Path(message.path))
                    self._link.send(Captured(path=message.path))
                case SetUpGaze():
                    self._set_up_gaze()
                case Command() if self._stage is not None:
                    self._stage.defer(message)
                case _:
                    pass  # there is nothing to act on
        except ParentGone:
            raise
        except UserError as error:
            found = error.problem
            self._fail(Trouble(message=found.message, hint=found.hint, place=found.place, code=found.code))
        except Exception as error:  # noqa: BLE001  # process boundary: the parent must learn of whatever went wrong
            self._fail(Trouble(message=f"the presenter failed: {type(error).__name__}: {error}"))

    def _fail(self, trouble: Trouble) -> None:
        if self._screen is not None:
            self._screen.blank()
        self._link.send(trouble)

    def _open(self, message: OpenSession) -> None:
        self._close_stage()
        if self._screen is not None and self._screen.settings != message.display:
            self._screen.close()
            self._screen = None
        if self._screen is None:
            self._screen = Screen(message.display)
        screen = self._screen
        screen.look_again()
        screen.to_front()
        screen.ground(message.display.ground)
        report = screen.measure()
        self._stage = Stagehand(
            link=self._link,
            screen=screen,
            clock=SessionClock(message.clock_zero_s, message.time_scale),
            sound=Sound(message.sound, message.time_scale),
            pictures=Pictures(screen.window),
            preparer=Preparer(Sheet(*screen.size, screen.px_per_cm), message.display.ground, message.seed),
            shapes=Shapes(screen.window, screen.px_per_cm),
            report=report,
            seed=message.seed,
            getter=message.attention_getter,
            gaze=message.gaze,
        )
        if message.sound.on and (warning := self._stage.sound.report.warning()):
            hint = "mend it before the child sits down; else the session is silent and its trials are flagged"
            self._link.send(Notice(message=warning, hint=hint, code="no-sound"))
        self._link.send(Opened(display=self._stage.opened(), sound=self._stage.sound.report))

    def _show(self, message: ShowTurn) -> None:
        if self._stage is None:
            raise UserError("no session is open", code="presenter")
        self._stage.screen.look_again()
        self._link.send(flow_for(self._stage, message).run())
        self._stage.rest()

    def _set_up_gaze(self) -> None:
        if self._stage is None:
            raise UserError("no session is open", code="presenter")
        from protocols.presenter.gaze.setup import set_up

        self._link.send(set_up(self._stage))
        self._stage.rest()

    def _close(self) -> None:
        if self._screen is None or self._stage is None:
            raise UserError("no session is open", code="presenter")
        self._screen.show()
        summary = self._stage.summary()
        self._close_stage()
        self._link.send(summary)

    def _close_stage(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def _end(self) -> None:
        self._close_stage()
        if self._screen is not None:
            self._screen.close()
            self._screen = None
