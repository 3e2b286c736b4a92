from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.equipment import SoundReport
from protocols.presenter import look
from protocols.presenter.dac import KEPT_BUFFERS, ConverterClock
from protocols.presenter.loudness import PEAK, ceiling_dbfs, level_dbfs, limited
from protocols.presenter.stream import Playing, Stream
from protocols.presenter.volume import find_output

RATE = look.SAMPLE_RATE
BUFFER = 600


@given(jitter_ms=st.floats(0, 5), seed=st.integers(0, 99), zero_s=st.floats(0, 1e5))
def test_the_converter_s_time_is_known_better_than_any_one_statement(
    jitter_ms: float, seed: int, zero_s: float
) -> None:
    clock, rng = ConverterClock(RATE), random.Random(seed)
    for number in range(400):
        first = number * BUFFER
        clock.state(first, zero_s + first / RATE + rng.gauss(0, jitter_ms / 1000 / 3))
    assert clock.heard_at(RATE) == pytest.approx(zero_s + 1, abs=max(1e-6, jitter_ms / 1000 / 3))
    assert clock.measured().buffers == KEPT_BUFFERS
    sample = clock.sample_at(zero_s + 1)
    assert clock.heard_at(sample - 1) < clock.heard_at(sample)
    assert clock.heard_at(sample) - (zero_s + 1) + 1 / RATE >= 0


def test_one_stray_statement_changes_nothing_and_a_stall_everything() -> None:
    clock = ConverterClock(RATE)
    for number in range(50):
        clock.state(number * BUFFER, number * BUFFER / RATE)
    before = clock.measured()
    clock.state(50 * BUFFER, 50 * BUFFER / RATE + 0.3)
    assert clock.measured() == before
    for number in range(51, 60):
        clock.state(number * BUFFER, number * BUFFER / RATE + 0.5)
    assert clock.measured().offset_s == pytest.approx(0.5)


def test_nothing_is_known_before_the_first_statement() -> None:
    assert not ConverterClock(RATE).known
    with pytest.raises(ValueError, match="stated"):
        ConverterClock(RATE).measured()


class Device:
    """A stream without a device: buffers are asked for by hand, and heard a fixed time after."""

    def __init__(self, delay_s: float = 0.06) -> None:
        self.stream = Stream.__new__(Stream)
        self.stream._offset_s = 0.0
        import threading

        self.stream._lock = threading.Lock()
        self.stream._playing, self.stream._clock = None, ConverterClock(RATE)
        self.stream._sample = self.stream._buffer = 0
        self.stream._filled_s = 0.0
        self.stream.by_converter, self.stream.underflows, self.stream.latency_s = False, 0, 0.05
        self.delay_s, self.heard = delay_s, []

    def run(self, buffers: int, now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("protocols.presenter.stream.time.perf_counter", lambda: now[0])
        for _ in range(buffers):
            out = np.empty((BUFFER, 2), dtype=np.float32)
            times = SimpleNamespace(currentTime=5.0, outputBufferDacTime=5.0 + self.delay_s)
            self.stream._fill(out, BUFFER, times, SimpleNamespace(output_underflow=False))
            self.heard.append(out)
            now[0] += BUFFER / RATE


@pytest.mark.parametrize("ahead_s", [0.1, 0.1234567, 0.5])
def test_a_sound_begins_at_the_very_sample(ahead_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    device, now = Device(), [100.0]
    device.run(60, now, monkeypatch)
    wished = now[0] + ahead_s
    playing = device.stream.play(np.full((1000, 2), 0.5, dtype=np.float32), wished)
    asked_sample = device.stream._sample
    device.run(80, now, monkeypatch)
    samples = np.concatenate(device.heard)[:, 0]
    first = int(np.argmax(samples != 0))
    assert first == playing.first
    assert 100.0 + device.delay_s + first / RATE == pytest.approx(wished, abs=1.01 / RATE)
    assert playing.onset_s == pytest.approx(wished, abs=1.01 / RATE)
    assert np.count_nonzero(samples) == 1000, "every sample once"
    assert first >= asked_sample
    assert playing.late_s == 0


def test_a_sound_that_comes_too_late_begins_at_once_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    device, now = Device(), [100.0]
    device.run(60, now, monkeypatch)
    playing = device.stream.play(np.full((1000, 2), 0.5, dtype=np.float32), now[0] + 0.01)
    device.run(4, now, monkeypatch)
    assert playing.late_s > 0.02
    assert playing.first == 60 * BUFFER
    assert np.count_nonzero(np.concatenate(device.heard)[:, 0]) == 1000


def test_a_device_that_stalls_does_not_hold_a_trial_up() -> None:
    playing = Playing(np.zeros((RATE, 2), dtype=np.float32), None)
    assert not playing.over(playing._asked_s + 1.5)
    assert playing.over(playing._asked_s + 2.1)


@given(level=st.floats(0.001, 1.0), seconds=st.floats(0.01, 0.6), ceiling=st.floats(-40, -3))
def test_no_sound_is_louder_than_the_ceiling(level: float, seconds: float, ceiling: float) -> None:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = np.repeat((level * np.sin(2 * np.pi * 440 * t))[:, None], 2, axis=1).astype(np.float32)
    quieter, gain_db = limited(tone, RATE, ceiling)
    assert level_dbfs(quieter, RATE) <= ceiling + 0.01
    assert gain_db <= 0
    if level_dbfs(tone, RATE) <= ceiling and np.abs(tone).max() <= PEAK:
        assert quieter is tone


def test_levels() -> None:
    square = np.ones((RATE, 2), dtype=np.float32)
    assert level_dbfs(square, RATE) == pytest.approx(0.0)
    assert level_dbfs(square * 0.1, RATE) == pytest.approx(-20.0)
    assert level_dbfs(np.zeros((0, 2), dtype=np.float32), RATE) == -120
    assert ceiling_dbfs(-14, None) == -14
    assert ceiling_dbfs(-14, 100) == -25, "a calibrated station keeps below 75 dB"
    assert ceiling_dbfs(-14, 60) == -14


SINKS = [
    {"name": "hdmi", "description": "Television", "mute": True, "volume": {"mono": {"value_percent": "40%"}}},
    {
        "name": "speaker",
        "description": "Speakers",
        "mute": False,
        "volume": {"front-left": {"value_percent": "55%"}, "front-right": {"value_percent": " 60 %"}},
    },
]


def test_the_output_that_sounds_go_to() -> None:
    found = find_output(SINKS, "speaker")
    assert found is not None
    assert (found.title, found.volume_percent, found.muted) == ("Speakers", 60, False)
    other = find_output(SINKS, "unplugged")
    assert other is not None
    assert other.title == "Television"
    assert find_output([], "speaker") is None
    assert find_output([{"name": "x", "volume": None}], "x") is not None


def test_what_the_examiner_is_told_before_the_child_sits_down() -> None:
    assert SoundReport(device="USB", volume_percent=50, muted=False).warning() == ""
    assert "no sound" in SoundReport(reason="none").warning()
    assert "mute" in SoundReport(device="USB", output="Speakers", muted=True).warning()
    assert "zero" in SoundReport(device="USB", volume_percent=0, muted=False).warning()
    assert not SoundReport(device="USB", volume_percent=0).heard
