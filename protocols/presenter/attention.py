"""Moving pictures that call a child back to the screen: a star, a spiral, a bird. Nothing in them flashes.

Each wanders over the middle of the screen on a smooth path, turns or beats its wings, and breathes; all of it slower
than one cycle a second.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from psychopy import visual

from protocols.messages import Getter
from protocols.presenter import look
from protocols.presenter.geometry import Rect
from protocols.presenter.telling import mark

TURN = 2 * math.pi


class Attention(ABC):
    """A moving picture.

    Args:
        window: PsychoPy's window.
        diameter: Of the whole, pixels.
        size: Width and height of the window.
        seed: Decides where its path begins.
    """

    def __init__(self, window: Any, diameter: float, size: tuple[int, int], seed: str) -> None:
        self._window, self._radius = window, diameter / 2
        self._phase = random.Random(seed).uniform(0, TURN)
        self._reach = (look.ATTENTION_REACH * size[0], look.ATTENTION_REACH * size[1])
        self._make()
        self.t_s = 0.0
        self._pinned: tuple[float, float] | None = None
        reach = Rect(0, 0, diameter + 2 * self._reach[0], diameter + 2 * self._reach[1])
        mark(self, "attention", reach)

    def pin(self, x: float, y: float) -> None:
        """Keep it at one place (pixels from the middle of the window) instead of letting it wander."""
        self._pinned = (x, y)
        mark(self, "attention", Rect(x, y, 2 * self._radius, 2 * self._radius))

    def draw(self) -> None:
        """Draw it as it is ``t_s`` seconds after its beginning."""
        sway = TURN * look.ATTENTION_SWING_HZ * self.t_s
        if self._pinned is not None:
            self._draw_at(*self._pinned, math.sin(sway))
            return
        x = self._reach[0] * math.sin(sway + self._phase)
        y = self._reach[1] * math.sin(2 * sway + self._phase)
        self._draw_at(x, y, math.sin(sway))

    @abstractmethod
    def _make(self) -> None:
        """Make the parts."""

    @abstractmethod
    def _draw_at(self, x: float, y: float, breath: float) -> None:
        """Draw the parts round a place; ``breath`` goes slowly between -1 and 1."""

    def _shape(self, vertices: list[tuple[float, float]], colour: str) -> Any:
        return visual.ShapeStim(
            self._window,
            vertices=vertices,
            units="pix",
            fillColor=look.rgb(colour),
            lineColor=None,
            autoLog=False,
        )

    def _disc(self, radius: float, colour: str) -> Any:
        return self._shape(_ellipse(radius, radius), colour)


class Star(Attention):
    """A five-pointed star with a face-like core, turning."""

    def _make(self) -> None:
        outer, inner = self._radius, 0.5 * self._radius
        points = [
            (
                (outer if n % 2 == 0 else inner) * math.sin(n * TURN / 10),
                (outer if n % 2 == 0 else inner) * math.cos(n * TURN / 10),
            )
            for n in range(10)
        ]
        self._star = self._shape(points, look.ATTENTION[0])
        self._core = self._disc(0.28 * self._radius, look.ATTENTION[4])

    def _draw_at(self, x: float, y: float, breath: float) -> None:
        for part in (self._star, self._core):
            part.pos = (x, y)
            part.size = 1 + 0.15 * breath
        self._star.ori = 360 * look.ATTENTION_TURNS_HZ * self.t_s
        self._star.draw()
        self._core.draw()


class Spiral(Attention):
    """Dots on a spiral that turns and opens and closes a little."""

    DOTS: ClassVar[int] = 14

    def _make(self) -> None:
        self._dots = [
            self._disc(self._radius * (0.08 + 0.1 * n / self.DOTS), look.ATTENTION[n % 4]) for n in range(self.DOTS)
        ]

    def _draw_at(self, x: float, y: float, breath: float) -> None:
        for n, dot in enumerate(self._dots):
            angle = TURN * (1.6 * n / self.DOTS + look.ATTENTION_TURNS_HZ * self.t_s)
            reach = self._radius * (n + 0.5) / self.DOTS * (1 + 0.15 * breath)
            dot.pos = (x + reach * math.cos(angle), y + reach * math.sin(angle))
            dot.draw()


class Bird(Attention):
    """A bird that flies on the spot and beats its wings slowly."""

    def _make(self) -> None:
        r = self._radius
        self._body = self._shape(_ellipse(0.75 * r, 0.5 * r), look.ATTENTION[2])
        self._tail = self._shape([(0, 0.12 * r), (-0.55 * r, 0.35 * r), (-0.5 * r, -0.2 * r)], look.ATTENTION[2])
        self._head = self._disc(0.34 * r, look.ATTENTION[2])
        self._beak = self._shape([(0, 0.12 * r), (0.34 * r, 0), (0, -0.12 * r)], look.ATTENTION[0])
        self._eye = self._disc(0.07 * r, look.WRITING)
        self._wing = self._shape(
            [(0.28 * r, 0), (-0.05 * r, 0.85 * r), (-0.42 * r, 0.75 * r), (-0.3 * r, 0)], look.ATTENTION[1]
        )

    def _draw_at(self, x: float, y: float, breath: float) -> None:
        r = self._radius
        places = ((self._tail, -0.6, 0.05), (self._body, 0, 0), (self._head, 0.62, 0.36))
        for part, dx, dy in (*places, (self._beak, 0.9, 0.36), (self._eye, 0.7, 0.44)):
            part.pos = (x + dx * r, y + dy * r)
            part.draw()
        self._wing.pos = (x - 0.05 * r, y + 0.1 * r)
        beat = math.cos(TURN * look.ATTENTION_BEAT_HZ * self.t_s)
        self._wing.size = (1.0, math.copysign(max(0.12, abs(beat)), beat))
        self._wing.draw()


GETTERS: dict[Getter, type[Attention]] = {"star": Star, "spiral": Spiral, "bird": Bird}


def _ellipse(a: float, b: float, corners: int = 64) -> list[tuple[float, float]]:
    return [(a * math.cos(TURN * n / corners), b * math.sin(TURN * n / corners)) for n in range(corners)]
