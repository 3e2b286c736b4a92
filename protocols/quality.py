"""Soft quality flags: short codes on a record that say why one may doubt it. No flag ever deletes a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from devkit.records import TrialRecord
from devkit.respondents import Answer, RespondentInfo

FASTEST_MS = 100.0
SLOWEST_MS = 10_000.0
SAME_PLACE = 10
FEWEST_TRIALS = 10
DAYS_A_MONTH = 30.4375

FLAGS = {
    "rt_under_100_ms": "The answer came sooner than 100 ms",
    "rt_over_10_s": "The answer came later than 10 s",
    "same_place_10": "This and the nine answers before it were at the same place",
    "after_interruption": "First trial after the session had broken off",
    "provisional_parameters": "The adaptive test chose by item parameters that were never calibrated",
    "retention_short": "Less time than the protocol wants had passed since the learning part",
    "retention_over": "More time than the protocol allows had passed since the learning part",
    "outside_age_range": "The child is younger or older than the protocol is made for",
}


def trial_flags(answer: Answer, places: Sequence[int]) -> tuple[str, ...]:
    """Return the flags of a trial.

    Args:
        answer: The last answer of the trial.
        places: Positions answered in the session so far, this trial's last.
    """
    flags = list(answer.flags)
    if answer.rt_ms is not None and answer.rt_ms < FASTEST_MS:
        flags.append("rt_under_100_ms")
    if answer.rt_ms is not None and answer.rt_ms > SLOWEST_MS:
        flags.append("rt_over_10_s")
    if answer.position is not None and len(places) >= SAME_PLACE and len(set(places[-SAME_PLACE:])) == 1:
        flags.append("same_place_10")
    return tuple(flags)


def outside_ages(
    info: RespondentInfo, ages: tuple[int, int] | None, which: Literal["corrected", "chronological"] = "chronological"
) -> bool:
    """Tell whether a child's age, in completed months, is outside the protocol's; unknown ages are not.

    Args:
        info: Who answers.
        ages: Youngest and oldest age.
        which: The age that is compared: corrected for prematurity, or since birth.
    """
    corrected = which == "corrected" and info.age_corrected_days is not None
    days = info.age_corrected_days if corrected else info.age_days
    if days is None or ages is None:
        return False
    months = int(days / DAYS_A_MONTH)
    return not ages[0] <= months <= ages[1]


def session_flags(trials: Sequence[TrialRecord]) -> tuple[str, ...]:
    """Return the flags of a session: ``few_test_trials`` and ``below_chance`` (one-sided exact test, p < 0.05)."""
    tests = [trial for trial in trials if trial.trial_kind == "test"]
    flags = ["few_test_trials"] if len(tests) < FEWEST_TRIALS else []
    scored = [trial for trial in tests if trial.correct is not None]
    right = sum(bool(trial.correct) for trial in scored)
    if scored and _at_most(right, [trial.chance for trial in scored]) < 0.05:
        flags.append("below_chance")
    return tuple(flags)


def _at_most(right: int, chances: Sequence[float]) -> float:
    """Probability of at most ``right`` hits in trials with these chances (Poisson binomial, exact)."""
    distribution = [1.0]
    for chance in chances:
        missed = [weight * (1 - chance) for weight in distribution] + [0.0]
        hit = [0.0] + [weight * chance for weight in distribution]
        distribution = [a + b for a, b in zip(missed, hit, strict=True)]
    return sum(distribution[: right + 1])
