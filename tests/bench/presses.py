"""How exactly presses are timed, and how many are lost: injected presses against PsychoPy's polled mouse.

    python -m tests.bench.presses [--presses 500]

Half of the presses last 5 ms and half 20 ms; they come through the X server (XTEST) on a virtual screen. Ours go the
whole way of a session: one long trial, every press beside the pictures, read from the trial's events. The obvious
alternative is PsychoPy's `Mouse.getPressed` asked once a frame at 60 frames a second, in a process of its own, with
the same presses.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from devkit.respondents import ShownChoice, Timing
from protocols.controls import Stage
from protocols.human import HumanRespondent
from protocols.messages import ToParent
from protocols.presenter.virtual import start_virtual_screen
from protocols.selftest import Media, session, turn
from protocols.x11 import Injector

SECONDS = (0.005, 0.020)
GAP_S = (0.08, 0.16)
FRAME_MS = 1000 / 60
POLLED = """
import json, sys, time
from psychopy import event, visual
seconds = float(sys.argv[1])
window = visual.Window((800, 600), pos=(0, 0), units="pix", allowGUI=False, checkTiming=False, autoLog=False)
mouse, found, before = event.Mouse(win=window), [], False
print("ready", flush=True)
end = time.perf_counter() + seconds
due = time.perf_counter()
while time.perf_counter() < end:
    window.flip()
    now = bool(mouse.getPressed()[0])
    if now and not before:
        found.append(time.perf_counter())
    before = now
    due += 1 / 60
    time.sleep(max(0.0, due - time.perf_counter()))
print(json.dumps(found), flush=True)
"""


def press_all(fingers: Injector, place: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Press so many times; returns when each press went down (`time.perf_counter`) and how long it lasted."""
    rng, done = random.Random(1), []
    fingers.move(*place)
    time.sleep(0.3)
    for number in range(count):
        seconds = SECONDS[number % len(SECONDS)]
        begin = time.perf_counter()
        fingers.button(True)
        after = time.perf_counter()
        time.sleep(max(0.0, seconds - (after - begin)))
        fingers.button(False)
        done.append((begin, seconds))
        time.sleep(rng.uniform(*GAP_S))
    return done


def ours(display: str, count: int) -> tuple[list[tuple[float, float]], list[float]]:
    """Press beside the pictures of one long trial; returns the presses and the recorded times."""
    with session(display) as (person, media):
        return _one_long_trial(person, media, Injector(display), count)


def _one_long_trial(
    person: HumanRespondent, media: Media, fingers: Injector, count: int
) -> tuple[list[tuple[float, float]], list[float]]:
    pressed: list[tuple[float, float]] = []
    assert person.presenter is not None
    assert person.opened is not None
    x, y, width, height = person.opened.display.geometry

    def hear(message: ToParent) -> None:
        if isinstance(message, Stage) and message.name == "awaiting":
            threading.Thread(target=act, args=(message,), daemon=True).start()

    def act(stage: Stage) -> None:
        pressed.extend(press_all(fingers, (x + width / 2, y + height / 2), count))
        left, top, w, h = stage.regions[0]
        fingers.move(left + w / 2, top + h / 2)
        fingers.button(True)
        fingers.button(False)

    person.presenter.listeners.append(hear)
    zero_s = time.perf_counter() - person.now_ms() / 1000
    choices = tuple(ShownChoice(label, digest, "", None) for label, digest in zip("ab", media.pictures, strict=False))
    put = turn(0, "pair", ("a", "b"), images=media.pictures[:2], choices=choices)
    answer = person.answer(replace(put, timing=Timing(prompt="none", gap_ms=0)), ())
    return pressed, [zero_s + t_ms / 1000 for name, t_ms, _ in answer.events if name == "press_outside"]


def polled(display: str, count: int) -> tuple[list[tuple[float, float]], list[float]]:
    """Press a window that polls its mouse once a frame."""
    seconds = count * (sum(GAP_S) / 2 + statistics.mean(SECONDS)) + 4
    child = subprocess.Popen(
        [sys.executable, "-c", POLLED, str(seconds)],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    while (line := child.stdout.readline()).strip() != "ready":
        if not line:
            raise RuntimeError("PsychoPy did not start")
    pressed = press_all(Injector(display), (400, 300), count)
    found = json.loads(child.stdout.readline())
    child.wait()
    return pressed, found


def told(name: str, pressed: list[tuple[float, float]], found: list[float]) -> str:
    """Return one row: lost presses, and the errors of the others."""
    errors, lost, rest = [], 0, sorted(found)
    for begin, seconds in pressed:
        near = [at for at in rest if -0.02 < at - begin < seconds + 0.045]
        if near:
            errors.append((near[0] - begin) * 1000)
            rest.remove(near[0])
        else:
            lost += 1
    away = sorted(abs(error) for error in errors)
    p99 = away[min(len(away) - 1, math.ceil(0.99 * len(away)) - 1)] if away else math.nan
    middle = statistics.median(errors) if errors else math.nan
    within = sum(value <= FRAME_MS for value in away) / max(1, len(pressed))
    return f"{name:<34}{len(pressed):>8}{lost:>7}{lost / len(pressed):>8.1%}{middle:>11.2f}{p99:>9.2f}{within:>12.1%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=500)
    parser.add_argument("--polled", type=int, default=100)
    options = parser.parse_args()
    say: Callable[[str], None] = print
    say(f"{'':<34}{'presses':>8}{'lost':>7}{'share':>8}{'median ms':>11}{'p99 ms':>9}{'in a frame':>12}")
    with start_virtual_screen() as screen:
        say(told("the presenter's events", *ours(screen.display, options.presses)))
        say(told("PsychoPy's mouse, asked each frame", *polled(screen.display, options.polled)))


if __name__ == "__main__":
    main()
