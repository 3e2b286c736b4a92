"""The child's window: opened where the lab says, checked, drawn and flipped with the time of every flip.

The window is borderless at the screen's own geometry, because a full-screen window can come up on another screen. Its
place is read back and confirmed. `Screen.measure` finds out how flips behave; late frames are counted all along.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from psychopy import logging, monitors, visual
from pyglet.window import key

from devkit.errors import UserError
from protocols import x11
from protocols.messages import DisplayReport, DisplaySettings
from protocols.presenter import look, tier
from protocols.presenter.inputs import InputQueue

MEASURED_FLIPS = 60
SETTLING_FLIPS = 10
NOMINAL_PERIOD_S = 1 / 60
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
        monitor = _find_monitor(settings)
        self.name = monitor.name
        left, top, width, height = monitor.geometry
        if settings.window_size is not None:
            width, height = settings.window_size
        self.window = _open_window(settings, (left, top, width, height))
        self.inputs = InputQueue(self.window.winHandle, key.symbol_string)
        self.frames = 0
        self.frames_late = 0
        self.flip_s = 0.0
        self.blocking = False
        self.period_s = NOMINAL_PERIOD_S
        self._turned_s: float | None = None
        self._shown: Scene = ()
        self.geometry = self._confirmed((left, top, width, height))
        self.renderer = _renderer()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window, pixels."""
        return self.geometry[2], self.geometry[3]

    def show(self, scene: Scene = ()) -> float:
        """Draw a scene, flip, and return when the flip happened (`time.perf_counter`, seconds)."""
        for thing in scene:
            thing.draw()
        self._shown = scene
        self.window.callOnFlip(self._stamp)
        self.window.flip()
        return self.flip_s

    def _stamp(self) -> None:
        self.flip_s = time.perf_counter()

    def warm(self, scene: Scene) -> None:
        """Draw things once where nobody sees it, so that their first timed frame costs no more than the others."""
        for thing in scene:
            thing.draw()
        self.window.clearBuffer()

    def turned(self) -> None:
        """Count one turn of the drawing loop; more than 1.5 frame periods after the one before, it is late."""
        now_s = time.perf_counter()
        if self._turned_s is not None:
            self.frames += 1
            period = self.period_s if self.blocking else NOMINAL_PERIOD_S
            self.frames_late += now_s - self._turned_s > tier.LATE_PERIODS * period
        self._turned_s = now_s

    def rest(self) -> None:
        """Say that the loop stops on purpose; the next turn is compared with none."""
        self._turned_s = None

    def measure(self, time_scale: float) -> DisplayReport:
        """Flip an empty window for about a second and rate the timing."""
        intervals: list[float] = []
        last_s = self.show()
        for number in range(SETTLING_FLIPS + MEASURED_FLIPS):
            now_s = self.show()
            if number >= SETTLING_FLIPS:
                intervals.append((now_s - last_s) * 1000)
            last_s = now_s
        frames = tier.sum_up(intervals)
        self.blocking = tier.flips_wait(frames) and not self.virtual
        self.period_s = frames.period_ms / 1000 if frames.period_ms else NOMINAL_PERIOD_S
        rated, reason = tier.rate(
            frames,
            renderer=self.renderer,
            virtual=self.virtual,
            time_scale=time_scale,
            event_times=self.inputs.server_times,
        )
        return DisplayReport(
            name=self.name,
            geometry=self.geometry,
            renderer=self.renderer,
            period_ms=round(frames.period_ms, 3),
            jitter_ms=round(frames.jitter_ms, 3),
            late=frames.late,
            measured=frames.count,
            blocking=self.blocking,
            tier=rated,
            reason=reason,
        )

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
        for thing in self._shown:
            thing.draw()
        image = self.window._getFrame(buffer="back")
        self.window.clearBuffer()
        image.convert("RGB").save(path)

    def close(self) -> None:
        """Close the window."""
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


def _open_window(settings: DisplaySettings, place: tuple[int, int, int, int]) -> Any:
    left, top, width, height = place
    monitor = monitors.Monitor("devkit", width=width / settings.px_per_cm, distance=60, autoLog=False)
    monitor.setSizePix((width, height))
    window = visual.Window(
        size=(width, height),
        pos=(left, top),
        units="pix",
        monitor=monitor,
        fullscr=False,
        allowGUI=False,
        winType="pyglet",
        color=look.rgb(settings.ground),
        waitBlanking=True,
        checkTiming=False,
        autoLog=False,
    )
    window.mouseVisible = False
    window.winHandle.set_location(left, top)
    window.winHandle.activate()
    return window


def _find_monitor(settings: DisplaySettings) -> x11.Monitor:
    """Return the screen that the settings name, after comparing its geometry.

    Raises:
        UserError: It is not there, or has another geometry.
    """
    found = _monitors()
    wanted = [one for one in found if not settings.screen or one.name == settings.screen]
    names = ", ".join(f"{one.name} {_geometry(one.geometry)}" for one in found)
    if not wanted:
        raise UserError(f"there is no screen {settings.screen}", hint=f"there are: {names}", code="wrong-screen")
    if settings.geometry is not None:
        same = [one for one in wanted if one.geometry == settings.geometry]
        if not same:
            raise UserError(
                f"no screen has the geometry {_geometry(settings.geometry)}",
                place=f"screen {settings.screen}" if settings.screen else "",
                hint=f"there are: {names}",
                code="wrong-screen",
            )
        return same[0]
    return wanted[0]


def _monitors() -> list[x11.Monitor]:
    found = x11.monitors(os.environ.get("DISPLAY", "")) if sys.platform not in ("win32", "darwin") else []
    if found:
        return found
    from pyglet.canvas import get_display

    screens = get_display().get_screens()
    return [
        x11.Monitor(f"screen-{i}", (one.x, one.y, one.width, one.height), (0, 0), i == 0)
        for i, one in enumerate(screens)
    ]


def _geometry(place: tuple[int, int, int, int]) -> str:
    x, y, width, height = place
    return f"{width}x{height}{x:+d}{y:+d}"


def _renderer() -> str:
    from pyglet.gl import gl_info

    return str(gl_info.get_renderer())
