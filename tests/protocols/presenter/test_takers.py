from __future__ import annotations

import pytest

from protocols.presenter.geometry import Rect
from protocols.presenter.inputs import SERVER_TIME, Key, Press
from protocols.presenter.takers import ChoiceTaker, NumberTaker, key_position
from tests.protocols.presenter.conftest import Turns

BOXES = (Rect(-100, 0, 80, 80), Rect(100, 0, 80, 80))


def key(name: str, at_s: float = 2.0) -> Key:
    return Key(name, at_s, SERVER_TIME)


def press(x: float, y: float = 0, at_s: float = 2.0) -> Press:
    return Press(x, y, at_s, SERVER_TIME)


def choice_taker(turn: Turns, early: list[Press], **changes: object) -> ChoiceTaker:
    return ChoiceTaker(turn("pair", **changes), BOXES, "touch", 1.0, early.append)


def test_a_press_in_a_box_answers(turn: Turns) -> None:
    taker = choice_taker(turn, [])
    assert taker.feed(press(110))
    assert taker.taken is not None
    assert (taker.taken.position, taker.taken.source, taker.taken.outcome) == (1, "touch", "answered")
    assert taker.taken.device == "pointer, window system time"


def test_a_press_before_the_prompts_end_is_early_even_when_it_is_read_late(turn: Turns) -> None:
    early: list[Press] = []
    taker = choice_taker(turn, early)
    assert not taker.feed(press(110, at_s=0.99))
    assert taker.taken is None
    assert len(early) == 1
    assert taker.feed(press(110, at_s=0.9995)), "within the resolution of the window system's clock"


def test_a_press_beside_the_choices_is_noted_and_waited_on(turn: Turns) -> None:
    taker = choice_taker(turn, [])
    assert not taker.feed(press(0))
    assert len(taker.outside) == 1
    assert taker.feed(press(-100))


@pytest.mark.parametrize(("name", "outcome"), [("n", "none"), ("i", "ambiguous")])
def test_the_examiners_codes(name: str, outcome: str, turn: Turns) -> None:
    for taker in (choice_taker(turn, []), NumberTaker(turn("single_number"), lambda digits: None)):
        assert taker.feed(key(name))
        assert taker.taken is not None
        assert taker.taken.outcome == outcome
        assert taker.taken.position is None
        assert taker.taken.source == "examiner"


def test_who_keyed_depends_on_how_the_turn_is_answered(turn: Turns) -> None:
    pointing = choice_taker(turn, [])
    pointing.feed(key("2"))
    typing = choice_taker(turn, [], answer_by="key")
    typing.feed(key("b"))
    assert pointing.taken is not None
    assert typing.taken is not None
    assert (pointing.taken.position, pointing.taken.source) == (1, "examiner")
    assert (typing.taken.position, typing.taken.source) == (1, "key")


def test_keys_name_choices(turn: Turns) -> None:
    opened = turn("sequence/open")
    labels = [choice.label for choice in opened.choices]
    assert key_position("up", opened) == labels.index("top")
    assert key_position("left", opened) == labels.index("left")
    assert key_position("left", turn("sequence")) == 1, "the label decides, not the place in the list"
    assert key_position("left", turn("pair")) == 0
    assert key_position("3", turn("pair")) is None
    assert key_position("0", turn("grid4")) is None
    assert key_position("d", turn("grid4")) == 3
    assert key_position("e", turn("grid4")) is None


@pytest.mark.parametrize("number", ["7", "1", "10", "11", "12"])
def test_numbers_up_to_twelve_can_be_keyed(number: str, turn: Turns) -> None:
    told: list[str] = []
    taker = NumberTaker(turn("single_number"), told.append)
    for place, digit in enumerate(number):
        assert not taker.feed(key(digit, at_s=3.0 + place))
    assert taker.feed(key("return", at_s=9.0))
    assert taker.taken is not None
    assert taker.taken.raw == number
    assert taker.taken.position == int(number) - 1
    assert taker.taken.at_s == 3.0, "the first digit is when the child had said it"
    assert told[-1] == number


def test_a_wrong_digit_can_be_taken_back(turn: Turns) -> None:
    taker = NumberTaker(turn("single_number"), lambda digits: None)
    for name in ("1", "7", "backspace", "backspace", "return", "9"):
        assert not taker.feed(key(name, at_s=5.0 if name == "9" else 1.0))
    taker.feed(key("return"))
    assert taker.taken is not None
    assert (taker.taken.raw, taker.taken.at_s) == ("9", 5.0)


def test_a_number_has_begun_until_it_is_confirmed_or_taken_back(turn: Turns) -> None:
    taker = NumberTaker(turn("single_number"), lambda digits: None)
    assert not taker.begun
    for name, begun in (("1", True), ("backspace", False), ("3", True), ("return", False)):
        taker.feed(key(name))
        assert taker.begun is begun
    assert not choice_taker(turn, []).begun


def test_a_number_that_is_not_offered_keeps_its_words(turn: Turns) -> None:
    taker = NumberTaker(turn("single_number"), lambda digits: None)
    for name in ("2", "0", "return"):
        taker.feed(key(name))
    assert taker.taken is not None
    assert (taker.taken.raw, taker.taken.position, taker.taken.outcome) == ("20", None, "answered")


def test_touching_the_picture_while_counting_is_no_answer(turn: Turns) -> None:
    taker = NumberTaker(turn("single_number"), lambda digits: None)
    assert not taker.feed(press(0))
    assert taker.taken is None
