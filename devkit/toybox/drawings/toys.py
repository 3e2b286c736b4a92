"""Toys. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.drawings.parts import sticker
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import COLOURS, CREAM, INK, Paint, tint
from devkit.toybox.shapes import blob, box, disc, heart, poly, star, tube

BRIGHT = "red blue yellow green orange purple pink"


@noun(
    "ball",
    "toys",
    BRIGHT,
    stiff=True,
    patterns=("plain", "stripes", "dots", "stars"),
    gloss=0.7,
    verbs=("rolling", "bouncing"),
    size=0.8,
)
def ball(c: Clay, k: Look) -> None:
    """Draw a ball with a band or a pattern and one decal off its middle."""
    c.add(k.main, disc(0, 0, 0.92), puff=1.2)
    if k.pattern == "plain" and k.chance(0.7):
        bend = k.u(-0.3, 0.3)
        c.paint(k.other, tube([(-1, 0.25), (0, bend), (1, -0.2)], k.u(0.2, 0.42)))
    if k.chance(0.6):
        sticker(c, k, k.u(-0.45, -0.2), k.u(-0.4, 0.35), k.u(0.2, 0.28))


@noun("block", "toys", BRIGHT, gloss=0.2, material="wood", verbs=("falling",), size=0.72)
def block(c: Clay, k: Look) -> None:
    """Draw a toy block in a slanted view with a shape on its front."""
    front, deep = k.main, k.u(0.3, 0.42)
    top, side = front.plain(tint(front.rgb, 1.3)), front.shade(0.68)
    c.add(
        side,
        poly((0.42, -0.44), (0.42 + deep, -0.44 - deep * 0.7), (0.42 + deep, 0.56 - deep * 0.4), (0.42, 0.84)),
        puff=0.3,
    )
    c.add(
        top,
        poly((-0.84, -0.44), (-0.84 + deep, -0.44 - deep * 0.7), (0.42 + deep, -0.44 - deep * 0.7), (0.42, -0.44)),
        puff=0.3,
    )
    c.add(front, box(-0.84, -0.44, 0.42, 0.84, 0.08), puff=0.4, shadow=0.1)
    c.add(Paint(CREAM, material="wood"), box(-0.7, -0.3, 0.28, 0.7, 0.08), puff=0.2, shadow=0.15)
    mark = Paint(k.vivid(), gloss=0.2)
    x, y = -0.21, 0.2
    sign = k.pick(("star", "heart", "moon", "triangle", "arrow", "flag"))
    if sign == "star":
        c.add(mark, star(x, y, 0.4, 0.2, turn=k.u(-20, 20)), puff=0.3)
    elif sign == "heart":
        c.add(mark, heart(x, y, 0.36), puff=0.3)
    elif sign == "moon":
        c.add(mark, disc(x, y, 0.36), cut=[disc(x + 0.2, y - 0.1, 0.32)], puff=0.3)
    elif sign == "triangle":
        c.add(mark, poly((x - 0.36, y + 0.3), (x + 0.36, y + 0.3), (x - 0.1, y - 0.36)), puff=0.3)
    elif sign == "arrow":
        c.add(
            mark,
            poly(
                (x - 0.4, y),
                (x, y - 0.36),
                (x, y - 0.14),
                (x + 0.38, y - 0.14),
                (x + 0.38, y + 0.14),
                (x, y + 0.14),
                (x, y + 0.36),
            ),
            puff=0.3,
        )
    else:
        c.add(mark, poly((x - 0.3, y - 0.36), (x + 0.36, y - 0.16), (x - 0.3, y + 0.06)), puff=0.3)
        c.add(mark.shade(0.6), tube([(x - 0.3, y - 0.36), (x - 0.3, y + 0.38)], 0.09), puff=0.3)


@noun(
    "drum",
    "toys",
    BRIGHT,
    gloss=0.4,
    patterns=("plain", "stars", "dots"),
    verbs=("banging",),
    sound="boom boom",
    size=0.95,
)
def drum(c: Clay, k: Look) -> None:
    """Draw a drum with cords and a pair of sticks."""
    rim = Paint(k.other.rgb, gloss=0.4)
    c.add(
        k.main,
        blob((-0.74, -0.3), (0.74, -0.3), (0.72, 0.6), (0.4, 0.78), (0.0, 0.83), (-0.4, 0.78), (-0.72, 0.6)),
        puff=0.9,
    )
    for i in range(6):
        x = -0.72 + i * 0.24
        c.paint(CREAM, tube([(x, -0.14), (x + 0.12, 0.66), (x + 0.24, -0.14)], 0.035, straight=True))
    c.add(rim, tube([(-0.74, 0.56), (-0.4, 0.74), (0, 0.8), (0.4, 0.74), (0.74, 0.56)], 0.14), puff=0.7)
    c.add(rim, disc(0, -0.3, 0.8, 0.27), puff=0.7)
    c.add(Paint(CREAM), disc(0, -0.31, 0.69, 0.2), puff=0.25, shadow=0.0)
    for x0, x1, y in ((-0.1, 0.8, -0.74), (0.1, 0.9, -0.5)):
        c.add(Paint((190, 140, 90), material="wood"), tube([(x0, -0.3), (x1, y)], 0.07))
        c.add(Paint(k.main.rgb if k.chance(0.5) else COLOURS["red"], gloss=0.5), disc(x0, -0.31, 0.09))


@noun(
    "balloon",
    "toys",
    BRIGHT,
    gloss=0.95,
    patterns=("plain", "plain", "dots", "stars"),
    flies=True,
    verbs=("flying", "floating"),
    size=0.95,
)
def balloon(c: Clay, k: Look) -> None:
    """Draw a balloon on a wavy string."""
    wave = k.u(0.08, 0.16) * k.pick((-1, 1))
    c.add(Paint((120, 110, 110)), tube([(0, 0.36), (wave, 0.56), (-wave, 0.76), (wave * 0.6, 0.96)], 0.03), shadow=0)
    c.add(k.main.shade(0.85), poly((0, 0.3), (-0.1, 0.44), (0.1, 0.44), round=0.04))
    wide = k.u(0.5, 0.6)
    c.add(
        k.main,
        blob(
            (0, -0.96),
            (wide * 0.8, -0.76),
            (wide, -0.34),
            (wide * 0.6, 0.12),
            (0.0, 0.36),
            (-wide * 0.6, 0.12),
            (-wide, -0.34),
            (-wide * 0.8, -0.76),
        ),
        puff=1.2,
    )
    c.paint((255, 255, 255), disc(-wide * 0.5, -0.56, 0.07, 0.16, turn=25), soft=0.04)
    if k.chance(0.4):
        c.paint(
            INK,
            disc(-0.2, -0.4, 0.05, 0.07),
            disc(0.12, -0.4, 0.05, 0.07),
            tube([(-0.24, -0.16), (-0.04, -0.06), (0.16, -0.16)], 0.05),
        )


@noun("kite", "toys", BRIGHT, lies=True, gloss=0.15, patterns=("plain",), flies=True, verbs=("flying",))
def kite(c: Clay, k: Look) -> None:
    """Draw a diamond kite in four fields with a tail of bows."""
    tip, low, side = (-0.16, -0.94), (0.2, 0.42), k.u(0.46, 0.56)
    left, right = (-side, -0.42), (side + 0.08, -0.32)
    middle = (0.02, -0.36)
    c.add(Paint((120, 110, 110)), tube([low, (0.4, 0.6), (0.2, 0.76), (0.5, 0.94)], 0.03), shadow=0)
    for x, y in ((0.37, 0.57), (0.28, 0.75), (0.46, 0.9)):
        bow = Paint(k.vivid())
        c.add(
            bow,
            poly((x, y), (x - 0.13, y - 0.08), (x - 0.1, y + 0.08), round=0.02),
            poly((x, y), (x + 0.13, y - 0.08), (x + 0.1, y + 0.08), round=0.02),
        )
    pair = (k.main, Paint(k.other.rgb))
    third = Paint(k.vivid()) if k.chance(0.5) else pair[0]
    for i, (a, b) in enumerate(((tip, left), (left, low), (low, right), (right, tip))):
        c.add((pair[0], pair[1], third, pair[1])[i], poly(a, b, middle, round=0.015), puff=0.35, shadow=0.0)
    c.add(Paint((150, 110, 74)), tube([tip, middle, low], 0.035), tube([left, middle, right], 0.035), shadow=0.15)
    if k.chance(0.6):
        c.paint(
            INK,
            disc(-0.12, -0.5, 0.05),
            disc(0.13, -0.47, 0.05),
            tube([(-0.1, -0.24), (0.04, -0.16), (0.16, -0.22)], 0.04),
        )
