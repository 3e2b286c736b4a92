"""Annotations are true to the pixels of the frame they belong to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from devkit.annotations import AnnotatedFrame
from devkit.pool import Pool
from devkit.toybox import sample_pool, scene_frames
from devkit.toybox.plan import Settings, slots
from devkit.toybox.script import Scene
from devkit.toybox.stage import EDGE, SEEN, Stage
from devkit.toybox.writer import Drawn

SIZE = (640, 480)


@pytest.fixture(scope="module")
def recording() -> tuple[list[Scene], list[AnnotatedFrame]]:
    settings = Settings(11, 2, *SIZE, 60_000)
    drawn = Drawn(settings, slots(settings, 1 / 60)[0])
    return list(drawn.scenes()), drawn.frames


def _scene_at(scenes: list[Scene], time_ms: int) -> Scene:
    return next(scene for scene in scenes if scene.start_ms <= time_ms < scene.end_ms)


def test_there_is_an_annotation_every_half_second(recording: tuple[list[Scene], list[AnnotatedFrame]]) -> None:
    _, frames = recording
    assert [frame.time_ms for frame in frames] == list(range(0, 60_000, 500))


def test_a_box_encloses_exactly_the_pixels_that_its_toy_changes(
    recording: tuple[list[Scene], list[AnnotatedFrame]],
) -> None:
    """Take one toy away (no shadows here): nothing changes outside its box, and the box is filled to its sides."""
    scenes, frames = recording
    stage = Stage(SIZE)
    checked = 0
    for frame in frames[3::13]:
        scene = _scene_at(scenes, frame.time_ms)
        scene = replace(scene, actors=tuple(replace(actor, flies=True) for actor in scene.actors))
        present = stage.placed(scene, frame.time_ms)
        boxes = {box.track: box for box in stage.boxes(present, {thing.index: str(thing.index) for thing in present})}
        whole = np.asarray(stage.render(scene, frame.time_ms), dtype=int)
        for thing in present:
            box = boxes.get(str(thing.index))
            if box is None or box.visible < 0.97:
                continue
            actors = scene.actors[: thing.index] + scene.actors[thing.index + 1 :]
            without = np.asarray(stage.render(replace(scene, actors=actors), frame.time_ms), dtype=int)
            change = np.abs(whole - without).max(axis=2)
            change[box.y : box.y + box.h, box.x : box.x + box.w] = 0
            assert change.max() < 60, "only the softest rim may lie outside"
            rows, columns = np.nonzero(np.abs(whole - without).max(axis=2) > 12)
            assert columns.min() <= box.x + 6
            assert columns.max() + 1 >= box.x + box.w - 6
            assert rows.min() <= box.y + 6
            assert rows.max() + 1 >= box.y + box.h - 6
            checked += 1
    assert checked >= 15


def test_the_visible_share_counts_what_is_covered_and_what_is_outside(
    recording: tuple[list[Scene], list[AnnotatedFrame]],
) -> None:
    scenes, frames = recording
    stage = Stage(SIZE)
    partly = 0
    for frame in frames[::5]:
        scene = _scene_at(scenes, frame.time_ms)
        present = stage.placed(scene, frame.time_ms)
        for position, thing in enumerate(present):
            box = next((b for b in frame.boxes if b.instance == thing.actor.toy.name), None)
            if box is None:
                continue
            free = 0
            for row, column in np.argwhere(thing.sprite.mask):
                x, y = thing.x + column, thing.y + row
                if 0 <= x < SIZE[0] and 0 <= y < SIZE[1] and not any(_covers(o, x, y) for o in present[position + 1 :]):
                    free += 1
            assert box.visible == pytest.approx(free / thing.sprite.mask.sum(), abs=0.001)
            partly += box.visible < 0.95
        if partly >= 3:
            return
    pytest.fail("no toy was ever partly hidden")


def _covers(thing: object, x: int, y: int) -> bool:
    mask = thing.sprite.mask  # type: ignore[attr-defined]
    row, column = y - thing.y, x - thing.x  # type: ignore[attr-defined]
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and bool(mask[row, column])


def test_boxes_lie_in_the_frame_and_are_seen(pool: Pool) -> None:
    for ref in pool.boxes:
        box = ref.box
        assert 0 <= box.x < box.x + box.w <= SIZE[0]
        assert 0 <= box.y < box.y + box.h <= SIZE[1]
        assert min(box.w, box.h) >= EDGE
        assert box.visible >= SEEN - 0.001


def test_a_track_that_left_was_last_seen_at_the_side_through_which_it_left(pool: Pool) -> None:
    """The last box before an exit touches that side of the frame, or was on its way there."""
    touching = total = 0
    for frames in pool.by_recording.values():
        last: dict[str, tuple[int, int, int, int]] = {}
        for frame in frames:
            for track, direction in frame.exits.items():
                x0, y0, x1, y1 = last[track]
                sides = {"left": x0 <= 2, "right": x1 >= 638, "top": y0 <= 2, "bottom": y1 >= 478}
                touching += any(sides[word] for word in direction.split())
                total += 1
            for box in frame.boxes:
                last[box.track] = (box.x, box.y, box.x + box.w, box.y + box.h)
    assert touching / total > 0.93


def test_a_track_is_unbroken_and_ends_with_its_exit(pool: Pool) -> None:
    for frames in pool.by_recording.values():
        gone: set[str] = set()
        for frame in frames:
            gone |= set(frame.exits)
            assert not gone & {box.track for box in frame.boxes}
            names = [box.instance for box in frame.boxes]
            assert len(names) == len(set(names))


def test_a_pool_is_the_same_again_and_differs_between_splits_and_seeds() -> None:
    first, again = sample_pool(0.5, 3), sample_pool(0.5, 3)
    assert first.frames == again.frames
    shot = first.frames[7]
    assert first.image(shot.recording, shot.time_ms).tobytes() == again.image(shot.recording, shot.time_ms).tobytes()
    test = sample_pool(0.5, 3, "test")
    assert not {f.recording for f in test.frames} & {f.recording for f in first.frames}
    assert test.frames[7].boxes != shot.boxes
    assert sample_pool(0.5, 4).frames[7].boxes != shot.boxes


def test_pictures_come_in_any_order_as_they_do_in_the_stream() -> None:
    size = (320, 240)
    stream = {frame.time_ms: picture.tobytes() for picture, frame in scene_frames(0.5, 9, size=size)}
    pool = sample_pool(0.5, 9, size=size)
    for frame in reversed(pool.frames[::11]):
        assert pool.image(frame.recording, frame.time_ms).tobytes() == stream[frame.time_ms]
    assert len({pool.frame_digest(f.recording, f.time_ms) for f in pool.frames}) == len(pool.frames)
