"""Is this machine fit for sessions with people? Looks at display, timing, sound, input and libraries, in plain words.

Each finding says what was seen, how good that is, and what to do about it. Timing, sound and input are asked of a real
presenter with a real window, so what is measured is what a session will have. The command line prints; this does not.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from devkit.errors import UserError
from devkit.ids import uuid7
from devkit.respondents import Answer, PresentedTurn, SessionContext, ShownChoice, Timing
from protocols import randr
from protocols.equipment import DisplayReport, SoundReport
from protocols.human import HumanRespondent, require_display
from protocols.messages import Opened
from protocols.presenter.virtual import start_virtual_screen
from protocols.presenter.voice import PROGRAM, Voice
from protocols.robot import RobotPerson, RobotTraits

Level = Literal["ok", "caution", "wrong"]
Area = Literal["machine", "timing", "sound", "input"]
AREAS: tuple[Area, ...] = ("timing", "sound", "input")
NEEDED = ("psychopy", "av", "sounddevice", "pydantic", "numpy", "pillow", "pandas", "torch", "transformers")
DISK_GB = 2.0
TAPS = 20
TAP_ERROR_MS = 8.0
INPUT_DEVICES = Path("/proc/bus/input/devices")
DIRECT_INPUT = 0b10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: What it belongs to.
        level: ``ok``, ``caution`` (works, with a limit worth knowing) or ``wrong``.
        message: What was seen, one sentence.
        fix: What to do; empty when nothing has to be done.
    """

    area: Area
    level: Level
    message: str
    fix: str = ""


def examine(areas: tuple[Area, ...] = (), *, virtual: bool = False) -> list[Finding]:
    """Examine this machine.

    Args:
        areas: What to look at; empty looks at everything, the libraries too.
        virtual: Use a virtual screen, also where there is a display.

    Returns:
        The findings, in the order in which one would mend them.
    """
    found = list(_machine()) if not areas else []
    wanted = areas or AREAS
    if not virtual:
        try:
            require_display()
        except UserError as error:
            problem = error.problem
            fix = f"{problem.hint}; `devkit doctor --virtual` looks at everything else"
            return [*found, Finding("timing", "wrong", problem.message, fix)]
    screen = start_virtual_screen() if virtual else None
    try:
        display = screen.display if screen is not None else os.environ.get("DISPLAY", "")
        found += _with_presenter(display, wanted, virtual)
        if "input" in wanted:
            found += _input(display, may_press=screen is not None)
    finally:
        if screen is not None:
            screen.close()
    return found


def worst(findings: list[Finding]) -> Level:
    """Return the worst level of the findings."""
    order: tuple[Level, ...] = ("ok", "caution", "wrong")
    return max((finding.level for finding in findings), key=order.index, default="ok")


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


def _with_presenter(display: str, wanted: tuple[Area, ...], virtual: bool) -> Iterator[Finding]:
    if not {"timing", "sound"} & set(wanted):
        return
    person = HumanRespondent("doctor", kind="adult", x_display=display or None)
    try:
        person.open(SessionContext(uuid7(), _no_media, 0, "en"))
        opened = person.opened
    except UserError as error:
        yield Finding("timing", "wrong", error.problem.message, error.problem.hint)
        return
    finally:
        person.close()
    assert isinstance(opened, Opened)
    if "timing" in wanted:
        yield from timing_findings(opened.display, len(randr.monitors(display)), asked_virtual=virtual)
    if "sound" in wanted:
        yield from sound_findings(opened.sound, voice=Voice().available)


def timing_findings(report: DisplayReport, screens: int, *, asked_virtual: bool = False) -> Iterator[Finding]:
    """Put in words what was measured of a screen.

    Args:
        report: The presenter's measurement.
        screens: Number of screens of the display.
        asked_virtual: Whether a virtual screen was asked for; then its timing is no surprise.
    """
    told = {
        "lab": ("ok", "", "fit for reaction times"),
        "usable": ("caution", "switch off desktop effects and close other programs, then look again", "usable"),
        "demo": ("caution" if asked_virtual else "wrong", _demo_fix(report), "not fit for reaction times"),
    }
    level, fix, words = told[report.tier]
    yield Finding("timing", level, f"{report.label()}: {words}: {report.reason}", fix)  # type: ignore[arg-type]
    rate = 1000 / report.period_ms if report.period_ms else 0.0
    measured = f"{report.measured} flips, {report.period_ms:.2f} ms apart ({rate:.0f} per second), {report.late} late"
    yield Finding("timing", "ok", f"{measured}; drawn by {report.renderer}")
    if screens > 1:
        fix = "name the child's screen in the lab's settings"
        yield Finding("timing", "caution", f"{screens} screens; sessions use {report.name}", fix)


def _demo_fix(report: DisplayReport) -> str:
    if "virtual" in report.reason:
        return "run sessions on a machine with a screen; a virtual one is for trying out"
    if "software" in report.reason:
        return "install the driver of the graphics card"
    return "switch on vertical synchronisation in the graphics driver, and switch off the desktop's compositor"


def sound_findings(report: SoundReport, *, voice: bool) -> Iterator[Finding]:
    """Put in words what was found about sound.

    Args:
        report: What the presenter found.
        voice: Whether prompts without a recording can be spoken.
    """
    if not report.device:
        fix = "connect or switch on a sound device; sessions go on silently and are flagged"
        yield Finding("sound", "wrong", report.reason or "there is no sound device", fix)
    elif report.onset == "converter time":
        yield Finding("sound", "ok", f"sound through {report.device}, latency {report.latency_ms:.0f} ms as it states")
    else:
        fix = "word onsets are estimates on this device; use a wired one for reaction times"
        message = f"sound through {report.device}, which does not tell when it plays"
        yield Finding("sound", "caution", message, fix)
    if voice:
        yield Finding("sound", "ok", f"{PROGRAM} speaks prompts that have no recording")
    else:
        fix = f"install {PROGRAM}, or give the bank recorded prompts"
        yield Finding("sound", "caution", "prompts without a recording stay silent", fix)


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


def measure_taps(display: str, taps: int = TAPS) -> tuple[list[float], int, str]:
    """Press a window and compare when with what was recorded.

    Args:
        display: X display; its pointer will move.
        taps: Number of presses of 12 ms.

    Returns:
        Differences between recorded and true time, ms; presses lost; how their times were read.
    """
    turns = [_tap_turn(number) for number in range(taps)]
    robot = RobotPerson(
        "doctor",
        traits=RobotTraits(rt_median_ms=150, rt_spread=0.3),
        x_display=display,
        sound=False,
        decide=lambda turn, rng: rng.randrange(2),
    )
    answers: list[Answer] = []
    try:
        robot.open(SessionContext(uuid7(), _no_media, random.randrange(2**31), "en", turns))
        answers += [robot.answer(turn, ()) for turn in turns]
    finally:
        robot.close()
    errors, device = [], ""
    for press, answer in zip(robot.presses, answers, strict=True):
        onset = answer.measured.onset_ms
        if answer.outcome == "answered" and answer.position == press.position and answer.rt_ms and onset:
            errors.append(onset + answer.rt_ms - press.pressed_ms)
            device = answer.measured.input_device or ""
    return errors, taps - len(errors), device


def tap_finding(errors_ms: list[float], lost: int, device: str) -> Finding:
    """Put measured presses in words."""
    if lost or not errors_ms:
        total = len(errors_ms) + lost
        return Finding(
            "input", "wrong", f"{lost} of {total} presses were lost", "report this with the output of --json"
        )
    worst_ms = max(abs(error) for error in errors_ms)
    middle = statistics.median(errors_ms)
    message = f"{len(errors_ms)} presses, none lost, {middle:+.1f} ms off (at most {worst_ms:.1f}); {device}"
    if worst_ms > TAP_ERROR_MS:
        return Finding("input", "caution", message, "close other programs and look again")
    return Finding("input", "ok", message)


def _tap_turn(number: int) -> PresentedTurn:
    return PresentedTurn(
        trial_id=uuid7(),
        turn_index=0,
        turn_count=1,
        task="doctor",
        form="taps",
        item_id=f"tap-{number}",
        kind="test",
        prompt="",
        images=(),
        stimuli=(),
        choices=tuple(ShownChoice(label, None, "", None) for label in ("left", "right")),
        target_position=0,
        answer_format="word",
        layout="sequence",
        timing=Timing(answer_max_ms=2000, prompt="none", gap_ms=0),
    )


def _no_media(digest: str) -> Path:
    raise UserError(f"there is no file {digest}")
