"""The examiner's side of a session in the child: what is told, what is keyed or sent, pause and end.

Keys in the window and commands of the parent mean the same and act at once, as exceptions inside whatever is being
shown. Keys are listed in `docs/presenter.md`.
"""

from __future__ import annotations

import time
from pathlib import Path

from protocols.messages import (
    Capture,
    Captured,
    CloseSession,
    Command,
    Entry,
    OpenSession,
    Quit,
    ShowTurn,
    Stage,
    Stop,
)
from protocols.presenter.clock import SessionClock
from protocols.presenter.inputs import Key, Press
from protocols.presenter.link import Link
from protocols.presenter.screen import Drawable, Screen
from protocols.presenter.sound import Sound

QUIET_S = 0.01


class Interrupted(Exception):
    """The examiner interrupted the turn."""


class TurnPaused(Interrupted):
    """The session is paused."""


class TurnSkipped(Interrupted):
    """This turn is left out."""


class TurnStopped(Interrupted):
    """The session ends.

    Attributes:
        stop: Why.
    """

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.reason)
        self.stop = stop


class Examiner:
    """Tells the examiner's program what happens, and takes what the examiner does.

    Args:
        link: The conversation with the parent.
        screen: The window.
        clock: The session's clock.
        sound: Sound or silence.
        fixation: The quiet picture between trials.
    """

    def __init__(self, link: Link, screen: Screen, clock: SessionClock, sound: Sound, fixation: Drawable) -> None:
        self.link, self.screen, self.clock, self.sound, self.fixation = link, screen, clock, sound, fixation
        self.trial_id, self.turn_index = "", 0
        self.events: list[tuple[str, float, dict[str, object]]] = []
        self.repeat_asked = False

    def begin(self, trial_id: str, turn_index: int) -> None:
        """Begin a turn: forget old inputs and events."""
        self.trial_id, self.turn_index = trial_id, turn_index
        self.events = []
        self.repeat_asked = False
        self.screen.inputs.clear()

    def stage(
        self,
        name: str,
        *,
        at_s: float | None = None,
        regions: tuple[tuple[float, float, float, float], ...] = (),
        entry: bool = False,
    ) -> float:
        """Tell the parent what the person sees now, and note it; returns its session time, ms."""
        t_ms = self.clock.now() if at_s is None else self.clock.at(at_s)
        self.events.append((name, t_ms, {}))
        self.link.send(
            Stage(
                trial_id=self.trial_id,
                turn_index=self.turn_index,
                name=name,
                t_ms=t_ms,
                regions=regions,
                entry=entry,
            )
        )
        return t_ms

    def note(self, name: str, t_ms: float, /, **detail: object) -> None:
        """Note an event for the record."""
        self.events.append((name, t_ms, detail))

    def tell_entry(self, digits: str) -> None:
        """Tell the parent which digits the examiner has keyed so far."""
        self.link.send(Entry(trial_id=self.trial_id, digits=digits))

    def pump(self) -> list[Press | Key]:
        """Take what came in; commands and the examiner's keys act here.

        Raises:
            Interrupted: Pause, skip or end.
            ParentGone: The parent is no more.
        """
        while (message := self.link.take()) is not None:
            if isinstance(message, Command):
                self._command(message)
            elif isinstance(message, Capture):
                self._capture(message)
            elif isinstance(message, CloseSession | OpenSession | ShowTurn | Quit):
                self._over(message)
        return [event for event in self.screen.inputs.take() if not self._examiner_key(event)]

    def _capture(self, wanted: Capture) -> None:
        self.screen.capture(Path(wanted.path))
        self.link.send(Captured(path=wanted.path))

    def _over(self, message: CloseSession | OpenSession | ShowTurn | Quit) -> None:
        """End a turn that the parent has given up; the main loop then does what it was told."""
        self.link.put_back(message)
        raise TurnStopped(Stop(reason="other", detail="given up"))

    def _command(self, command: Command) -> None:
        self.note("command", self.clock.now(), name=command.name)
        match command.name:
            case "pause":
                raise TurnPaused
            case "skip":
                raise TurnSkipped
            case "repeat":
                self.repeat_asked = True
            case "end":
                raise TurnStopped(Stop(reason=command.reason, detail=command.detail))
            case "ready":
                self.screen.window.winHandle.dispatch_event("on_key_press", _return_symbol(), 0)
            case "resume":
                pass  # nothing is paused

    def _examiner_key(self, event: Press | Key) -> bool:
        if not isinstance(event, Key):
            return False
        match event.name:
            case "space" | "p":
                self.note("key", self.clock.at(event.at_s), name="pause")
                raise TurnPaused
            case "s":
                self.note("key", self.clock.at(event.at_s), name="skip")
                raise TurnSkipped
            case "escape":
                self._ask_reason()
            case "r":
                self.repeat_asked = True
            case _:
                return False
        return True

    def _ask_reason(self) -> None:
        """Show the plain ground until the examiner has keyed why the session ends; a second escape goes on."""
        self.sound.hush()
        self.screen.show()
        self.stage("ending")
        while True:
            for event in self._quiet_events():
                if not isinstance(event, Key):
                    continue
                if event.name == "escape":
                    raise TurnPaused
                if event.name in ("b", "return"):
                    raise TurnStopped(Stop(reason="breakoff"))
                if event.name == "o":
                    raise TurnStopped(Stop(reason="other"))
                if event.name.isdigit():
                    raise TurnStopped(Stop(reason="reason_code", detail=event.name))

    def _quiet_events(self) -> list[Press | Key]:
        """Take inputs without acting on the examiner's keys; commands that end or skip still do."""
        match self.link.take(QUIET_S):
            case Command(name="end" | "skip") as command:
                self._command(command)
            case Command(name="resume"):
                return [Key("space", time.perf_counter(), "command")]
            case Capture() as wanted:
                self._capture(wanted)
            case (CloseSession() | OpenSession() | ShowTurn() | Quit()) as message:
                self._over(message)
        return self.screen.inputs.take()

    def pause(self) -> None:
        """Show fixation until the examiner goes on (space, p or the app's button); escape ends from here too.

        Raises:
            TurnStopped: The examiner ended the session instead.
            TurnSkipped: The examiner left the turn out.
        """
        self.sound.hush()
        self.screen.show([self.fixation])
        self.stage("paused")
        self.screen.rest()
        while True:
            for event in self._quiet_events():
                if not isinstance(event, Key):
                    continue
                if event.name in ("space", "p"):
                    self.stage("resumed")
                    return
                if event.name == "s":
                    raise TurnSkipped
                if event.name == "escape":
                    try:
                        self._ask_reason()
                    except TurnPaused:
                        self.screen.show([self.fixation])


def _return_symbol() -> int:
    from pyglet.window import key

    return int(key.RETURN)
