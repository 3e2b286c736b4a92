"""Things from outside. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.drawings.parts import GLASS
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import COLOURS, CREAM, Paint, tint
from devkit.toybox.shapes import blob, box, disc, poly, rotate, star, tube


@noun("flower", "outside", "red yellow pink purple white orange blue", gloss=0.1, verbs=("growing",))
def flower(c: Clay, k: Look) -> None:
    """Draw a flower on a stem with leaves, or in a pot."""
    green = Paint(k.hue("green"), gloss=0.15)
    lean, petals = k.u(-0.16, 0.16), k.pick((5, 6, 8))
    c.add(green, tube([(lean, -0.36), (0.04, 0.2), (0.0, 0.9)], 0.08))
    c.add(green, blob((0.0, 0.56), (0.24, 0.22), (0.56, 0.22), (0.36, 0.5)))
    if k.chance(0.7):
        c.add(green.shade(0.85), blob((0.0, 0.72), (-0.3, 0.5), (-0.54, 0.56), (-0.3, 0.74)))
    far, wide = 0.34, 0.26 if petals == 5 else 0.2
    spot = k.u(0, 40)
    for i in range(petals):
        c.add(k.main, rotate(disc(lean, -0.46 - far, wide, 0.28), spot + i * 360 / petals, (lean, -0.46)), shadow=0.22)
    c.add(
        Paint(k.hue("yellow", "brown", "orange") if k.colour != "yellow" else k.hue("brown"), material="crumb"),
        disc(lean, -0.46, 0.2),
    )
    if k.chance(0.45):
        pot = Paint(k.hue("orange", "blue", "brown"), k.pick(("plain", "stripes")), CREAM, 0.2, 90, gloss=0.2)
        c.add(pot, poly((-0.34, 0.62), (0.34, 0.62), (0.26, 0.96), (-0.26, 0.96)))
        c.add(pot.plain(), box(-0.4, 0.52, 0.4, 0.66, 0.04))


@noun("tree", "outside", "green orange yellow", material="wool", gloss=0.02, verbs=("growing",), size=1.2)
def tree(c: Clay, k: Look) -> None:
    """Draw a leafy tree, often with fruit, or a fir."""
    trunk = Paint((140, 98, 62), material="wood")
    leaves = k.main
    if k.chance(0.3):
        c.add(trunk, box(-0.12, 0.5, 0.12, 0.94))
        for top, low, wide in ((0.0, 0.66, 0.66), (-0.44, 0.28, 0.54), (-0.94, -0.16, 0.4)):
            c.add(leaves, poly((0.0, top), (wide, low), (-wide, low), round=0.12))
    else:
        c.add(
            trunk,
            poly((-0.13, 0.94), (-0.1, 0.1), (0.1, 0.1), (0.16, 0.94), round=0.05),
            tube([(0.02, 0.4), (0.34, 0.06)], 0.1),
        )
        spots = [(-0.42, -0.1), (0.42, -0.12), (-0.3, -0.5), (0.32, -0.5), (0.0, -0.66), (0.0, -0.2)]
        r = k.u(0.32, 0.38)
        c.add(leaves, *[disc(x, y, r) for x, y in spots])
        for x, y in spots[:4]:
            c.add(leaves, disc(x * 0.8, y - 0.05, 0.22), shadow=0.12, puff=0.6)
        if k.chance(0.6):
            fruit = Paint(k.hue("red", "orange", "pink"), gloss=0.6)
            for _ in range(k.pick((3, 4, 6))):
                c.add(fruit, disc(k.u(-0.5, 0.5), k.u(-0.6, 0.05), 0.085))


@noun(
    "star",
    "outside",
    "yellow orange white blue pink",
    lies=True,
    gloss=0.5,
    flies=True,
    verbs=("shining",),
    patterns=("plain", "plain", "dots"),
    size=0.8,
)
def star_toy(c: Clay, k: Look) -> None:
    """Draw a plump star, with a face or a trail."""
    turn = k.u(-16, 16)
    if k.chance(0.45):
        for dy, hue in ((-0.1, "red"), (0.08, "yellow"), (0.26, "blue")):
            c.add(Paint(COLOURS[hue]), tube([(0.1, dy), (0.6, dy + 0.16), (0.92, dy + 0.44)], 0.17, 0.06), puff=0.5)
        c.add(k.main, star(-0.2, -0.12, 0.76, 0.42, turn=turn))
        x, y = -0.2, -0.08
    else:
        c.add(k.main, star(0, 0.04, 0.95, 0.5, turn=turn))
        x, y = 0.0, 0.06
    if k.chance(0.7):
        for dx in (-0.16, 0.14):
            c.eye(x + dx, y - 0.06, 0.06)
        c.paint(tint(k.main.rgb, 0.4), tube([(x - 0.14, y + 0.12), (x, y + 0.2), (x + 0.14, y + 0.12)], 0.04))


@noun("house", "outside", "red yellow blue pink white orange", gloss=0.1, size=1.2, patterns=("plain",))
def house(c: Clay, k: Look) -> None:
    """Draw a toy house with a door to one side and a chimney."""
    roof = Paint(k.other.rgb, "stripes", tint(k.other.rgb, 0.82), 0.14, 90)
    c.add(Paint((176, 96, 74)), box(0.34, -0.82, 0.56, -0.3, 0.02))
    c.add(k.main, box(-0.72, -0.16, 0.72, 0.92, 0.03), puff=0.5)
    c.add(roof, poly((-0.94, -0.1), (0.0, -0.9), (0.94, -0.1), round=0.06), puff=0.5)
    c.add(Paint(k.vivid(), material="wood"), box(-0.5, 0.34, -0.12, 0.92, 0.12), puff=0.4)
    c.add(Paint((240, 210, 90), gloss=0.8), disc(-0.2, 0.64, 0.04))
    for x, y in ((0.12, 0.36), *(((0.12, 0.0),) if k.chance(0.4) else ())):
        c.add(Paint((250, 250, 246)), box(x, y, x + 0.44, y + 0.34, 0.03), puff=0.4)
        c.add(GLASS, box(x + 0.05, y + 0.05, x + 0.39, y + 0.29, 0.02), puff=0.2, shadow=0)
        c.paint((250, 250, 246), box(x + 0.2, y, x + 0.24, y + 0.34, 0.01), box(x, y + 0.15, x + 0.44, y + 0.19, 0.01))
    if k.chance(0.5):
        c.add(Paint((250, 250, 246)), disc(0.0, -0.38, 0.14), puff=0.3)
        c.add(GLASS, disc(0.0, -0.38, 0.1), puff=0.2, shadow=0)
