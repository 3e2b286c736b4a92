"""The screens of an X display: name, place, size, refresh rate, and whether each is still plugged in. Plain Xlib calls.

What the server knows already is asked for, so that a question costs under a millisecond and never makes a graphics card
look for screens. On other systems, and where Xrandr is missing, nothing is known.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

from protocols.x11 import library, xlib

CONNECTED = 0
Id = ctypes.c_ulong


class _Monitor(ctypes.Structure):
    _fields_ = (
        ("name", Id),
        ("primary", ctypes.c_int),
        ("automatic", ctypes.c_int),
        ("outputs", ctypes.c_int),
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("width_mm", ctypes.c_int),
        ("height_mm", ctypes.c_int),
        ("output_ids", ctypes.POINTER(Id)),
    )


class _Mode(ctypes.Structure):
    _fields_ = (
        ("id", Id),
        ("width", ctypes.c_uint),
        ("height", ctypes.c_uint),
        ("dot_clock", ctypes.c_ulong),
        ("h_sync_start", ctypes.c_uint),
        ("h_sync_end", ctypes.c_uint),
        ("h_total", ctypes.c_uint),
        ("h_skew", ctypes.c_uint),
        ("v_sync_start", ctypes.c_uint),
        ("v_sync_end", ctypes.c_uint),
        ("v_total", ctypes.c_uint),
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_uint),
        ("flags", ctypes.c_ulong),
    )


class _Resources(ctypes.Structure):
    _fields_ = (
        ("timestamp", ctypes.c_ulong),
        ("config_timestamp", ctypes.c_ulong),
        ("crtc_count", ctypes.c_int),
        ("crtcs", ctypes.POINTER(Id)),
        ("output_count", ctypes.c_int),
        ("outputs", ctypes.POINTER(Id)),
        ("mode_count", ctypes.c_int),
        ("modes", ctypes.POINTER(_Mode)),
    )


class _Output(ctypes.Structure):  # the fields behind these are not read
    _fields_ = (
        ("timestamp", ctypes.c_ulong),
        ("crtc", Id),
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_int),
        ("mm_width", ctypes.c_ulong),
        ("mm_height", ctypes.c_ulong),
        ("connection", ctypes.c_ushort),
    )


class _Crtc(ctypes.Structure):  # the fields behind these are not read
    _fields_ = (
        ("timestamp", ctypes.c_ulong),
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("width", ctypes.c_uint),
        ("height", ctypes.c_uint),
        ("mode", Id),
    )


@dataclass(frozen=True, slots=True)
class Monitor:
    """One screen of an X display.

    Attributes:
        name: As the X server calls it (``HDMI-1``; ``screen`` for a virtual one).
        geometry: x, y, width, height on the desktop, pixels.
        size_mm: Width and height as the screen states them, 0 when it does not.
        primary: Whether it is the desktop's first.
        refresh_hz: Refresh rate of its mode; 0 when not stated.
        connected: Whether it is plugged in; a desktop may go on drawing to one that is not.
    """

    name: str
    geometry: tuple[int, int, int, int]
    size_mm: tuple[int, int] = (0, 0)
    primary: bool = False
    refresh_hz: float = 0.0
    connected: bool = True

    def place(self) -> str:
        """Return its geometry as X writes it (``1920x1080+0+0``)."""
        x, y, width, height = self.geometry
        return f"{width}x{height}{x:+d}{y:+d}"


@cache
def _xrandr() -> Any:
    randr = library("Xrandr")
    if randr is None or xlib() is None:
        return None
    for name, answer in (
        ("XRRGetMonitors", _Monitor),
        ("XRRGetScreenResourcesCurrent", _Resources),
        ("XRRGetOutputInfo", _Output),
        ("XRRGetCrtcInfo", _Crtc),
    ):
        getattr(randr, name).restype = ctypes.POINTER(answer)
    randr.XRRGetMonitors.argtypes = [ctypes.c_void_p, Id, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    randr.XRRGetScreenResourcesCurrent.argtypes = [ctypes.c_void_p, Id]
    randr.XRRGetOutputInfo.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Resources), Id]
    randr.XRRGetCrtcInfo.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Resources), Id]
    randr.XRRFreeMonitors.argtypes = [ctypes.POINTER(_Monitor)]
    randr.XRRFreeScreenResources.argtypes = [ctypes.POINTER(_Resources)]
    randr.XRRFreeOutputInfo.argtypes = [ctypes.POINTER(_Output)]
    randr.XRRFreeCrtcInfo.argtypes = [ctypes.POINTER(_Crtc)]
    return randr


def monitors(display: str) -> list[Monitor]:
    """Return the screens of an X display, the first one first; empty where that cannot be asked."""
    x, randr = xlib(), _xrandr()
    connection = x.XOpenDisplay(display.encode()) if x is not None and randr is not None else None
    if x is None or not connection:
        return []
    try:
        root = x.XDefaultRootWindow(connection)
        resources = randr.XRRGetScreenResourcesCurrent(connection, root)
        count = ctypes.c_int()
        rows = randr.XRRGetMonitors(connection, root, 1, ctypes.byref(count))
        found = [_monitor(x, randr, connection, resources, row) for row in rows[: count.value]] if rows else []
        if rows:
            randr.XRRFreeMonitors(rows)
        if resources:
            randr.XRRFreeScreenResources(resources)
    finally:
        x.XCloseDisplay(connection)
    return sorted(found, key=lambda monitor: not monitor.primary)


def _monitor(x: Any, randr: Any, connection: int, resources: Any, row: Any) -> Monitor:
    text = x.XGetAtomName(connection, row.name)
    name = ctypes.string_at(text).decode(errors="replace")
    x.XFree(text)
    refresh_hz, connected = 0.0, True
    if resources and row.outputs:
        refresh_hz, connected = _output(randr, connection, resources, row.output_ids[0])
    place = (row.x, row.y, row.width, row.height)
    return Monitor(name, place, (row.width_mm, row.height_mm), bool(row.primary), refresh_hz, connected)


def _output(randr: Any, connection: int, resources: Any, output_id: int) -> tuple[float, bool]:
    """Return the refresh rate of an output's mode, and whether it is plugged in."""
    output = randr.XRRGetOutputInfo(connection, resources, output_id)
    if not output:
        return 0.0, True
    connected, crtc_id = output.contents.connection == CONNECTED, output.contents.crtc
    randr.XRRFreeOutputInfo(output)
    crtc = randr.XRRGetCrtcInfo(connection, resources, crtc_id) if crtc_id else None
    if not crtc:
        return 0.0, connected
    mode_id = crtc.contents.mode
    randr.XRRFreeCrtcInfo(crtc)
    modes = resources.contents.modes[: resources.contents.mode_count]
    mode = next((one for one in modes if one.id == mode_id), None)
    if mode is None or not mode.h_total or not mode.v_total:
        return 0.0, connected
    return mode.dot_clock / (mode.h_total * mode.v_total), connected
