"""A plain ground behind the child's window, in a program of its own: ``python -m protocols.presenter.curtain``.

When the presenter dies its window goes, and a child would see the desktop; then this is what is left. It says ``ready``
once it stands, draws nothing but the ground, and ends when its standard input does. Uses pyglet alone.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence

import pyglet

TURN_S = 0.25


def main(arguments: Sequence[str] | None = None) -> int:
    """Stand until the standard input ends; returns the exit status."""
    parser = argparse.ArgumentParser(description="Show a plain ground on one screen.")
    parser.add_argument("--geometry", type=int, nargs=4, required=True, metavar=("X", "Y", "WIDTH", "HEIGHT"))
    parser.add_argument("--ground", default="#808080")
    options = parser.parse_args(arguments)
    left, top, width, height = options.geometry
    window = pyglet.window.Window(width, height, style="borderless", vsync=False)
    window.set_location(left, top)
    window.set_mouse_visible(False)
    colour = [int(options.ground[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(over,), daemon=True).start()
    told = False
    while not over.is_set():
        window.switch_to()
        window.dispatch_events()
        pyglet.gl.glClearColor(*colour, 1.0)
        window.clear()
        window.flip()
        if not told:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            told = True
        time.sleep(TURN_S)
    window.close()
    return 0


def _wait_for_end(over: threading.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    over.set()


if __name__ == "__main__":
    raise SystemExit(main())
