"""Nothing on the child's screen may flash more than three times a second. Pure.

A flash is a pair of opposing changes of relative luminance of at least a tenth of the brightest white, where the
darker of the two is below 0.8 of it (general flash threshold of WCAG 2.2, success criterion 2.3.1). Colours are told
by their luminance only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MOST_FLASHES = 3
WINDOW_MS = 1000.0
LEAST_CHANGE = 0.1
DARK = 0.8
SHORTEST_FRAME_MS = WINDOW_MS / (2 * MOST_FLASHES)  # two frames, one bright and one dark, are one flash


def relative_luminance(pixels: npt.NDArray[np.uint8]) -> float:
    """Return the mean relative luminance of a picture, 0 black to 1 white.

    Args:
        pixels: sRGB, shape (height, width, 3 or 4).
    """
    share = pixels[..., :3].astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float((linear @ np.array([0.2126, 0.7152, 0.0722])).mean())


def flashes(times_ms: Sequence[float], luminances: Sequence[float]) -> int:
    """Return the most flashes that fall into any one second.

    Args:
        times_ms: When each picture comes up, ascending.
        luminances: Relative luminance of each.
    """
    changes = _opposing_changes(times_ms, luminances)
    most = 0
    for number, begin in enumerate(changes):
        within = sum(at - begin < WINDOW_MS for at in changes[number:])
        most = max(most, within // 2)
    return most


def _opposing_changes(times_ms: Sequence[float], luminances: Sequence[float]) -> list[float]:
    """Return the times of the changes that are large enough, each opposed to the one before."""
    found: list[float] = []
    extreme, direction = (luminances[0] if luminances else 0.0), 0
    for at, value in zip(times_ms, luminances, strict=True):
        change = value - extreme
        sign = (change > 0) - (change < 0)
        if sign == direction:
            extreme = value  # it goes on in the same direction
        elif abs(change) >= LEAST_CHANGE and min(value, extreme) < DARK:
            found.append(at)
            extreme, direction = value, sign
    return found


def too_fast(times_ms: Sequence[float], luminances: Sequence[float]) -> bool:
    """Whether pictures that follow each other flash more than three times a second."""
    return flashes(times_ms, luminances) > MOST_FLASHES
