"""Localization: in which quadrant of the picture is the named object?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from devkit.annotations import Box
from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.crops import Size, Window, overlap
from devkit.tasks.material import CropRules, Material, edges, material, provenance, shots

QUADRANTS = ("top left", "top right", "bottom left", "bottom right")
TRIES = 8
FAR = 0.1
"""The gap of the lesson."""


@dataclass(frozen=True, slots=True)
class View:
    """A window of a frame that holds a box in one quadrant.

    Attributes:
        ref: The box.
        window: The window.
        others: Other objects of which at least half is inside the window.
    """

    ref: BoxRef
    window: Window
    others: int

    @property
    def bb(self) -> tuple[float, float, float, float]:
        """The box relative to the window: x, y, width, height in pixels."""
        box = self.ref.box
        return float(box.x - self.window[0]), float(box.y - self.window[1]), float(box.w), float(box.h)


class Localization(Task):
    """Which quadrant holds the named object.

    A window of a frame, of the frame's shape and 45 to 100 % of its size, that puts the object wholly into one
    quadrant, clear of the middle lines. No second object of the same noun is in the window. Windows that show
    something else as well are preferred, so that the word matters. ``bb`` is the object's box in the shown picture.

    Attributes:
        rules: Which boxes may be asked for.
        sizes: Smallest and largest window, as a share of the frame.
        gap: Least distance of the box from the middle lines, as a share of the window.
    """

    code = "localization"
    title = "Localization"
    subdomain: ClassVar[Literal["language"]] = "language"
    nih_measure = "Mullen Receptive Language item"
    ages_months = (1, 42)
    layout = "quadrants"
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1 / 4, 4, "letter", "One picture and a word; which quadrant?")
    }
    columns = (
        DataColumn("quadrant", "str", "Where the object is"),
        DataColumn("object_share", "float", "Area of the object's box in the picture", "share"),
        DataColumn("others", "int", "Other labelled objects in the picture", "objects"),
    )
    prompts: ClassVar[Mapping[str, str]] = {
        "standard": "<image> Point at the {word}. Is it in the (A) top left or (B) top right or (C) bottom left"
        " or (D) bottom right of the image?"
    }
    rules = CropRules(max_side=0.45, max_intrusion=0.5)
    sizes = (0.45, 1.0)
    gap = 0.02

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Choose a box and a window around it; see `devkit.tasks.base.Task.generate`.

        ``wanted`` may ask for another ``gap``.
        """
        stock = material(pool, self.rules)
        quadrant = QUADRANTS.index(str(wanted.get("quadrant", rng.choice(QUADRANTS))))
        word = str(wanted["word"]) if "word" in wanted else None
        view = self._view(stock, quadrant, rng, word, float(wanted.get("gap", self.gap)))
        if view is None:
            return None
        ref, window = view.ref, view.window
        image = pool.image(ref.recording, ref.time_ms).crop(window)
        turn = Turn(
            prompt=self.prompts[form].format(word=ref.box.noun),
            stimuli=(sink.add(image, lossless=False),),
            choices=tuple(
                Choice(label=name, role="target" if place == quadrant else "quadrant")
                for place, name in enumerate(QUADRANTS)
            ),
            target=quadrant,
            shuffle=False,
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=ref.box.noun,
            difficulty={
                "quadrant": QUADRANTS[quadrant],
                "object_share": round(ref.box.w * ref.box.h / (image.width * image.height), 4),
                "others": view.others,
            },
            bb=view.bb,
            provenance=provenance(pool, shots([ref])),
        )

    def _view(self, stock: Material, quadrant: int, rng: random.Random, noun: str | None, gap: float) -> View | None:
        """Return the first view with another object in it, or the last one without."""
        fallback = None
        for _ in range(TRIES):
            ref = stock.draw(rng, noun)
            if ref is None:
                break
            window = place_window(ref.box, stock.sizes[ref.recording], quadrant, rng, self.sizes, gap)
            if window is None:
                continue
            inside = [box for box in self._others(stock, ref) if overlap(edges(box), window) * 2 >= box.w * box.h]
            touching = [box for box in self._others(stock, ref) if overlap(edges(box), window)]
            if any(box.noun == ref.box.noun for box in touching):
                continue
            fallback = View(ref, window, len(inside))
            if inside:
                return fallback
        return fallback

    def _others(self, stock: Material, ref: BoxRef) -> list[Box]:
        return [box for box in stock.frame_at[ref.recording, ref.time_ms].boxes if box is not ref.box]

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Name the object."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun and quadrant."""
        nouns = material(pool, self.rules).nouns
        return tuple({"word": noun, "quadrant": quadrant} for quadrant in QUADRANTS for noun in nouns)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return items whose object is far from the middle lines."""
        return (tuple({**wish, "gap": FAR} for wish in self.bins(form, pool)),)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: each other object adds 0.15 logits, 0 with three."""
        return 0.15 * (min(int(turn.difficulty.get("others", 3)), 8) - 3)


def place_window(
    box: Box, size: Size, quadrant: int, rng: random.Random, sizes: tuple[float, float], gap: float
) -> Window | None:
    """Draw a window of a frame's shape that holds a box wholly in one quadrant; None when there is none.

    Args:
        box: In pixels of the frame.
        size: Width and height of the frame.
        quadrant: Index into `QUADRANTS`.
        rng: Source of chance.
        sizes: Smallest and largest window, as a share of the frame.
        gap: Least distance of the box from the middle lines, as a share of the window.
    """
    share = rng.uniform(*sizes)
    width, height = round(size[0] * share), round(size[1] * share)
    left = _start(box.x, box.w, size[0], width, quadrant % 2 == 1, gap, rng)
    top = _start(box.y, box.h, size[1], height, quadrant >= 2, gap, rng)
    if left is None or top is None:
        return None
    return left, top, left + width, top + height


def _start(
    place: int, length: int, frame: int, window: int, second_half: bool, gap: float, rng: random.Random
) -> int | None:
    """Draw where a window begins on one axis, so that the box is in its first or second half."""
    half, clear = window / 2, max(1.0, gap * window)
    if second_half:
        low, high = float(place + length - window), place - half - clear
    else:
        low, high = place + length + clear - half, float(place)
    first, last = math.ceil(max(0, low)), math.floor(min(frame - window, high))
    return rng.randint(first, last) if first <= last else None
