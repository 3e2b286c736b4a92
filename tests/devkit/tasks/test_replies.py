from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from devkit.items import LETTERS
from devkit.respondents import PresentedTurn, ShownChoice
from devkit.tasks.replies import resolve

CORPUS: dict[str, dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("replies.yaml"))
CASES = [(block, raw, expected) for block, question in CORPUS.items() for raw, expected in question["replies"]]


def question(block: str) -> PresentedTurn:
    asked = CORPUS[block]
    letters = asked["answer_format"] == "letter"
    return PresentedTurn(
        trial_id="t",
        turn_index=0,
        turn_count=1,
        task=asked["task"],
        form=asked.get("form", "standard"),
        item_id="i",
        kind="test",
        prompt="",
        images=(),
        stimuli=(),
        choices=tuple(
            ShownChoice(label, None, "distractor", LETTERS[i] if letters else None)
            for i, label in enumerate(asked["choices"])
        ),
        target_position=0,
        answer_format=asked["answer_format"],
        layout="pair",
    )


def test_corpus_is_large_and_has_no_case_twice() -> None:
    assert len(CASES) >= 150
    assert len({(block, raw) for block, raw, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("block", "raw", "expected"), CASES)
def test_reply(block: str, raw: str, expected: int | str) -> None:
    found = resolve(raw, question(block))
    assert (found.position if found.outcome == "answered" else found.outcome) == expected
    assert (found.position is None) == (found.outcome != "answered")


@pytest.mark.parametrize("block", CORPUS)
@given(raw=st.text(max_size=200))
@example(raw="\u0301" * 50)
@example(raw="#")
@example(raw="a-")
@example(raw="twenty-")
def test_any_text_is_resolved(block: str, raw: str) -> None:
    turn = question(block)
    found = resolve(raw, turn)
    assert found.outcome in ("answered", "none", "ambiguous")
    assert found.position is None or 0 <= found.position < len(turn.choices)


WORDS = sorted({word for _, raw, _ in CASES for word in raw.split(" ")} | {"\n", ".", ",", "(", ")", "-", "or", "not"})


@pytest.mark.parametrize("block", CORPUS)
@settings(max_examples=60)
@given(words=st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_order_of_known_words_is_resolved(block: str, words: list[str]) -> None:
    assert resolve(" ".join(words), question(block)).outcome in ("answered", "none", "ambiguous")


@given(raw=st.text(max_size=40), place=st.integers(0, 3))
def test_a_last_declaration_wins_over_anything_before(raw: str, place: int) -> None:
    turn = question("four letters, pictures (picture_vocabulary)")
    found = resolve(f"{raw}\nThe answer is {LETTERS[place]}.", turn)
    assert found.position == place


LONG = (
    "A ",
    "B or ",
    "not A ",
    "(",
    "a",
    "\u0301\u0323",
    "no, ",
    "B.\n",
    "1-",
    "A... no, ",
    "\n",
    "ﷺ",
    "the ",
    "twenty ",
)


def calls_to_resolve(text: str, turn: PresentedTurn) -> int:
    """Count the function calls of one resolution: a measure of work that no other load on the machine changes."""
    count = 0

    def on_event(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(on_event)
    try:
        resolve(text, turn)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", LONG)
@pytest.mark.parametrize("block", ["four letters, pictures (picture_vocabulary)", "one to twelve (object_counting)"])
def test_work_grows_with_length_only(unit: str, block: str) -> None:
    turn = question(block)
    short, long = (calls_to_resolve(unit * (size // len(unit)), turn) for size in (1_000, 8_000))
    assert long < 9 * short + 1_000


def test_a_reply_of_a_million_characters() -> None:
    turn = question("four letters, pictures (picture_vocabulary)")
    assert resolve("I look at A and B. " * 52_000 + "\nThe answer is C.", turn).position == 2
    assert resolve("b" * 1_000_000, turn).outcome == "none"
