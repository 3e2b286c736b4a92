"""Windows with where things are: what is said holds in the annotations, and is the same for the same number."""

from __future__ import annotations

import pytest

from devkit.annotations import Box
from model.config import TokenizerConfig
from model.data.corpus import TrainingData
from model.data.places import PlaceSource, quadrant
from model.dialogue import Encoder
from model.tokenizer import EOS, IMAGE, train_tokenizer


@pytest.mark.parametrize(
    ("x", "y", "where"),
    [(10, 10, "top left"), (70, 10, "top right"), (10, 70, "bottom left"), (70, 70, "bottom right")],
)
def test_a_quadrant_is_where_the_centre_is(x: int, y: int, where: str) -> None:
    assert quadrant(Box(noun="ball", x=x, y=y, w=20, h=20), (0, 0, 100, 100)) == where


@pytest.mark.parametrize("window", [(0, 0, 88, 100), (40, 30, 90, 100), (75, 0, 200, 100)])
def test_things_cut_by_the_window_or_near_its_middle_have_no_quadrant(window: tuple[int, int, int, int]) -> None:
    assert quadrant(Box(noun="ball", x=70, y=10, w=20, h=20), window) == ""


def test_places_are_put_as_narration(data: TrainingData) -> None:
    tokenizer = train_tokenizer(
        [*data.utterances, "ball top left, box bottom right"] * 5, TokenizerConfig(vocabulary=400)
    )
    source = PlaceSource(data, Encoder(tokenizer, 5), 32, 1)
    nouns = set(data.pool.by_noun)
    for index in range(20):
        sample = source.sample(index)
        assert sample.ids.count(IMAGE) == 5
        assert sample.images[0].shape == (32, 32, 3)
        learnt = [label for label in sample.labels if label >= 0]
        assert learnt[-1] == EOS
        for part in str(tokenizer.decode(learnt[:-1])).split(","):
            noun, *where = part.split()
            assert noun in nouns
            assert where[0] in ("top", "bottom")
            assert where[1] in ("left", "right")
        assert source.sample(index).ids == sample.ids
