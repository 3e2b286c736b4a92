"""Presses and keys of the window, in a queue with the time at which each happened.

PsychoPy's polled mouse loses a press and release between two frames, so the window's own events are taken: every press
is kept, it counts when the finger goes down, and where the window system's clock can be matched with ours the event's
own time is used, not the time at which we looked.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from protocols.presenter.clock import event_time

SERVER_TIME = "window system time"
READ_TIME = "time when read"
X_KEY_PRESS, X_BUTTON_PRESS = 2, 4
FIRST_BUTTON = 1


@dataclass(frozen=True, slots=True)
class Press:
    """A press of the pointer: place in pixels from the centre of the window, `time.perf_counter`, how it was timed."""

    x: float
    y: float
    at_s: float
    timed: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key that went down: its name in lower case (``space``, ``7``), `time.perf_counter`, how it was timed."""

    name: str
    at_s: float
    timed: str


class InputQueue:
    """Takes the events of one pyglet window.

    Args:
        window: The pyglet window.
        key_name: Returns the name of a key symbol.
    """

    def __init__(self, window: Any, key_name: Callable[[int], str]) -> None:
        self._window = window
        self._key_name = key_name
        self._waiting: deque[Press | Key] = deque()
        self._event_s: float | None = None
        self.server_times = self._watch_server_times()
        window.push_handlers(on_mouse_press=self._pressed, on_key_press=self._key)

    def take(self) -> list[Press | Key]:
        """Let the window look for events and return the new ones, oldest first."""
        self._window.dispatch_events()
        found = list(self._waiting)
        self._waiting.clear()
        return found

    def clear(self) -> None:
        """Forget everything that waits."""
        self._window.dispatch_events()
        self._waiting.clear()

    def _watch_server_times(self) -> bool:
        """Read the time of each X event just before pyglet handles it; False where the window is not X."""
        views = getattr(self._window, "_view_event_handlers", None)
        windows = getattr(self._window, "_event_handlers", None)
        if not isinstance(views, dict) or not isinstance(windows, dict) or X_BUTTON_PRESS not in views:
            return False
        for table, kind in ((views, X_BUTTON_PRESS), (windows, X_KEY_PRESS), (views, X_KEY_PRESS)):
            if kind in table:
                table[kind] = self._timed(table[kind])
        return True

    def _timed(self, handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def handle(event: Any) -> Any:
            now_s = time.perf_counter()
            # XButtonEvent and XKeyEvent have the same fields up to the time
            self._event_s = event_time(int(event.xbutton.time), now_s)
            try:
                return handler(event)
            finally:
                self._event_s = None

        return handle

    def _stamp(self) -> tuple[float, str]:
        if self._event_s is not None:
            return self._event_s, SERVER_TIME
        return time.perf_counter(), READ_TIME

    def _pressed(self, x: int, y: int, button: int, modifiers: int) -> bool:
        if button == FIRST_BUTTON:
            at_s, timed = self._stamp()
            width, height = self._window.get_size()
            self._waiting.append(Press(x - width / 2, y - height / 2, at_s, timed))
        return True

    def _key(self, symbol: int, modifiers: int) -> bool:
        at_s, timed = self._stamp()
        name = self._key_name(symbol).lower()
        name = name.removeprefix("num_") if name.removeprefix("num_").isdigit() else name.lstrip("_")
        self._waiting.append(Key({"enter": "return", "num_enter": "return"}.get(name, name), at_s, timed))
        return True
