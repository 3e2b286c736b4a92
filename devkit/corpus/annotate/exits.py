"""Where tracked objects leave the frame, worked out from their last boxes; and tracks, worked out from boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from devkit.annotations import AnnotatedFrame, Box

Size = tuple[int, int]
_EDGE = 0.03
_CORNER = 0.2
_GAP_MS = 1600


def with_exits(frames: Sequence[AnnotatedFrame], size: Size) -> list[AnnotatedFrame]:
    """Note on each frame which tracks left since the one before, and through which side or corner.

    A track has left when it is gone, its last box touched an edge of the frame and it moved outwards; one that ends
    in the middle was covered or lost, which is no exit. Frames that name exits already keep them.
    """
    told: list[AnnotatedFrame] = []
    paths: dict[str, list[tuple[int, Box]]] = {}
    later = _last_seen(frames)
    for frame in frames:
        exits = dict(frame.exits)
        for track, path in list(paths.items()):
            if later[track] < frame.time_ms:
                direction = exit_of(path, size)
                if direction and frame.time_ms - path[-1][0] <= _GAP_MS:
                    exits.setdefault(track, direction)
                del paths[track]
        for box in frame.boxes:
            if box.track:
                paths.setdefault(box.track, []).append((frame.time_ms, box))
        told.append(frame.model_copy(update={"exits": exits}) if exits != frame.exits else frame)
    return told


def _last_seen(frames: Sequence[AnnotatedFrame]) -> dict[str, int]:
    return {box.track: frame.time_ms for frame in frames for box in frame.boxes if box.track}


def exit_of(path: Sequence[tuple[int, Box]], size: Size) -> str:
    """Return the direction in which a path of boxes leaves a frame; empty when it does not.

    The line of its last movement is followed from the last centre to the edge; within a fifth of the edge's length
    from its end that is the corner.
    """
    if len(path) < 2:
        return ""
    before, last = path[-2][1], path[-1][1]
    width, height = size
    slack_x, slack_y = _EDGE * width, _EDGE * height
    touches = (
        last.x <= slack_x
        or last.y <= slack_y
        or last.x + last.w >= width - slack_x
        or last.y + last.h >= height - slack_y
    )
    x, y = last.x + last.w / 2, last.y + last.h / 2
    dx, dy = x - before.x - before.w / 2, y - before.y - before.h / 2
    if not touches or math.hypot(dx, dy) < 0.005 * width:
        return ""
    across = ((width if dx > 0 else 0) - x) / dx if dx else math.inf
    along = ((height if dy > 0 else 0) - y) / dy if dy else math.inf
    reach = max(0.0, min(across, along))
    return _side(x + reach * dx, y + reach * dy, size)


def _side(x: float, y: float, size: Size) -> str:
    """Name the side or corner at which a point on the edge lies."""
    u, v = min(1.0, max(0.0, x / size[0])), min(1.0, max(0.0, y / size[1]))
    across = "left" if u < _CORNER else "right" if u > 1 - _CORNER else ""
    along = "top" if v < _CORNER else "bottom" if v > 1 - _CORNER else ""
    return f"{along} {across}".strip()


def overlap_share(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes."""
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    common = max(0, wide) * max(0, high)
    return common / (one.w * one.h + other.w * other.h - common)


def track(frames: Sequence[AnnotatedFrame], size: Size, least: float = 0.2) -> list[AnnotatedFrame]:
    """Join boxes of one noun in consecutive frames into tracks, and work out where they leave.

    Boxes are matched so that the sum of their overlaps with where the track is expected (its last box, moved on by its
    last step) is largest; pairs that overlap less than ``least`` are not joined. Boxes with a track keep it.
    """
    live: dict[str, tuple[int, Box, tuple[int, int]]] = {}
    made: list[AnnotatedFrame] = []
    count = 0
    for frame in frames:
        live = {name: state for name, state in live.items() if frame.time_ms - state[0] <= _GAP_MS}
        boxes = list(frame.boxes)
        free = [place for place, box in enumerate(boxes) if not box.track]
        names = list(live)
        gain = np.zeros((len(free), len(names)))
        for row, place in enumerate(free):
            for column, name in enumerate(names):
                _, last, (dx, dy) = live[name]
                moved = last.model_copy(update={"x": last.x + dx, "y": last.y + dy})
                if last.noun == boxes[place].noun:
                    gain[row, column] = max(overlap_share(boxes[place], moved), overlap_share(boxes[place], last))
        rows, columns = linear_sum_assignment(gain, maximize=True)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if gain[row, column] >= least:
                place = free[row]
                boxes[place] = boxes[place].model_copy(update={"track": names[column]})
        for place in free:
            if not boxes[place].track:
                count += 1
                boxes[place] = boxes[place].model_copy(update={"track": f"{frame.recording}-p{count:04d}"})
        for box in boxes:
            known = live.get(box.track)
            step = (box.x - known[1].x, box.y - known[1].y) if known else (0, 0)
            live[box.track] = (frame.time_ms, box, step)
        made.append(frame.model_copy(update={"boxes": tuple(boxes)}))
    return with_exits(made, size)
