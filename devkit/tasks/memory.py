"""Memory: a dialogue of fifteen turns. Five objects are learned, then each is tested twice against a new one."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar, Literal

from devkit.items import Choice, Item, Turn
from devkit.pool import BoxRef, MediaSink, Pool
from devkit.respondents import Exchange, PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Score, Task, Wish
from devkit.tasks.crops import jittered_window
from devkit.tasks.material import CropRules, Material, material, provenance, shots

BASE = 5
REDRAWS = 8


class Memory(Task):
    """Touch the new image: five learning turns, then ten test turns.

    Turn 1 shows the first object alone. Turns 2 to 5 show a new object against one seen before. In the ten test turns
    every learned object appears twice, each time against a brand-new one. That makes 1 + 4 × 2 + 10 × 2 = 29 pictures
    of 15 objects with 15 different nouns. No two of the 29 pictures are the same: an object that comes again is shown
    from another frame where the pool has one, and cut anew. ``labels`` holds the nouns of each turn in the bank's
    order.

    Attributes:
        rules: Which boxes may be cut out; stricter than elsewhere, for a bystander in a crop would be seen, too.
        margin: Least and most margin on each side of a crop.
    """

    code = "memory"
    title = "Memory"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Delayed Memory: learning and test"
    ages_months = (22, 42)
    layout = "dialogue"
    resume = "closed"
    forms: ClassVar[Mapping[str, Form]] = {
        "standard": Form(
            "standard",
            1 / 4,
            2,
            "letter",
            "Fifteen turns: which picture is new? Scored by the learned objects that are right twice",
            {"learning": 1 / 2, "raw": 1 / 2, "adjusted": 1 / 4},
        )
    }
    columns = (
        DataColumn("base", "int", "Number of learned objects", "objects"),
        DataColumn("views", "int", "Different source frames of the learned objects, summed over them", "frames"),
    )
    prompts: ClassVar[Mapping[str, str]] = {
        "first": "Touch the new image. (A) <image>",
        "standard": "Let's try more. Touch the new image. (A) <image> (B) <image>",
    }
    rules = CropRules(min_visible=0.92, max_intrusion=0.12)
    margin = (0.02, 0.12)

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Draw fifteen objects and lay them out; see `devkit.tasks.base.Task.generate`.

        ``wanted`` may ask for another ``base`` than five: that many learned objects, three times as many objects and
        pictures of 6 × base − 1 altogether.
        """
        stock, base = material(pool, self.rules), int(wanted.get("base", BASE))
        count = 3 * base
        if len(stock.nouns) < count:
            return None
        refs = [stock.draw(rng, noun) for noun in rng.sample(stock.nouns, count)]
        objects = [_Object(stock, ref, rng, self.margin) for ref in refs if ref is not None]
        if len(objects) < count:
            return None
        turns = [
            self._turn(pair, position, phase, sink)
            for pair, position, phase in _layout(objects[:base], objects[base:], rng)
        ]
        pictures = [choice.media for turn in turns for choice in turn.choices]
        if len(set(pictures)) < len(pictures):
            return None
        used = [ref for thing in objects for ref in thing.shown]
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=tuple(turns),
            difficulty={"base": base, "views": sum(len(set(thing.shown)) for thing in objects[:base])},
            labels=tuple(tuple(choice.label for choice in turn.choices) for turn in turns),
            provenance=provenance(pool, shots(used)),
        )

    def _turn(
        self,
        pair: tuple[_Object, _Object | None],
        position: int,
        phase: Literal["learning", "test"],
        sink: MediaSink,
    ) -> Turn:
        """Show a new object at ``position``, against a seen one unless it is the first of all."""
        new, seen = pair
        choices = [Choice(label=new.noun, media=new.picture(sink), role="target")]
        if seen is not None:
            choices.insert(1 - position, Choice(label=seen.noun, media=seen.picture(sink), role="seen"))
        prompt = self.prompts["first" if seen is None else "standard"]
        return Turn(prompt=prompt, choices=tuple(choices), target=position, phase=phase)

    def lessons(self, form: str, pool: Pool) -> tuple[tuple[Wish, ...], ...]:
        """Return dialogues with one learned object, then with two."""
        return ({"base": 1},), ({"base": 2},)

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask for the new picture."""
        return self.say("later" if turn_index else "first", language)

    def score(self, exchanges: Sequence[Exchange]) -> Score:
        """Score a dialogue: ``learning``, ``raw`` and ``adjusted``; the last is the score and ``correct`` is None.

        Learning counts turns 2 to 5, raw the test turns, adjusted the learned objects that are right in both of
        their test turns. A turn without a readable answer is not right. A score is None when its turns did not all
        take place, and adjusted also when neither labels nor media tell which turns belong to one object.
        """
        complete = bool(exchanges) and len(exchanges) == exchanges[-1].turn.turn_count
        if not complete or not any(e.answer.outcome == "answered" for e in exchanges):
            return Score(None, None, dict.fromkeys(("learning", "raw", "adjusted")))
        learning = [e for e in exchanges if e.turn.phase == "learning" and len(e.turn.choices) > 1]
        test = [e for e in exchanges if e.turn.phase == "test"]
        pairs = tested_twice(test, learning)
        adjusted = None if pairs is None else sum(_right(a) and _right(b) for a, b in pairs) / len(pairs)
        return Score(None, adjusted, {"learning": _share(learning), "raw": _share(test), "adjusted": adjusted})

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: learning turns are easy; tests grow harder with the delay."""
        if turn.phase != "test":
            return -1.0
        return 0.3 * math.log2(1 + (turn.timing.delay_ms or 0) / 60_000)


class _Object:
    """One object of an item: gives a new picture of itself each time it is asked.

    Attributes:
        noun: Its noun.
        shown: The boxes that were cut out so far.
    """

    def __init__(self, stock: Material, ref: BoxRef, rng: random.Random, margin: tuple[float, float]) -> None:
        self.noun = ref.box.noun
        self.shown: list[BoxRef] = []
        self._stock, self._rng, self._margin = stock, rng, margin
        views = stock.views(ref)
        self._views = rng.sample(views, len(views))
        self._digests: set[str] = set()

    def picture(self, sink: MediaSink) -> str:
        """Cut the next view; return its digest, unlike all earlier ones if a few cuts can do it."""
        ref = self._views[len(self.shown) % len(self._views)]
        self.shown.append(ref)
        frame = self._stock.pool.image(ref.recording, ref.time_ms)
        for _ in range(REDRAWS):
            digest = sink.add(frame.crop(jittered_window(ref.box, frame.size, self._rng, self._margin)))
            if digest not in self._digests:
                break
        self._digests.add(digest)
        return digest


_Step = tuple[tuple[_Object, _Object | None], int, Literal["learning", "test"]]


def _layout(learned: Sequence[_Object], new: Sequence[_Object], rng: random.Random) -> list[_Step]:
    """Return the turns, three times the learned objects: new object, seen object, position of the new one, phase."""
    base = len(learned)
    steps: list[_Step] = [((learned[0], None), 0, "learning")]
    places = _balanced(base - 1, rng)
    for i in range(1, base):
        steps.append(((learned[i], rng.choice(learned[:i])), places[i - 1], "learning"))
    first, second = rng.sample(learned, base), rng.sample(learned, base)
    if first[-1] is second[0]:
        second.append(second.pop(0))
    for thing, other, place in zip([*first, *second], new, _balanced(2 * base, rng), strict=True):
        steps.append(((other, thing), place, "test"))
    return steps


def _balanced(count: int, rng: random.Random) -> list[int]:
    places = [i % 2 for i in range(count)]
    rng.shuffle(places)
    return places


def tested_twice(test: Sequence[Exchange], learning: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]] | None:
    """Return the pairs of test turns that belong to one learned object; None when that cannot be told.

    The seen object of a turn is the choice that is not the target. It is known by its label, if each such label occurs
    in exactly two test turns; otherwise by its picture, under the same condition.
    """
    for name in (_seen_label, _seen_media):
        groups: dict[Hashable, list[Exchange]] = defaultdict(list)
        for exchange in test:
            groups[name(exchange)].append(exchange)
        if groups and None not in groups and all(len(group) == 2 for group in groups.values()):
            return [(group[0], group[1]) for group in groups.values()]
    return None


def _seen(exchange: Exchange) -> int | None:
    places = [p for p in range(len(exchange.turn.choices)) if p != exchange.turn.target_position]
    return places[0] if len(places) == 1 else None


def _seen_label(exchange: Exchange) -> str | None:
    place = _seen(exchange)
    if place is None:
        return None
    label = exchange.turn.choices[place].label.strip().casefold()
    return label if len(label) > 1 else None


def _seen_media(exchange: Exchange) -> str | None:
    place = _seen(exchange)
    return None if place is None else exchange.turn.choices[place].media


def _right(exchange: Exchange) -> bool:
    answer = exchange.answer
    return answer.outcome == "answered" and answer.position == exchange.turn.target_position


def _share(exchanges: Sequence[Exchange]) -> float | None:
    return sum(map(_right, exchanges)) / len(exchanges) if exchanges else None
