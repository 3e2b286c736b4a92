from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devkit.errors import UserError
from devkit.respondents import PresentedTurn, Timing
from protocols.presenter.geometry import Sheet
from protocols.presenter.preparing import Preparer
from tests.protocols.presenter.conftest import LAYOUTS, Pictures

SHEET = Sheet(1024, 768, 38)


@pytest.fixture
def preparer() -> Iterator[Preparer]:
    running = Preparer(SHEET, "#808080", 5)
    yield running
    running.close()


def media_of(turn: PresentedTurn, pictures: Pictures) -> dict[str, str]:
    return {digest: str(pictures.find(digest)) for digest in turn.images}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_made_ready_to_the_pixel(
    layout: str, preparer: Preparer, turn: Callable[..., PresentedTurn], pictures: Pictures
) -> None:
    put = turn(layout)
    ready = preparer.submit(put, media_of(put, pictures)).result(10)
    assert len(ready.queries) + len(ready.choices) == len(put.images)
    for one in ready.pictures:
        assert len(one.pixels) == 4 * one.size[0] * one.size[1]
        assert abs(one.size[0] - one.place.w) <= 0.5
        assert abs(one.size[1] - one.place.h) <= 0.5


def test_the_lowest_row_comes_first_and_the_ground_shows_through(
    preparer: Preparer, turn: Callable[..., PresentedTurn], tmp_path: Path
) -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 50, 100, 100))
    image.save(tmp_path / "half.png")
    put = turn("single_number")
    ready = preparer.submit(put, dict.fromkeys(put.images, str(tmp_path / "half.png"))).result(10)
    width, height = ready.queries[0].size
    pixels = np.frombuffer(ready.queries[0].pixels, dtype=np.uint8).reshape(height, width, 4)
    assert pixels[5, 5, :3].tolist() == [128, 128, 128]
    assert pixels[-5, 5, :3].tolist() == [255, 0, 0]


def test_a_brief_picture_gets_the_same_mask_every_time(
    preparer: Preparer, turn: Callable[..., PresentedTurn], pictures: Pictures
) -> None:
    put = turn("single_number", timing=Timing(exposure_ms=1000))
    first = preparer.submit(put, media_of(put, pictures)).result(10).mask
    preparer.forget(put)
    again = preparer.submit(put, media_of(put, pictures)).result(10).mask
    assert first is not None
    assert again is not None
    assert first.pixels == again.pixels
    assert first.place == preparer.submit(put, media_of(put, pictures)).result(10).queries[0].place


def test_a_picture_that_cannot_be_read_is_named_and_may_be_mended(
    preparer: Preparer, turn: Callable[..., PresentedTurn], tmp_path: Path
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG no more")
    put = turn("pair")
    media = dict.fromkeys(put.images, str(path))
    with pytest.raises(UserError, match=r"broken\.png"):
        preparer.submit(put, media).result(10)
    Image.new("RGB", (50, 50)).save(path)
    preparer.forget(put)
    assert preparer.submit(put, media).result(10).choices


def test_pictures_that_would_flash_are_refused(
    preparer: Preparer, turn: Callable[..., PresentedTurn], tmp_path: Path
) -> None:
    for name, colour in (("dark", "black"), ("bright", "white")):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"{name}.png")
    frames = tuple(f"{number:064d}" for number in range(12))
    media = {one: str(tmp_path / ("bright.png" if n % 2 else "dark.png")) for n, one in enumerate(frames)}
    put = turn("sequence", images=frames, stimuli=frames, timing=Timing(frame_ms=100))
    with pytest.raises(UserError, match="flash"):
        preparer.submit(put, media).result(10)
    slower = replace(put, trial_id="slower", timing=Timing(frame_ms=400))
    assert len(preparer.submit(slower, media).result(10).queries) == 12
