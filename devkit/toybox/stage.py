"""Draws the scenes of a script, frame by frame, and knows exactly what can be seen on each.

`annotate` and `render` share the same rounding to whole pixels, so a box fits its toy on the frame exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from devkit.toybox.clay import Light
from devkit.toybox.motion import exit_direction
from devkit.toybox.props import Sprite, Toy, sprite
from devkit.toybox.rooms import MARGIN_X, MARGIN_Y
from devkit.toybox.script import HEIGHT, STEP_MS, Actor, Scene

SEEN = 0.04
EDGE = 6
SUBSTEPS = 10


@dataclass(frozen=True, slots=True)
class Placed:
    """A sprite on a frame.

    Attributes:
        index: Of the actor in its scene.
        actor: Who.
        sprite: Its picture.
        x: Left edge of the toy, pixels, may be outside the frame.
        y: Top edge.
    """

    index: int
    actor: Actor
    sprite: Sprite
    x: int
    y: int

    def clipped(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom inside the frame."""
        wide, high = self.sprite.size
        return max(0, self.x), max(0, self.y), min(width, self.x + wide), min(height, self.y + high)

    def in_frame(self, width: int, height: int) -> bool:
        """Return whether enough of its box lies in the frame to speak of it."""
        x0, y0, x1, y1 = self.clipped(width, height)
        return x1 - x0 >= EDGE and y1 - y0 >= EDGE


class Stage:
    """Draws at one frame size.

    Args:
        size: Width and height in pixels; a reference unit is height/480.
        art: Gives a toy's picture for its longer side in pixels, tilt, light and whether it has a shadow.
    """

    def __init__(self, size: tuple[int, int], art: Callable[[Toy, int, int, Light, bool], Sprite] = sprite) -> None:
        self.width, self.height = size
        self._art = art
        self.unit = self.height / HEIGHT

    def placed(self, scene: Scene, time_ms: float) -> list[Placed]:
        """Return what is present at a time, back to front, in the frame or near it."""
        t = (time_ms - scene.start_ms) / 1000
        camera = scene.camera.at(t)
        present = []
        for index, actor in enumerate(scene.actors):
            where = actor.path.at(t)
            if where is not None:
                present.append(self._place(index, actor, where, camera, scene, t))
        return present

    def _place(
        self, index: int, actor: Actor, where: tuple[float, float], camera: tuple[float, float], scene: Scene, t: float
    ) -> Placed:
        shadow = not (actor.flies or actor.path.moving(t))
        art = self._art(actor.toy, max(8, round(actor.long_side * self.unit)), actor.tilt, scene.room.light, shadow)
        wide, high = art.size
        hop = 0.0 if shadow or actor.flies else 5 * abs(math.sin(2 * math.pi * 0.8 * t))
        x = round((where[0] - camera[0]) * self.unit - wide / 2)
        y = round((where[1] - hop - camera[1]) * self.unit - high)
        return Placed(index, actor, art, x, y)

    def render(self, scene: Scene, time_ms: float) -> Image.Image:
        """Return the RGB frame at a time."""
        t = (time_ms - scene.start_ms) / 1000
        camera = scene.camera.at(t)
        room = scene.room.picture(self.unit)
        left = round((MARGIN_X + camera[0]) * self.unit)
        top = round((MARGIN_Y + camera[1]) * self.unit)
        left = min(max(0, left), room.width - self.width)
        top = min(max(0, top), room.height - self.height)
        frame = room.crop((left, top, left + self.width, top + self.height))
        for thing in self.placed(scene, time_ms):
            if thing.in_frame(self.width, self.height):
                corner = (thing.x - thing.sprite.left, thing.y - thing.sprite.top)
                frame.paste(thing.sprite.picture, corner, thing.sprite.picture)
        return frame

    def boxes(self, present: list[Placed], tracks: dict[int, str]) -> tuple[Box, ...]:
        """Return the boxes of what can be seen, back to front; ``tracks`` names the track of each actor."""
        owner = np.full((self.height, self.width), -1, dtype=np.int16)
        for thing in present:
            x0, y0, x1, y1 = thing.clipped(self.width, self.height)
            if x1 > x0 and y1 > y0:
                mask = thing.sprite.mask[y0 - thing.y : y1 - thing.y, x0 - thing.x : x1 - thing.x]
                owner[y0:y1, x0:x1][mask] = thing.index
        found = []
        for thing in present:
            if not thing.actor.toy.noun or not thing.in_frame(self.width, self.height):
                continue
            x0, y0, x1, y1 = thing.clipped(self.width, self.height)
            share = float((owner[y0:y1, x0:x1] == thing.index).sum() / thing.sprite.mask.sum())
            if share >= SEEN:
                toy = thing.actor.toy
                found.append(
                    Box(
                        noun=toy.noun,
                        instance=toy.name,
                        track=tracks[thing.index],
                        x=x0,
                        y=y0,
                        w=x1 - x0,
                        h=y1 - y0,
                        visible=round(share, 3),
                    )
                )
        return tuple(found)


class Annotator:
    """Follows the toys of a recording: names their tracks and notes where each leaves the frame.

    Args:
        stage: Where it is drawn.
        recording: Name of the recording.
    """

    def __init__(self, stage: Stage, recording: str) -> None:
        self.stage, self.recording = stage, recording
        self._appearances: dict[str, int] = {}

    def frames(self, scene: Scene) -> Iterator[AnnotatedFrame]:
        """Annotate a scene every 500 ms; scenes must come in order."""
        tracks: dict[int, str] = {}
        seen: set[int] = set()
        crossings: dict[int, str] = {}
        for time_ms in range(scene.start_ms, scene.end_ms, STEP_MS):
            if time_ms > scene.start_ms:
                self._follow(scene, time_ms, crossings)
            present = self.stage.placed(scene, time_ms)
            inside = {thing.index for thing in present if thing.in_frame(self.stage.width, self.stage.height)}
            exits = {tracks[i]: crossings[i] for i in sorted(seen - inside) if i in crossings}
            for i in set(tracks) - inside:
                tracks.pop(i)
                crossings.pop(i, None)
            for i in sorted(inside - set(tracks)):
                tracks[i] = self._name(scene.actors[i])
            boxes = self.stage.boxes(present, tracks)
            shown = {box.track for box in boxes}
            seen = (seen & inside) | {i for i in inside if tracks[i] in shown}
            yield AnnotatedFrame(recording=self.recording, time_ms=time_ms, boxes=boxes, exits=exits)

    def _name(self, actor: Actor) -> str:
        number = self._appearances[actor.toy.name] = self._appearances.get(actor.toy.name, 0) + 1
        return f"{actor.toy.name}#{number}"

    def _follow(self, scene: Scene, time_ms: int, crossings: dict[int, str]) -> None:
        """Note the last edge that each centre crossed outward in the 500 ms before a time."""
        width, height = self.stage.width, self.stage.height
        before: dict[int, tuple[float, float]] = {}
        for step in range(SUBSTEPS + 1):
            moment = time_ms - STEP_MS + STEP_MS * step / SUBSTEPS
            now = {i: centre for i, centre in self._centres(scene, moment)}
            for i, centre in now.items():
                old = before.get(i)
                if old is not None and _in(old, width, height) and not _in(centre, width, height):
                    crossings[i] = exit_direction(old, centre, width, height)
            before = now

    def _centres(self, scene: Scene, moment: float) -> Iterator[tuple[int, tuple[float, float]]]:
        for thing in self.stage.placed(scene, moment):
            wide, high = thing.sprite.size
            yield thing.index, (thing.x + wide / 2, thing.y + high / 2)


def _in(centre: tuple[float, float], width: int, height: int) -> bool:
    return 0 <= centre[0] <= width and 0 <= centre[1] <= height
