"""Spatial Details: which of three frames of the same kind of thing contains exactly this one?"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from PIL import Image

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.crops import Variation, difference, vary
from devkit.tasks.material import CropRules, Material, identity, material, provenance, shots

APART_MS = 2000
TRIES = 6
OPTIONS = 3
CLOSE = 1.4
"""The largest close window is that many times the smallest."""
THIRD = (
    " (C) <image>. Pay attention to details and give only a letter A-C.",
    ". Pay attention to details and give only a letter A-B.",
)
"""The end of the wording with three options, and with two."""
Apart = Literal["recording", "time", "same"]


@dataclass(frozen=True, slots=True)
class Triple:
    """The boxes of one item: what is asked, where it is, and two frames that hold another of its kind.

    Attributes:
        query: Cut out as the query.
        right: The same instance, on the frame that is the right option.
        others: Other instances of the noun, on frames that do not hold the query's instance.
        apart: How the right frame differs from the query's: another ``recording``, another ``time``, or ``same``.
    """

    query: BoxRef
    right: BoxRef
    others: tuple[BoxRef, BoxRef]
    apart: Apart


class SpatialDetails(Task):
    """Which of three frames contains the very object of the query; all three hold one of its kind.

    Published: the right frame is the one that the query was cut from. Robust: the right frame shows the same instance
    in another recording, else at least two seconds apart, where the pool has one; and every option, right or wrong, is
    a window of its frame with its own size, light and JPEG quality, so that no pixels can be matched. The wrong frames
    hold two different instances, neither of which looks like the query's. Needs instance identity.

    Attributes:
        rules: Which boxes may be the query or stand for an option.
        sizes: Smallest and largest window of the robust form, as a share of the frame.
        shown: Size of the robust options, as a share of the frame's.
        variation: Light and compression of the robust form.
        least_difference: An instance that differs less than this from the query's looks like it (see
            `devkit.tasks.crops.difference`).
    """

    code = "spatial_details"
    title = "Spatial Details"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Mullen Visual Reception item"
    ages_months = (1, 42)
    layout = "query3"
    forms: ClassVar[Mapping[str, Form]] = {
        "published": Form("published", 1 / 3, 3, "letter", "The right frame is the one the query was cut from"),
        "robust": Form("robust", 1 / 3, 3, "letter", "The right frame shows the same instance at another time"),
    }
    columns = (
        DataColumn("apart", "str", "How the right frame differs from the query's: recording, time or same"),
        DataColumn("object_share", "float", "Area of the object's box in the right frame", "share"),
    )
    prompts: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("published", "robust"),
        "<image> Which of the following contains exactly this object? (A) <image> (B) <image> (C) <image>."
        " Pay attention to details and give only a letter A-C.",
    )
    rules = CropRules(max_intrusion=0.35)
    sizes = (0.7, 0.95)
    shown = 0.75
    variation = Variation()
    least_difference = 0.08

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Find an instance and two frames of others of its kind; see `devkit.tasks.base.Task.generate`.

        ``wanted`` may ask for an easier ``foil``, frames with nothing of the ``noun``, for two ``options``, and for
        robust options that come ``close``: windows of such a share of the frame.
        """
        count = int(wanted.get("options", OPTIONS))
        stock = material(pool, self.rules)
        query = stock.draw(rng, str(wanted["word"]) if "word" in wanted else None, lambda ref: bool(ref.box.instance))
        same_frame = form == "published"
        other_nouns = wanted.get("foil") == "noun"
        if query is None:
            return None
        if other_nouns:
            triple = find_unlike(stock, query, rng, same_frame=same_frame)
        else:
            triple = find_triple(stock, query, rng, self.least_difference, same_frame=same_frame)
        if triple is None:
            return None
        target = rng.randrange(count)
        refs = list(triple.others[: count - 1])
        refs.insert(target, triple.right)
        frames = [pool.image(ref.recording, ref.time_ms) for ref in refs]
        if form == "robust":
            close = float(wanted["close"]) if "close" in wanted else None
            frames = [self._variant(stock, ref, frame, rng, close) for ref, frame in zip(refs, frames, strict=True)]
        choices = tuple(
            Choice(
                label=ref.box.instance,
                media=sink.add(frame, lossless=False),
                role="target" if ref is triple.right else "unrelated" if other_nouns else "same_category",
            )
            for ref, frame in zip(refs, frames, strict=True)
        )
        if len({choice.media for choice in choices}) < count:
            return None
        box, (width, height) = triple.right.box, stock.sizes[triple.right.recording]
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(
                Turn(
                    prompt=self.prompts[form] if count == OPTIONS else self.prompts[form].replace(*THIRD),
                    stimuli=(sink.add(stock.crop(triple.query)),),
                    choices=choices,
                    target=target,
                ),
            ),
            word=box.noun,
            difficulty={"apart": triple.apart, "object_share": round(box.w * box.h / (width * height), 4)},
            provenance=provenance(pool, shots([triple.query, *refs])),
        )

    def _variant(
        self, stock: Material, ref: BoxRef, frame: Image.Image, rng: random.Random, close: float | None
    ) -> Image.Image:
        """Return a window of a frame that keeps the box, at the size of all options, lit and compressed on its own."""
        sizes = self.sizes if close is None else close_sizes(ref, frame.size, close)
        window = keeping_window(ref, frame.size, rng, sizes)
        size = (round(frame.width * self.shown), round(frame.height * self.shown))
        return vary(frame.resize(size, Image.Resampling.BILINEAR, box=window), rng, self.variation)

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask for the very one."""
        return self.say("question", language)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun of which there are at least three instances."""
        by_noun = material(pool, self.rules).by_noun
        return tuple({"word": noun} for noun, instances in by_noun.items() if len(instances) > 2)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return items whose wrong frames hold nothing of the noun; robust ones close to things, then farther too."""
        if form == "robust":
            return (
                self._lesson(form, pool, {"foil": "noun", "close": 0.15}),
                self._lesson(form, pool, {"close": 0.15}),
                self._lesson(form, pool, {"close": 0.15}, {"close": 0.3}, {"close": 0.5}),
            )
        return self._lesson(form, pool, {"foil": "noun", "options": 2}), self._lesson(form, pool, {"foil": "noun"})

    def _lesson(self, form: str, pool: Pool, *steps: Wish) -> tuple[Wish, ...]:
        return tuple({**wish, **step} for wish in self.bins(form, pool) for step in steps)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: smaller objects and other recordings are harder."""
        share = float(turn.difficulty.get("object_share", 0.04))
        apart = {"same": 0.0, "time": 0.4, "recording": 0.8}[str(turn.difficulty.get("apart", "same"))]
        return apart + 6 * (0.04 - min(share, 0.15))


def find_triple(
    stock: Material, query: BoxRef, rng: random.Random, least_difference: float, *, same_frame: bool
) -> Triple | None:
    """Find the right frame and two frames that hold other instances of the noun, but not the query's.

    Args:
        stock: Material of the pool.
        query: The box that is asked about; it has an instance.
        rng: Source of chance.
        least_difference: Instances that differ less than this from the query's are passed over.
        same_frame: Take the query's own frame as the right one, as published.
    """
    right, apart = _another_time(stock, query, rng, same_frame)
    instances = stock.by_noun[query.box.noun]
    names = [name for name in instances if name != query.box.instance]
    others: list[BoxRef] = []
    for name in rng.sample(names, min(len(names), TRIES)):
        other = rng.choice(instances[name])
        elsewhere = all(_apart(other, chosen) for chosen in others)
        if elsewhere and _is_distractor(stock, query, other, least_difference):
            others.append(other)
        if len(others) == 2:
            return Triple(query, right, (others[0], others[1]), apart)
    return None


def find_unlike(stock: Material, query: BoxRef, rng: random.Random, *, same_frame: bool) -> Triple | None:
    """Find the right frame as `find_triple` does, and two frames with nothing of the query's noun."""
    right, apart = _another_time(stock, query, rng, same_frame)
    one, two = (stock.draw(rng, None, partial(_lacks, stock, query.box.noun)) for _ in range(2))
    return Triple(query, right, (one, two), apart) if one and two and _apart(one, two) else None


def _is_distractor(stock: Material, query: BoxRef, other: BoxRef, least_difference: float) -> bool:
    """Tell whether a box is a named instance on a frame where nothing of its noun is or looks like the query."""
    of_noun = [
        BoxRef(other.recording, other.time_ms, box)
        for box in stock.frame_at[other.recording, other.time_ms].boxes
        if box.noun == other.box.noun
    ]
    if not other.box.instance or any(ref.box.instance == query.box.instance for ref in of_noun):
        return False
    asked = stock.inside(query)
    return all(difference(asked, stock.inside(ref)) >= least_difference for ref in of_noun)


def _lacks(stock: Material, noun: str, other: BoxRef) -> bool:
    """Tell whether a box is on a frame with nothing of a noun."""
    return all(box.noun != noun for box in stock.frame_at[other.recording, other.time_ms].boxes)


def _apart(one: BoxRef, other: BoxRef) -> bool:
    """Tell whether two boxes are in different recordings or at least `APART_MS` apart."""
    return one.recording != other.recording or abs(one.time_ms - other.time_ms) >= APART_MS


def _another_time(stock: Material, query: BoxRef, rng: random.Random, same_frame: bool) -> tuple[BoxRef, Apart]:
    """Return another appearance of an instance, in another recording or `APART_MS` away; itself when there is none."""
    seen = stock.by_noun[query.box.noun][identity(query)]
    elsewhere = [ref for ref in seen if ref.recording != query.recording]
    later = [ref for ref in seen if _apart(ref, query)]
    if same_frame or not (elsewhere or later):
        return query, "same"
    return (rng.choice(elsewhere), "recording") if elsewhere else (rng.choice(later), "time")


def close_sizes(ref: BoxRef, size: tuple[int, int], close: float) -> tuple[float, float]:
    """Return sizes of windows close to a thing: that share of the frame or what the box needs, to `CLOSE` times it."""
    least = max(close, ref.box.w / size[0], ref.box.h / size[1])
    return min(1.0, 1.01 * least), min(1.0, CLOSE * least)


def keeping_window(
    ref: BoxRef, size: tuple[int, int], rng: random.Random, sizes: tuple[float, float]
) -> tuple[int, int, int, int]:
    """Draw a window of the frame's shape that keeps a box whole; the whole frame when the box is too large."""
    share = rng.uniform(*sizes)
    width, height = round(size[0] * share), round(size[1] * share)
    box = ref.box
    if box.w > width or box.h > height:
        return 0, 0, *size
    left = rng.randint(max(0, box.x + box.w - width), min(box.x, size[0] - width))
    top = rng.randint(max(0, box.y + box.h - height), min(box.y, size[1] - height))
    return left, top, left + width, top + height
