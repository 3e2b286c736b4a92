"""What every trial flow stands on: showing and holding scenes at given times, and speaking.

A flow reads from top to bottom like the trial that it is; what the examiner does interrupts it from inside
(`protocols.presenter.examiner`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from protocols.messages import Closed, DisplayReport, Getter
from protocols.presenter import look, tier
from protocols.presenter.attention import GETTERS, Attention
from protocols.presenter.clock import SessionClock
from protocols.presenter.examiner import Examiner
from protocols.presenter.inputs import Key, Press
from protocols.presenter.link import Link
from protocols.presenter.pictures import Pictures
from protocols.presenter.screen import Scene, Screen
from protocols.presenter.shapes import Shapes
from protocols.presenter.sound import Playing, Sound

POLL_S = 0.002
SLICE_MS = 20.0
Handler = Callable[[Press | Key], bool]


class Stagehand(Examiner):
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
        super().__init__(link, screen, clock, sound, shapes.fixation())
        self.pictures, self.shapes, self.report, self.seed = pictures, shapes, report, seed
        self._getter = GETTERS[getter]
        self.gap_until_ms = 0.0
        self._frames_before = (screen.frames, screen.frames_late)

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
