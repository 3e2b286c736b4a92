"""Pictures, decoded off the drawing thread and uploaded before the turn that shows them.

Files are decoded by one background thread, in the order in which they will be needed. `Pictures.placed` scales a
picture to the pixels that it will cover and uploads it; the presenter calls it in the quiet before a turn.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from psychopy import visual

from devkit.errors import UserError
from protocols.presenter import look
from protocols.presenter.geometry import Rect
from protocols.presenter.telling import mark

KEPT_DECODED = 48
KEPT_UPLOADED = 48


class Pictures:
    """The pictures of one window.

    Args:
        window: PsychoPy's window.
        ground: Colour under transparent pictures, ``#rrggbb``.
    """

    def __init__(self, window: Any, ground: str) -> None:
        self._window = window
        self.ground = ground
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._decoded: OrderedDict[str, Future[Image.Image]] = OrderedDict()
        self._uploaded: OrderedDict[tuple[str, Rect], Any] = OrderedDict()

    def fetch(self, media: Mapping[str, str]) -> None:
        """Begin to decode files, given by digest and path, that are not decoded yet."""
        for digest, path in media.items():
            if digest in self._decoded:
                self._decoded.move_to_end(digest)
            else:
                self._decoded[digest] = self._thread.submit(_decode, path, self.ground)
        while len(self._decoded) > max(KEPT_DECODED, len(media)):
            self._decoded.popitem(last=False)

    def size(self, digest: str) -> tuple[int, int]:
        """Return width and height of a fetched picture, pixels."""
        return self._decoded[digest].result().size

    def placed(self, digest: str, box: Rect) -> tuple[Any, Rect]:
        """Return a picture that fills a box as far as its shape allows, uploaded, and the place it covers.

        Raises:
            UserError: The file cannot be read as a picture.
        """
        image = self._decoded[digest].result()
        place = box.fit(*image.size)
        stimulus = self._uploaded.get((digest, place))
        if stimulus is None:
            width, height = max(1, round(place.w)), max(1, round(place.h))
            scaled = image.resize((width, height), Image.Resampling.LANCZOS)
            stimulus = mark(self._upload(scaled, place), "picture", place, digest)
            self._uploaded[digest, place] = stimulus
        self._uploaded.move_to_end((digest, place))
        while len(self._uploaded) > KEPT_UPLOADED:
            self._uploaded.popitem(last=False)
        return stimulus, place

    def mask(self, place: Rect, seed: str) -> Any:
        """Return a mosaic of random greys that covers a place, uploaded."""
        rng = np.random.default_rng(random.Random(seed).getrandbits(64))
        rows = max(2, round(look.MASK_TILES * place.h / place.w))
        tiles = rng.integers(40, 216, (rows, look.MASK_TILES, 1), dtype=np.uint8).repeat(3, axis=2)
        size = (max(1, round(place.w)), max(1, round(place.h)))
        picture = Image.fromarray(tiles).resize(size, Image.Resampling.NEAREST)
        return mark(self._upload(picture, place), "mask", place)

    def clear(self) -> None:
        """Forget the pictures of a session that is over."""
        self._decoded.clear()
        self._uploaded.clear()

    def close(self) -> None:
        """End the decoding thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _upload(self, image: Image.Image, place: Rect) -> Any:
        return visual.ImageStim(
            self._window,
            image=image,
            pos=(round(place.x), round(place.y)),
            size=image.size,
            units="pix",
            interpolate=False,
            autoLog=False,
        )


def _decode(path: str, ground: str) -> Image.Image:
    try:
        with Image.open(Path(path)) as image:
            if not image.has_transparency_data:
                return image.convert("RGB")
            under = Image.new("RGBA", image.size, ground)
            return Image.alpha_composite(under, image.convert("RGBA")).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UserError("the picture cannot be read", place=path, hint=str(error), code="bad-picture") from error
