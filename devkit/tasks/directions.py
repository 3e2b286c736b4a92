"""The eight directions in which an object can leave the frame, and the clips in which one does.

Clips are found by annotated exits; where a corpus has none, by the edges that a track's last box touches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devkit.annotations import AnnotatedFrame, Box
from devkit.pool import Pool
from devkit.tasks.crops import Size

ANGLES = {
    **{"right": 0, "top right": 45, "top": 90, "top left": 135},
    **{"left": 180, "bottom left": 225, "bottom": 270, "bottom right": 315},
}
EDGE = 0.02
"""A box touches an edge when it is this near, as a share of the frame."""


@dataclass(frozen=True, slots=True)
class ClipRules:
    """Which exits are clear enough to ask about.

    Attributes:
        span_ms: Longest time from the first to the last frame of a clip.
        most_gap_ms: Longest time between two annotated frames of a clip.
        frames: Fewest and most frames of a clip.
        least_seen: Annotated frames of the clip in which the object is in view.
        least_visible: The object is at least this visible in one of them.
        least_side: Shorter side of its largest box, as a share of the frame's height.
    """

    span_ms: int = 4400
    most_gap_ms: int = 1100
    frames: tuple[int, int] = (5, 9)
    least_seen: int = 3
    least_visible: float = 0.8
    least_side: float = 0.09


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip at whose end an object has left the frame.

    Attributes:
        recording: Name of the recording.
        times: Times of its annotated frames in ms; the object is gone on the last one and in view on the one before.
        noun: The object's noun; nothing else in the clip has it.
        direction: Where it left.
    """

    recording: str
    times: tuple[int, ...]
    noun: str
    direction: str

    def sample(self, count: int) -> tuple[int, ...]:
        """Return ``count`` times in order: the last two, and the others spread evenly before them."""
        earlier, wanted = self.times[:-2], count - 2
        if wanted >= len(earlier):
            return self.times
        places = [round(i * (len(earlier) - 1) / max(wanted - 1, 1)) for i in range(wanted)]
        return tuple(earlier[place] for place in places) + self.times[-2:]


def degrees_between(one: str, other: str) -> int:
    """Return the angle between two directions, 0–180 degrees."""
    difference = abs(ANGLES[one] - ANGLES[other]) % 360
    return min(difference, 360 - difference)


def find_clips(pool: Pool, rules: ClipRules) -> tuple[Clip, ...]:
    """Return every clip of a pool that keeps the rules, in order of recording and time."""
    return pool.derived(rules, lambda: _find_clips(pool, rules))


def _find_clips(pool: Pool, rules: ClipRules) -> tuple[Clip, ...]:
    annotated = any(frame.exits for frame in pool.frames)
    clips = []
    for recording, frames in pool.by_recording.items():
        size = pool.image(recording, frames[0].time_ms).size
        for last in range(1, len(frames)):
            left = frames[last].exits if annotated else _inferred(frames[last - 1], frames[last], size)
            for track, direction in left.items():
                window = frames[_first(frames, last, rules) : last + 1]
                clip = _clip(window, track, direction, size, rules)
                if clip is not None:
                    clips.append(clip)
    return tuple(clips)


def _first(frames: Sequence[AnnotatedFrame], last: int, rules: ClipRules) -> int:
    """Return where a clip that ends at ``last`` begins: within the span, without a gap, not longer than allowed."""
    first = last
    while (
        first > 0
        and frames[last].time_ms - frames[first - 1].time_ms <= rules.span_ms
        and frames[first].time_ms - frames[first - 1].time_ms <= rules.most_gap_ms
    ):
        first -= 1
    return first


def _clip(window: Sequence[AnnotatedFrame], track: str, direction: str, size: Size, rules: ClipRules) -> Clip | None:
    """Return the clip of one exit, or None when it breaks a rule."""
    seen = [box for frame in window for box in frame.boxes if box.track == track]
    before = [box for box in window[-2].boxes if box.track == track] if len(window) > 1 else []
    if direction not in ANGLES or len(window) < rules.frames[0] or len(seen) < rules.least_seen or not before:
        return None
    if any(box.track == track for box in window[-1].boxes) or not _towards(before[0], direction, size):
        return None
    if max(box.visible for box in seen) < rules.least_visible:
        return None
    if max(min(box.w, box.h) for box in seen) < rules.least_side * size[1]:
        return None
    noun = seen[0].noun
    if any(box.noun == noun and box.track != track for frame in window for box in frame.boxes):
        return None
    return Clip(window[0].recording, tuple(frame.time_ms for frame in window), noun, direction)


def _towards(box: Box, direction: str, size: Size) -> bool:
    """Tell whether the last box lies on the side where the object left, so that the pictures show the direction."""
    x, y = (box.x + box.w / 2) / size[0], (box.y + box.h / 2) / size[1]
    sides = {"left": x < 0.4, "right": x > 0.6, "top": y < 0.4, "bottom": y > 0.6}
    return all(sides[part] for part in direction.split())


def _inferred(before: AnnotatedFrame, now: AnnotatedFrame, size: Size) -> dict[str, str]:
    """Return track → direction of the objects that are gone and whose last box touches one edge, or one corner."""
    here = {box.track for box in now.boxes}
    known = Counter(box.track for box in before.boxes)
    found = {}
    for box in before.boxes:
        touched = list(_touched(box, size))
        if box.track and box.track not in here and known[box.track] == 1 and touched:
            name = " ".join(touched)
            if name in ANGLES:
                found[box.track] = name
    return found


def _touched(box: Box, size: Size) -> Iterator[str]:
    """Yield the edges a box touches: top or bottom first, then left or right; both of a kind make no direction."""
    if box.y <= EDGE * size[1]:
        yield "top"
    if box.y + box.h >= (1 - EDGE) * size[1]:
        yield "bottom"
    if box.x <= EDGE * size[0]:
        yield "left"
    if box.x + box.w >= (1 - EDGE) * size[0]:
        yield "right"
