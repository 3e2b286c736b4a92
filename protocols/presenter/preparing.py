"""Makes a turn's pictures ready off the drawing thread: decoded, laid out, scaled to the pixels that they will cover.

One background thread does this for the running turn and then for those that come next, so that the drawing thread only
uploads what is finished. No window is needed here, and nothing is drawn.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from devkit.errors import UserError
from devkit.respondents import PresentedTurn
from protocols.flashing import relative_luminance, too_fast
from protocols.presenter import look
from protocols.presenter.geometry import Arrangement, Rect, Sheet, arrange, equally_large, query_pictures

KEPT_DECODED = 48
KEPT_SCALED = 64
KEPT_TURNS = 12
LUMINANCE_STEP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A picture at its size on the screen.

    Attributes:
        digest: Of the file; empty for a mask.
        place: Where it goes.
        size: Width and height, pixels.
        pixels: Red, green, blue and alpha bytes, the lowest row first, as a texture takes them.
    """

    digest: str
    place: Rect
    size: tuple[int, int]
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A turn whose pictures are ready to be uploaded.

    Attributes:
        plan: Where everything lies.
        queries: What is shown before or above the choices.
        choices: The pictures to choose from.
        mask: What covers a briefly shown picture; None where nothing is masked.
    """

    plan: Arrangement
    queries: tuple[Scaled, ...]
    choices: tuple[Scaled, ...]
    mask: Scaled | None = None

    @property
    def pictures(self) -> tuple[Scaled, ...]:
        """Everything that has to be uploaded."""
        return (*self.queries, *self.choices, *((self.mask,) if self.mask is not None else ()))


class Preparer:
    """Prepares turns in a thread of its own.

    Args:
        sheet: The drawing area.
        ground: Colour under transparent pictures, ``#rrggbb``.
        seed: Seed of the masks.
    """

    def __init__(self, sheet: Sheet, ground: str, seed: int = 0) -> None:
        self._sheet, self._ground, self._seed = sheet, ground, seed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._turns: OrderedDict[tuple[str, int], Future[Prepared]] = OrderedDict()
        self._decoded: OrderedDict[str, Image.Image] = OrderedDict()
        self._scaled: OrderedDict[tuple[str, Rect], Scaled] = OrderedDict()

    def submit(self, turn: PresentedTurn, media: Mapping[str, str]) -> Future[Prepared]:
        """Begin to prepare a turn that is not prepared yet; its result raises `UserError` for an unreadable picture.

        Args:
            turn: The turn.
            media: Path of the file of every digest that it shows.
        """
        key = (turn.trial_id, turn.turn_index)
        if key not in self._turns:
            self._turns[key] = self._thread.submit(self._prepare, turn, dict(media))
            while len(self._turns) > KEPT_TURNS:
                self._turns.popitem(last=False)
        return self._turns[key]

    def forget(self, turn: PresentedTurn) -> None:
        """Forget a turn, so that it is prepared anew: its file may have been mended."""
        self._turns.pop((turn.trial_id, turn.turn_index), None)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, turn: PresentedTurn, media: Mapping[str, str]) -> Prepared:
        try:
            plan = arrange(turn, self._sheet)
        except ValueError as error:
            raise UserError(str(error), place=turn.item_id, code="bad-layout") from error
        queries = [self._fitted(one, plan.stimulus, media) for one in query_pictures(turn) if plan.stimulus is not None]
        self._refuse_flashing(turn, media)
        offered = [one for one in plan.pictures if one is not None]
        sizes = [self._picture(one, media).size for one in offered]
        places = equally_large(plan.choices[: len(offered)], sizes)
        choices = [self._fitted(one, place, media) for one, place in zip(offered, places, strict=True)]
        mask = None
        if turn.timing.exposure_ms is not None and queries:
            mask = self._mask(queries[-1].place, f"{self._seed}:{turn.trial_id}")
        return Prepared(plan, tuple(queries), tuple(choices), mask)

    def _refuse_flashing(self, turn: PresentedTurn, media: Mapping[str, str]) -> None:
        frames = query_pictures(turn) if turn.layout == "sequence" else ()
        if len(frames) < 2:
            return
        each_ms = turn.timing.frame_ms or look.FRAME_MS
        pixels = [np.asarray(self._picture(one, media).reduce(LUMINANCE_STEP)) for one in frames]
        times = [number * each_ms for number in range(len(frames))]
        if too_fast(times, [relative_luminance(one) for one in pixels]):
            message = "its pictures would flash more than three times a second"
            raise UserError(message, place=turn.item_id, hint="lengthen `frame` in the protocol", code="flashing")

    def _picture(self, digest: str, media: Mapping[str, str]) -> Image.Image:
        return _kept(self._decoded, digest, lambda: _decode(media[digest], self._ground), KEPT_DECODED)

    def _fitted(self, digest: str, box: Rect, media: Mapping[str, str]) -> Scaled:
        """Return a picture that fills a box as far as its shape allows."""
        image = self._picture(digest, media)
        place = box.fit(*image.size)

        def scale() -> Scaled:
            size = (max(1, round(place.w)), max(1, round(place.h)))
            return _texture(image.resize(size, Image.Resampling.LANCZOS), digest, place)

        return _kept(self._scaled, (digest, place), scale, KEPT_SCALED)

    def _mask(self, place: Rect, seed: str) -> Scaled:
        """Return a mosaic of random greys that covers a place."""
        rng = np.random.default_rng(random.Random(seed).getrandbits(64))
        rows = max(2, round(look.MASK_TILES * place.h / place.w))
        tiles = rng.integers(40, 216, (rows, look.MASK_TILES, 1), dtype=np.uint8).repeat(3, axis=2)
        size = (max(1, round(place.w)), max(1, round(place.h)))
        return _texture(Image.fromarray(tiles).resize(size, Image.Resampling.NEAREST), "", place)


def _kept[Key, Value](cache: OrderedDict[Key, Value], key: Key, make: Callable[[], Value], most: int) -> Value:
    if key not in cache:
        cache[key] = make()
    cache.move_to_end(key)
    while len(cache) > most:
        cache.popitem(last=False)
    return cache[key]


def _texture(image: Image.Image, digest: str, place: Rect) -> Scaled:
    upright = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGBA")
    return Scaled(digest, place, image.size, upright.tobytes())


def _decode(path: str, ground: str) -> Image.Image:
    try:
        with Image.open(Path(path)) as image:
            if not image.has_transparency_data:
                return image.convert("RGB")
            under = Image.new("RGBA", image.size, ground)
            return Image.alpha_composite(under, image.convert("RGBA")).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UserError("the picture cannot be read", place=path, hint=str(error), code="bad-picture") from error
