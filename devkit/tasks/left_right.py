"""Left/Right: which of three pictures is the same as this one, and not its mirror image?"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from PIL import Image

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.crops import Variation, asymmetry, jittered_window, letterbox, mirror, vary
from devkit.tasks.material import CropRules, Material, identity, material, provenance, shots

OPTIONS = 3
THIRD = " (C) <image>"
FOILS: Mapping[str, str] = {"noun": "no", "instance": "other", "mirror": "mirrored"}
"""Kinds of wrong options, easiest first, and how they are called before the noun. A bank's are mirror images."""


class LeftRight(Task):
    """Which of three pictures has the same left and right as the query; the other two are mirror images.

    Published: the query is a crop letter-boxed on black, the right option the same picture, the others its mirror
    image; comparing pixels solves it. Robust: every option, the right one and the mirrored ones alike, is cut, scaled,
    lit and compressed on its own, and no two pictures of the item have the same pixels.

    Attributes:
        rules: Which boxes may be cut out.
        least_asymmetry: A crop is used only if it differs that much from its mirror image (mean grey difference, 0–1).
        variation: How far the robust options differ.
        side: Side of the robust pictures in pixels; smaller crops are not enlarged beyond twice their size.
    """

    code = "left_right"
    title = "Left/Right"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Mullen Visual Reception item"
    ages_months = (1, 42)
    layout = "query3"
    forms: ClassVar[Mapping[str, Form]] = {
        "published": Form("published", 1 / 3, 3, "letter", "One same copy and two mirror images"),
        "robust": Form("robust", 1 / 3, 3, "letter", "The same, each option cut, scaled and lit on its own"),
    }
    columns = (DataColumn("asymmetry", "float", "Mean grey difference between the object and its mirror image, 0–1"),)
    prompts: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("published", "robust"),
        "<image> Which of the following is the same as this? (A) <image> (B) <image> (C) <image>",
    )
    rules = CropRules()
    least_asymmetry = 0.06
    variation = Variation()
    side = 224

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Cut out one object and mirror it; see `devkit.tasks.base.Task.generate`.

        ``wanted`` may ask for an easier ``foil`` than the ``mirror`` image: another ``instance`` of the noun, or
        another ``noun`` altogether; for two ``options`` instead of three; and for a share of the robust ``variation``.
        """
        count = int(wanted.get("options", OPTIONS))
        stock = material(pool, self.rules)
        ref = stock.draw(rng, str(wanted["word"]) if "word" in wanted else None)
        if ref is None:
            return None
        unlike = asymmetry(stock.inside(ref))
        if unlike < self.least_asymmetry:
            return None
        foil = str(wanted.get("foil", "mirror"))
        foils = _foils(foil, stock, ref, rng)
        if foils is None:
            return None
        how = self.variation.softened(float(wanted.get("variation", 1.0)))
        query, options = self._pictures(form, stock, ref, foils, rng, how)
        if form == "robust" and len({picture.tobytes() for picture in (query, *options)}) <= OPTIONS:
            return None
        target = rng.randrange(count)
        roles = ["target" if place == target else foil for place in range(count)]
        ordered = list(options[1:count])
        ordered.insert(target, options[0])
        called = {"target": ref.box.noun, foil: f"{FOILS[foil]} {ref.box.noun}"}
        turn = Turn(
            prompt=self.prompts[form] if count == OPTIONS else self.prompts[form].removesuffix(THIRD),
            stimuli=(sink.add(query),),
            choices=tuple(
                Choice(label=called[role], media=media, role=role)
                for role, media in zip(roles, map(sink.add, ordered), strict=True)
            ),
            target=target,
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=ref.box.noun,
            difficulty={"asymmetry": round(unlike, 4)},
            provenance=provenance(pool, shots([ref, *foils])),
        )

    def _pictures(
        self, form: str, stock: Material, ref: BoxRef, foils: Sequence[BoxRef], rng: random.Random, how: Variation
    ) -> tuple[Image.Image, Sequence[Image.Image]]:
        """Return the query and the options: the same one first, then the foils; the query's own box is mirrored."""
        crop = stock.crop(ref)
        if form == "published":
            query = letterbox(crop)
            return query, (query, *(mirror(query) if foil is ref else letterbox(stock.crop(foil)) for foil in foils))
        side = min(self.side, 2 * max(crop.size))
        same = self._option(stock, ref, rng, side, how, flipped=False)
        return letterbox(crop, side), [same, *(self._option(stock, f, rng, side, how, flipped=f is ref) for f in foils)]

    def _option(
        self, stock: Material, ref: BoxRef, rng: random.Random, side: int, how: Variation, *, flipped: bool
    ) -> Image.Image:
        """Return one robust option: cut, mirrored or not, scaled and placed, lit, compressed."""
        window = jittered_window(ref.box, stock.sizes[ref.recording], rng, how.margin)
        crop = stock.pool.image(ref.recording, ref.time_ms).crop(window)
        if flipped:
            crop = mirror(crop)
        shift = (rng.random(), rng.random())
        return vary(letterbox(crop, side, scale=rng.uniform(*how.scale), shift=shift), rng, how)

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask for the same one."""
        return self.say("question", language)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun."""
        return tuple({"word": noun} for noun in material(pool, self.rules).nouns)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return foils of other nouns; then another one of the noun, or robust mirror images that vary less."""
        steps: tuple[Wish, ...] = ({"foil": "noun", "options": 2}, {"foil": "noun"}, {"foil": "instance"})
        if form == "robust":
            steps = (*steps[:2], {"variation": 0.0}, {"variation": 0.4})
        return tuple(tuple({**wish, **step} for wish in self.bins(form, pool)) for step in steps)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: mirror images are hard, the robust form more so; asymmetry helps."""
        unlike = float(turn.difficulty.get("asymmetry", 0.15))
        return (0.7 if turn.form == "robust" else 0.3) + 4 * (0.15 - min(unlike, 0.4))


def _foils(kind: str, stock: Material, ref: BoxRef, rng: random.Random) -> list[BoxRef] | None:
    """Return two boxes for the wrong options: the very same one, to be mirrored, or others; None if there are none."""
    if kind == "mirror":
        return [ref, ref]
    noun = ref.box.noun
    if kind == "instance":
        found = [stock.draw(rng, noun, lambda other: identity(other) != identity(ref)) for _ in range(2)]
    else:
        found = [stock.draw(rng, None, lambda other: other.box.noun != noun) for _ in range(2)]
    return [other for other in found if other is not None] if None not in found else None
