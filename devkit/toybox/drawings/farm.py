"""Animals of house and farm, modelled facing left. One function a noun."""

from __future__ import annotations

from devkit.toybox.clay import Clay
from devkit.toybox.drawings.parts import collar, legs, topper
from devkit.toybox.look import Look, noun
from devkit.toybox.paint import BLUSH, CREAM, INK, Paint, Pattern, mix, tint
from devkit.toybox.shapes import Shape, blob, box, disc, poly, tube

FUR: tuple[Pattern, ...] = ("plain", "plain", "patches", "dots")


@noun(
    "dog",
    "animals",
    "brown white black orange gray",
    seconds="white brown black",
    patterns=FUR,
    material="fur",
    gloss=0.05,
    pet="doggy",
    sound="woof woof",
    verbs=("running", "barking"),
)
def dog(c: Clay, k: Look) -> None:
    """Draw a standing dog with hanging ears and a tail in the air."""
    body, long, leg = k.main, k.u(0.46, 0.58), k.u(0.26, 0.36)
    dark = body.shade(0.62)
    wag = k.u(-0.12, 0.16)
    c.add(body, tube([(0.5, 0.15), (0.74, -0.08), (0.78 + wag, -0.46)], 0.15, 0.08))
    far = body.shade(0.8)
    for x in (-0.2, 0.42):
        c.add(far, tube([(x, 0.35), (x, 0.88)], 0.18, 0.16))
    c.add(body, disc(0.1, 0.22, long, 0.3), tube([(-0.3, 0.1), (-0.42, -0.25)], 0.34))
    for x in (-0.34, 0.3):
        c.add(body.plain(), tube([(x, 0.9 - leg - 0.1), (x, 0.84)], 0.2, 0.17))
        c.add(body.plain(tint(body.rgb, 1.12)), disc(x - 0.05, 0.87, 0.14, 0.085))
    if k.chance(0.6):
        collar(c, k, (-0.62, -0.06), (-0.43, 0.04), (-0.22, -0.02))
    muzzle = k.u(0.14, 0.2)
    c.add(body.plain(), disc(-0.5, -0.38, 0.3, 0.28))
    c.add(body.plain(mix(body.rgb, CREAM, 0.5)), disc(-0.72, -0.28, muzzle + 0.05, muzzle * 0.85))
    c.add(Paint(INK, gloss=0.8), disc(-0.9, -0.35, 0.075, 0.06))
    c.paint(INK, tube([(-0.86, -0.24), (-0.76, -0.19), (-0.66, -0.2)], 0.025))
    if k.chance(0.4):
        c.add(Paint(BLUSH, gloss=0.4), tube([(-0.74, -0.18), (-0.75, -0.06)], 0.09))
    c.eye(-0.58, -0.44, 0.055)
    drop = k.u(0.3, 0.46)
    c.add(dark, blob((-0.46, -0.62), (-0.3, -0.6), (-0.2, -0.6 + drop), (-0.33, -0.55 + drop), (-0.43, -0.35)))


@noun(
    "cat",
    "animals",
    "orange gray black white brown",
    seconds="white orange black gray",
    patterns=("plain", "stripes", "patches"),
    material="fur",
    gloss=0.05,
    pet="kitty",
    sound="meow",
    verbs=("sleeping", "jumping"),
)
def cat(c: Clay, k: Look) -> None:
    """Draw a sitting cat with pointed ears, whiskers and a curling tail."""
    body, plump, curl = k.main, k.u(0.36, 0.44), k.u(-0.15, 0.2)
    light = body.plain(mix(body.rgb, CREAM, 0.65))
    c.add(body, tube([(0.25, 0.74), (0.72, 0.74), (0.82, 0.3), (0.66 + curl, 0.0 - curl)], 0.16, 0.1))
    c.add(body, blob((-0.22, -0.1), (0.12, -0.05), (plump, 0.5), (0.34, 0.86), (-0.3, 0.88), (-0.32, 0.4)))
    c.add(light, disc(-0.2, 0.36, 0.15, 0.26), puff=0.5, shadow=0.0)
    for x in (-0.32, -0.06):
        c.add(body.plain(), tube([(x, 0.45), (x, 0.8)], 0.16, 0.15))
        c.add(light, disc(x - 0.04, 0.86, 0.12, 0.08))
    if k.chance(0.5):
        collar(c, k, (-0.4, 0.0), (-0.16, 0.08), (0.1, 0.0))
    for tip, base in (((-0.52, -0.86), -0.4), ((0.2, -0.86), 0.08)):
        c.add(body.plain(), poly((base - 0.17, -0.5), tip, (base + 0.17, -0.52), round=0.07))
        c.add(
            Paint(BLUSH), poly((base - 0.08, -0.54), (tip[0] * 0.95, -0.76), (base + 0.08, -0.54), round=0.05), puff=0.3
        )
    c.add(body, disc(-0.16, -0.34, 0.4, 0.33))
    c.add(light, disc(-0.25, -0.22, 0.1, 0.085), disc(-0.09, -0.22, 0.1, 0.085), puff=0.6, shadow=0.1)
    c.add(Paint(BLUSH, gloss=0.5), poly((-0.22, -0.31), (-0.12, -0.31), (-0.17, -0.24), round=0.04))
    eye = k.hue("green", "blue", "yellow")
    for x in (-0.34, 0.0):
        c.add(Paint(eye, gloss=0.7), disc(x, -0.39, 0.075, 0.085), puff=0.5)
        c.paint(INK, disc(x, -0.39, 0.03, 0.075))
        c.paint((255, 255, 255), disc(x - 0.025, -0.42, 0.02))
    for y, rise in ((-0.22, -0.05), (-0.19, 0.03)):
        for side in (-1, 1):
            c.add(
                Paint((250, 250, 250)), tube([(-0.17 + 0.1 * side, y), (-0.17 + 0.46 * side, y + rise)], 0.02), shadow=0
            )


@noun(
    "duck",
    "animals",
    "yellow white brown green",
    material="smooth",
    gloss=0.4,
    patterns=("plain", "plain", "dots"),
    pet="ducky",
    sound="quack quack",
    verbs=("swimming",),
    size=0.9,
)
def duck(c: Clay, k: Look) -> None:
    """Draw a bath duck."""
    body, bill = k.main, Paint(k.hue("orange"), gloss=0.5)
    perk = k.u(0.0, 0.16)
    c.add(
        body,
        blob(
            (-0.62, 0.3),
            (-0.35, 0.08),
            (0.15, 0.12),
            (0.6, 0.02),
            (0.88, -0.2 - perk),
            (0.84, 0.3),
            (0.55, 0.7),
            (0.0, 0.82),
            (-0.45, 0.7),
        ),
    )
    wing = k.other if k.chance(0.35) else body.shade(0.86)
    c.add(wing, blob((-0.12, 0.3), (0.3, 0.2), (0.64, 0.18), (0.46, 0.48), (0.1, 0.56)))
    c.paint(tint(wing.rgb, 0.8), tube([(0.2, 0.42), (0.45, 0.34)], 0.03), tube([(0.15, 0.5), (0.35, 0.46)], 0.03))
    head = k.u(0.3, 0.36)
    c.add(body.plain(), disc(-0.38, -0.26, head), tube([(-0.34, -0.1), (-0.26, 0.2)], 0.36))
    c.add(bill, blob((-0.62, -0.28), (-0.94, -0.26), (-0.95, -0.16), (-0.64, -0.1)))
    c.paint(tint(bill.rgb, 0.6), tube([(-0.93, -0.2), (-0.64, -0.19)], 0.025))
    c.eye(-0.48, -0.36, 0.055)
    c.paint(BLUSH, disc(-0.42, -0.18, 0.08, 0.05), soft=0.05)
    if k.chance(0.3):
        c.add(Paint(k.vivid(), gloss=0.3), tube([(-0.6, 0.02), (-0.35, 0.1), (-0.08, 0.02)], 0.1))
    if k.chance(0.5):
        c.add(body.plain(), tube([(-0.35, -0.5), (-0.3, -0.66), (-0.2, -0.68)], 0.07, 0.04))


@noun(
    "cow",
    "animals",
    "white brown black",
    seconds="black white brown",
    patterns=("patches",),
    material="fur",
    gloss=0.05,
    sound="moo",
    verbs=("eating",),
    size=1.1,
)
def cow(c: Clay, k: Look) -> None:
    """Draw a cow: patches, horns, a broad pink nose, an udder."""
    body, long = k.main, k.u(0.5, 0.58)
    hoof = Paint((84, 70, 66))
    c.add(body.plain(), tube([(0.62, -0.1), (0.82, 0.1), (0.8, 0.42)], 0.06))
    c.add(Paint(INK, material="fur"), disc(0.8, 0.48, 0.07, 0.11))
    legs(c, body.shade(0.82), (-0.14, 0.56), 0.3, 0.9, 0.17, hoof)
    c.add(Paint(BLUSH, gloss=0.2), disc(0.34, 0.42, 0.19, 0.14))
    c.add(body, poly((-0.4, -0.24), (0.66, -0.24), (0.12 + long, 0.38), (-0.3, 0.42), round=0.3))
    legs(c, body.plain(), (-0.3, 0.46), 0.3, 0.92, 0.19, hoof)
    for x, lean in ((-0.74, -0.1), (-0.34, 0.1)):
        c.add(Paint(CREAM, gloss=0.4), tube([(x, -0.56), (x + lean, -0.7), (x + lean * 0.6, -0.84)], 0.11, 0.05))
        c.add(body.shade(0.8), disc(x + lean * 1.1, -0.46, 0.13, 0.085, turn=lean * 200))
    c.add(
        body.plain(body.rgb),
        blob((-0.8, -0.5), (-0.54, -0.64), (-0.28, -0.5), (-0.3, -0.1), (-0.54, 0.06), (-0.8, -0.1)),
    )
    if k.chance(0.6):
        c.paint(body.rgb2, disc(-0.4, -0.36, 0.17, 0.22))
    c.add(Paint((238, 170, 168), gloss=0.3), disc(-0.55, -0.05, 0.28, 0.18))
    c.paint((150, 84, 90), disc(-0.66, -0.06, 0.045, 0.06), disc(-0.44, -0.06, 0.045, 0.06))
    for x in (-0.67, -0.42):
        c.eye(x, -0.36, 0.055)
    if k.chance(0.5):
        c.add(Paint((226, 178, 60), gloss=0.8), disc(-0.4, 0.26, 0.09, 0.1))


@noun(
    "horse",
    "animals",
    "brown white black gray orange",
    seconds="white brown black",
    patterns=("plain", "plain", "patches"),
    material="fur",
    gloss=0.08,
    pet="horsie",
    sound="neigh",
    verbs=("running", "galloping"),
    size=1.1,
)
def horse(c: Clay, k: Look) -> None:
    """Draw a horse: long neck and face, mane, flowing tail."""
    body = k.main
    mane = Paint(k.hue("brown", "black", "yellow", "white") if k.chance(0.8) else k.vivid(), material="fur")
    hoof, step = Paint((88, 72, 66)), k.u(-0.06, 0.1)
    c.add(mane, blob((0.56, -0.16), (0.84, -0.1), (0.94, 0.3), (0.82, 0.6), (0.74, 0.3), (0.58, 0.06)))
    legs(c, body.shade(0.8), (-0.1 - step, 0.42 + step), 0.2, 0.9, 0.15, hoof)
    c.add(
        body, disc(0.2, 0.1, 0.46, 0.28), poly((-0.28, 0.2), (-0.06, -0.05), (-0.28, -0.68), (-0.52, -0.5), round=0.16)
    )
    legs(c, body.plain(), (-0.2, 0.52), 0.2, 0.92, 0.16, hoof)
    c.add(body.plain(), poly((-0.26, -0.62), (-0.24, -0.92), (-0.4, -0.68), round=0.05))
    c.add(
        body.plain(),
        poly((-0.2, -0.62), (-0.5, -0.72), (-0.92, -0.4), (-0.86, -0.22), (-0.68, -0.2), (-0.34, -0.3), round=0.14),
    )
    c.add(body.plain(mix(body.rgb, CREAM, 0.4)), disc(-0.8, -0.31, 0.13, 0.11, turn=35), puff=0.6, shadow=0.1)
    c.paint(INK, disc(-0.85, -0.34, 0.03))
    c.paint(INK, tube([(-0.84, -0.23), (-0.72, -0.22)], 0.022))
    c.add(
        mane,
        blob((-0.34, -0.8), (-0.16, -0.78), (0.02, -0.42), (0.08, 0.0), (-0.06, -0.06), (-0.12, -0.34), (-0.22, -0.6)),
    )
    c.add(mane, blob((-0.36, -0.84), (-0.24, -0.8), (-0.42, -0.56), (-0.5, -0.6)))
    c.eye(-0.52, -0.53, 0.055)
    if k.chance(0.4):
        c.add(Paint(k.vivid(), gloss=0.3), blob((0.0, -0.2), (0.36, -0.2), (0.4, 0.1), (-0.02, 0.1)))


@noun(
    "pig",
    "animals",
    "pink white brown",
    seconds="pink black white brown",
    patterns=("plain", "plain", "patches"),
    gloss=0.2,
    pet="piggy",
    sound="oink oink",
    verbs=("eating",),
)
def pig(c: Clay, k: Look) -> None:
    """Draw a pig: round body, flat snout, curly tail."""
    body = k.main
    snout = Paint(mix(body.rgb, BLUSH, 0.65), gloss=0.3)
    hoof = Paint(tint(body.rgb, 0.55))
    c.add(
        body.plain(), tube([(0.6, 0.06), (0.82, -0.02), (0.84, -0.18), (0.7, -0.16), (0.74, 0.0), (0.94, -0.06)], 0.065)
    )
    legs(c, body.shade(0.82), (-0.16, 0.46), 0.4, 0.84, 0.19, hoof)
    c.add(body, disc(0.12, 0.16, k.u(0.56, 0.62), k.u(0.42, 0.48)))
    legs(c, body.plain(), (-0.3, 0.34), 0.4, 0.88, 0.21, hoof)
    c.add(body.plain(), disc(-0.44, -0.08, 0.4, 0.37))
    for x, lean in ((-0.66, -0.08), (-0.26, 0.1)):
        c.add(body.shade(0.85), poly((x - 0.12, -0.34), (x + lean, -0.62), (x + 0.13, -0.32), round=0.07))
    c.add(snout, disc(-0.66, 0.0, 0.19, 0.16))
    c.paint(tint(snout.rgb, 0.5), disc(-0.72, 0.0, 0.035, 0.05), disc(-0.6, 0.0, 0.035, 0.05))
    c.paint(tint(body.rgb, 0.5), tube([(-0.62, 0.2), (-0.5, 0.22), (-0.42, 0.17)], 0.025))
    for x in (-0.64, -0.4):
        c.eye(x, -0.21, 0.048)
    if k.chance(0.45):
        topper(c, k, -0.44, -0.4, 0.19)
    if k.chance(0.3):
        mud = Paint((120, 84, 58), gloss=0.5)
        c.paint(mud, blob((0.1, 0.3), (0.3, 0.16), (0.52, 0.26), (0.6, 0.5), (0.2, 0.52)))


@noun(
    "rabbit",
    "animals",
    "white brown gray pink",
    seconds="white gray brown",
    material="fur",
    gloss=0.04,
    pet="bunny",
    verbs=("hopping",),
    patterns=("plain", "plain", "patches"),
)
def rabbit(c: Clay, k: Look) -> None:
    """Draw a sitting rabbit with long ears and a round tail."""
    body = k.main
    light = body.plain(mix(body.rgb, (255, 255, 255), 0.6))
    flop = k.u(-0.06, 0.3)
    c.add(light, disc(0.62, 0.6, 0.17))
    c.add(body, blob((-0.2, 0.0), (0.2, 0.02), (0.6, 0.4), (0.58, 0.82), (0.1, 0.9), (-0.36, 0.86), (-0.34, 0.4)))
    c.add(body.plain(), disc(0.3, 0.64, 0.3, 0.26))
    c.add(body.plain(), disc(0.18, 0.86, 0.3, 0.09), tube([(-0.22, 0.4), (-0.3, 0.84)], 0.17))
    c.add(body.plain(), disc(-0.34, 0.88, 0.14, 0.075))
    for x, lean in ((-0.4, -0.12), (-0.06, flop)):
        ear = [(x, -0.36), (x + lean * 0.4, -0.66), (x + lean, -0.92)]
        c.add(body.plain(), tube(ear, 0.22, 0.13))
        c.add(Paint((244, 178, 184)), tube([ear[0], ear[1], (x + lean * 0.85, -0.84)], 0.1, 0.05), puff=0.3, shadow=0.1)
    c.add(body.plain(), disc(-0.26, -0.16, 0.36, 0.32))
    c.add(light, disc(-0.38, -0.02, 0.11, 0.09), disc(-0.2, -0.02, 0.11, 0.09), puff=0.6, shadow=0.1)
    c.add(Paint(BLUSH, gloss=0.4), disc(-0.29, -0.1, 0.055, 0.042))
    c.add(Paint((252, 252, 248)), box(-0.33, 0.03, -0.25, 0.12, 0.02), puff=0.3)
    for x in (-0.42, -0.12):
        c.eye(x, -0.22, 0.055)
    if k.chance(0.5):
        c.add(
            Paint(k.vivid(), "dots", scale=0.1),
            poly((-0.3, 0.22), (-0.56, 0.1), (-0.54, 0.36)),
            poly((-0.3, 0.22), (-0.04, 0.1), (-0.06, 0.36)),
        )


@noun(
    "sheep",
    "animals",
    "white brown black gray",
    plural="sheep",
    material="wool",
    gloss=0.02,
    pet="lamb",
    sound="baa",
    verbs=("eating",),
)
def sheep(c: Clay, k: Look) -> None:
    """Draw a sheep: a cloud of wool on dark legs."""
    wool = k.main
    skin = Paint(k.hue("black") if k.colour != "black" else k.hue("white"), gloss=0.1)
    legs(c, skin.shade(0.85), (-0.1, 0.44), 0.4, 0.88, 0.13, skin.shade(0.6))
    legs(c, skin, (-0.26, 0.3), 0.4, 0.92, 0.13, skin.shade(0.6))
    c.add(wool, disc(0.84, 0.04, 0.13))
    puffs: list[Shape] = [disc(0.14, 0.16, 0.5, 0.36)]
    puffs += [
        disc(0.14 + 0.55 * a, 0.14 + 0.4 * b, 0.23)
        for a, b in (
            (-1, 0),
            (-0.75, -0.75),
            (-0.25, -1),
            (0.3, -1),
            (0.8, -0.7),
            (1, 0),
            (0.8, 0.65),
            (0.25, 0.85),
            (-0.3, 0.85),
            (-0.8, 0.6),
        )
    ]
    c.add(wool, *puffs)
    for a, b in ((-0.4, -0.35), (0.2, -0.45), (0.7, -0.1), (0.35, 0.3), (-0.15, 0.2), (-0.55, 0.3)):
        c.add(wool, disc(0.14 + 0.5 * a, 0.14 + 0.36 * b, 0.17), shadow=0.12, puff=0.7)
    c.add(skin, disc(-0.6, -0.2, 0.23, 0.29, turn=14))
    for x, turn in ((-0.86, -30.0), (-0.36, 30.0)):
        c.add(skin.shade(0.8), disc(x, -0.28, 0.14, 0.07, turn=-turn))
    for dx in (-0.14, 0.0, 0.14):
        c.add(wool, disc(-0.58 + dx, -0.46, 0.13), shadow=0.15)
    for x in (-0.7, -0.52):
        c.eye(x, -0.22, 0.045, white=True)
    if k.chance(0.5):
        topper(c, k, -0.58, -0.54, 0.17)
    if k.chance(0.4):
        c.add(Paint(k.vivid(), "plain"), tube([(-0.8, 0.04), (-0.6, 0.14), (-0.4, 0.04)], 0.11))
        c.add(Paint((244, 200, 70), gloss=0.8), disc(-0.62, 0.22, 0.09))
    c.paint(BLUSH, disc(-0.63, -0.02, 0.05, 0.035))
