"""Things of the kitchen, handles making most of them one-sided. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import CREAM, STEEL, Paint, mix, tint
from devkit.toybox.shapes import blob, box, disc, heart, poly, star, tube

HUES = "red blue yellow green pink purple orange white"


@noun("cup", "household", HUES, gloss=0.7, patterns=("plain", "stripes", "dots", "stars"), size=0.8)
def cup(c: Clay, k: Look) -> None:
    """Draw a mug with its handle at the right, or a sippy cup."""
    body = k.main
    if k.chance(0.3):
        lid = Paint(k.other.rgb, gloss=0.5)
        c.add(lid.shade(0.85), disc(0.62, 0.16, 0.3, 0.4), cut=[disc(0.6, 0.16, 0.16, 0.25)])
        c.add(lid, poly((-0.3, -0.5), (-0.22, -0.88), (0.0, -0.88), (0.12, -0.5)))
        c.add(body, poly((-0.6, -0.42), (0.6, -0.42), (0.48, 0.88), (-0.48, 0.88), round=0.14))
        c.add(lid, box(-0.66, -0.56, 0.66, -0.32, 0.1))
    else:
        c.add(body.plain(), disc(0.5, 0.14, 0.42, 0.42), cut=[disc(0.5, 0.14, 0.25, 0.26)])
        c.add(body, blob((-0.72, -0.56), (0.52, -0.56), (0.5, 0.4), (0.34, 0.84), (-0.54, 0.84), (-0.7, 0.4)))
        c.add(body.shade(0.8), disc(-0.1, -0.56, 0.64, 0.17), puff=0.5)
        drink = k.pick(((250, 250, 246), (116, 74, 50), (240, 170, 70)))
        c.add(Paint(drink, gloss=0.4), disc(-0.1, -0.53, 0.54, 0.11), puff=0.1, shadow=0)
    if k.chance(0.55):
        paint = Paint(k.vivid(), gloss=0.4)
        c.add(
            paint,
            k.pick((star(-0.22, 0.22, 0.25, 0.12), heart(-0.22, 0.2, 0.22), disc(-0.22, 0.22, 0.2))),
            puff=0.3,
            shadow=0.1,
        )


@noun("bottle", "household", "blue pink green yellow white purple", gloss=0.7, pet="bottle", size=0.9)
def bottle(c: Clay, k: Look) -> None:
    """Draw a baby bottle, partly full, with marks on one side."""
    cap = Paint(k.main.rgb, gloss=0.4)
    c.add(
        Paint((240, 206, 160), gloss=0.5),
        blob((-0.07, -0.92), (0.07, -0.92), (0.12, -0.76), (0.26, -0.64), (-0.26, -0.64), (-0.12, -0.76)),
    )
    c.add(
        Paint((222, 234, 242), gloss=0.9),
        blob(
            (-0.3, -0.4),
            (0.3, -0.4),
            (0.42, -0.2),
            (0.4, 0.2),
            (0.42, 0.8),
            (0.3, 0.94),
            (-0.3, 0.94),
            (-0.42, 0.8),
            (-0.4, 0.2),
            (-0.42, -0.2),
        ),
    )
    level = k.u(-0.2, 0.4)
    drink = k.pick(((252, 250, 244), (252, 250, 244), (246, 196, 96)))
    c.paint(drink, box(-0.34, level, 0.34, 0.88, 0.08))
    c.add(cap, box(-0.34, -0.66, 0.34, -0.36, 0.07))
    for i in range(5):
        y = -0.1 + i * 0.2
        c.paint(
            cap.rgb if k.colour != "white" else (90, 120, 200), tube([(0.12, y), (0.26 + 0.06 * (i % 2), y)], 0.035)
        )
    c.add(
        Paint(k.vivid(), gloss=0.3),
        k.pick((star(-0.16, 0.5, 0.17, 0.08), heart(-0.16, 0.5, 0.15), disc(-0.16, 0.5, 0.13))),
        puff=0.3,
    )
    if k.chance(0.35):
        c.add(cap.shade(0.85), disc(0.54, 0.2, 0.26, 0.36), cut=[disc(0.54, 0.2, 0.13, 0.22)])


@noun("spoon", "household", "gray red blue yellow green pink", lies=True, gloss=0.9, size=0.9)
def spoon(c: Clay, k: Look) -> None:
    """Draw a spoon lying aslant, bowl at the upper left."""
    metal = Paint(STEEL if k.colour == "gray" else k.main.rgb, gloss=0.9)
    handle = (
        Paint(k.other.rgb, k.pick(("plain", "stripes", "dots")), CREAM, 0.16, gloss=0.4) if k.chance(0.6) else metal
    )
    c.add(metal, tube([(-0.4, -0.36), (0.1, 0.12)], 0.12, 0.13))
    c.add(handle, tube([(0.04, 0.06), (0.4, 0.44), (0.82, 0.8)], 0.15, k.u(0.2, 0.28)))
    c.add(metal, disc(-0.54, -0.5, 0.46, 0.33, turn=45))
    c.add(metal.shade(0.8), disc(-0.54, -0.5, 0.36, 0.24, turn=45), puff=-0.8, shadow=0)


@noun("pot", "household", "red blue gray yellow green orange", gloss=0.8, size=0.95)
def pot(c: Clay, k: Look) -> None:
    """Draw a saucepan with its handle at the right and a lid."""
    metal = Paint(k.main.rgb if k.colour != "gray" else STEEL, gloss=0.8)
    c.add(Paint((70, 66, 70), gloss=0.4), tube([(0.4, 0.06), (0.94, -0.06)], 0.15, 0.18))
    c.add(metal, blob((-0.86, -0.1), (0.5, -0.1), (0.5, 0.5), (0.34, 0.74), (-0.7, 0.74), (-0.86, 0.5)))
    c.add(metal.shade(0.8), tube([(-0.88, -0.08), (0.52, -0.08)], 0.11))
    if k.chance(0.7):
        lid = Paint(k.other.rgb if k.chance(0.5) else tint(metal.rgb, 1.15), gloss=0.8)
        c.add(lid, blob((-0.84, -0.14), (-0.6, -0.4), (-0.18, -0.5), (0.24, -0.4), (0.48, -0.14)))
        c.add(Paint((70, 66, 70), gloss=0.5), disc(-0.18, -0.54, 0.12, 0.1))
    else:
        for x in (-0.5, -0.1, 0.2):
            c.add(Paint(k.hue("orange", "green", "red"), gloss=0.5), disc(x, -0.2, 0.18, 0.15))
        c.add(metal, tube([(-0.88, -0.08), (0.52, -0.08)], 0.11))
    if k.chance(0.5):
        c.paint(mix(metal.rgb, (255, 255, 255), 0.5), box(-1, 0.3, 1, 0.42, 0.02))
