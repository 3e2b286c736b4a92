"""A robot person takes a whole battery in a real window; its records say what everybody else's say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.respondents import SessionContext
from protocols.baselines import Chance
from protocols.controls import Command
from protocols.human import HumanRespondent
from protocols.presenter.virtual import VirtualScreen
from protocols.process import Presenter, child_environment
from protocols.robot import RobotPerson, RobotTraits
from protocols.runner import run_in_lab
from protocols.simulation import SimulatedChild
from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan, presented
from tests.protocols.presenter.conftest import Turns

pytestmark = pytest.mark.screen


def take(lab: Lab, folder: Path, count: int, screen: VirtualScreen, presenter: Presenter, *, sound: bool) -> None:
    """Run robot, simulated child and chance through one plan and compare."""
    bank = bank_with_pictures(folder, count)
    plan = battery_plan(bank)
    robot = RobotPerson(
        traits=RobotTraits(ability=6.0, lapse=0.0, rt_median_ms=700),
        seed=3,
        time_scale=10.0,
        sound=sound,
        presenter=presenter,
        x_display=screen.display,
    )
    finished = run_in_lab(lab, plan, bank, robot)
    assert finished.reason == "completed"
    session = lab.read_session(finished.session_id)
    trials = list(session.trials)
    assert {(t.task, t.form) for t in trials} == {(b.task, b.form) for b in plan.blocks}
    pressed = {(press.trial_id, press.turn_index): press.position for press in robot.presses}
    lost = 0
    for trial in trials:
        if trial.trial_kind == "demonstration":
            assert trial.outcome == "none"
            continue
        assert trial.outcome == "answered", trial
        assert trial.answer_position == pressed[trial.trial_id, max((t.turn_index for t in trial.turns), default=0)]
        assert all(turn.answer_position == pressed[trial.trial_id, turn.turn_index] for turn in trial.turns)
        assert trial.answer_source == ("examiner" if trial.task in ("subitizing", "object_counting") else "touch")
        assert trial.rt_ms is not None
        assert trial.rt_ms > 100
        assert trial.timing_tier == "demo"
        assert trial.time_scale == 10
        assert trial.display == f"screen {screen.size[0]}x{screen.size[1]}+0+0"
        assert trial.frames_late is not None
        assert trial.onset_ms is not None
        assert ("no_sound" in trial.flags) != sound
        lost += "sound_lost" in trial.flags
        assert (trial.prompt_end_ms is not None) == (sound and "sound_lost" not in trial.flags)
        assert (trial.exposure_ms is not None) == (trial.task == "subitizing")
        assert (trial.delay_ms is not None) == (trial.task == "visual_delayed_response")
    assert lost <= 0.1 * len(trials), "a busy machine may stall the sound server, but not often"
    onsets = [trial.onset_ms for trial in trials]
    assert onsets == sorted(onsets)  # type: ignore[type-var]
    tests = [trial for trial in trials if trial.correct is not None]
    assert sum(bool(trial.correct) for trial in tests) > 0.8 * len(tests), "an able robot presses what it means"
    assert session.end is not None
    assert session.end.timing["display"]["tier"] == "demo"
    for other in (SimulatedChild("S1", 30, 3), Chance(3)):
        theirs = lab.read_session(run_in_lab(lab, plan, bank, other).session_id)
        assert presented(list(theirs.trials)) == presented(trials)


def test_a_robot_takes_the_battery(
    tmp_path: Path, screen: VirtualScreen, presenter: Presenter, context: Callable[..., SessionContext]
) -> None:
    take(Lab.create(tmp_path / "lab"), tmp_path, 2, screen, presenter, sound=False)


@pytest.mark.slow
def test_a_robot_takes_the_long_battery_with_sound(
    tmp_path: Path, screen: VirtualScreen, presenter: Presenter, sound_server: dict[str, str] | None
) -> None:
    if sound_server is None:
        pytest.skip("PulseAudio does not start here")
    take(Lab.create(tmp_path / "lab"), tmp_path, 8, screen, presenter, sound=True)


def test_a_side_bias_shows(
    screen: VirtualScreen, presenter: Presenter, context: Callable[..., SessionContext], turn: Turns
) -> None:
    for bias, position in ((-1.0, 0), (1.0, 1)):
        robot = RobotPerson(
            traits=RobotTraits(side_bias=bias, rt_median_ms=300),
            time_scale=10,
            sound=False,
            presenter=presenter,
            x_display=screen.display,
            decide=lambda turn, rng: 1 - turn.target_position,
        )
        robot.open(context())
        answers = [robot.answer(turn("pair", target_position=target), ()) for target in (0, 1)]
        robot.close()
        assert [answer.position for answer in answers] == [position, position]


def test_a_robot_is_recorded_as_a_simulation() -> None:
    info = RobotPerson("R1", traits=RobotTraits(ability=1.5), seed=9).describe()
    assert info.kind == "simulation"
    assert info.detail["robot"]["ability"] == 1.5
    assert info.age_days is None


def test_the_clock_has_limits() -> None:
    for scale in (0.5, 20):
        with pytest.raises(UserError, match="the clock cannot run"):
            HumanRespondent("P01", time_scale=scale)


def test_a_display_that_was_asked_for_is_not_replaced(context: Callable[..., SessionContext]) -> None:
    robot = RobotPerson(x_display=":987")
    with pytest.raises(UserError, match=":987 does not answer"):
        robot.open(context())
    robot.close()


@pytest.mark.slow
def test_without_a_display_the_robot_brings_its_own(tmp_path: Path) -> None:
    """The command line, on a machine that has no display."""
    program = (
        "import sys; from pathlib import Path; from devkit.lab import Lab\n"
        "from protocols.robot import RobotPerson; from protocols.runner import run_in_lab\n"
        "from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan\n"
        "folder = Path(sys.argv[1]); bank = bank_with_pictures(folder, 2)\n"
        "lab = Lab.create(folder / 'lab')\n"
        "done = run_in_lab(lab, battery_plan(bank), bank, RobotPerson(time_scale=10, sound=False))\n"
        "print(done.reason, done.trials)\n"
    )
    environment = {name: value for name, value in child_environment(None).items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("completed")


def test_a_command_before_the_session_is_no_crash() -> None:
    person = HumanRespondent("P01")
    with pytest.raises(UserError, match="no session is open"):
        person.command(Command(name="pause"))
    person.command(Command(name="note", detail="came late"))
    assert [detail["text"] for _, _, detail in person.leftovers()] == ["came late"]
