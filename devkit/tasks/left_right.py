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
from devkit.tasks.material import CropRules, Material, material, provenance, shots


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
        """Cut out one object and mirror it; see `devkit.tasks.base.Task.generate`."""
        stock = material(pool, self.rules)
        ref = stock.draw(rng, str(wanted["word"]) if "word" in wanted else None)
        if ref is None:
            return None
        unlike = asymmetry(stock.inside(ref))
        if unlike < self.least_asymmetry:
            return None
        query, options = self._pictures(form, stock, ref, rng)
        if form == "robust" and len({picture.tobytes() for picture in (query, *options)}) < 4:
            return None
        target = rng.randrange(3)
        roles = ["target" if place == target else "mirror" for place in range(3)]
        ordered = list(options[1:])
        ordered.insert(target, options[0])
        turn = Turn(
            prompt=self.prompts[form],
            stimuli=(sink.add(query),),
            choices=tuple(
                Choice(label=ref.box.noun if role == "target" else f"mirrored {ref.box.noun}", media=media, role=role)
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
            provenance=provenance(pool, shots([ref])),
        )

    def _pictures(
        self, form: str, stock: Material, ref: BoxRef, rng: random.Random
    ) -> tuple[Image.Image, Sequence[Image.Image]]:
        """Return the query and the options: the same one first, then two mirror images."""
        crop = stock.crop(ref)
        if form == "published":
            query = letterbox(crop)
            return query, (query, mirror(query), mirror(query))
        side = min(self.side, 2 * max(crop.size))
        return letterbox(crop, side), [self._option(stock, ref, rng, side, flipped=place > 0) for place in range(3)]

    def _option(self, stock: Material, ref: BoxRef, rng: random.Random, side: int, *, flipped: bool) -> Image.Image:
        """Return one robust option: cut, mirrored or not, scaled and placed, lit, compressed."""
        how = self.variation
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

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: mirror images are hard, the robust form more so; asymmetry helps."""
        unlike = float(turn.difficulty.get("asymmetry", 0.15))
        return (0.7 if turn.form == "robust" else 0.3) + 4 * (0.15 - min(unlike, 0.4))
