from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.presenter.clock import SessionClock, event_time
from protocols.presenter.frames import FrameLog
from protocols.presenter.tier import Frames, Station, flips_wait, rate, sum_up
from protocols.presenter.watch import screen_problem
from protocols.randr import Monitor

GOOD = Station(waits=True, sound=True, sound_measured=True)
STEADY = Frames(16.67, 0.05, 0, 600)


def tier_of(frames: Frames, **changes: object) -> str:
    values = {"waits": True, "sound": True, "sound_measured": True, **changes}
    return rate(frames, Station(**values))[0]  # type: ignore[arg-type]


def test_tiers() -> None:
    assert tier_of(STEADY) == "lab"
    assert tier_of(Frames(16.67, 0.05, 1, 1000)) == "lab"
    assert tier_of(Frames(16.67, 0.05, 2, 1000)) == "usable"
    assert tier_of(Frames(16.67, 0.05, 10, 1000)) == "usable"
    assert tier_of(Frames(16.67, 0.05, 11, 1000)) == "demo"
    assert tier_of(STEADY, sound_measured=False) == "usable"
    assert tier_of(STEADY, sound=False, sound_measured=False) == "lab", "without sound there is none to measure"
    assert tier_of(STEADY, virtual=True) == "demo"
    assert tier_of(STEADY, waits=False) == "demo"
    assert tier_of(STEADY, time_scale=10.0) == "demo"


@given(late=st.integers(0, 50), more=st.integers(0, 5000), ok=st.integers(0, 5000))
def test_a_tier_never_rises_with_late_frames(late: int, more: int, ok: int) -> None:
    order = ("demo", "usable", "lab")
    start = Frames(16.67, 0.1, late, late + ok)
    worse = start.and_more(more, more)
    assert order.index(rate(worse, GOOD)[0]) <= order.index(rate(start, GOOD)[0])


def test_the_reason_says_what_was_measured() -> None:
    assert "3 of 1000 intervals" in rate(Frames(16.67, 0.05, 3, 1000), GOOD)[1]
    assert "never measured" in rate(STEADY, Station(waits=True, sound=True))[1]
    assert "virtual" in rate(STEADY, Station(waits=True, virtual=True))[1]


def test_no_dropped_frames_is_no_proof_without_waiting_flips() -> None:
    frames = sum_up([0.5] * 600)
    assert frames.late == 0
    assert not flips_wait(frames, sum_up([0.75] * 20))
    assert "do not wait" in rate(frames, Station(waits=False))[1]


def test_a_slow_flip_is_not_one_that_waits() -> None:
    slow, with_work = sum_up([8.0] * 120), sum_up([12.0] * 20)
    assert not flips_wait(slow, with_work), "work before the flip made the interval longer"
    waiting = sum_up([16.7] * 120)
    assert flips_wait(waiting, sum_up([16.7] * 20))
    assert flips_wait(waiting, sum_up([16.7] * 20), refresh_hz=59.95)
    assert not flips_wait(waiting, sum_up([16.7] * 20), refresh_hz=144)
    assert not flips_wait(sum_up([10, 24] * 60), sum_up([17] * 20))


def test_sum_up_counts_long_intervals() -> None:
    frames = sum_up([16.6] * 98 + [33.2, 26.0])
    assert frames.period_ms == 16.6
    assert frames.late == 2
    assert frames.late_share == 0.02
    assert sum_up([]).late_share == 0


@given(st.lists(st.floats(0.001, 0.2), max_size=60), st.booleans())
def test_every_interval_is_kept_and_the_late_ones_counted(gaps: list[float], paced: bool) -> None:
    log, at_s = FrameLog(0.0167, paced), 1.0
    log.mark(at_s)
    for gap in gaps:
        at_s += gap
        log.mark(at_s)
    turn = log.take()
    assert turn.late == sum(interval > 1.5 * 16.7 for interval in turn.intervals_ms)
    assert (turn.late, len(turn.intervals_ms)) == (log.late, log.count)
    assert sum(turn.intervals_ms) <= (at_s - 1.0) * 1000 + 1e-6
    if not paced:
        assert [pytest.approx(gap * 1000, abs=1e-6) for gap in gaps] == list(turn.intervals_ms)
    if any(gap > 2 * 0.0167 for gap in gaps):
        assert turn.late, "a stalled loop shows at any pace"
    assert log.take() == type(turn)(turn.frame_ms, (), 0)


def test_a_rest_is_no_interval() -> None:
    log = FrameLog(0.0167, paced=False)
    log.mark(1.0)
    log.rest()
    log.mark(9.0)
    log.mark(9.0167)
    assert len(log.take().intervals_ms) == 1


def test_what_can_become_of_a_screen() -> None:
    here = Monitor("HDMI-1", (1920, 0, 1280, 800))
    laptop = Monitor("eDP-1", (0, 0, 1920, 1080))
    assert screen_problem(here, [laptop, here]) == ""
    assert "gone" in screen_problem(here, [laptop])
    moved = Monitor("HDMI-1", (0, 0, 1280, 800))
    assert "1280x800+0+0" in screen_problem(here, [laptop, moved])
    pulled = Monitor("HDMI-1", (1920, 0, 1280, 800), connected=False)
    assert "not plugged in" in screen_problem(here, [laptop, pulled])


def test_a_fast_clock_reads_more_and_waits_less() -> None:
    clock = SessionClock(zero_s=100.0, scale=10.0)
    assert clock.at(100.25) == pytest.approx(2500)
    assert clock.real_s(2500) == pytest.approx(0.25)


@given(now_ms=st.floats(0, 2**34), age_ms=st.floats(0, 1999))
def test_event_times_are_found_across_the_32_bit_wrap(now_ms: float, age_ms: float) -> None:
    happened = int(now_ms - age_ms)
    found = event_time(happened % 2**32, now_ms / 1000)
    assert found is not None
    assert found * 1000 == pytest.approx(happened, abs=1.01)


@pytest.mark.parametrize("age_ms", [-50, 40_000, 86_400_000])
def test_a_clock_that_is_not_ours_is_refused(age_ms: int) -> None:
    assert event_time((5_000_000_000 - age_ms) % 2**32, 5_000_000.0) is None


def test_events_of_one_millisecond_have_one_time() -> None:
    """A digit and Return of one millisecond were once sorted the wrong way round by the last bit of a number."""
    for now_ms in range(33_920_201, 33_922_201):
        times = {event_time(33_920_200, now_ms / 1000 + later_s) for later_s in (0.00001, 0.00037, 0.0011)}
        assert len(times) == 1
