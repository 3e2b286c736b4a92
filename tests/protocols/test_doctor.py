from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.cli.root import run
from protocols.doctor import (
    Finding,
    examine,
    sound_findings,
    tap_finding,
    timing_findings,
    touch_screens,
    worst,
)
from protocols.equipment import DisplayReport, SoundReport

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
    found = list(timing_findings(REPORT, screens=1))
    assert [finding.level for finding in found] == ["ok", "ok"]
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
    first = next(iter(timing_findings(report, screens=1)))
    assert first.level == "wrong"
    assert reason in first.message
    assert fix in first.fix


def test_several_screens_are_worth_a_word() -> None:
    assert "2 screens" in list(timing_findings(REPORT, screens=2))[-1].message


def test_sound_in_words() -> None:
    silent = list(sound_findings(SoundReport(reason="no sound device (none)"), voice=False))
    assert [finding.level for finding in silent] == ["wrong", "caution"]
    assert all(finding.fix for finding in silent)
    wired = list(sound_findings(SoundReport(device="USB", latency_ms=9, onset="converter time"), voice=True))
    assert [finding.level for finding in wired] == ["ok", "ok"]
    vague = list(sound_findings(SoundReport(device="Bluetooth", latency_ms=9, onset="stated latency"), voice=True))
    assert vague[0].level == "caution"


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
def test_everything_on_a_virtual_screen() -> None:
    found = examine(virtual=True)
    by_area = {area: [one for one in found if one.area == area] for area in ("machine", "timing", "sound", "input")}
    assert all(by_area.values())
    assert "virtual" in by_area["timing"][0].message
    presses = by_area["input"][-1]
    assert presses.level in ("ok", "caution")
    assert "20 presses, none lost" in presses.message


def test_the_doctor_imports_nothing_heavy() -> None:
    heavy = ("psychopy", "pyglet", "torch", "PySide6")
    program = f"import sys, protocols.doctor; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
