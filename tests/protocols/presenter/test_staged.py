"""The staged measures on the child's screen: looking, hiding, tutorial, rests, correction by the examiner."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.respondents import ShownChoice, Timing
from protocols.controls import Stage
from protocols.intermission import rest_turn
from protocols.presenter.geometry import Sheet, arrange
from protocols.presenter.looking import Looking
from tests.protocols.presenter.conftest import Turns
from tests.protocols.presenter.player import Act, Player, keying, middle, tapping

FRAME_MS = 1000 / 60
SIDES = ("left", "right", "away")


def test_looking_is_summed_by_side_and_ends_when_it_is_away_for_good() -> None:
    looking = Looking(least_ms=1000, away_ms=2000)
    assert not looking.over(10_000)
    looking.see("left", 100)
    looking.see("left", 500)
    looking.see("away", 900)
    assert not looking.over(5000), "it has not looked for long enough"
    looking.see("right", 5000)
    looking.see("away", 5600)
    assert not looking.over(7500)
    assert looking.over(7600)
    looking.close(7600)
    assert (looking.left_ms, looking.right_ms, looking.total_ms) == (800, 600, 1400)


@given(st.lists(st.tuples(st.sampled_from(SIDES), st.floats(1, 900)), min_size=1, max_size=30))
def test_looking_never_exceeds_the_time(looks: list[tuple[str, float]]) -> None:
    looking, now = Looking(0, 500), 0.0
    expected = {"left": 0.0, "right": 0.0, "away": 0.0}
    for side, lasts in looks:
        looking.see(side, now)  # type: ignore[arg-type]
        expected[side] += lasts
        now += lasts
    looking.close(now)
    assert looking.left_ms == pytest.approx(expected["left"])
    assert looking.right_ms == pytest.approx(expected["right"])
    assert looking.total_ms <= now + 1e-6


@pytest.mark.parametrize("size", [(1024, 768), (1920, 1080), (800, 600)])
def test_boxes_and_toy_lie_apart_and_inside(size: tuple[int, int], turn: Turns) -> None:
    sheet = Sheet(*size, 37.8)
    plan = arrange(hiding(turn), sheet)
    assert plan.stimulus is not None
    left, right = plan.choices
    assert left.x + left.w / 2 < right.x - right.w / 2
    assert plan.stimulus.y - plan.stimulus.h / 2 > left.y + left.h / 2
    for box in (plan.stimulus, *plan.choices):
        assert abs(box.x) + box.w / 2 < size[0] / 2
        assert abs(box.y) + box.h / 2 < size[1] / 2
    for number in range(12):
        (place,) = arrange(turn("dialogue/one", layout="tutorial", item_id=f"t{number}"), sheet).choices
        assert abs(place.x) + place.w / 2 < size[0] / 2
        assert abs(place.y) + place.h / 2 < size[1] / 2


def hiding(turn: Turns):  # type: ignore[no-untyped-def]
    choices = tuple(ShownChoice(side, None, "distractor", None) for side in ("left", "right"))
    return turn(
        "dialogue/one",
        layout="hiding",
        choices=choices,
        stimuli=(turn.picture(2),),
        images=(turn.picture(2),),
        answer_format="word",
        target_position=1,
        timing=Timing(answer_max_ms=60_000, delay_ms=1500, prompt="none", gap_ms=0),
    )


def test_a_hidden_thing_is_asked_for_after_its_delay(play: Callable[..., Player], turn: Turns) -> None:
    answer = play(time_scale=2.0).at("awaiting", tapping(1)).run(hiding(turn))
    assert answer.position == 1
    assert answer.measured.delay_ms is not None
    assert answer.measured.delay_ms >= 1500 - FRAME_MS * 2, "to the nearest frame, of a clock at twice its speed"
    shown = [name for name, *_ in answer.events if name in ("stimuli", "delay", "choices")]
    assert shown == ["stimuli", "delay", "choices"]


def looks(keyed: list[tuple[float, float]], *keys: tuple[str, float]) -> Act:
    """Key looks; ``keyed`` gets the session times just before and after each."""

    def act(player: Player, stage: Stage) -> None:
        for key, wait_s in keys:
            before = player.person.now_ms()
            player.fingers.key(key)
            keyed.append((before, player.person.now_ms()))
            time.sleep(wait_s)

    return act


def test_a_looking_trial_ends_when_the_examiner_keys_away(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=120_000, prompt="none", gap_ms=0, look_least_ms=200, look_away_ms=600)
    keyed: list[tuple[float, float]] = []
    player = play(time_scale=2.0).at("awaiting", looks(keyed, ("Left", 0.3), ("Right", 0.6), ("Down", 0.0)))
    answer = player.run(turn("pair", layout="looking", answer_by="gaze", timing=timing, target_position=1))
    assert answer.source == "gaze"
    (left, left_by), (right, right_by), (away, away_by) = keyed
    tick_ms = 2.0 * 2
    assert answer.look_ms is not None
    assert answer.look_target is not None
    assert away - left_by - tick_ms <= answer.look_ms <= away_by - left + tick_ms
    assert away - right_by - tick_ms <= answer.look_target * answer.look_ms <= away_by - right + tick_ms
    assert answer.outcome == "answered"


def test_a_looking_trial_without_looks_says_so(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=1000, prompt="none", gap_ms=0, look_away_ms=600)
    answer = play(time_scale=2.0).run(turn("pair", layout="looking", answer_by="gaze", timing=timing))
    assert answer.outcome == "none"
    assert "gaze_not_recorded" in answer.flags


def test_a_tutorial_waits_until_it_is_touched_or_the_examiner_goes_on(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(prompt="none", gap_ms=0, again_ms=300)
    tutorial = turn("dialogue/one", layout="tutorial", timing=timing)
    player = play(time_scale=2.0).at("awaiting", tapping(0), keying("Return", gap_s=0.5))
    assert player.run(tutorial).position == 0
    answer = player.run(replace(tutorial, trial_id="another"))
    assert (answer.outcome, answer.position) == ("none", None)
    assert "went_on" in answer.flags


def test_rests_last_and_breaks_wait_for_the_examiner(play: Callable[..., Player]) -> None:
    player = play(time_scale=2.0).at("ready", keying("Return"))
    began = player.person.now_ms()
    events = [name for name, *_ in player.run(rest_turn("retention", "en", 800)).events]
    assert player.person.now_ms() - began >= 800 - FRAME_MS * 2
    assert "retention" in events
    assert "ready" not in events
    answer = player.run(rest_turn("break", "en", 400))
    assert answer.outcome == "none"
    assert [name for name, *_ in answer.events if name in ("break", "ready")] == ["break", "ready"]


def test_after_the_last_failed_attempt_the_examiner_shows_the_answer(play: Callable[..., Player], turn: Turns) -> None:
    player = play(time_scale=2.0).at("ready", keying("Return"))
    answer = player.run(turn("pair", kind="demonstration", attempt=4))
    shown = [detail for name, _, detail in answer.events if name == "shown_by_examiner"]
    assert shown == [{"confirmed": True}]
    assert "demonstrated" in answer.flags


def test_the_prompt_is_repeated_as_often_as_the_protocol_allows(play: Callable[..., Player], turn: Turns) -> None:
    def ask(player: Player, stage: Stage) -> None:
        for _ in range(3):
            player.fingers.key("r")
            time.sleep(0.2)
        player.tap(*middle(stage, 0))

    player = play().at("awaiting", ask)
    answer = player.run(turn("pair", timing=Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, repeats=1)))
    assert answer.measured.repeats == 1
    assert [name for name, *_ in answer.events].count("repeat_refused") == 2
