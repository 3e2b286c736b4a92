"""Tobii trackers through Lab Streaming Layer, because Tobii's own package has no wheel for this Python.

A bridge program (Tobii's LSL connector, Titta) publishes a stream of type ``Gaze``; `pylsl` receives it. Its first
channels are taken as gaze of the left and right eye in shares of the screen, x then y downwards, as Titta sends them;
where the stream labels its channels, the labels decide. Never tried on hardware here.
"""

from __future__ import annotations

import importlib
import math
import time
from typing import Any

from devkit.errors import UserError
from protocols.gaze.calibration import Point
from protocols.gaze.settings import GazeSettings
from protocols.presenter.gaze.trackers import Raw, Wish

PATIENCE_S = 5.0
LABELS = ("left_x", "left_y", "right_x", "right_y")


class StreamTracker:
    """A tracker whose samples come as a stream.

    Args:
        settings: ``address`` names the stream; empty takes the first of type ``Gaze``.

    Raises:
        UserError: `pylsl` is not installed, or there is no such stream.
    """

    def __init__(self, settings: GazeSettings) -> None:
        lsl = _library()
        wanted = ("name", settings.address) if settings.address else ("type", "Gaze")
        found = lsl.resolve_byprop(*wanted, timeout=PATIENCE_S)
        if not found:
            message = f"there is no gaze stream{f' {settings.address}' if settings.address else ''} on this network"
            raise UserError(message, hint="start the tracker's LSL bridge, or go on without gaze", code="tracker")
        self._lsl, self._inlet = lsl, lsl.StreamInlet(found[0], recover=True)
        self.name = f"stream {found[0].name()}"
        self._channels = channels_of(_labels(self._inlet.info()))
        self._offset_s = 0.0

    def start(self) -> None:
        """Begin to record; the stream's clock is compared with ours."""
        self._inlet.open_stream(timeout=PATIENCE_S)
        self._offset_s = time.perf_counter() - self._lsl.local_clock() + self._inlet.time_correction(timeout=PATIENCE_S)
        self._inlet.flush()

    def take(self) -> list[Raw]:
        """Return the samples since the last call."""
        samples, times = self._inlet.pull_chunk(timeout=0.0)
        return [Raw(at + self._offset_s, point_of(one, self._channels)) for one, at in zip(samples, times, strict=True)]

    def attend(self, wish: Wish) -> None:
        """Take no notice."""

    def stop(self) -> None:
        """End recording."""
        self._inlet.close_stream()

    def close(self) -> None:
        """Let go of the stream."""


def channels_of(labels: list[str]) -> tuple[int, int, int, int]:
    """Return the channels of left x, left y, right x and right y, by their labels where these say so."""
    small = [label.lower().replace(" ", "_") for label in labels]
    found = []
    for wanted in LABELS:
        eye, axis = wanted.split("_")
        fits = [n for n, label in enumerate(small) if eye in label and label.rstrip("_").endswith(axis)]
        found.append(fits[0] if fits else -1)
    return (found[0], found[1], found[2], found[3]) if -1 not in found else (0, 1, 2, 3)


def point_of(sample: list[float], channels: tuple[int, int, int, int]) -> Point | None:
    """Return where both eyes, or the one that is seen, look: shares of the window, y upwards; None outside."""
    eyes = [(sample[channels[n]], 1 - sample[channels[n + 1]]) for n in (0, 2) if channels[n + 1] < len(sample)]
    seen = [(x, y) for x, y in eyes if math.isfinite(x) and math.isfinite(y)]
    if not seen:
        return None
    point = (sum(x for x, _ in seen) / len(seen), sum(y for _, y in seen) / len(seen))
    return point if 0 <= point[0] <= 1 and 0 <= point[1] <= 1 else None


def _library() -> Any:
    try:
        return importlib.import_module("pylsl")
    except (ImportError, RuntimeError) as error:
        hint = "install it with: pip install pylsl"
        raise UserError("Tobii trackers need the package pylsl", hint=hint, code="tracker") from error


def _labels(info: Any) -> list[str]:
    labels, channel = [], info.desc().child("channels").child("channel")
    for _ in range(info.channel_count()):
        labels.append(channel.child_value("label") or "")
        channel = channel.next_sibling()
    return labels
