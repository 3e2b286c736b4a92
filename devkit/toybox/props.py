"""Toys as they are met: an instance by name, and its picture at a size, tilt and light with its shadow.

Sprites are cached, since a frame pastes them at whole pixels and a scene shows the same ones again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from devkit.toybox.clay import Clay, Light, Relief
from devkit.toybox.look import Look
from devkit.toybox.nouns import NOUNS, relief
from devkit.toybox.paint import CREAM, Paint, tint
from devkit.toybox.shapes import blob, box, tube

SOLID = 40
"""Opacity (0–255) from which a pixel belongs to a toy."""


@dataclass(frozen=True, slots=True)
class Toy:
    """One very toy: the same name always looks the same.

    Attributes:
        noun: Singular; empty for clutter that is no noun.
        seed: Of its look.
        name: Of the instance, unique in a corpus.
    """

    noun: str
    seed: int
    name: str

    def relief(self) -> Relief:
        """Return its model."""
        return relief(self.noun, self.seed) if self.noun else _clutter(self.seed)

    def look(self) -> Look:
        """Return its traits."""
        return NOUNS[self.noun].look(self.seed)

    def aspect(self) -> float:
        """Return width over height, upright."""
        return _aspect(self)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A toy ready to be pasted.

    Attributes:
        picture: RGBA with its contact shadow.
        left: Where the toy begins in the picture, pixels.
        top: Where the toy begins in the picture, pixels.
        mask: H×W, true where the toy is solid; its outline touches all four sides.
    """

    picture: Image.Image
    left: int
    top: int
    mask: NDArray[np.bool_]

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of the toy without its shadow."""
        return self.mask.shape[1], self.mask.shape[0]


@lru_cache(maxsize=4096)
def _aspect(toy: Toy) -> float:
    high, wide = toy.relief().alpha.shape
    return float(wide / high)


@lru_cache(maxsize=160)
def sprite(toy: Toy, long_side: int, tilt: int, light: Light, shadow: bool) -> Sprite:
    """Return a toy at a size (longer side in pixels, before it is tilted by whole degrees clockwise)."""
    return make_sprite(toy, long_side, tilt, light, shadow)


def make_sprite(toy: Toy, long_side: int, tilt: int, light: Light, shadow: bool) -> Sprite:
    """Draw what `sprite` keeps."""
    picture = toy.relief().lit(light.turned(tilt))
    scale = long_side / max(picture.size)
    picture = picture.resize(
        (max(4, round(picture.width * scale)), max(4, round(picture.height * scale))), Image.Resampling.LANCZOS
    )
    if tilt:
        picture = picture.rotate(-tilt, Image.Resampling.BICUBIC, expand=True)
    solid = np.asarray(picture)[..., 3] >= SOLID
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    x0, y0, x1, y1 = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    picture, mask = picture.crop((x0, y0, x1, y1)), np.ascontiguousarray(solid[y0:y1, x0:x1])
    if not shadow:
        return Sprite(picture, 0, 0, mask)
    pad = max(3, round(0.1 * picture.width))
    board = Image.new("RGBA", (picture.width + 2 * pad, picture.height + pad))
    lies = bool(toy.noun) and NOUNS[toy.noun].lies
    board.putalpha(_cast(board.size, picture, pad, light) if lies else _contact(board.size, picture.size, pad, light))
    board.alpha_composite(picture, (pad, 0))
    return Sprite(board, pad, 0, mask)


def _contact(board: tuple[int, int], toy: tuple[int, int], pad: int, light: Light) -> Image.Image:
    """Return the opacity of the shadow under a toy that stands."""
    wide, high = toy
    shade = Image.new("L", board)
    half, flat = 0.46 * wide, max(2.0, 0.085 * wide)
    x, y = pad + wide / 2 - 0.15 * wide * light.x, high - 0.4 * flat
    ImageDraw.Draw(shade).ellipse((x - half, y - flat, x + half, y + flat), fill=95)
    return shade.filter(ImageFilter.GaussianBlur(max(1.0, 0.03 * wide)))


def _cast(board: tuple[int, int], picture: Image.Image, pad: int, light: Light) -> Image.Image:
    """Return the opacity of the shadow beside a toy that lies flat: its own outline, shifted away from the light."""
    shade = Image.new("L", board)
    far = 0.05 * max(picture.size)
    shade.paste(
        picture.getchannel("A").point(lambda value: value * 0.4), (pad - round(far * light.x), round(far * 0.7))
    )
    return shade.filter(ImageFilter.GaussianBlur(max(1.0, 0.3 * far)))


@lru_cache(maxsize=16)
def _clutter(seed: int) -> Relief:
    """Model a cushion or a crate: something that stands in front and is no noun."""
    look = Look(
        "clutter",
        seed,
        colours=("red", "blue", "green", "yellow", "purple", "gray", "brown"),
        patterns=("plain", "stripes", "checks", "dots"),
        material="knit",
        gloss=0.02,
    )
    clay = Clay(256)
    if look.chance(0.6):
        clay.add(
            look.main,
            blob(
                (-0.94, -0.4),
                (-0.4, -0.34),
                (0.4, -0.34),
                (0.94, -0.4),
                (0.86, 0.1),
                (0.94, 0.6),
                (0.3, 0.54),
                (-0.3, 0.54),
                (-0.94, 0.6),
                (-0.86, 0.1),
            ),
        )
        clay.paint(tint(look.main.rgb, 0.75), tube([(-0.9, -0.37), (0, -0.32), (0.9, -0.37)], 0.02))
    else:
        wood = Paint((206, 164, 112), material="wood", gloss=0.1)
        clay.add(wood.shade(0.5), box(-0.9, -0.5, 0.9, 0.6))
        for y in (-0.52, -0.12, 0.28):
            clay.add(wood, box(-0.95, y, 0.95, y + 0.3, 0.03), puff=0.4)
        for x in (-0.95, 0.8):
            clay.add(wood.shade(0.85), box(x, -0.56, x + 0.15, 0.64, 0.02), puff=0.4)
        clay.add(Paint(CREAM), box(-0.3, -0.06, 0.3, 0.22, 0.03), puff=0.2)
    return clay.finish()
