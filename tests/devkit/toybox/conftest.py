"""A toybox in memory that several tests look at."""

from __future__ import annotations

import pytest

from devkit.pool import Pool
from devkit.toybox import sample_pool


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Six minutes of annotated frames."""
    return sample_pool(6, 21)
