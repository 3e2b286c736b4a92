"""Rooms: what is behind the toys, larger than the frame so that the camera can look around.

A `Room` knows its light and where toys can stand. Its picture is painted at half resolution and enlarged, which puts
it slightly out of focus behind the toys. Nothing in it looks like one of the nouns, since it is not annotated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from devkit.toybox.clay import Light
from devkit.toybox.paint import Array, Paint, Pattern, Rgb, derive, mix, tint

View = Literal["floor", "shelf", "table"]

MARGIN_X, MARGIN_Y = 520, 420
WALLS: tuple[Rgb, ...] = (
    (226, 216, 200),
    (206, 220, 222),
    (214, 224, 204),
    (232, 214, 206),
    (218, 212, 226),
    (236, 226, 198),
    (200, 212, 226),
    (222, 222, 218),
)
FLOORS: tuple[Rgb, ...] = (
    (198, 164, 126),
    (176, 140, 106),
    (214, 190, 156),
    (190, 186, 180),
    (172, 178, 166),
    (196, 178, 172),
)
CLOTHS: tuple[Rgb, ...] = (
    (176, 196, 206),
    (206, 184, 178),
    (186, 198, 170),
    (210, 202, 176),
    (190, 180, 202),
    (204, 204, 200),
)


@dataclass(frozen=True, slots=True)
class Room:
    """A room seen in one way.

    Attributes:
        seed: Of its colours and furniture.
        view: ``floor`` (looking down at the floor), ``shelf`` (boards on a wall) or ``table``.
        width: Width of the frame in reference units; its height is 480.
    """

    seed: int
    view: View
    width: int = 640

    @property
    def light(self) -> Light:
        """Return the light of the room."""
        return _light(self.seed)

    @property
    def horizon(self) -> float:
        """Return where the wall meets the floor or the table's far edge, in reference units from the frame's top."""
        return random.Random(derive("horizon", self.seed, self.view)).uniform(64, 128)

    def standing(self, rng: random.Random, height: float) -> float:
        """Draw a height to stand at: the bottom edge of a toy of some height, in reference units."""
        if self.view == "shelf":
            boards = [y for y in self.boards() if y - height > 0 and y < 470] or [446.0]
            return rng.choice(boards)
        return rng.uniform(max(self.horizon + 24, height + 8), 470)

    def boards(self) -> tuple[float, float]:
        """Return the two boards of a shelf that are in view, in reference units."""
        top = random.Random(derive("boards", self.seed)).uniform(208, 226)
        return (top, top + 232)

    def picture(self, unit: float) -> Image.Image:
        """Return the whole surroundings, RGB, with margins around the frame; ``unit`` pixels a reference unit."""
        return _picture(self, unit)


@lru_cache(maxsize=256)
def _light(seed: int) -> Light:
    rng = random.Random(derive("light", seed))
    warm = rng.uniform(-0.05, 0.05)
    level = rng.uniform(0.93, 1.05)
    tint_ = (level * (1 + warm), level, level * (1 - warm))
    return Light(
        rng.choice((-1, 1)) * rng.uniform(0.2, 0.55), rng.uniform(-0.66, -0.45), rng.uniform(0.36, 0.52), tint_
    )


@lru_cache(maxsize=4)
def _picture(room: Room, unit: float) -> Image.Image:
    small = _painted(room)
    return small.resize((round(2 * small.width * unit), round(2 * small.height * unit)), Image.Resampling.BILINEAR)


@lru_cache(maxsize=24)
def _painted(room: Room) -> Image.Image:
    """Paint a room at half a pixel a reference unit."""
    wide, high = (room.width + 2 * MARGIN_X) // 2, (480 + 2 * MARGIN_Y) // 2
    rng = random.Random(derive("room", room.seed, room.view))
    base = Image.fromarray(_surfaces(room, rng, wide, high))
    pen = ImageDraw.Draw(base)
    if room.view == "floor":
        _furnish_floor(pen, room, rng)
    elif room.view == "shelf":
        _furnish_shelf(pen, room)
    else:
        _furnish_table(pen, room, rng)
    soft = base.filter(ImageFilter.GaussianBlur(0.8))
    lit = np.clip(np.asarray(soft, dtype=np.float32) * _glow(room.light, wide, high), 0, 255).astype(np.uint8)
    return Image.fromarray(lit)


def _surfaces(
    room: Room, rng: random.Random, width: int, height: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return wall above and floor, table or wall below, H×W×3."""
    y, x = np.meshgrid(
        np.arange(height, dtype=np.float32) / 100, np.arange(width, dtype=np.float32) / 100, indexing="ij"
    )
    wall_rgb = rng.choice(WALLS)
    wall = Paint(
        wall_rgb,
        rng.choice(("plain", "plain", "stripes", "dots", "stars", "checks")),
        tint(wall_rgb, rng.choice((0.94, 1.25))),
        rng.uniform(0.3, 0.6),
    )
    out = wall.colour(x, y)
    if room.view != "shelf":
        edge = (room.horizon + MARGIN_Y) / 2
        ground = _floor(rng, x, y) if room.view == "floor" else _tabletop(rng, x, y)
        out[int(edge) :] = ground[int(edge) :]
    return np.clip(out, 0, 255).astype(np.uint8)


def _floor(rng: random.Random, x: Array, y: Array) -> Array:
    rgb = rng.choice(FLOORS)
    if rng.random() < 0.55:
        planks = Paint(rgb, "plain", material="wood", seed=rng.randrange(60)).colour(x * 0.4, y * 0.5)
        row = np.floor(y / 0.32)
        shade = 1 + 0.045 * np.sin(row * 12.9898 + np.floor((x + row * 0.77) / 2.1) * 78.233)
        seam = ((y % 0.32) < 0.02) | (((x + row * 0.77) % 2.1) < 0.02)
        return np.asarray(planks * (shade * np.where(seam, 0.84, 1.0))[..., None], dtype=np.float32)
    kind: Pattern = rng.choice(("plain", "checks", "dots"))
    return Paint(rgb, kind, tint(rgb, 1.12), rng.uniform(0.5, 0.9), material="carpet", seed=rng.randrange(60)).colour(
        x, y * 1.3
    )


def _tabletop(rng: random.Random, x: Array, y: Array) -> Array:
    rgb = rng.choice(CLOTHS)
    if rng.random() < 0.4:
        return Paint(rng.choice(FLOORS[:3]), material="wood", seed=rng.randrange(60)).colour(x * 0.3, y * 0.6)
    return Paint(
        rgb,
        rng.choice(("checks", "dots", "stripes", "plain")),
        tint(rgb, 1.3),
        rng.uniform(0.3, 0.7),
        rng.choice((0, 45, 90)),
    ).colour(x, y)


def _at(x: float, y: float) -> tuple[float, float]:
    """Turn reference units into pixels of the half-size picture."""
    return ((x + MARGIN_X) / 2, (y + MARGIN_Y) / 2)


def _slab(pen: ImageDraw.ImageDraw, x0: float, y0: float, x1: float, y1: float, rgb: Rgb, round_: int = 5) -> None:
    pen.rounded_rectangle((*_at(x0, y0 + 7), *_at(x1, y1 + 7)), round_, fill=tint(rgb, 0.7))
    pen.rounded_rectangle((*_at(x0, y0), *_at(x1, y1)), round_, fill=rgb)


def _furnish_floor(pen: ImageDraw.ImageDraw, room: Room, rng: random.Random) -> None:
    edge = room.horizon
    pen.rectangle((*_at(-2000, edge - 17), *_at(3000, edge)), fill=(240, 238, 232))
    pen.rectangle((*_at(-2000, edge), *_at(3000, edge + 5)), fill=(128, 108, 90))
    _window(pen, rng.uniform(-300, 100), edge - 420, rng)
    _cupboard(pen, rng.uniform(420, 800), edge, rng)
    rug = rng.choice(CLOTHS)
    x, y, rx, ry = rng.uniform(200, 440), rng.uniform(290, 380), rng.uniform(260, 420), rng.uniform(110, 180)
    for grow, rgb in (
        (1.0, tint(rug, 0.8)),
        (0.93, tint(rug, 1.15)),
        (0.8, rug),
        (0.55, mix(rug, rng.choice(CLOTHS), 0.6)),
    ):
        pen.ellipse((*_at(x - rx * grow, y - ry * grow), *_at(x + rx * grow, y + ry * grow)), fill=rgb)


def _window(pen: ImageDraw.ImageDraw, x: float, y: float, rng: random.Random) -> None:
    _slab(pen, x, y, x + 260, y + 330, (246, 244, 238))
    for i in range(4):
        left, top = x + 14 + (i % 2) * 120, y + 14 + (i // 2) * 155
        pen.rectangle(
            (*_at(left, top), *_at(left + 112, top + 147)), fill=(196, 222, 238) if i < 2 else (206, 228, 232)
        )
    cloth = rng.choice(CLOTHS)
    for side in (-50, 220):
        for fold in range(4):
            pen.rectangle(
                (*_at(x + side + fold * 22, y - 30), *_at(x + side + fold * 22 + 22, y + 360)),
                fill=tint(cloth, 0.92 if fold % 2 else 1.06),
            )


def _cupboard(pen: ImageDraw.ImageDraw, x: float, edge: float, rng: random.Random) -> None:
    rgb = mix(rng.choice(WALLS), rng.choice(FLOORS), 0.5)
    _slab(pen, x, edge - 300, x + 280, edge + 14, rgb)
    for i in range(4):
        left, top = x + 16 + (i % 2) * 128, edge - 284 + (i // 2) * 146
        pen.rounded_rectangle((*_at(left, top), *_at(left + 120, top + 134)), 4, fill=tint(rgb, 1.16))
        pen.ellipse((*_at(left + 56, top + 12), *_at(left + 68, top + 24)), fill=tint(rgb, 0.6))


def _furnish_shelf(pen: ImageDraw.ImageDraw, room: Room) -> None:
    rng = random.Random(derive("shelf", room.seed))
    wood = rng.choice(FLOORS[:3])
    top = room.boards()[0]
    for i in range(-3, 5):
        y = top + 232 * i
        pen.rectangle((*_at(-2000, y + 17), *_at(3000, y + 34)), fill=mix((120, 110, 100), rng.choice(WALLS), 0.65))
        pen.rectangle((*_at(-2000, y - 8), *_at(3000, y + 3)), fill=tint(wood, 1.25))
        pen.rectangle((*_at(-2000, y + 3), *_at(3000, y + 18)), fill=tint(wood, 0.82))
    for x in (-440.0, room.width + 380.0):
        pen.rectangle((*_at(x, -2000), *_at(x + 26, 3000)), fill=tint(wood, 0.9))


def _furnish_table(pen: ImageDraw.ImageDraw, room: Room, rng: random.Random) -> None:
    edge = room.horizon
    pen.rectangle((*_at(-2000, edge - 3), *_at(3000, edge + 4)), fill=(150, 128, 108))
    rgb = rng.choice(WALLS)
    for i in range(3):
        x = -380 + i * 480 + rng.uniform(-60, 60)
        y = edge - rng.uniform(300, 360)
        _slab(pen, x, y, x + 190, y + 210, mix(rgb, (150, 120, 90), 0.45), 3)
        pen.rectangle((*_at(x + 16, y + 16), *_at(x + 174, y + 194)), fill=(238, 234, 224))
        for _ in range(4):
            cx, cy, r = x + rng.uniform(50, 140), y + rng.uniform(50, 160), rng.uniform(14, 36)
            pen.ellipse((*_at(cx - r, cy - r), *_at(cx + r, cy + r)), fill=rng.choice(CLOTHS))


def _glow(light: Light, width: int, height: int) -> Array:
    """Return a soft gradient of the room's light, H×W×3."""
    y, x = np.meshgrid(
        np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32), indexing="ij"
    )
    level = 0.97 + 0.13 * (x * light.x + y * light.y)
    return np.asarray(level[..., None] * np.asarray(light.tint, dtype=np.float32), dtype=np.float32)
