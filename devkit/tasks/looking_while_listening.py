"""Looking While Listening: two pictures and a word; where does the child look? Held out from training."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.distractors import Distractors
from devkit.tasks.material import CropRules, Material, material, provenance, shots
from devkit.tasks.vocabulary import animate


class LookingWhileListening(Task):
    """Which of two pictures is named.

    Two crops of different nouns, both animate or both inanimate where the pool allows, not close in meaning or sound.
    Generated items come in pairs: the same two pictures with either of them as the target, so that a group score
    (both words right, see `devkit.tasks.aggregates.group_score`) can be computed. No instruction data are made.

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
    speech: ClassVar[Mapping[str, Mapping[str, str]]] = {"en": {"question": "Where is the {word}?"}}
    rules = CropRules()
    distractors = Distractors()

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
        other = self._other(stock, named.box.noun, rng) if named else None
        if named is None or other is None:
            return None
        refs = (named, other)
        choices = [Choice(label=r.box.noun, media=sink.add(stock.crop(r)), role="unrelated") for r in refs]
        if choices[0].media == choices[1].media:
            return None
        origin = provenance(pool, shots(refs))
        return self._item(item_id, form, (choices[0], choices[1]), rng.randrange(2)).model_copy(
            update={"provenance": origin}
        )

    def companion(self, item: Item, item_id: str) -> Item:
        """Return the same two pictures with the other one as the target, at the same place in the bank's order."""
        turn = item.turns[0]
        named = turn.choices[1 - turn.target]
        pair = (named, turn.choices[turn.target])
        return self._item(item_id, item.form, pair, turn.target).model_copy(update={"provenance": item.provenance})

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Name the target."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun."""
        return tuple({"word": noun} for noun in material(pool, self.rules).nouns)

    def _other(self, stock: Material, noun: str, rng: random.Random) -> BoxRef | None:
        """Draw the distractor: unrelated and of the same animacy; unrelated; any."""
        others = [other for other in stock.nouns if other != noun]
        apart = [other for other in others if self.distractors.role(noun, other) == "unrelated"]
        matched = [other for other in apart if animate(other) == animate(noun)]
        # A single animate noun would be everybody's only match, and so the answer by elimination.
        candidates = matched if len(matched) > 2 else apart or others
        return stock.draw(rng, rng.choice(candidates)) if candidates else None

    def _item(self, item_id: str, form: str, pair: tuple[Choice, Choice], target: int) -> Item:
        """Put the first of a pair at ``target`` and ask for it."""
        named = pair[0].model_copy(update={"role": "target"})
        other = pair[1].model_copy(update={"role": "unrelated"})
        turn = Turn(
            prompt=self.prompts[form].format(word=named.label),
            choices=(named, other) if target == 0 else (other, named),
            target=target,
        )
        matched = animate(named.label) == animate(other.label)
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=named.label,
            difficulty={"distractor": other.label, "animacy": "matched" if matched else "mixed"},
        )
