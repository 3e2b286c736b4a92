"""What is said in a recording, when, and about what.

A caregiver names, counts and locates what is in view and talks of other things; the child babbles or names. Which
sentences there are is data in `lexicon`.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devkit.annotations import AnnotatedFrame, Box, Utterance
from devkit.toybox import lexicon
from devkit.toybox.nouns import NOUNS
from devkit.toybox.props import Toy

KEY_CHILD = "CHI"
"""Speaker code of the child who wears the camera, as in CHAT transcripts; MOT and FAT are the parents."""

KINDS = {
    "label": 26,
    "colour": 14,
    "where": 12,
    "count": 12,
    "leaving": 9,
    "gone": 4,
    "place": 5,
    "beside": 5,
    "pattern": 3,
    "size": 3,
    "action": 3,
    "sound": 4,
    "absent": 7,
    "routine": 18,
    "child": 9,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What a speaker knows at a moment.

    Attributes:
        boxes: What is well in view.
        leaving: Noun and direction of something that will soon be out of view; None when nothing will.
        gone: Noun that went out of view just now; empty when none did.
        place: What the toys stand on.
    """

    boxes: tuple[Box, ...]
    leaving: tuple[str, str] | None
    gone: str
    place: str


class Speaker:
    """Everything said in one recording.

    Args:
        frames: Its annotated frames in order.
        toys: Every toy of it by name, for colours.
        places: Start of each scene in ms, and what things stand on there.
        size: Of the frame, pixels.
        age_months: Of the child, which decides how it speaks.
        seed: Source of chance.
    """

    def __init__(
        self,
        frames: Sequence[AnnotatedFrame],
        toys: Mapping[str, Toy],
        places: Sequence[tuple[int, str]],
        size: tuple[int, int],
        age_months: int,
        seed: int,
    ) -> None:
        self.frames, self.toys, self.places, self.size, self.age = frames, toys, places, size, age_months
        self.rng = random.Random(seed)
        self._times = [frame.time_ms for frame in frames]

    def utterances(self, duration_ms: int) -> list[Utterance]:
        """Return what is said, in order; nothing overlaps or ends after the recording."""
        said: list[Utterance] = []
        now = self.rng.randint(200, 1500)
        while True:
            text, child = self.sentence(self.situation(now))
            length = 220 + round(self.rng.uniform(230, 330) * len(text.split()))
            if now + length > duration_ms:
                return said
            said.append(self._utterance(now, now + length, text, child))
            now += (
                length + self.rng.randint(350, 1200) + (self.rng.randint(800, 3500) if self.rng.random() < 0.25 else 0)
            )

    def situation(self, now: int) -> Situation:
        """Return what is to be seen at a time."""
        i = max(0, bisect_right(self._times, now) - 1)
        width, height = self.size
        boxes = tuple(
            b for b in self.frames[i].boxes if b.visible > 0.55 and b.w > 0.05 * width and b.h > 0.05 * height
        )
        names = {b.track: b.noun for b in boxes}
        ahead = [(names[t], way) for f in self.frames[i + 1 : i + 8] for t, way in f.exits.items() if t in names]
        past = [t.rsplit("#", 1)[0] for f in self.frames[max(0, i - 4) : i + 1] for t in f.exits]
        here = {b.instance for b in boxes}
        gone = next((self.toys[name].noun for name in past if name not in here), "")
        place = self.places[max(0, bisect_right(self.places, (now, "~")) - 1)][1]
        return Situation(boxes, ahead[0] if ahead else None, gone, place)

    def sentence(self, seen: Situation) -> tuple[str, bool]:
        """Return what is said next, and whether it is the child who says it."""
        for _ in range(6):
            kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
            text = self._say(kind, seen)
            if text:
                return text, kind == "child"
        return self.rng.choice(lexicon.ROUTINE), False

    def _say(self, kind: str, seen: Situation) -> str:
        """Fill a sentence of a kind; empty when the situation gives no occasion for it."""
        if kind == "routine":
            return self.rng.choice(lexicon.ROUTINE)
        if kind == "child":
            return self._child(seen)
        if kind == "absent":
            here = {box.noun for box in seen.boxes}
            noun = self.rng.choice([n for n in NOUNS if n not in here])
            return self._fill(self.rng.choice(lexicon.ABSENT), noun)
        if kind == "gone":
            return self._fill(self.rng.choice(lexicon.GONE), seen.gone) if seen.gone else ""
        if kind == "leaving":
            if seen.leaving is None:
                return ""
            return self._fill(self.rng.choice(lexicon.LEAVING[seen.leaving[1]]), seen.leaving[0])
        return self._about_view(kind, seen) if seen.boxes else ""

    def _about_view(self, kind: str, seen: Situation) -> str:
        box = self.rng.choices(seen.boxes, [b.w * b.h * b.visible for b in seen.boxes])[0]
        kinds = Counter(b.noun for b in seen.boxes)
        others = sorted(n for n in kinds if n != box.noun)
        many = sorted(n for n, count in kinds.items() if count > 1)
        if kind == "count":
            noun = self.rng.choice(many) if many else box.noun
            return self._count(noun, kinds[noun], seen) if many or self.rng.random() < 0.25 else ""
        if kind == "beside" and others:
            other = self.rng.choice(others)
            return self._fill(self.rng.choice(lexicon.BESIDE), box.noun, m=other)
        look = self.toys[box.instance].look()
        kindred = NOUNS[box.noun]
        if kind == "colour":
            return self._fill(self.rng.choice(lexicon.COLOUR), box.noun, c=look.colour)
        if kind == "pattern" and look.pattern in lexicon.PATTERN_WORDS:
            return self._fill(
                self.rng.choice(lexicon.PATTERN), box.noun, c=look.colour, p=lexicon.PATTERN_WORDS[look.pattern]
            )
        if kind == "sound" and kindred.sound:
            return self._fill(self.rng.choice(lexicon.SOUND), box.noun, s=kindred.sound)
        if kind == "action" and kindred.verbs:
            return self._fill(self.rng.choice(lexicon.ACTION), box.noun, v=self.rng.choice(kindred.verbs))
        if kind == "size":
            return self._fill(self.rng.choice(lexicon.SIZE), box.noun, z=self._size_word(box))
        if kind == "place" and not kindred.flies:
            return self._fill(self.rng.choice(lexicon.PLACE), box.noun, place=seen.place)
        if kind == "where":
            return self._fill(self.rng.choice(lexicon.WHERE), box.noun, side=self._side(box))
        return self._fill(self.rng.choice(lexicon.LABEL), box.noun) if kind == "label" else ""

    def _count(self, noun: str, count: int, seen: Situation) -> str:
        if count == 1:
            return self._fill(self.rng.choice(lexicon.ONE), noun)
        box = next(b for b in seen.boxes if b.noun == noun)
        words = lexicon.NUMBERS[1 : count + 1]
        return self._fill(
            self.rng.choice(lexicon.COUNT), noun, k=words[-1], count=" ".join(words), side=self._side(box)
        )

    def _child(self, seen: Situation) -> str:
        if self.rng.random() < max(0.1, 1.25 - self.age / 18) or not seen.boxes:
            return self.rng.choice(lexicon.CHILD_BABBLE)
        box = self.rng.choice(seen.boxes)
        return self._fill(self.rng.choice(lexicon.CHILD_WORDS), box.noun, c=self.toys[box.instance].look().colour)

    def _side(self, box: Box) -> str:
        x, y = (box.x + box.w / 2) / self.size[0], (box.y + box.h / 2) / self.size[1]
        across = "left" if x < 0.42 else "right" if x > 0.58 else ""
        down = "top" if y < 0.42 else "bottom" if y > 0.6 else ""
        if across and down and self.rng.random() < 0.5:
            return f"in the {down} {across}"
        if across and (not down or self.rng.random() < 0.6):
            return f"on the {across}"
        return {"top": "up there", "bottom": "down there", "": "in the middle"}[down]

    def _size_word(self, box: Box) -> str:
        share = max(box.w, box.h) / self.size[1]
        return self.rng.choice(
            ("big", "huge", "great big") if share > 0.36 else ("little", "tiny", "small") if share < 0.26 else ("nice",)
        )

    def _fill(self, text: str, noun: str, **fields: str) -> str:
        kind = NOUNS[noun]
        name = kind.pet if kind.pet and self.rng.random() < 0.22 else noun
        colour = fields.get("c", "")
        values = {
            "n": name,
            "a": with_article(name),
            "ns": kind.plural,
            "ac": with_article(colour) if colour else "",
            **fields,
        }
        return text.format(**values)

    def _utterance(self, start: int, end: int, text: str, child: bool) -> Utterance:
        if child:
            return Utterance(
                start_ms=start,
                end_ms=end,
                speaker=KEY_CHILD,
                text=text,
                confidence=round(self.rng.uniform(0.15, 0.62), 2),
            )
        speaker = "MOT" if self.rng.random() < 0.76 else "FAT"
        mumbled = self.rng.random() < 0.04
        sure = self.rng.uniform(0.3, 0.5) if mumbled else self.rng.uniform(0.68, 0.99)
        return Utterance(start_ms=start, end_ms=end, speaker=speaker, text=text, confidence=round(sure, 2))


def with_article(word: str) -> str:
    """Return a word with ``a`` or ``an``."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
