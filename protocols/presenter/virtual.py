"""A screen for machines that have none: an X server in memory (Xvfb), for robots, tests and demonstrations.

Never used for a person. The presenter draws on it with the software renderer; its timing tier is always ``demo``.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time

from devkit.errors import UserError

PROGRAM = "Xvfb"


class VirtualScreen:
    """A running virtual screen.

    Attributes:
        display: Its X display (``:99``).
        size: Width and height, pixels.
    """

    def __init__(self, display: str, size: tuple[int, int], server: subprocess.Popen[bytes]) -> None:
        self.display = display
        self.size = size
        self._server = server

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._server.pid

    def close(self) -> None:
        """End the server."""
        if self._server.poll() is None:
            self._server.terminate()
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.kill()
        self._server.wait()

    def __enter__(self) -> VirtualScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_virtual_screen(size: tuple[int, int] = (1280, 800), *, timeout_s: float = 15.0) -> VirtualScreen:
    """Start a virtual screen on a free display number.

    Args:
        size: Width and height, pixels.
        timeout_s: How long it may take to come up.

    Raises:
        UserError: Xvfb is not installed or does not start.
    """
    if shutil.which(PROGRAM) is None:
        raise UserError("there is no virtual screen", hint="install Xvfb (Debian: xvfb)", code="no-xvfb")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [PROGRAM, "-displayfd", str(write_end), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(write_end)
    number = _number(read_end, time.monotonic() + timeout_s)
    os.close(read_end)
    if not number:
        server.kill()
        server.wait()
        raise UserError("the virtual screen does not start", hint="try `Xvfb :99` by hand", code="no-xvfb")
    return VirtualScreen(f":{number}", size, server)


def _number(descriptor: int, until: float) -> str:
    """Read the display number that the server writes once it is ready; empty when it ends or takes too long."""
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        chunk = os.read(descriptor, 64) if ready else b""
        if not chunk:
            return ""
        text += chunk
    return text.decode().strip()
