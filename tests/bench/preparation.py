"""How long the drawing thread is held while a trial is prepared, against preparing on that thread as PsychoPy does.

    python -m tests.bench.preparation [--trials 40]

Every trial has four new pictures of a megapixel each (1250 by 800, PNG). Ours is the longest time between two turns of
the drawing loop from the begin of a trial to its first flip, as the trial's events keep it. The obvious alternative
opens the files and makes four `ImageStim` on the drawing thread.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from devkit.ids import uuid7
from devkit.respondents import PresentedTurn, SessionContext, ShownChoice, Timing
from protocols.human import HumanRespondent
from protocols.presenter.virtual import start_virtual_screen
from protocols.selftest import turn

SIZE = (1250, 800)
THINKING_MS = 700
ON_THE_THREAD = """
import sys, time
from pathlib import Path
from psychopy import visual
window = visual.Window((1280, 800), pos=(0, 0), units="pix", allowGUI=False, checkTiming=False, autoLog=False)
files = sorted(Path(sys.argv[1]).iterdir())
for number in range(0, len(files), 4):
    begin = time.perf_counter()
    made = [visual.ImageStim(window, image=str(file), size=(560, 358)) for file in files[number : number + 4]]
    for one in made:
        one.draw()
    window.clearBuffer()
    print("held", (time.perf_counter() - begin) * 1000, flush=True)
    window.flip()
"""


def pictures(folder: Path, count: int) -> list[str]:
    """Write so many pictures of a megapixel; returns their names."""
    rng = np.random.default_rng(3)
    names = []
    for number in range(count):
        small = rng.integers(0, 256, (SIZE[1] // 10, SIZE[0] // 10, 3), dtype=np.uint8)
        names.append(f"{number:04d}")
        with (folder / names[-1]).open("wb") as file:
            Image.fromarray(small).resize(SIZE).save(file, "PNG", compress_level=1)
    return names


def turns(names: Sequence[str]) -> list[PresentedTurn]:
    """Return trials with four pictures each."""
    timing = Timing(answer_max_ms=THINKING_MS, prompt="none", gap_ms=300)
    made = []
    for number in range(0, len(names), 4):
        own = tuple(names[number : number + 4])
        choices = tuple(ShownChoice(label, name, "", None) for label, name in zip("abcd", own, strict=True))
        made.append(turn(number, "grid4", tuple("abcd"), images=own, choices=choices, timing=timing))
    return [replace(one, trial_id=uuid7()) for one in made]


def ours(display: str, folder: Path, names: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return the longest hold of each trial's preparation, and what each trial waited for its pictures, ms."""
    person = HumanRespondent("bench", kind="adult", x_display=display, sound=False)
    plan, held, waited = turns(names), [], []
    try:
        person.open(SessionContext(uuid7(), lambda digest: folder / digest, 0, "en", plan))
        for one in plan:
            for name, _, detail in person.answer(one, ()).events:
                if name == "prepared":
                    held.append(float(detail["held_ms"]))
                    waited.append(float(detail["waited_ms"]))
    finally:
        person.close()
    return held, waited


def on_the_thread(display: str, folder: Path) -> list[float]:
    """Return how long PsychoPy holds the drawing thread for each trial, ms."""
    child = [sys.executable, "-c", ON_THE_THREAD, str(folder)]
    done = subprocess.run(child, env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, check=True)
    return [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("held ")]


def told(name: str, values: Sequence[float]) -> str:
    """Return one row; the first trial, whose shaders are made, is left out."""
    rest = sorted(values[1:])
    p95 = rest[min(len(rest) - 1, int(0.95 * len(rest)))]
    return f"{name:<44}{len(rest):>8}{statistics.median(rest):>12.1f}{p95:>10.1f}{rest[-1]:>10.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=40)
    options = parser.parse_args()
    say: Callable[[str], None] = print
    say(f"{'':<44}{'trials':>8}{'median ms':>12}{'p95 ms':>10}{'worst':>10}")
    with tempfile.TemporaryDirectory() as name, start_virtual_screen() as screen:
        folder = Path(name)
        names = pictures(folder, 4 * options.trials)
        time.sleep(0.2)
        held, waited = ours(screen.display, folder, names)
        say(told("drawing thread held, prepared beforehand", held))
        say(told("waited for pictures, drawing on", waited))
        say(told("drawing thread held by four ImageStim", on_the_thread(screen.display, folder)))


if __name__ == "__main__":
    main()
