"""Lessons: the easier items that lead up to a form in instruction."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from devkit.annotations import Box
from devkit.items import Item
from devkit.pool import BoxRef, Pool
from devkit.tasks import task
from devkit.tasks.base import Wish
from devkit.tasks.crops import Window, overlap
from devkit.tasks.generation import MemorySink
from devkit.tasks.material import edges
from devkit.tasks.spatial_details import close_sizes, keeping_window


def lesson_items(code: str, form: str, pool: Pool, lesson: int) -> list[Item]:
    rng = random.Random(lesson)
    made = [
        task(code).generate(form, pool, MemorySink(), rng, "x", wanted)
        for wanted in task(code).lessons(form, pool)[lesson]
        for _ in range(4)
    ]
    return [item for item in made if item is not None]


def test_lessons_of_memory_grow_longer(pool: Pool) -> None:
    assert [{len(item.turns) for item in lesson_items("memory", "standard", pool, k)} for k in (0, 1)] == [{3}, {6}]


def lessons_of(code: str, form: str, pool: Pool) -> Iterator[tuple[set[str], set[int]]]:
    """Yield of each lesson what is offered and how many options there are; every item is checked."""
    for lesson in range(len(task(code).lessons(form, pool))):
        items = lesson_items(code, form, pool, lesson)
        assert items
        for item in items:
            (turn,) = item.turns
            assert len(turn.choices) == turn.prompt.count("<image>") - 1
            assert [place for place, choice in enumerate(turn.choices) if choice.role == "target"] == [turn.target]
            nouns = {choice.label.partition(":")[0] for choice in turn.choices if choice.role == "unrelated"}
            assert item.word not in nouns
        yield (
            {choice.role for item in items for choice in item.turns[0].choices} - {"target"},
            {len(item.turns[0].choices) for item in items},
        )


@pytest.mark.parametrize(
    ("form", "last"), [("published", [({"instance"}, {3})]), ("robust", [({"mirror"}, {3}), ({"mirror"}, {3})])]
)
def test_lessons_of_left_right_lead_from_other_nouns_to_mirror_images(
    form: str, last: list[object], pool: Pool
) -> None:
    assert list(lessons_of("left_right", form, pool)) == [({"noun"}, {2}), ({"noun"}, {3}), *last]


def test_mirror_images_that_do_not_vary_are_easier_pixel_by_pixel(pool: Pool) -> None:
    def margin(wanted: Wish) -> float:
        """How much nearer the right option is to the query than its mirror image, as a share of the latter."""
        rng, told = random.Random(5), []
        for _ in range(40):
            sink = MemorySink()
            item = task("left_right").generate("robust", pool, sink, rng, "x", wanted)
            if item is None:
                continue
            turn = item.turns[0]
            query, *options = (
                np.asarray(sink.images[name].resize((32, 32)).convert("L"), dtype=float)
                for name in (turn.stimuli[0], *(choice.media or "" for choice in turn.choices))
            )
            off = [float(abs(query - option).mean()) for option in options]
            told.append(1 - off[turn.target] / np.mean([one for place, one in enumerate(off) if place != turn.target]))
        return float(np.mean(told))

    exact, some, own = (margin(wanted) for wanted in ({"variation": 0.0}, {"variation": 0.4}, {}))
    assert exact > 0.6 > some > own + 0.05


def test_lessons_of_spatial_details_come_closer_to_the_things(pool: Pool) -> None:
    assert list(lessons_of("spatial_details", "published", pool)) == [({"unrelated"}, {2}), ({"unrelated"}, {3})]
    assert list(lessons_of("spatial_details", "robust", pool)) == [
        ({"unrelated"}, {3}), ({"same_category"}, {3}), ({"same_category"}, {3})
    ]  # fmt: skip


def test_a_lesson_of_spatial_details_is_close_and_farther_by_turns(pool: Pool) -> None:
    wanted = [wish["close"] for wish in task("spatial_details").lessons("robust", pool)[2]]
    assert {close: wanted.count(close) for close in wanted} == dict.fromkeys((0.15, 0.3, 0.5), len(wanted) // 3)


def test_the_lesson_of_localization_keeps_clear_of_the_middle(pool: Pool) -> None:
    def nearest(items: list[Item]) -> float:
        """Least distance of an object from a middle line, as a share of the picture."""
        return min(
            min(abs(edge - half) / (2 * half) for start, length, half in sides for edge in (start, start + length))
            for item in items
            for x, y, w, h in [item.bb or (0, 0, 0, 0)]
            for width, height in [sizes[item.turns[0].stimuli[0]]]
            for sides in [((x, w, width / 2), (y, h, height / 2))]
        )

    sink, rng, sizes = MemorySink(), random.Random(3), {}
    made: dict[str, list[Item]] = {"own": [], "lesson": []}
    for name, wishes in (("own", ({},) * 200), ("lesson", task("localization").lessons("standard", pool)[0])):
        for wanted in wishes:
            item = task("localization").generate("standard", pool, sink, rng, "x", wanted)
            if item is not None:
                made[name].append(item)
    sizes = {digest: image.size for digest, image in sink.images.items()}
    assert min(len(items) for items in made.values()) > 20
    assert nearest(made["lesson"]) > 0.095 > 0.05 > nearest(made["own"])


def test_the_lesson_of_who_has_more_shows_windows_with_their_own_numbers(pool: Pool) -> None:
    rng, outside = random.Random(4), []
    frames = {pool.frame_digest(frame.recording, frame.time_ms): frame for frame in pool.frames}
    for wanted in task("who_has_more").lessons("naturalistic", pool)[0] * 4:
        sink = MemorySink()
        item = task("who_has_more").generate("naturalistic", pool, sink, rng, "x", wanted)
        if item is None:
            continue
        for choice in item.turns[0].choices:
            picture = np.asarray(sink.images[choice.media or ""])
            found = [
                (frame, window)
                for frame in map(frames.__getitem__, item.provenance.frames)
                for shown in (picture, picture[:, ::-1])
                if (window := where(shown, np.asarray(pool.image(frame.recording, frame.time_ms))))
            ]
            assert found, "the picture, or its mirror image, is a part of one of the frames"
            frame, window = found[0]
            inside = [overlap(window, edges(box)) / (box.w * box.h) for box in frame.boxes if box.noun == item.word]
            assert set(inside) <= {0, 1}
            assert sum(inside) == int(choice.label) > 0
            assert len(inside) > 1, "frames with one alone are left out"
            outside.append(len(inside) - int(choice.label))
        assert int(item.turns[0].choices[item.turns[0].target].label) == item.difficulty["more"]
    assert len(outside) > 20
    assert {0, 1} <= set(outside), "a window shows all of its frame's, or fewer"


def where(picture: np.ndarray, frame: np.ndarray) -> Window | None:
    """Find a picture in a frame, pixel by pixel."""
    height, width = picture.shape[:2]
    tops, lefts = frame.shape[0] - height + 1, frame.shape[1] - width + 1
    fits = np.ones((tops, lefts), dtype=bool)
    for y, x in ((0, 0), (height - 1, width - 1), (height // 2, width // 2), (height // 3, width // 4)):
        fits &= (frame[y : y + tops, x : x + lefts] == picture[y, x]).all(axis=2)
    for top, left in zip(*np.nonzero(fits), strict=True):
        if np.array_equal(frame[top : top + height, left : left + width], picture):
            return int(left), int(top), int(left) + width, int(top) + height
    return None


def test_close_windows_are_as_large_as_their_things_need() -> None:
    ref, rng = (
        BoxRef("r", 0, Box(noun="ball", instance="ball:1", track="1", x=40, y=30, w=100, h=20, visible=1)),
        random.Random(2),
    )
    for close, least, most in ((0.1, 100, 140), (0.5, 160, 224), (0.9, 288, 320)):
        for _ in range(50):
            window = keeping_window(ref, (320, 240), rng, close_sizes(ref, (320, 240), close))
            assert least <= window[2] - window[0] <= most
            assert overlap(window, (40, 30, 140, 50)) == 100 * 20
