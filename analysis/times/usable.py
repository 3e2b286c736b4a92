"""Which reaction times may be analysed: only of sessions whose clock ran at 1× and whose timing is better than demo."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.scoring import is_looking

LOWEST_TIER = "demo"
PLAUSIBLE_MS = (100.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class UsableTimes:
    """Times that may be analysed, and how many were not.

    Attributes:
        rows: Answered, valid test trials with ``group``, ``person``, ``task``, ``form``, ``rt_from``, ``rt_ms``,
            ``correct`` and ``rt_plausible``.
        refused_clock: Times of sessions whose clock did not run at 1×.
        refused_tier: Times of sessions of the lowest tier, or of none.
        implausible: Times outside of 100 to 10,000 ms; they are kept in ``rows`` and marked.
        told: True when the lowest tier was let in because the user said so.
    """

    rows: pd.DataFrame
    refused_clock: int
    refused_tier: int
    implausible: int
    told: bool = False

    @property
    def reason(self) -> str:
        """Why there are no times; empty when there are."""
        if len(self.rows):
            return ""
        if self.refused_tier or self.refused_clock:
            return (
                f"{self.refused_tier} times are of sessions of the lowest timing tier and {self.refused_clock} of "
                "sessions whose clock did not run at 1×; --any-timing lets the former in"
            )
        return "no answered trial has a reaction time"

    @property
    def warning(self) -> str:
        """What a reader must know about times of the lowest tier."""
        return "times of the lowest timing tier are included, as told: they may be off by frames" if self.told else ""


def usable_times(frame: pd.DataFrame, *, any_timing: bool = False) -> UsableTimes:
    """Choose the times.

    Args:
        frame: Trials with a ``group`` column.
        any_timing: Let the lowest tier in; a clock that was not at 1× is never let in.
    """
    test = (frame["trial_kind"] == "test") & frame["valid"].astype(bool) & (frame["outcome"] == "answered")
    rows = frame[test & frame["rt_ms"].notna() & ~is_looking(frame)]
    clock = rows["time_scale"] != 1.0
    people = rows["respondent_kind"] != "model"
    low = people & ~clock & rows["timing_tier"].astype(str).isin([LOWEST_TIER, ""])
    fine = rows[~clock & people & (~low | any_timing)]
    plausible = fine["rt_ms"].between(*PLAUSIBLE_MS)
    kept = pd.DataFrame(
        {
            "group": fine["group"].astype(str), "person": fine["respondent_code"].astype(str),
            "task": fine["task"].astype(str), "form": fine["form"].astype(str),
            "rt_from": fine["rt_from"].fillna("").astype(str), "rt_ms": fine["rt_ms"].astype(float),
            "correct": fine["correct"].map({True: 1.0, False: 0.0}).astype(float), "rt_plausible": plausible,
        }
    )  # fmt: skip
    return UsableTimes(
        kept, int(clock.sum()), 0 if any_timing else int(low.sum()), int((~plausible).sum()),
        bool(any_timing and low.any()),
    )  # fmt: skip
