"""What the examiner keys or sends: repeat, pause, skip, end, start; in a real window."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PIL import Image

from devkit.respondents import SessionStopped, Timing
from protocols.messages import Command, ShowTurn, Stage
from tests.protocols.presenter.conftest import GROUND, SIZE, Pictures, Turns
from tests.protocols.presenter.player import Act, Player, keying, middle, tapping


def test_the_prompt_is_repeated_on_request(turn: Turns, sound_presenter: Callable[..., Player]) -> None:
    player = sound_presenter()
    put = turn("pair", spoken="Touch the red one.", timing=Timing(answer_max_ms=5000, gap_ms=0))

    def act(player: Player, stage: Stage) -> None:
        player.fingers.key("r")
        time.sleep(0.3)
        player.tap(*middle(stage, 0))

    answer = player.at("awaiting", act).run(put)
    assert (answer.position, answer.measured.repeats) == (0, 1)


def test_the_examiner_skips(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", keying("s"), tapping(0))
    assert player.run(turn("pair")).outcome == "skipped"
    assert player.run(turn("pair")).outcome == "answered", "the next turn is an ordinary one"


def test_a_pause_begins_the_turn_anew_and_is_flagged(play: Callable[..., Player], turn: Turns) -> None:
    player = play()
    shots: list[Image.Image] = []

    def paused(player: Player, stage: Stage) -> None:
        time.sleep(0.1)
        shots.append(player.grab())
        player.fingers.key("space")

    answer = player.at("awaiting", keying("space"), tapping(1)).at("paused", paused).run(turn("pair"))
    assert (answer.outcome, answer.position) == ("answered", 1)
    assert "restarted_after_pause" in answer.flags
    names = [name for name, _, _ in answer.events]
    assert names.count("choices") == 2
    assert names.index("paused") < names.index("resumed")
    assert shots[0].getpixel((SIZE[0] // 4, SIZE[1] // 2)) == pytest.approx(GROUND, abs=1)


@pytest.mark.parametrize(
    ("keys", "reason", "detail"),
    [(("b",), "breakoff", ""), (("o",), "other", ""), (("4",), "reason_code", "4"), (("Return",), "breakoff", "")],
)
def test_the_examiner_ends_the_session_with_a_reason(
    keys: tuple[str, ...], reason: str, detail: str, play: Callable[..., Player], turn: Turns
) -> None:
    player = play().at("awaiting", keying("Escape")).at("ending", keying(*keys))
    with pytest.raises(SessionStopped) as stopped:
        player.run(turn("pair"))
    assert (stopped.value.reason, stopped.value.detail) == (reason, detail)
    assert stopped.value.answer.outcome == "aborted"
    assert stopped.value.answer.measured.onset_ms is not None


def test_a_second_escape_goes_on(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", keying("Escape"), tapping(0))
    player.at("ending", keying("Escape")).at("paused", keying("space"))
    assert player.run(turn("pair")).outcome == "answered"


def test_the_apps_buttons_do_what_the_keys_do(play: Callable[..., Player], turn: Turns) -> None:
    def press(*names: str) -> Act:
        def act(player: Player, stage: Stage) -> None:
            for name in names:
                player.person.command(Command.model_validate({"name": name, "reason": "other", "detail": "tired"}))

        return act

    player = play().at("awaiting", press("pause"), press("skip"), press("end")).at("paused", press("resume"))
    assert player.run(turn("pair")).outcome == "skipped"
    with pytest.raises(SessionStopped, match="other: tired"):
        player.run(turn("pair"))


def test_the_examiner_starts_a_trial(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=3000, prompt="none", gap_ms=0, ready="examiner")
    player = play().at("ready", keying("Return", gap_s=0.4)).at("awaiting", tapping(0))
    assert player.run(turn("pair", timing=timing)).outcome == "answered"
    times = {stage.name: stage.t_ms for stage in player.stages}
    assert times["choices"] - times["ready"] > 390


@pytest.mark.parametrize("name", ["space", "s"])
def test_an_answer_stays_given_whatever_happens_in_its_feedback(
    name: str, play: Callable[..., Player], turn: Turns
) -> None:
    player = play().at("awaiting", tapping(1)).at("feedback", keying(name)).at("paused", keying("space"))
    answer = player.run(turn("pair", kind="practice", feedback=True))
    assert (answer.outcome, answer.position) == ("answered", 1)
    assert [stage.name for stage in player.stages].count("choices") == 1
    assert answer.rt_ms is not None


def test_an_answer_stays_given_when_the_session_ends_in_its_feedback(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", tapping(0)).at("feedback", keying("Escape")).at("ending", keying("b"))
    with pytest.raises(SessionStopped) as stopped:
        player.run(turn("pair", kind="practice", feedback=True))
    assert (stopped.value.answer.outcome, stopped.value.answer.position) == ("answered", 0)


def test_a_turn_that_is_given_up_ends_at_once(play: Callable[..., Player], turn: Turns, pictures: Pictures) -> None:
    """What happens after Ctrl-C in the parent: it closes the session while a turn waits for its answer."""
    player = play()
    put = turn("pair", timing=Timing(prompt="none", gap_ms=0))
    presenter = player.person.presenter
    assert presenter is not None
    media = {digest: str(pictures.find(digest)) for digest in put.images}
    presenter.send(ShowTurn(turn=put, media=media))
    while "awaiting" not in [stage.name for stage in player.stages]:
        time.sleep(0.02)
    began = time.monotonic()
    player.person.close()
    assert time.monotonic() - began < 2
    assert player.person.closed is not None
    assert presenter.alive
