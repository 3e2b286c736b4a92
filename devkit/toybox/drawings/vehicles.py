"""Things that drive, fly and sail, heading left. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.drawings.parts import GLASS, sticker, wheel
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import CREAM, STEEL, Paint, mix, tint
from devkit.toybox.shapes import blob, box, disc, poly, rotate, tube

BRIGHT = "red blue yellow green orange purple pink"


@noun(
    "car",
    "vehicles",
    BRIGHT,
    gloss=0.7,
    patterns=("plain", "plain", "stripes", "dots"),
    sound="vroom",
    verbs=("driving", "going fast"),
)
def car(c: Clay, k: Look) -> None:
    """Draw a rounded toy car heading left."""
    body, roof = k.main, k.u(-0.46, -0.3)
    back = k.u(0.5, 0.72)
    cabin = body.plain() if k.chance(0.6) else Paint(k.other.rgb, gloss=0.6)
    c.add(cabin, blob((-0.4, 0.06), (-0.22, roof + 0.06), (0.1, roof - 0.04), (0.42, roof + 0.02), (back, 0.06)))
    c.add(GLASS, poly((-0.26, 0.04), (-0.14, roof + 0.14), (0.08, roof + 0.1), (0.08, 0.04)), puff=0.3)
    c.add(GLASS, poly((0.16, 0.04), (0.16, roof + 0.1), (0.38, roof + 0.16), (back - 0.14, 0.04)), puff=0.3)
    c.add(
        body,
        blob(
            (-0.94, 0.36),
            (-0.86, 0.12),
            (-0.5, 0.0),
            (0.0, 0.0),
            (0.6, 0.0),
            (0.9, 0.1),
            (0.95, 0.36),
            (0.8, 0.48),
            (0, 0.5),
            (-0.8, 0.48),
        ),
    )
    c.paint(tint(body.rgb, 0.7), tube([(0.12, 0.06), (0.12, 0.42)], 0.025))
    c.add(Paint((250, 236, 150), gloss=0.9), disc(-0.87, 0.22, 0.08, 0.1))
    c.add(Paint((220, 60, 50), gloss=0.8), disc(0.91, 0.2, 0.05, 0.08))
    hub = Paint(k.hue("white", "yellow", "gray"), gloss=0.6)
    for x in (-0.52, 0.54):
        wheel(c, x, 0.46, k.u(0.2, 0.23), hub)
    if k.chance(0.7):
        sticker(c, k, 0.0 + k.u(-0.1, 0.3), 0.24, 0.15)


@noun("truck", "vehicles", BRIGHT, gloss=0.5, sound="beep beep", verbs=("driving",), size=1.1, patterns=("plain",))
def truck(c: Clay, k: Look) -> None:
    """Draw a truck with its cab at the left and a loaded bed."""
    cab, bed = (
        Paint(k.main.rgb, gloss=0.6),
        Paint(k.other.rgb, k.pick(("plain", "plain", "stripes")), tint(k.other.rgb, 0.75), 0.24, gloss=0.4),
    )
    load = k.pick(("sand", "boxes", "closed"))
    if load == "sand":
        c.add(Paint((222, 186, 120), material="crumb"), blob((-0.1, -0.06), (0.2, -0.44), (0.5, -0.4), (0.86, -0.06)))
    elif load == "boxes":
        for x in (0.0, 0.32, 0.6):
            c.add(
                Paint(k.hue(*BRIGHT.split()), material="wood"),
                box(x, -0.36 - 0.12 * k.u(0, 1), x + 0.28, 0.0),
                puff=0.5,
            )
    top = -0.56 if load == "closed" else -0.1
    c.add(bed, box(-0.14, top, 0.94, 0.42, 0.05), puff=0.6)
    c.add(cab, poly((-0.92, 0.42), (-0.92, 0.0), (-0.74, -0.5), (-0.24, -0.5), (-0.24, 0.42), round=0.1))
    c.add(GLASS, poly((-0.8, -0.04), (-0.68, -0.4), (-0.36, -0.4), (-0.36, -0.04)), puff=0.3)
    c.add(Paint((80, 78, 84)), box(-0.94, 0.34, 0.95, 0.48, 0.04), puff=0.5)
    c.add(Paint((250, 236, 150), gloss=0.9), disc(-0.88, 0.22, 0.07, 0.09))
    hub = Paint(k.hue("white", "yellow", "gray"), gloss=0.6)
    for x in (-0.6, 0.22, 0.66):
        wheel(c, x, 0.54, 0.21, hub)
    if load == "closed" or k.chance(0.5):
        sticker(c, k, 0.36 + k.u(-0.15, 0.2), 0.14, 0.18)


@noun(
    "bus",
    "vehicles",
    "yellow red blue green orange purple",
    plural="buses",
    gloss=0.5,
    verbs=("driving",),
    sound="beep",
    size=1.15,
)
def bus(c: Clay, k: Look) -> None:
    """Draw a long bus with a row of windows and a door at the front."""
    body = k.main.plain()
    c.add(body, box(-0.94, -0.46, 0.94, 0.5, 0.16), puff=0.8)
    c.paint(k.other, box(-1, 0.14, 1, k.u(0.24, 0.32), 0.01))
    if k.chance(0.5):
        c.paint(tint(body.rgb, 1.5), box(-1, -0.6, 1, -0.36, 0.01))
    windows = k.pick((3, 4))
    step = 1.22 / windows
    for i in range(windows):
        x = -0.42 + i * step
        c.add(GLASS, box(x, -0.28, x + step * 0.8, 0.04, 0.06), puff=0.25, shadow=0.15)
        if k.chance(0.5):
            head = k.hue("brown", "yellow", "pink")
            c.paint(mix(head, CREAM, 0.5), disc(x + step * 0.4, -0.06, 0.09))
            c.paint(tint(head, 0.6), disc(x + step * 0.4, -0.13, 0.09, 0.055))
    c.add(GLASS, box(-0.86, -0.28, -0.54, 0.4, 0.06), puff=0.25, shadow=0.15)
    c.paint(tint(body.rgb, 0.6), tube([(-0.7, -0.28), (-0.7, 0.4)], 0.03))
    c.add(Paint((250, 236, 150), gloss=0.9), disc(-0.9, 0.36, 0.06, 0.07))
    for x in (-0.46, 0.52):
        wheel(c, x, 0.52, 0.2, Paint(k.hue("white", "gray", "yellow"), gloss=0.6))


@noun(
    "train",
    "vehicles",
    "red blue green black yellow",
    gloss=0.4,
    sound="choo choo",
    verbs=("coming", "going"),
    size=1.1,
)
def train(c: Clay, k: Look) -> None:
    """Draw a steam engine heading left."""
    body, cab = Paint(k.main.rgb, gloss=0.5), Paint(k.other.rgb, gloss=0.4)
    steam = Paint((246, 246, 248), material="wool", gloss=0)
    if k.chance(0.6):
        c.add(steam, disc(-0.4, -0.78, 0.12), disc(-0.2, -0.86, 0.13), disc(0.02, -0.84, 0.1))
    c.add(
        Paint((70, 68, 74), gloss=0.4), poly((-0.64, -0.2), (-0.74, -0.62), (-0.36, -0.62), (-0.46, -0.2), round=0.05)
    )
    c.add(cab, box(0.2, -0.56, 0.84, 0.4, 0.05), puff=0.6)
    c.add(cab.shade(0.7), box(0.1, -0.68, 0.94, -0.52, 0.06))
    c.add(GLASS, box(0.36, -0.4, 0.68, -0.08, 0.06), puff=0.25)
    c.add(body, box(-0.84, -0.26, 0.28, 0.38, 0.16))
    for x in (-0.5, -0.12):
        c.paint(k.other.rgb if k.chance(0.5) else (230, 190, 80), box(x, -0.4, x + 0.07, 0.5, 0.01))
    c.add(Paint((230, 190, 80), gloss=0.8), disc(-0.12, -0.3, 0.11, 0.1), shadow=0.2)
    c.add(Paint((250, 236, 150), gloss=0.9), disc(-0.84, -0.06, 0.1))
    c.add(Paint((84, 80, 86)), box(-0.9, 0.36, 0.9, 0.5, 0.04), poly((-0.84, 0.4), (-0.98, 0.74), (-0.66, 0.74)))
    hub = Paint(k.hue("red", "yellow", "white"), gloss=0.5)
    for x, r in ((-0.52, 0.18), (-0.1, 0.18), (0.52, 0.27)):
        wheel(c, x, 0.8 - r, r, hub)
    c.add(Paint(STEEL, gloss=0.7), tube([(-0.52, 0.62), (0.52, 0.56)], 0.06))


@noun(
    "plane",
    "vehicles",
    "red blue white yellow green orange",
    gloss=0.6,
    flies=True,
    verbs=("flying",),
    sound="zoom",
    size=1.05,
    patterns=("plain", "plain", "stripes"),
)
def plane(c: Clay, k: Look) -> None:
    """Draw a toy plane heading left with a propeller or jet windows."""
    body, wing = k.main, Paint(k.other.rgb, gloss=0.5)
    c.add(wing.shade(0.75), poly((-0.06, -0.08), (0.36, -0.52), (0.56, -0.5), (0.3, -0.06)))
    c.add(wing, poly((0.6, -0.1), (0.76, -0.66), (0.96, -0.66), (0.92, -0.06)))
    c.add(
        body,
        blob(
            (-0.86, 0.1),
            (-0.66, -0.16),
            (-0.2, -0.24),
            (0.4, -0.2),
            (0.94, -0.12),
            (0.94, 0.02),
            (0.4, 0.24),
            (-0.2, 0.32),
            (-0.7, 0.28),
        ),
    )
    c.add(GLASS, blob((-0.56, -0.16), (-0.36, -0.36), (-0.14, -0.34), (-0.04, -0.18), (-0.3, -0.1)), puff=0.7)
    for x in (0.1, 0.28, 0.46):
        c.add(GLASS, disc(x, -0.06, 0.065), puff=0.3, shadow=0.15)
    c.add(wing, poly((-0.24, 0.12), (0.24, 0.1), (0.56, 0.6), (0.3, 0.64), round=0.08))
    c.add(wing.shade(0.9), poly((0.66, 0.0), (0.84, -0.02), (0.98, 0.2), (0.84, 0.22), round=0.05))
    if k.chance(0.65):
        c.add(Paint((80, 76, 84), gloss=0.4), disc(-0.88, 0.08, 0.08))
        c.add(Paint((176, 132, 84)), tube([(-0.92, -0.36), (-0.9, 0.52)], 0.08))
    if k.chance(0.5):
        sticker(c, k, 0.24, 0.34, 0.12)


@noun("boat", "vehicles", BRIGHT, gloss=0.4, material="wood", verbs=("floating", "sailing"))
def boat(c: Clay, k: Look) -> None:
    """Draw a sailing boat or a small steamer, bow to the left."""
    hull = k.main
    if k.chance(0.6):
        c.add(Paint((150, 106, 68), material="wood"), tube([(0.06, 0.4), (0.06, -0.9)], 0.07))
        sail = Paint(k.hue("white", "yellow", "red"), k.pick(("plain", "stripes")), k.other.rgb, 0.3, 90)
        c.add(sail, poly((0.0, -0.86), (0.0, 0.16), (-0.66, 0.16), round=0.06), puff=0.6)
        c.add(Paint(k.other.rgb), poly((0.13, -0.62), (0.13, 0.16), (0.62, 0.16), round=0.06), puff=0.6)
        c.add(Paint(k.vivid()), poly((0.06, -0.96), (0.36, -0.87), (0.06, -0.78), round=0.02), puff=0.3)
    else:
        c.add(Paint(CREAM, gloss=0.3), box(-0.3, -0.2, 0.56, 0.4), puff=0.6)
        c.add(Paint(k.other.rgb, "stripes", CREAM, 0.3, 90, gloss=0.3), box(0.1, -0.72, 0.36, -0.18, 0.04))
        for x in (-0.12, 0.14, 0.4):
            c.add(GLASS, disc(x, 0.02, 0.085), puff=0.3)
    c.add(hull, poly((-0.96, 0.26), (0.86, 0.3), (0.66, 0.8), (-0.52, 0.8), round=0.12))
    c.paint(tint(hull.rgb, 1.45), tube([(-0.95, 0.36), (0.86, 0.4)], 0.07))
    if k.chance(0.6):
        sticker(c, k, k.u(-0.4, 0.3), 0.58, 0.14)


@noun("bike", "vehicles", BRIGHT, gloss=0.6, verbs=("riding",), size=1.05)
def bike(c: Clay, k: Look) -> None:
    """Draw a bicycle or tricycle heading left."""
    frame = Paint(k.main.rgb, gloss=0.7)
    small = k.u(0.28, 0.38)
    for x, r in ((-0.56, 0.4), (0.56, small)):
        y = 0.88 - r
        c.add(Paint((66, 64, 70), gloss=0.2), disc(x, y, r), cut=[disc(x, y, r * 0.76)])
        for turn in (0, 60, 120):
            c.add(Paint(STEEL), rotate(tube([(x - r * 0.8, y), (x + r * 0.8, y)], 0.025), turn, (x, y)), shadow=0)
        c.add(Paint(STEEL, gloss=0.7), disc(x, y, 0.07))
    pedal = (0.04, 0.56)
    c.add(
        frame,
        tube([(0.56, 0.88 - small), pedal], 0.08),
        tube([pedal, (0.26, -0.16)], 0.09),
        tube([(-0.4, -0.16), pedal], 0.09),
        tube([(-0.4, -0.12), (0.22, -0.06)], 0.09),
        tube([(0.56, 0.88 - small), (0.22, -0.06)], 0.07),
        tube([(-0.56, 0.48), (-0.36, -0.4)], 0.09),
    )
    c.add(Paint((70, 66, 72), gloss=0.4), tube([(-0.36, -0.4), (-0.5, -0.5), (-0.7, -0.42)], 0.08))
    c.add(
        Paint(k.other.rgb, gloss=0.4),
        disc(-0.7, -0.42, 0.09),
        blob((0.06, -0.26), (0.5, -0.3), (0.52, -0.16), (0.24, -0.14)),
    )
    c.add(
        Paint((70, 66, 72)),
        disc(pedal[0], pedal[1], 0.12),
        tube([pedal, (0.14, 0.72)], 0.06),
        tube([(0.06, 0.74), (0.24, 0.74)], 0.06),
    )
    if k.chance(0.5):
        c.add(Paint(k.vivid(), "checks", scale=0.12), box(-0.86, -0.32, -0.52, -0.02, 0.06))
