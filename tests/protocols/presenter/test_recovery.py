"""A presenter that dies in the middle of a session is started again at the examiner's wish, and the session goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from devkit.errors import Problem
from devkit.lab import Lab
from devkit.records import TrialRecord
from protocols.desk import Decision, SessionState
from protocols.presenter.virtual import VirtualScreen
from protocols.process import Presenter
from protocols.robot import RobotPerson, RobotTraits
from protocols.runner import run_in_lab
from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan

pytestmark = [pytest.mark.screen, pytest.mark.slow]


class Table:
    """A desk whose examiner always says: again."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def state(self, state: SessionState) -> None:
        pass

    def recorded(self, record: TrialRecord) -> None:
        pass

    def trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        self.troubles.append(problem.code)
        return "again"


def test_a_dead_presenter_is_started_again_and_the_session_goes_on(
    tmp_path: Path, lab: Lab, screen: VirtualScreen
) -> None:
    bank = bank_with_pictures(tmp_path, 2)
    plan = battery_plan(bank)
    presenter = Presenter(display=screen.display)
    robot = RobotPerson(
        traits=RobotTraits(rt_median_ms=600),
        time_scale=10.0,
        sound=False,
        presenter=presenter,
        x_display=screen.display,
    )
    killed: list[int] = []

    def kill(record: TrialRecord) -> None:
        if len(killed) == 0 and record.trial_index == 4:
            killed.append(presenter.pid)
            os.kill(presenter.pid, signal.SIGKILL)

    table = Table()
    finished = run_in_lab(lab, plan, bank, robot, on_trial=kill, desk=table)
    assert table.troubles == ["presenter-lost"]
    assert finished.reason == "completed"
    session = lab.read_session(finished.session_id)
    assert "restarted_after_trouble" in session.trials[5].flags
    onsets = [trial.onset_ms for trial in session.trials]
    assert onsets == sorted(onsets), "the session's clock goes on"  # type: ignore[type-var]
    assert [t.plan_index for t in session.trials if t.attempt == 1] == [t.index for t in plan.trials]
