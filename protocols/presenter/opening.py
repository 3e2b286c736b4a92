"""Finds the child's screen, works out its size and pace, and opens a borderless window at its place."""

from __future__ import annotations

from typing import Any

from psychopy import monitors, visual

from devkit.errors import UserError
from protocols import randr
from protocols.equipment import PX_PER_CM, DisplaySettings, Size
from protocols.presenter import look
from protocols.presenter.watch import all_monitors

SLOWEST_HZ, FASTEST_HZ = 30.0, 360.0
STATED_PX_PER_CM = (15.0, 250.0)  # what lies outside is a projector or a screen that states nonsense
NOMINAL_PERIOD_S = 1 / 60


def px_per_cm(settings: DisplaySettings, monitor: randr.Monitor) -> tuple[float, Size]:
    """Return the pixels per centimetre of a screen, and where that comes from."""
    if settings.px_per_cm is not None:
        return settings.px_per_cm, "settings"
    if settings.width_cm is not None:
        return monitor.geometry[2] / settings.width_cm, "settings"
    width_mm = monitor.size_mm[0]
    stated = monitor.geometry[2] / width_mm * 10 if width_mm > 0 else 0.0
    if STATED_PX_PER_CM[0] <= stated <= STATED_PX_PER_CM[1]:
        return stated, "screen"
    return PX_PER_CM, "assumed"


def pace(monitor: randr.Monitor) -> float:
    """Return the seconds of a frame where flips do not say: what the screen states, else a sixtieth."""
    return 1 / monitor.refresh_hz if SLOWEST_HZ <= monitor.refresh_hz <= FASTEST_HZ else NOMINAL_PERIOD_S


def open_window(settings: DisplaySettings, place: tuple[int, int, int, int], px_per_cm: float) -> Any:
    """Return PsychoPy's window, borderless, without a cursor, at a place on the desktop (x, y, width, height)."""
    left, top, width, height = place
    monitor = monitors.Monitor("devkit", width=width / px_per_cm, distance=60, autoLog=False)
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
    if settings.lock_keyboard:
        window.winHandle.set_exclusive_keyboard(True)
    return window


def find_monitor(settings: DisplaySettings) -> randr.Monitor:
    """Return the screen that the settings name, after comparing its geometry.

    Raises:
        UserError: It is not there, or has another geometry.
    """
    found = all_monitors()
    wanted = [one for one in found if not settings.screen or one.name == settings.screen]
    names = ", ".join(f"{one.name} {one.place()}" for one in found)
    if not wanted:
        raise UserError(f"there is no screen {settings.screen}", hint=f"there are: {names}", code="wrong-screen")
    if settings.geometry is not None:
        same = [one for one in wanted if one.geometry == settings.geometry]
        if not same:
            raise UserError(
                f"no screen has the geometry {randr.Monitor('', settings.geometry).place()}",
                place=f"screen {settings.screen}" if settings.screen else "",
                hint=f"there are: {names}",
                code="wrong-screen",
            )
        return same[0]
    return wanted[0]
