"""Shows and holds scenes at given times, and begins sounds with them: the pace of every trial. Needs no window itself.

Where flips wait for the screen the loop goes with it; where they do not, it keeps a pace of its own. What is looked for
in each turn of the loop, and what interrupts it, is `pump`'s business, which `protocols.presenter.examiner` has.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from protocols.presenter.clock import SessionClock
from protocols.presenter.inputs import Key, Press

if TYPE_CHECKING:
    from protocols.presenter.screen import Scene, Screen
    from protocols.presenter.sound import Sound
    from protocols.presenter.stream import Playing, Samples

PUMP_S = 0.001
MOVING_S = 0.006
FLIP_ROOM_S = 0.002
PRIME_S = 0.012
SLICE_S, SLICE_FRAMES = 0.02, 2.5
SOUND_MARGIN_S = 0.01
Handler = Callable[[Press | Key], bool]


@runtime_checkable
class Moving(Protocol):
    """A thing that looks different from moment to moment.

    Attributes:
        t_s: Seconds since it began to move; the next drawing shows it so.
    """

    t_s: float


class Pacing:
    """Everything that has to do with when something is shown or heard.

    Attributes:
        screen: The window.
        clock: The session's clock.
        sound: Sound or silence.
    """

    screen: Screen
    clock: SessionClock
    sound: Sound

    @abstractmethod
    def pump(self) -> list[Press | Key]:
        """Take what came in since it was last asked."""

    def show(self, scene: Scene = ()) -> float:
        """Flip to a scene; returns the session time of the flip, ms."""
        return self.clock.at(self.screen.show(scene))

    def hold(
        self, scene: Scene, until_ms: float | None, handler: Handler | None = None, *, then: Scene | None = None
    ) -> bool:
        """Keep a scene on the screen until a session time, or until ``handler`` takes an input.

        Args:
            scene: What is shown; it has been flipped to already.
            until_ms: Session time that the next flip is meant for: it returns so that this flip comes as near to it as
                flips can, up to half a frame before or after; None waits on.
            handler: Gets each press and key; True ends the holding.
            then: What is shown next (the very object); where flips do not wait it is drawn shortly before, so that
                showing it only flips.

        Returns:
            Whether the handler ended it.
        """
        moving = [thing for thing in scene if isinstance(thing, Moving)]
        began_s = time.perf_counter()
        while True:
            for event in self.pump():
                if handler is not None and handler(event):
                    return True
            now_s = time.perf_counter()
            left_s = None if until_ms is None else self.clock.real_s(until_ms - self.clock.at(now_s))
            primes = then is not None and not self.screen.blocking
            if left_s is not None and left_s <= self._lead_s(now_s) + (PRIME_S if primes else 0.0):
                if then is not None and primes:
                    self.screen.prime(then)
                    self._sleep_until(now_s + left_s - self.screen.flip_cost_s)
                return False
            for thing in moving:
                thing.t_s = now_s - began_s
            if self.screen.blocking:
                self._next_frame(scene, now_s)
            else:
                self._next_moment(scene if moving else None, left_s)

    def _next_frame(self, scene: Scene, now_s: float) -> None:
        """Flip with the screen; where events carry no time of their own, look for them until shortly before."""
        until_flip_s = self.screen.flip_after(now_s) - FLIP_ROOM_S - now_s
        if self.screen.inputs.server_times or until_flip_s < PUMP_S:
            self.screen.show(scene)
        else:
            time.sleep(PUMP_S)

    def _next_moment(self, moving: Scene | None, left_s: float | None) -> None:
        """Where flips do not wait: what stands still was drawn once and is held, what moves is drawn at a pace."""
        if moving is not None:
            self.screen.show(moving)
        pause_s = MOVING_S if moving is not None else PUMP_S
        time.sleep(pause_s if left_s is None else max(0.0, min(pause_s, left_s - self.screen.flip_cost_s)))
        self.screen.turned()

    def _sleep_until(self, time_s: float) -> None:
        while (left_s := time_s - time.perf_counter()) > 0:
            time.sleep(max(0.0, left_s - PUMP_S / 2) if left_s > PUMP_S else 0.0)

    def _lead_s(self, now_s: float) -> float:
        """How long before a wished time its flip has to be asked for.

        Where flips wait, until the coming flip is nearer to that time than the one after it; else what a flip takes.
        """
        if not self.screen.blocking:
            return self.screen.flip_cost_s
        return self.screen.flip_after(now_s) - now_s + self.screen.period_s / 2

    def slice_end(self) -> float:
        """Return the session time until which to hold before looking at something else: always a frame or more away."""
        least_s = SLICE_FRAMES * self.screen.period_s if self.screen.blocking else 0.0
        return self.clock.now() + max(SLICE_S, least_s) * 1000 * self.clock.scale

    def show_with(
        self, samples: Samples, scene: Scene, lead_ms: float = 0.0, handler: Handler | None = None
    ) -> tuple[float, Playing | None]:
        """Flip to a scene with a sound that begins at that flip, or a fixed time after it.

        Where the sound needs more notice than that, the flip is predicted and put off until the sound can keep its
        time.

        Args:
            samples: The sound.
            scene: What is shown.
            lead_ms: How long after the flip the sound begins, ms of the session's clock.
            handler: Gets each press and key until the flip.

        Returns:
            The session time of the flip, ms, and the sound; None without a device.
        """
        lead_s = self.clock.real_s(lead_ms)
        soonest_s = self.sound.soonest_s() + SOUND_MARGIN_S
        if time.perf_counter() + lead_s > soonest_s:
            shown = self.show(scene)
            return shown, self.sound.play(samples, self.screen.flip_s + lead_s)
        flip_s = self.screen.flip_after(soonest_s - lead_s)
        playing = self.sound.play(samples, flip_s + lead_s)
        self.hold(self.screen.shown, self.clock.at(flip_s), handler, then=scene)
        return self.show(scene), playing

    def speak(
        self, playing: Playing | None, scene: Scene, handler: Handler | None = None, *, for_s: float | None = None
    ) -> bool:
        """Hold a scene while a prompt plays, or for its first ``for_s`` seconds; tells whether the handler ended it."""
        while playing is not None and not playing.over(now_s := time.perf_counter()):
            if for_s is not None and playing.onset_s is not None and now_s >= playing.onset_s + for_s:
                return False
            if self.hold(scene, self.slice_end(), handler):
                return True
        return False
