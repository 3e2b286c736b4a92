"""Which boxes of a pool are fit to be shown, drawn evenly over nouns and instances; and where items came from.

Rules for what is large, whole and unambiguous enough live here; what is made of a box is the tasks' business.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from devkit.items import Provenance
from devkit.pool import BoxRef, Pool
from devkit.tasks.crops import Size, Window, box_window, overlap

CONSENT = ("private", "shareable", "public")
DRAWS = 12


@dataclass(frozen=True, slots=True)
class CropRules:
    """When a box may be cut out and shown alone.

    Attributes:
        min_visible: Least visible share of the object.
        min_side: Shorter side of the box, as a share of the frame's height.
        max_side: Longer side of the box, as a share of the frame's height.
        max_intrusion: Largest share of the crop that boxes of other objects of its size may cover.
        margin: Margin around the box, as a share of its longer side.
    """

    min_visible: float = 0.85
    min_side: float = 0.09
    max_side: float = 0.85
    max_intrusion: float = 0.25
    margin: float = 0.06


class Material:
    """The boxes of a pool that keep the rules.

    Args:
        pool: Where they come from.
        rules: What is fit.
    """

    def __init__(self, pool: Pool, rules: CropRules) -> None:
        self.pool = pool
        self.rules = rules
        self._clear: dict[int, bool] = {}

    @cached_property
    def sizes(self) -> dict[str, Size]:
        """Width and height of the frames of each recording, read from its first frame."""
        return {name: self.pool.image(name, frames[0].time_ms).size for name, frames in self.pool.by_recording.items()}

    @cached_property
    def frame_at(self) -> dict[tuple[str, int], AnnotatedFrame]:
        """Frame of each recording and time."""
        return {(frame.recording, frame.time_ms): frame for frame in self.pool.frames}

    @cached_property
    def by_noun(self) -> dict[str, dict[str, tuple[BoxRef, ...]]]:
        """Fit boxes of each noun and, within it, of each instance."""
        groups: dict[str, dict[str, list[BoxRef]]] = defaultdict(lambda: defaultdict(list))
        for ref in self.pool.boxes:
            if self._fit(ref):
                groups[ref.box.noun][identity(ref)].append(ref)
        return {noun: {key: tuple(refs) for key, refs in sorted(groups[noun].items())} for noun in sorted(groups)}

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """Nouns with at least one fit box."""
        return tuple(self.by_noun)

    def draw(
        self, rng: random.Random, noun: str | None = None, accept: Callable[[BoxRef], bool] = lambda ref: True
    ) -> BoxRef | None:
        """Draw a box evenly over nouns, then instances, then appearances; None when a few draws find none.

        Args:
            rng: Source of chance.
            noun: Draw this noun only.
            accept: A further condition.
        """
        if not self.nouns or (noun is not None and noun not in self.by_noun):
            return None
        for _ in range(DRAWS):
            instances = self.by_noun[noun if noun is not None else rng.choice(self.nouns)]
            ref = rng.choice(instances[rng.choice(list(instances))])
            if self.clear(ref) and accept(ref):
                return ref
        return None

    def views(self, ref: BoxRef) -> tuple[BoxRef, ...]:
        """Return every fit and clear box of the same object, the given one included."""
        return tuple(r for r in self.by_noun[ref.box.noun][identity(ref)] if r == ref or self.clear(r))

    def clear(self, ref: BoxRef) -> bool:
        """Tell whether the crop of a box shows that object, hardly any other one, and no other one of its noun.

        Larger things behind the object (the table it stands on) do not count.
        """
        # Boxes live as long as the pool, so their identity names them; hashing one would cost more than the answer.
        known = self._clear.get(id(ref.box))
        if known is None:
            known = self._clear[id(ref.box)] = self._is_clear(ref)
        return known

    def _is_clear(self, ref: BoxRef) -> bool:
        window = self.window(ref)
        area = (window[2] - window[0]) * (window[3] - window[1])
        behind = True
        covered = 0
        for other in self.frame_at[ref.recording, ref.time_ms].boxes:
            if other is ref.box:
                behind = False
            elif other.noun == ref.box.noun and overlap(window, edges(other)):
                return False
            elif not (behind and other.w * other.h > 2 * area):
                covered += overlap(window, edges(other))
        return covered <= self.rules.max_intrusion * area

    def holds(self, ref: BoxRef, noun: str) -> bool:
        """Tell whether the crop of a box shows a part of another object, of that noun."""
        window = self.window(ref)
        boxes = self.frame_at[ref.recording, ref.time_ms].boxes
        return any(box.noun == noun and box is not ref.box and overlap(window, edges(box)) for box in boxes)

    def window(self, ref: BoxRef) -> Window:
        """Return the crop's window in its frame."""
        return box_window(ref.box, self.sizes[ref.recording], self.rules.margin)

    def crop(self, ref: BoxRef) -> Image.Image:
        """Return the picture of a box with its margin."""
        return self.pool.image(ref.recording, ref.time_ms).crop(self.window(ref))

    def inside(self, ref: BoxRef) -> Image.Image:
        """Return the picture of a box without a margin."""
        return self.pool.image(ref.recording, ref.time_ms).crop(edges(ref.box))

    def _fit(self, ref: BoxRef) -> bool:
        box, height = ref.box, self.sizes[ref.recording][1]
        large = min(box.w, box.h) >= self.rules.min_side * height
        return box.visible >= self.rules.min_visible and large and max(box.w, box.h) <= self.rules.max_side * height


def material(pool: Pool, rules: CropRules) -> Material:
    """Return the material of a pool under some rules, made once for a pool."""
    return pool.derived(rules, lambda: Material(pool, rules))


def identity(ref: BoxRef) -> str:
    """Name the object of a box: its instance, else its track in this recording, else this very box."""
    box = ref.box
    if box.instance:
        return box.instance
    if box.track:
        return f"{ref.recording}/{box.track}"
    return f"{ref.recording}/{ref.time_ms}/{box.x},{box.y},{box.w},{box.h}"


def edges(box: Box) -> Window:
    """Return a box as left, top, right, bottom."""
    return box.x, box.y, box.x + box.w, box.y + box.h


def provenance(pool: Pool, shots: Iterable[tuple[str, int]]) -> Provenance:
    """Say where an item came from.

    Args:
        pool: The pool it was made from.
        shots: Recording and time in ms of each source frame; the first recording is the one of ``span_ms``.
    """
    used = tuple(dict.fromkeys(shots))
    recordings = tuple(dict.fromkeys(recording for recording, _ in used))
    times = [time_ms for recording, time_ms in used if recording == recordings[0]]
    digests = (pool.frame_digest(recording, time_ms) for recording, time_ms in used)
    return Provenance(
        source=pool.source,
        split=pool.split,
        recordings=recordings,
        span_ms=(min(times), max(times)),
        frames=tuple(digest for digest in digests if digest),
        consent=strictest([pool.consent.get(recording, "") for recording in recordings]),
    )


def shots(refs: Iterable[BoxRef]) -> list[tuple[str, int]]:
    """Return recording and time of each box."""
    return [(ref.recording, ref.time_ms) for ref in refs]


def strictest(levels: Sequence[str]) -> str:
    """Return the strictest of some sharing levels; empty when one of them is unknown."""
    if any(level not in CONSENT for level in levels):
        return ""
    return min(levels, key=CONSENT.index, default="")
