"""Looking While Listening: two pictures and a word; where does the child look? Held out from training."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Provenance, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.distractors import Distractors
from devkit.tasks.material import CropRules, Material, material, provenance, shots
from devkit.tasks.vocabulary import animate

LEAST_OTHERS = 3
"""With fewer candidates than this one of them would be everybody's distractor, and known by that."""


class LookingWhileListening(Task):
    """Which of two pictures is named.

    Two crops of different nouns, both animate or both inanimate where the pool allows, never close in sound and not
    close in meaning either unless both are animals. Generated items come in pairs: the same two pictures with either
    of them as the target, so that a group score (`devkit.tasks.aggregates.group_score`) can be computed.

    Attributes:
        rules: Which boxes may be cut out.
        distractors: Closeness of nouns.
    """

    code = "looking_while_listening"
    title = "Looking While Listening"
    subdomain: ClassVar[Literal["language"]] = "language"
    nih_measure = "Looking While Listening"
    ages_months = (6, 24)
    layout = "pair"
    answer_by = "gaze"
    held_out = True
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 0.5, 2, "letter", "Two pictures and a word", {"group": 1 / 6})
    }
    columns = (
        DataColumn("distractor", "str", "Noun of the other picture"),
        DataColumn("animacy", "str", "matched when both or neither are animate, else mixed"),
    )
    prompts: ClassVar[Mapping[str, str]] = {"standard": "Where is the {word}? (A) <image> (B) <image>"}
    rules = CropRules()

    def __init__(self, distractors: Distractors | None = None) -> None:
        self.distractors = distractors or Distractors()

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Cut out two objects; see `devkit.tasks.base.Task.generate`."""
        stock = material(pool, self.rules)
        named = stock.draw(rng, str(wanted["word"]) if "word" in wanted else None)
        other = self._other(stock, named, rng) if named else None
        if named is None or other is None:
            return None
        refs = (named, other)
        first, second = (Choice(label=ref.box.noun, media=sink.add(stock.crop(ref))) for ref in refs)
        if first.media == second.media:
            return None
        target = rng.randrange(2)
        pair = (first, second) if target == 0 else (second, first)
        return self._item(item_id, form, pair, target, provenance(pool, shots(refs)))

    def companion(self, item: Item, item_id: str) -> Item:
        """Return the same two pictures in the same order, with the other one as the target."""
        turn = item.turns[0]
        return self._item(item_id, item.form, (turn.choices[0], turn.choices[1]), 1 - turn.target, item.provenance)

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Name the target."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun."""
        return tuple({"word": noun} for noun in material(pool, self.rules).nouns)

    def _other(self, stock: Material, named: BoxRef, rng: random.Random) -> BoxRef | None:
        """Draw the distractor: of the same animacy, and as far in meaning and sound as that allows."""
        noun = named.box.noun
        others = [other for other in stock.nouns if other != noun and not stock.holds(named, other)]
        roles = {other: self.distractors.role(noun, other) for other in others}
        matched = [other for other in others if animate(other) == animate(noun)]
        ranked = (
            [other for other in matched if roles[other] == "unrelated"],
            [other for other in matched if roles[other] == "semantic"],
            [other for other in others if roles[other] == "unrelated"],
            others,
        )
        candidates = next((names for names in ranked if len(names) >= LEAST_OTHERS), others)
        if not candidates:
            return None
        return stock.draw(rng, rng.choice(candidates), lambda drawn: not stock.holds(drawn, noun))

    def _item(self, item_id: str, form: str, pair: tuple[Choice, Choice], target: int, origin: Provenance) -> Item:
        """Ask for one picture of a pair."""
        named, other = pair[target], pair[1 - target]
        role = self.distractors.role(named.label, other.label)
        choices = tuple(c.model_copy(update={"role": "target" if c is named else role}) for c in pair)
        turn = Turn(prompt=self.prompts[form].format(word=named.label), choices=choices, target=target)
        matched = animate(named.label) == animate(other.label)
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=named.label,
            difficulty={"distractor": other.label, "animacy": "matched" if matched else "mixed"},
            provenance=origin,
        )
