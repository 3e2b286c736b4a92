"""Shared fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# An example may take as long as the machine needs, and so may making it. The examples are the same in every run: a
# change is judged by what it changes; `DEVKIT_SEARCH=1 make test` draws new ones, to find what nobody thought of.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("search", settings.get_profile("same"), derandomize=False)
settings.load_profile("search" if os.environ.get("DEVKIT_SEARCH") else "same")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real study data; tests that need it are skipped where it is missing."""
    folder = Path(__file__).parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real study data are not on this machine (../shared/data)")
    return folder


# Where a real window, sound device or process is watched in real time, a busy machine may starve it for a moment. Such
# a test is tried again, twice at most (`DEVKIT_RERUNS`), and the summary tells of it; tests of logic never are.
IN_REAL_TIME = ("protocols/presenter/", "protocols/gaze/", "gui/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of real windows be tried again."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(IN_REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=int(os.environ.get("DEVKIT_RERUNS", "2")), reruns_delay=1))
