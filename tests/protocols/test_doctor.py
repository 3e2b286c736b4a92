from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from devkit.cli.root import run
from protocols.doctor import Looking, examine, touch_screens
from protocols.equipment import DisplayReport, SoundReport
from protocols.findings import (
    Finding,
    exposure_finding,
    loopback_finding,
    screen_findings,
    sound_findings,
    tap_finding,
    timing_findings,
    worst,
)
from protocols.loopback import Deviations, chirp, deviations, find
from protocols.randr import Monitor
from protocols.selftest import MeasuredExposures, MeasuredSounds
from tests.protocols.presenter.soundserver import null_sound_server

REPORT = DisplayReport(
    name="HDMI-1",
    geometry=(1920, 0, 1920, 1080),
    renderer="a card",
    period_ms=16.67,
    jitter_ms=0.05,
    late=0,
    measured=60,
    blocking=True,
    tier="lab",
    reason="60 frames of 16.67 ms, 0 late",
    size_from="screen",
)
DEVICES = """I: Bus=0003 Vendor=1234
N: Name="ILITEK Multi-Touch"
P: Phys=usb-0000
B: PROP=2
B: EV=b

I: Bus=0003 Vendor=5678
N: Name="A mouse"
B: PROP=0
B: EV=17
"""


def test_a_good_screen_needs_nothing() -> None:
    found = list(timing_findings(REPORT))
    assert [finding.level for finding in found] == ["ok", "ok", "ok"]
    assert "HDMI-1 1920x1080+1920+0" in found[0].message
    assert "60 per second" in found[1].message


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("flips do not wait for the screen (0.5 ms apart)", "vertical synchronisation"),
        ("drawn by software (llvmpipe)", "driver"),
        ("the screen is virtual", "a machine with a screen"),
    ],
)
def test_what_cannot_time_is_wrong_with_a_fix(reason: str, fix: str) -> None:
    report = REPORT.model_copy(update={"tier": "demo", "reason": reason})
    first = next(iter(timing_findings(report)))
    assert first.level == "wrong"
    assert reason in first.message
    assert fix in first.fix


def test_several_screens_are_worth_a_word() -> None:
    laptop = Monitor("eDP-1", (0, 0, 1920, 1080), (309, 174), primary=True, refresh_hz=60.0)
    child = Monitor("HDMI-1", (1920, 0, 1280, 800), (0, 0))
    found = list(screen_findings([laptop, child]))
    assert "30.9 by 17.4 cm" in found[0].message
    assert "unknown size" in found[1].message
    assert "--identify" in found[2].fix
    assert [finding.level for finding in screen_findings([laptop])] == ["ok"]
    assert "width_cm" in list(screen_findings([child]))[-1].fix


def test_a_guessed_size_is_said() -> None:
    guessed = list(timing_findings(REPORT.model_copy(update={"size_from": "assumed"})))[-1]
    assert guessed.level == "caution"
    assert "width_cm" in guessed.fix


def test_exposures_in_words() -> None:
    assert exposure_finding(MeasuredExposures((0.1, -0.4, 2.0), 16.7, 0)).level == "ok"
    off = exposure_finding(MeasuredExposures((0.1, 30.0), 16.7, 1))
    assert off.level == "caution"
    assert "50% within half a frame" in off.message
    assert exposure_finding(MeasuredExposures((), 16.7, 0)).level == "wrong"


def sounds(flips: Deviations) -> MeasuredSounds:
    return MeasuredSounds(flips, flips, "monitor", "speaker")


def test_heard_sounds_in_words() -> None:
    good = loopback_finding(sounds(Deviations(20, 0, 31.0, 0.4, 0.9)))
    assert good.level == "ok"
    assert "+31.0 ms" in good.message
    assert loopback_finding(sounds(Deviations(20, 0, 31.0, 7.0, 9.0))).level == "caution"
    assert "2 were not heard" in loopback_finding(sounds(Deviations(18, 2, 31.0, 0.4, 0.9))).message
    assert loopback_finding(sounds(deviations([None] * 20))).level == "wrong"


def test_deviations_part_the_constant_from_the_rest() -> None:
    found = deviations([30.0, 31.0, 29.0, 30.0, 50.0, None])
    assert (found.heard, found.missed, found.median_ms, found.p95_ms) == (5, 1, 30.0, 20.0)


def test_the_chirp_is_found_to_the_sample() -> None:
    rng = np.random.default_rng(1)
    recording = (0.01 * rng.standard_normal(48000)).astype(np.float32)
    recording[20000 : 20000 + len(chirp())] += 0.2 * chirp()
    recording[5000 : 5000 + len(chirp())] += chirp()
    assert find(recording, 20300, 9600) == 20000
    assert find(recording, 40000, 4800) is None


def test_sound_in_words() -> None:
    silent = list(sound_findings(SoundReport(reason="no sound device (none)"), voice=False))
    assert [finding.level for finding in silent] == ["wrong", "caution"]
    assert all(finding.fix for finding in silent)
    report = SoundReport(device="USB", output="Speakers", volume_percent=60, latency_ms=9, onset="converter time")
    wired = list(sound_findings(report, voice=True))
    assert [finding.level for finding in wired] == ["ok", "ok"]
    assert "volume 60 %" in wired[0].message
    vague = list(sound_findings(SoundReport(device="Bluetooth", latency_ms=9, onset="stated latency"), voice=True))
    assert vague[0].level == "caution"
    mute = list(sound_findings(report.model_copy(update={"muted": True}), voice=True))
    assert mute[1].level == "wrong"


def test_presses_in_words() -> None:
    assert tap_finding([0.2, -0.4, 0.1], 0, "pointer").level == "ok"
    assert tap_finding([0.2, 30.0], 0, "pointer").level == "caution"
    lost = tap_finding([0.2], 3, "pointer")
    assert lost.level == "wrong"
    assert "3 of 4" in lost.message


def test_touch_screens_are_found_among_the_devices(tmp_path: Path) -> None:
    listed = tmp_path / "devices"
    listed.write_text(DEVICES)
    assert touch_screens(listed) == ["ILITEK Multi-Touch"]
    assert touch_screens(tmp_path / "none") == []


def test_the_worst_finding_decides() -> None:
    def finding(level: str) -> Finding:
        return Finding("machine", level, "")  # type: ignore[arg-type]

    assert worst([]) == "ok"
    assert worst([finding("ok"), finding("caution"), finding("ok")]) == "caution"
    assert worst([finding("wrong"), finding("caution")]) == "wrong"


def test_without_a_display_that_is_the_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert run(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[-1]["level"] == "wrong"
    assert "no display" in found[-1]["message"]
    assert found[-1]["fix"]
    assert {"area", "level", "message", "fix"} == set(found[0])


def test_an_unknown_area_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "timming"]) == 2
    assert "did you mean 'timing'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.screen
def test_everything_on_a_virtual_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVKIT_SETTINGS", str(tmp_path))
    (tmp_path / "pulse").mkdir()
    with null_sound_server(tmp_path / "pulse") as environment:
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        found = examine((), Looking(virtual=True))
    areas = ("machine", "screens", "timing", "sound", "input")
    by_area = {area: [one for one in found if one.area == area] for area in areas}
    assert all(by_area.values())
    assert "virtual" in by_area["timing"][0].message
    assert "15 exposures" in by_area["timing"][-1].message
    if environment is not None:
        heard = by_area["sound"][-1].message
        assert "20 sounds against the flips" in heard
        assert "monitor" in heard
    assert not (tmp_path / "station.json").exists(), "a virtual screen's measurements are not kept"
    presses = by_area["input"][-1]
    assert presses.level in ("ok", "caution")
    assert "20 presses, none lost" in presses.message


def test_the_doctor_imports_nothing_heavy() -> None:
    heavy = ("psychopy", "pyglet", "torch", "PySide6")
    program = f"import sys, protocols.doctor; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
