"""Image operations that the makers of items share: cutting, letter-boxing, mirroring, varying, scattering.

All work on RGB pictures, all are pure, and all chance comes from the `random.Random` that is passed in. They are
fast enough to draw fresh items during training: nothing here touches pixels one by one in Python.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageStat

from devkit.annotations import Box

Window = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""
Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How far two pictures of one thing may differ in the robust forms.

    Attributes:
        margin: Least and most margin on each side, as a share of the box's longer side; each side draws its own.
        scale: Least and most size of the content, as a share of the canvas.
        quality: Lowest and highest JPEG quality.
        light: Least and most gain in brightness.
        contrast: Least and most gain in contrast around the mean.
        tint: Greatest difference in gain between the colour channels.
    """

    margin: tuple[float, float] = (0.02, 0.22)
    scale: tuple[float, float] = (0.72, 1.0)
    quality: tuple[int, int] = (55, 95)
    light: tuple[float, float] = (0.8, 1.2)
    contrast: tuple[float, float] = (0.85, 1.15)
    tint: float = 0.06

    def softened(self, share: float) -> Variation:
        """Return a share of it, 0 for pictures that differ in their compression only; itself for 1."""
        if share == 1.0:
            return self
        low, high = self.margin
        (dark, bright), (flat, sharp) = self.light, self.contrast
        return replace(
            self,
            margin=(share * low, share * high),
            scale=(1 - share * (1 - self.scale[0]), 1 - share * (1 - self.scale[1])),
            light=(1 - share * (1 - dark), 1 + share * (bright - 1)),
            contrast=(1 - share * (1 - flat), 1 + share * (sharp - 1)),
            tint=share * self.tint,
        )


def box_window(box: Box, size: Size, margin: float = 0.0) -> Window:
    """Return a box with a margin (a share of its longer side) on all sides, clipped to a frame of ``size``."""
    pad = margin * max(box.w, box.h)
    return clip((box.x - pad, box.y - pad, box.x + box.w + pad, box.y + box.h + pad), size)


def jittered_window(box: Box, size: Size, rng: random.Random, margin: tuple[float, float]) -> Window:
    """Return a box with a margin drawn for each side on its own, clipped to the frame."""
    longer = max(box.w, box.h)
    left, top, right, bottom = (rng.uniform(*margin) * longer for _ in range(4))
    return clip((box.x - left, box.y - top, box.x + box.w + right, box.y + box.h + bottom), size)


def clip(window: tuple[float, float, float, float], size: Size) -> Window:
    """Round a window to whole pixels inside a frame of ``size``; it keeps at least one pixel."""
    left, top = min(max(0, round(window[0])), size[0] - 1), min(max(0, round(window[1])), size[1] - 1)
    right, bottom = min(size[0], round(window[2])), min(size[1], round(window[3]))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def overlap(one: Window, other: Window) -> int:
    """Return the area that two windows share, in square pixels."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)


def letterbox(
    image: Image.Image, side: int | None = None, *, scale: float = 1.0, shift: tuple[float, float] = (0.5, 0.5)
) -> Image.Image:
    """Put a picture on a black square.

    Args:
        image: Any size.
        side: Side of the square in pixels; the picture's longer side by default, and then nothing is resampled.
        scale: Longer side of the content as a share of ``side``.
        shift: Where the free space goes, from 0 (content left, top) to 1 (right, bottom).
    """
    side = side or max(image.size)
    factor = side * scale / max(image.size)
    if abs(factor - 1) > 1e-9:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = Image.new("RGB", (side, side))
    canvas.paste(image, (round((side - image.width) * shift[0]), round((side - image.height) * shift[1])))
    return canvas


def mirror(image: Image.Image) -> Image.Image:
    """Return the picture with left and right exchanged."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def asymmetry(image: Image.Image) -> float:
    """Return how much a picture differs from its mirror image: mean absolute difference of a 24 × 24 grey, 0–1."""
    small = image.convert("L").resize((24, 24), Image.Resampling.BOX)
    return ImageStat.Stat(ImageChops.difference(small, mirror(small))).mean[0] / 255


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures differ at a glance: mean absolute difference of 8 × 8 thumbnails, 0–1."""
    a, b = (np.asarray(image.resize((8, 8), Image.Resampling.BOX), dtype=np.float32) for image in (one, other))
    return float(np.abs(a - b).mean() / 255)


def relight(image: Image.Image, light: float, contrast: float, tint: Sequence[float] = (1.0, 1.0, 1.0)) -> Image.Image:
    """Change brightness and contrast, and each channel's gain: ``(v − 128)·contrast + 128``, times the gains."""
    ramp = (np.arange(256, dtype=np.float32) - 128) * contrast + 128
    table = np.concatenate([np.clip(ramp * light * gain, 0, 255) for gain in tint]).astype(np.uint8)
    return image.point(table.tolist())


def recompress(image: Image.Image, quality: int) -> Image.Image:
    """Return the picture as JPEG of that quality leaves it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    out = Image.open(buffer)
    out.load()
    return out.convert("RGB")


def vary(image: Image.Image, rng: random.Random, how: Variation) -> Image.Image:
    """Change the light of a picture, then compress it: what a second photo of the same view could look like."""
    tint = [1 + rng.uniform(-how.tint, how.tint) for _ in range(3)]
    lit = relight(image, rng.uniform(*how.light), rng.uniform(*how.contrast), tint)
    return recompress(lit, rng.randint(*how.quality))


def capacity(crop: Size, canvas: Size) -> int:
    """Return how many copies of a crop a canvas holds in a grid, with a gap between them."""
    gap = _gap(canvas)
    return (canvas[0] // (crop[0] + gap)) * (canvas[1] // (crop[1] + gap))


def _gap(canvas: Size) -> int:
    """Return the least space between two copies: 1.5 % of the canvas, at least two pixels."""
    return max(2, round(0.015 * min(canvas)))


def scatter(crop: Image.Image, count: int, canvas: Size, rng: random.Random, most: int = 12) -> Image.Image:
    """Paste a crop ``count`` times on a black canvas: unscaled, never overlapping, at random places.

    The canvas is divided into a grid of cells that each hold the crop; cells are drawn without replacement and the
    crop moves freely inside its cell. The grid is the coarsest one with at least ``most`` cells, so that places tell
    nothing about the count.

    Raises:
        ValueError: The canvas cannot hold that many.
    """
    gap = _gap(canvas)
    columns, rows = _grid((crop.width + gap, crop.height + gap), canvas, max(count, most))
    cell_w, cell_h = canvas[0] // columns, canvas[1] // rows
    image = Image.new("RGB", canvas)
    for cell in rng.sample(range(columns * rows), count):
        x = cell % columns * cell_w + gap // 2 + rng.randint(0, cell_w - crop.width - gap)
        y = cell // columns * cell_h + gap // 2 + rng.randint(0, cell_h - crop.height - gap)
        image.paste(crop, (x, y))
    return image


def _grid(cell: Size, canvas: Size, least: int) -> Size:
    """Return columns and rows of the coarsest grid of at least ``least`` cells that are no smaller than ``cell``."""
    columns, rows = canvas[0] // cell[0], canvas[1] // cell[1]
    fitting = [(c, r) for c in range(1, columns + 1) for r in range(1, rows + 1) if c * r >= least]
    if not fitting:
        raise ValueError(f"a canvas of {canvas} does not hold {least} crops in cells of {cell}")
    return min(fitting, key=lambda g: (g[0] * g[1], abs(canvas[0] / g[0] / cell[0] - canvas[1] / g[1] / cell[1])))
