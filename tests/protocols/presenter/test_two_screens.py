"""On an X server with two screens, one of which can be lost, and a touch screen with several fingers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageGrab

from devkit.errors import UserError
from devkit.respondents import PresentedTurn, SessionContext
from protocols.equipment import DisplaySettings
from protocols.human import HumanRespondent
from protocols.process import Presenter
from protocols.randr import monitors
from tests.protocols.presenter.conftest import GROUND
from tests.protocols.presenter.player import Player, middle, tapping, wait_for
from tests.protocols.presenter.xorg import SECOND, SECOND_PLACE, Hand, TwoScreens, installed, two_screens

pytestmark = [pytest.mark.slow, pytest.mark.screen]
ON_SECOND = DisplaySettings(screen=SECOND, geometry=SECOND_PLACE)


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoScreens]:
    if not installed():
        pytest.skip("Xorg with the dummy driver is not installed")
    with two_screens(tmp_path_factory.mktemp("xorg")) as running:
        yield running


@pytest.fixture(scope="module")
def second(screens: TwoScreens) -> Iterator[Presenter]:
    with Presenter(display=screens.display) as running:
        yield running


@pytest.fixture
def play(
    screens: TwoScreens, second: Presenter, context: Callable[..., SessionContext]
) -> Iterator[Callable[..., Player]]:
    screens.restore()
    running: list[Player] = []

    def start(display: DisplaySettings = ON_SECOND) -> Player:
        person = HumanRespondent("P01", presenter=second, sound=False, display=display)
        person.open(context())
        running.append(Player(screens, person))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for player in running:
        player.close()


@pytest.fixture(scope="module")
def hand(screens: TwoScreens) -> Iterator[Hand]:
    fingers = Hand(screens)
    yield fingers
    fingers.close()


def child_side(screens: TwoScreens) -> Image.Image:
    x, y, width, height = SECOND_PLACE
    return ImageGrab.grab(xdisplay=screens.display).convert("RGB").crop((x, y, x + width, y + height))


def test_both_screens_are_known_by_name_and_place(screens: TwoScreens) -> None:
    screens.restore()
    found = {one.name: one for one in monitors(screens.display)}
    assert found[SECOND].geometry == SECOND_PLACE
    assert found[SECOND].refresh_hz > 50
    assert found["DUMMY0"].primary


def test_the_window_comes_up_on_the_screen_that_was_named(
    screens: TwoScreens, play: Callable[..., Player], turn: Callable[..., PresentedTurn]
) -> None:
    player = play()
    assert player.person.opened is not None
    assert player.person.opened.display.geometry == SECOND_PLACE
    assert player.person.opened.display.tier == "demo"
    assert child_side(screens).getpixel((5, 5)) == GROUND
    answer = player.at("awaiting", tapping(1)).run(turn("pair"))
    assert answer.position == 1


def test_a_screen_that_is_lost_stops_the_turn_and_it_goes_on_when_it_is_back(
    screens: TwoScreens, play: Callable[..., Player], turn: Callable[..., PresentedTurn]
) -> None:
    player = play()
    player.at("awaiting", lambda player, stage: screens.lose())
    with pytest.raises(UserError, match=f"the screen {SECOND} is gone") as caught:
        player.run(turn("pair"))
    assert caught.value.problem.code == "screen-lost"
    with pytest.raises(UserError, match="is gone"):
        player.run(turn("pair"))
    screens.restore()
    time.sleep(2.2)
    wait_for(lambda: child_side(screens).getpixel((500, 380)) == GROUND, "the plain ground, not the desktop")
    answer = player.at("awaiting", tapping(0)).run(turn("pair"))
    assert (answer.outcome, answer.position) == ("answered", 0)


def test_a_screen_that_came_back_elsewhere_is_not_the_same(
    screens: TwoScreens, play: Callable[..., Player], turn: Callable[..., PresentedTurn]
) -> None:
    player = play()
    player.at("awaiting", lambda player, stage: screens.xrandr("--output", SECOND, "--pos", "1280x32"))
    with pytest.raises(UserError, match=r"is now 1024x768\+1280\+32"):
        player.run(turn("pair"))


def touching(hand: Hand, position: int, *, hold_s: float = 0.005) -> Callable[[Player, Any], None]:
    def act(player: Player, stage: Any) -> None:
        x, y = middle(stage, position)
        hand.put(9, x, y)
        time.sleep(hold_s)
        hand.lift(9, x, y)

    return act


def test_a_finger_is_a_touch_with_its_own_time(
    play: Callable[..., Player], turn: Callable[..., PresentedTurn], hand: Hand
) -> None:
    player = play()
    times: list[float] = []

    def act(player: Player, stage: Any) -> None:
        x, y = middle(stage, 1)
        times.append(player.person.now_ms())
        hand.put(1, x, y)
        times.append(player.person.now_ms())
        hand.lift(1, x, y)

    answer = player.at("awaiting", act).run(turn("pair"))
    assert (answer.position, answer.source) == (1, "touch")
    assert answer.measured.input_device == "touch screen, window system time"
    assert answer.measured.onset_ms is not None
    assert answer.rt_ms is not None
    assert times[0] - 1 <= answer.measured.onset_ms + answer.rt_ms, "its time is the event's own"


def test_a_hand_that_rests_on_the_screen_blocks_nobody(
    play: Callable[..., Player], turn: Callable[..., PresentedTurn], hand: Hand
) -> None:
    player = play()

    def act(player: Player, stage: Any) -> None:
        x, y = middle(stage, 0)
        hand.put(1, SECOND_PLACE[0] + 512, 384)  # between the pictures
        time.sleep(1.2)
        hand.put(2, x, y)
        hand.lift(2, x, y)
        hand.lift(1, SECOND_PLACE[0] + 512, 384)

    answer = player.at("awaiting", act).run(turn("pair"))
    assert (answer.outcome, answer.position) == ("answered", 0)


def test_the_edge_and_the_second_finger_do_not_count_and_are_kept(
    play: Callable[..., Player], turn: Callable[..., PresentedTurn], hand: Hand
) -> None:
    player = play()

    def act(player: Player, stage: Any) -> None:
        x, y = middle(stage, 1)
        hand.put(1, SECOND_PLACE[0] + 3, 300)
        hand.put(2, SECOND_PLACE[0] + 512, 384)
        hand.put(3, x, y)
        time.sleep(0.05)
        for finger in (1, 2, 3):
            hand.lift(finger, x, y)
        time.sleep(0.1)
        hand.put(4, x, y)
        hand.lift(4, x, y)

    answer = player.at("awaiting", act).run(turn("pair"))
    assert answer.position == 1
    refused = [detail["why"] for name, _, detail in answer.events if name == "touch_refused"]
    assert refused == ["edge", "second"]


def test_taps_of_a_millisecond_are_none_lost(
    play: Callable[..., Player], turn: Callable[..., PresentedTurn], hand: Hand
) -> None:
    player = play()

    def act(player: Player, stage: Any) -> None:
        for _ in range(40):
            hand.put(1, SECOND_PLACE[0] + 512, 384)
            hand.lift(1, SECOND_PLACE[0] + 512, 384)
            time.sleep(0.05)
        touching(hand, 0)(player, stage)

    answer = player.at("awaiting", act).run(turn("pair"))
    assert sum(name == "press_outside" for name, _, _ in answer.events) == 40
    assert answer.position == 0
