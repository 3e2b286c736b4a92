"""When one scene follows another, on screens whose flips wait and on others, in a time that runs only when told to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.presenter import clock, pacing
from protocols.presenter.clock import SessionClock
from protocols.presenter.frames import flip_after
from protocols.presenter.pacing import Pacing

RATES = (30.0, 59.94, 60.0, 75.0, 120.0, 144.0, 240.0)
FIRST, SECOND = ["first"], ["second"]
OVERHEAD_S = 2e-5


@dataclass
class Hours:
    """A clock that runs only when something takes time."""

    now_s: float = 100.0

    def perf_counter(self) -> float:
        self.now_s += OVERHEAD_S
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds) + OVERHEAD_S


@dataclass
class CountedScreen:
    """Flips of a screen that lights up at whole multiples of its period, or at once where flips do not wait."""

    time: Hours
    rate_hz: float
    blocking: bool = True
    server_times: bool = True
    work_s: float = 0.002
    flip_s: float = 0.0
    shown: Any = ()
    flips: list[tuple[float, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.period_s = 1 / self.rate_hz
        self.flip_cost_s = self.work_s
        self.inputs = SimpleNamespace(take=list, server_times=self.server_times)

    def show(self, scene: Any = ()) -> float:
        self.time.now_s += self.work_s
        if self.blocking:
            self.time.now_s = math.ceil(self.time.now_s / self.period_s) * self.period_s
        self.flip_s, self.shown = self.time.now_s, scene
        self.flips.append((self.flip_s, scene))
        return self.flip_s

    def flip_after(self, time_s: float) -> float:
        return flip_after(time_s, self.flip_s, self.period_s) if self.blocking else time_s

    def prime(self, scene: Any) -> None:
        self.time.now_s += 0.003

    def turned(self) -> None:
        """A turn of the loop."""


class CountedSound:
    """Takes note of when a sound is to begin, which it must know a while before."""

    def __init__(self, time: Hours, notice_s: float) -> None:
        self.time, self.notice_s = time, notice_s
        self.begins: list[float] = []

    def soonest_s(self) -> float:
        return self.time.perf_counter() + self.notice_s

    def play(self, samples: object, at_s: float) -> None:
        self.begins.append(at_s)


def stage(screen: CountedScreen, *, scale: float = 1.0, notice_s: float = 0.1) -> Pacing:
    made = object.__new__(Pacing)
    made.screen = screen  # type: ignore[assignment]
    made.clock = SessionClock(screen.time.now_s, scale)
    made.sound = CountedSound(screen.time, notice_s)  # type: ignore[assignment]
    made.pump = list  # type: ignore[method-assign]
    return made


@pytest.fixture(autouse=True)
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    counted = Hours()
    monkeypatch.setattr(pacing, "time", counted)
    monkeypatch.setattr(clock, "time", counted)
    return counted


@pytest.mark.parametrize("server_times", [True, False])
@pytest.mark.parametrize("rate_hz", RATES)
def test_a_picture_stands_for_exactly_the_frames_that_were_asked_for(
    rate_hz: float, server_times: bool, hours: Hours
) -> None:
    screen = CountedScreen(hours, rate_hz, server_times=server_times)
    at = stage(screen)
    for frames in (2, 3, 10, 60):
        onset = at.show(FIRST)
        at.hold(FIRST, onset + frames * 1000 / rate_hz, then=SECOND)
        assert at.show(SECOND) - onset == pytest.approx(frames * 1000 / rate_hz, abs=0.01)


@given(
    rate_hz=st.sampled_from(RATES),
    wished_ms=st.floats(100, 2000),
    work_ms=st.floats(0.1, 1.5),
    server_times=st.booleans(),
    scale=st.sampled_from((1.0, 10.0)),
)
def test_a_flip_comes_as_near_to_its_time_as_flips_can(
    rate_hz: float, wished_ms: float, work_ms: float, server_times: bool, scale: float
) -> None:
    hours = Hours()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "time", hours)
        patch.setattr(clock, "time", hours)
        screen = CountedScreen(hours, rate_hz, server_times=server_times, work_s=work_ms / 1000)
        at = stage(screen, scale=scale)
        onset = at.show(FIRST)
        at.hold(FIRST, onset + wished_ms * scale, then=SECOND)
        shown = at.show(SECOND)
    assert abs(shown - onset - wished_ms * scale) <= (500 / rate_hz + 0.1) * scale


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("lead_ms", [0.0, 400.0])
def test_a_sound_begins_at_the_flip_that_was_foretold(rate_hz: float, lead_ms: float, hours: Hours) -> None:
    screen = CountedScreen(hours, rate_hz)
    at = stage(screen)
    at.show(FIRST)
    shown, _ = at.show_with(None, SECOND, lead_ms)  # type: ignore[arg-type]
    (begins_s,) = at.sound.begins  # type: ignore[attr-defined]
    assert at.clock.at(begins_s) - shown == pytest.approx(lead_ms, abs=0.01)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_slice_is_never_empty(rate_hz: float, hours: Hours) -> None:
    """A loop of slices goes with the screen, frame by frame, and never spins."""
    screen = CountedScreen(hours, rate_hz)
    at = stage(screen)
    at.show(FIRST)
    for _ in range(20):
        before = len(screen.flips)
        at.hold(FIRST, at.slice_end())
        assert len(screen.flips) > before
    times = [time_s for time_s, _ in screen.flips]
    gaps = {round((later - earlier) * rate_hz) for earlier, later in pairwise(times)}
    assert gaps == {1}, "no frame is left out"


def test_where_flips_do_not_wait_the_next_picture_comes_at_its_time(hours: Hours) -> None:
    screen = CountedScreen(hours, 60.0, blocking=False, work_s=0.001)
    at = stage(screen)
    onset = at.show(FIRST)
    at.hold(FIRST, onset + 500, then=SECOND)
    assert at.show(SECOND) - onset == pytest.approx(500, abs=0.2)
    assert [scene for _, scene in screen.flips] == [FIRST, SECOND], "what stands still is drawn once"
