"""Staged measures: paradigms for people that need no items of their own, because they are staged from a bank's.

Each takes a source item that every bank has and makes its own item of the same pictures: five things to touch before
the first touch task, a thing that hides and is to be found again after a delay, pictures to look at until they are
known. A model cannot take them (`people_only`), and no instruction data are made from them; the ten DevCV tasks are in
`devkit.tasks`.
"""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Turn
from devkit.pool import MediaSink, Pool
from devkit.respondents import PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Task, Wish

SIDES = ("left", "right")


class Staged(Task):
    """A task whose items are staged from those of another.

    Attributes:
        source: Code and form of the task whose items are taken.
        counts: Whether its trials are test trials; those of a tutorial never count.
    """

    source: ClassVar[tuple[str, str]] = ("picture_vocabulary", "standard")
    counts: ClassVar[bool] = True
    people_only = True

    @abstractmethod
    def stage(self, item: Item) -> Item:
        """Return the item that is staged from one of the source's; the same for the same source, always."""

    def generate(
        self, form: str, pool: Pool, sink: MediaSink, rng: random.Random, item_id: str, wanted: Wish = ANYTHING
    ) -> Item | None:
        """Nothing is generated: a bank holds the source's items."""
        return None

    def item_of(self, item: Item, turns: tuple[Turn, ...], difficulty: Mapping[str, int | str]) -> Item:
        """Return an item of this task with the source's pictures, words and origin."""
        return Item(
            item_id=f"{self.code}-{item.item_id}",
            task=self.code,
            form="standard",
            turns=turns,
            word=item.word,
            difficulty=dict(difficulty),
            provenance=item.provenance,
        )


class TouchTutorial(Staged):
    """Touch what you see: one thing at a time, anywhere on the screen, until the child has seen that touching works."""

    code = "touch_tutorial"
    title = "Touch tutorial"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Touch tutorial"
    ages_months = (22, 42)
    layout = "tutorial"
    counts = False
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1.0, 1, "letter", "One picture, to be touched wherever it is")
    }
    prompts: ClassVar[Mapping[str, str]] = {"standard": "Touch the {word}. (A) <image>"}

    def stage(self, item: Item) -> Item:
        """Show the named picture alone."""
        turn = item.turns[0]
        alone = turn.choices[turn.target].model_copy(update={"role": "target"})
        prompt = self.prompts["standard"].format(word=item.word)
        return self.item_of(item, (Turn(prompt=prompt, choices=(alone,), target=0),), {})

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask for a touch."""
        return self.say("question", language, word=item.word)


class HiddenToy(Staged):
    """Visual Delayed Response as it is played at a table: a thing goes into one of two boxes, a cover comes down.

    After the delay the cover rises, and the child touches the box. The form with frames of a clip, which models can
    take, is `devkit.tasks.visual_delayed_response`.
    """

    code = "hidden_toy"
    title = "Visual Delayed Response, hiding"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Visual Delayed Response"
    ages_months = (22, 42)
    layout = "hiding"
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1 / 2, 2, "word", "In which of two boxes is it, after a delay under a cover?")
    }
    columns = (DataColumn("direction", "str", "Box in which it is"),)
    prompts: ClassVar[Mapping[str, str]] = {"standard": "<image> Where is the {word}?"}

    def stage(self, item: Item) -> Item:
        """Hide the named picture; the side follows from the source item alone."""
        turn = item.turns[0]
        side = random.Random(f"{self.code} {item.item_id}").randrange(2)
        shown = turn.choices[turn.target].media
        hidden = Turn(
            prompt=self.prompts["standard"].format(word=item.word),
            stimuli=(shown,) if shown else (),
            choices=tuple(
                Choice(label=label, role="target" if place == side else "opposite") for place, label in enumerate(SIDES)
            ),
            target=side,
            answer_format="word",
            shuffle=False,
        )
        return self.item_of(item, (hidden,), {"direction": SIDES[side]})

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask where it is."""
        return self.say("question", language, word=item.word)

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: 0 at four seconds, half a logit for each doubling of the delay."""
        return 0.5 * math.log2(max(1, turn.timing.delay_ms or 4000) / 4000)


class Familiarization(Staged):
    """Looking-time habituation: one picture again and again until looking has fallen, then beside a new one.

    Turn 1 shows the picture that becomes familiar, turn 2 the new one (the right choice: looking goes to what is new)
    beside it. How long and how often is the protocol's criterion.
    """

    code = "familiarization"
    title = "Familiarization"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Familiarization"
    ages_months = (6, 24)
    layout = "looking"
    answer_by = "gaze"
    resume = "closed"
    source = ("looking_while_listening", "standard")
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form("standard", 1 / 2, 2, "letter", "One picture until it is known, then a new one beside it")
    }
    prompts: ClassVar[Mapping[str, str]] = {"standard": "<image>"}

    def stage(self, item: Item) -> Item:
        """Make the distractor's picture the familiar one and the named one the new one."""
        turn = item.turns[0]
        new = turn.choices[turn.target].model_copy(update={"role": "target"})
        familiar = turn.choices[1 - turn.target].model_copy(update={"role": "seen"})
        seen = Turn(
            prompt="<image>", choices=(familiar.model_copy(update={"role": "target"}),), target=0, phase="learning"
        )
        test = Turn(prompt="(A) <image> (B) <image>", choices=(new, familiar), target=0, phase="test")
        return self.item_of(item, (seen, test), {})

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Say nothing: it is looked in silence."""
        return ""


STAGED: dict[str, Staged] = {task.code: task for task in (TouchTutorial(), HiddenToy(), Familiarization())}
