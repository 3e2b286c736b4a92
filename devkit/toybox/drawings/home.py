"""Things of the house. One function a noun."""

from __future__ import annotations

import math

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import CREAM, INK, STEEL, Paint, tint
from devkit.toybox.shapes import blob, box, disc, heart, poly, rotate, star, tube

HUES = "red blue yellow green pink purple orange white"


@noun("book", "household", "red blue green yellow purple orange", gloss=0.15, size=0.95)
def book(c: Clay, k: Look) -> None:
    """Draw a picture book: closed with a picture on its cover, or open."""
    cover = k.main
    page = Paint((252, 248, 236), gloss=0.05)
    if k.chance(0.65):
        lean = k.u(0.06, 0.14)
        c.add(page, poly((-0.6, -0.84 + lean), (0.82, -0.8), (0.82, 0.78), (-0.6, 0.86)), puff=0.3)
        for i in range(3):
            c.paint((206, 200, 186), tube([(0.74 + i * 0.03, -0.8), (0.74 + i * 0.03, 0.8)], 0.012))
        c.add(cover, poly((-0.68, -0.9), (0.7, -0.9), (0.7, 0.86), (-0.68, 0.9), round=0.05), puff=0.3)
        c.paint(tint(cover.rgb, 0.7), box(-0.7, -1, -0.5, 1, 0.01))
        c.add(Paint(k.other.rgb), box(-0.36, -0.2, 0.56, 0.66, 0.08), puff=0.2, shadow=0.1)
        mark = Paint(k.vivid())
        c.add(
            mark,
            k.pick(
                (
                    star(0.1, 0.24, 0.34, 0.16),
                    heart(0.1, 0.22, 0.3),
                    disc(0.02, 0.24, 0.3),
                    poly((-0.2, 0.52), (0.42, 0.52), (0.0, -0.06)),
                )
            ),
            puff=0.3,
        )
        for y, w in ((-0.66, 0.5), (-0.46, 0.32)):
            c.paint(CREAM, tube([(-0.3, y), (-0.3 + w, y)], 0.09))
    else:
        c.add(
            cover,
            poly((-0.96, -0.5), (0.0, -0.4), (0.96, -0.5), (0.96, 0.62), (0.0, 0.74), (-0.96, 0.62), round=0.04),
            puff=0.3,
        )
        for side in (-1, 1):
            c.add(
                page,
                blob(
                    (0, -0.4),
                    (side * 0.4, -0.6),
                    (side * 0.88, -0.54),
                    (side * 0.88, 0.5),
                    (side * 0.4, 0.46),
                    (0, 0.64),
                ),
                puff=0.6,
            )
        c.add(Paint(k.vivid()), disc(-0.44, -0.1, 0.26, 0.24), puff=0.2, shadow=0)
        c.add(Paint(k.other.rgb), k.pick((star(0.46, -0.12, 0.28, 0.13), heart(0.46, -0.12, 0.24))), puff=0.2, shadow=0)
        for x, y in ((-0.44, 0.28), (0.46, 0.26)):
            c.paint((120, 116, 112), tube([(x - 0.24, y), (x + 0.24, y)], 0.035))


@noun("key", "household", "yellow gray red blue green pink", lies=True, gloss=0.9, size=0.8)
def key(c: Clay, k: Look) -> None:
    """Draw a toy key, teeth to the lower left."""
    metal = Paint(k.main.rgb if k.colour != "gray" else STEEL, gloss=0.9)
    kind = k.pick(("round", "heart", "flower"))
    x, y = 0.5, -0.5
    hole = disc(x, y, 0.16)
    if kind == "heart":
        c.add(metal, heart(x, y, 0.44), tube([(0.3, -0.3), (-0.76, 0.76)], 0.19), cut=[disc(x, y - 0.02, 0.13)])
    elif kind == "flower":
        c.add(
            metal,
            *[disc(x + 0.22 * math.cos(a), y + 0.22 * math.sin(a), 0.22) for a in (0.3, 1.87, 3.44, 5.0)],
            tube([(0.3, -0.3), (-0.76, 0.76)], 0.19),
            cut=[hole],
        )
    else:
        c.add(metal, disc(x, y, 0.42), tube([(0.3, -0.3), (-0.76, 0.76)], 0.19), cut=[hole])
    for t in (0.62, 0.36)[: k.pick((1, 2, 2))]:
        c.add(metal, tube([(-t, t), (-t + 0.26, t + 0.26)], 0.17))
    c.add(metal, tube([(-0.76, 0.76), (-0.58, 0.94)], 0.16))
    if k.chance(0.4):
        c.add(Paint(k.vivid(), gloss=0.5), disc(0.76, -0.1, 0.2, 0.22), cut=[disc(0.76, -0.1, 0.11, 0.13)])


@noun("chair", "household", "brown red blue yellow green white pink", material="wood", gloss=0.15, size=1.1)
def chair(c: Clay, k: Look) -> None:
    """Draw a child's chair seen from the side and a little from above, facing left."""
    wood, dark = k.main, k.main.shade(0.7)
    c.add(dark, tube([(-0.3, 0.2), (-0.32, 0.74)], 0.12), tube([(0.62, 0.14), (0.66, 0.72)], 0.12))
    bars = k.pick((2, 3))
    for x in (0.34, 0.72):
        c.add(wood, tube([(x, 0.16), (x + 0.08, -0.86 + (x - 0.34) * 0.1)], 0.13))
    for i in range(bars):
        y = -0.76 + i * (0.74 / bars)
        c.add(
            Paint(k.other.rgb, material="wood") if i == 0 and k.chance(0.5) else wood,
            tube([(0.4, y), (0.78, y + 0.02)], 0.18 if i == 0 else 0.13),
        )
    c.add(wood, poly((-0.72, 0.3), (-0.36, 0.02), (0.8, 0.06), (0.52, 0.36), round=0.07), puff=0.5)
    c.add(dark, poly((-0.72, 0.3), (0.52, 0.36), (0.52, 0.46), (-0.72, 0.4), round=0.03), puff=0.3, shadow=0)
    c.add(wood, tube([(-0.62, 0.38), (-0.66, 0.92)], 0.14), tube([(0.44, 0.42), (0.46, 0.94)], 0.14))
    if k.chance(0.5):
        c.add(
            Paint(k.vivid(), k.pick(("plain", "dots", "checks")), scale=0.14),
            poly((-0.52, 0.18), (-0.26, 0.0), (0.56, 0.04), (0.38, 0.24), round=0.12),
            puff=0.8,
        )


@noun("clock", "household", HUES, stiff=True, gloss=0.4, sound="tick tock", verbs=("ticking",), size=0.85)
def clock(c: Clay, k: Look) -> None:
    """Draw an alarm clock or wall clock; its hands show some hour."""
    rim = Paint(k.main.rgb, gloss=0.6)
    if k.chance(0.6):
        for side in (-1, 1):
            c.add(rim.shade(0.8), tube([(side * 0.36, 0.6), (side * 0.56, 0.92)], 0.15))
            c.add(
                Paint(k.other.rgb, gloss=0.7),
                rotate(disc(side * 0.44, -0.74, 0.27, 0.17), side * 34, (side * 0.44, -0.74)),
            )
        c.add(Paint(STEEL, gloss=0.7), tube([(-0.14, -0.8), (0, -0.94), (0.14, -0.8)], 0.07))
    c.add(rim, disc(0, 0, 0.8))
    c.add(Paint((252, 250, 242), gloss=0.2), disc(0, 0, 0.63), puff=0.3, shadow=0.3)
    for i in range(12):
        big = i % 3 == 0
        c.paint(
            INK if big else (150, 146, 146),
            rotate(tube([(0, -0.55), (0, -0.45 if big else -0.5)], 0.07 if big else 0.045), 30.0 * i),
        )
    hour = k.pick((1, 2, 4, 5, 7, 8, 10, 11))
    c.add(
        Paint(INK),
        rotate(tube([(0, 0.06), (0, -0.3)], 0.09), 30.0 * hour),
        rotate(tube([(0, 0.08), (0, -0.46)], 0.06), 90.0 * k.pick((0, 1, 2, 3))),
        puff=0.4,
    )
    c.add(Paint(k.vivid(), gloss=0.6), disc(0, 0, 0.075))


@noun("brush", "household", "red blue yellow pink purple green brown", lies=True, plural="brushes", gloss=0.5, size=0.9)
def brush(c: Clay, k: Look) -> None:
    """Draw a toothbrush or a hairbrush lying aslant, bristles up at the left."""
    body = k.main
    if k.chance(0.5):
        c.add(
            Paint((246, 248, 250)),
            poly((-0.92, -0.34), (-0.86, -0.72), (-0.24, -0.46), (-0.3, -0.08), round=0.03),
            puff=0.3,
        )
        c.paint(Paint(k.vivid()), poly((-0.7, -0.26), (-0.64, -0.62), (-0.46, -0.55), (-0.52, -0.18), round=0.02))
        for i in range(9):
            c.paint(
                (206, 212, 220),
                tube([(-0.86 + i * 0.065, -0.32 + i * 0.03), (-0.81 + i * 0.065, -0.68 + i * 0.03)], 0.012),
            )
        c.add(body, tube([(-0.9, -0.26), (-0.3, 0.0), (0.2, 0.24), (0.86, 0.5)], 0.15, 0.24))
        c.paint(k.other, tube([(0.24, 0.26), (0.76, 0.46)], 0.08))
    else:
        c.add(
            Paint((92, 80, 76)),
            *[tube([(-0.74 + i * 0.15, -0.1 + i * 0.06), (-0.8 + i * 0.15, -0.5 + i * 0.06)], 0.07) for i in range(6)],
            puff=0.6,
        )
        c.add(body, disc(-0.36, 0.0, 0.56, 0.24, turn=22), tube([(0.0, 0.14), (0.86, 0.48)], 0.22, 0.2))
        c.add(Paint(k.vivid(), gloss=0.4), heart(-0.34, 0.0, 0.15), puff=0.3, shadow=0.1)


@noun(
    "lamp",
    "household",
    "yellow red blue pink green white orange",
    gloss=0.1,
    patterns=("plain", "dots", "stripes", "stars"),
)
def lamp(c: Clay, k: Look) -> None:
    """Draw a table lamp with a shade, a cord and a switch."""
    foot = Paint(k.other.rgb, gloss=0.7)
    c.add(Paint((110, 100, 98)), tube([(0.2, 0.84), (0.6, 0.88), (0.94, 0.8)], 0.035))
    c.add(foot, disc(0, 0.8, 0.42, 0.14))
    kind = k.pick(("ball", "stick", "vase"))
    if kind == "ball":
        c.add(foot, disc(0, 0.5, 0.26), disc(0, 0.2, 0.17))
    elif kind == "vase":
        c.add(foot, blob((-0.12, 0.0), (0.12, 0.0), (0.3, 0.46), (0.16, 0.78), (-0.16, 0.78), (-0.3, 0.46)))
    else:
        c.add(foot, tube([(0, 0.78), (0, 0.0)], 0.12))
    c.add(Paint((230, 230, 226)), tube([(-0.26, 0.06), (-0.26, 0.34)], 0.025), disc(-0.26, 0.38, 0.055))
    top = k.u(0.24, 0.46)
    c.add(k.main, poly((-top, -0.9), (top, -0.9), (0.74, 0.1), (-0.74, 0.1), round=0.06), puff=0.8)
    c.paint(tint(k.main.rgb, 1.5), disc(0, -0.2, 0.36, 0.3), soft=0.35)
    c.add(Paint(k.other.rgb), tube([(-0.72, 0.08), (0.72, 0.08)], 0.07), puff=0.5)


@noun("umbrella", "household", "red blue yellow green purple pink", gloss=0.3, patterns=("plain", "dots", "stars"))
def umbrella(c: Clay, k: Look) -> None:
    """Draw an open umbrella with a crooked handle to the left."""
    c.add(
        Paint((150, 106, 68), gloss=0.5), tube([(0, -0.5), (0, 0.62), (-0.04, 0.86), (-0.2, 0.92), (-0.32, 0.78)], 0.08)
    )
    second = k.main if k.chance(0.4) else Paint(k.other.rgb, gloss=0.3)
    scallops = [disc(-0.96 + 0.48 * (i + 0.5), 0.12, 0.25, 0.17) for i in range(4)]
    dome = blob(
        (-0.96, 0.12), (-0.84, -0.3), (-0.46, -0.66), (0.0, -0.8), (0.46, -0.66), (0.84, -0.3), (0.96, 0.12), (0, 0.14)
    )
    c.add(k.main, dome, cut=scallops)
    c.paint(
        second,
        blob((0, -0.8), (-0.3, -0.5), (-0.48, 0.2), (0.0, 0.2)),
        blob((0, -0.8), (0.46, -0.66), (0.84, -0.3), (0.98, 0.2), (0.48, 0.2), (0.34, -0.4)),
    )
    for bend in (-0.46, 0.0, 0.46):
        c.paint(tint(k.main.rgb, 0.7), tube([(0, -0.8), (bend * 0.75, -0.4), (bend * 1.04, 0.14)], 0.022))
    c.add(Paint((150, 106, 68)), tube([(0, -0.78), (0, -0.96)], 0.06))


@noun("bed", "household", "brown white blue pink green", material="wood", gloss=0.12, size=1.2)
def bed(c: Clay, k: Look) -> None:
    """Draw a small bed with its pillow at the left and a quilt."""
    wood = k.main
    quilt = Paint(k.other.rgb, k.pick(("plain", "checks", "dots", "stripes", "stars")), tint(k.vivid(), 1.2), 0.2)
    c.add(wood.shade(0.8), box(-0.96, -0.5, -0.8, 0.72, 0.06))
    c.add(Paint((250, 250, 246)), box(-0.86, 0.0, 0.86, 0.34, 0.1))
    c.add(Paint(k.hue("white", "yellow", "pink"), gloss=0.05), disc(-0.56, -0.02, 0.28, 0.17, turn=-8))
    c.add(
        quilt, blob((-0.34, 0.0), (-0.2, -0.14), (0.4, -0.16), (0.84, -0.06), (0.88, 0.44), (0.2, 0.48), (-0.4, 0.46))
    )
    c.add(quilt.plain(CREAM), tube([(-0.3, -0.06), (-0.36, 0.2), (-0.38, 0.44)], 0.13))
    c.add(wood, box(-0.94, 0.36, 0.94, 0.58, 0.05), puff=0.6)
    c.add(wood, box(0.78, -0.24, 0.96, 0.76, 0.07), box(-0.96, 0.3, -0.82, 0.76, 0.05))
    if k.chance(0.4):
        c.add(wood, disc(-0.88, -0.54, 0.12), disc(0.87, -0.28, 0.12))


@noun("phone", "household", "red yellow blue pink green", gloss=0.5, sound="ring ring", verbs=("ringing",), size=0.9)
def phone(c: Clay, k: Look) -> None:
    """Draw a toy telephone with a receiver, a dial and a cord on one side."""
    body = k.main
    c.add(Paint((110, 104, 104)), tube([(-0.6, 0.5), (-0.86, 0.66), (-0.7, 0.84), (-0.94, 0.94)], 0.06))
    c.add(
        body,
        blob(
            (-0.5, -0.2), (0.5, -0.2), (0.66, 0.3), (0.84, 0.8), (0.5, 0.88), (-0.5, 0.88), (-0.84, 0.8), (-0.66, 0.3)
        ),
    )
    c.add(Paint((250, 248, 240), gloss=0.4), disc(0, 0.34, 0.42), puff=0.6)
    for i in range(8):
        c.paint(k.other.rgb, rotate(disc(0, 0.06, 0.075), 45.0 * i, (0, 0.34)))
    c.add(Paint(k.vivid(), gloss=0.4), disc(0, 0.34, 0.12))
    c.add(Paint(k.other.rgb, gloss=0.6), tube([(-0.76, -0.36), (-0.5, -0.62), (0.5, -0.62), (0.76, -0.36)], 0.2))
    c.add(Paint(k.other.rgb, gloss=0.6), disc(-0.76, -0.34, 0.2, 0.17, turn=-40))
    c.add(Paint(k.other.rgb, gloss=0.6), disc(0.76, -0.34, 0.2, 0.17, turn=40))
    if k.chance(0.5):
        for x in (-0.16, 0.16):
            c.eye(x, -0.02, 0.05, white=True)
