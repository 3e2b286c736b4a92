"""Pixel equality: whether pictures are the same, and how far a solver gets that can see nothing else.

Pictures count as equal when their files, or their decoded pixels, are; or when they have the same size and hardly
differ (a copy that was saved again as JPEG); and a small one equals a large one that holds it pixel for pixel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devkit.banks.store import Bank
from devkit.banks.validate import BROKEN
from devkit.errors import UserError
from devkit.items import Item, Turn

Pixels = NDArray[np.uint8]
HARDLY = 2.0
"""Mean absolute difference, of 255, below which two pictures of one size count as equal."""


class Pictures:
    """The decoded pictures of a bank, a few at a time.

    Args:
        bank: The bank.
        cached: Number of decoded pictures kept.
    """

    def __init__(self, bank: Bank, cached: int = 64) -> None:
        self.bank = bank
        self.pixels = lru_cache(maxsize=cached)(self._pixels)
        self.name = lru_cache(maxsize=None)(self._name)
        self.size = lru_cache(maxsize=None)(self._size)

    def _pixels(self, digest: str) -> Pixels:
        path = self.bank.path_of(digest)
        try:
            with Image.open(path) as image:
                return np.asarray(image.convert("RGB"))
        except BROKEN as error:
            raise _unreadable(path, error) from None

    def _name(self, digest: str) -> str:
        """Return the digest of a picture's decoded pixels, whatever file they came from."""
        pixels = self.pixels(digest)
        return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()

    def _size(self, digest: str) -> tuple[int, int]:
        """Return width and height, from the header."""
        path = self.bank.path_of(digest)
        try:
            with Image.open(path) as image:
                return image.size
        except BROKEN as error:
            raise _unreadable(path, error) from None

    def same(self, one: str, other: str) -> bool:
        """Tell whether two pictures have the same bytes or the same pixels; sizes that differ spare the decoding."""
        return one == other or (self.size(one) == self.size(other) and self.name(one) == self.name(other))

    def kinds(self, digests: Sequence[str]) -> list[int]:
        """Number pictures so that two have the same number exactly when they have the same pixels."""
        found: list[str] = []
        numbers = []
        for digest in digests:
            number = next((n for n, known in enumerate(found) if self.same(known, digest)), len(found))
            if number == len(found):
                found.append(digest)
            numbers.append(number)
        return numbers

    def likeness(self, query: str, option: str) -> int:
        """Return how equal an option is to a query: 3 same pixels, 2 holds it pixel for pixel, 1 hardly differs, 0."""
        if self.same(query, option):
            return 3
        small, large = self.pixels(query), self.pixels(option)
        if small.shape == large.shape:
            return int(float(np.abs(small.astype(np.int16) - large).mean()) <= HARDLY)
        return 2 if holds(large, small) else 0


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(f"a picture cannot be read: {error}", place=str(path), hint="see devkit bank check")


def holds(large: Pixels, small: Pixels) -> bool:
    """Tell whether a picture holds another one pixel for pixel.

    The most telling row of the small one is looked for among the bytes of the large one; only where it is found is the
    whole compared.
    """
    height, width = small.shape[:2]
    if height > large.shape[0] or width > large.shape[1]:
        return False
    row = int(np.argmax(small.astype(np.int16).std(axis=1).sum(axis=-1)))
    needle, stack = small[row].tobytes(), large.tobytes()
    stride = large.shape[1] * 3
    at = stack.find(needle)
    while at >= 0:
        y, x = at // stride - row, at % stride // 3
        inside = at % 3 == 0 and 0 <= y <= large.shape[0] - height and x <= large.shape[1] - width
        if inside and np.array_equal(large[y : y + height, x : x + width], small):
            return True
        at = stack.find(needle, at + 1)
    return False


def has_query(item: Item) -> bool:
    """Tell whether an item asks which picture goes with another one, so that comparing pixels could answer it."""
    turn = item.turns[0]
    return len(item.turns) == 1 and len(turn.stimuli) == 1 and all(c.media is not None for c in turn.choices)


def by_pixels(turn: Turn, pictures: Pictures) -> tuple[int, ...]:
    """Answer a question with a query by pixel equality alone.

    Returns:
        The positions it cannot tell apart and would guess among; one when it is sure, all when nothing is equal.
    """
    scores = [pictures.likeness(turn.stimuli[0], str(choice.media)) for choice in turn.choices]
    return tuple(place for place, score in enumerate(scores) if score == max(scores))


def by_memory(turns: Sequence[Turn], pictures: Pictures) -> list[tuple[int, ...]]:
    """Answer a Memory dialogue by pixel equality alone: a picture that was shown before is not the new one."""
    kinds = iter(pictures.kinds([str(choice.media) for turn in turns for choice in turn.choices]))
    shown: set[int] = set()
    answers = []
    for turn in turns:
        offered = [next(kinds) for _ in turn.choices]
        fresh = tuple(place for place, kind in enumerate(offered) if kind not in shown)
        answers.append(fresh or tuple(range(len(offered))))
        shown.update(offered)
    return answers
