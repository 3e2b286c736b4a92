"""Pieces that several drawings share: legs, collars, wheels, stickers."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look
from devkit.toybox.paint import COLOURS, CREAM, Paint, tint
from devkit.toybox.shapes import Point, Shape, box, disc, heart, poly, rotate, star, tube

GLASS = Paint((176, 216, 236), gloss=0.8)


def legs(c: Clay, paint: Paint, xs: tuple[float, ...], top: float, foot: float, width: float, hoof: Paint) -> None:
    """Put legs at some places, from a height to the ground, with hooves or paws."""
    for x in xs:
        c.add(paint, tube([(x, top), (x, foot - width * 0.3)], width, width * 0.85), puff=0.9)
        c.add(hoof, box(x - width * 0.52, foot - 0.1, x + width * 0.46, foot, 0.04), puff=0.6)


def collar(c: Clay, k: Look, *path: Point) -> None:
    """Give some animals a collar, with a tag."""
    c.add(Paint(k.vivid(), gloss=0.4), tube(path, 0.075), puff=0.8)
    end = path[len(path) // 2]
    c.add(Paint(k.hue("yellow", "white"), gloss=0.7), disc(end[0] - 0.02, end[1] + 0.08, 0.055))


def wheel(c: Clay, x: float, y: float, r: float, hub: Paint) -> None:
    """Put on a wheel with a hub."""
    c.add(Paint((62, 60, 66), gloss=0.25), disc(x, y, r), shadow=0.35)
    c.add(hub, disc(x, y, r * 0.55), puff=0.7)
    c.paint(tint(hub.rgb, 0.6), disc(x, y, r * 0.16))


def sticker(c: Clay, k: Look, x: float, y: float, r: float) -> None:
    """Stick on a star, heart, spot or square that tells one toy from the next."""
    paint = Paint(k.vivid(), gloss=0.4)
    kind = k.pick(("star", "heart", "spot", "square"))
    shapes: dict[str, Shape] = {
        "star": star(x, y, r, r * 0.5),
        "heart": heart(x, y, r * 0.9),
        "spot": disc(x, y, r * 0.8),
        "square": rotate(box(x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7), 12, (x, y)),
    }
    c.add(paint, shapes[kind], puff=0.25, shadow=0.12)


def topper(c: Clay, k: Look, x: float, y: float, r: float) -> None:
    """Give some animals a party hat, a bow, a flower or a crown on a point of the head."""
    paint = Paint(k.vivid(), k.pick(("plain", "stripes", "dots")), CREAM, r * 0.6, 60, gloss=0.2)
    kind = k.pick(("hat", "bow", "flower", "crown"))
    if kind == "hat":
        c.add(paint, poly((x - r * 0.75, y), (x + 0.1 * r, y - 1.9 * r), (x + r * 0.75, y), round=0.05))
        c.add(Paint(k.vivid(), material="wool"), disc(x + 0.1 * r, y - 1.9 * r, r * 0.3))
    elif kind == "bow":
        for side in (-1, 1):
            wing = ((x, y - 0.3 * r), (x + side * 1.2 * r, y - r), (x + side * 1.2 * r, y + 0.4 * r))
            c.add(paint, poly(*wing, round=0.05))
        c.add(paint.shade(0.8), disc(x, y - 0.3 * r, r * 0.36))
    elif kind == "flower":
        for turn in range(0, 360, 72):
            c.add(paint.plain(), rotate(disc(x, y - 0.95 * r, r * 0.42), turn, (x, y - 0.4 * r)), shadow=0.2)
        c.add(Paint(COLOURS["yellow"]), disc(x, y - 0.4 * r, r * 0.34))
    else:
        gold = Paint((244, 200, 70), gloss=0.8)
        tips = [
            (x - r, y - 1.3 * r),
            (x - 0.4 * r, y - 0.6 * r),
            (x, y - 1.5 * r),
            (x + 0.4 * r, y - 0.6 * r),
            (x + r, y - 1.3 * r),
        ]
        c.add(gold, poly((x - 0.8 * r, y), *tips, (x + 0.8 * r, y), round=0.02))
