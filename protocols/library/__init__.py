"""The protocols that come with devkit: one for each task, a short battery, and a long one for models."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from devkit.errors import UserError, did_you_mean

_FOLDER = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    """Return the names of the library's protocols, in alphabetical order."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def path(name: str) -> Path:
    """Return the file of a library protocol; `UserError` with a guess when there is none of that name."""
    if name not in names():
        raise UserError(f"the library has no protocol '{name}'", hint=did_you_mean(name, names()))
    return _FOLDER / f"{name}.yaml"
