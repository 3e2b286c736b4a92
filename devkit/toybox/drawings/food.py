"""Things to eat. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import COLOURS, CREAM, Paint, mix, tint
from devkit.toybox.shapes import Point, blob, box, disc, poly, rotate, tube

LEAF = Paint((88, 158, 70), gloss=0.2)


STALK = Paint((122, 88, 58))


@noun("apple", "food", "red green yellow", gloss=0.8, verbs=("tasting good",), size=0.75)
def apple(c: Clay, k: Look) -> None:
    """Draw an apple with stalk and leaf; some have a bite out or a second cheek."""
    bite = k.chance(0.3)
    cut = [disc(0.86, -0.02, 0.2), disc(0.9, 0.26, 0.18), disc(0.92, -0.28, 0.16)] if bite else []
    flesh = blob(
        (0.0, -0.5),
        (0.4, -0.64),
        (0.82, -0.36),
        (0.84, 0.16),
        (0.52, 0.78),
        (0.16, 0.88),
        (0, 0.82),
        (-0.16, 0.88),
        (-0.52, 0.78),
        (-0.84, 0.16),
        (-0.82, -0.36),
        (-0.4, -0.64),
    )
    if bite:
        c.add(Paint((250, 240, 200)), flesh, cut=[disc(1.02, 0.0, 0.26)], puff=0.4)
    c.add(k.main, flesh, cut=cut, puff=1.2)
    cheek = k.hue("red", "yellow", "green")
    c.paint(mix(k.main.rgb, cheek, 0.55), disc(-0.5, k.u(-0.1, 0.4), 0.3, 0.42, turn=15), soft=0.28)
    c.paint(tint(k.main.rgb, 0.55), disc(0, -0.5, 0.2, 0.07), soft=0.06)
    _label(c, k, k.u(-0.1, 0.4), k.u(-0.1, 0.4))
    lean = k.u(-0.14, 0.14)
    c.add(STALK, tube([(0, -0.5), (lean * 0.4, -0.68), (lean, -0.84)], 0.07))
    if k.chance(0.8):
        c.add(LEAF, blob((0.03, -0.66), (0.26, -0.92), (0.56, -0.88), (0.34, -0.66)))


@noun("banana", "food", "yellow yellow yellow green", lies=True, gloss=0.35, size=0.9)
def banana(c: Clay, k: Look) -> None:
    """Draw a banana, half peeled or with brown spots."""
    bend = k.u(0.4, 0.58)
    skin = k.main
    path: list[Point] = [(-0.86, -0.42), (-0.6, bend - 0.22), (-0.05, bend + 0.1), (0.52, bend - 0.2), (0.82, -0.4)]
    outer: list[Point] = [(-0.7, 0.2), (-0.3, bend + 0.14), (0.2, bend + 0.16), (0.66, bend - 0.16), (0.9, -0.38)]
    inner: list[Point] = [(0.76, -0.42), (0.46, 0.02), (0.1, bend - 0.36), (-0.3, bend - 0.4), (-0.62, -0.1)]
    whole = blob((-0.88, -0.34), *outer, *inner, (-0.76, -0.4))
    if k.chance(0.3):
        c.add(skin.shade(0.9), rotate(whole * 0.94, -16, (0.8, -0.4)))
    c.add(skin, whole)
    c.paint(tint(skin.rgb, 0.84), tube([(x, y + 0.06) for x, y in path], 0.035))
    _label(c, k, k.u(-0.3, 0.2), bend - 0.12)
    if k.chance(0.35):
        white = Paint((252, 244, 212), gloss=0.1)
        c.add(white, blob((0.36, 0.16), (0.62, -0.1), (0.84, -0.62), (0.66, -0.66), (0.4, -0.22), (0.16, 0.02)))
        c.add(skin, blob((0.2, 0.02), (0.06, -0.3), (0.2, -0.5), (0.32, -0.2), (0.4, 0.2)))
        c.add(skin.shade(0.9), blob((0.56, 0.3), (0.92, 0.06), (0.98, 0.32), (0.7, 0.44)))
    else:
        c.add(Paint((120, 90, 50)), tube([(0.82, -0.4), (0.9, -0.56)], 0.1, 0.08))
        if k.chance(0.5):
            for _ in range(k.pick((3, 5))):
                x = k.u(-0.5, 0.4)
                c.paint((140, 96, 44), disc(x, bend - 0.14 - 0.5 * x * x + k.u(-0.08, 0.08), 0.04, 0.028))
    c.add(Paint((96, 74, 48)), disc(-0.83, -0.4, 0.075, 0.06))


@noun("carrot", "food", "orange orange orange purple yellow", lies=True, gloss=0.2, size=0.95)
def carrot(c: Clay, k: Look) -> None:
    """Draw a carrot lying aslant with its leaves."""
    green = Paint(k.hue("green"), gloss=0.1)
    for x, y in ((0.6, -0.9), (0.84, -0.72), (0.92, -0.44)):
        c.add(green, tube([(0.4, -0.36), ((x + 0.36) / 2, (y - 0.46) / 2), (x, y)], 0.11, 0.09))
        c.add(green, disc(x, y, 0.12), disc((x + 0.5) / 2 + 0.03, (y - 0.4) / 2, 0.1), shadow=0.2)
    wide = k.u(0.26, 0.34)
    c.add(
        k.main,
        blob(
            (-0.92, 0.88),
            (-0.5, 0.16),
            (0.12 - wide * 0.4, -0.34),
            (0.36, -0.46),
            (0.5, -0.3),
            (0.3 + wide * 0.4, 0.04),
            (-0.24, 0.5),
        ),
    )
    for x, y, s in ((0.12, -0.2, 0.16), (-0.06, 0.2, 0.13), (-0.34, 0.26, 0.12), (-0.42, 0.5, 0.1), (0.26, 0.0, 0.12)):
        c.paint(tint(k.main.rgb, 0.72), tube([(x - s * 0.5, y - s * 0.5), (x + s * 0.45, y + s * 0.5)], 0.03))


@noun("cookie", "food", "brown", lies=True, stiff=True, material="crumb", gloss=0.05, pet="cookie", size=0.72)
def cookie(c: Clay, k: Look) -> None:
    """Draw a cookie with chips or sweets; some have a bite out."""
    dough = Paint(mix(k.main.rgb, (226, 176, 110), k.u(0.2, 0.8)), material="crumb", gloss=0.05, seed=k.main.seed)
    cut = [disc(0.78, -0.62, 0.24), disc(0.92, -0.28, 0.2), disc(0.46, -0.86, 0.2)] if k.chance(0.5) else []
    wobble = [(0.88 + k.u(-0.05, 0.05)) for _ in range(12)]
    rim = blob(
        *[
            (float(p[0]), float(p[1]))
            for p in (rotate(box(0, 0, 0.001, 0.001), 30.0 * i)[0] + _polar(r, 30.0 * i) for i, r in enumerate(wobble))
        ]
    )
    c.add(dough, rim, cut=cut, puff=0.8)
    sweets = k.chance(0.4)
    spots = [(-0.4, -0.4), (0.1, -0.5), (-0.08, 0.0), (-0.56, 0.16), (0.4, 0.1), (-0.2, 0.5), (0.3, 0.52), (0.2, -0.2)]
    for x, y in spots[: k.pick((6, 7, 8))]:
        paint = (
            Paint(k.hue("red", "blue", "green", "yellow", "pink"), gloss=0.8)
            if sweets
            else Paint((84, 52, 38), gloss=0.4)
        )
        c.add(paint, disc(x + k.u(-0.08, 0.08), y + k.u(-0.08, 0.08), k.u(0.09, 0.13), 0.1, turn=k.u(0, 90)))


def _label(c: Clay, k: Look, x: float, y: float) -> None:
    """Stick a fruit label on some."""
    if k.chance(0.4):
        paint = Paint(k.vivid(), gloss=0.4)
        c.paint(paint, disc(x, y, 0.13, 0.1))
        c.paint(CREAM, disc(x, y, 0.07, 0.05))


def _polar(r: float, degrees: float) -> Point:
    x, y = rotate(disc(r, 0, 1e-6), degrees)[0]
    return (float(x), float(y))


@noun("cheese", "food", "yellow yellow orange", gloss=0.2, size=0.85)
def cheese(c: Clay, k: Look) -> None:
    """Draw a wedge of cheese with holes, tip to the left."""
    paint, tall = k.main, k.u(0.5, 0.62)
    low = 0.66
    c.add(
        paint.plain(tint(paint.rgb, 1.3)),
        poly((-0.94, low - tall + 0.06), (0.34, -0.52), (0.92, low - tall - 0.1), (0.9, low - tall + 0.06), round=0.04),
        puff=0.3,
    )
    c.add(
        paint,
        poly((-0.94, low - tall + 0.06), (0.92, low - tall - 0.04), (0.92, low), (-0.94, low), round=0.05),
        puff=0.5,
        shadow=0.0,
    )
    hole = Paint(tint(paint.rgb, 0.72))
    for _ in range(k.pick((4, 5, 6))):
        x, r = k.u(-0.7, 0.75), k.u(0.06, 0.13)
        c.paint(hole, disc(x, low - k.u(0.14, tall - 0.16), r, r * 0.9))
    c.paint(hole, disc(0.3, -0.26, 0.13, 0.06), disc(0.0, -0.14, 0.09, 0.04))
    if k.chance(0.35):
        c.paint(COLOURS["red"], box(0.84, -1, 1, 1, 0.01))


@noun(
    "egg",
    "food",
    "white brown blue pink yellow",
    gloss=0.35,
    patterns=("plain", "plain", "dots", "stripes", "zigzag"),
    size=0.66,
)
def egg(c: Clay, k: Look) -> None:
    """Draw an egg, plain or painted, sometimes cracked or in a cup."""
    shell = blob(
        (0, -0.94), (0.42, -0.66), (0.66, -0.06), (0.6, 0.5), (0, 0.9), (-0.6, 0.5), (-0.66, -0.06), (-0.42, -0.66)
    )
    kind = k.pick(("whole", "whole", "cup", "cracked"))
    c.add(k.main, shell, puff=1.2)
    if kind == "cup":
        cup = Paint(k.vivid(), gloss=0.5)
        c.add(cup, blob((-0.68, 0.12), (0.68, 0.12), (0.5, 0.62), (0.18, 0.76), (-0.18, 0.76), (-0.5, 0.62)))
        c.add(cup, poly((-0.14, 0.7), (0.14, 0.7), (0.4, 0.97), (-0.4, 0.97)))
    elif kind == "cracked":
        c.paint(
            tint(k.main.rgb, 0.5),
            tube([(-0.64, -0.2), (-0.42, -0.06), (-0.26, -0.26), (-0.06, -0.04), (0.1, -0.22)], 0.035, straight=True),
        )


@noun("cake", "food", "pink brown white yellow", gloss=0.15, material="crumb", size=0.95)
def cake(c: Clay, k: Look) -> None:
    """Draw a slice or a whole small cake with icing, candles or a cherry."""
    sponge = Paint((226, 180, 112), material="crumb")
    icing = Paint(k.main.rgb, gloss=0.5)
    c.add(Paint((240, 240, 244), gloss=0.5), disc(0, 0.76, 0.94, 0.16))
    c.add(sponge, poly((-0.74, -0.1), (0.74, -0.1), (0.72, 0.76), (-0.72, 0.76), round=0.12))
    c.paint(Paint(k.hue("red", "pink", "yellow")), box(-1, 0.32, 1, 0.44, 0.01))
    drips = [
        (-0.78, -0.14),
        (-0.8, 0.16),
        (-0.56, 0.06),
        (-0.36, 0.26),
        (-0.14, 0.08),
        (0.1, 0.2),
        (0.34, 0.06),
        (0.54, 0.26),
        (0.8, 0.1),
        (0.78, -0.14),
    ]
    c.add(icing, blob(*drips, (0.4, -0.3), (-0.4, -0.3)))
    if k.chance(0.55):
        for x in (-0.36, 0.0, 0.36)[: k.pick((1, 2, 3))]:
            c.add(Paint(k.vivid(), "stripes", CREAM, 0.12, 60), box(x - 0.05, -0.68, x + 0.05, -0.22, 0.03))
            c.add(Paint((255, 190, 60), gloss=0.2), blob((x, -0.94), (x + 0.08, -0.78), (x, -0.68), (x - 0.08, -0.78)))
    else:
        c.add(Paint(COLOURS["red"], gloss=0.9), disc(-0.2, -0.4, 0.16))
        c.add(STALK, tube([(-0.18, -0.52), (-0.06, -0.74)], 0.04))
    for _ in range(7):
        c.paint(k.hue("red", "blue", "yellow", "green"), disc(k.u(-0.6, 0.6), k.u(-0.2, 0.02), 0.035))


@noun("pear", "food", "green yellow red", gloss=0.5, material="peel", size=0.78)
def pear(c: Clay, k: Look) -> None:
    """Draw a pear, its neck bent to the left."""
    bend = k.u(-0.2, -0.04)
    c.add(
        k.main,
        blob(
            (bend, -0.7),
            (0.24 + bend, -0.56),
            (0.32 + bend * 0.3, -0.12),
            (0.62, 0.34),
            (0.42, 0.84),
            (0, 0.93),
            (-0.46, 0.84),
            (-0.64, 0.34),
            (-0.34 + bend * 0.3, -0.12),
            (-0.24 + bend, -0.56),
        ),
        puff=1.2,
    )
    c.paint(mix(k.main.rgb, COLOURS["red"], 0.45), disc(0.3, 0.4, 0.26, 0.36), soft=0.26)
    c.add(STALK, tube([(bend, -0.68), (bend + 0.06, -0.94)], 0.07))
    if k.chance(0.25):
        c.paint((250, 244, 206), disc(bend * 0.3, 0.36, 0.46, 0.4), disc(bend * 0.7, -0.24, 0.17, 0.32))
        c.paint((112, 76, 50), disc(-0.08, 0.36, 0.05, 0.09, turn=20), disc(0.08, 0.38, 0.05, 0.09, turn=-20))
    else:
        _label(c, k, -0.26, k.u(0.3, 0.6))
    if k.chance(0.6):
        c.add(LEAF, blob((bend + 0.04, -0.8), (0.3, -0.98), (0.5, -0.84), (0.26, -0.74)))


@noun("strawberry", "food", "red red pink", plural="strawberries", gloss=0.6, size=0.68)
def strawberry(c: Clay, k: Look) -> None:
    """Draw a strawberry with seeds and a green crown."""
    tip = k.u(-0.22, 0.16)
    c.add(
        k.main,
        blob(
            (-0.4, -0.58),
            (0.4, -0.58),
            (0.8, -0.26),
            (0.6, 0.34),
            (tip + 0.1, 0.92),
            (tip - 0.1, 0.92),
            (-0.62, 0.34),
            (-0.8, -0.26),
        ),
        puff=1.2,
    )
    for row, count in ((-0.22, 4), (0.08, 3), (0.36, 2), (0.62, 1)):
        for i in range(count):
            x = (i - (count - 1) / 2) * 0.36 + tip * (row + 0.3)
            c.paint((252, 222, 120), disc(x, row, 0.04, 0.06))
    for turn in (-70, -35, 0, 35, 70):
        c.add(LEAF, rotate(blob((-0.12, -0.6), (0.0, -0.2), (0.12, -0.6), (0, -0.7)), turn, (0, -0.62)), shadow=0.2)
    c.add(LEAF, tube([(0, -0.62), (k.u(-0.1, 0.1), -0.93)], 0.08))


@noun("bread", "food", "brown", plural="breads", material="crumb", gloss=0.05, size=0.9)
def bread(c: Clay, k: Look) -> None:
    """Draw a slice of toast, with jam, butter or nothing on it."""
    crust = Paint(mix(k.main.rgb, (206, 142, 80), k.u(0.1, 0.8)), material="crumb")
    crumb = Paint((246, 222, 172), material="crumb", seed=k.main.seed)
    for grow, paint in ((0.0, crust), (0.11, crumb)):
        c.add(
            paint,
            disc(-0.34, -0.42, 0.52 - grow, 0.4 - grow),
            disc(0.34, -0.42, 0.52 - grow, 0.4 - grow),
            box(-0.7 + grow, -0.4, 0.7 - grow, 0.84 - grow, 0.14),
            puff=0.5,
            shadow=0.0,
        )
    topping = k.pick(("jam", "jam", "butter", "face", "egg", "chocolate"))
    if topping in ("jam", "chocolate"):
        spread = k.hue("red", "purple", "orange", "green") if topping == "jam" else (104, 66, 44)
        edge: list[Point] = [(-0.5, -0.5), (0.0, -0.42), (0.5, -0.54), (0.46, 0.1), (0.2, k.u(0.2, 0.5)), (-0.1, 0.2)]
        c.add(Paint(spread, gloss=0.9), blob(*edge, (-0.46, k.u(0.3, 0.6))), puff=0.6)
    elif topping == "butter":
        c.add(Paint((252, 228, 110), gloss=0.5), rotate(box(-0.3, -0.2, 0.16, 0.2), k.u(-20, 20)), puff=0.6)
    elif topping == "egg":
        c.add(
            Paint((252, 252, 248), gloss=0.6), blob((-0.5, -0.2), (-0.1, -0.5), (0.46, -0.3), (0.4, 0.3), (-0.2, 0.4))
        )
        c.add(Paint((248, 186, 50), gloss=0.8), disc(k.u(-0.16, 0.1), -0.04, 0.2))
    else:
        smile = tube([(-0.26, 0.16), (0, 0.3), (0.26, 0.16)], 0.06)
        c.paint((110, 70, 40), disc(-0.24, -0.2, 0.07), disc(0.24, -0.2, 0.07), smile)
