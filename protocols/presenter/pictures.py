"""Pictures on the graphics card: textures of what `protocols.presenter.preparing` has made ready.

PsychoPy's own way from a picture to a texture goes through floating point on the drawing thread (about 40 ms for a
megapixel); the bytes that were prepared beforehand go up as they are.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from PIL import Image
from psychopy import visual
from pyglet import gl

from protocols.presenter.preparing import Scaled
from protocols.presenter.telling import mark

KEPT = 48


class Pictures:
    """The pictures of one window.

    Args:
        window: PsychoPy's window.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self._uploaded: OrderedDict[int, tuple[Scaled, Any]] = OrderedDict()

    def upload(self, scaled: Scaled) -> Any:
        """Return a drawable of a picture; uploads it unless it is on the card already."""
        key = id(scaled)
        if key not in self._uploaded:
            drawable = mark(self._made(scaled), "picture" if scaled.digest else "mask", scaled.place, scaled.digest)
            self._uploaded[key] = scaled, drawable
        self._uploaded.move_to_end(key)
        while len(self._uploaded) > KEPT:
            self._uploaded.popitem(last=False)
        return self._uploaded[key][1]

    def has(self, scaled: Scaled) -> bool:
        """Whether a picture is on the card already."""
        return id(scaled) in self._uploaded

    def clear(self) -> None:
        """Forget the pictures of a session that is over."""
        self._uploaded.clear()

    def _made(self, scaled: Scaled) -> Any:
        stimulus = visual.ImageStim(
            self._window,
            image=Image.new("RGB", (2, 2)),
            pos=(round(scaled.place.x), round(scaled.place.y)),
            size=scaled.size,
            units="pix",
            interpolate=False,
            autoLog=False,
        )
        width, height = scaled.size
        gl.glBindTexture(gl.GL_TEXTURE_2D, stimulus._texID)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        gl.glTexImage2D(
            gl.GL_TEXTURE_2D, 0, gl.GL_RGBA8, width, height, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, scaled.pixels
        )
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        return stimulus
