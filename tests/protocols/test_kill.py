"""A session killed at any moment loses the trial in progress and nothing else, and is finished by its tasks' policies.

Ten kills here; the full run is ``DEVKIT_KILLS=150 pytest tests/protocols/test_kill.py -m slow``, and with a window
``DEVKIT_KILLS=50 pytest tests/protocols/presenter/test_kills.py -m slow``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devkit.lab import Lab
from devkit.records import TrialRecord
from protocols.baselines import Chance
from protocols.load import load_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.runner import run_in_lab

RUN_ONLY = {"session_id", "trial_id", "started_at", "lab_id", "flags", "onset_ms", "prompt_end_ms", "word_onset_ms"}


def campaign(folder: Path, kills: int, seed: int, *more: str) -> dict[str, Any]:
    """Run so many kills in a process of its own; returns what it tells."""
    command = [sys.executable, "-m", "tests.protocols.killing", str(folder), str(kills), str(seed), *more]
    root = Path(__file__).parents[2]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=3000, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def content(trial: TrialRecord) -> dict[str, object]:
    """What a record says apart from when and in which run it was made."""
    kept = trial.model_dump(exclude=RUN_ONLY)
    kept["turns"] = [{k: v for k, v in turn.items() if k != "onset_ms"} for turn in kept["turns"]]
    return kept


def test_a_killed_child_s_session_goes_on_by_policy(lab: Lab) -> None:
    told = campaign(lab.path, 7, 12)
    assert sum(told["killed"].values()) == 7
    assert (told["problems"], told["lost"]) == ([], 0)


def test_a_killed_model_s_session_ends_as_an_unbroken_one(lab: Lab, tmp_path: Path) -> None:
    told = campaign(lab.path, 3, 5, "--who", "model")
    assert (told["problems"], told["lost"]) == ([], 0)
    bank = placeholder_bank(12, dialogues=3)
    whole = Lab.create(tmp_path / "whole")
    plan = make_plan(load_protocol("battery"), bank, "model", 1)
    unbroken = run_in_lab(whole, plan, bank, Chance(3))
    expected = [content(trial) for trial in whole.read_session(unbroken.session_id).trials]
    for trial in expected:
        trial.pop("plan_digest")
    for session in lab.sessions():
        assert session.reason == "completed"
        found = [content(trial) for trial in lab.read_session(session.session_id).trials]
        assert [{name: value for name, value in trial.items() if name != "plan_digest"} for trial in found] == expected


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif("DEVKIT_KILLS" not in os.environ, reason="set DEVKIT_KILLS=150 for the full run")
def test_killed_many_times(lab: Lab) -> None:
    told = campaign(lab.path, int(os.environ["DEVKIT_KILLS"]), 11)
    assert (told["problems"], told["lost"]) == ([], 0)
    assert {"continue", "restart", "closed", "between blocks"} <= set(told["policies"])
    assert told["tasks"]["memory"] > 0
