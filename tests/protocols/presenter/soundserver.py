"""A PulseAudio server whose only output goes nowhere; its monitor can be recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SINK = "nowhere"


@contextmanager
def null_sound_server(folder: Path) -> Iterator[dict[str, str] | None]:
    """Run a server; yields the environment that reaches it, or None where there is no PulseAudio."""
    if shutil.which("pulseaudio") is None:
        yield None
        return
    folder.chmod(0o700)
    door = folder / "native"
    options = [f"--load=module-null-sink sink_name={SINK}", f"--load=module-native-protocol-unix socket={door}"]
    quiet = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit=yes"]
    server = subprocess.Popen(
        ["pulseaudio", *quiet, *options],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not door.exists() and server.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        yield {"PULSE_SERVER": f"unix:{door}", "XDG_RUNTIME_DIR": str(folder)} if door.exists() else None
    finally:
        server.terminate()
        server.wait(10)
