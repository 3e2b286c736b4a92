"""How exactly a sound begins with its picture: heard through the sound server's monitor, against playing at once.

    python -m tests.bench.sounds [--sounds 100]

Needs PulseAudio; runs a server of its own whose output goes nowhere, and a virtual screen. Ours are trials of the
presenter whose prompt begins at the flip that shows the pictures. The obvious alternative calls
`sounddevice.play` when the flip has returned. What counts is the spread: the constant belongs to a station.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from protocols.loopback import Deviations, Recorder, deviations, write_chirp
from protocols.presenter.virtual import start_virtual_screen
from protocols.selftest import measure_sounds, monitor_source, session
from tests.protocols.presenter.soundserver import null_sound_server

SEARCH_S = 0.4
AT_ONCE = """
import json, sys, time, wave
import numpy as np
import sounddevice
from psychopy import visual
window = visual.Window((800, 600), pos=(0, 0), units="pix", allowGUI=False, checkTiming=False, autoLog=False)
with wave.open(sys.argv[1]) as file:
    tone = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
found = []
for number in range(int(sys.argv[2])):
    window.flip()
    found.append(time.perf_counter())
    sounddevice.play(tone, 48000)
    time.sleep(0.6 + 0.013 * (number % 7))
print(json.dumps(found), flush=True)
"""


def ours(display: str, count: int) -> tuple[Deviations, Deviations]:
    """Return how the presenter's prompts lay against their flips, and against the device's stated times."""
    with session(display, sound=True) as (person, media):
        found = measure_sounds(person, media, count)
    return found.flips, found.stated


def at_once(display: str, count: int, chirp: Path) -> Deviations:
    """Return how sounds that are asked for when the flip is over lie against it."""
    with Recorder(monitor_source()) as recorder:
        child = [sys.executable, "-c", AT_ONCE, str(chirp), str(count)]
        environment = {**os.environ, "DISPLAY": display}
        done = subprocess.run(child, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-500:])
        time.sleep(0.5)
        flips = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("[")))
        heard = [recorder.heard_at(flip + 0.2, SEARCH_S) for flip in flips]
    return deviations([None if at is None else (at - flip) * 1000 for at, flip in zip(heard, flips, strict=True)])


def told(name: str, found: Deviations) -> str:
    """Return one row."""
    numbers = f"{found.median_ms:>12.2f}{found.sd_ms:>9.2f}{found.p95_ms:>9.2f}"
    return f"{name:<40}{found.heard:>7}{found.missed:>8}{numbers}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sounds", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=40)
    options = parser.parse_args()
    say: Callable[[str], None] = print
    with tempfile.TemporaryDirectory() as folder, null_sound_server(Path(folder)) as environment:
        if environment is None:
            say("there is no PulseAudio here")
            return
        os.environ.update(environment)
        say(f"{'':<40}{'heard':>7}{'missed':>8}{'median ms':>12}{'SD ms':>9}{'p95 ms':>9}")
        with start_virtual_screen() as screen:
            flips, stated = ours(screen.display, options.sounds)
            say(told("heard less flip", flips))
            say(told("heard less what the device stated", stated))
            chirp = write_chirp(Path(folder) / "chirp.wav")
            say(told("sounddevice.play after the flip", at_once(screen.display, options.at_once, chirp)))


if __name__ == "__main__":
    main()
