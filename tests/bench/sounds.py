"""How exactly a sound begins with its picture: heard through the sound server's monitor, against PsychoPy's own sound.

    python tests/bench/sounds.py [--sounds 100]

Needs PulseAudio; runs a server of its own whose output goes nowhere, and a virtual screen. Ours are trials of the
presenter whose prompt begins at the flip that shows the pictures. The obvious alternative is PsychoPy's sound on its
sounddevice back end, told to play at the time of a flip. What counts is the spread: the constant belongs to a station.
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

SEARCH_S = 0.25
PSYCHOPY = """
import json, sys, time
from psychopy import prefs
prefs.hardware["audioLib"] = ["sounddevice"]
from psychopy import core, sound, visual
window = visual.Window((800, 600), pos=(0, 0), units="pix", allowGUI=False, checkTiming=False, autoLog=False)
tone = sound.Sound(sys.argv[1])
found = []
for number in range(int(sys.argv[2])):
    window.flip()
    at = window.getFutureFlipTime(clock="ptb")
    tone.play(when=at)
    window.flip()
    found.append(time.perf_counter())
    time.sleep(0.4 + 0.013 * (number % 7))
    tone.stop()
print(json.dumps(found), flush=True)
"""


def ours(display: str, count: int) -> tuple[Deviations, Deviations]:
    """Return how the presenter's prompts lay against their flips, and against the device's stated times."""
    with session(display, sound=True) as (person, media):
        found = measure_sounds(person, media, count)
    return found.flips, found.stated


def psychopy_s(display: str, count: int, chirp: Path) -> Deviations:
    """Return how PsychoPy's sounds lay against their flips."""
    with Recorder(monitor_source()) as recorder:
        child = [sys.executable, "-c", PSYCHOPY, str(chirp), str(count)]
        environment = {**os.environ, "DISPLAY": display}
        done = subprocess.run(child, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-500:])
        time.sleep(0.5)
        last = done.stdout.strip().splitlines()[-1:] or ["[]"]
        flips = json.loads(last[0]) if last[0].startswith("[") else []
        heard = [recorder.heard_at(flip + 0.1, SEARCH_S) for flip in flips]
    return deviations([None if at is None else (at - flip) * 1000 for at, flip in zip(heard, flips, strict=True)])


def told(name: str, found: Deviations) -> str:
    """Return one row."""
    numbers = f"{found.median_ms:>12.2f}{found.sd_ms:>9.2f}{found.p95_ms:>9.2f}"
    return f"{name:<40}{found.heard:>7}{found.missed:>8}{numbers}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sounds", type=int, default=100)
    parser.add_argument("--psychopy", type=int, default=40)
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
            say(told("PsychoPy's sound, heard less flip", psychopy_s(screen.display, options.psychopy, chirp)))


if __name__ == "__main__":
    main()
