"""What the examiner keys or sends: repeat, pause, skip, end, start; in a real window."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PIL import Image

from devkit.respondents import SessionStopped, Timing, TrialWithdrawn
from protocols.controls import Command, Stage
from protocols.messages import ShowTurn
from tests.protocols.presenter.conftest import GROUND, SIZE, Pictures, Turns
from tests.protocols.presenter.player import Act, Player, keying, middle, tapping, wait_for


def test_the_prompt_is_repeated_on_request(turn: Turns, sound_presenter: Callable[..., Player]) -> None:
    player = sound_presenter()
    put = turn("pair", spoken="Touch the red one.", timing=Timing(answer_max_ms=60_000, gap_ms=0))

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
    [
        (("b",), "breakoff", ""),
        (("o",), "other", ""),
        (("4",), "reason_code", "parent_stopped"),
        (("Return",), "breakoff", ""),
    ],
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
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, ready="examiner")
    player = play().at("ready", keying("Return", gap_s=0.4)).at("awaiting", tapping(0))
    assert player.run(turn("pair", timing=timing)).outcome == "answered"
    times = {stage.name: stage.t_ms for stage in player.stages}
    assert times["choices"] - times["ready"] > 383


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
    wait_for(lambda: "awaiting" in [stage.name for stage in player.stages], "the turn")
    player.person.close()
    assert player.person.closed is not None
    assert presenter.alive


def commanding(*commands: Command, gap_s: float = 0.05) -> Act:
    def act(player: Player, stage: Stage) -> None:
        for command in commands:
            time.sleep(gap_s)
            player.person.command(command)

    return act


@pytest.mark.parametrize("by_key", [True, False])
def test_a_trial_is_repeated(by_key: bool, play: Callable[..., Player], turn: Turns) -> None:
    act = keying("t") if by_key else commanding(Command(name="repeat_trial"))
    player = play().at("awaiting", act)
    with pytest.raises(TrialWithdrawn) as withdrawn:
        player.run(turn("pair"))
    assert withdrawn.value.why == "repeat"
    assert withdrawn.value.answer.measured.onset_ms is not None
    assert "answered" in {player.at("awaiting", tapping(0)).run(turn("pair")).outcome}


def test_an_answer_that_is_repeated_in_its_feedback_is_kept(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", tapping(1)).at("feedback", keying("t"))
    with pytest.raises(TrialWithdrawn) as withdrawn:
        player.run(turn("pair", kind="practice", feedback=True))
    assert withdrawn.value.answer.position == 1


def test_attention_is_called_now_and_the_turn_begins_anew(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", keying("l"), tapping(0)).at("attention", keying("Return", gap_s=0.2))
    answer = player.run(turn("pair"))
    assert (answer.outcome, answer.position) == ("answered", 0)
    assert "restarted_after_attention" in answer.flags
    names = [stage.name for stage in player.stages]
    assert names.index("awaiting") < names.index("attention") < len(names) - 1 - names[::-1].index("choices")


def test_next_means_no_response_while_an_answer_is_awaited(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", commanding(Command(name="next")))
    answer = player.run(turn("pair"))
    assert answer.outcome == "none"
    assert "no_response" in answer.flags


def test_next_starts_a_trial(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, ready="examiner")
    player = play().at("ready", commanding(Command(name="next"))).at("awaiting", tapping(0))
    assert player.run(turn("pair", timing=timing)).outcome == "answered"


def test_digits_are_taken_back(play: Callable[..., Player], turn: Turns) -> None:
    def act(player: Player, stage: Stage) -> None:
        for count, name in enumerate(("1", "2", "u", "7")):
            player.fingers.key(name)
            wait_for(lambda: len(player.digits) >= count + 1 + (name == "u") + (count == 3), "the digits")  # noqa: B023
        player.fingers.key("Return")

    player = play().at("awaiting", act)
    answer = player.run(turn("single_number"))
    assert (answer.raw, answer.outcome) == ("7", "answered")
    assert player.digits == ["1", "12", "1", "", "7"]


def test_a_mis_keyed_number_is_undone(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", keying("u")).at("correcting", keying("1", "1", "Return", gap_s=0.06))
    with pytest.raises(TrialWithdrawn) as withdrawn:
        player.run(turn("pair"))
    assert (withdrawn.value.why, withdrawn.value.correction) == ("undo", "11")
    stage = next(stage for stage in player.stages if stage.name == "correcting")
    assert stage.entry
    assert [thing.what for thing in stage.shown] == ["fixation"]


def test_an_undo_that_is_given_up_goes_on(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", commanding(Command(name="undo")), tapping(1))
    player.at("correcting", keying("Escape")).at("paused", keying("space"))
    assert player.run(turn("pair")).position == 1


def test_notes_are_kept_with_the_turn_and_its_time(play: Callable[..., Player], turn: Turns) -> None:
    note = Command(name="note", detail="looked at the door")

    def act(player: Player, stage: Stage) -> None:
        commanding(note, note)(player, stage)
        player.tap(*middle(stage, 0))

    player = play().at("awaiting", act)
    answer = player.run(turn("pair"))
    assert answer.note == "looked at the door; looked at the door"
    times = [t_ms for name, t_ms, _ in answer.events if name == "note"]
    assert len(times) == 2
    assert times[0] < times[1]
    assert [t_ms for _, t_ms, _ in answer.events] == sorted(t_ms for _, t_ms, _ in answer.events)
    assert player.person.leftovers() == ()


def test_what_is_asked_for_between_two_turns_happens_in_the_next(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", tapping(0), tapping(0)).at("paused", keying("space"), keying("space"))
    player.run(turn("pair"))
    player.person.command(Command(name="pause"))
    time.sleep(0.1)
    player.run(turn("pair"))
    assert [stage.name for stage in player.stages].count("paused") == 1
    player.fingers.key("p")
    time.sleep(0.2)
    player.at("awaiting", tapping(0)).run(turn("pair"))
    assert [stage.name for stage in player.stages].count("paused") == 2


def test_a_pause_can_end_otherwise(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", keying("p")).at("paused", commanding(Command(name="repeat_trial")))
    with pytest.raises(TrialWithdrawn):
        player.run(turn("pair"))
    end = Command(name="end", reason="reason_code", detail="tired")
    player = player.at("awaiting", keying("p")).at("paused", commanding(end))
    with pytest.raises(SessionStopped, match="reason_code: tired"):
        player.run(turn("pair"))


def test_the_child_s_screen_is_told_as_it_is(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", tapping(0))
    put = turn("grid4", spoken="Touch the dog.", phase="test")
    player.run(put)
    stage = next(stage for stage in player.stages if stage.name == "awaiting")
    assert (stage.prompt, stage.phase) == ("Touch the dog.", "test")
    assert [thing.media for thing in stage.shown] == list(put.images)
    for thing, region in zip(stage.shown, stage.regions, strict=True):
        left, top, width, height = thing.box
        assert left * SIZE[0] == pytest.approx(region[0], abs=1)
        assert top * SIZE[1] == pytest.approx(region[1], abs=1)
        assert (width * SIZE[0], height * SIZE[1]) == pytest.approx(region[2:], abs=1)
        assert 0 < left < left + width < 1
        assert 0 < top < top + height < 1
