"""An X server with two screens and a touch screen, all in memory: Xorg with the dummy driver and the inputtest driver.

The second screen can be lost and come back (`TwoScreens.lose`), and fingers can be put on it (`Hand`), one by one.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST, SECOND = "DUMMY0", "DUMMY1"
FIRST_PLACE, SECOND_PLACE = (0, 0, 1280, 800), (1280, 0, 1024, 768)
DESKTOP = (2304, 800)
MODULES = Path("/usr/lib/xorg/modules")
CONFIG = """
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "DontVTSwitch" "true"
EndSection
Section "Device"
    Identifier "card"
    Driver "dummy"
    VideoRam 65536
EndSection
Section "Monitor"
    Identifier "glass"
    HorizSync 5.0-1000.0
    VertRefresh 5.0-200.0
EndSection
Section "Screen"
    Identifier "screen"
    Device "card"
    Monitor "glass"
    DefaultDepth 24
EndSection
Section "InputDevice"
    Identifier "hand"
    Driver "inputtest"
    Option "SocketPath" "{socket}"
    Option "DeviceType" "Touch"
    Option "TouchCount" "5"
EndSection
Section "ServerLayout"
    Identifier "layout"
    Screen "screen"
    InputDevice "hand" "SendCoreEvents"
EndSection
"""
QUIET = ("-noreset", "-nolisten", "tcp", "-novtswitch", "-sharevts")
VALUATORS = 64
VERSION_EVENT, SYNC_EVENT, TOUCH_EVENT = 0, 1, 6
BEGIN, UPDATE, END = 18, 19, 20
FULL = 65535


def installed() -> bool:
    """Whether Xorg and both drivers are there."""
    drivers = (MODULES / "drivers" / "dummy_drv.so", MODULES / "input" / "inputtest_drv.so")
    return all(map(shutil.which, ("Xorg", "xrandr"))) and all(driver.exists() for driver in drivers)


class TwoScreens:
    """A running server."""

    def __init__(self, display: str, touch_socket: Path) -> None:
        self.display, self.touch_socket = display, touch_socket
        for mode in ("1024x768", "1280x800"):
            self.xrandr("--addmode", SECOND, mode)
        self.restore()

    def xrandr(self, *arguments: str) -> None:
        subprocess.run(["xrandr", "--display", self.display, *arguments], check=True, capture_output=True)

    def lose(self) -> None:
        """Lose the second screen, as when its cable is pulled."""
        self.xrandr("--output", SECOND, "--off")

    def restore(self) -> None:
        """Have both screens side by side."""
        first = ("--output", FIRST, "--mode", "1280x800", "--pos", "0x0", "--primary")
        self.xrandr(*first, "--output", SECOND, "--mode", "1024x768", "--pos", "1280x0")


@contextmanager
def two_screens(folder: Path) -> Iterator[TwoScreens]:
    """Run a server with two screens."""
    touch_socket = folder / "touch"
    config, log = folder / "xorg.conf", folder / "xorg.log"
    config.write_text(CONFIG.format(socket=touch_socket))
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xorg", "-displayfd", str(write_end), "-config", str(config), "-logfile", str(log), *QUIET],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as told:
            number = told.readline().strip()
        yield TwoScreens(f":{number}", touch_socket)
    finally:
        server.terminate()
        server.wait(10)


class Hand:
    """Fingers on the touch screen; places in pixels of the desktop. The driver takes one hand only, once."""

    def __init__(self, screens: TwoScreens, desktop: tuple[int, int] = DESKTOP) -> None:
        self._desktop = desktop
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.settimeout(60)
        self._door.connect(str(screens.touch_socket))
        self._send(VERSION_EVENT, struct.pack("=HH", 1, 1))
        self._door.recv(12)

    def put(self, finger: int, x: float, y: float) -> float:
        """Put a finger down; returns `time.perf_counter` of it."""
        return self._touch(finger, BEGIN, x, y)

    def move(self, finger: int, x: float, y: float) -> float:
        """Move a finger that is down."""
        return self._touch(finger, UPDATE, x, y)

    def lift(self, finger: int, x: float, y: float) -> float:
        """Lift a finger."""
        return self._touch(finger, END, x, y)

    def close(self) -> None:
        """Let go."""
        self._door.close()

    def _touch(self, finger: int, kind: int, x: float, y: float) -> float:
        width, height = self._desktop
        axes = [x * FULL / (width - 1), y * FULL / (height - 1)]
        mask = bytes([0b11]) + bytes(VALUATORS // 8 - 1)
        values = struct.pack(f"={VALUATORS}d", *axes, *[0.0] * (VALUATORS - 2))
        valuators = struct.pack("=I", 0) + mask + b"\0" * 4 + values + bytes(8 * VALUATORS)
        now_s = time.perf_counter()
        self._send(TOUCH_EVENT, struct.pack("=II", finger, kind) + valuators)
        self._send(SYNC_EVENT, b"")
        self._door.recv(8)
        return now_s

    def _send(self, kind: int, rest: bytes) -> None:
        self._door.sendall(struct.pack("=II", 8 + len(rest), kind) + rest)
