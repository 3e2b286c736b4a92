"""The nouns of the nursery and how to draw one of them.

Everything outside asks here; the drawings register themselves in the modules of their category.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image

from devkit.errors import UserError, did_you_mean
from devkit.toybox import drawings
from devkit.toybox.clay import Clay, Light, Relief
from devkit.toybox.look import REGISTRY, Noun

__all__ = ["CATEGORIES", "NOUNS", "Noun", "draw", "drawings", "relief"]

CATEGORIES = ("animals", "toys", "vehicles", "food", "clothes", "household", "outside")

NOUNS: dict[str, Noun] = {
    name: kind for group in CATEGORIES for name, kind in REGISTRY.items() if kind.category == group
}
"""Every noun by its singular, in the order of the categories."""

BASE_PIXELS = 256


def draw(noun: str, seed: int, size: int = 256, *, light: Light | None = None) -> Image.Image:
    """Return one instance of a noun as an RGBA picture.

    Args:
        noun: Singular, one of `NOUNS`.
        seed: Which instance.
        size: Longer side in pixels, 16–1024.
        light: Light to show it in.

    Raises:
        UserError: If the noun is unknown or the size out of range.
    """
    if not 16 <= size <= 1024:
        raise UserError(f"a toy can be drawn 16 to 1024 pixels large, not {size}")
    picture = relief(noun, seed, max(BASE_PIXELS, size)).lit(light or Light())
    scale = size / max(picture.size)
    return picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.LANCZOS
    )


@lru_cache(maxsize=160)
def relief(noun: str, seed: int, pixels: int = BASE_PIXELS) -> Relief:
    """Model one instance: its colour, outline and relief, facing as its look says (cached)."""
    if noun not in NOUNS:
        raise UserError(f"the toybox has no '{noun}'", hint=did_you_mean(noun, NOUNS))
    kind = NOUNS[noun]
    look = kind.look(seed)
    clay = Clay(pixels, look.stretch)
    kind.draw(clay, look)
    modelled = clay.finish()
    return modelled.mirrored() if look.facing == "right" else modelled
