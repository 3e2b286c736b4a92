"""Circular orders and the blank-image prior, around respondents whose likings are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devkit.respondents import (
    Answer,
    BatchRespondent,
    Exchange,
    PresentedTurn,
    RespondentInfo,
    SessionContext,
    ShownChoice,
)
from model.modes import BlankPrior, Circular, rotated
from model.respondents import from_spec


def turn(count: int = 4, target: int = 2) -> PresentedTurn:
    choices = tuple(
        ShownChoice(f"noun {k}", f"{k:064x}", "target" if k == target else "distractor", "ABCD"[k])
        for k in range(count)
    )
    images = tuple(str(choice.media) for choice in choices)
    return PresentedTurn(
        trial_id="t", turn_index=0, turn_count=1, task="picture_vocabulary", form="standard", item_id="i",
        kind="test", prompt="Touch it. " + " ".join(f"({c.letter}) <image>" for c in choices), images=images,
        stimuli=(), choices=choices, target_position=target, answer_format="letter", layout="grid4",
    )  # fmt: skip


class Liking:
    """Scores a choice by its place and its picture."""

    def __init__(self, places: Sequence[float], pictures: dict[str, float]) -> None:
        self.places, self.pictures, self.asked = places, pictures, 0

    def describe(self) -> RespondentInfo:
        return RespondentInfo("liking", "model", decoding="likelihood")

    def open(self, session: SessionContext) -> None:
        self.session = session

    def answer(self, shown: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        self.asked += 1
        for digest in shown.images:
            assert self.session.media_path(digest).is_file()
        scores = tuple(self.places[k] + self.pictures.get(str(c.media), 0.0) for k, c in enumerate(shown.choices))
        return Answer(position=scores.index(max(scores)), source="likelihood", choice_scores=scores)

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        return [self.answer(shown, ()) for shown in turns]

    def close(self) -> None: ...


@pytest.fixture
def session(tmp_path: Path) -> SessionContext:
    for k in range(4):
        Image.new("RGB", (20 + k, 10), (9, 9, 9)).save(tmp_path / f"{k:064x}.png")
    return SessionContext("s", lambda digest: tmp_path / f"{digest}.png", 0, "en", ())


def test_a_liking_for_a_place_cancels_out(session: SessionContext) -> None:
    inner = Liking((-1.0, -5.0, -6.0, -7.0), {f"{2:064x}": 1.0})
    respondent = Circular(inner)
    respondent.open(session)
    assert isinstance(respondent, BatchRespondent)
    inner.session = session
    assert inner.answer(turn(), ()).position == 0
    answer = respondent.answer_batch([turn()])[0]
    assert answer.position == 2
    assert inner.asked == 5
    assert "circular" in str(respondent.describe().decoding)
    assert answer.choice_scores is not None
    others = [score for place, score in enumerate(answer.choice_scores) if place != 2]
    assert max(others) - min(others) < 1e-9


@given(st.integers(2, 4), st.integers(0, 3), st.integers(0, 3))
def test_rotations_keep_question_and_key_together(count: int, by: int, target: int) -> None:
    asked = turn(count, target % count)
    moved = rotated(asked, by % count)
    assert moved.choices[moved.target_position].label == asked.choices[asked.target_position].label
    assert [choice.letter for choice in moved.choices] == [choice.letter for choice in asked.choices]
    assert moved.images == tuple(choice.media for choice in moved.choices)
    assert sorted(moved.images) == sorted(asked.images)
    assert rotated(asked, 0) == asked


def test_words_in_an_order_of_their_own_are_not_rotated(session: SessionContext) -> None:
    inner = Liking((0.0, 1.0), {})
    respondent = Circular(inner)
    respondent.open(session)
    words = tuple(ShownChoice(label, None, "distractor", None) for label in ("left", "right"))
    respondent.answer(PresentedTurn(**{**_fields(turn()), "choices": words, "images": ()}), ())
    assert inner.asked == 1


def _fields(shown: PresentedTurn) -> dict[str, object]:
    return {name: getattr(shown, name) for name in PresentedTurn.__dataclass_fields__}


def test_what_is_said_of_blank_pictures_is_taken_off(session: SessionContext) -> None:
    inner = Liking((-1.0, -4.0, -3.0, -4.0), {f"{2:064x}": math.log(2)})
    respondent = BlankPrior(inner)
    respondent.open(session)
    answer = respondent.answer(turn(), ())
    assert answer.position == 2
    assert answer.choice_scores == pytest.approx((0.0, 0.0, math.log(2), 0.0))
    assert len(respondent._blanks) == 4
    respondent.close()


def test_modes_can_be_joined_on_the_command_line(trained: Path) -> None:
    respondent = from_spec("model", str(trained), orders="circular", prior="blank")
    assert respondent.describe().code.endswith("-blank-prior-circular")
