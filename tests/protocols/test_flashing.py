from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.flashing import MOST_FLASHES, SHORTEST_FRAME_MS, flashes, relative_luminance, too_fast


def alternating(
    period_ms: float, count: int, dark: float = 0.0, bright: float = 1.0
) -> tuple[list[float], list[float]]:
    return [n * period_ms for n in range(count)], [bright if n % 2 else dark for n in range(count)]


@pytest.mark.parametrize(("hz", "expected"), [(1, 1), (2, 2), (3, 3), (4, 4), (10, 10)])
def test_a_flicker_counts_by_its_frequency(hz: int, expected: int) -> None:
    assert flashes(*alternating(500 / hz, 20 * hz)) == expected


def test_small_changes_and_bright_ones_are_no_flashes() -> None:
    assert flashes(*alternating(50, 60, 0.5, 0.59)) == 0
    assert flashes(*alternating(50, 60, 0.85, 1.0)) == 0
    assert flashes(*alternating(50, 60, 0.5, 0.7)) == 10


def test_a_slow_rise_is_one_change() -> None:
    times = [n * 10.0 for n in range(200)]
    assert flashes(times, [n / 200 for n in range(200)]) == 0
    assert flashes([], []) == 0


@given(st.floats(SHORTEST_FRAME_MS + 0.1, 2000), st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_frames_that_are_long_enough_never_flash_too_fast(frame_ms: float, luminances: list[float]) -> None:
    assert not too_fast([n * frame_ms for n in range(len(luminances))], luminances)


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(1, 100))
def test_there_are_never_more_flashes_than_pairs_of_changes(luminances: list[float], frame_ms: float) -> None:
    found = flashes([n * frame_ms for n in range(len(luminances))], luminances)
    assert 0 <= found <= len(luminances) // 2
    assert too_fast([n * frame_ms for n in range(len(luminances))], luminances) == (found > MOST_FLASHES)


def test_luminance_of_pictures() -> None:
    assert relative_luminance(np.full((4, 4, 3), 255, dtype=np.uint8)) == pytest.approx(1)
    assert relative_luminance(np.zeros((4, 4, 4), dtype=np.uint8)) == 0
    grey = relative_luminance(np.full((4, 4, 3), 128, dtype=np.uint8))
    assert grey == pytest.approx(0.2159, abs=1e-3)
