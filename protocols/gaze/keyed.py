"""Looks that the examiner keys while the child looks: left, right, away, as a gaze source of its own. Pure.

A key says where the child looks from now on. The looks become samples at a fixed rate, like coded video frames, so that
everything downstream treats them alike; before the first key nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from devkit.respondents import GazeSample
from protocols.gaze.areas import Area, Areas

Look = Literal["left", "right", "away"]
KEYS: dict[str, Look] = {"left": "left", "right": "right", "down": "away"}
RATE_HZ = 30.0
CODER = "examiner"


def samples(
    looks: Sequence[tuple[float, Look]], begin_ms: float, end_ms: float, areas: Areas
) -> tuple[GazeSample, ...]:
    """Return keyed looks as samples.

    Args:
        looks: When each look began (session time, ms), in order.
        begin_ms: First sample.
        end_ms: No sample later.
        areas: Where the pictures are.
    """
    found: list[GazeSample] = []
    step, at = 1000 / RATE_HZ, 0
    count = max(0, int((end_ms - begin_ms) / step + 1e-6) + 1)
    for number in range(count):
        t_ms = begin_ms + number * step
        while at < len(looks) and looks[at][0] <= t_ms:
            at += 1
        found.append(GazeSample(t_ms, None, None, _area(looks[at - 1][1] if at else None, areas)))
    return tuple(found)


def _area(look: Look | None, areas: Areas) -> Area:
    if look is None:
        return "missing"
    return "other" if look == "away" else areas.side(look)
