"""``devkit gui``: open the desktop app."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import UserError

app = typer.Typer()


@app.command()
def gui(
    lab: Annotated[Path | None, typer.Argument(help="The lab to open; asked for when left out.")] = None,
) -> int:
    """Open the desktop app. Example: devkit gui my-lab."""
    if lab is not None:
        from devkit.lab import Lab

        Lab.open(lab)
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise UserError("there is no screen for the app", hint="start it from a desktop, or under xvfb-run")
    from gui.app import start

    return start(lab)
