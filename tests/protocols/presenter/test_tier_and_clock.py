from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.presenter.clock import SessionClock, event_time
from protocols.presenter.tier import Frames, flips_wait, rate, sum_up


def rated(frames: Frames, **changes: object) -> str:
    given_ = {"renderer": "a card", "virtual": False, "time_scale": 1.0, "event_times": True, **changes}
    return rate(frames, **given_)[0]  # type: ignore[arg-type]


GOOD = Frames(16.67, 0.05, 0, 600)


def test_tiers() -> None:
    assert rated(GOOD) == "lab"
    assert rated(GOOD, event_times=False) == "usable"
    assert rated(Frames(16.67, 0.05, 6, 600)) == "usable"
    assert rated(Frames(16.67, 2.0, 0, 600)) == "usable"
    assert rated(Frames(16.67, 0.05, 60, 600)) == "demo"
    assert rated(GOOD, virtual=True) == "demo"
    assert rated(GOOD, renderer="llvmpipe (LLVM 15)") == "demo"
    assert rated(GOOD, time_scale=10.0) == "demo"
    assert rated(Frames(0.5, 0.1, 0, 600)) == "demo"


def test_no_dropped_frames_is_no_proof_without_waiting_flips() -> None:
    frames = sum_up([0.5] * 600)
    assert frames.late == 0
    assert not flips_wait(frames)
    assert "do not wait" in rate(frames, renderer="a card", virtual=False, time_scale=1, event_times=True)[1]


def test_sum_up_counts_long_intervals() -> None:
    frames = sum_up([16.6] * 98 + [33.2, 26.0])
    assert frames.period_ms == 16.6
    assert frames.late == 2
    assert frames.late_share == 0.02
    assert sum_up([]).late_share == 0


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


@pytest.mark.parametrize("age_ms", [-50, 2500, 86_400_000])
def test_a_clock_that_is_not_ours_is_refused(age_ms: int) -> None:
    assert event_time((5_000_000_000 - age_ms) % 2**32, 5_000_000.0) is None
