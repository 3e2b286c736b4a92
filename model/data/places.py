"""Windows of frames with where things are in them, put as narration: ``ball top left, cup bottom right``.

Made from the same annotations as instruction, like `model.data.pretraining.NameSource`: a caregiver who points says
both what a thing is and where. Questions about places are the instruction stage's.
"""

from __future__ import annotations

import random
from collections import Counter

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from model.data.corpus import TrainingData, frame_name
from model.dialogue import Encoder, Sample
from model.images import to_square

TRIES = 20
MOST = 4
CLEAR = 0.05
"""Least distance of a thing's centre from the middle lines, as a share of the window."""
Window = tuple[int, int, int, int]


class PlaceSource:
    """Windows of 45 to 100 % of a frame's size, with up to four things and their quadrants.

    Things that are small, half hidden, cut by the window, near its middle lines or one of several of their noun are
    not spoken of.

    Args:
        data: Training split.
        encoder: Makes tokens.
        side: Of the tower, pixels.
        seed: Of the choice.
        least: Smallest shorter side of a box, as a share of the frame's height.
    """

    def __init__(self, data: TrainingData, encoder: Encoder, side: int, seed: int, least: float = 0.07) -> None:
        self.data, self.encoder, self.side, self.seed, self.least = data, encoder, side, seed, least
        self.frames = [frame for frame in data.pool.frames if frame.boxes]
        if not self.frames:
            raise ValueError("no annotated frames")

    def sample(self, index: int) -> Sample:
        """Return a window and what is where in it; a few draws look for one with something to speak of."""
        rng = random.Random(f"{self.seed}/place/{index}")
        said = ""
        for _ in range(TRIES):
            frame = rng.choice(self.frames)
            image = self.data.pool.image(frame.recording, frame.time_ms)
            window = _window(image, rng)
            if said := self._said(frame, image, window, rng):
                break
        ids, labels = self.encoder.narration([(1, said)])
        name = frame_name(frame.recording, frame.time_ms)
        picture = to_square(image.crop(window), self.side)
        return Sample(ids, labels, (picture,), (0,), (name,), f"places in {name}")

    def _said(self, frame: AnnotatedFrame, image: Image.Image, window: Window, rng: random.Random) -> str:
        count = Counter(box.noun for box in frame.boxes)
        clear = [box for box in frame.boxes if count[box.noun] == 1 and box.visible > 0.6]
        large = [box for box in clear if min(box.w, box.h) >= self.least * image.height]
        found = [f"{box.noun} {where}" for box in large if (where := quadrant(box, window))]
        rng.shuffle(found)
        return ", ".join(found[:MOST])


def _window(image: Image.Image, rng: random.Random) -> Window:
    share = rng.uniform(0.45, 1.0)
    width, height = round(image.width * share), round(image.height * share)
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return left, top, left + width, top + height


def quadrant(box: Box, window: Window) -> str:
    """Return the quadrant of a window in which the centre of a box is; empty when the box is cut or near the middle."""
    left, top, right, bottom = window
    if box.x < left or box.y < top or box.x + box.w > right or box.y + box.h > bottom:
        return ""
    across = (box.x + box.w / 2 - left) / (right - left) - 0.5
    down = (box.y + box.h / 2 - top) / (bottom - top) - 0.5
    if abs(across) < CLEAR or abs(down) < CLEAR:
        return ""
    return f"{'top' if down < 0 else 'bottom'} {'left' if across < 0 else 'right'}"
