"""A process killed at any moment loses the trial in progress and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.lab import Lab
from devkit.lab.check import check, repair
from devkit.records import SessionHeader, TrialRecord

KILLS = 48


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killing_a_writer_at_random_moments(
    lab: Lab, make_header: Callable[..., SessionHeader], make_trial: Callable[..., TrialRecord]
) -> None:
    header = make_header(lab.lab_id)
    program = Path(__file__).with_name("killed.py")
    told = f"{header.model_dump_json()}\n{make_trial(header).model_dump_json()}\n"
    ran = subprocess.run(
        [sys.executable, str(program), str(lab.path), str(KILLS), "11"],
        input=told,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    rounds = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(rounds) == KILLS
    acknowledged = {(session, trial) for told in rounds for session, trial in told}
    assert len(acknowledged) > KILLS  # the writers did get somewhere

    repair(lab)
    found = check(lab)
    assert found.problems == []
    kept = {(s.session_id, t) for s in lab.sessions() for t in lab.read_journal(s.session_id).trials}
    assert acknowledged <= kept
    assert len(kept - acknowledged) <= KILLS  # on the disk, but killed before it could say so: at most one a kill

    broken_off = [session for session in lab.sessions() if session.reason is None]
    assert broken_off
    assert len(broken_off) <= KILLS
    for session in broken_off:
        with lab.resume(session.session_id) as journal:
            journal.close("breakoff", "killed")
    assert check(lab).problems == []
