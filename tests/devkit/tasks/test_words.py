from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.tasks.closeness import by_embeddings, by_looks, read_embeddings
from devkit.tasks.distractors import Distractors, meaning, sound, sounds, sounds_of_letters
from devkit.tasks.vocabulary import CATEGORIES, animate, category, plural
from devkit.toybox import sample_pool

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
    assert sounds_of_letters("cake") == sounds_of_letters("cak")
    assert sounds("knight") == sounds("night")
    assert sound("bear", "chair") > sound("bear", "ear")  # by sound, not by spelling
    assert sounds("blicket") == sounds_of_letters("blicket")
    assert sounds("teddy bear") == sounds("teddy") + sounds("bear")


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


def test_distractors_are_matched_in_frequency_and_may_be_lookalikes() -> None:
    said = {"cat": 100.0, "spoon": 90.0, "cup": 110.0, "fork": 95.0, "plate": 105.0, "shelf": 1.0, "rug": 2.0}
    by_count = Distractors(frequency=said, semantic=lambda a, b: 0.0, phonological=lambda a, b: 0.0)
    drawn = {by_count.choose("cat", list(said), random.Random(seed))[0][0] for seed in range(40)}
    assert drawn == {"spoon", "cup", "fork", "plate"}
    round_things = frozenset({"ball", "orange"})
    alike = Distractors(visual=lambda a, b: float({a, b} == round_things), roles=("semantic", "visual", "unrelated"))
    chosen = dict(alike.choose("ball", ["ball", "block", "orange", "spoon"], random.Random(1)))
    assert chosen == {"block": "semantic", "orange": "visual", "spoon": "unrelated"}


def test_word_vectors_measure_meaning(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("3 2\ncat 1 0.1\ndog 2 0.3\nfire 0 1\ntruck 0.1 1\n")
    vectors = read_embeddings(tmp_path / "v.txt")
    close = by_embeddings(vectors, meaning)
    assert close("cat", "dog") > 0.99
    assert close("dog", "fire truck") < 0.4
    assert close("fire truck", "truck") > 0.9
    assert close("apple", "banana") == meaning("apple", "banana")
    (tmp_path / "bad.txt").write_text("cat 1 2\ndog 1 2 3\n")
    with pytest.raises(UserError, match=r"bad\.txt:2"):
        read_embeddings(tmp_path / "bad.txt")
    with pytest.raises(UserError, match="no vector"):
        read_embeddings(tmp_path / "v.txt", frozenset({"zebra"}))


def test_looks_are_measured_on_the_pictures_of_a_pool() -> None:
    pool = sample_pool(minutes=1, seed=3)
    close = by_looks(pool)
    nouns = sorted({ref.box.noun for ref in pool.boxes})[:12]
    shown = [noun for noun in nouns if close(noun, noun) > 0]
    assert shown
    assert all(close(noun, noun) == pytest.approx(1) for noun in shown)
    assert all(close(a, b) == pytest.approx(close(b, a)) for a in shown for b in shown)
    assert all(-1e-9 <= close(a, b) <= 1 + 1e-9 for a in shown for b in shown)
    assert min(close(a, b) for a in shown for b in shown) < 0.5
    assert close("nothing", shown[0]) == 0
