"""The drawings: complete, distinct, repeatable, inside their board."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devkit.errors import UserError
from devkit.toybox import NOUNS, draw
from devkit.toybox.clay import Clay, Light
from devkit.toybox.nouns import CATEGORIES, relief
from devkit.toybox.paint import COLOURS, contrast, vary


def _on_gray(picture: Image.Image, side: int = 48) -> np.ndarray:
    board = Image.new("RGB", (side, side), (128, 128, 128))
    small = picture.resize((round(picture.width * side / 128), round(picture.height * side / 128)))
    board.paste(small, ((side - small.width) // 2, (side - small.height) // 2), small)
    return np.asarray(board, dtype=float)


def test_there_are_at_least_forty_nouns_in_every_category_of_a_nursery() -> None:
    assert len(NOUNS) >= 60
    assert {kind.category for kind in NOUNS.values()} == set(CATEGORIES)
    for name, kind in NOUNS.items():
        assert kind.singular == name
        assert kind.plural


def test_a_noun_and_seed_always_give_the_same_picture() -> None:
    first = draw("dog", 7, 200).tobytes()
    relief.cache_clear()
    assert draw("dog", 7, 200).tobytes() == first
    assert draw("dog", 8, 200).tobytes() != first


@pytest.mark.parametrize("noun", list(NOUNS))
def test_each_noun_has_visible_differences_between_instances_and_fits_its_board(noun: str) -> None:
    pictures = []
    for seed in range(4):
        look = NOUNS[noun].look(seed)
        clay = Clay(96, look.stretch)
        NOUNS[noun].draw(clay, look)
        alpha = clay.finish().alpha
        assert max(alpha.shape) < 96, f"{noun} {seed} is cut off"
        assert (alpha > 128).mean() > 0.12
        pictures.append(_on_gray(draw(noun, seed, 128)))
    nearest = min(np.abs(a - b).mean() for a, b in itertools.combinations(pictures, 2))
    assert nearest > 1.5


def test_all_nouns_are_told_apart_by_their_outline() -> None:
    """The mean outlines of five instances, facing left, differ between any two nouns."""
    outlines = {}
    for noun, kind in NOUNS.items():
        stack = []
        for seed in range(5):
            alpha = relief(noun, seed, 96).alpha
            outline = Image.fromarray(alpha[:, ::-1] if kind.look(seed).facing == "right" else alpha)
            board = Image.new("L", (96, 96))
            board.paste(outline, ((96 - outline.width) // 2, (96 - outline.height) // 2))
            stack.append(np.asarray(board.resize((32, 32)), dtype=float) / 255)
        outlines[noun] = np.mean(stack, axis=0)
    distances = {(a, b): np.abs(outlines[a] - outlines[b]).mean() for a, b in itertools.combinations(outlines, 2)}
    worst = min(distances, key=lambda pair: distances[pair])
    assert distances[worst] > 0.015, f"{worst} look alike"


def test_light_from_the_left_brightens_the_left_side() -> None:
    model = relief("ball", 3)
    left = np.asarray(model.lit(Light(x=-0.6, y=0.0)).convert("L"), dtype=float)
    right = np.asarray(model.lit(Light(x=0.6, y=0.0)).convert("L"), dtype=float)
    half = left.shape[1] // 2
    assert left[:, :half].mean() > right[:, :half].mean() + 5
    assert right[:, half:].mean() > left[:, half:].mean() + 5


def test_turning_the_light_and_the_toy_keeps_the_light_where_it_is() -> None:
    light = Light(-0.5, -0.5)
    turned = light.turned(30)
    assert np.hypot(turned.x, turned.y) == pytest.approx(np.hypot(light.x, light.y))
    assert light.turned(90).x == pytest.approx(light.y)


def test_a_mirrored_model_is_lit_as_if_it_stood_the_other_way() -> None:
    model = relief("car", 2)
    a = np.asarray(model.mirrored().lit(Light(0.4, -0.5)), dtype=int)
    b = np.asarray(model.lit(Light(-0.4, -0.5)), dtype=int)[:, ::-1]
    assert np.abs(a - b).max() <= 2


@pytest.mark.parametrize("noun", ["doog", "", "Ball"])
def test_an_unknown_noun_is_a_users_mistake(noun: str) -> None:
    with pytest.raises(UserError, match="toybox has no"):
        draw(noun, 1)


def test_an_unknown_noun_comes_with_a_guess() -> None:
    with pytest.raises(UserError, match="did you mean 'dog'"):
        draw("dogg", 1)


@pytest.mark.parametrize("size", [0, 15, 1025, -3])
def test_a_size_out_of_range_is_a_users_mistake(size: int) -> None:
    with pytest.raises(UserError, match="pixels large"):
        draw("dog", 1, size)


@settings(max_examples=25, deadline=None)
@given(noun=st.sampled_from(list(NOUNS)), seed=st.integers(0, 2**32 - 1), size=st.integers(16, 300))
def test_any_seed_and_size_gives_a_picture_of_that_size(noun: str, seed: int, size: int) -> None:
    picture = draw(noun, seed, size)
    assert picture.mode == "RGBA"
    assert max(picture.size) == size
    assert np.asarray(picture)[..., 3].max() > 200


def test_a_varied_colour_stays_nearest_to_its_own_name() -> None:
    import random

    rng = random.Random(1)
    for name, rgb in COLOURS.items():
        for _ in range(40):
            varied = vary(rgb, rng)
            assert min(COLOURS, key=lambda other: contrast(COLOURS[other], varied)) == name
