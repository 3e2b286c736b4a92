"""The examiner's side of a session in the child: what is told, what is keyed or sent, pause, end and correction.

Keys in the window and commands of the parent mean the same and act at once, as exceptions inside whatever is being
shown; between two turns they are kept for the next. Keys are listed in `docs/presenter.md`.
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from devkit.respondents import PresentedTurn
from protocols.controls import REASONS, Box, Command, CommandName, Entry, Stage, Stop, Withdrawn
from protocols.messages import Capture, Captured, CloseSession, OpenSession, Quit, ShowTurn
from protocols.presenter.clock import SessionClock
from protocols.presenter.inputs import Key, Press
from protocols.presenter.interrupts import TurnAttention, TurnPaused, TurnSkipped, TurnStopped, TurnTakenBack
from protocols.presenter.link import Link
from protocols.presenter.screen import Drawable, Screen
from protocols.presenter.sound import Sound
from protocols.presenter.telling import shown

QUIET_S = 0.01
KEYS: dict[str, CommandName] = {
    "space": "pause",
    "p": "pause",
    "s": "skip",
    "r": "repeat",
    "t": "repeat_trial",
    "l": "attention",
    "u": "undo",
    "escape": "end",
}


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
        self.turn: PresentedTurn | None = None
        self.events: list[tuple[str, float, dict[str, object]]] = []
        self.repeats_asked = 0
        self.attention_asked = False
        self._waiting: deque[Command | Key] = deque()
        self._stage, self._digits = "", ""

    @property
    def trial_id(self) -> str:
        """The running trial; empty before the first."""
        return self.turn.trial_id if self.turn is not None else ""

    def begin(self, turn: PresentedTurn | None) -> None:
        """Begin a turn, or something else: forget old inputs and events, but not what the examiner keyed meanwhile."""
        self.turn = turn
        self.events = []
        self.repeats_asked = 0
        self._stage, self._digits = "", ""
        self.between()

    def between(self) -> None:
        """Take what is keyed between two turns; what is the examiner's waits for the next one."""
        for event in self.screen.inputs.take():
            if isinstance(event, Key) and event.name in KEYS:
                self._waiting.append(event)

    def defer(self, command: Command) -> None:
        """Keep a command that came between two turns for the next one."""
        if command.name not in ("repeat", "next", "resume", "key"):
            self._waiting.append(command)

    def stage(
        self, name: str, *, at_s: float | None = None, regions: tuple[Box, ...] = (), entry: bool = False
    ) -> float:
        """Tell the parent what the person sees now, and note it; returns its session time, ms."""
        t_ms = self.clock.now() if at_s is None else self.clock.at(at_s)
        self._stage, self._digits = name, ""
        self.events.append((name, t_ms, {}))
        turn = self.turn
        self.link.send(
            Stage(
                trial_id=self.trial_id,
                turn_index=turn.turn_index if turn is not None else 0,
                name=name,
                t_ms=t_ms,
                phase=turn.phase if turn is not None else "",
                prompt=turn.spoken if turn is not None else "",
                shown=shown(self.screen.shown, self.screen.size),
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
        self._digits = digits
        self.link.send(Entry(trial_id=self.trial_id, digits=digits))

    def pump(self) -> list[Press | Key]:
        """Take what came in; commands and the examiner's keys act here.

        Raises:
            Interrupted: Pause, skip, repeat, attention-getter, correction or end.
            ParentGone: The parent is no more.
        """
        found: list[Press | Key] = []
        while self._waiting:
            kept = self._waiting.popleft()
            found += self._command(kept) if isinstance(kept, Command) else self._key(kept)
        while (message := self.link.take()) is not None:
            if isinstance(message, Command):
                found += self._command(message)
            elif isinstance(message, Capture):
                self._capture(message)
            elif isinstance(message, CloseSession | OpenSession | ShowTurn | Quit):
                self._over(message)
        for event in self.screen.inputs.take():
            found += self._key(event) if isinstance(event, Key) else [event]
        return found

    def _capture(self, wanted: Capture) -> None:
        self.screen.capture(Path(wanted.path))
        self.link.send(Captured(path=wanted.path))

    def _over(self, message: CloseSession | OpenSession | ShowTurn | Quit) -> None:
        """End a turn that the parent has given up; the main loop then does what it was told."""
        self.link.put_back(message)
        raise TurnStopped(Stop(reason="other", detail="given up"))

    def _key(self, key: Key) -> list[Press | Key]:
        """Act on a key of the examiner; any other is passed on."""
        name = KEYS.get(key.name)
        if name is None:
            return [key]
        if name != "repeat":
            self.note("key", self.clock.at(key.at_s), name=name)
        if name == "end":
            self._ask_reason()
        return self._act(Command(name=name))

    def _command(self, command: Command) -> list[Press | Key]:
        self.note("command", self.clock.now(), name=command.name)
        return self._act(command)

    def _act(self, command: Command) -> list[Press | Key]:
        """Do what the examiner wants; returns what it amounts to as keys."""
        match command.name:
            case "pause":
                raise TurnPaused
            case "skip":
                raise TurnSkipped
            case "repeat_trial":
                raise TurnTakenBack(Withdrawn(why="repeat"))
            case "attention":
                self.attention_asked = True
                raise TurnAttention
            case "end":
                raise TurnStopped(Stop(reason=command.reason, detail=command.detail))
            case "undo":
                return self._undo(command.detail)
            case "next":
                waits = self._stage == "awaiting" and not self._digits
                return [self._as_key("n" if waits else "return")]
            case "key":
                return [self._as_key(command.detail)]
            case "repeat":
                self.repeats_asked += 1
            case "resume" | "note":
                pass  # nothing is paused; notes are kept by the parent
        return []

    def _as_key(self, name: str) -> Key:
        return Key(name, time.perf_counter(), "command")

    def _undo(self, keyed: str) -> list[Press | Key]:
        """Take back the digits that are being keyed, else the answer to the trial before.

        Raises:
            TurnTakenBack: With what should have been keyed.
            TurnPaused: The examiner thought better of it.
        """
        if self._stage == "awaiting" and self._digits and not keyed:
            return [self._as_key("backspace") for _ in self._digits]
        if self.turn is not None and self.turn.turn_index > 0:
            self.note("undo_refused", self.clock.now(), why="in the middle of a dialogue")
            return []
        correction = keyed or self._keyed_anew()
        if not correction:
            raise TurnPaused
        raise TurnTakenBack(Withdrawn(why="undo", correction=correction))

    def _keyed_anew(self) -> str:
        """Show fixation until the examiner has keyed what should have been keyed; empty after Escape."""
        self._quiet("correcting", entry=True)
        keyed = ""
        while True:
            for event in self._quiet_events():
                if not isinstance(event, Key):
                    continue
                if event.name == "escape":
                    return ""
                if event.name == "return" and keyed:
                    return keyed
                if event.name == "backspace":
                    keyed = keyed[:-1]
                elif len(event.name) == 1 and event.name.isalnum():
                    keyed += event.name
                self.tell_entry(keyed)

    def _ask_reason(self) -> None:
        """Show the plain ground until the examiner has keyed why the session ends; a second escape goes on.

        Raises:
            TurnStopped: With the reason.
            TurnPaused: The examiner thought better of it.
        """
        self.sound.hush()
        self.screen.show()
        self.stage("ending")
        codes = {reason.key: reason.code for reason in REASONS}
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
                if event.name in codes:
                    raise TurnStopped(Stop(reason="reason_code", detail=codes[event.name]))

    def _quiet(self, name: str, *, entry: bool = False) -> None:
        self.sound.hush()
        self.screen.show([self.fixation])
        self.stage(name, entry=entry)
        self.screen.rest()

    def _quiet_events(self) -> list[Press | Key]:
        """Take inputs without acting on the examiner's keys; commands of the parent still act."""
        match self.link.take(QUIET_S):
            case Command(name="resume" | "next" as name):
                wish = "return" if name == "next" and self._stage == "correcting" else "escape"
                return [self._as_key("space" if self._stage == "paused" else wish)]
            case Command(name="key", detail=detail):
                return [self._as_key(detail)]
            case Command(name="pause" | "note" | "repeat"):
                pass
            case Command() as command:
                self._command(command)
            case Capture() as wanted:
                self._capture(wanted)
            case (CloseSession() | OpenSession() | ShowTurn() | Quit()) as message:
                self._over(message)
        return self.screen.inputs.take()

    def pause(self) -> None:
        """Show fixation until the examiner goes on (space, p or the app's button); all else can be done from here too.

        Raises:
            Interrupted: The examiner ended the session, left the turn out or took it back instead.
        """
        self._quiet("paused")
        while True:
            for event in self._quiet_events():
                if not isinstance(event, Key):
                    continue
                if event.name in ("space", "p"):
                    self.stage("resumed")
                    return
                if event.name == "escape":
                    try:
                        self._ask_reason()
                    except TurnPaused:
                        self._quiet("paused")
                elif KEYS.get(event.name, "repeat") != "repeat":
                    self._key(event)
