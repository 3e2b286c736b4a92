"""What the hiding game is played with: boxes with a dark mouth, and a cover that comes down over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psychopy import visual

from protocols.presenter import look
from protocols.presenter.geometry import Rect
from protocols.presenter.screen import Drawable
from protocols.presenter.shapes import Group
from protocols.presenter.telling import mark


class Props:
    """Makes the props of one window.

    Args:
        window: PsychoPy's window.
    """

    def __init__(self, window: Any) -> None:
        self._window = window

    def box(self, place: Rect) -> Drawable:
        """Return a box that hides what is behind it: a front, and a darker rim where things go in."""
        rim = Rect(place.x, place.y + 0.44 * place.h, 1.06 * place.w, 0.12 * place.h)
        front = self._filled(place, look.BOX)
        band = self._filled(Rect(place.x, place.y - 0.05 * place.h, place.w, 0.1 * place.h), look.BOX_BAND)
        return mark(Group(front, band, self._filled(rim, look.BOX_RIM)), "other", place)

    def cover(self, size: tuple[int, int], boxes: Sequence[Rect]) -> Cover:
        """Return the cover of all boxes."""
        left, right = min(b.x - b.w / 2 for b in boxes), max(b.x + b.w / 2 for b in boxes)
        bottom, top = min(b.y - b.h / 2 for b in boxes), max(b.y + b.h / 2 for b in boxes)
        room = 0.18 * (top - bottom)
        whole = Rect((left + right) / 2, (top + bottom) / 2, right - left + 2 * room, top - bottom + 2 * room)
        folds = [self._filled(whole, look.COVER if n % 2 == 0 else look.COVER_FOLD) for n in range(look.COVER_FOLDS)]
        return Cover(whole, size[1] / 2, folds)

    def _filled(self, place: Rect, colour: str) -> Any:
        return visual.Rect(
            self._window,
            width=place.w,
            height=place.h,
            pos=(place.x, place.y),
            units="pix",
            fillColor=look.rgb(colour),
            lineColor=None,
            autoLog=False,
        )


class Cover:
    """A cloth in vertical folds that hangs from above the screen.

    Args:
        place: Where it hangs when it is down.
        top: Upper edge of the screen.
        folds: Its folds, of alternating colour.
    """

    def __init__(self, place: Rect, top: float, folds: Sequence[Any]) -> None:
        self._place, self._top, self._folds = place, top, folds

    def at(self, down: float) -> Drawable:
        """Return the cover as far down as said, from 0 (out of sight) to 1."""
        place = self._place
        up = (1 - down) * (self._top + place.h / 2 - place.y)
        width = place.w / len(self._folds)
        for number, fold in enumerate(self._folds):
            fold.width = width + 1
            fold.pos = (place.x - place.w / 2 + (number + 0.5) * width, place.y + up)
        shown = Rect(place.x, place.y + up, place.w, place.h)
        return mark(Group(*self._folds), "other", shown)
