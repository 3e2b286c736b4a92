"""Things to wear, toes and thumbs to the left. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import CREAM, INK, Paint, Pattern, tint
from devkit.toybox.shapes import blob, box, disc, heart, poly, star, tube

HUES = "red blue yellow green pink purple orange white brown"


PRINTS: tuple[Pattern, ...] = ("plain", "stripes", "dots", "stars", "checks")


@noun("shoe", "clothes", HUES, gloss=0.4, patterns=("plain", "plain", "dots", "stripes"), pet="shoe")
def shoe(c: Clay, k: Look) -> None:
    """Draw a low shoe with laces or a strap, toe to the left."""
    body, sole = k.main, Paint(k.hue("white", "gray", "black"), gloss=0.2)
    c.add(Paint(tint(body.rgb, 0.45)), disc(0.46, -0.3, 0.36, 0.13))
    c.add(
        body,
        blob(
            (-0.9, 0.42),
            (-0.84, 0.12),
            (-0.46, -0.0),
            (-0.14, -0.14),
            (0.1, -0.36),
            (0.34, -0.22),
            (0.6, -0.2),
            (0.82, -0.42),
            (0.92, -0.1),
            (0.9, 0.44),
            (0, 0.5),
        ),
    )
    c.add(k.other, blob((-0.92, 0.44), (-0.86, 0.16), (-0.6, 0.06), (-0.5, 0.24), (-0.54, 0.46)), puff=0.9)
    c.add(sole, tube([(-0.86, 0.5), (0, 0.54), (0.86, 0.5)], 0.17), puff=0.7)
    if k.chance(0.55):
        lace = Paint((252, 250, 246) if k.colour != "white" else k.vivid())
        for x, y in ((-0.36, 0.06), (-0.2, -0.02), (-0.04, -0.12)):
            c.add(lace, tube([(x - 0.06, y - 0.08), (x + 0.14, y + 0.14)], 0.06))
        c.add(lace, disc(-0.1, -0.26, 0.13, 0.07, turn=30), disc(0.14, -0.38, 0.12, 0.07, turn=-35))
    else:
        c.add(k.other.shade(0.9), tube([(0.0, -0.26), (0.08, 0.1), (0.04, 0.36)], 0.14))
        c.add(Paint((240, 210, 90), gloss=0.9), disc(0.06, 0.2, 0.07))
    if k.chance(0.5):
        c.add(Paint(k.vivid(), gloss=0.3), star(0.56, 0.14, 0.17, 0.08), puff=0.4)


@noun("hat", "clothes", HUES, gloss=0.1, patterns=PRINTS, size=0.95)
def hat(c: Clay, k: Look) -> None:
    """Draw a sun hat, a woolly hat or a cap with its peak to the left."""
    body, band = k.main, k.other
    kind = k.pick(("sun", "sun", "woolly", "cap"))
    if kind == "sun":
        c.add(body.shade(0.92), disc(0, 0.42, 0.95, 0.3))
        c.add(body, blob((-0.52, 0.4), (-0.5, -0.1), (-0.3, -0.48), (0.1, -0.54), (0.44, -0.3), (0.54, 0.4), (0, 0.52)))
        c.add(band, blob((-0.54, 0.2), (0.0, 0.32), (0.54, 0.2), (0.56, 0.42), (0.0, 0.54), (-0.56, 0.42)), puff=0.6)
        c.add(Paint(k.vivid()), star(-0.34, 0.36, 0.2, 0.1, 6) if k.chance(0.5) else heart(-0.34, 0.34, 0.15))
    elif kind == "woolly":
        c.add(
            Paint(body.rgb, body.pattern, body.rgb2, body.scale, body.angle, "knit"),
            blob((-0.7, 0.5), (-0.62, -0.1), (-0.2, -0.5), (0.24, -0.5), (0.64, -0.1), (0.7, 0.5)),
        )
        c.add(Paint(band.rgb, material="knit"), box(-0.78, 0.3, 0.78, 0.7, 0.12))
        c.add(Paint(band.rgb, material="wool"), disc(0.08, -0.64, 0.26))
    else:
        c.add(band, blob((-0.3, 0.26), (-0.8, 0.3), (-0.96, 0.46), (-0.5, 0.56), (0.1, 0.48)))
        c.add(body, blob((-0.46, 0.42), (-0.4, -0.16), (0.06, -0.48), (0.56, -0.26), (0.78, 0.4), (0.2, 0.48)))
        c.add(band, disc(0.08, -0.48, 0.09, 0.06))
        c.add(Paint(k.vivid()), star(-0.08, 0.06, 0.22, 0.11), puff=0.4)


@noun(
    "sock",
    "clothes",
    HUES,
    lies=True,
    material="knit",
    gloss=0.02,
    patterns=("stripes", "dots", "stars", "plain", "zigzag"),
    size=0.9,
)
def sock(c: Clay, k: Look) -> None:
    """Draw a sock, toe to the left."""
    body, end = k.main, Paint(k.other.rgb, material="knit")
    tall = k.u(-0.86, -0.66)
    c.add(
        body,
        blob(
            (-0.8, 0.86),
            (-0.92, 0.6),
            (-0.7, 0.38),
            (-0.2, 0.24),
            (0.0, 0.0),
            (0.02, tall),
            (0.62, tall),
            (0.62, 0.2),
            (0.56, 0.6),
            (0.2, 0.82),
            (-0.4, 0.9),
        ),
    )
    c.paint(end, blob((-0.98, 0.6), (-0.8, 0.3), (-0.56, 0.36), (-0.5, 0.9), (-0.8, 0.98)))
    c.paint(end, blob((0.66, 0.36), (0.7, 0.7), (0.34, 0.86), (0.2, 0.7), (0.44, 0.4)))
    c.add(end, box(-0.02, tall - 0.1, 0.66, tall + 0.16, 0.06), puff=0.7)
    if k.chance(0.3):
        c.add(Paint(k.vivid()), heart(0.32, -0.2, 0.17), puff=0.4)


@noun("shirt", "clothes", HUES, lies=True, gloss=0.03, patterns=PRINTS)
def shirt(c: Clay, k: Look) -> None:
    """Draw a T-shirt with a pocket or a print on one side."""
    body = k.main
    trim = k.other
    sleeve = body if k.chance(0.6) else trim
    long = k.u(0.1, 0.5)
    for side in (-1, 1):
        c.add(
            sleeve,
            poly(
                (side * 0.36, -0.68),
                (side * 0.74, -0.52),
                (side * 0.98, -0.08 + long * 0.5),
                (side * 0.66, 0.08 + long * 0.5),
                (side * 0.4, -0.2),
                round=0.08,
            ),
            puff=0.6,
        )
    c.add(
        body,
        poly((-0.5, -0.74), (-0.2, -0.76), (0.2, -0.76), (0.5, -0.74), (0.52, 0.86), (-0.52, 0.86), round=0.08),
        cut=[disc(0, -0.82, 0.24, 0.22)],
        puff=0.6,
    )
    c.add(trim, disc(0, -0.8, 0.29, 0.27), cut=[disc(0, -0.86, 0.22, 0.22), box(-1, -1.2, 1, -0.77)], puff=0.4)
    kind = k.pick(("pocket", "print", "print", "buttons", "none"))
    if kind == "pocket":
        c.add(trim, box(-0.4, -0.3, -0.06, 0.06, 0.05), puff=0.4)
    elif kind == "print":
        paint = Paint(k.vivid())
        c.add(paint, k.pick((star(-0.06, 0.1, 0.34, 0.16), heart(-0.08, 0.08, 0.3), disc(-0.08, 0.1, 0.28))), puff=0.3)
    elif kind == "buttons":
        c.paint(tint(body.rgb, 0.7), tube([(0.0, -0.6), (0.0, 0.9)], 0.03))
        for y in (-0.36, 0.0, 0.36, 0.68):
            c.add(Paint(k.hue("white", "yellow"), gloss=0.5), disc(0.1, y, 0.06))


@noun(
    "mitten",
    "clothes",
    HUES,
    lies=True,
    material="knit",
    gloss=0.02,
    patterns=("plain", "stripes", "stars", "dots", "zigzag"),
    size=0.8,
)
def mitten(c: Clay, k: Look) -> None:
    """Draw a mitten, thumb to the left."""
    body = k.main
    c.add(
        body,
        tube([(-0.2, 0.36), (-0.6, 0.06), (-0.66, -0.2)], 0.34, 0.28),
        blob((-0.34, 0.6), (-0.38, 0.0), (-0.34, -0.6), (0.06, -0.92), (0.5, -0.66), (0.56, 0.0), (0.5, 0.6)),
    )
    c.add(Paint(k.other.rgb, "stripes", tint(k.other.rgb, 0.85), 0.16, 0, "knit"), box(-0.44, 0.52, 0.6, 0.94, 0.1))
    if k.chance(0.5):
        c.add(Paint(k.vivid()), k.pick((heart(0.12, -0.2, 0.24), star(0.12, -0.2, 0.28, 0.13))), puff=0.4)


@noun(
    "boot",
    "clothes",
    "red yellow blue green pink purple",
    gloss=0.8,
    patterns=("plain", "plain", "dots", "stars"),
    size=0.95,
)
def boot(c: Clay, k: Look) -> None:
    """Draw a rubber boot, toe to the left."""
    body = k.main
    tall = k.u(-0.84, -0.6)
    c.add(Paint(tint(body.rgb, 0.4)), disc(0.28, tall, 0.36, 0.09))
    c.add(
        body,
        blob(
            (-0.06, tall),
            (0.64, tall),
            (0.62, 0.2),
            (0.68, 0.7),
            (0.3, 0.78),
            (-0.7, 0.78),
            (-0.84, 0.56),
            (-0.66, 0.3),
            (-0.24, 0.22),
            (-0.06, 0.0),
        ),
    )
    c.add(k.other, tube([(-0.06, tall + 0.1), (0.28, tall + 0.16), (0.62, tall + 0.1)], 0.15), puff=0.7)
    c.add(
        Paint(tint(k.other.rgb, 0.7)),
        tube([(-0.78, 0.8), (0.66, 0.8)], 0.15),
        box(0.26, 0.74, 0.72, 0.94, 0.04),
        puff=0.6,
    )
    if k.chance(0.4):
        c.eye(-0.56, 0.46, 0.07, white=True)
        c.paint(INK, tube([(-0.74, 0.62), (-0.6, 0.66), (-0.46, 0.62)], 0.03))
    elif k.chance(0.5):
        c.add(Paint(k.vivid(), gloss=0.4), heart(0.3, 0.1, 0.18), puff=0.4)


@noun("dress", "clothes", HUES, lies=True, plural="dresses", gloss=0.04, patterns=PRINTS)
def dress(c: Clay, k: Look) -> None:
    """Draw a dress with short sleeves, a belt and a bow on one side."""
    body, trim = k.main, k.other
    for side in (-1, 1):
        c.add(body.plain(), disc(side * 0.42, -0.6, 0.22, 0.17, turn=side * 30))
    flare = k.u(0.66, 0.9)
    c.add(
        body,
        blob(
            (-0.3, 0.0),
            (0.3, 0.0),
            (0.56, 0.4),
            (flare, 0.84),
            (0.3, 0.9),
            (0.0, 0.86),
            (-0.3, 0.9),
            (-flare, 0.84),
            (-0.56, 0.4),
        ),
        puff=0.8,
    )
    c.add(
        body,
        poly((-0.4, -0.78), (0.4, -0.78), (0.32, 0.06), (-0.32, 0.06), round=0.08),
        cut=[disc(0, -0.84, 0.22, 0.22)],
        puff=0.7,
        shadow=0.1,
    )
    c.add(trim, box(-0.36, -0.06, 0.36, 0.1, 0.05), puff=0.7)
    c.add(
        trim,
        poly((-0.22, 0.03), (-0.46, -0.1), (-0.44, 0.2)),
        poly((-0.22, 0.03), (0.0, -0.1), (-0.02, 0.2)),
        tube([(-0.22, 0.03), (-0.28, 0.4)], 0.09),
    )
    if k.chance(0.5):
        c.paint(trim, tube([(-flare, 0.78), (0, 0.8), (flare, 0.78)], 0.1))
    if k.chance(0.4):
        for y in (-0.5, -0.28):
            c.add(Paint(CREAM, gloss=0.5), disc(0.0, y, 0.06))
