"""Shows which screen is which, in a program of its own; for the command line and the app's settings."""

from __future__ import annotations

import subprocess
import sys

from protocols.process import child_environment
from protocols.x11 import require_display

SECONDS = 4.0
PATIENCE_S = 30.0


def identify_screens(display: str | None = None, seconds: float = SECONDS) -> None:
    """Show on every screen its number and name; returns when they are gone again.

    Args:
        display: X display; None takes the environment's.
        seconds: How long they are shown.

    Raises:
        UserError: There is no display.
    """
    require_display(display)
    command = [sys.executable, "-m", "protocols.presenter.identify", "--seconds", str(seconds)]
    subprocess.run(
        command,
        env=child_environment(display),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=seconds + PATIENCE_S,
        check=False,
    )
