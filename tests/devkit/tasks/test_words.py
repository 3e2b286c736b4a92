from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.tasks.distractors import Distractors, meaning, sound, sounds
from devkit.tasks.vocabulary import CATEGORIES, animate, category, plural

NOUNS = [noun for nouns in CATEGORIES.values() for noun in nouns]


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        *(
            ("cup", "cups"),
            ("box", "boxes"),
            ("brush", "brushes"),
            ("berry", "berries"),
            ("toy", "toys"),
            ("TV", "TVs"),
        ),
        *(("knife", "knives"), ("foot", "feet"), ("sheep", "sheep"), ("scissors", "scissors"), ("bus", "buses")),
        *(("teddy bear", "teddy bears"), ("ice cream", "ice creams"), ("high chair", "high chairs"), ("y", "ys")),
    ],
)
def test_plural(noun: str, expected: str) -> None:
    assert plural(noun) == expected


def test_no_noun_is_in_two_categories() -> None:
    assert [noun for noun, count in Counter(NOUNS).items() if count > 1] == []


def test_categories_go_by_the_last_word_of_an_unknown_compound() -> None:
    assert category("rubber duck") == "animals"
    assert category("Fire Truck") == "vehicles"
    assert category("floras") == ""
    assert animate("cow")
    assert not animate("cup")


def test_every_toybox_noun_has_a_category() -> None:
    from devkit.toybox import NOUNS as TOYS

    assert [noun for noun in TOYS if not category(str(noun))] == []


def test_meaning() -> None:
    assert meaning("cup", "Cup") == 1
    assert meaning("dog", "cat") > meaning("apple", "spoon") > meaning("dog", "spoon") == 0
    assert meaning("dax", "wug") == 0


def test_sound() -> None:
    assert sound("cat", "kat") == 1
    assert sound("cat", "hat") > sound("cat", "dog")
    assert sound("truck", "duck") > sound("truck", "spoon")
    assert sound("ball", "balloon") > sound("ball", "key")
    assert sounds("cake") == sounds("cak")


@given(one=st.sampled_from(NOUNS), other=st.sampled_from(NOUNS))
def test_closeness_is_symmetric_and_a_share(one: str, other: str) -> None:
    for nearness in (meaning, sound):
        assert 0 <= nearness(one, other) <= 1
        assert nearness(one, other) == pytest.approx(nearness(other, one))


@given(word=st.text(max_size=20), other=st.text(max_size=20))
def test_any_word_has_a_sound(word: str, other: str) -> None:
    assert 0 <= sound(word, other) <= 1


def test_distractors_of_a_rich_vocabulary_have_one_of_each_kind() -> None:
    nouns = ["cat", "dog", "hat", "cap", "truck", "spoon", "apple", "chair"]
    for seed in range(20):
        chosen = Distractors().choose("cat", nouns, random.Random(seed))
        assert [role for _, role in chosen] == ["semantic", "phonological", "unrelated"]
        assert chosen[0][0] == "dog"
        assert chosen[1][0] in ("hat", "cap")
        assert len({noun for noun, _ in chosen} | {"cat"}) == 4


def test_a_missing_kind_is_filled_and_called_what_it_is() -> None:
    chosen = Distractors().choose("cat", ["cat", "spoon", "chair", "lamp"], random.Random(0))
    assert sorted(noun for noun, _ in chosen) == ["chair", "lamp", "spoon"]
    assert {role for _, role in chosen} == {"unrelated"}
    assert len(Distractors().choose("cat", ["cat", "dog"], random.Random(0))) == 1


def test_closeness_can_be_exchanged() -> None:
    by_length = Distractors(semantic=lambda a, b: float(len(a) == len(b)), phonological=lambda a, b: 0.0)
    chosen = by_length.choose("cat", ["cat", "cow", "horse", "zebra"], random.Random(0))
    assert chosen[0] == ("cow", "semantic")
