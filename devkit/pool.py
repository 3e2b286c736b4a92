"""The material that items are generated from: annotated frames of some recordings, with their pictures at hand.

A `Pool` is one split of a corpus in memory: which nouns, instances and tracks are in view where. It loads pictures on
demand through the function it was given, so the same generation code serves banks on disk and endless fresh items in
training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, Protocol

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box


@dataclass(frozen=True, slots=True)
class BoxRef:
    """One box on one frame."""

    recording: str
    time_ms: int
    box: Box


class MediaSink(Protocol):
    """Takes pictures and returns the digests that items name them by."""

    def add(self, image: Image.Image, *, lossless: bool = True) -> str:
        """Store an RGB picture (PNG, or JPEG of quality 92 when ``lossless`` is false); return its digest."""
        ...


class Pool:
    """Annotated frames of one split.

    Args:
        frames: In order of recording and time.
        load: Returns the RGB picture of ``(recording, time_ms)``.
        source: Name of the corpus, for provenance.
        split: Which split the recordings belong to.
        frame_digest: Returns the SHA-256 of a frame's bytes, for provenance; empty strings by default.
        consent: Sharing level of each recording; unknown ones are left empty.
        cached: Number of decoded pictures kept in memory.
    """

    def __init__(
        self,
        frames: Sequence[AnnotatedFrame],
        load: Callable[[str, int], Image.Image],
        *,
        source: str,
        split: Literal["train", "val", "test"],
        frame_digest: Callable[[str, int], str] = lambda recording, time_ms: "",
        consent: dict[str, str] | None = None,
        cached: int = 256,
    ) -> None:
        self.frames = tuple(frames)
        self.source = source
        self.split = split
        self.frame_digest = frame_digest
        self.consent = consent or {}
        self.image = lru_cache(maxsize=cached)(load)
        self._derived: dict[Hashable, Any] = {}

    def derived[T](self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return what somebody works out from this pool, worked out once and kept as long as the pool."""
        if key not in self._derived:
            self._derived[key] = work_out()
        found: T = self._derived[key]
        return found

    @cached_property
    def boxes(self) -> tuple[BoxRef, ...]:
        """Every box of every frame."""
        return tuple(BoxRef(f.recording, f.time_ms, box) for f in self.frames for box in f.boxes)

    @cached_property
    def by_noun(self) -> dict[str, tuple[BoxRef, ...]]:
        """Boxes of each noun."""
        return self._grouped(lambda ref: ref.box.noun)

    @cached_property
    def by_instance(self) -> dict[str, tuple[BoxRef, ...]]:
        """Boxes of each instance; boxes without an instance are left out."""
        return self._grouped(lambda ref: ref.box.instance)

    @cached_property
    def by_recording(self) -> dict[str, tuple[AnnotatedFrame, ...]]:
        """Frames of each recording, in order of time."""
        groups: dict[str, list[AnnotatedFrame]] = defaultdict(list)
        for frame in self.frames:
            groups[frame.recording].append(frame)
        return {name: tuple(frames) for name, frames in groups.items()}

    def _grouped(self, key: Callable[[BoxRef], str]) -> dict[str, tuple[BoxRef, ...]]:
        groups: dict[str, list[BoxRef]] = defaultdict(list)
        for ref in self.boxes:
            if name := key(ref):
                groups[name].append(ref)
        return {name: tuple(refs) for name, refs in sorted(groups.items())}
