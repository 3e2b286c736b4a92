"""Scripts: what happens is complete, balanced and repeatable."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.annotations import DIRECTIONS
from devkit.errors import UserError
from devkit.pool import Pool
from devkit.toybox.motion import COMPASS, Path, exit_direction, gate
from devkit.toybox.plan import CHILDREN, Settings, nursery, slots
from devkit.toybox.script import directions, scenes


def test_directions_are_those_of_the_annotations_each_once_in_eight() -> None:
    assert set(COMPASS) == set(DIRECTIONS)
    for deck in range(5):
        assert sorted(directions(3, 8 * deck + i) for i in range(8)) == sorted(DIRECTIONS)
    assert [directions(3, i) for i in range(40)] != [directions(4, i) for i in range(40)]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_thing_that_goes_through_a_gate_left_in_that_direction(direction: str) -> None:
    for along in (-0.1, 0.0, 0.1):
        x, y = gate(direction, 640, 480, along)
        dx, dy = COMPASS[direction]
        assert exit_direction((320, 240), (x + 3 * dx, y + 3 * dy), 640, 480) == direction


@given(
    x=st.floats(160, 480),  # a path from beside a border may leave at a corner that lies behind it
    y=st.floats(120, 360),
    angle=st.floats(0, 2 * math.pi),
)
def test_every_way_out_has_a_direction_on_its_own_side(x: float, y: float, angle: float) -> None:
    outside = (x + 2000 * math.cos(angle), y + 2000 * math.sin(angle))
    dx, dy = COMPASS[exit_direction((x, y), outside, 640, 480)]
    assert (dx, dy) != (0, 0)
    if dx:
        assert dx == (1 if outside[0] > x else -1) or abs(math.cos(angle)) < 0.9
    if not dx:
        assert dy == (1 if math.sin(angle) > 0 else -1)


def test_a_path_is_nowhere_before_its_first_and_after_its_last_point() -> None:
    path = Path((1.0, 3.0), (0.0, 10.0), (5.0, 5.0)).then((4.0, 10.0, 25.0))
    assert path.at(0.9) is None
    assert path.at(2.0) == (5.0, 5.0)
    assert path.at(3.5) == (10.0, 15.0)
    assert path.at(4.1) is None
    assert path.moving(3.5)


def test_scenes_fill_a_recording_without_gaps_in_half_seconds() -> None:
    plan = Settings(seed=2, recording_ms=200_000)
    slot = slots(plan, 0.1)[0]
    made = list(scenes(nursery(plan, slot), slot.duration_ms))
    assert made[0].start_ms == 0
    assert made[-1].end_ms == slot.duration_ms
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(made))
    assert all(scene.start_ms % 500 == 0 for scene in made)
    again = list(scenes(nursery(plan, slot), slot.duration_ms))
    assert again == made


def test_recordings_are_named_by_the_convention_and_spread_over_children_and_ages() -> None:
    made = slots(Settings(seed=5), 2.0)
    assert len(made) == 40
    assert len({slot.name for slot in made}) == 40
    for slot in made:
        match = re.fullmatch(r"([A-Z])_(\d{8})_(\d{2})(\d{2})_\d{2}", slot.name)
        assert match is not None
        assert match[1] == slot.child in CHILDREN
        assert (int(match[3]), int(match[4])) == (slot.age_months, slot.age_days)
        assert 6 <= slot.age_months < 32
    assert set(Counter(slot.child for slot in made).values()) <= {13, 14}
    for child in CHILDREN:
        ages = sorted(slot.age_months for slot in made if slot.child == child)
        assert ages[0] < 11
        assert ages[-1] > 27


def test_a_childs_dates_agree_with_one_birth_date() -> None:
    for child in CHILDREN:
        mine = [slot for slot in slots(Settings(seed=5), 2.0) if slot.child == child]
        births = {(slot.date.toordinal() - slot.age_days - round(slot.age_months * 30.4375)) for slot in mine}
        assert max(births) - min(births) <= 3


def test_a_longer_corpus_begins_with_the_recordings_of_a_shorter_one() -> None:
    short, long = slots(Settings(seed=1), 0.2), slots(Settings(seed=1), 0.5)
    assert long[: len(short)] == short


def test_the_length_is_kept_to_half_a_second() -> None:
    made = slots(Settings(seed=1), 0.07)
    assert sum(slot.duration_ms for slot in made) == 252_000


@pytest.mark.parametrize("hours", [0, -1, float("nan"), float("inf"), 1e9, "2"])
def test_hours_out_of_range_are_a_users_mistake(hours: float) -> None:
    with pytest.raises(UserError, match="hours must lie"):
        slots(Settings(), hours)


@pytest.mark.parametrize(
    "wrong",
    [
        Settings(fps=5),
        Settings(fps=0),
        Settings(fps=62),
        Settings(width=641),
        Settings(width=64, height=48),
        Settings(width=640, height=240),
        Settings(recording_ms=5000),
        Settings(recording_ms=60_250),
    ],
)
def test_settings_that_cannot_be_made_are_a_users_mistake(wrong: Settings) -> None:
    with pytest.raises(UserError):
        wrong.check()


def test_exits_are_frequent_even_and_have_a_history(pool: Pool) -> None:
    """At least six exits a minute, each direction, nearly all after five or more annotated frames of the track."""
    minutes = len(pool.frames) / 120
    found: Counter[str] = Counter()
    long_enough = 0
    for frames in pool.by_recording.values():
        seen: dict[str, int] = defaultdict(int)
        for frame in frames:
            for track, direction in frame.exits.items():
                found[direction] += 1
                long_enough += seen[track] >= 5
            for box in frame.boxes:
                seen[box.track] += 1
    assert found.total() / minutes >= 6
    assert set(found) == set(DIRECTIONS)
    assert max(found.values()) <= 2.5 * min(found.values())
    assert long_enough / found.total() > 0.9


def test_frames_hold_several_toys_of_good_size_in_all_quadrants(pool: Pool) -> None:
    counts = [len(frame.boxes) for frame in pool.frames]
    assert 3.5 <= sum(counts) / len(counts) <= 6.5
    whole = [ref.box for ref in pool.boxes if ref.box.visible > 0.95]
    sizes = sorted(max(box.w, box.h) for box in whole)
    assert sizes[len(sizes) // 10] >= 80
    assert sizes[len(sizes) * 9 // 10] <= 240
    quadrants = Counter((box.x + box.w / 2 < 320, box.y + box.h / 2 < 240) for box in whole)
    assert min(quadrants.values()) > 0.15 * len(whole)
    alike = Counter(max(Counter(box.noun for box in frame.boxes).values(), default=0) for frame in pool.frames)
    assert all(alike[number] for number in (1, 2, 3, 4))


def test_toys_come_back_and_new_ones_turn_up(pool: Pool) -> None:
    where = defaultdict(set)
    for ref in pool.boxes:
        where[ref.box.instance].add(ref.recording)
    assert sum(len(recordings) > 1 for recordings in where.values()) >= 4
    assert sum(len(recordings) == 1 for recordings in where.values()) >= 20
    assert len(pool.by_noun) > 40
