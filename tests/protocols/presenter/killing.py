"""A robot's session in a process of its own, to be killed by `test_kills.py`.

Usage: python killing.py LAB PICTURES DISPLAY; writes ``presenter PID``, one ``trial`` for each recorded trial, then
``completed`` or ``lost``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from devkit.lab import Lab
from protocols.process import Presenter, PresenterLost
from protocols.reopening import offer
from protocols.robot import RobotPerson, RobotTraits
from protocols.runner import resume_in_lab, run_in_lab
from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan


def say(line: str) -> None:
    """Write at once, so that nothing said is lost when we are killed."""
    os.write(1, f"{line}\n".encode())


def main(folder: Path, pictures: Path, display: str) -> None:
    lab, bank = Lab.open(folder), bank_with_pictures(pictures, 2)
    plan = battery_plan(bank)
    presenter = Presenter(display=display)
    say(f"presenter {presenter.pid}")
    traits = RobotTraits(rt_median_ms=700)
    robot = RobotPerson(traits=traits, time_scale=10, sound=False, presenter=presenter, x_display=display)
    broken_off = offer(lab, plan, robot.describe())
    try:
        if broken_off:
            resume_in_lab(lab, broken_off.session_id, bank, robot, on_trial=lambda record: say("trial"))
        else:
            run_in_lab(lab, plan, bank, robot, on_trial=lambda record: say("trial"))
    except PresenterLost:
        say("lost")
    else:
        say("completed")
    presenter.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
