"""What the parent is told of the child's screen: each thing that is drawn, with its place, so that a copy can be made.

Whoever makes a drawable says once what it is (`mark`); `shown` reads the marks of a scene. Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocols.controls import Box, Shown, Thing
from protocols.presenter.geometry import Rect

NAME = "shown_as"
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def mark[Drawn](thing: Drawn, what: Thing, place: Rect | None = None, media: str = "") -> Drawn:
    """Say what a drawable is and where; without a place it is said to fill the window. Returns the drawable."""
    setattr(thing, NAME, (what, place, media))
    return thing


def shown(scene: Sequence[Any], size: tuple[int, int]) -> tuple[Shown, ...]:
    """Return what a scene shows in a window of that size, back to front."""
    told = []
    for thing in scene:
        what, place, media = getattr(thing, NAME, ("other", None, ""))
        told.append(Shown(what=what, media=media, box=WHOLE if place is None else share(place, size)))
    return tuple(told)


def share(place: Rect, size: tuple[int, int]) -> Box:
    """Return left, top, width and height of a place as shares of the window, from its upper left corner."""
    width, height = size
    left, top, w, h = place.on_desktop((0, 0, width, height))
    return (round(left / width, 4), round(top / height, 4), round(w / width, 4), round(h / height, 4))
