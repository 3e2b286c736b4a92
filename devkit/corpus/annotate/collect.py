"""Collecting boxes from any source into annotated frames, with every box accounted for."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from devkit.annotations import AnnotatedFrame, Box, Recording
from devkit.corpus.annotate.exits import with_exits
from devkit.corpus.annotate.vocabulary import Vocabulary

BoxReason = Literal["unknown-picture", "not-in-vocabulary", "no-box", "outside", "malformed"]
_PLACE = re.compile(r"(.+)[/@_-](?:frame_?)?(\d+)(?:ms)?")
LARGEST_SIDE = 32_768
"""Pixels; a picture that claims to be larger is not believed."""


@dataclass(frozen=True, slots=True)
class RejectedBox:
    """A box that was not taken over, and why; ``place`` is what the file calls it."""

    place: str
    reason: BoxReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box as a file has it.

    Attributes:
        place: What the file calls it.
        label: Its word.
        edges: Left, top, width and height in pixels of the picture that was annotated.
        size: Width and height of that picture; None when it is as large as the recording's.
        instance: Name of the very object; empty when unknown.
        track: Name of one appearance; empty when unknown.
        visible: Visible share.
    """

    place: str
    label: str
    edges: tuple[float, float, float, float]
    size: tuple[float, float] | None = None
    instance: str = ""
    track: str = ""
    visible: float = 1.0


@dataclass(slots=True)
class Collected:
    """What was taken over and what was not: boxes in = boxes + rejected + thinned.

    Attributes:
        boxes: Boxes by recording and time in ms.
        rejected: The others.
        thinned: Boxes of video frames between two taken ones, which are left out.
    """

    boxes: dict[tuple[str, int], list[Box]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[RejectedBox] = field(default_factory=list)
    thinned: int = 0

    @property
    def count(self) -> int:
        """Boxes so far, taken or not."""
        return sum(map(len, self.boxes.values())) + len(self.rejected) + self.thinned

    def frames(self, recordings: Iterable[Recording]) -> dict[str, list[AnnotatedFrame]]:
        """Return the annotated frames of each recording in order of time, with exits worked out from tracks."""
        found: dict[str, list[AnnotatedFrame]] = {}
        for recording in recordings:
            times = sorted(time_ms for name, time_ms in self.boxes if name == recording.name)
            frames = [
                AnnotatedFrame(
                    recording=recording.name, time_ms=time_ms, boxes=tuple(self.boxes[recording.name, time_ms])
                )
                for time_ms in times
            ]
            if frames:
                found[recording.name] = with_exits(frames, (recording.width, recording.height))
        return found


class Collector:
    """Takes boxes for the recordings of a corpus.

    Args:
        recordings: The corpus.
        vocabulary: Which nouns are allowed; None for any word.
        places: Recording and time of pictures that do not carry them in their names.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        vocabulary: Vocabulary | None,
        places: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        self.recordings = {recording.name: recording for recording in recordings}
        self.vocabulary = vocabulary
        self.places = places or {}
        self.found = Collected()

    def place_of(self, name: str) -> tuple[str, int] | None:
        """Return recording and time of a picture: from the given table, or from ``NAME/TIME.jpg`` or ``NAME_TIME``."""
        path = PurePosixPath(name.replace("\\", "/"))
        for key in (name, path.name, path.stem):
            if key in self.places:
                return self.places[key]
        bare = str(path.with_suffix("")) if path.name else ""
        match = _PLACE.fullmatch(bare)
        if match is None or len(match[2]) > 12:
            return None
        known = PurePosixPath(match[1]).name
        return (known, int(match[2])) if known in self.recordings else None

    def recording_of(self, name: str) -> Recording | None:
        """Return the recording that a video's name means."""
        path = PurePosixPath(name.replace("\\", "/"))
        return self.recordings.get(path.name) or self.recordings.get(path.stem)

    def take_picture(self, picture: str, drawn: Drawn) -> None:
        """Take a box on a picture known by its name."""
        where = self.place_of(picture)
        if where is None:
            self.reject(drawn.place, "unknown-picture", picture[:120])
        else:
            self.take(where[0], where[1], drawn)

    def reject(self, place: str, reason: BoxReason, detail: str = "") -> None:
        """Note a box that is not taken over."""
        self.found.rejected.append(RejectedBox(place, reason, detail))

    def take(self, name: str, time_ms: int, drawn: Drawn) -> None:
        """Take a box on the picture of a recording at a time."""
        recording = self.recordings.get(name)
        if recording is None:
            return self.reject(drawn.place, "unknown-picture", name[:120])
        noun = self.vocabulary.noun(drawn.label) if self.vocabulary else " ".join(drawn.label.split())
        if not noun:
            return self.reject(drawn.place, "not-in-vocabulary", drawn.label[:120])
        size = drawn.size or (recording.width, recording.height)
        if not all(math.isfinite(value) for value in (*drawn.edges, *size, drawn.visible)):
            return self.reject(drawn.place, "malformed", "a number is not finite")
        if not all(0 < side <= LARGEST_SIDE for side in size):
            return self.reject(drawn.place, "malformed", f"a picture of {size[0]:.0f} × {size[1]:.0f} pixels")
        edges = _on(drawn.edges, (recording.width / size[0], recording.height / size[1]), recording)
        if edges is None:
            return self.reject(drawn.place, "outside" if min(drawn.edges[2:]) > 0 else "no-box")
        if not 0 <= time_ms < max(1, recording.duration_ms):
            return self.reject(drawn.place, "unknown-picture", f"{time_ms} ms is outside '{name}'")
        x, y, w, h = edges
        visible = min(1.0, max(0.0, drawn.visible))
        box = Box(noun=noun, instance=drawn.instance, track=drawn.track, x=x, y=y, w=w, h=h, visible=visible)
        self.found.boxes[name, time_ms].append(box)
        return None


def _on(
    edges: tuple[float, float, float, float], scale: tuple[float, float], recording: Recording
) -> tuple[int, int, int, int] | None:
    """Return a box in whole pixels of the recording, clipped to it; None when nothing is left."""
    x, y, w, h = edges
    left, top = max(0, round(x * scale[0])), max(0, round(y * scale[1]))
    right, bottom = min(recording.width, round((x + w) * scale[0])), min(recording.height, round((y + h) * scale[1]))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
