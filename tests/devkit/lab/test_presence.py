"""The second program on one lab is told of the first; a killed one leaves no mark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from devkit.lab.presence import Presence

PROGRAM = """
import sys, time
from pathlib import Path
from devkit.lab.presence import Presence
with Presence(Path(sys.argv[1]), "devkit gui") as here:
    print(here.other, flush=True)
    time.sleep(60)
"""


def first(lab: Path) -> subprocess.Popen[str]:
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(lab)], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "None\n"
    return running


def test_the_second_is_told_and_a_killed_one_leaves_nothing(tmp_path: Path) -> None:
    running = first(tmp_path)
    with Presence(tmp_path, "devkit run") as here:
        assert here.other is not None
        assert (here.other.program, here.other.pid) == ("devkit gui", running.pid)
        assert str(here.other).startswith("this lab is open in another program (devkit gui, since 20")
    os.kill(running.pid, signal.SIGKILL)
    running.wait(10)
    with Presence(tmp_path, "devkit run") as here:
        assert here.other is None
        with Presence(tmp_path, "devkit export") as second:
            assert second.other is not None
            assert second.other.program == "devkit run"


def test_a_damaged_mark_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".open").write_bytes(b"\xff{")
    with Presence(tmp_path, "devkit run") as here:
        assert here.other is None
        (tmp_path / ".open").write_bytes(b"nonsense")
        with Presence(tmp_path, "devkit gui") as second:
            assert second.other is not None
            assert second.other.program == "unknown"
