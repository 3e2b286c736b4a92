"""Is this machine fit for sessions with people? Looks at screens, timing, sound, input and libraries, in plain words.

Each finding says what was seen, how good that is, and what to do about it. Timing, sound and input are measured by
`protocols.selftest` with real trials in a real window, so what is measured is what a session will have. The command
line prints; this does not.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from devkit.errors import UserError
from devkit.lab.station import LabSound
from protocols import randr
from protocols.findings import (
    Area,
    Finding,
    Level,
    exposure_finding,
    loopback_finding,
    screen_findings,
    sound_findings,
    tap_finding,
    timing_findings,
)
from protocols.human import HumanRespondent
from protocols.presenter.virtual import start_virtual_screen
from protocols.presenter.voice import Voice
from protocols.selftest import (
    Media,
    measure_exposures,
    measure_sounds,
    measure_taps,
    session,
)
from protocols.station import keep_measured_sound, sound_settings
from protocols.x11 import require_display

AREAS: tuple[Area, ...] = ("screens", "timing", "sound", "input")
NEEDED = ("psychopy", "av", "sounddevice", "pydantic", "numpy", "pillow", "pandas", "torch", "transformers")
DISK_GB = 2.0
INPUT_DEVICES = Path("/proc/bus/input/devices")
DIRECT_INPUT = 0b10


@dataclass(frozen=True, slots=True)
class Looking:
    """How the doctor looks.

    Attributes:
        virtual: Use a virtual screen, also where there is a display.
        microphone: Listen with the microphone, not with the sound server's monitor.
        keep: Keep what is measured of the sound for this station's sessions.
        tell: Called with a word on what is being done, and how far it is from 0 to 1.
    """

    virtual: bool = False
    microphone: bool = False
    keep: bool = True
    tell: Callable[[str, float], None] = lambda what, share: None


def examine(areas: tuple[Area, ...] = (), how: Looking | None = None) -> list[Finding]:
    """Examine this machine.

    Args:
        areas: What to look at; empty looks at everything, the libraries too.
        how: How to look.

    Returns:
        The findings, in the order in which one would mend them.
    """
    how = how or Looking()
    found = list(_machine()) if not areas else []
    wanted = areas or AREAS
    if not how.virtual:
        try:
            require_display()
        except UserError as error:
            problem = error.problem
            fix = f"{problem.hint}; `devkit doctor --virtual` looks at everything else"
            return [*found, Finding("timing", "wrong", problem.message, fix)]
    screen = start_virtual_screen() if how.virtual else None
    try:
        display = screen.display if screen is not None else os.environ.get("DISPLAY", "")
        if "screens" in wanted:
            found += screen_findings(randr.monitors(display))
        found += _with_presenter(display, wanted, how)
        if "input" in wanted:
            found += _input(display, may_press=screen is not None)
    finally:
        if screen is not None:
            screen.close()
    return found


def _machine() -> Iterator[Finding]:
    if sys.version_info[:2] == (3, 12):
        yield Finding("machine", "ok", f"Python {platform.python_version()} on {platform.system()}")
    else:
        yield Finding("machine", "wrong", f"Python {platform.python_version()}", "PsychoPy needs Python 3.12")
    missing = [name for name in NEEDED if not _installed(name)]
    if missing:
        fix = "install devkit again into a fresh environment"
        yield Finding("machine", "wrong", f"not installed: {', '.join(missing)}", fix)
    else:
        yield Finding("machine", "ok", f"PsychoPy {version('psychopy')} and all libraries are installed")
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    level: Level = "ok" if free > DISK_GB else "caution"
    yield Finding("machine", level, f"{free:.1f} GB of disk free here", "" if level == "ok" else "free some space")


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _with_presenter(display: str, wanted: tuple[Area, ...], how: Looking) -> Iterator[Finding]:
    if not {"timing", "sound"} & set(wanted):
        return
    how.tell("opening the window", 0.0)
    sound = sound_settings(LabSound()) if "sound" in wanted else False
    try:
        with session(display or None, sound=sound) as (person, media):
            assert person.opened is not None
            if "timing" in wanted:
                how.tell("measuring exposures", 0.1)
                yield from timing_findings(person.opened.display, asked_virtual=how.virtual)
                yield exposure_finding(measure_exposures(person, media))
            if "sound" in wanted:
                yield from sound_findings(person.opened.sound, voice=Voice().available)
                if person.opened.sound.device:
                    yield from _heard(person, media, how)
    except UserError as error:
        yield Finding("timing", "wrong", error.problem.message, error.problem.hint)


def _heard(person: HumanRespondent, media: Media, how: Looking) -> Iterator[Finding]:
    """Hear what this station plays, where there is something to hear it with."""
    try:
        found = measure_sounds(
            person, media, microphone=how.microphone, tell=lambda done: how.tell("listening", min(1.0, done / 20))
        )
    except UserError as error:
        fix = "connect a microphone and look again, or take the word onsets as estimates"
        yield Finding("sound", "caution", f"what is played cannot be heard: {error.problem.message}", fix)
        return
    yield loopback_finding(found)
    if found.stated.heard and how.keep and not how.virtual:
        path = keep_measured_sound(found.output_name, found.to_keep())
        yield Finding("sound", "ok", f"kept for the sessions of this station in {path}")


def _input(display: str, *, may_press: bool) -> Iterator[Finding]:
    touch = touch_screens()
    if touch:
        yield Finding("input", "ok", f"touch screen: {', '.join(touch)}")
    elif INPUT_DEVICES.is_file():
        fix = "connect one, or let the child point and key the answer (1, 2, …)"
        yield Finding("input", "caution", "there is no touch screen; answers come from a mouse", fix)
    if not may_press:
        fix = "`devkit doctor input --virtual` presses a window twenty times and measures what arrives"
        yield Finding("input", "ok", "presses are timed by the window system where its clock is ours", fix)
        return
    yield tap_finding(*measure_taps(display))


def touch_screens(devices: Path = INPUT_DEVICES) -> list[str]:
    """Return the names of the touch screens that the kernel lists; empty where it lists none."""
    if not devices.is_file():
        return []
    found = []
    for block in devices.read_text(errors="replace").split("\n\n"):
        lines = dict(line[3:].split("=", 1) for line in block.splitlines() if "=" in line[3:])
        direct = lines.get("PROP", "0").strip() or "0"
        if int(direct.split()[-1], 16) & DIRECT_INPUT and "Name" in lines:
            found.append(lines["Name"].strip().strip('"'))
    return found
