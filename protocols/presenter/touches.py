"""Every finger of a touch screen, told apart, with the X server's own time: touch events of X Input 2.2.

X makes a pointer of the first finger only: with a hand resting on the screen all other fingers would be lost. So
touches are asked for on the child's window over a connection of its own; whoever gets them gets no pointer events for
the same fingers. Where there is no such extension (no X, an old server) the pointer is all there is.
"""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from typing import Any, Literal

from protocols.presenter.clock import event_time
from protocols.presenter.contacts import Contact
from protocols.x11 import library, xlib

ALL_MASTERS = 1
TOUCH_CLASS = 8
BEGIN, UPDATE, END = 18, 19, 20
GENERIC_EVENT = 35
WHAT: dict[int, Literal["down", "move", "up"]] = {BEGIN: "down", UPDATE: "move", END: "up"}
FIRST_FINGER = 1  # 0 is the pointer


class _Mask(ctypes.Structure):
    _fields_ = (("device", ctypes.c_int), ("length", ctypes.c_int), ("mask", ctypes.POINTER(ctypes.c_ubyte)))


class _Cookie(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("extension", ctypes.c_int),
        ("evtype", ctypes.c_int),
        ("cookie", ctypes.c_uint),
        ("data", ctypes.c_void_p),
    )


class _Event(ctypes.Union):
    _fields_ = (("type", ctypes.c_int), ("cookie", _Cookie), ("room", ctypes.c_long * 24))


class _Touch(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("extension", ctypes.c_int),
        ("evtype", ctypes.c_int),
        ("time", ctypes.c_ulong),
        ("device", ctypes.c_int),
        ("source", ctypes.c_int),
        ("detail", ctypes.c_int),
        ("root", ctypes.c_ulong),
        ("event", ctypes.c_ulong),
        ("child", ctypes.c_ulong),
        ("root_x", ctypes.c_double),
        ("root_y", ctypes.c_double),
        ("event_x", ctypes.c_double),
        ("event_y", ctypes.c_double),
    )


@cache
def _libraries() -> tuple[Any, Any] | None:
    x, xi = xlib(), library("Xi")
    if x is None or xi is None:
        return None
    x.XPending.argtypes = [ctypes.c_void_p]
    x.XNextEvent.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Event)]
    x.XGetEventData.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Cookie)]
    x.XFreeEventData.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Cookie)]
    number = ctypes.POINTER(ctypes.c_int)
    x.XQueryExtension.argtypes = [ctypes.c_void_p, ctypes.c_char_p, number, number, number]
    xi.XIQueryVersion.argtypes = [ctypes.c_void_p, number, number]
    xi.XISelectEvents.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.POINTER(_Mask), ctypes.c_int]
    return x, xi


class Fingers:
    """The fingers on one window.

    Args:
        window: X id of the window that gets the presses.
        size: Its width and height, pixels.
        display: X display; empty takes the environment's.
    """

    def __init__(self, window: int, size: tuple[int, int], display: str = "") -> None:
        self._half = size[0] / 2, size[1] / 2
        self._connection: int | None = None
        found = _libraries()
        if found is None:
            return
        self._x, xi = found
        connection = self._x.XOpenDisplay((display or os.environ.get("DISPLAY", "")).encode())
        if not connection:
            return
        if _speaks_touch(self._x, xi, connection):
            _select(xi, connection, window)
            self._x.XSync(connection, 0)
            self._connection = connection
        else:
            self._x.XCloseDisplay(connection)

    @property
    def told_apart(self) -> bool:
        """Whether fingers are told apart here."""
        return self._connection is not None

    def take(self) -> list[Contact]:
        """Return what happened to fingers since this was last asked, oldest first. Never waits."""
        connection, found = self._connection, []
        while connection is not None and self._x.XPending(connection):
            event = _Event()
            self._x.XNextEvent(connection, ctypes.byref(event))
            if event.type != GENERIC_EVENT or not self._x.XGetEventData(connection, ctypes.byref(event.cookie)):
                continue
            touch = ctypes.cast(event.cookie.data, ctypes.POINTER(_Touch)).contents
            if event.cookie.evtype in WHAT:
                found.append(self._contact(touch))
            self._x.XFreeEventData(connection, ctypes.byref(event.cookie))
        return found

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._x.XCloseDisplay(self._connection)
            self._connection = None

    def _contact(self, touch: _Touch) -> Contact:
        now_s = time.perf_counter()
        at_s = event_time(touch.time % 2**32, now_s)
        x, y = touch.event_x - self._half[0], self._half[1] - touch.event_y
        return Contact(FIRST_FINGER + touch.detail, WHAT[touch.evtype], x, y, now_s if at_s is None else at_s)


def _speaks_touch(x: Any, xi: Any, connection: int) -> bool:
    numbers = [ctypes.c_int() for _ in range(3)]
    if not x.XQueryExtension(connection, b"XInputExtension", *(ctypes.byref(number) for number in numbers)):
        return False
    major, minor = ctypes.c_int(2), ctypes.c_int(2)
    refused = xi.XIQueryVersion(connection, ctypes.byref(major), ctypes.byref(minor))
    return not refused and (major.value, minor.value) >= (2, 2)


def _select(xi: Any, connection: int, window: int) -> None:
    bits = (ctypes.c_ubyte * 4)()
    for kind in (BEGIN, UPDATE, END):
        bits[kind >> 3] |= 1 << (kind & 7)
    mask = _Mask(ALL_MASTERS, len(bits), ctypes.cast(bits, ctypes.POINTER(ctypes.c_ubyte)))
    xi.XISelectEvents(connection, window, ctypes.byref(mask), 1)


def fingers_of(window: Any, size: tuple[int, int]) -> Fingers | None:
    """Return the fingers on a pyglet window; None where they are not told apart.

    Args:
        window: The pyglet window.
        size: Width and height, pixels.
    """
    view = getattr(window, "_view", None)
    if not isinstance(view, int):
        return None
    fingers = Fingers(view, size)
    return fingers if fingers.told_apart else None
