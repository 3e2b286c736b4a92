"""What the presenter draws by itself: fixation, arrows, rings, and words for adults without sound."""

from __future__ import annotations

import math
from typing import Any

from psychopy import visual

from protocols.presenter import look
from protocols.presenter.geometry import Rect
from protocols.presenter.screen import Drawable
from protocols.presenter.telling import mark


class Group:
    """Several drawables as one."""

    def __init__(self, *parts: Drawable) -> None:
        self.parts = parts

    def draw(self) -> None:
        """Draw the parts in order."""
        for part in self.parts:
            part.draw()


class Shapes:
    """Makes the drawn things of one window.

    Args:
        window: PsychoPy's window.
        px_per_cm: Pixels per centimetre.
    """

    def __init__(self, window: Any, px_per_cm: float) -> None:
        self._window = window
        self._cm = px_per_cm

    def _disc(self, radius: float, colour: str, x: float = 0, y: float = 0) -> Any:
        return visual.Circle(
            self._window,
            radius=radius,
            edges=96,
            pos=(x, y),
            units="pix",
            fillColor=look.rgb(colour),
            lineColor=None,
            autoLog=False,
        )

    def fixation(self) -> Drawable:
        """Return the quiet picture between trials: a disc with a core."""
        radius = look.FIXATION_CM * self._cm / 2
        group = Group(self._disc(radius, look.FIXATION), self._disc(radius / 3, look.FIXATION_CORE))
        return mark(group, "fixation", Rect(0, 0, 2 * radius, 2 * radius))

    def arrow(self, box: Rect, step: tuple[int, int]) -> Any:
        """Return an arrow that points along ``step`` and fills a box."""
        angle = math.degrees(math.atan2(step[1], step[0]))
        unit = ((0.5, 0), (0.0, 0.46), (0.0, 0.2), (-0.46, 0.2), (-0.46, -0.2), (0.0, -0.2), (0.0, -0.46))
        arrow = visual.ShapeStim(
            self._window,
            vertices=[(x * box.w, y * box.h) for x, y in unit],
            pos=(box.x, box.y),
            ori=-angle,
            units="pix",
            fillColor=look.rgb(look.ARROW),
            lineColor=None,
            autoLog=False,
        )
        return mark(arrow, "arrow", box)

    def frame(self, place: Rect) -> Any:
        """Return the outline of where a picture was."""
        return mark(self._outline(place, look.FRAME_LINE, look.FRAME_LINE_CM * self._cm), "outline", place)

    def border(self, window: Rect, colour: str) -> Any:
        """Return a border inside the edge of the window."""
        width = look.BORDER_CM * self._cm
        inner = Rect(0, 0, window.w - width, window.h - width)
        return mark(self._outline(inner, colour, width), "outline", window)

    def ring(self, box: Rect) -> Drawable:
        """Return a soft ring round a box: an inner line, with paler ones outside it."""
        width = look.RING_CM * self._cm
        reach = look.RING_GROWTH
        lines = [(reach, 1.0), (reach + 0.025, 0.5), (reach + 0.05, 0.25)]
        group = Group(
            *(
                self._outline(Rect(box.x, box.y, box.w * grown, box.h * grown), look.RING, width, opacity, rounded=True)
                for grown, opacity in lines
            )
        )
        return mark(group, "ring", box)

    def frame_right(self, box: Rect) -> Any:
        """Return the plain box that is drawn round the right answer after a wrong one."""
        grown = Rect(box.x, box.y, box.w * look.RING_GROWTH, box.h * look.RING_GROWTH)
        return mark(self._outline(grown, look.RING, look.RING_CM * self._cm), "outline", box)

    def writing(self, text: str, size: tuple[int, int]) -> Any:
        """Return words at the lower edge, for adults only."""
        height = look.WRITING_CM * self._cm
        y = -size[1] / 2 + 1.4 * height
        words = visual.TextStim(
            self._window,
            text=text,
            pos=(0, y),
            height=height,
            wrapWidth=0.9 * size[0],
            units="pix",
            color=look.rgb(look.WRITING),
            autoLog=False,
        )
        return mark(words, "words", Rect(0, y, 0.9 * size[0], 1.4 * height))

    def _outline(self, place: Rect, colour: str, width: float, opacity: float = 1.0, *, rounded: bool = False) -> Any:
        corner = 0.12 * min(place.w, place.h) if rounded else width / 2
        return visual.ShapeStim(
            self._window,
            vertices=_rounded(place, corner),
            pos=(place.x, place.y),
            units="pix",
            fillColor=None,
            lineColor=look.rgb(colour),
            lineWidth=width,
            opacity=opacity,
            autoLog=False,
        )


def _rounded(place: Rect, corner: float, steps: int = 12) -> list[tuple[float, float]]:
    """Return the corners of a rounded box round the origin."""
    points = []
    for number, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for step in range(steps + 1):
            angle = math.pi / 2 * (number + step / steps)
            cx, cy = sx * (place.w / 2 - corner), sy * (place.h / 2 - corner)
            points.append((cx + corner * math.cos(angle), cy + corner * math.sin(angle)))
    return points
