"""What a user may set about an analysis, and the defaults that every report states."""

from __future__ import annotations

from dataclasses import dataclass

DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of an analysis.

    Attributes:
        level: Confidence level of every interval.
        draws: Bootstrap draws of group estimates.
        seed: Seed of the draws, so that a report can be made again to the digit.
        alpha: A task form counts as above chance when p is below this …
        fewest: … and at least so many trials stand behind it.
        bin_months: Width of an age group, months.
        bound: Largest difference that counts as equivalent, stated beforehand; None: nothing is called equivalent.
        any_timing: Let reaction times of the lowest timing tier in.
        corrected_age: Use ages corrected for prematurity, where they are known.
        lapse_most: Upper bound of the lapse rate of curves, up to 0.1; 0 keeps it at 0.
    """

    level: float = 0.95
    draws: int = 2000
    seed: int = 1
    alpha: float = 0.001
    fewest: int = 300
    bin_months: int = 6
    bound: float | None = None
    any_timing: bool = False
    corrected_age: bool = False
    lapse_most: float = 0.0
