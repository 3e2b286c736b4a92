"""Agreement of two coders: share of frames coded alike, and Cohen's kappa, over all trials and for each.

Frames are matched by trial and time, at most half a frame apart. Kappa is (observed − expected) / (1 − expected), with
the agreement expected of two coders with these frequencies (Cohen, 1960); it is not defined where both coders use one
and the same area throughout. Frames that both could not see agree; they can be left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devkit.errors import UserError
from devkit.records import GazeRecord

AREAS = ("target", "distractor", "other", "missing")
HALF_FRAME_MS = 20.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two coders agree.

    Attributes:
        frames: Frames that both coded.
        unmatched: Frames that only one of them coded.
        agreement: Share coded alike; None without frames.
        kappa: Cohen's kappa; None where it is not defined.
        confusion: Frames by area of the first coder, then of the second, in the order of `AREAS`.
    """

    frames: int
    unmatched: int
    agreement: float | None
    kappa: float | None
    confusion: tuple[tuple[int, ...], ...]


def compare(
    gaze: Iterable[GazeRecord], first: str, second: str, *, within_ms: float = HALF_FRAME_MS
) -> tuple[Agreement, dict[str, Agreement]]:
    """Compare two coders of a session.

    Args:
        gaze: Its gaze.
        first: One coder.
        second: The other.
        within_ms: Frames that lie no further apart are the same.

    Returns:
        Their agreement over all trials, and by trial id.

    Raises:
        UserError: One of them coded nothing, or they coded no trial in common.
    """
    rows: dict[str, dict[str, list[tuple[float, str]]]] = {first: defaultdict(list), second: defaultdict(list)}
    coders = Counter[str]()
    for one in gaze:
        coders[one.coder] += 1
        if one.coder in rows:
            rows[one.coder][one.trial_id].append((one.t_word_ms, one.aoi))
    for coder in (first, second):
        if not rows[coder]:
            raise UserError(f"'{coder}' coded nothing here", hint=f"coders: {', '.join(sorted(coders)) or 'none'}")
    common = [trial_id for trial_id in rows[first] if trial_id in rows[second]]
    if not common:
        raise UserError(f"'{first}' and '{second}' coded no trial in common")
    matched = {trial_id: match(rows[first][trial_id], rows[second][trial_id], within_ms) for trial_id in common}
    pairs = [pair for found, _ in matched.values() for pair in found]
    unmatched = sum(alone for _, alone in matched.values())
    return agree(pairs, unmatched), {trial_id: agree(found, alone) for trial_id, (found, alone) in matched.items()}


def match(
    one: Sequence[tuple[float, str]], other: Sequence[tuple[float, str]], within_ms: float = HALF_FRAME_MS
) -> tuple[list[tuple[str, str]], int]:
    """Return the areas of frames that both coded, each frame used once, and how many frames only one coded."""
    left, times = sorted(one), sorted(other)
    pairs: list[tuple[str, str]] = []
    free = 0
    for t_ms, area in left:
        at = bisect_left(times, (t_ms - within_ms, ""), lo=free)
        if at < len(times) and times[at][0] <= t_ms + within_ms:
            near = at
            while near + 1 < len(times) and abs(times[near + 1][0] - t_ms) < abs(times[near][0] - t_ms):
                near += 1
            pairs.append((area, times[near][1]))
            free = near + 1
    return pairs, len(left) + len(times) - 2 * len(pairs)


def agree(pairs: Sequence[tuple[str, str]], unmatched: int = 0) -> Agreement:
    """Return the agreement over pairs of areas."""
    counts = Counter(pairs)
    confusion = tuple(tuple(counts[a, b] for b in AREAS) for a in AREAS)
    total = len(pairs)
    if not total:
        return Agreement(0, unmatched, None, None, confusion)
    observed = sum(counts[area, area] for area in AREAS) / total
    kappa = cohen_kappa(confusion)
    return Agreement(total, unmatched, observed, kappa, confusion)


def cohen_kappa(table: Sequence[Sequence[float]]) -> float | None:
    """Return Cohen's kappa of a square table of counts; None where one category holds everything."""
    total = sum(map(sum, table))
    if not total:
        return None
    observed = sum(row[at] for at, row in enumerate(table)) / total
    expected = sum(sum(row) * sum(column) for row, column in zip(table, zip(*table, strict=True), strict=True))
    expected /= total**2
    return (observed - expected) / (1 - expected) if expected < 1 - 1e-12 else None
