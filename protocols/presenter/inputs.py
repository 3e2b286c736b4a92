"""Presses and keys of the window, in a queue with the time at which each happened.

PsychoPy's polled mouse loses a press and release between two frames, so the window's own events are taken: every press
is kept, it counts when the finger goes down, and where the window system's clock can be matched with ours the event's
own time is used. Elsewhere the loop looks every millisecond, and the record says so. Which contact is a press is
decided by `protocols.presenter.contacts`; fingers of a touch screen come from `protocols.presenter.touches` where X
tells them apart, else as the pointer that X makes of the first finger.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from protocols.presenter.clock import event_time
from protocols.presenter.contacts import Contact, Contacts, Judged, Lifted, Rules

SERVER_TIME = "window system time"
READ_TIME = "read every millisecond"
PUMP_S = 0.001
POINTER = 0
X_KEY_PRESS, X_BUTTON_PRESS, X_BUTTON_RELEASE = 2, 4, 5
FIRST_BUTTON = 1

Source = Literal["", "touch", "mouse"]


@dataclass(frozen=True, slots=True)
class Press:
    """A press of the pointer: place in pixels from the centre of the window, `time.perf_counter`, how it was timed.

    ``source`` is what the window system says that it was; empty where it does not say.
    """

    x: float
    y: float
    at_s: float
    timed: str
    source: Source = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that went down: its name in lower case (``space``, ``7``), `time.perf_counter`, how it was timed.

    ``device`` is ``keyboard`` or ``button box``.
    """

    name: str
    at_s: float
    timed: str
    device: str = "keyboard"


@dataclass(frozen=True, slots=True)
class Odd:
    """A contact that is no press, or a press that was held: for the record only.

    Attributes:
        name: ``touch_refused`` or ``touch_held``.
        at_s: When it went down, `time.perf_counter`.
        detail: Why it was refused, where it was, how long it was down.
    """

    name: Literal["touch_refused", "touch_held"]
    at_s: float
    detail: Mapping[str, object]


class InputQueue:
    """Takes the events of one pyglet window.

    Args:
        window: The pyglet window.
        key_name: Returns the name of a key symbol.
        rules: How contacts are judged.
        buttons: Keys that a button box sends, and the key that each stands for.
    """

    def __init__(
        self, window: Any, key_name: Callable[[int], str], rules: Rules, buttons: Mapping[str, str] | None = None
    ) -> None:
        self._window = window
        self._key_name = key_name
        self._buttons = dict(buttons or {})
        self._waiting: deque[Press | Key] = deque()
        self._odd: list[Odd] = []
        self._event_s: float | None = None
        self.contacts = Contacts(rules)
        self.fingers: Callable[[], list[Contact]] | None = None
        self.server_times = self._watch_server_times()
        window.push_handlers(on_mouse_press=self._pressed, on_mouse_release=self._released, on_key_press=self._key)

    @property
    def timed(self) -> str:
        """How presses and keys are timed."""
        return SERVER_TIME if self.server_times else READ_TIME

    def take(self) -> list[Press | Key]:
        """Let the window look for events and return the new ones, oldest first."""
        self._look()
        found = sorted(self._waiting, key=lambda event: event.at_s) if self.fingers else list(self._waiting)
        self._waiting.clear()
        return found

    def odd(self) -> list[Odd]:
        """Return the contacts since this was last asked that were refused or held."""
        found, self._odd = self._odd, []
        return found

    def clear(self) -> None:
        """Forget everything that waits."""
        self._look()
        self._waiting.clear()
        self._odd.clear()

    def _look(self) -> None:
        self._window.dispatch_events()
        if self.fingers is not None:
            for contact in self.fingers():
                self._contact(contact, SERVER_TIME if self.server_times else READ_TIME, "touch")

    def _watch_server_times(self) -> bool:
        """Read the time of each X event just before pyglet handles it; False where the window is not X."""
        views = getattr(self._window, "_view_event_handlers", None)
        windows = getattr(self._window, "_event_handlers", None)
        if not isinstance(views, dict) or not isinstance(windows, dict) or X_BUTTON_PRESS not in views:
            return False
        wanted = ((views, X_BUTTON_PRESS), (views, X_BUTTON_RELEASE), (windows, X_KEY_PRESS), (views, X_KEY_PRESS))
        for table, kind in wanted:
            if kind in table:
                table[kind] = self._timed(table[kind])
        return True

    def _timed(self, handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def handle(event: Any) -> Any:
            now_s = time.perf_counter()
            # XButtonEvent and XKeyEvent have the same fields up to the time
            self._event_s = event_time(int(event.xbutton.time), now_s)
            self.server_times = self.server_times and self._event_s is not None
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
        self._pointer("down", x, y, button)
        return True

    def _released(self, x: int, y: int, button: int, modifiers: int) -> bool:
        self._pointer("up", x, y, button)
        return True

    def _pointer(self, what: Literal["down", "up"], x: int, y: int, button: int) -> None:
        if button == FIRST_BUTTON:
            at_s, timed = self._stamp()
            width, height = self._window.get_size()
            self._contact(Contact(POINTER, what, x - width / 2, y - height / 2, at_s), timed, "")

    def _contact(self, contact: Contact, timed: str, source: Source) -> None:
        """Judge a contact; presses wait to be taken, everything else odd is kept for the record."""
        match self.contacts.feed(contact):
            case Judged(why=""):
                self._waiting.append(Press(contact.x, contact.y, contact.at_s, timed, source))
            case Judged(why=why):
                place = {"x": round(contact.x), "y": round(contact.y)}
                self._odd.append(Odd("touch_refused", contact.at_s, {"why": why, "contact": contact.number, **place}))
            case Lifted(down_s=down_s) if down_s >= self.contacts.rules.held_s:
                detail = {"contact": contact.number, "held_ms": round(down_s * 1000)}
                self._odd.append(Odd("touch_held", contact.at_s - down_s, detail))

    def _key(self, symbol: int, modifiers: int) -> bool:
        at_s, timed = self._stamp()
        name = self._key_name(symbol).lower()
        name = name.removeprefix("num_") if name.removeprefix("num_").isdigit() else name.lstrip("_")
        name = {"enter": "return", "num_enter": "return"}.get(name, name)
        device = "button box" if name in self._buttons else "keyboard"
        self._waiting.append(Key(self._buttons.get(name, name), at_s, timed, device))
        return True
