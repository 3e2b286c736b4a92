"""What was found about a station, put into words: one sentence each, how good it is, and what to do about it. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from protocols import randr
from protocols.equipment import DisplayReport, SoundReport
from protocols.presenter.voice import PROGRAM
from protocols.selftest import MeasuredExposures, MeasuredSounds

Level = Literal["ok", "caution", "wrong"]
Area = Literal["machine", "screens", "timing", "sound", "input"]
TAP_ERROR_MS = 8.0
EXPOSURES_GOOD = 0.99
SOUND_SD_MS = 5.0
SOUND_P95_MS = 10.0


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


def worst(findings: list[Finding]) -> Level:
    """Return the worst level of the findings."""
    order: tuple[Level, ...] = ("ok", "caution", "wrong")
    return max((finding.level for finding in findings), key=order.index, default="ok")


def screen_findings(screens: list[randr.Monitor]) -> Iterator[Finding]:
    """Put in words which screens there are."""
    for number, one in enumerate(screens, 1):
        width, height = (value / 10 for value in one.size_mm)
        size = f", {width:.1f} by {height:.1f} cm as it says" if width and height else ", of unknown size"
        rate = f", {one.refresh_hz:.2f} Hz" if one.refresh_hz else ""
        first = ", the desktop's first" if one.primary else ""
        yield Finding("screens", "ok", f"{number}: {one.name} {one.place()}{rate}{size}{first}")
    if len(screens) > 1:
        fix = "name the child's in lab.toml ([screen] name); `devkit doctor screens --identify` shows which is which"
        yield Finding("screens", "caution", f"{len(screens)} screens; unless one is named, the first is taken", fix)
    if screens and not any(one.size_mm[0] for one in screens):
        fix = "measure the picture's width with a ruler and write it into lab.toml ([screen] width_cm)"
        yield Finding("screens", "caution", "no screen says how large it is; sizes are guesses", fix)


def exposure_finding(found: MeasuredExposures) -> Finding:
    """Put measured exposures in words."""
    share, count = found.within_half_a_frame, len(found.errors_ms)
    if not count:
        return Finding("timing", "wrong", "no exposure was measured", "run `devkit doctor timing --json` and report it")
    worst_ms = max(abs(error) for error in found.errors_ms)
    message = (
        f"{count} exposures of 200 ms: {share:.0%} within half a frame ({found.frame_ms / 2:.1f} ms), "
        f"at most {worst_ms:.1f} ms off; {found.late} with a late frame"
    )
    if share < EXPOSURES_GOOD:
        return Finding("timing", "caution", message, "close other programs and look again")
    return Finding("timing", "ok", message)


def loopback_finding(found: MeasuredSounds) -> Finding:
    """Put in words how sounds lay against flips."""
    flips = found.flips
    if not flips.heard:
        fix = "turn the volume up, hold the microphone to the loudspeaker, and look again"
        return Finding("sound", "wrong", f"none of {flips.missed} sounds was heard through the {found.through}", fix)
    message = (
        f"{flips.heard} sounds against the flips they belong to, heard through the {found.through}: "
        f"{flips.median_ms:+.1f} ms, standard deviation {flips.sd_ms:.1f} ms, 95 % within {flips.p95_ms:.1f} ms of that"
    )
    if flips.missed:
        fix = "turn the volume up and look again"
        return Finding("sound", "caution", f"{message}; {flips.missed} were not heard", fix)
    if flips.sd_ms > SOUND_SD_MS or flips.p95_ms > SOUND_P95_MS:
        return Finding("sound", "caution", message, "use a wired device, close other programs, and look again")
    return Finding("sound", "ok", message)


def timing_findings(report: DisplayReport, *, asked_virtual: bool = False) -> Iterator[Finding]:
    """Put in words what was measured of a screen.

    Args:
        report: The presenter's measurement.
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
    how = {"settings": "as the lab has measured", "screen": "as the screen says", "assumed": "a guess"}[
        report.size_from
    ]
    small = Finding("timing", "ok", f"two centimetres are {2 * report.px_per_cm:.0f} pixels, {how}")
    if report.size_from == "assumed":
        fix = "write the picture's width, measured with a ruler, into lab.toml ([screen] width_cm)"
        small = Finding("timing", "caution", small.message, fix)
    yield small


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
    else:
        yield _device_finding(report)
        if warning := report.warning():
            yield Finding("sound", "wrong", warning, "turn it up; the child would hear nothing")
    if voice:
        yield Finding("sound", "ok", f"{PROGRAM} speaks prompts that have no recording")
    else:
        fix = f"install {PROGRAM}, or give the bank recorded prompts"
        yield Finding("sound", "caution", "prompts without a recording stay silent", fix)


def _device_finding(report: SoundReport) -> Finding:
    volume = "" if report.volume_percent is None else f", volume {report.volume_percent} %"
    name = f"{report.output or report.device}{volume}, ceiling {report.ceiling_dbfs:.0f} dB below full scale"
    if report.onset != "converter time":
        fix = "word onsets are estimates on this device; use a wired one for reaction times"
        return Finding("sound", "caution", f"sound through {name}; it does not tell when it plays", fix)
    return Finding("sound", "ok", f"sound through {name}, latency {report.latency_ms:.0f} ms as it states")


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
