"""Visual Delayed Response: an object leaves the frame; where did it go?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from devkit.annotations import DIRECTIONS
from devkit.items import IMAGE_MARK, Choice, Item, Turn
from devkit.pool import MediaSink, Pool
from devkit.respondents import Exchange, PresentedTurn
from devkit.tasks.base import ANYTHING, DataColumn, Form, Score, Task, Wish
from devkit.tasks.directions import Clip, ClipRules, degrees_between, find_clips
from devkit.tasks.material import provenance

OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


class VisualDelayedResponse(Task):
    """Where an object left the frame, from 5 to 9 frames of a clip of at most 4.4 seconds.

    Binary: the side it left through or the opposite one, straight exits only, both orders of the two words. Open: one
    of eight directions; ``adjacent`` also counts an answer within 45°. The object is in view on the last frame but
    one and gone on the last; nothing else in the clip bears its noun.

    Attributes:
        rules: Which exits are clear enough.
    """

    code = "visual_delayed_response"
    title = "Visual Delayed Response"
    subdomain: ClassVar[Literal["executive function and memory"]] = "executive function and memory"
    nih_measure = "Visual Delayed Response"
    ages_months = (22, 42)
    layout = "sequence"
    forms: ClassVar[Mapping[str, Form]] = {
        "binary": Form("binary", 1 / 2, 2, "word", "Did it leave through this side or the opposite one?"),
        "open": Form(
            "open", 1 / 8, 8, "word", "Where did it leave, of eight directions?", {"exact": 1 / 8, "adjacent": 3 / 8}
        ),
    }
    columns = (
        DataColumn("k_frames", "int", "Number of frames shown", "frames"),
        DataColumn("direction", "str", "Where the object left"),
        DataColumn("span_ms", "int", "Time from the first to the last frame", "ms"),
    )
    prompts: ClassVar[Mapping[str, str]] = {
        "binary": "{frames} does the {word} leave the frame through the {first} side of the frame or the {second} side"
        " of the frame? respond ONLY with '{first}' or '{second}'.",
        "open": "{frames} which part of the frame does the {word} leave from? respond ONLY with one of: 'top',"
        " 'bottom', 'left', 'right', 'top right', 'top left', 'bottom right', or 'bottom left'.",
    }
    rules = ClipRules()

    def generate(
        self,
        form: str,
        pool: Pool,
        sink: MediaSink,
        rng: random.Random,
        item_id: str,
        wanted: Wish = ANYTHING,
    ) -> Item | None:
        """Sample the frames of one exit; see `devkit.tasks.base.Task.generate`."""
        clip = self._draw(form, pool, rng, wanted)
        if clip is None:
            return None
        fewest, most = self.rules.frames
        times = clip.sample(rng.randint(fewest, min(most, len(clip.times))))
        labels = self._labels(form, clip.direction, rng)
        prompt = self.prompts[form].format(
            frames=IMAGE_MARK * len(times), word=clip.noun, first=labels[0], second=labels[1]
        )
        turn = Turn(
            prompt=prompt,
            stimuli=tuple(sink.add(pool.image(clip.recording, time_ms), lossless=False) for time_ms in times),
            choices=tuple(Choice(label=label, role=role(label, clip.direction)) for label in labels),
            target=labels.index(clip.direction),
            answer_format="word",
            shuffle=False,
        )
        return Item(
            item_id=item_id,
            task=self.code,
            form=form,
            turns=(turn,),
            word=clip.noun,
            difficulty={"k_frames": len(times), "direction": clip.direction, "span_ms": times[-1] - times[0]},
            provenance=provenance(pool, [(clip.recording, time_ms) for time_ms in times]),
        )

    def _draw(self, form: str, pool: Pool, rng: random.Random, wanted: Wish) -> Clip | None:
        """Draw a clip evenly over the directions."""
        clips = [c for c in find_clips(pool, self.rules) if form == "open" or c.direction in OPPOSITE]
        for column, value in (("direction", wanted.get("direction")), ("noun", wanted.get("word"))):
            clips = [c for c in clips if value is None or getattr(c, column) == value]
        if not clips:
            return None
        direction = rng.choice(sorted({c.direction for c in clips}))
        return rng.choice([c for c in clips if c.direction == direction])

    def _labels(self, form: str, direction: str, rng: random.Random) -> tuple[str, ...]:
        if form == "open":
            return DIRECTIONS
        pair = [direction, OPPOSITE[direction]]
        rng.shuffle(pair)
        return tuple(pair)

    def spoken(self, item: Item, turn_index: int, language: str) -> str:
        """Ask where the object went."""
        return self.say("question", language, word=item.word)

    def bins(self, form: str, pool: Pool) -> tuple[Wish, ...]:
        """Return one bin for each direction in which something leaves."""
        found = {clip.direction for clip in find_clips(pool, self.rules)}
        names = [name for name in DIRECTIONS if name in found and (form == "open" or name in OPPOSITE)]
        return tuple({"direction": name} for name in names)

    def score(self, exchanges: Sequence[Exchange]) -> Score:
        """Score a trial; in the open form ``adjacent`` is 1 within 45° of the target."""
        base = super().score(exchanges)
        turn, answer = exchanges[-1].turn, exchanges[-1].answer
        if turn.form != "open":
            return base
        if base.score is None or answer.position is None:
            return Score(None, None, {"exact": None, "adjacent": None})
        chosen, target = turn.choices[answer.position].label, turn.choices[turn.target_position].label
        near = degrees_between(chosen, target) <= 45
        return Score(base.correct, base.score, {"exact": base.score, "adjacent": float(near)})

    def difficulty(self, turn: PresentedTurn) -> float:
        """Return the difficulty: more frames and longer delays are harder, 0 at seven frames without a delay."""
        delay = (turn.timing.delay_ms or 0) / 1000
        return 0.1 * (int(turn.difficulty.get("k_frames", 7)) - 7) + 0.4 * math.log2(1 + delay / 4)

    def mistake(self, turn: PresentedTurn, rng: random.Random) -> int:
        """Return a wrong side; one next to the right one is three times as likely as any other."""
        wrong = [place for place in range(len(turn.choices)) if place != turn.target_position]
        weights = [3.0 if turn.choices[place].role == "adjacent" else 1.0 for place in wrong]
        return rng.choices(wrong, weights)[0]


def role(label: str, direction: str) -> str:
    """Return the role of a direction: the target, next to it, opposite, or another."""
    apart = degrees_between(label, direction)
    return {0: "target", 45: "adjacent", 180: "opposite"}.get(apart, "direction")
