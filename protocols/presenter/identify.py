"""Shows on every screen its number and name for a few seconds: ``python -m protocols.presenter.identify``.

A program of its own, so that neither the app nor a session needs a second window. Uses pyglet alone and starts at once.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import pyglet

from protocols import randr
from protocols.presenter.watch import all_monitors

GROUND = (0x16 / 255, 0x18 / 255, 0x1B / 255, 1.0)
TEXT = (0xEC, 0xEE, 0xF0, 255)
QUIET = (0xA9, 0xB0, 0xBA, 255)
TURN_S = 0.05
NUMBER_SHARE, NAME_SHARE = 0.4, 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the screens' names; returns the exit status."""
    parser = argparse.ArgumentParser(description="Show on every screen its number and name.")
    parser.add_argument("--seconds", type=float, default=4.0)
    seconds = parser.parse_args(arguments).seconds
    windows = [_window(number, monitor) for number, monitor in enumerate(all_monitors(), 1)]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for window, labels in windows:
            window.switch_to()
            window.dispatch_events()
            pyglet.gl.glClearColor(*GROUND)
            window.clear()
            for label in labels:
                label.draw()
            window.flip()
        time.sleep(TURN_S)
    for window, _ in windows:
        window.close()
    return 0


def _window(
    number: int, monitor: randr.Monitor
) -> tuple[pyglet.window.Window, tuple[pyglet.text.Label, pyglet.text.Label]]:
    left, top, width, height = monitor.geometry
    window = pyglet.window.Window(width, height, style="borderless", vsync=False)
    window.set_location(left, top)
    window.activate()
    name = f"{monitor.name or 'screen'}   {monitor.place()}"
    return window, (
        _label(str(number), NUMBER_SHARE * height, 0.55 * height, width, TEXT),
        _label(name, NAME_SHARE * height, 0.2 * height, width, QUIET),
    )


def _label(text: str, size: float, y: float, width: int, colour: tuple[int, int, int, int]) -> pyglet.text.Label:
    points = size * 72 / 96
    return pyglet.text.Label(
        text, font_size=points, x=width // 2, y=round(y), anchor_x="center", anchor_y="center", color=colour
    )


if __name__ == "__main__":
    raise SystemExit(main())
