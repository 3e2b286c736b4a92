"""Presenter or parent killed at random moments of a session in a real window: only the running trial is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit.lab import Lab
from protocols.presenter.virtual import VirtualScreen, start_virtual_screen
from protocols.process import child_environment
from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan, presented
from tests.protocols.presenter.test_process import gone

pytestmark = [pytest.mark.screen, pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = 10


def start(lab: Lab, pictures: Path, screen: VirtualScreen) -> tuple[subprocess.Popen[str], int]:
    """Start a session, or go on with it; returns it with its presenter's process id."""
    script = Path(__file__).with_name("killing.py")
    root = Path(__file__).parents[3]
    session = subprocess.Popen(
        [sys.executable, str(script), str(lab.path), str(pictures), screen.display],
        env={**child_environment(None), "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert session.stdout is not None
    word, pid = session.stdout.readline().split()
    assert word == "presenter"
    return session, int(pid)


def recorded(lab: Lab) -> int:
    """Trials on the disk, over all journals."""
    return sum(len(lab.read_journal(session.session_id).trials) for session in lab.sessions())


def test_killed_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(4)
    lab, pictures = Lab.create(tmp_path / "lab"), tmp_path
    plan = battery_plan(bank_with_pictures(pictures, 2))
    victims = ["presenter", "parent"] * (KILLS // 2)
    rng.shuffle(victims)
    held = 0
    with start_virtual_screen((800, 600)) as screen:
        for victim in victims:
            session, presenter = start(lab, pictures, screen)
            time.sleep(rng.uniform(0.3, 2.5))
            os.kill(presenter if victim == "presenter" else session.pid, signal.SIGKILL)
            said, _ = session.communicate(timeout=60)
            told = said.count("trial")
            assert gone(presenter), f"an orphan is left after the {victim} was killed"
            assert "completed" not in said, "the kill came too late to test anything"
            assert ("lost" in said) == (victim == "presenter"), "a dead presenter is told, the parent lives on"
            now = recorded(lab)
            assert now >= held + told, f"a recorded trial is gone after the {victim} was killed"
            assert now <= held + told + 1
            held = now
        session, presenter = start(lab, pictures, screen)
        said, _ = session.communicate(timeout=200)
        assert said.split()[-1] == "completed"
        assert gone(presenter)
    sessions = lab.sessions()
    assert len(sessions) == 1
    trials = list(lab.read_session(sessions[0].session_id).trials)
    assert [row["plan_index"] for row in presented(trials)] == [trial.index for trial in plan.trials]
    assert len({(trial.plan_index, trial.attempt) for trial in trials}) == len(trials), "no trial is recorded twice"
