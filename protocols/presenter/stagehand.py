"""What every trial flow stands on: holding a scene while presses, keys and the examiner's commands come in.

A flow calls `hold`, `speak` and `stage`; the examiner's keys (pause, skip, end) interrupt it from inside as exceptions,
so that a flow reads from top to bottom like the trial that it is. Keys are listed in `docs/presenter.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from protocols.messages import Capture, Captured, Closed, Command, DisplayReport, Entry, Getter, Stage, Stop
from protocols.presenter import look, tier
from protocols.presenter.attention import GETTERS, Attention
from protocols.presenter.clock import SessionClock
from protocols.presenter.inputs import Key, Press
from protocols.presenter.link import Link
from protocols.presenter.pictures import Pictures
from protocols.presenter.screen import Scene, Screen
from protocols.presenter.shapes import Shapes
from protocols.presenter.sound import Playing, Sound

POLL_S = 0.002
SLICE_MS = 20.0
RETURN_KEYS = ("return", "enter")
Handler = Callable[[Press | Key], bool]


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


class Stagehand:
    """Everything that a session has at hand in the child.

    Args:
        link: The conversation with the parent.
        screen: The window.
        clock: The session's clock.
        sound: Sound or silence.
        pictures: Decoder and textures.
        shapes: Drawn things.
        report: What was measured of the screen.
        seed: Seed of masks and attention-getters.
        getter: Which moving picture calls attention.
    """

    def __init__(
        self,
        *,
        link: Link,
        screen: Screen,
        clock: SessionClock,
        sound: Sound,
        pictures: Pictures,
        shapes: Shapes,
        report: DisplayReport,
        seed: int,
        getter: Getter = "star",
    ) -> None:
        self.link, self.screen, self.clock, self.sound = link, screen, clock, sound
        self.pictures, self.shapes, self.report, self.seed = pictures, shapes, report, seed
        self._getter = GETTERS[getter]
        self.fixation = shapes.fixation()
        self.trial_id, self.turn_index = "", 0
        self.events: list[tuple[str, float, dict[str, object]]] = []
        self.repeat_asked = False
        self.gap_until_ms = 0.0
        self._frames_before = (screen.frames, screen.frames_late)

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

    def attention(self) -> Attention:
        """Return the moving picture for the present trial."""
        diameter = look.ATTENTION_CM * self.screen.settings.px_per_cm
        return self._getter(self.screen.window, diameter, self.screen.size, f"{self.seed}:{self.trial_id}")

    def show(self, scene: Scene = ()) -> float:
        """Flip to a scene; returns the session time of the flip, ms."""
        return self.clock.at(self.screen.show(scene))

    def hold(self, scene: Scene, until_ms: float | None, handler: Handler | None = None) -> bool:
        """Keep a scene on the screen until a session time, or until ``handler`` takes an input.

        Args:
            scene: What is shown; it has been flipped to already.
            until_ms: Session time at which to return, so that a flip then comes on time; None waits on.
            handler: Gets each press and key; True ends the holding.

        Returns:
            Whether the handler ended it.
        """
        moving = [thing for thing in scene if isinstance(thing, Attention)]
        began_s = time.perf_counter()
        while True:
            for event in self.pump():
                if handler is not None and handler(event):
                    return True
            left_s = None if until_ms is None else self.clock.real_s(until_ms - self.clock.now())
            if left_s is not None and left_s <= self._lead_s():
                return False
            for thing in moving:
                thing.t_s = time.perf_counter() - began_s
            if self.screen.blocking or moving:
                self.screen.show(scene)
            if not self.screen.blocking:
                pause_s = tier.SHORTEST_PERIOD_MS / 1000 * 2 if moving else POLL_S
                time.sleep(pause_s if left_s is None else max(0.0, min(pause_s, left_s - self._lead_s())))
            self.screen.turned()

    def _lead_s(self) -> float:
        """How long before a wished time the flip has to be asked for: half a frame, or what an unwaiting flip takes."""
        return self.screen.period_s / 2

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
                self.screen.capture(Path(message.path))
                self.link.send(Captured(path=message.path))
        return [event for event in self.screen.inputs.take() if not self._examiner_key(event)]

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
        self.show()
        self.stage("ending")
        while True:
            for event in self._quiet_events():
                if not isinstance(event, Key):
                    continue
                if event.name == "escape":
                    raise TurnPaused
                if event.name in ("b", *RETURN_KEYS):
                    raise TurnStopped(Stop(reason="breakoff"))
                if event.name == "o":
                    raise TurnStopped(Stop(reason="other"))
                if event.name.isdigit():
                    raise TurnStopped(Stop(reason="reason_code", detail=event.name))

    def _quiet_events(self) -> list[Press | Key]:
        """Take inputs without acting on the examiner's keys; commands that end or skip still do."""
        message = self.link.take(POLL_S * 5)
        if isinstance(message, Command) and message.name in ("end", "skip"):
            self._command(message)
        if isinstance(message, Command) and message.name == "resume":
            return [Key("space", time.perf_counter(), "command")]
        if isinstance(message, Capture):
            self.screen.capture(Path(message.path))
            self.link.send(Captured(path=message.path))
        return self.screen.inputs.take()

    def pause(self) -> None:
        """Show fixation until the examiner goes on (space, p or the app's button); escape ends from here too.

        Raises:
            TurnStopped: The examiner ended the session instead.
            TurnSkipped: The examiner left the turn out.
        """
        self.sound.hush()
        self.show([self.fixation])
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
                        self.show([self.fixation])

    def speak(
        self, playing: Playing | None, scene: Scene, handler: Handler | None = None, *, for_s: float | None = None
    ) -> bool:
        """Hold a scene while a prompt plays, or for its first ``for_s`` seconds; tells whether the handler ended it."""
        while playing is not None and not playing.over(now_s := time.perf_counter()):
            if for_s is not None and playing.onset_s is not None and now_s >= playing.onset_s + for_s:
                return False
            if self.hold(scene, self.clock.now() + SLICE_MS * self.clock.scale, handler):
                return True
        return False

    def rest(self) -> None:
        """Show fixation and let go of the turn; the gap before the next runs while the parent records."""
        self.show([self.fixation])
        self.screen.rest()

    def begin(self, trial_id: str, turn_index: int) -> None:
        """Begin a turn: forget old inputs and events."""
        self.trial_id, self.turn_index = trial_id, turn_index
        self.events = []
        self.repeat_asked = False
        self.screen.inputs.clear()

    def summary(self) -> Closed:
        """Return how the timing of the whole session was; many late frames lower its tier."""
        frames = self.screen.frames - self._frames_before[0]
        late = self.screen.frames_late - self._frames_before[1]
        rated, reason = self.report.tier, self.report.reason
        share = late / frames if frames else 0.0
        if share > tier.USABLE_LATE_SHARE and rated != "demo":
            rated, reason = "demo", f"{late} of {frames} frames of the session were late"
        elif share > tier.LAB_LATE_SHARE and rated == "lab":
            rated, reason = "usable", f"{late} of {frames} frames of the session were late"
        return Closed(frames=frames, frames_late=late, tier=rated, reason=reason)

    def close(self) -> None:
        """Let go of sound and pictures."""
        self.sound.close()
        self.pictures.clear()
        self.pictures.close()


def _return_symbol() -> int:
    from pyglet.window import key

    return int(key.RETURN)
