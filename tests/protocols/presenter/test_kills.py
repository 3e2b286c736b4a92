"""Presenter or parent killed, or the power cut, at random moments of a session in a real window."""

from __future__ import annotations

import os

import pytest

from devkit.lab import Lab
from tests.protocols.test_kill import campaign

pytestmark = [pytest.mark.screen, pytest.mark.slow, pytest.mark.timeout(3600)]
KILLS = int(os.environ.get("DEVKIT_KILLS", "3"))


def test_killed_at_random_moments(lab: Lab) -> None:
    told = campaign(lab.path, KILLS, 7, "--window")
    assert sum(told["killed"].values()) == KILLS
    assert set(told["killed"]) == {"presenter", "parent", "power"}
    assert (told["problems"], told["lost"]) == ([], 0)
