"""Banks in memory for the planner and the runner: items of every task form, with digests in place of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.lab import Lab
from protocols.placeholder import PlaceholderBank, placeholder_bank


@pytest.fixture(scope="session")
def bank() -> PlaceholderBank:
    """A bank of 30 items of every form and 6 dialogues."""
    return placeholder_bank(folder=Path("nowhere"))


@pytest.fixture(scope="session")
def bank_of() -> Callable[..., PlaceholderBank]:
    """Makes banks of other sizes."""
    return placeholder_bank


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """An empty lab."""
    return Lab.create(tmp_path / "lab")
