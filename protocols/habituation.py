"""When a child has become used to a picture: the criterion of a Familiarization, as a pure function of looking times.

The looking of a sliding window of trials is compared with the first window, or with the longest so far (Cohen, 1972,
and most laboratories since: half the looking of the first three trials). The numbers are the protocol's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from protocols.rules import Habituation

type Verdict = Literal["habituated", "not_habituated"]


def verdict(rule: Habituation, looks_ms: Sequence[float]) -> Verdict | None:
    """Say whether the showing of the familiar picture is over.

    Args:
        rule: The criterion.
        looks_ms: Looking time of each trial so far, in order.

    Returns:
        ``habituated``, ``not_habituated`` after the most trials, or None to go on. The window that meets the criterion
        shares no trial with the first one.
    """
    count, width = len(looks_ms), rule.window
    if count >= max(rule.least_trials, 2 * width):
        sums = [sum(looks_ms[first : first + width]) for first in range(count - width + 1)]
        basis = sums[0] if rule.basis == "first" else max(sums[: count - 2 * width + 1])
        if sums[-1] <= rule.share * basis:
            return "habituated"
    return "not_habituated" if count >= rule.most_trials else None
