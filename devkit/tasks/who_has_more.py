"""Who Has More: which of two pictures has more of a thing? Pasted crops (synthetic) or real frames (naturalistic)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from PIL import Image

from devkit.annotations import AnnotatedFrame
from devkit.items import Choice, Item, Turn
from devkit.pool import MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.crops import Window, mirror, overlap, scatter
from devkit.tasks.material import CropRules, edges, material, provenance, shots
from devkit.tasks.object_counting import MOST, draw_countable
from devkit.tasks.vocabulary import plural

RATIOS = tuple(Fraction(a, b) for a, b in ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (5, 6)))
TRIES = 24
Shot = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of which the first shows more.

    Attributes:
        noun: What is counted.
        counts: More, fewer.
        pictures: In the same order.
        shots: Recordings and times they were made from.
    """

    noun: str
    counts: tuple[int, int]
    pictures: tuple[Image.Image, Image.Image]
    shots: tuple[Shot, ...]


class WhoHasMore(Task):
    """Which picture has more of a noun.

    Synthetic: two black canvases with the same crop pasted, unscaled; six ratios from 1:4 to 5:6 within 12. As in the
    published form, number goes with covered area. Naturalistic: two real frames with counted boxes of one noun.

    Attributes:
        rules: Which boxes may be pasted (synthetic).
        least_visible: A frame counts (naturalistic) only if all its boxes of the noun are at least this visible …
        least_side: … and at least this large, as a share of the frame's height.
        sizes: Smallest and largest window of the lesson, as a share of the frame.
    """

    code = "who_has_more"
    title = "Who Has More"
    subdomain: ClassVar[Literal["mathematics"]] = "mathematics"
    nih_measure = "Who Has More"
    ages_months = (25, 42)
    layout = "pair"
    forms: ClassVar[Mapping[str, Form]] = {
        "synthetic": Form("synthetic", 0.5, 2, "letter", "Two canvases of one pasted crop; which has more?"),
        "naturalistic": Form("naturalistic", 0.5, 2, "letter", "Two real frames; which has more of a noun?"),
    }
    columns = (
        DataColumn("ratio", "float", "Smaller count divided by the larger one"),
        DataColumn("more", "int", "Larger count", "objects"),
        DataColumn("fewer", "int", "Smaller count", "objects"),
    )
    prompts: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("synthetic", "naturalistic"), "Which image has more {words}? (A) <image> (B) <image>"
    )
    rules = CropRules(max_side=0.33, margin=0.03)
    least_visible = 0.7
    least_side = 0.05
    sizes = (0.55, 1.0)

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Make two pictures with different counts; see `devkit.tasks.base.Task.generate`.

        ``wanted`` may ask for ``windows`` of real frames, in which other numbers of their things are.
        """
        draw = self._synthetic if form == "synthetic" else self._windows if "windows" in wanted else self._naturalistic
        pair = draw(pool, rng, wanted)
        if pair is None:
            return None
        more, fewer = (
            Choice(label=str(count), media=sink.add(picture, lossless=form == "synthetic"), role=role)
            for count, picture, role in zip(pair.counts, pair.pictures, ("target", "fewer"), strict=True)
        )
        target = rng.randrange(2)
        turn = Turn(
            prompt=self.prompts[form].format(words=plural(pair.noun)),
            choices=(more, fewer) if target == 0 else (fewer, more),
            target=target,
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=pair.noun,
            difficulty={
                "ratio": round(pair.counts[1] / pair.counts[0], 4),
                "more": pair.counts[0],
                "fewer": pair.counts[1],
            },
            notes=" ".join(
                f"{place} should have {choice.label}"
                for place, choice in zip(("first", "second"), turn.choices, strict=True)
            ),
            provenance=provenance(pool, pair.shots),
        )

    def _synthetic(self, pool: Pool, rng: random.Random, wanted: Wish) -> Pair | None:
        stock = material(pool, self.rules)
        ref = draw_countable(stock, rng, wanted)
        if ref is None:
            return None
        ratio = Fraction(wanted.get("ratio", rng.choice(RATIOS))).limit_denominator(MOST)
        times = rng.randint(1, MOST // ratio.denominator)
        more, fewer = ratio.denominator * times, ratio.numerator * times
        crop, canvas = stock.crop(ref), stock.sizes[ref.recording]
        pictures = (scatter(crop, more, canvas, rng, MOST), scatter(crop, fewer, canvas, rng, MOST))
        return Pair(ref.box.noun, (more, fewer), pictures, tuple(shots([ref])))

    def _naturalistic(self, pool: Pool, rng: random.Random, wanted: Wish) -> Pair | None:
        counted = counted_frames(pool, self.least_visible, self.least_side)
        nouns = [noun for noun, by_count in counted.items() if len(by_count) > 1]
        if "word" in wanted:
            nouns = [noun for noun in nouns if noun == wanted["word"]]
        if not nouns:
            return None
        noun = rng.choice(nouns)
        fewer, more = sorted(rng.sample(list(counted[noun]), 2))
        chosen = (rng.choice(counted[noun][more]), rng.choice(counted[noun][fewer]))
        first, second = (pool.image(*shot) for shot in chosen)
        return Pair(noun, (more, fewer), (first, second), chosen)

    def _windows(self, pool: Pool, rng: random.Random, wanted: Wish) -> Pair | None:
        """Cut windows out of two frames with several; no box of the noun is cut through.

        Both have several, so that the place alone, known by heart, does not tell where there are more; and one in two
        is mirrored.
        """
        counted = counted_frames(pool, self.least_visible, self.least_side)
        by_count = counted.get(str(wanted["word"]), {})
        several = [count for count in by_count if count > 1]
        if not several:
            return None
        for _ in range(TRIES):
            found: dict[int, tuple[Shot, Window]] = {}
            for _ in range(2):
                shot = rng.choice(by_count[rng.choice(several)])
                count, window = self._window(pool, shot, str(wanted["word"]), rng)
                found[count] = (shot, window)
            fewer, more = min(found), max(found)
            if 0 < fewer < more:
                (one, within), (other, inside) = found[more], found[fewer]
                first, second = pool.image(*one).crop(within), pool.image(*other).crop(inside)
                first, second = (mirror(shown) if rng.random() < 0.5 else shown for shown in (first, second))
                return Pair(str(wanted["word"]), (more, fewer), (first, second), (one, other))
        return None

    def _window(self, pool: Pool, shot: Shot, noun: str, rng: random.Random) -> tuple[int, Window]:
        """Draw a window of a frame's shape; return how many of a noun are in it, 0 when one is cut through."""
        stock = material(pool, self.rules)
        size = stock.sizes[shot[0]]
        share = rng.uniform(*self.sizes)
        width, height = round(size[0] * share), round(size[1] * share)
        left, top = rng.randint(0, size[0] - width), rng.randint(0, size[1] - height)
        window = (left, top, left + width, top + height)
        boxes = [box for box in stock.frame_at[shot].boxes if box.noun == noun]
        shown = [overlap(edges(box), window) / (box.w * box.h) for box in boxes]
        return (0 if any(0 < part < 1 for part in shown) else sum(part == 1 for part in shown)), window

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask which has more."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each ratio (synthetic) or each noun that frames show in different numbers."""
        if form == "synthetic":
            return tuple({"ratio": float(ratio)} for ratio in RATIOS)
        counted = counted_frames(pool, self.least_visible, self.least_side)
        return tuple({"word": noun} for noun, by_count in counted.items() if len(by_count) > 1)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return naturalistic items of windows of the frames; few frames with several things then show many numbers."""
        if form == "synthetic":
            return ()
        return (tuple({**wish, "windows": True} for wish in self.bins(form, pool)),)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: it grows with the ratio, 0 at 1:2; about 4 logits from 1:4 to 5:6."""
        return 7.0 * (float(turn.difficulty.get("ratio", 0.5)) - 0.5)


Counted = dict[str, dict[int, tuple[Shot, ...]]]
"""For each noun and count, the frames that clearly show that many."""


def counted_frames(pool: Pool, least_visible: float, least_side: float) -> Counted:
    """Return which frames show how many of what.

    A frame is left out for a noun when one of its boxes is too small or too hidden to be counted.
    """
    key = ("counted", least_visible, least_side)
    return pool.derived(key, lambda: _counted_frames(pool, least_visible, least_side))


def _counted_frames(pool: Pool, least_visible: float, least_side: float) -> Counted:
    found: dict[str, dict[int, list[Shot]]] = defaultdict(lambda: defaultdict(list))
    for recording, frames in pool.by_recording.items():
        least = least_side * pool.image(recording, frames[0].time_ms).height
        for frame in frames:
            for noun, count in _counts(frame, least_visible, least).items():
                found[noun][count].append((recording, frame.time_ms))
    return {noun: {n: tuple(found[noun][n]) for n in sorted(found[noun])} for noun in sorted(found)}


def _counts(frame: AnnotatedFrame, least_visible: float, least_side: float) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    unclear = set()
    for box in frame.boxes:
        counts[box.noun] += 1
        if box.visible < least_visible or min(box.w, box.h) < least_side:
            unclear.add(box.noun)
    return {noun: count for noun, count in counts.items() if noun not in unclear}
