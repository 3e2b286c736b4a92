"""Calibration, areas, dwell, keyed looks and shares of looking, by numbers that are known."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.gaze.shares import look_shares
from protocols.gaze.areas import Areas, side_position
from protocols.gaze.calibration import CORNERS, Correction, Point, View, centre_of, fit, judge
from protocols.gaze.dwell import Dwell
from protocols.gaze.keyed import Look, samples
from protocols.presenter.gaze.streams import channels_of, point_of
from protocols.presenter.gaze.trackers import Place

VIEW = View(34.0, 27.0, 60.0)
shares = st.floats(0.02, 0.98)


def seen(bias: Point, noise: float, count: int = 60, seed: int = 1) -> dict[str, list[Point]]:
    rng = random.Random(seed)
    return {
        name: [(rng.gauss(x + bias[0], noise), rng.gauss(y + bias[1], noise)) for _ in range(count)]
        for name, (x, y) in CORNERS.items()
    }


@pytest.mark.parametrize("bias", [(0.0, 0.0), (0.05, -0.03), (-0.08, 0.06)])
@pytest.mark.parametrize("noise", [0.005, 0.02])
def test_a_known_bias_and_noise_are_found(bias: Point, noise: float) -> None:
    correction, corners, good = judge(seen(bias, noise), VIEW, 3.0)
    true = VIEW.degrees((0.5, 0.5), (0.5 + bias[0], 0.5 + bias[1]))
    scatter = math.hypot(VIEW.degrees((0.5, 0.5), (0.5 + noise, 0.5)), VIEW.degrees((0.5, 0.5), (0.5, 0.5 + noise)))
    for corner in corners:
        assert corner.error_deg == pytest.approx(true, abs=3 * scatter / math.sqrt(60) + 0.1)
        assert corner.corrected_deg == pytest.approx(0, abs=3 * scatter / math.sqrt(60))
        assert corner.precision_deg == pytest.approx(scatter, rel=0.25)
        assert corner.samples >= 50
    assert good == (scatter < 3.0)
    assert correction((0.5 + bias[0], 0.5 + bias[1])) == pytest.approx((0.5, 0.5), abs=0.02)


def test_a_corner_nobody_looked_at_is_no_calibration() -> None:
    found = seen((0.0, 0.0), 0.005)
    found["top left"] = found["top left"][:3]
    _, corners, good = judge(found, VIEW, 3.0)
    assert not good
    assert [corner.error_deg is None for corner in corners] == [True, False, False, False]


def test_a_look_away_does_not_move_a_corner() -> None:
    rng = random.Random(3)
    straight = [(rng.gauss(0.15, 0.004), rng.gauss(0.85, 0.004)) for _ in range(40)]
    away = [(0.9, 0.1)] * 15
    centre = centre_of([*straight, *away], VIEW)
    assert centre is not None
    assert centre.point == pytest.approx((0.15, 0.85), abs=0.005)
    assert centre.precision_deg < 0.5


@given(st.tuples(*[st.floats(-0.2, 0.2)] * 2), st.floats(0.8, 1.2), st.floats(0.8, 1.2), st.floats(-0.15, 0.15))
def test_every_affine_distortion_is_undone(shift: Point, sx: float, sy: float, shear: float) -> None:
    def distorted(point: Point) -> Point:
        return (shift[0] + sx * point[0] + shear * point[1], shift[1] + sy * point[1])

    correction = fit([(distorted(corner), corner) for corner in CORNERS.values()])
    for point in ((0.5, 0.5), (0.2, 0.7), (1.0, 0.0)):
        assert correction(distorted(point)) == pytest.approx(point, abs=1e-6)


def test_few_corners_give_a_shift_and_none_nothing() -> None:
    assert fit([]) == Correction()
    assert fit([((0.2, 0.9), (0.15, 0.85))])((0.5, 0.5)) == pytest.approx((0.45, 0.45))
    on_a_line = [((0.1, 0.1), (0.1, 0.1)), ((0.2, 0.2), (0.2, 0.2)), ((0.3, 0.3), (0.3, 0.3))]
    assert fit(on_a_line)((0.7, 0.1)) == pytest.approx((0.7, 0.1))


PAIR = Areas(((0.1, 0.3, 0.3, 0.4), (0.6, 0.3, 0.3, 0.4)), target=1)


@pytest.mark.parametrize(
    ("x", "y", "area"),
    [
        (0.25, 0.5, "distractor"),
        (0.75, 0.5, "target"),
        (0.5, 0.5, "other"),
        (0.41, 0.5, "distractor"),
        (0.75, 0.97, "other"),
        (1.2, 0.5, "missing"),
        (None, 0.5, "missing"),
    ],
)
def test_areas(x: float | None, y: float | None, area: str) -> None:
    assert PAIR.area(x, y) == area


@given(shares, shares)
def test_a_gaze_falls_on_one_area_and_upside_down_on_the_same_when_boxes_are_symmetric(x: float, y: float) -> None:
    assert PAIR.area(x, y) == PAIR.area(x, 1 - y)
    assert PAIR.area(x, y) in ("target", "distractor", "other")


def test_where_margins_overlap_the_nearer_picture_counts() -> None:
    close = Areas(((0.1, 0.3, 0.39, 0.4), (0.51, 0.3, 0.39, 0.4)), target=0)
    assert close.position(0.495, 0.5) == 0
    assert close.position(0.505, 0.5) == 1


def test_sides_are_by_place_and_not_by_order() -> None:
    boxes = ((0.6, 0.3, 0.3, 0.4), (0.1, 0.3, 0.3, 0.4))
    assert (side_position(boxes, "left"), side_position(boxes, "right")) == (1, 0)


def test_a_dwell_survives_a_blink_and_not_a_look_away() -> None:
    def run(on: str, step: float = 50.0) -> bool:
        state = Dwell(300.0)
        for number, sign in enumerate(on):
            state = state.after(number * step, sign == "x")
            if state.done:
                return True
        return False

    assert run("xxxxxxx")
    assert run("xx..xxxx")
    assert not run("xx.....xx.....xx")
    assert not run("xxxxxx"[:5])


@given(st.lists(st.booleans(), max_size=60))
def test_a_dwell_needs_its_time(flags: list[bool]) -> None:
    state, longest = Dwell(200.0, gap_ms=0.0), 0
    for number, on in enumerate(flags):
        state = state.after(number * 50.0, on)
        if state.done:
            run = 0
            for before in reversed(flags[: number + 1]):
                if not before:
                    break
                run += 1
            assert run >= 1
            longest = max(longest, run)
    assert longest == 0 or longest >= 1


def test_keyed_looks_become_samples() -> None:
    looks: list[tuple[float, Look]] = [(1000.0, "left"), (1500.0, "away"), (2000.0, "right")]
    found = samples(looks, 500.0, 2500.0, PAIR)
    assert len(found) == 61
    areas = {round(one.t_ms): one.aoi for one in found}
    assert areas[500] == "missing"
    assert areas[1000] == "distractor"
    assert areas[1500] == "other"
    assert areas[2000] == "target"
    assert all(one.x is None for one in found)


def test_shares_of_looking() -> None:
    rows = [(-500.0, "target"), (-200.0, "distractor"), (100.0, "distractor"), (500.0, "target"), (900.0, "target")]
    rows += [(1500.0, "distractor"), (2000.0, "other"), (2500.0, "missing"), (4500.0, "distractor")]
    found = look_shares(rows)
    assert found.target == pytest.approx(2 / 3)
    assert found.baseline == 0.5
    assert found.usable == pytest.approx(3 / 5)
    nothing = look_shares([(600.0, "missing")])
    assert (nothing.target, nothing.baseline, nothing.usable) == (None, None, 0.0)


def test_a_stream_says_which_channel_is_which() -> None:
    assert channels_of(["time", "left_gaze_x", "left_gaze_y", "right_gaze_x", "right_gaze_y"]) == (1, 2, 3, 4)
    assert channels_of(["a", "b"]) == (0, 1, 2, 3)
    assert point_of([0.4, 0.2, 0.6, 0.4], (0, 1, 2, 3)) == pytest.approx((0.5, 0.7))
    assert point_of([math.nan, math.nan, 0.6, 0.4], (0, 1, 2, 3)) == pytest.approx((0.6, 0.6))
    assert point_of([math.nan] * 4, (0, 1, 2, 3)) is None
    assert point_of([1.4, 0.5, 1.4, 0.5], (0, 1, 2, 3)) is None, "nothing outside the window is kept"


def test_a_place_is_a_share_of_the_childs_window_and_nothing_outside_is_kept() -> None:
    """A window of 800 × 600 at 100, 50 of a second screen that begins at 1920."""
    place = Place(window=(2020, 50, 800, 600), screen=(1920, 0, 1280, 1024))
    middle = (2020 + 400 - (1920 + 640), -(50 + 300 - 512))
    assert place.share(*middle) == pytest.approx((0.5, 0.5))
    assert place.desktop_share(2020, 650) == pytest.approx((0.0, 0.0))
    assert place.desktop_share(2820, 50) == pytest.approx((1.0, 1.0))
    for x, y in ((2019, 300), (2821, 300), (2400, 49), (2400, 651), (10, 10)):
        assert place.desktop_share(x, y) is None
