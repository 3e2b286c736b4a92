"""A small world of drawn shapes with exact boxes, so that tasks are tested without any corpus."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

import pytest
from PIL import Image, ImageDraw

from devkit.annotations import AnnotatedFrame, Box
from devkit.pool import Pool
from devkit.tasks.generation import MemorySink

SIZE = (320, 240)
NOUNS = (
    *("ball", "bear", "book", "boot", "bunny", "car", "carrot", "cat", "chair", "cup", "dog", "doll", "duck", "hat"),
    *("horse", "key", "shoe", "sock", "spoon", "truck"),
)
STEP = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
STEP |= {f"{v} {h}": (STEP[h][0], STEP[v][1]) for v in ("top", "bottom") for h in ("left", "right")}
CELLS = ((8, 8), (250, 8), (8, 170), (250, 170), (130, 8))


@dataclass
class Drawn:
    """One frame that is being drawn: its picture, its boxes and who leaves on it."""

    image: Image.Image
    boxes: list[Box] = field(default_factory=list)
    exits: dict[str, str] = field(default_factory=dict)


def draw_thing(image: Image.Image, noun: str, instance: int, place: tuple[int, int], side: int) -> None:
    """Draw an instance of a noun: the noun gives shape and colour, the instance the shade; never symmetric."""
    hue = NOUNS.index(noun) * 360 // len(NOUNS)
    draw = ImageDraw.Draw(image)
    x, y = place
    colour = f"hsl({hue}, {55 + 20 * instance}%, {40 + 12 * instance}%)"
    draw.rounded_rectangle((x, y, x + side - 1, y + side - 1), side * (NOUNS.index(noun) % 4) // 8, fill=colour)
    draw.rectangle((x + side // 8, y + side // 4, x + side // 2, y + side // 2), fill="white")
    draw.line((x + side // 3, y + side // 2, x + side - 2, y + side - 2 - 3 * instance), fill="black", width=3)


def thing(frame: Drawn, noun: str, instance: int, track: str, place: tuple[int, int], side: int) -> bool:
    """Draw a thing and note its clipped box; False when it is outside the frame."""
    left, top = max(0, place[0]), max(0, place[1])
    right, bottom = min(SIZE[0], place[0] + side), min(SIZE[1], place[1] + side)
    if right - left < 1 or bottom - top < 1:
        return False
    draw_thing(frame.image, noun, instance, place, side)
    visible = (right - left) * (bottom - top) / side**2
    frame.boxes.append(
        Box(
            noun=noun,
            instance=f"{noun}-{instance}",
            track=track,
            x=left,
            y=top,
            w=right - left,
            h=bottom - top,
            visible=visible,
        )
    )
    return True


def draw_segment(rng: random.Random, name: str, direction: str) -> list[Drawn]:
    """Draw nine frames: things that stay, one noun of them one to three times, and one that leaves on the last."""
    nouns = rng.sample(NOUNS, 4)
    mover, many = nouns[0], rng.randint(1, 3)
    stay = [nouns[1]] * many + nouns[2 : 7 - many]
    places = rng.sample(CELLS, len(stay))
    sides = [rng.randint(44, 56) for _ in stay]
    who = [rng.randrange(3) for _ in nouns]
    shown = []
    for t in range(9):
        shade = 90 + rng.randrange(60)
        frame = Drawn(Image.new("RGB", SIZE, (shade, shade, shade + 8)))
        for i, (noun, place) in enumerate(zip(stay, places, strict=True)):
            thing(frame, noun, (who[nouns.index(noun)] + i) % 3, f"{name}/{i}", place, sides[i])
        reach = [0, 0, 0.1, 0.2, 0.3, 0.55, 0.75, 0.9, 1.6][t]
        dx, dy = STEP[direction]
        place = (int(140 + dx * reach * 160), int(100 + dy * reach * 120))
        if not thing(frame, mover, who[0], f"{name}/mover", place, 40):
            frame.exits[f"{name}/mover"] = direction
        shown.append(frame)
    return shown


def draw_pool(seed: int, recordings: int = 4, split: str = "train") -> Pool:
    """Draw a pool: in every recording each direction of leaving once."""
    rng = random.Random(seed)
    pictures: dict[tuple[str, int], Image.Image] = {}
    frames = []
    for number in range(recordings):
        name = f"T_20240101_1200_{seed:02d}{number:02d}"
        for segment, direction in enumerate(STEP):
            for t, drawn in enumerate(draw_segment(rng, f"{segment}", direction)):
                time_ms = segment * 10_000 + t * 500
                pictures[name, time_ms] = drawn.image
                frames.append(
                    AnnotatedFrame(recording=name, time_ms=time_ms, boxes=tuple(drawn.boxes), exits=drawn.exits)
                )
    return Pool(
        frames,
        lambda recording, time_ms: pictures[recording, time_ms],
        source="drawn",
        split=split,  # type: ignore[arg-type]
        frame_digest=lambda r, t: hashlib.sha256(f"{r}/{t}".encode()).hexdigest(),
        consent={frame.recording: "public" for frame in frames},
    )


@pytest.fixture(scope="session")
def pool() -> Pool:
    return draw_pool(1)


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()
