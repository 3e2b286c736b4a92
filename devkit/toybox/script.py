"""What happens in a recording: scene after scene, which toys stand where, move, leave, return, and where one looks.

A script is a pure function of its seed and is written lazily, one scene at a time, so that a recording of any length
needs the memory of one scene. Drawing it is the business of `stage`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from devkit.toybox.motion import COMPASS, Camera, Path, gate
from devkit.toybox.nouns import NOUNS
from devkit.toybox.paint import derive
from devkit.toybox.props import Toy
from devkit.toybox.rooms import Room, View

HEIGHT = 480
STEP_MS = 500
REACH_X, REACH_Y = 430, 340


@dataclass(frozen=True, slots=True)
class Actor:
    """A toy in a scene.

    Attributes:
        toy: Which.
        long_side: Its longer side, reference units.
        tilt: Whole degrees clockwise.
        path: Where it is.
        flies: True when nothing needs to be under it.
    """

    toy: Toy
    long_side: float
    tilt: int
    path: Path
    flies: bool

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height, upright, reference units."""
        aspect = self.toy.aspect()
        return (self.long_side, self.long_side / aspect) if aspect > 1 else (self.long_side * aspect, self.long_side)


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of a recording in one room.

    Attributes:
        start_ms: From the start of the recording, a multiple of 500.
        end_ms: Where the next one begins.
        room: Where.
        actors: Back to front.
        camera: How the head moves.
    """

    start_ms: int
    end_ms: int
    room: Room
    actors: tuple[Actor, ...]
    camera: Camera


@dataclass(frozen=True, slots=True)
class Nursery:
    """What a recording can show.

    Attributes:
        seed: Of the recording.
        name: Of the recording; new toys are called after it.
        own: The child's own toys that lie about in this recording.
        rooms: Seeds of the rooms of the home.
        width: Width of the frame in reference units.
    """

    seed: int
    name: str
    own: tuple[Toy, ...]
    rooms: tuple[int, ...]
    width: int = 640


def scenes(nursery: Nursery, duration_ms: int) -> Iterator[Scene]:
    """Write the scenes of a recording, one after the other, up to its duration (a multiple of 500 ms)."""
    start, number, events = 0, 0, 0
    while start < duration_ms:
        rng = random.Random(derive(nursery.seed, "scene", number))
        length = min(STEP_MS * rng.randint(36, 52), duration_ms - start)
        if duration_ms - start - length < 8000:
            length = duration_ms - start
        writer = _Writer(nursery, rng, number, length / 1000)
        scene = writer.scene(start, events)
        events += writer.events
        yield scene
        start, number = start + length, number + 1


def directions(seed: int, number: int) -> str:
    """Return the direction of the n-th exit of a recording: each of the eight once in eight."""
    deck = list(COMPASS)
    random.Random(derive(seed, "deck", number // 8)).shuffle(deck)
    return deck[number % 8]


class _Writer:
    """Writes one scene; keeps what stands where while it does."""

    def __init__(self, nursery: Nursery, rng: random.Random, number: int, length: float) -> None:
        self.nursery, self.rng, self.number, self.length = nursery, rng, number, length
        views: tuple[View, ...] = ("floor", "floor", "shelf", "table")
        self.room = Room(rng.choice(nursery.rooms), rng.choice(views), nursery.width)
        self.actors: list[Actor] = []
        self.movers: list[Actor] = []
        self.looks = Path((0.0,), (0.0,), (0.0,))
        self.events = 0
        self.fresh = 0

    def scene(self, start_ms: int, event: int) -> Scene:
        """Write the scene: furnish it, then let something leave every few seconds."""
        for toy in self.cast():
            self.place(toy)
        now = self.rng.uniform(1.5, 3.0)
        while now + 5.0 < self.length:
            now = self.event(directions(self.nursery.seed, event + self.events), now)
            self.events += 1
            now += self.rng.uniform(0.2, 0.9)
        standing = sorted(self.actors, key=lambda actor: actor.path.ys[0])
        front = [self.clutter()] if self.rng.random() < 0.3 else []
        return Scene(
            start_ms, start_ms + round(self.length * 1000), self.room, (*standing, *front, *self.movers), self.camera()
        )

    def cast(self) -> list[Toy]:
        """Draw the toys of the scene: a mixture, a few large ones, or several of a kind."""
        kind = self.rng.choices(("mixed", "few", "same"), (45, 20, 35))[0]
        if kind == "same":
            noun = self.rng.choice(self.nursery.own).noun
            count = self.rng.choices((2, 3, 4, 5, 6), (28, 28, 22, 14, 8))[0]
            mine = [toy for toy in self.nursery.own if toy.noun == noun]
            self.rng.shuffle(mine)
            same = (mine + [self.new_toy(noun) for _ in range(count)])[:count]
            return same + self.draw(self.rng.randint(1, 3) if count < 5 else 1, without=noun)
        return self.draw(self.rng.randint(2, 3) if kind == "few" else self.rng.randint(4, 6))

    def draw(self, count: int, without: str = "") -> list[Toy]:
        """Draw different nouns, mostly the child's own toys."""
        chosen: dict[str, Toy] = {}
        while len(chosen) < count:
            own = self.rng.random() < 0.72
            toy = self.rng.choice(self.nursery.own) if own else self.new_toy(self.rng.choice(list(NOUNS)))
            if toy.noun != without:
                chosen.setdefault(toy.noun, toy)
        return list(chosen.values())

    def new_toy(self, noun: str) -> Toy:
        """Return a toy that is seen in this scene only."""
        self.fresh += 1
        name = f"{self.nursery.name}-{noun}-{self.number}.{self.fresh}"
        return Toy(noun, derive(self.nursery.seed, name) % 2**32, name)

    def place(self, toy: Toy) -> None:
        """Put a toy where it fits; leave it out when it fits nowhere."""
        crowd = len(self.actors)
        limit = 0.3 if self.rng.random() < 0.25 else 0.06
        long_side = self.rng.uniform(105, 235) * NOUNS[toy.noun].size * (1 - 0.06 * crowd)
        for attempt in range(40):
            size = min(240.0, max(84.0, long_side * (0.97**attempt)))
            if self.room.view == "shelf":
                size = min(size, 186.0)
            actor = self.standing(toy, size)
            if all(_overlap(actor, other) <= limit for other in self.actors):
                self.actors.append(actor)
                return

    def standing(self, toy: Toy, long_side: float) -> Actor:
        """Return a toy that stands somewhere in the frame for the whole scene."""
        kind = NOUNS[toy.noun]
        actor = Actor(toy, round(long_side), self.rng.randint(-9, 9), Path((0.0,), (0.0,), (0.0,)), kind.flies)
        wide, high = actor.size
        x = self.rng.uniform(0.45 * wide, self.nursery.width - 0.45 * wide)
        flying = kind.flies and self.rng.random() < 0.6
        y = self.rng.uniform(high + 6, 0.62 * HEIGHT + high / 2) if flying else self.room.standing(self.rng, high)
        return replace(actor, flies=flying, path=Path((0.0, self.length), (x, x), (y, y)))

    def clutter(self) -> Actor:
        """Return something at the lower edge that hides what is behind it."""
        long_side = self.rng.uniform(150, 260)
        x = self.rng.uniform(0, self.nursery.width)
        y = HEIGHT + self.rng.uniform(10, 60)
        toy = Toy("", self.rng.randrange(12), "clutter")
        return Actor(toy, round(long_side), self.rng.randint(-12, 12), Path((0.0, self.length), (x, x), (y, y)), False)

    def event(self, direction: str, now: float) -> float:
        """Let something leave the frame in a direction; return when that is over."""
        kind = self.rng.choices(("leave", "pass", "look"), (45, 33, 22))[0]
        focus = self.focus(direction, now)
        if kind == "leave" and focus is not None and now > 2.5:
            return self.leave(focus, direction, now)
        if kind == "look" and focus is not None and now + 7 < self.length:
            done = self.look(focus, direction, now)
            if done:
                return done
        return self.come_and_go(direction, now)

    def focus(self, direction: str, now: float) -> Actor | None:
        """Return a resting toy for which the way out in a direction is straight, if there is one."""
        dx, dy = COMPASS[direction]
        fit: list[tuple[float, Actor]] = []
        for actor in self.actors:
            where = actor.path.at(now)
            if where is None or len(actor.path.times) > 2:
                continue
            x, y = where[0], where[1] - actor.size[1] / 2
            gx, gy = gate(direction, self.nursery.width, HEIGHT)
            far = math.hypot(gx - x, gy - y)
            straight = ((gx - x) * dx + (gy - y) * dy) / (far * math.hypot(dx, dy) + 1e-9)
            if straight > 0.72 and far > 90:
                fit.append((straight, actor))
        return max(fit, key=lambda pair: pair[0])[1] if fit else None

    def leave(self, actor: Actor, direction: str, now: float) -> float:
        """Let a resting toy go, and perhaps come back by the same way."""
        x, y = actor.path.xs[0], actor.path.ys[0]
        out = self.way_out(actor, direction, now)
        path = Path((0.0, now), (x, x), (y, y)).then(*out)
        done = out[-1][0]
        back = done + self.rng.uniform(2.5, 5.0)
        if self.rng.random() < 0.5 and back + 4 < self.length:
            path = path.then(
                (back, out[-1][1], out[-1][2]), (back + self.rng.uniform(1.4, 2.2), x, y), (self.length, x, y)
            )
        self.actors.remove(actor)
        self.movers.append(replace(actor, path=path))
        return done

    def come_and_go(self, direction: str, now: float) -> float:
        """Let a toy enter from somewhere opposite, cross the frame and leave in the direction."""
        taken = {actor.toy.name for actor in (*self.actors, *self.movers)}
        free = [toy for toy in self.nursery.own if toy.name not in taken]
        toy = self.rng.choice(free) if free and self.rng.random() < 0.7 else self.new_toy(self.rng.choice(list(NOUNS)))
        long_side = min(215.0, max(90.0, self.rng.uniform(105, 190) * NOUNS[toy.noun].size))
        actor = Actor(toy, round(long_side), self.rng.randint(-8, 8), Path((now,), (0.0,), (0.0,)), True)
        wide, high = actor.size
        dx, dy = COMPASS[direction]
        x = self.nursery.width * (0.5 - 0.16 * dx + self.rng.uniform(-0.1, 0.1))
        y = HEIGHT * (0.5 - 0.16 * dy + self.rng.uniform(-0.08, 0.08)) + high / 2
        away = self.nursery.width / 2 + wide
        side = -dx or self.rng.choice((-1, 1))
        entry = (now, x + side * away, y + self.rng.uniform(-60, 60))
        arrive = now + self.rng.uniform(1.3, 1.9)
        path = Path(*((value,) for value in entry)).then((arrive, x, y))
        out = self.way_out(
            replace(actor, path=Path((0.0,), (x,), (y,))), direction, arrive + self.rng.uniform(0.1, 0.7)
        )
        self.movers.append(replace(actor, path=path.then((out[0][0], x, y), *out[1:])))
        return out[-1][0]

    def way_out(self, actor: Actor, direction: str, now: float) -> list[tuple[float, float, float]]:
        """Return stops from rest through the gate of a direction until the toy is out of sight."""
        wide, high = actor.size
        reach = 0.62 * math.hypot(wide, high) + 40
        dx, dy = COMPASS[direction]
        gx, gy = gate(direction, self.nursery.width, HEIGHT, self.rng.uniform(-0.1, 0.1))
        x, y = actor.path.xs[0], actor.path.ys[0]
        ex, ey = gx + dx * reach, gy + dy * reach
        first = math.hypot(gx - x, gy - (y - high / 2))
        speed = (first + math.hypot(ex - gx, ey - gy)) / self.rng.uniform(3.6, 4.8)
        t1 = now + first / speed
        t2 = t1 + math.hypot(ex - gx, ey - gy) / speed
        return [(now + 0.001, x, y), (t1, gx, gy + high / 2), (t2, ex, ey + high / 2)]

    def look(self, actor: Actor, direction: str, now: float) -> float | None:
        """Turn the head so that a toy leaves the frame, and back; None when that is too far to turn."""
        out = self.way_out(actor, direction, now)
        shift_x, shift_y = out[0][1] - out[-1][1], out[0][2] - out[-1][2]
        if abs(shift_x) > REACH_X or abs(shift_y) > REACH_Y:
            return None
        share = (out[1][0] - now) / (out[-1][0] - now)
        turn = self.rng.uniform(2.2, 3.0)
        via = (out[0][1] - out[1][1], out[0][2] - out[1][2])
        hold = now + turn + self.rng.uniform(0.6, 1.2)
        back = hold + self.rng.uniform(1.2, 1.8)
        stops = (
            (now, 0.0, 0.0),
            (now + turn * share, *via),
            (now + turn, shift_x, shift_y),
            (hold, shift_x, shift_y),
            (back, 0.0, 0.0),
        )
        self.looks = self.looks.then(*stops)
        return back

    def camera(self) -> Camera:
        """Return the movement of the head."""
        rng = self.rng
        sway = (rng.uniform(4, 12), rng.uniform(2, 6), rng.uniform(6, 11), rng.uniform(5, 9), rng.uniform(0, 6.28))
        drift = rng.uniform(-1.2, 1.2), rng.uniform(-0.4, 0.4)
        return Camera(sway, rng.choice((0.0, 0.0, 1.2, 2.0)), drift, self.looks)


def _overlap(a: Actor, b: Actor) -> float:
    """Return the shared area of two resting toys' boxes as a share of the smaller one."""
    (aw, ah), (bw, bh) = a.size, b.size
    ax, ay, bx, by = a.path.xs[0], a.path.ys[0] - ah, b.path.xs[0], b.path.ys[0] - bh
    wide = min(ax + aw / 2, bx + bw / 2) - max(ax - aw / 2, bx - bw / 2)
    high = min(ay + ah, by + bh) - max(ay, by)
    return max(0.0, wide) * max(0.0, high) / min(aw * ah, bw * bh)


def basket(own: Sequence[Toy], rng: random.Random, count: int) -> tuple[Toy, ...]:
    """Draw the toys that lie about in one recording: some favourites always, others by chance."""
    favourites = list(own[: max(1, 2 * count // 5)])
    rest = [toy for toy in own if toy not in favourites]
    return tuple(favourites + rng.sample(rest, min(len(rest), count - len(favourites))))
