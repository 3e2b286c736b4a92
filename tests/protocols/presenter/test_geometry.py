from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.presenter.geometry import (
    Arrangement,
    Rect,
    Sheet,
    arrange,
    choice_pictures,
    equally_large,
    press_position,
    quarters,
    query_pictures,
)
from tests.protocols.presenter.conftest import LAYOUTS, QUADRANTS, Turns

SHEETS = st.builds(
    Sheet,
    width=st.integers(1024, 3840),
    height=st.integers(768, 2160),
    px_per_cm=st.floats(20, 60),
)


def boxes(found: Arrangement) -> list[Rect]:
    return [*found.choices, *([found.stimulus] if found.stimulus is not None else [])]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(sheet=SHEETS)
def test_nothing_touches_the_edge_and_pictures_are_equal(layout: str, sheet: Sheet, turn: Turns) -> None:
    found = arrange(turn(layout), sheet)
    for box in boxes(found):
        assert abs(box.x) + box.w / 2 < sheet.width / 2
        assert abs(box.y) + box.h / 2 < sheet.height / 2
    assert len({(round(box.w, 6), round(box.h, 6)) for box in found.choices}) <= 1
    assert found.small == any(min(box.w, box.h) < 2 * sheet.px_per_cm for box in found.choices)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(sheet=SHEETS)
def test_choices_do_not_overlap(layout: str, sheet: Sheet, turn: Turns) -> None:
    choices = arrange(turn(layout), sheet).choices
    for i, one in enumerate(choices):
        for other in choices[i + 1 :]:
            apart_x = abs(one.x - other.x) >= (one.w + other.w) / 2 - 1e-6
            apart_y = abs(one.y - other.y) >= (one.h + other.h) / 2 - 1e-6
            assert apart_x or apart_y


@pytest.mark.parametrize("layout", ["pair", "grid4", "dialogue"])
def test_pictures_are_equally_far_from_the_centre(layout: str, turn: Turns) -> None:
    found = arrange(turn(layout), Sheet(1280, 800, 37.8))
    assert len({round(math.hypot(box.x, box.y), 6) for box in found.choices}) == 1


def test_first_position_is_left_and_on_top(turn: Turns) -> None:
    sheet = Sheet(1280, 800, 37.8)
    left, right = arrange(turn("pair"), sheet).choices
    assert left.x < 0 < right.x
    top_left, top_right, bottom_left, bottom_right = arrange(turn("grid4"), sheet).choices
    assert top_left.x < 0 < top_left.y
    assert top_right.x > 0
    assert top_right.y > 0
    assert bottom_left.x < 0
    assert bottom_left.y < 0
    assert bottom_right.x > 0 > bottom_right.y


def test_directions_lie_where_they_point(turn: Turns) -> None:
    put = turn("sequence/open")
    found = arrange(put, Sheet(1280, 800, 37.8))
    for choice, box in zip(put.choices, found.choices, strict=True):
        assert ("left" in choice.label) == (box.x < 0)
        assert ("right" in choice.label) == (box.x > 0)
        assert ("top" in choice.label) == (box.y > 0)
        assert ("bottom" in choice.label) == (box.y < 0)


def test_quarters_cover_the_picture_once(turn: Turns) -> None:
    picture = Rect(10, -20, 400, 300)
    found = quarters(picture, turn("quadrants"))
    assert sum(box.w * box.h for box in found) == picture.w * picture.h
    corners = {(-1, 1): "top left", (1, 1): "top right", (-1, -1): "bottom left", (1, -1): "bottom right"}
    for (dx, dy), label in corners.items():
        place = press_position(found, 10 + dx * 150, -20 + dy * 100)
        assert place is not None
        assert QUADRANTS[place] == label


def test_every_point_of_a_picture_belongs_to_one_quarter(turn: Turns) -> None:
    found = quarters(Rect(0, 0, 100, 100), turn("quadrants"))
    for x in range(-50, 50, 5):
        for y in range(-50, 50, 5):
            assert sum(box.holds(x, y) for box in found) == 1
    assert press_position(found, 50, 0) is None


def test_published_items_give_their_pictures_as_stimuli(turn: Turns) -> None:
    put = turn("grid4")
    bare = tuple(type(c)(f"the {i} image", None, c.role, c.letter) for i, c in enumerate(put.choices))
    shown = tuple(c.media for c in put.choices)
    published = turn("grid4", choices=bare, stimuli=shown)
    assert choice_pictures(published) == shown
    assert query_pictures(published) == ()
    assert arrange(published, Sheet(1280, 800, 37.8)).pictures == shown
    query = turn("query3")
    own = tuple(c.media for c in query.choices)
    bare = tuple(type(c)(c.label, None, c.role, c.letter) for c in query.choices)
    published = turn("query3", choices=bare, stimuli=(*query.stimuli, *own))
    assert choice_pictures(published) == own
    assert query_pictures(published) == query.stimuli


def test_a_turn_that_does_not_fit_its_layout_is_refused(turn: Turns) -> None:
    sheet = Sheet(1280, 800, 37.8)
    sideways = turn("pair", layout="sequence")
    with pytest.raises(ValueError, match="no direction"):
        arrange(sideways, sheet)
    blank = turn("sequence", layout="pair", stimuli=())
    with pytest.raises(ValueError, match="no picture"):
        arrange(blank, sheet)


def test_boxes_on_the_desktop_count_from_its_top_left() -> None:
    assert Rect(-100, 50, 20, 10).on_desktop((1920, 30, 800, 600)) == (2210, 275, 20, 10)


@given(st.lists(st.tuples(st.integers(20, 900), st.integers(20, 900)), min_size=1, max_size=4))
def test_pictures_of_different_shape_are_equally_large(sizes: list[tuple[int, int]]) -> None:
    boxes = [Rect(200.0 * n, 0, 180, 180) for n in range(len(sizes))]
    places = equally_large(boxes, sizes)
    for box, place, (width, height) in zip(boxes, places, sizes, strict=True):
        assert (place.x, place.y) == (box.x, box.y)
        assert max(place.w, place.h) <= 180 + 1e-6
        assert place.w / place.h == pytest.approx(width / height)
    areas = [place.w * place.h for place in places]
    if all(max(w, h) / min(w, h) < 1 / 0.35 for w, h in sizes):
        assert max(areas) == pytest.approx(min(areas))
    widest = max(180 * 180 * min(w, h) / max(w, h) for w, h in sizes)
    assert max(areas) >= min(widest, 0.35 * 180 * 180) - 1e-6
