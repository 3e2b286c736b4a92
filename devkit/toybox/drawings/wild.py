"""Animals from elsewhere, modelled facing left. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.drawings.parts import legs, topper
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import BLUSH, CREAM, INK, Paint, mix, tint
from devkit.toybox.shapes import blob, box, disc, heart, poly, tube


@noun(
    "bear",
    "animals",
    "brown orange white gray pink",
    material="fur",
    gloss=0.04,
    pet="teddy",
    sound="grr",
    verbs=("sitting", "hugging"),
    patterns=("plain",),
)
def bear(c: Clay, k: Look) -> None:
    """Draw a sitting teddy bear, one arm raised."""
    fur = k.main
    light = fur.plain(mix(fur.rgb, CREAM, 0.6))
    wave = k.u(-0.3, 0.25)
    for x in (-0.36, 0.36):
        c.add(fur, disc(x, -0.72, 0.17))
        c.add(light, disc(x, -0.71, 0.095), puff=0.4)
    c.add(fur, tube([(0.3, 0.02), (0.62, 0.16), (0.7, 0.42)], 0.24, 0.22))
    c.add(fur, tube([(-0.3, 0.05), (-0.6, 0.08 + wave), (-0.76, wave - 0.06)], 0.24, 0.22))
    c.add(fur, disc(0, 0.36, 0.42, 0.46))
    c.add(light, disc(0, 0.38, 0.26, 0.3), puff=0.4, shadow=0.1)
    for x in (-0.44, 0.44):
        c.add(fur, disc(x, 0.74, 0.25, 0.22))
        c.add(light, disc(x, 0.76, 0.14, 0.13), puff=0.4, shadow=0.15)
    c.add(fur, disc(0, -0.42, 0.45, 0.39))
    c.add(light, disc(0, -0.28, 0.2, 0.16), shadow=0.15)
    c.add(Paint(INK, gloss=0.7), disc(0, -0.36, 0.075, 0.055))
    c.paint(INK, tube([(0, -0.3), (0, -0.23)], 0.022), tube([(-0.09, -0.22), (0, -0.18), (0.09, -0.22)], 0.026))
    for x in (-0.19, 0.19):
        c.eye(x, -0.46, 0.05)
    extra = k.pick(("bow", "scarf", "heart", "patch"))
    if extra == "bow":
        bow = Paint(k.vivid(), k.pick(("plain", "dots")), scale=0.13, gloss=0.3)
        c.add(bow, poly((0, 0.0), (-0.26, -0.12), (-0.26, 0.14)), poly((0, 0.0), (0.26, -0.12), (0.26, 0.14)))
        c.add(bow.shade(0.85), disc(0, 0.0, 0.075))
    elif extra == "scarf":
        scarf = Paint(k.vivid(), "stripes", tint(k.vivid(), 1.4), 0.16, material="knit")
        c.add(scarf, tube([(-0.32, -0.06), (0, 0.04), (0.32, -0.06)], 0.15), tube([(0.16, 0.0), (0.24, 0.42)], 0.15))
    elif extra == "heart":
        c.add(Paint(k.hue("red"), gloss=0.4), heart(0.0, 0.36, 0.17))
    else:
        c.add(Paint(k.vivid(), "checks", scale=0.09), box(0.1, 0.3, 0.3, 0.5), puff=0.4)


@noun(
    "fish",
    "animals",
    "orange blue yellow red purple green pink",
    plural="fish",
    patterns=("plain", "stripes", "dots", "zigzag"),
    gloss=0.5,
    pet="fishy",
    sound="blub blub",
    verbs=("swimming",),
    flies=True,
    size=0.95,
)
def fish(c: Clay, k: Look) -> None:
    """Draw a fish with a forked tail and fins."""
    body, fin = k.main, Paint(k.other.rgb, "stripes", tint(k.other.rgb, 0.82), 0.08, k.u(0, 40), gloss=0.4)
    tall, fork = k.u(0.36, 0.54), k.u(0.25, 0.42)
    c.add(
        fin, blob((0.46, 0.0), (0.9, -fork - 0.06), (0.96, -fork + 0.1), (0.8, 0.0), (0.96, fork), (0.88, fork + 0.12))
    )
    c.add(fin, blob((-0.25, -tall + 0.08), (0.0, -tall - 0.3), (0.4, -tall - 0.14), (0.35, -tall + 0.22)))
    c.add(fin, blob((0.0, tall - 0.1), (0.14, tall + 0.22), (0.34, tall + 0.14), (0.3, tall - 0.15)))
    c.add(
        body,
        blob(
            (-0.92, 0.02),
            (-0.66, -tall * 0.68),
            (-0.2, -tall),
            (0.3, -tall * 0.66),
            (0.66, -0.06),
            (0.66, 0.06),
            (0.3, tall * 0.66),
            (-0.2, tall),
            (-0.66, tall * 0.7),
        ),
    )
    c.paint(tint(body.rgb, 1.35), blob((-0.9, 0.04), (-0.62, -0.3), (-0.42, 0.0), (-0.62, 0.34)), soft=0.06)
    c.paint(tint(body.rgb, 0.62), tube([(-0.38, -0.26), (-0.3, 0.02), (-0.38, 0.3)], 0.035))
    c.add(fin, blob((-0.16, 0.04), (0.18, -0.08), (0.22, 0.16), (0.0, 0.24)))
    c.eye(-0.6, -0.12, 0.085, white=True)
    c.paint(tint(body.rgb, 0.5), tube([(-0.9, 0.1), (-0.8, 0.15), (-0.72, 0.12)], 0.03))


@noun(
    "bird",
    "animals",
    "blue red yellow green pink purple",
    patterns=("plain", "plain", "dots"),
    material="fur",
    gloss=0.1,
    pet="birdie",
    sound="tweet tweet",
    verbs=("flying", "singing"),
    flies=True,
    size=0.85,
)
def bird(c: Clay, k: Look) -> None:
    """Draw a small round bird on thin legs, beak to the left, tail to the right."""
    body, belly = k.main, Paint(k.hue("white", "yellow", "orange"), material="fur", gloss=0.05)
    perk = k.u(-0.12, 0.18)
    for x in (-0.06, 0.14):
        c.add(
            Paint((214, 132, 52)),
            tube([(x, 0.5), (x - 0.02, 0.9)], 0.05),
            tube([(x - 0.16, 0.92), (x + 0.1, 0.92)], 0.05),
        )
    c.add(body.shade(0.75), poly((0.4, 0.1), (0.96, -0.16 - perk), (0.92, 0.14 - perk), (0.45, 0.42), round=0.06))
    plump = k.u(0.5, 0.58)
    c.add(body, disc(0.02, 0.14, plump, 0.48, turn=-14), disc(-0.3, -0.34, 0.36))
    c.add(belly, blob((-0.46, 0.0), (-0.2, -0.04), (0.12, 0.34), (0.1, 0.58), (-0.24, 0.52)), puff=0.3, shadow=0.0)
    c.add(Paint((240, 160, 40), gloss=0.5), poly((-0.6, -0.42), (-0.95, -0.3), (-0.6, -0.22), round=0.05))
    flap = k.u(-0.1, 0.12)
    c.add(
        k.other if k.chance(0.5) else body.shade(0.7),
        blob((-0.08, -0.04), (0.26, -0.08), (0.66, 0.24 - flap), (0.36, 0.4 - flap), (0.06, 0.32)),
    )
    c.eye(-0.4, -0.4, 0.065, white=k.chance(0.4))
    if k.chance(0.45):
        for dx in (0.0, 0.1):
            c.add(body.shade(0.8), tube([(-0.3 + dx, -0.66), (-0.24 + dx, -0.86)], 0.08, 0.05))


@noun(
    "frog",
    "animals",
    "green yellow blue orange",
    patterns=("plain", "dots", "dots"),
    gloss=0.6,
    pet="froggy",
    sound="ribbit",
    verbs=("jumping",),
    size=0.9,
)
def frog(c: Clay, k: Look) -> None:
    """Draw a squatting frog with eyes on top and a wide mouth."""
    body = k.main
    wide = k.u(0.5, 0.6)
    for side in (-1, 1):
        c.add(body.shade(0.85), disc(side * 0.56, 0.46, 0.28, 0.34, turn=side * 20))
        c.add(body.shade(0.9), disc(side * 0.66, 0.8, 0.26, 0.09))
    c.add(body, blob((-0.4, -0.2), (0.4, -0.2), (wide, 0.3), (0.36, 0.78), (-0.36, 0.78), (-wide, 0.3)))
    c.add(body.plain(mix(body.rgb, (250, 250, 200), 0.65)), disc(0, 0.46, 0.32, 0.3), puff=0.3, shadow=0.0)
    for side in (-1, 1):
        c.add(body.plain(), tube([(side * 0.3, 0.4), (side * 0.26, 0.76)], 0.15, 0.12))
        for dx in (-0.11, 0, 0.11):
            c.add(body.plain(), disc(side * 0.26 + dx, 0.84, 0.075, 0.055), shadow=0.1)
    c.add(body.plain(), disc(0, -0.2, 0.54, 0.33), disc(-0.3, -0.5, 0.19), disc(0.3, -0.5, 0.19))
    for x in (-0.3, 0.3):
        c.eye(x, -0.54, 0.08, white=True)
    smile = k.u(0.06, 0.14)
    c.paint(tint(body.rgb, 0.42), tube([(-0.36, -0.16), (0, -0.14 + smile), (0.36, -0.16)], 0.04))
    c.paint(BLUSH, disc(-0.4, -0.06, 0.09, 0.06), disc(0.4, -0.06, 0.09, 0.06), soft=0.05)
    c.add(Paint(k.vivid(), gloss=0.3), disc(k.pick((-0.12, 0.14)), 0.4, 0.1)) if k.chance(0.25) else None


@noun(
    "mouse",
    "animals",
    "gray brown white",
    plural="mice",
    material="fur",
    gloss=0.05,
    pet="mousie",
    sound="squeak",
    verbs=("running", "hiding"),
    size=0.75,
)
def mouse(c: Clay, k: Look) -> None:
    """Draw a mouse: a drop-shaped body, large round ears, a long thin tail."""
    body, ear = k.main, k.u(0.24, 0.31)
    pink = Paint((240, 164, 168), gloss=0.2)
    c.add(pink, tube([(0.6, 0.6), (0.86, 0.62), (0.94, 0.3), (0.76, 0.1), (0.84, -0.14)], 0.07, 0.035))
    c.add(
        body,
        blob(
            (-0.92, 0.42),
            (-0.6, 0.08),
            (-0.1, -0.12),
            (0.44, -0.02),
            (0.7, 0.38),
            (0.6, 0.74),
            (-0.3, 0.76),
            (-0.8, 0.58),
        ),
    )
    for x in (-0.3, 0.34):
        c.add(pink, disc(x, 0.77, 0.16, 0.06))
    if k.chance(0.6):
        cloth = Paint(k.vivid(), k.pick(("plain", "stripes", "dots")), CREAM, 0.14, 90)
        c.paint(cloth, blob((-0.06, -0.3), (0.34, -0.3), (0.5, 0.3), (0.44, 0.9), (0.0, 0.9), (-0.1, 0.3)))
    for x, y in ((-0.1, -0.24), (-0.46, -0.16)):
        c.add(body.shade(0.85), disc(x, y, ear))
        c.add(pink, disc(x - 0.02, y + 0.02, ear * 0.66), puff=0.35, shadow=0.1)
    c.add(pink, disc(-0.92, 0.42, 0.07))
    c.eye(-0.62, 0.26, 0.06)
    for y in (0.48, 0.56):
        c.add(Paint((250, 250, 250)), tube([(-0.78, y), (-0.5, y + 0.06)], 0.018), shadow=0)
    if k.chance(0.3):
        c.add(Paint((250, 205, 70)), poly((-0.86, 0.76), (-0.56, 0.76), (-0.6, 0.54), round=0.03))


@noun(
    "elephant",
    "animals",
    "gray blue pink purple",
    gloss=0.12,
    material="peel",
    verbs=("walking",),
    sound="toot",
    patterns=("plain", "plain", "stars"),
    size=1.15,
)
def elephant(c: Clay, k: Look) -> None:
    """Draw an elephant: trunk, large ear, tusk."""
    body = k.main
    nail = Paint(mix(body.rgb, CREAM, 0.6))
    lift = k.u(-0.5, 0.32)
    c.add(body.plain(), tube([(0.72, 0.0), (0.86, 0.2), (0.84, 0.44)], 0.06))
    legs(c, body.shade(0.8), (-0.02, 0.54), 0.3, 0.86, 0.26, nail)
    c.add(body, disc(0.26, 0.1, 0.54, 0.44))
    legs(c, body.plain(), (-0.14, 0.42), 0.3, 0.9, 0.28, nail)
    c.add(
        body.plain(),
        disc(-0.4, -0.2, 0.37, 0.36),
        tube([(-0.6, -0.12), (-0.8, 0.14), (-0.84, 0.36 + lift * 0.4), (-0.92, 0.5 + lift)], 0.27, 0.14),
    )
    c.add(Paint(CREAM, gloss=0.5), tube([(-0.56, 0.06), (-0.62, 0.24), (-0.72, 0.28)], 0.09, 0.05))
    ear = k.u(0.3, 0.37)
    c.add(
        body.shade(0.86),
        blob((-0.24, -0.46), (0.1, -0.52), (0.24, -0.2), (0.12, ear - 0.1), (-0.1, ear - 0.16), (-0.2, -0.1)),
    )
    c.paint(
        mix(body.rgb, BLUSH, 0.55),
        blob((-0.12, -0.36), (0.08, -0.38), (0.14, -0.16), (0.04, 0.06), (-0.08, -0.06)),
        soft=0.05,
    )
    c.eye(-0.5, -0.26, 0.055)
    if k.chance(0.4):
        topper(c, k, -0.42, -0.52, 0.18)
    if k.chance(0.35):
        c.add(
            Paint(k.vivid(), "dots", scale=0.16),
            blob((0.34, -0.38), (0.6, -0.3), (0.76, 0.1), (0.3, 0.1)),
            puff=0.4,
        )


@noun(
    "butterfly",
    "animals",
    "purple orange blue yellow pink red",
    lies=True,
    plural="butterflies",
    patterns=("plain", "dots", "stripes", "stars"),
    gloss=0.2,
    verbs=("flying",),
    flies=True,
    size=0.8,
)
def butterfly(c: Clay, k: Look) -> None:
    """Draw a butterfly, wings spread, a little turned."""
    wing, tilt = k.main, k.u(0.82, 1.0)
    for side, s in ((1, tilt), (-1, 1.0)):
        c.add(
            Paint(tint(wing.rgb, 0.62)),
            blob(
                (0.0, 0.02),
                (side * 0.4 * s, -0.74),
                (side * 0.86 * s, -0.76),
                (side * 0.92 * s, -0.34),
                (side * 0.5 * s, 0.1),
            ),
            blob(
                (0.0, 0.04),
                (side * 0.5 * s, 0.08),
                (side * 0.72 * s, 0.42),
                (side * 0.5 * s, 0.8),
                (side * 0.2 * s, 0.6),
            ),
            puff=0.5,
        )
        c.add(
            wing,
            blob(
                (side * 0.06, -0.02),
                (side * 0.42 * s, -0.64),
                (side * 0.8 * s, -0.66),
                (side * 0.82 * s, -0.36),
                (side * 0.46 * s, 0.02),
            ),
            puff=0.4,
            shadow=0,
        )
        c.add(
            k.other,
            blob(
                (side * 0.08, 0.1),
                (side * 0.44 * s, 0.14),
                (side * 0.62 * s, 0.42),
                (side * 0.46 * s, 0.7),
                (side * 0.24 * s, 0.54),
            ),
            puff=0.4,
            shadow=0,
        )
        c.add(Paint(CREAM), disc(side * 0.62 * s, -0.5, 0.1), disc(side * 0.44 * s, 0.42, 0.08), puff=0.3, shadow=0)
        c.add(
            Paint(INK),
            tube([(0.0, -0.4), (side * 0.1, -0.66), (side * 0.22, -0.78)], 0.035),
            disc(side * 0.23, -0.79, 0.045),
            shadow=0,
        )
    c.add(Paint((92, 66, 60), gloss=0.4), tube([(0, -0.3), (0, 0.56)], 0.17, 0.09))
    c.add(Paint((92, 66, 60), gloss=0.4), disc(0, -0.38, 0.13))
    for x in (-0.05, 0.06):
        c.eye(x, -0.41, 0.035, white=True)


@noun(
    "turtle",
    "animals",
    "green brown blue purple",
    patterns=("dots", "patches", "checks"),
    gloss=0.4,
    verbs=("walking",),
    size=0.95,
)
def turtle(c: Clay, k: Look) -> None:
    """Draw a turtle: a domed shell over short legs."""
    skin = Paint(k.hue("green", "yellow"), gloss=0.3)
    c.add(skin, poly((0.66, 0.42), (0.96, 0.6), (0.66, 0.62), round=0.05))
    for x in (-0.14, 0.26):
        c.add(skin.shade(0.75), disc(x, 0.66, 0.15, 0.18))
    for x in (-0.4, 0.5):
        c.add(skin, disc(x, 0.66, 0.19, 0.2))
    rise = k.u(-0.36, -0.2)
    c.add(skin, tube([(-0.42, 0.4), (-0.66, 0.24), (-0.72, 0.0)], 0.24), disc(-0.74, -0.04, 0.23, 0.2))
    c.add(k.main, blob((-0.56, 0.5), (-0.46, 0.06), (-0.1, rise), (0.28, rise), (0.64, 0.06), (0.74, 0.5)))
    c.add(Paint(tint(k.main.rgb2, 0.9), gloss=0.3), tube([(-0.56, 0.5), (0.1, 0.56), (0.74, 0.5)], 0.13))
    c.eye(-0.8, -0.1, 0.055, white=True)
    c.paint(tint(skin.rgb, 0.45), tube([(-0.94, 0.03), (-0.84, 0.07), (-0.74, 0.05)], 0.025))
    c.paint(BLUSH, disc(-0.68, 0.03, 0.06, 0.04), soft=0.04)
