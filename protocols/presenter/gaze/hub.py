"""Trackers through PsychoPy's ioHub: EyeLink and Gazepoint, never tried on hardware here, and its mouse for tests.

ioHub is started without a keyboard device and with a mouse that reports neither clicks nor movements outside the
child's window: by default it listens to the keys and clicks of the whole station. It is a process of its own; its
times are brought to `time.perf_counter`. Its calibrations are not used: they open a window of their own, in English,
and return no quality. What is no gaze is said by the status of a sample; a place of 0, 0 is the middle of the screen.
"""

from __future__ import annotations

import math
import socket
import time
from typing import Any

from psychopy.iohub.client import Computer, ioHubConnection
from pyglet.canvas import get_display

from devkit.errors import UserError
from protocols.gaze.calibration import Point
from protocols.gaze.settings import GazeSettings
from protocols.presenter.gaze.trackers import Place, Raw, Wish

CLASSES = {
    "mouse": "eyetracker.hw.mouse.EyeTracker",
    "eyelink": "eyetracker.hw.sr_research.eyelink.EyeTracker",
    "gazepoint": "eyetracker.hw.gazepoint.gp3.EyeTracker",
}
HINTS = {
    "eyelink": "is it on, its address right, and 'psychopy-eyetracker-sr-research' installed?",
    "gazepoint": "does Gazepoint Control run, and is 'psychopy-eyetracker-gazepoint' installed?",
}
MOUSE_RATES, EYELINK_RATES = (50, 100), (250, 500, 1000, 2000)


class HubTracker:
    """A tracker that ioHub serves.

    Args:
        settings: Which, where, and at what rate.
        place: Where the child's window is.

    Raises:
        UserError: ioHub does not come up, or the device does not answer.
    """

    def __init__(self, settings: GazeSettings, place: Place) -> None:
        self._place, self.name = place, f"ioHub {settings.source}"
        try:
            self._hub: Any = ioHubConnection(_configuration(settings, place))
            self._device: Any = self._hub.getDevice("tracker")
            if self._device is None or not hasattr(self._device, "setRecordingState"):
                raise RuntimeError("the device was not started")
        except Exception as error:  # boundary to ioHub, which raises whatever its devices raise
            raise UserError(
                f"the eye tracker ({settings.source}) does not answer: {error}",
                hint=HINTS.get(settings.source, "go on without gaze"),
                code="tracker",
            ) from error
        self._offset_s = time.perf_counter() - Computer.getTime()

    def start(self) -> None:
        """Begin to record."""
        self._device.clearEvents()
        self._device.setRecordingState(True)

    def take(self) -> list[Raw]:
        """Return the samples since the last call."""
        return [
            Raw(float(event["time"]) + self._offset_s, self._point(event))
            for event in self._device.getEvents(asType="dict")
            if "gaze_x" in event or "left_gaze_x" in event
        ]

    def attend(self, wish: Wish) -> None:
        """Take no notice."""

    def stop(self) -> None:
        """End recording."""
        self._device.setRecordingState(False)

    def close(self) -> None:
        """End ioHub."""
        self._hub.quit()

    def _point(self, event: dict[str, Any]) -> Point | None:
        """Return where both eyes, or the one that is seen, look; status 2 says right lost, 20 left lost, 22 both."""
        status = int(event["status"])
        if "gaze_x" in event:
            eyes = [(event["gaze_x"], event["gaze_y"])] if status == 0 else []
        else:
            seen = {"left": status not in (20, 22), "right": status not in (2, 22)}
            eyes = [(event[f"{eye}_gaze_x"], event[f"{eye}_gaze_y"]) for eye, there in seen.items() if there]
        eyes = [(x, y) for x, y in eyes if math.isfinite(x) and math.isfinite(y)]
        if not eyes:
            return None
        return self._place.share(sum(x for x, _ in eyes) / len(eyes), sum(y for _, y in eyes) / len(eyes))


def _configuration(settings: GazeSettings, place: Place) -> dict[str, Any]:
    display = {
        "reporting_unit_type": "pix",
        "device_number": _screen_number(place),
        "psychopy_monitor_name": "devkit",
        "override_using_psycho_settings": True,
    }
    mouse = {"report_system_wide_events": False, "save_events": False, "stream_events": False}
    devices: list[dict[str, Any]] = [{"Display": display}, {"Experiment": {}}]
    if settings.source == "mouse":
        devices.append({"Mouse": mouse})
    return {"udp_port": _free_port(), "monitor_devices": [*devices, {CLASSES[settings.source]: _device(settings)}]}


def _device(settings: GazeSettings) -> dict[str, Any]:
    if settings.source == "mouse":
        rate = min(MOUSE_RATES, key=lambda known: abs(known - settings.rate_hz))
        controls = {"move": [], "blink": ["MIDDLE_BUTTON"], "saccade_threshold": 0.5}
        runtime = {"sampling_rate": rate, "track_eyes": "RIGHT_EYE"}
        return {"name": "tracker", "save_events": False, "runtime_settings": runtime, "controls": controls}
    if settings.source == "eyelink":
        rate = min(EYELINK_RATES, key=lambda known: abs(known - settings.rate_hz))
        runtime = {"sampling_rate": rate, "track_eyes": "BOTH"}
        address = {"network_settings": settings.address} if settings.address else {}
        return {"name": "tracker", "model_name": "EYELINK 1000 REMOTE", "runtime_settings": runtime, **address}
    host, _, port = settings.address.partition(":")
    network = {"ip_address": host or "127.0.0.1", "port": int(port) if port.isdigit() else 4242}
    return {"name": "tracker", "network_settings": network}


def _screen_number(place: Place) -> int:
    screens = get_display().get_screens()
    found = [n for n, one in enumerate(screens) if (one.x, one.y, one.width, one.height) == place.screen]
    return found[0] if found else 0


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
