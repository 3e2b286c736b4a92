"""How simulated children grow. Every number here is invented for simulation; none is a norm, none describes a child.

Ability in a task is a straight line over age in logits, so that the share of right answers grows as a logistic curve
from chance to one minus the lapses: at ``midpoint`` months a child of average ability is half-way, and one ``slope``
later at 73 % of the way. Reaction times, lapses and refusals fall with age towards a floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth of one task.

    Attributes:
        midpoint: Age at which ability is 0 logits, months.
        slope: Months for one logit.
    """

    midpoint: float
    slope: float

    def ability(self, age_months: float) -> float:
        """Return the average ability at an age, logits."""
        return (age_months - self.midpoint) / self.slope


GROWTH: dict[str, Growth] = {
    "looking_while_listening": Growth(15, 5),
    "familiarization": Growth(9, 6),
    "touch_tutorial": Growth(14, 4),
    "hidden_toy": Growth(24, 6),
    "picture_vocabulary": Growth(26, 6),
    "localization": Growth(22, 6),
    "left_right": Growth(34, 7),
    "spatial_details": Growth(27, 6),
    "visual_delayed_response": Growth(25, 6),
    "memory": Growth(27, 6),
    "who_has_more": Growth(28, 5),
    "subitizing": Growth(32, 5),
    "object_counting": Growth(38, 5),
}
"""Invented growth of each task; the order of the midpoints follows the ages of the measures, nothing more."""

ELSEWHERE = Growth(28, 6)
BETWEEN_CHILDREN = 0.7
BETWEEN_TASKS = 0.4
RT_SPREAD = 0.35
FIRST_LOOK_MS = 11_000.0
LONGEST_LOOK_MS = 20_000.0
LOOK_FADING = 0.85
"""Each further showing of a picture is looked at for this share of the one before."""


def lapse(age_months: float) -> float:
    """Return the probability of an answer that has nothing to do with the question: 0.25 at birth, down to 0.03."""
    return 0.03 + 0.22 * math.exp(-age_months / 18)


def no_response(age_months: float) -> float:
    """Return the probability that a child does not respond at all: 0.30 at birth, down to 0.01."""
    return 0.01 + 0.29 * math.exp(-age_months / 14)


def median_rt_ms(age_months: float) -> float:
    """Return the median reaction time: 4.7 s at birth, 2.6 s at two years, 1.9 s at three and a half."""
    return 1500 + 3200 * math.exp(-age_months / 20)
