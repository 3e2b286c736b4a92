"""What the first four stages read: pictures for self-distillation, packed utterances, narrated images and clips."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np
from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from devkit.tasks.crops import letterbox
from model.data.corpus import Narration, Speech, TrainingData, frame_name
from model.data.schedule import shuffled
from model.dialogue import IGNORED, Encoder, Sample
from model.images import to_square
from model.tokenizer import EOS, SOS, UNK

PICTURE_MARGIN = 1.5
"""Pictures for self-distillation are this much larger than the tower's, so that views keep detail."""
CUTOUT_MARGIN = 0.1
CUTOUT_SCALE = (0.72, 1.0)
"""Size of an object alone, as a share of its black square; views make it smaller or larger again."""


type Order = Callable[[int], int]
"""Tells which sample stands at a place of the reading."""


class Source(Protocol):
    """Endless samples by number."""

    def sample(self, index: int) -> Sample:
        """Return the sample of that number; always the same for the same number and seed."""
        ...


class PictureSource:
    """Pictures for self-distillation: whole frames and the surroundings of annotated objects.

    Args:
        data: Training split.
        side: Of the tower, pixels.
        boxes: Share of pictures around an object.
        seed: Of the choice.
        cutouts: Share of those that are the object alone, set on black.
    """

    def __init__(self, data: TrainingData, side: int, boxes: float, seed: int, cutouts: float = 0.0) -> None:
        self.data, self.side, self.seed = data, round(side * PICTURE_MARGIN), seed
        self.boxes, self.cutouts = boxes, cutouts
        self.order: Order = partial(shuffled, count=len(data.pool.frames), seed=f"{seed}/vision")

    @property
    def ages(self) -> list[int | None]:
        """Age of the child at each frame, days."""
        return [self.data.ages.get(frame.recording) for frame in self.data.pool.frames]

    def picture(self, index: int) -> tuple[np.ndarray, str]:
        """Return the picture of that number, (side, side, 3), and its frame's name."""
        frame = self.data.pool.frames[self.order(index)]
        rng = random.Random(f"{self.seed}/vision/{index}")
        image = self.data.pool.image(frame.recording, frame.time_ms)
        if frame.boxes and rng.random() < self.boxes:
            box = rng.choice(frame.boxes)
            alone = self.cutouts > 0 and rng.random() < self.cutouts
            image = cutout(image, box, rng) if alone else around(image, box, rng)
        return to_square(image, self.side), frame_name(frame.recording, frame.time_ms)


class UtteranceSource:
    """Utterances joined by ``<eos>`` and cut to sequences of one length.

    Args:
        speech: What was said, by recording.
        encoder: Makes tokens.
        length: Of a sequence, tokens.
        seed: Of the order of sequences.
        apart: Whether recordings stay apart, so that the last sequence of each is shorter, or all are joined into one
            stream whose rest is left out.
    """

    def __init__(self, speech: Sequence[Speech], encoder: Encoder, length: int, seed: int, apart: bool = False) -> None:
        self.chunks: list[tuple[int, ...]] = []
        self.names: list[str] = []
        self.ages: list[int | None] = []
        for part in speech if apart else [_joined(speech)]:
            stream = [token for said in part.texts for token in (*encoder.words(said.strip()), EOS)]
            self._cut(part, stream, length - 1, apart)
        if not self.chunks:
            raise ValueError("no utterances")
        self.order: Order = partial(shuffled, count=len(self.chunks), seed=f"{seed}/language")

    def __len__(self) -> int:
        return len(self.chunks)

    def length(self, index: int) -> int:
        """Return the number of tokens of a sequence."""
        return len(self.chunks[self.order(index)])

    def sample(self, index: int) -> Sample:
        """Return a packed sequence."""
        place = self.order(index)
        ids = self.chunks[place]
        labels = tuple(IGNORED if token in (UNK, SOS) else token for token in ids)
        return Sample(ids, labels, name=self.names[place])

    def _cut(self, part: Speech, stream: list[int], width: int, apart: bool) -> None:
        if not stream:
            return
        if not apart:
            stream = stream * -(-width // len(stream))
        starts = range(0, len(stream) if apart else len(stream) - width + 1, width)
        for number, start in enumerate(starts):
            self.chunks.append((SOS, *stream[start : start + width]))
            self.names.append(f"utterances of {part.recording or 'all recordings'}, part {number + 1}")
            self.ages.append(part.age_days)


def _joined(speech: Sequence[Speech]) -> Speech:
    return Speech("", None, tuple(said for part in speech for said in part.texts))


class NarrationSource:
    """Frames with what was said: image–utterance, video–utterance or interleaved.

    Args:
        narrations: At least one.
        data: Where the frames are.
        encoder: Makes tokens.
        side: Of the tower, pixels.
        seed: Of the order.
        name: Of the source.
        focus: Cuts a frame down before it is shown; whole frames by default.
        shift: Largest share that is cut off at random from each side of a frame.
    """

    def __init__(
        self,
        narrations: Sequence[Narration],
        data: TrainingData,
        encoder: Encoder,
        side: int,
        seed: int,
        name: str,
        focus: Callable[[Image.Image, tuple[str, int], str, random.Random], Image.Image] | None = None,
        shift: float = 0.0,
    ) -> None:
        self.narrations, self.data, self.encoder, self.side = narrations, data, encoder, side
        self.seed, self.focus, self.shift = f"{seed}/{name}", focus, shift
        self.order: Order = partial(shuffled, count=len(narrations), seed=self.seed)

    def __len__(self) -> int:
        return len(self.narrations)

    @property
    def ages(self) -> list[int | None]:
        """Age of the child at each narration, days."""
        return [narration.age_days for narration in self.narrations]

    def length(self, index: int) -> int:
        """Return the number of tokens of a sequence, without loading its pictures."""
        parts = self.narrations[self.order(index)].parts
        return len(self.encoder.narration([(len(frames), said) for frames, said in parts])[0])

    def sample(self, index: int) -> Sample:
        """Return a narrated sequence."""
        narration = self.narrations[self.order(index)]
        rng = random.Random(f"{self.seed}/{index}")
        images: list[np.ndarray] = []
        for frames, said in narration.parts:
            for frame in frames:
                picture = self.data.pool.image(*frame)
                if self.focus is not None:
                    picture = self.focus(picture, frame, said, rng)
                images.append(to_square(shifted(picture, self.shift, rng), self.side))
        ids, labels = self.encoder.narration([(len(frames), said) for frames, said in narration.parts])
        seen = tuple(frame_name(*frame) for frames, _ in narration.parts for frame in frames)
        return Sample(ids, labels, tuple(images), tuple(range(len(images))), seen, narration.name)


class Naming:
    """Image–utterance pairs in which the utterance names an annotated object of the frame.

    ``pairs`` are those pairs, and `focus` cuts the frame down to that object: what a child sees who looks where the
    caregiver points.
    """

    def __init__(self, data: TrainingData) -> None:
        self._frames = {(f.recording, f.time_ms): f for f in data.pool.frames}
        self._nouns = {noun: re.compile(rf"\b{re.escape(noun)}(?:e?s)?\b", re.IGNORECASE) for noun in data.pool.by_noun}
        self.pairs = [p for p in data.pairs if self._named(p.parts[0][0][0], p.parts[0][1])]

    def focus(self, image: Image.Image, frame: tuple[str, int], said: str, rng: random.Random) -> Image.Image:
        """Cut a frame down to a named object."""
        boxes = self._named(frame, said)
        return around(image, rng.choice(boxes), rng, widest=0.4) if boxes else image

    def _named(self, frame: tuple[str, int], said: str) -> list[Box]:
        annotated: AnnotatedFrame | None = self._frames.get(frame)
        if annotated is None:
            return []
        return [box for box in annotated.boxes if box.visible > 0.5 and self._nouns[box.noun].search(said)]


class NameSource:
    """Annotated objects cut out of their frames, with their noun as what is said; evenly over the nouns.

    The instruction stage is made from the same annotations. Here they are put as narration, one word to one picture.

    Args:
        data: Training split.
        encoder: Makes tokens.
        side: Of the tower, pixels.
        seed: Of the choice.
        least: Smallest shorter side of a box, as a share of the frame's height.
    """

    def __init__(self, data: TrainingData, encoder: Encoder, side: int, seed: int, least: float = 0.08) -> None:
        self.data, self.encoder, self.side, self.seed = data, encoder, side, seed
        height = data.pool.image(data.pool.frames[0].recording, data.pool.frames[0].time_ms).height
        fit = {
            noun: [ref for ref in refs if ref.box.visible > 0.6 and min(ref.box.w, ref.box.h) >= least * height]
            for noun, refs in data.pool.by_noun.items()
        }
        self.boxes = {noun: refs for noun, refs in fit.items() if refs}
        self.nouns = tuple(self.boxes)

    def sample(self, index: int) -> Sample:
        """Return a named picture."""
        rng = random.Random(f"{self.seed}/name/{index}")
        noun = self.nouns[shuffled(index, len(self.nouns), f"{self.seed}/name")]
        ref = rng.choice(self.boxes[noun])
        picture = around(self.data.pool.image(ref.recording, ref.time_ms), ref.box, rng, widest=0.25)
        ids, labels = self.encoder.narration([(1, noun)])
        frame = frame_name(ref.recording, ref.time_ms)
        return Sample(ids, labels, (to_square(picture, self.side),), (0,), (frame,), f"{noun} in {frame}")


def around(image: Image.Image, box: Box, rng: random.Random, *, widest: float = 1.0) -> Image.Image:
    """Cut out a box with a random margin, up to ``widest`` of its longer side on each side."""
    longer = max(box.w, box.h)
    left, top, right, bottom = (longer * rng.uniform(0, widest) for _ in range(4))
    window = (
        max(0, round(box.x - left)),
        max(0, round(box.y - top)),
        min(image.width, round(box.x + box.w + right)),
        min(image.height, round(box.y + box.h + bottom)),
    )
    if window[2] - window[0] < 4 or window[3] - window[1] < 4:
        return image
    return image.crop(window)


def cutout(image: Image.Image, box: Box, rng: random.Random) -> Image.Image:
    """Cut out a box with hardly a margin and set it on black at a random size.

    It stands in the middle from left to right: else its place alone would tell it from its mirror image.
    """
    crop = around(image, box, rng, widest=CUTOUT_MARGIN)
    return letterbox(crop, scale=rng.uniform(*CUTOUT_SCALE), shift=(0.5, rng.random()))


def shifted(image: Image.Image, most: float, rng: random.Random) -> Image.Image:
    """Cut off a random share of each side, at most ``most`` of the width or height."""
    if not most:
        return image
    left, top, right, bottom = (rng.uniform(0, most) for _ in range(4))
    width, height = image.size
    edges = left * width, top * height, (1 - right) * width, (1 - bottom) * height
    return image.crop((round(edges[0]), round(edges[1]), round(edges[2]), round(edges[3])))
