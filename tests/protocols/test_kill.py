"""A session killed at any moment loses the trial in progress and nothing else, and is finished afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.lab import Lab
from devkit.records import TrialRecord
from protocols.baselines import Chance
from protocols.load import load_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.runner import run_in_lab
from protocols.simulation import SimulatedChild

KILLS = 21
RUN_ONLY = {"session_id", "trial_id", "started_at", "lab_id", "flags", "onset_ms", "prompt_end_ms", "word_onset_ms"}


def content(trial: TrialRecord) -> dict[str, object]:
    """What a record says apart from when and in which run it was made."""
    kept = trial.model_dump(exclude=RUN_ONLY)
    kept["turns"] = [{k: v for k, v in turn.items() if k != "onset_ms"} for turn in kept["turns"]]
    return kept


@pytest.mark.parametrize("who", ["child", "model"])
def test_killed_at_random_moments(who: str, lab: Lab, tmp_path: Path) -> None:
    script = Path(__file__).with_name("killing.py")
    command = [sys.executable, str(script), str(lab.path), who, str(KILLS), "11"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["killed"] == KILLS
    assert told["problems"] == []
    assert told["lost"] <= 0, "a trial that was reported as recorded is missing"
    bank = placeholder_bank(12, dialogues=3)
    plan = make_plan(load_protocol("battery"), bank, "S1" if who == "child" else "model", 1)
    whole = Lab.create(tmp_path / "whole")
    unbroken = run_in_lab(whole, plan, bank, SimulatedChild("S1", 30, 3) if who == "child" else Chance(3))
    expected = [content(trial) for trial in whole.read_session(unbroken.session_id).trials]
    sessions = lab.sessions()
    assert sessions
    for session in sessions:
        assert session.reason == "completed"
        assert [content(trial) for trial in lab.read_session(session.session_id).trials] == expected
