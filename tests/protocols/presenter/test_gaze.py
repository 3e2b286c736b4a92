"""Gaze set-up and looking trials in a real window: a robot's eyes with a known error, ioHub's mouse, keyed looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from devkit.errors import UserError
from devkit.respondents import Answer, SessionContext, Timing
from protocols.controls import Command, Stage
from protocols.gaze.settings import GazeNow, GazeSettings, RobotGaze
from protocols.human import HumanRespondent
from protocols.presenter.virtual import VirtualScreen
from protocols.process import Presenter
from tests.protocols.presenter.conftest import Turns
from tests.protocols.presenter.player import Player

LOOKING = Timing(answer_max_ms=1500, prompt="none", gap_ms=0, word_lead_ms=300)


@pytest.fixture
def looker(
    screen: VirtualScreen, presenter: Presenter, context: Callable[..., SessionContext]
) -> Iterator[Callable[..., Player]]:
    running: list[Player] = []

    def start(**settings: Any) -> Player:
        person = HumanRespondent("P01", presenter=presenter, sound=False, gaze=GazeSettings(**settings))
        person.open(context())
        running.append(Player(screen, person))
        return running[-1]

    yield start
    for player in running:
        player.close()


def test_a_robots_known_error_is_measured_and_corrected(looker: Callable[..., Player], turn: Turns) -> None:
    robot = RobotGaze(bias=(0.06, -0.04), noise=0.01, lost=0.05)
    player = looker(source="robot", rate_hz=60, robot=robot)
    player.person.set_up_looking()
    assert player.person.gaze_ready is not None
    report = player.person.gaze_ready.report
    assert report.placed
    assert report.good, report
    assert len(report.rounds) == 1
    px_per_cm, distance = 37.8, 60.0
    true_cm = ((0.06 * 1024 / px_per_cm) ** 2 + (0.04 * 768 / px_per_cm) ** 2) ** 0.5
    for corner in report.rounds[0].corners:
        assert corner.error_deg == pytest.approx(true_cm / distance * 57.3, abs=0.4)
        assert corner.corrected_deg is not None
        assert corner.corrected_deg < 0.3
        assert corner.precision_deg == pytest.approx(0.32, abs=0.15)
    assert {"placement", "calibration"} <= {stage.name for stage in player.stages}
    put = turn("pair", answer_by="gaze", timing=LOOKING, target_position=1)
    live: list[GazeNow] = []
    player.person.listen(lambda message: live.append(message) if isinstance(message, GazeNow) else None)
    answer = player.run(put)
    assert (answer.outcome, answer.source, answer.position) == ("answered", "gaze", None)
    assert answer.look_target is not None
    assert answer.look_usable is not None
    assert answer.look_usable > 0.6, "corrected gaze falls onto the pictures"
    assert len(answer.gaze) > 10
    assert [one.t_ms for one in answer.gaze] == sorted(one.t_ms for one in answer.gaze)
    assert {one.aoi for one in answer.gaze} & {"target", "distractor"}
    assert live
    assert {message.position for message in live} <= {0, 1, None}


@pytest.mark.slow
def test_a_bad_calibration_takes_three_rounds_and_the_task_still_runs(
    looker: Callable[..., Player], turn: Turns
) -> None:
    player = looker(source="robot", rate_hz=60, robot=RobotGaze(noise=0.2, lost=0.3))
    player.at("placement", lambda player, stage: player.person.command(Command(name="next")))
    events = player.person.set_up_looking()
    assert player.person.gaze_ready is not None
    report = player.person.gaze_ready.report
    assert (report.good, len(report.rounds)) == (False, 3)
    assert "no round was good enough" in report.reason
    assert [detail["round"] for name, _, detail in events if name == "calibration_round"] == [1, 2, 3]
    answer = player.run(turn("pair", answer_by="gaze", timing=LOOKING))
    assert answer.gaze


@pytest.mark.slow
def test_a_lost_tracker_is_told_and_comes_back(looker: Callable[..., Player], turn: Turns) -> None:
    robot = RobotGaze(noise=0.005, fails_after_s=30)
    player = looker(source="robot", rate_hz=60, robot=robot, lost_after_s=0.6)
    player.person.set_up_looking()
    put = turn("pair", answer_by="gaze", timing=replace(LOOKING, answer_max_ms=3000))

    def until_it_fails() -> None:
        for _ in range(30):
            player.run(put)

    with pytest.raises(UserError, match="the eye tracker gives no samples") as lost:
        until_it_fails()
    assert lost.value.problem.code == "tracker-lost"
    assert player.run(put).gaze, "the next try connects the tracker anew"


def test_the_examiner_keys_looks(looker: Callable[..., Player], turn: Turns) -> None:
    player = looker(source="examiner")
    assert player.person.set_up_looking()
    put = turn("pair", answer_by="gaze", timing=replace(LOOKING, answer_max_ms=5000), target_position=0)

    def look(player: Player, stage: Stage) -> None:
        for name, seconds in (("Left", 0.2), ("Right", 0.2), ("Down", 0.2), ("Left", 0.0)):
            player.fingers.key(name)
            time.sleep(seconds)

    answer = player.at("awaiting", look).run(put)
    assert (answer.outcome, answer.gaze_by) == ("answered", "examiner")
    areas = [one.aoi for one in answer.gaze]
    assert [area for area, after in zip(areas, [*areas[1:], ""], strict=True) if area != after] == [
        "missing",
        "target",
        "distractor",
        "other",
        "target",
    ]
    assert "press_in_gaze_trial" not in answer.flags


def test_attention_lasts_until_it_is_looked_at(looker: Callable[..., Player], turn: Turns) -> None:
    player = looker(source="robot", rate_hz=60, robot=RobotGaze(noise=0.005))
    player.person.set_up_looking()
    timing = replace(LOOKING, attention=True, ready="attention")
    answer = player.run(turn("pair", answer_by="gaze", timing=timing))
    [detail] = [detail for name, _, detail in answer.events if name == "attention_looked_at"]
    assert detail["looked"], "the eyes came to it, so it ended early"


def test_without_a_tracker_nothing_is_invented(looker: Callable[..., Player], turn: Turns) -> None:
    player = looker(source="none")
    assert player.person.set_up_looking() == ()
    answer: Answer = player.run(turn("pair", answer_by="gaze", timing=LOOKING))
    assert (answer.outcome, answer.gaze, answer.look_target) == ("none", (), None)
    assert "gaze_not_recorded" in answer.flags


@pytest.mark.slow
def test_iohubs_mouse_stands_in_for_a_tracker(looker: Callable[..., Player], turn: Turns) -> None:
    """Events of its own process, brought to the session's clock; nothing outside the child's window, no keyboard."""
    player = looker(source="mouse", rate_hz=50)

    def follow(player: Player, stage: Stage) -> None:
        left, top, width, height = stage.shown[0].box
        player.fingers.move((left + width / 2) * 1024, (top + height / 2) * 768)

    player.at("placement", follow).at("calibration", *[follow] * 12)
    player.person.set_up_looking()
    assert player.person.gaze_ready is not None
    report = player.person.gaze_ready.report
    assert report.device == "ioHub mouse"
    assert report.placed
    assert report.good, report
    assert all(corner.error_deg is not None and corner.error_deg < 0.3 for corner in report.rounds[-1].corners)
    put = turn("pair", answer_by="gaze", timing=LOOKING, target_position=1)
    moved: list[float] = []

    def look(player: Player, stage: Stage) -> None:
        x, y = stage.regions[1][0] + 20, stage.regions[1][1] + 20
        player.fingers.move(*stage.regions[0][:2])
        time.sleep(0.5)
        moved.append(player.person.now_ms())
        player.fingers.move(x, y)
        player.fingers.key("q")

    answer = player.at("awaiting", look).run(put)
    assert answer.outcome == "answered"
    switch = next(one.t_ms for one in answer.gaze if one.aoi == "target" and one.t_ms > moved[0] - 100)
    assert switch - moved[0] > -50, "the other process reads the same clock"
    assert all(one.x is None or 0 <= one.x <= 1 for one in answer.gaze)
