"""Colours with a child's names, and the patterns and materials that a surface can have.

A `Paint` is evaluated on a grid of unit coordinates, so it looks the same at every size.
"""

from __future__ import annotations

import colorsys
import hashlib
import math
import random
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating[Any]]
Rgb = tuple[int, int, int]
Pattern = Literal["plain", "stripes", "dots", "checks", "patches", "stars", "zigzag"]
Material = Literal["smooth", "fur", "wool", "wood", "knit", "crumb", "peel", "carpet"]

COLOURS: dict[str, Rgb] = {
    "red": (214, 50, 47),
    "orange": (242, 135, 32),
    "yellow": (250, 205, 48),
    "green": (74, 163, 72),
    "blue": (48, 110, 205),
    "purple": (136, 84, 178),
    "pink": (240, 138, 172),
    "brown": (146, 96, 58),
    "white": (242, 239, 231),
    "gray": (146, 150, 158),
    "black": (58, 56, 64),
}
"""Named colours, sRGB."""

INK: Rgb = (44, 38, 42)
CREAM: Rgb = (250, 236, 208)
BLUSH: Rgb = (238, 128, 134)
STEEL: Rgb = (186, 192, 202)
WOOD: Rgb = (201, 152, 98)


def derive(*parts: object) -> int:
    """Return a 64-bit seed made from any parts, the same on every machine and in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class Paint:
    """What a surface looks like.

    Attributes:
        rgb: Main colour, sRGB.
        pattern: Drawn with ``rgb2``.
        rgb2: Second colour.
        scale: Size of the pattern, in units of the toy.
        angle: Direction of the pattern, degrees.
        material: Fine grain of the surface; bends the light as well as the colour.
        gloss: Strength of the highlight, 0–1.
        seed: Of the grain and of irregular patterns.
    """

    rgb: Rgb
    pattern: Pattern = "plain"
    rgb2: Rgb = COLOURS["white"]
    scale: float = 0.25
    angle: float = 0.0
    material: Material = "smooth"
    gloss: float = 0.25
    seed: int = 0

    def plain(self, rgb: Rgb | None = None) -> Paint:
        """Return the same material without a pattern."""
        return replace(self, pattern="plain", rgb=self.rgb if rgb is None else rgb)

    def shade(self, factor: float) -> Paint:
        """Return a darker (factor < 1) or lighter paint without a pattern."""
        return self.plain(tint(self.rgb, factor))

    def colour(self, x: Array, y: Array) -> Array:
        """Return H×W×3 sRGB values 0–255 for unit coordinates ``x`` and ``y`` (H×W)."""
        base = np.asarray(self.rgb, dtype=np.float32)
        out = np.broadcast_to(base, (*x.shape, 3)).copy()
        if self.pattern != "plain":
            share = _pattern(self, x, y)[..., None]
            out += share * (np.asarray(self.rgb2, dtype=np.float32) - base)
        if self.material != "smooth":
            out *= 1 + self.grain(x, y)[..., None]
        return out

    def grain(self, x: Array, y: Array) -> Array:
        """Return the relative brightness (about −0.15 … 0.15) of the material's grain, H×W."""
        if self.material == "fur":
            return 0.13 * _noise(x + 0.3 * y, 3.5 * (y - 0.3 * x), 0.16, self.seed)
        if self.material == "wool":
            return 0.10 * _noise(x, y, 0.13, self.seed)
        if self.material == "wood":
            rings = np.sin(40 * y + 5 * _noise(x * 0.3, y, 0.35, self.seed))
            return np.asarray(0.07 * rings, dtype=np.float32)
        if self.material == "knit":
            return np.asarray(0.10 * np.cos(58 * x) * np.cos(58 * y + 1.2 * np.abs(np.sin(29 * x))), dtype=np.float32)
        if self.material == "peel":
            return 0.05 * _noise(x, y, 0.06, self.seed)
        if self.material == "carpet":
            return 0.035 * _noise(x, y, 0.03, self.seed) + 0.03 * _noise(x, y, 0.4, self.seed + 1)
        return 0.08 * _noise(x + 0.4 * y, y - 0.4 * x, 0.05, self.seed) + 0.07 * _noise(x, y, 0.25, self.seed + 1)


def tint(rgb: Rgb, factor: float) -> Rgb:
    """Darken (factor < 1) or lighten towards white (factor > 1) a colour."""
    if factor <= 1:
        return (round(rgb[0] * factor), round(rgb[1] * factor), round(rgb[2] * factor))
    rest = min(1.0, factor - 1)
    return mix(rgb, (255, 255, 255), rest)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """Return ``a`` with a share of ``b``."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def vary(rgb: Rgb, rng: random.Random, amount: float = 1.0) -> Rgb:
    """Return a colour near another one that still has the same name."""
    h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in rgb))
    h = (h + amount * rng.uniform(-0.011, 0.011)) % 1
    s = min(1.0, max(0.0, s * (1 + amount * rng.uniform(-0.13, 0.10))))
    v = min(0.98, max(0.15, v * (1 + amount * rng.uniform(-0.12, 0.10))))
    r, g, b = colorsys.hsv_to_rgb(h, s, v)
    return (round(r * 255), round(g * 255), round(b * 255))


def contrast(a: Rgb, b: Rgb) -> float:
    """Return how far apart two colours look (weighted distance; 60 is clearly different)."""
    mean = (a[0] + b[0]) / 2
    dr, dg, db = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return math.sqrt((2 + mean / 256) * dr * dr + 4 * dg * dg + (2 + (255 - mean) / 256) * db * db) / 2


def _pattern(paint: Paint, x: Array, y: Array) -> Array:
    turn = math.radians(paint.angle)
    u = (x * math.cos(turn) + y * math.sin(turn)) / paint.scale
    v = (-x * math.sin(turn) + y * math.cos(turn)) / paint.scale
    soft = max(0.02, 0.012 / paint.scale)
    if paint.pattern == "stripes":
        return _step(np.abs(_centred(u)) - 0.25, soft)
    if paint.pattern == "zigzag":
        return _step(np.abs(_centred(u + 0.3 * np.abs(_centred(v)) * 2)) - 0.2, soft)
    if paint.pattern == "checks":
        return _step(_centred(u) * _centred(v) * 4, soft * 2)
    if paint.pattern == "dots":
        return _step(np.hypot(_centred(u), _centred(v + 0.5 * (np.floor(u + 0.5) % 2))) - 0.27, soft)
    if paint.pattern == "stars":
        du, dv = _centred(u), _centred(v + 0.5 * (np.floor(u + 0.5) % 2))
        reach = 0.25 + 0.11 * np.cos(5 * np.arctan2(du, -dv))
        return _step(np.hypot(du, dv) - reach, soft)
    return _step(0.28 - _noise(x, y, 1.5 * paint.scale, paint.seed), 0.06)


def _centred(u: Array) -> Array:
    return np.asarray(u - np.floor(u + 0.5), dtype=np.float32)


def _step(distance: Array, soft: float) -> Array:
    """Return 1 where the distance is negative and 0 where it is positive, with a soft edge."""
    return np.asarray(np.clip(0.5 - distance / (2 * soft), 0, 1), dtype=np.float32)


def _noise(x: Array, y: Array, size: float, seed: int) -> Array:
    """Return smooth noise of about unit range with features of ``size`` units."""
    cells = 64
    table = _table(seed % 61, cells)
    iu, iv = (x / size + 512) % cells, (y / size + 512) % cells
    u0, v0 = np.floor(iu).astype(np.int32) % cells, np.floor(iv).astype(np.int32) % cells
    fu, fv = iu - np.floor(iu), iv - np.floor(iv)
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    u1, v1 = (u0 + 1) % cells, (v0 + 1) % cells
    top = table[v0, u0] * (1 - fu) + table[v0, u1] * fu
    low = table[v1, u0] * (1 - fu) + table[v1, u1] * fu
    return np.asarray(top * (1 - fv) + low * fv, dtype=np.float32)


_TABLES: dict[tuple[int, int], Array] = {}


def _table(seed: int, cells: int) -> Array:
    if (seed, cells) not in _TABLES:
        rng = np.random.Generator(np.random.PCG64(derive("noise", seed)))
        _TABLES[seed, cells] = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    return _TABLES[seed, cells]


def resize(values: Array, width: int, height: int) -> Array:
    """Resample a float map with PIL's bilinear filter."""
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
