"""Object Counting: how many are there, 1 to 12? One crop pasted N times, unscaled, on a black canvas."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.crops import capacity, scatter
from devkit.tasks.material import CropRules, Material, material, provenance, shots
from devkit.tasks.vocabulary import plural

MOST = 12


class CountedSet(Task):
    """What Object Counting and Subitizing share: a canvas with N copies of one crop and a number as the answer.

    Attributes:
        largest: Largest set; the choices are 1 … ``largest``.
        rules: Which boxes may be pasted. A crop is used only if `MOST` of them fit, so that its size tells nothing.
    """

    largest: ClassVar[int]
    rules = CropRules(max_side=0.33, margin=0.03)

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Paste one crop N times; see `devkit.tasks.base.Task.generate`."""
        stock = material(pool, self.rules)
        ref = draw_countable(stock, rng, wanted)
        if ref is None:
            return None
        count = int(wanted.get("set_size", rng.randint(1, self.largest)))
        image = scatter(stock.crop(ref), count, stock.sizes[ref.recording], rng, MOST)
        noun = ref.box.noun
        turn = Turn(
            prompt=self.prompts[form].format(word=noun, words=plural(noun)),
            stimuli=(sink.add(image),),
            choices=number_choices(self.largest, count),
            target=count - 1,
            answer_format="number",
            shuffle=False,
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=noun,
            difficulty={"set_size": count},
            provenance=provenance(pool, shots([ref])),
        )

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask for the number."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each set size."""
        return tuple({"set_size": size} for size in range(1, self.largest + 1))

    def mistake(self, turn: PresentedTurn, rng: random.Random) -> int:
        """Return a wrong number, the likelier the nearer it is: scalar variability, with a Weber fraction of 0.2."""
        count = turn.target_position + 1
        wrong = [place for place in range(len(turn.choices)) if place != turn.target_position]
        weights = [math.exp(-abs(place + 1 - count) / (0.5 + 0.2 * count)) for place in wrong]
        return rng.choices(wrong, weights)[0]


class ObjectCounting(CountedSet):
    """How many of a noun are on the canvas, 1 to 12, without a time limit."""

    code = "object_counting"
    title = "Object Counting"
    subdomain: ClassVar[Literal["mathematics"]] = "mathematics"
    nih_measure = "Counting"
    ages_months = (25, 42)
    layout = "single_number"
    answer_by = "examiner"
    largest = MOST
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1 / MOST, MOST, "number", "One picture with 1 to 12 of a thing; how many?")
    }
    columns = (DataColumn("set_size", "int", "Number of objects on the canvas", "objects"),)
    prompts: ClassVar[Mapping[str, str]] = {"standard": "<image> How many {words} do you see?"}

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: 0 at four objects, 0.35 logits for each further one."""
        return 0.35 * (int(turn.difficulty.get("set_size", 4)) - 4)


def draw_countable(stock: Material, rng: random.Random, wanted: Wish) -> BoxRef | None:
    """Draw a box whose crop fits `MOST` times on a canvas of its frame's size."""

    def fits(ref: BoxRef) -> bool:
        left, top, right, bottom = stock.window(ref)
        return capacity((right - left, bottom - top), stock.sizes[ref.recording]) >= MOST

    noun = wanted.get("word")
    return stock.draw(rng, str(noun) if noun is not None else None, fits)


def number_choices(largest: int, count: int) -> tuple[Choice, ...]:
    """Return the choices 1 … ``largest`` with their roles relative to ``count``."""

    def role(number: int) -> str:
        if number == count:
            return "target"
        return "adjacent" if abs(number - count) == 1 else ("fewer" if number < count else "more")

    return tuple(Choice(label=str(number), role=role(number)) for number in range(1, largest + 1))
