"""The little of Xlib that a session needs outside the presenter: is a display there, and press like a person.

Calls libX11 and libXtst directly, so neither a window nor another package is needed. The presses go through the X
server and its input queue exactly as those of a mouse or touch screen do; `protocols.robot` uses them. Any thread may
call.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
import threading
from functools import cache

from devkit.errors import UserError

_ExitHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_stay = _ExitHandler(lambda display, data: None)


@cache
def library(name: str) -> ctypes.CDLL | None:
    """Return a system library by its short name; None where it is not installed."""
    path = ctypes.util.find_library(name)
    return ctypes.CDLL(path) if path else None


def xlib() -> ctypes.CDLL | None:
    """Return libX11 with the types of what this project calls; None where it is not installed."""
    lib = library("X11")
    if lib is not None:
        lib.XOpenDisplay.restype = ctypes.c_void_p
        lib.XOpenDisplay.argtypes = [ctypes.c_char_p]
        lib.XCloseDisplay.argtypes = [ctypes.c_void_p]
        lib.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
        lib.XStringToKeysym.restype = ctypes.c_ulong
        lib.XStringToKeysym.argtypes = [ctypes.c_char_p]
        lib.XDefaultRootWindow.restype = ctypes.c_ulong
        lib.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        lib.XGetAtomName.restype = ctypes.c_void_p
        lib.XGetAtomName.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        lib.XFree.argtypes = [ctypes.c_void_p]
        lib.XKeysymToKeycode.restype = ctypes.c_ubyte
        lib.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
    return lib


def reachable(display: str) -> bool:
    """Whether the X server ``display`` (``:0``) lets us in; False also where there is no Xlib."""
    lib = xlib()
    if lib is None:
        return False
    connection = lib.XOpenDisplay(display.encode())
    if not connection:
        return False
    lib.XCloseDisplay(connection)
    return True


class Injector:
    """A connection that presses, moves and types through the XTest extension.

    Args:
        display: X display, ``:0``.

    Raises:
        UserError: The display does not answer, or cannot take injected input.
    """

    def __init__(self, display: str) -> None:
        x, test = xlib(), library("Xtst")
        if x is None or test is None:
            raise UserError("injected input needs libX11 and libXtst", hint="install libxtst6", code="no-xtest")
        self._x, self._test = x, test
        self._using = threading.Lock()
        self._pressed = False
        self._display = x.XOpenDisplay(display.encode())
        if not self._display:
            raise UserError(f"the display {display} does not answer", code="no-display")
        test.XTestQueryExtension.argtypes = [ctypes.c_void_p] + [ctypes.POINTER(ctypes.c_int)] * 4
        test.XTestFakeMotionEvent.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 3 + [ctypes.c_ulong]
        test.XTestFakeButtonEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
        test.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
        if hasattr(x, "XSetIOErrorExitHandler"):  # without it Xlib ends our process when the server goes away
            x.XSetIOErrorExitHandler.argtypes = [ctypes.c_void_p, _ExitHandler, ctypes.c_void_p]
            x.XSetIOErrorExitHandler(self._display, _stay, None)
        numbers = [ctypes.c_int() for _ in range(4)]
        if not test.XTestQueryExtension(self._display, *(ctypes.byref(number) for number in numbers)):
            self.close()
            raise UserError(f"the display {display} takes no injected input (no XTEST)", code="no-xtest")

    def move(self, x: float, y: float) -> None:
        """Move the pointer to a place on the desktop, pixels from its top left."""
        with self._using:
            if self._display:
                self._test.XTestFakeMotionEvent(self._display, -1, round(x), round(y), 0)
                self._x.XSync(self._display, 0)

    def button(self, down: bool) -> None:
        """Press or release the first button."""
        with self._using:
            self._button(down)

    def _button(self, down: bool) -> None:
        if self._display:
            self._test.XTestFakeButtonEvent(self._display, 1, int(down), 0)
            self._x.XSync(self._display, 0)
            self._pressed = down

    def key(self, name: str) -> None:
        """Press and release a key by its X name (``Return``, ``7``, ``Left``).

        Raises:
            UserError: The keyboard has no such key.
        """
        with self._using:
            if not self._display:
                return
            code = self._x.XKeysymToKeycode(self._display, self._x.XStringToKeysym(name.encode()))
            if not code:
                raise UserError(f"the keyboard of this display has no key {name}", code="no-key")
            for down in (1, 0):
                self._test.XTestFakeKeyEvent(self._display, code, down, 0)
            self._x.XSync(self._display, 0)

    def close(self) -> None:
        """Let go of the button and close the connection; whatever is asked for later does nothing."""
        with self._using:
            if self._pressed:
                self._button(False)
            if self._display:
                self._x.XCloseDisplay(self._display)
                self._display = None


def require_display(display: str | None = None) -> None:
    """Make sure that a window can be opened, before anything heavy is imported.

    Args:
        display: X display; None takes the environment's.

    Raises:
        UserError: There is no display, with the ways to get one.
    """
    if sys.platform in ("win32", "darwin"):
        return
    name = display if display is not None else os.environ.get("DISPLAY", "")
    if not name:
        raise UserError(
            "there is no display for the child's window",
            hint="run on a machine with a screen, or under `xvfb-run -s '-screen 0 1280x800x24'`",
            code="no-display",
        )
    if not reachable(name):
        raise UserError(
            f"the display {name} does not answer",
            hint="check DISPLAY, or run under `xvfb-run -s '-screen 0 1280x800x24'`",
            code="no-display",
        )
