"""Picture Vocabulary: four pictures and a word; distractors close in meaning and in sound."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish
from devkit.tasks.distractors import Distractors
from devkit.tasks.material import CropRules, Material, material, provenance, shots

TEMPTATION = {"semantic": 3.0, "phonological": 1.5}


class PictureVocabulary(Task):
    """Which of four pictures shows the word's object.

    Four crops: the word's, and one distractor each that is close in meaning, close in sound, and unrelated, as far as
    the pool's nouns allow; every choice carries its role, so that confusions can be told apart. Prompts are
    interleaved (each letter before its picture), the second of the two published wordings.

    Attributes:
        rules: Which boxes may be cut out.
        distractors: Closeness of nouns.
    """

    code = "picture_vocabulary"
    title = "Picture Vocabulary"
    subdomain: ClassVar[Literal["language"]] = "language"
    nih_measure = "Picture Vocabulary"
    ages_months = (25, 42)
    layout = "grid4"
    forms: ClassVar[Mapping[str, Form]] = {"standard": Form("standard", 1 / 4, 4, "letter", "Four pictures and a word")}
    columns = (DataColumn("distractors", "str", "Roles of the three distractors, sorted and joined by +"),)
    prompts: ClassVar[Mapping[str, str]] = {
        "standard": "Touch the image of '{word}' (A)<image> (B)<image> (C)<image> (D)<image>"
    }
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
        """Cut out four objects; see `devkit.tasks.base.Task.generate`."""
        stock = material(pool, self.rules)
        named = stock.draw(rng, str(wanted["word"]) if "word" in wanted else None)
        drawn = self._distractors(stock, named.box.noun, rng) if named else None
        if named is None or drawn is None:
            return None
        picked = [(named, "target"), *drawn]
        rng.shuffle(picked)
        refs = [ref for ref, _ in picked]
        choices = tuple(Choice(label=ref.box.noun, media=sink.add(stock.crop(ref)), role=role) for ref, role in picked)
        if len({choice.media for choice in choices}) < len(choices):
            return None
        word = named.box.noun
        turn = Turn(
            prompt=self.prompts[form].format(word=word),
            choices=choices,
            target=[role for _, role in picked].index("target"),
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=word,
            difficulty={"distractors": "+".join(sorted(role for _, role in drawn))},
            provenance=provenance(pool, shots([named, *refs])),
        )

    def _distractors(self, stock: Material, noun: str, rng: random.Random) -> list[tuple[BoxRef, str]] | None:
        """Draw a box for each of three distractors; None when one cannot be found."""
        drawn: list[tuple[BoxRef, str]] = []
        for other, role in self.distractors.choose(noun, stock.nouns, rng):
            ref = stock.draw(rng, other, lambda drawn: not stock.holds(drawn, noun))
            if ref is not None:
                drawn.append((ref, role))
        return drawn if len(drawn) == 3 else None

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Name the target."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each noun."""
        return tuple({"word": noun} for noun in material(pool, self.rules).nouns)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: close distractors raise it, 0 with one semantic and one phonological."""
        roles = [choice.role for choice in turn.choices]
        return 0.5 * roles.count("semantic") + 0.3 * roles.count("phonological") - 0.8

    def mistake(self, turn: PresentedTurn, rng: random.Random) -> int:
        """Return a wrong picture; close ones are likelier."""
        wrong = [place for place in range(len(turn.choices)) if place != turn.target_position]
        return rng.choices(wrong, [TEMPTATION.get(turn.choices[place].role, 1.0) for place in wrong])[0]
