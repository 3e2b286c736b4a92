"""Blurring faces in pictures that leave the lab, found by a detector whose weights lie on this machine.

A detector misses some: whoever exports looks through what comes out. Blurring is coarse on purpose (a face keeps at
most six by six patches), so that it cannot be undone.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from devkit.annotations import Box
from devkit.corpus.annotate.vocabulary import make_vocabulary
from devkit.corpus.filters.detect import Detector, DetectRules

PATCHES = 6
MARGIN = 0.15
_FACES = make_vocabulary({"face": (("head", "human face"), "")})


def blur(image: Image.Image, boxes: list[Box]) -> Image.Image:
    """Return a picture with some boxes, and a margin round them, brought down to a few patches."""
    out = image.copy()
    for box in boxes:
        pad = round(MARGIN * max(box.w, box.h))
        left, top = max(0, box.x - pad), max(0, box.y - pad)
        right, bottom = min(image.width, box.x + box.w + pad), min(image.height, box.y + box.h + pad)
        part = image.crop((left, top, right, bottom))
        few = part.resize((min(PATCHES, part.width), min(PATCHES, part.height)), Image.Resampling.BOX)
        out.paste(few.resize(part.size, Image.Resampling.BICUBIC), (left, top))
    return out


class FaceBlur:
    """Blurs the faces that a detector finds.

    Args:
        folder: Grounding DINO in the form of transformers.
        floor: Lowest confidence of a face; low, for a missed face is worse than a blurred ball.
    """

    def __init__(self, folder: Path, floor: float = 0.2) -> None:
        self.detector = Detector(folder, DetectRules(box_floor=floor, text_floor=floor, same=0.9, most=100))

    def __call__(self, image: Image.Image) -> Image.Image:
        """Return the picture with its faces blurred."""
        return blur(image, [box for box, _ in self.detector.boxes(image, ["face"], _FACES)])
