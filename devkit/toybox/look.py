"""What makes one toy of a kind differ from the next: colours, pattern, proportions, facing, decoration.

A `Look` is a pure function of a noun and a seed, so an instance is recognised again wherever it turns up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from devkit.toybox.clay import Clay
from devkit.toybox.paint import COLOURS, Material, Paint, Pattern, Rgb, contrast, derive, vary


class Look:
    """The traits of one instance.

    Attributes:
        colour: Name of its main colour.
        second: Name of its second colour.
        pattern: Of its main surface.
        facing: Which way it faces; drawings face left and are mirrored for ``right``.
        stretch: Factors on its width and height.
        main: Paint of the main surface.
        other: Paint of the second surface.
    """

    def __init__(
        self,
        noun: str,
        seed: int,
        *,
        colours: Sequence[str],
        patterns: Sequence[Pattern],
        material: Material,
        gloss: float,
        seconds: Sequence[str] = (),
        stiff: bool = False,
    ) -> None:
        self._rng = random.Random(derive("look", noun, seed))
        self.colour = self._rng.choice(list(colours))
        rgb = vary(COLOURS[self.colour], self._rng)
        free = [name for name in (seconds or COLOURS) if contrast(COLOURS[name], rgb) > 90] or ["white"]
        self.second = self._rng.choice(free)
        rgb2 = vary(COLOURS[self.second], self._rng)
        self.pattern: Pattern = self._rng.choice(list(patterns))
        self.facing: Literal["left", "right"] = self._rng.choice(("left", "right"))
        self.stretch = (1.0, 1.0) if stiff else self._rng.choice(((self.u(0.84, 1.0), 1.0), (1.0, self.u(0.84, 1.0))))
        grain = self._rng.randrange(61)
        scale = self._rng.uniform(0.2, 0.36)
        angle = (
            self._rng.choice((0, 90, 45, 135)) if self.pattern in ("stripes", "zigzag") else self._rng.uniform(0, 40)
        )
        self.main = Paint(rgb, self.pattern, rgb2, scale, angle, material, gloss, grain)
        self.other = Paint(rgb2, material=material, gloss=gloss, seed=grain + 1)

    def u(self, low: float, high: float) -> float:
        """Draw a proportion."""
        return self._rng.uniform(low, high)

    def chance(self, probability: float) -> bool:
        """Draw whether it has something."""
        return self._rng.random() < probability

    def pick[T](self, options: Sequence[T]) -> T:
        """Draw one of several."""
        return self._rng.choice(options)

    def hue(self, *names: str) -> Rgb:
        """Draw a colour from names (all when none are given), varied."""
        return vary(COLOURS[self._rng.choice(names or tuple(COLOURS))], self._rng)

    def vivid(self) -> Rgb:
        """Draw a strong colour that stands out from the main one."""
        names = [n for n in ("red", "orange", "yellow", "green", "blue", "purple", "pink") if n != self.colour]
        far = [n for n in names if contrast(COLOURS[n], self.main.rgb) > 80]
        return self.hue(*(far or names))


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of thing.

    Attributes:
        singular: The word.
        plural: Its plural.
        category: ``animals``, ``food``, ``clothes``, ``toys``, ``vehicles``, ``household`` or ``outside``.
        draw: Models one instance on a `devkit.toybox.clay.Clay` board from its look.
        colours: Names of its possible main colours.
        patterns: Its possible patterns.
        material: Of its surface.
        gloss: Of its surface.
        seconds: Names of its possible second colours; all when empty.
        stiff: True when its proportions never vary.
        pet: What a caregiver calls it to a small child; empty when there is nothing special.
        sound: What it says; empty for most.
        verbs: What it does, third person.
        flies: True when it need not stand on the ground.
        lies: True when it lies flat, so that its shadow is its own outline.
        size: Size relative to other things, about 1.
    """

    singular: str
    plural: str
    category: str
    draw: Callable[[Clay, Look], None]
    colours: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ("plain",)
    material: Material = "smooth"
    gloss: float = 0.25
    seconds: tuple[str, ...] = ()
    stiff: bool = False
    pet: str = ""
    sound: str = ""
    verbs: tuple[str, ...] = ()
    flies: bool = False
    lies: bool = False
    size: float = 1.0

    def look(self, seed: int) -> Look:
        """Return the look of the instance with a seed."""
        return Look(
            self.singular,
            seed,
            colours=self.colours,
            patterns=self.patterns,
            material=self.material,
            gloss=self.gloss,
            seconds=self.seconds,
            stiff=self.stiff,
        )


Drawing = Callable[[Clay, Look], None]
REGISTRY: dict[str, Noun] = {}


def noun(
    singular: str,
    category: str,
    colours: str,
    *,
    plural: str = "",
    patterns: tuple[Pattern, ...] = ("plain",),
    material: Material = "smooth",
    gloss: float = 0.25,
    seconds: str = "",
    stiff: bool = False,
    pet: str = "",
    sound: str = "",
    verbs: tuple[str, ...] = (),
    flies: bool = False,
    lies: bool = False,
    size: float = 1.0,
) -> Callable[[Drawing], Drawing]:
    """Register a drawing as a noun; ``colours`` and ``seconds`` are names apart by blanks (see `Noun` for the rest)."""

    def register(draw: Drawing) -> Drawing:
        REGISTRY[singular] = Noun(
            singular,
            plural or singular + "s",
            category,
            draw,
            tuple(colours.split()),
            patterns,
            material,
            gloss,
            tuple(seconds.split()),
            stiff,
            pet,
            sound,
            verbs,
            flies,
            lies,
            size,
        )
        return draw

    return register
