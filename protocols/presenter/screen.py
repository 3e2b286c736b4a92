"""The child's window: opened where the lab says, checked, drawn and flipped with the time of every flip.

The window is borderless at the screen's own geometry, because a full-screen window can come up on another screen. Its
place is read back and confirmed, when it opens and every second after (`protocols.presenter.watch`). `Screen.measure`
finds out how flips behave; the interval of every frame is kept (`protocols.presenter.frames`).
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from psychopy import logging
from pyglet import gl
from pyglet.window import key

from devkit.errors import UserError
from protocols.equipment import DisplayReport, DisplaySettings
from protocols.presenter import look, tier
from protocols.presenter.contacts import rules_for
from protocols.presenter.frames import FrameLog, flip_after
from protocols.presenter.inputs import InputQueue
from protocols.presenter.opening import NOMINAL_PERIOD_S, find_monitor, open_window, pace, px_per_cm
from protocols.presenter.touches import fingers_of
from protocols.presenter.watch import ScreenWatch

MEASURED_FLIPS = 120
LOADED_FLIPS = 20
SETTLING_FLIPS = 10
LOAD_SHARE = 0.5
REFRESH_S = 1.0
KEPT_COSTS = 15
VIRTUAL_NAMES = ("screen", "dummy")


class Drawable(Protocol):
    """Anything that draws itself into the window's back buffer."""

    def draw(self) -> None:
        """Draw."""


Scene = Sequence[Drawable]


class Screen:
    """One open window.

    Args:
        settings: The screen as the lab has set it up.

    Raises:
        UserError: There is no such screen, or the window does not come up there.
    """

    def __init__(self, settings: DisplaySettings) -> None:
        logging.console.setLevel(logging.ERROR)
        self.settings = settings
        self.monitor = find_monitor(settings)
        self.name = self.monitor.name
        left, top, width, height = self.monitor.geometry
        if settings.window_size is not None:
            width, height = settings.window_size
        self.px_per_cm, self.size_from = px_per_cm(settings, self.monitor)
        self.window = open_window(settings, (left, top, width, height), self.px_per_cm)
        rules = rules_for((width, height), self.px_per_cm, touch=settings.pointer == "touch")
        self.inputs = InputQueue(self.window.winHandle, key.symbol_string, rules, settings.buttons)
        self.fingers = fingers_of(self.window.winHandle, (width, height)) if settings.pointer == "touch" else None
        if self.fingers is not None:
            self.inputs.fingers = self.fingers.take
        self.flip_s = 0.0
        self.blocking = False
        self.period_s = NOMINAL_PERIOD_S
        self.frames = FrameLog(NOMINAL_PERIOD_S, paced=True)
        self.measured = tier.Frames(0.0, 0.0, 0, 0)
        self._shown: Scene = ()
        self._primed: Scene | None = None
        self._costs: deque[float] = deque(maxlen=KEPT_COSTS)
        self.geometry = self._confirmed((left, top, width, height))
        self.renderer = _renderer()
        self.watch = ScreenWatch(self.monitor)
        self.to_front()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window, pixels."""
        return self.geometry[2], self.geometry[3]

    def show(self, scene: Scene = ()) -> float:
        """Draw a scene, flip, and return when the flip happened (`time.perf_counter`, seconds)."""
        if scene is not self._primed:
            self._draw(scene)
        self._primed = None
        self._shown = scene
        self.window.callOnFlip(self._stamp)
        asked_s = time.perf_counter()
        self.window.flip()
        self._costs.append(self.flip_s - asked_s)
        self.frames.mark(self.flip_s)
        return self.flip_s

    def _stamp(self) -> None:
        self.flip_s = time.perf_counter()

    def prime(self, scene: Scene) -> None:
        """Draw the scene that is shown next where nobody sees it yet, so that showing it is a flip and nothing else."""
        self._draw(scene)
        gl.glFinish()
        self._primed = scene

    def _draw(self, scene: Scene) -> None:
        if self._primed is not None:
            self.window.clearBuffer()
            self._primed = None
        for thing in scene:
            thing.draw()

    def warm(self, scene: Scene) -> None:
        """Draw things once where nobody sees it, so that their first timed frame costs no more than the others."""
        self._draw(scene)
        self.window.clearBuffer()

    def turned(self) -> None:
        """Say that the drawing loop turned without a flip, where flips do not give it its pace."""
        if not self.blocking:
            self.frames.mark(time.perf_counter())

    @property
    def flip_cost_s(self) -> float:
        """What a flip took of late, from asking for it to its stamp; where flips wait that is mostly waiting."""
        return statistics.median(self._costs) if self._costs else self.period_s

    def flip_after(self, time_s: float) -> float:
        """Predict the first flip at or after a time (`time.perf_counter`); where flips do not wait, any time is one."""
        if not self.blocking:
            return time_s
        return flip_after(time_s, self.flip_s, self.period_s)

    def rest(self) -> None:
        """Say that the loop stops on purpose; the next frame is compared with none."""
        self.frames.rest()

    def measure(self) -> DisplayReport:
        """Flip an empty window for a while, find out how flips behave, and begin to count frames anew."""
        self.measured = tier.sum_up(self._intervals(MEASURED_FLIPS, 0.0))
        loaded = tier.sum_up(self._intervals(LOADED_FLIPS, LOAD_SHARE * self.measured.period_ms / 1000))
        waits = tier.flips_wait(self.measured, loaded, self.monitor.refresh_hz)
        self.blocking = waits and not self.virtual
        self.period_s = self.measured.period_ms / 1000
        frame_s = self.period_s if self.blocking else pace(self.monitor)
        self.frames = FrameLog(frame_s, paced=not self.blocking)
        return DisplayReport(
            name=self.name,
            geometry=self.geometry,
            renderer=self.renderer,
            period_ms=round(self.measured.period_ms, 3),
            jitter_ms=round(self.measured.jitter_ms, 3),
            late=self.measured.late,
            measured=self.measured.count,
            blocking=self.blocking,
            frame_ms=round(frame_s * 1000, 3),
            refresh_hz=round(self.monitor.refresh_hz, 2),
            px_per_cm=round(self.px_per_cm, 2),
            size_from=self.size_from,
            input_times=self.inputs.timed,
            virtual=self.virtual,
            tier="demo",
            reason="not rated yet",
        )

    def _intervals(self, count: int, load_s: float) -> list[float]:
        """Return the intervals between flips of an empty window, ms, with some work before each."""
        times = []
        for _ in range(SETTLING_FLIPS + count + 1):
            if load_s:
                time.sleep(load_s)
            times.append(self.show())
        kept = times[SETTLING_FLIPS:]
        return [(later - earlier) * 1000 for earlier, later in pairwise(kept)]

    @property
    def shown(self) -> Scene:
        """What was drawn by the last flip."""
        return self._shown

    @property
    def virtual(self) -> bool:
        """Whether the screen exists in memory only."""
        return self.name.lower().startswith(VIRTUAL_NAMES)

    def ground(self, colour: str) -> None:
        """Change the colour around everything and show nothing else."""
        self.window.color = look.rgb(colour)
        self.show()  # the new colour is cleared to after this flip
        self.show()

    def capture(self, path: Path) -> None:
        """Write what is shown to a PNG file; it is drawn once more, since not every driver lets its front be read."""
        self.window.clearBuffer()
        self._draw(self._shown)
        image = self.window._getFrame(buffer="back")
        self.window.clearBuffer()
        image.convert("RGB").save(path)

    def trouble(self) -> str:
        """Say what has become of the screen since the window opened; empty while all is well. Costs nothing."""
        return self.watch.problem

    def idle(self) -> None:
        """Draw once a second what is shown, for whatever may have come over it while no turn runs."""
        if time.perf_counter() - self.flip_s > REFRESH_S:
            self.show(self._shown)
            self.rest()

    def look_again(self) -> None:
        """After trouble: look whether the screen is back, and put the window where it belongs."""
        if self.watch.problem and not self.watch.look():
            self.blank()
            self._confirmed(self.geometry)

    def to_front(self) -> None:
        """Bring the window before the curtain and whatever else may have come over it."""
        handle = self.window.winHandle
        if hasattr(handle, "_x_display"):
            from pyglet.libs.x11 import xlib

            xlib.XRaiseWindow(handle._x_display, handle._window)
        handle.activate()

    def blank(self) -> None:
        """Show the plain ground, in front of everything else, where the window still has a place."""
        self.window.winHandle.set_location(self.geometry[0], self.geometry[1])
        self.to_front()
        self.show()

    def close(self) -> None:
        """Close the window."""
        self.watch.close()
        if self.fingers is not None:
            self.fingers.close()
        self.window.close()

    def _confirmed(self, wanted: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        handle = self.window.winHandle
        until = time.monotonic() + 2
        while True:
            handle.dispatch_events()
            x, y = (int(value) for value in handle.get_location())
            width, height = (int(value) for value in handle.get_size())
            if (x, y, width, height) == wanted:
                return wanted
            if time.monotonic() > until:
                self.window.close()
                raise UserError(
                    f"the window came up at {width}x{height}{x:+d}{y:+d}, not at "
                    f"{wanted[2]}x{wanted[3]}{wanted[0]:+d}{wanted[1]:+d}",
                    place=f"screen {self.name}",
                    hint="check the screen settings of the lab against `devkit doctor`",
                    code="wrong-screen",
                )
            time.sleep(0.02)


def _renderer() -> str:
    from pyglet.gl import gl_info

    return str(gl_info.get_renderer())
