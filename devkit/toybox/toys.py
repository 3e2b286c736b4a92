"""Toys, vehicles and things from outside. One function a noun, asymmetric ones facing left."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import COLOURS, CREAM, INK, STEEL, Paint, mix, tint
from devkit.toybox.shapes import Shape, blob, box, disc, heart, poly, rotate, star, tube

BRIGHT = "red blue yellow green orange purple pink"
GLASS = Paint((176, 216, 236), gloss=0.8)


def _wheel(c: Clay, x: float, y: float, r: float, hub: Paint) -> None:
    c.add(Paint((62, 60, 66), gloss=0.25), disc(x, y, r), shadow=0.35)
    c.add(hub, disc(x, y, r * 0.55), puff=0.7)
    c.paint(tint(hub.rgb, 0.6), disc(x, y, r * 0.16))


def _sticker(c: Clay, k: Look, x: float, y: float, r: float) -> None:
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


@noun(
    "ball",
    "toys",
    BRIGHT,
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
        _sticker(c, k, k.u(-0.45, -0.2), k.u(-0.4, 0.35), k.u(0.2, 0.28))


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


@noun("kite", "toys", BRIGHT, gloss=0.15, patterns=("plain",), flies=True, verbs=("flying",))
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
        _wheel(c, x, 0.46, k.u(0.2, 0.23), hub)
    if k.chance(0.7):
        _sticker(c, k, 0.0 + k.u(-0.1, 0.3), 0.24, 0.15)


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
        _wheel(c, x, 0.54, 0.21, hub)
    if load == "closed" or k.chance(0.5):
        _sticker(c, k, 0.36 + k.u(-0.15, 0.2), 0.14, 0.18)


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
        _wheel(c, x, 0.52, 0.2, Paint(k.hue("white", "gray", "yellow"), gloss=0.6))


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
        _wheel(c, x, 0.8 - r, r, hub)
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
        _sticker(c, k, 0.24, 0.34, 0.12)


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
        _sticker(c, k, k.u(-0.4, 0.3), 0.58, 0.14)


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
