"""Does the result hang on who and what was left out? The main result with and without each exclusion, and the flow.

Exclusions are marks on trials, never deletions, so each can be taken back here and the result computed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data import nested
from analysis.result import Result

Compute = Callable[[pd.DataFrame], Result]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of choosing the trials: what was changed, the result, and how many trials and persons it stands on."""

    words: str
    result: Result
    trials: int
    persons: int


def reasons(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the coded reasons for exclusion that occur among test trials, most frequent first."""
    test = frame[frame["trial_kind"] == "test"]
    number = Counter(str(code) for codes in nested(test["exclusion"]) if codes for code in dict.fromkeys(codes))
    return tuple(code for code, _ in sorted(number.items(), key=lambda pair: (-pair[1], pair[0])))


def variants(frame: pd.DataFrame, compute: Compute) -> tuple[Variant, ...]:
    """Compute a result as planned, with each reason taken back, with none applied, and with one reason alone applied.

    Args:
        frame: Trials with ``trial_kind``, ``valid``, ``outcome``, ``exclusion`` and ``respondent_code``.
        compute: From chosen test trials to the result.
    """
    test = frame[(frame["trial_kind"] == "test") & (frame["outcome"] != "aborted")]
    codes = [frozenset(map(str, found)) if found else frozenset() for found in nested(test["exclusion"])]
    valid = test["valid"].astype(bool).to_numpy()
    unnamed = ~valid & np.array([not found for found in codes], dtype=bool)
    found = [_variant("as planned", test[valid], compute)]
    known = reasons(frame)
    for code in known:
        left = np.array([not (c - {code}) for c in codes], dtype=bool) & ~unnamed
        found.append(_variant(f"without the exclusion '{code}'", test[left], compute))
    if len(known) > 1:
        for code in known:
            left = np.array([code not in c for c in codes], dtype=bool) & ~unnamed
            found.append(_variant(f"with the exclusion '{code}' alone", test[left], compute))
    if known or unnamed.any():
        found.append(_variant("without any exclusion", test, compute))
    return tuple(found)


def _variant(words: str, rows: pd.DataFrame, compute: Compute) -> Variant:
    return Variant(words, compute(rows), len(rows), int(rows["respondent_code"].astype(str).nunique()))


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box of the exclusions flow: what was left out for which reason, and what remained."""

    words: str
    trials_out: int
    persons_out: int
    trials_left: int
    persons_left: int


def exclusion_flow(frame: pd.DataFrame) -> tuple[FlowStep, ...]:
    """Follow persons and trials from recorded to analysed, in the manner of a CONSORT figure.

    A trial with several reasons is counted at the first of them in the order of frequency. A person is out when none
    of its trials is left.

    Args:
        frame: Trials of one group.
    """
    left = frame
    found = [FlowStep("recorded", 0, 0, len(left), _persons(left))]

    def step(words: str, out: np.ndarray) -> None:
        nonlocal left
        kept = left[~out]
        found.append(FlowStep(words, int(out.sum()), _persons(left) - _persons(kept), len(kept), _persons(kept)))
        left = kept

    step("practice and demonstration", (left["trial_kind"] != "test").to_numpy())
    for code in reasons(left):
        lists = [found_codes or [] for found_codes in nested(left["exclusion"])]
        out = (
            np.array([code in map(str, codes) for codes in lists], dtype=bool) & ~left["valid"].astype(bool).to_numpy()
        )
        if out.any():
            step(f"excluded: {code.replace('_', ' ')}", out)
    step("excluded without a coded reason", ~left["valid"].astype(bool).to_numpy())
    step("broken off", (left["outcome"] == "aborted").to_numpy())
    return tuple(one for at, one in enumerate(found) if at == 0 or one.trials_out)


def _persons(frame: pd.DataFrame) -> int:
    return int(frame["respondent_code"].astype(str).nunique())
