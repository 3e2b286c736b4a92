"""Shares of looking at the target: after the word, before it, and how much of the window could be used.

The window opens 400 ms and closes 4000 ms after the word's onset, within what reanalyses of some 4,000 children
recommend (begin 400 to 600 ms, end 3000 to 4000 ms); the samples stay in the ``gaze`` table for any other choice. The
baseline is everything before the word. Each sample counts alike; a share is target over target and distractor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_MS = (400.0, 4000.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of looking in one trial; None where nothing was looked at.

    Attributes:
        target: Target over target and distractor within the window.
        baseline: The same before the word.
        usable: Samples of the window that fall on either picture, of all samples of the window.
    """

    target: float | None
    baseline: float | None
    usable: float | None


def look_shares(samples: Iterable[tuple[float, str]], window_ms: tuple[float, float] = WINDOW_MS) -> Shares:
    """Return the shares of looking of a trial.

    Args:
        samples: Time from word onset in ms (negative before it), and area.
        window_ms: Begin and end of the window after the word.
    """
    rows = list(samples)
    after = [area for t_ms, area in rows if window_ms[0] <= t_ms <= window_ms[1]]
    before = [area for t_ms, area in rows if t_ms < 0]
    used = sum(area in ("target", "distractor") for area in after)
    usable = used / len(after) if after else None
    return Shares(_share(after), _share(before), usable)


def _share(areas: list[str]) -> float | None:
    target, distractor = areas.count("target"), areas.count("distractor")
    return target / (target + distractor) if target + distractor else None
