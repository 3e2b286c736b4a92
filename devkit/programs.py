"""How the programs of devkit start each other: from an installation, or from the one executable of a packaged build."""

from __future__ import annotations

import sys
from typing import Literal

Program = Literal["worker", "presenter", "devkit"]


def program(which: Program) -> list[str]:
    """Return the command of a program; its own arguments are appended.

    A packaged build has one executable, which becomes the worker, the presenter or the command line by its first
    argument; an installation runs modules with its interpreter.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, f"--{which}"]
    modules = {"worker": ["devkit", "worker"], "presenter": ["protocols.presenter"], "devkit": ["devkit"]}
    return [sys.executable, "-m", *modules[which]]
