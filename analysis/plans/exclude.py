"""Leaving out what a plan says, and nothing else: marks with coded reasons on a copy of the trials.

Recorded reasons first, then single trials, then persons, each rule on what the earlier ones left. Only persons' trials
are touched; a model is scored on all that it was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data import Trials, nested, order_known
from analysis.options import DAYS_A_MONTH
from analysis.plans.schema import Exclusions, RespondentRule, TrialRule

Mask = np.ndarray


@dataclass(frozen=True, slots=True)
class Applied:
    """What a rule did: its code, in words what it leaves out, and how much that was."""

    code: str
    words: str
    trials: int
    persons: int


def exclude(trials: Trials, rules: Exclusions, *, corrected_age: bool = False) -> tuple[Trials, tuple[Applied, ...]]:
    """Apply the exclusions of a plan.

    Args:
        trials: As recorded.
        rules: Of the plan.
        corrected_age: Take age limits as ages corrected for prematurity.

    Returns:
        The trials with ``valid`` and ``exclusion`` as the plan wants them, and what each rule did, in order.
    """
    frame = trials.frame.copy()
    persons = (frame["respondent_kind"] != "model").to_numpy() & (frame["baseline"] == "").to_numpy()
    codes = [list(map(str, found)) if found else [] for found in nested(frame["exclusion"])]
    done = list(_recorded(frame, persons, codes, rules))
    days = frame["age_days"]
    if corrected_age:
        days = frame["age_corrected_days"].fillna(days)
    months = days / DAYS_A_MONTH
    for rule in rules.trials:
        done.append(_mark(frame, codes, _trials(frame, rule) & persons, rule.code, _trial_words(rule)))
    for one in rules.respondents:
        done.append(_mark(frame, codes, _respondents(frame, one, months) & persons, one.code, _respondent_words(one)))
    frame["exclusion"] = codes
    return replace(trials, frame=frame), tuple(done)


def _test(frame: pd.DataFrame) -> Mask:
    return (frame["trial_kind"] == "test").to_numpy() & frame["valid"].to_numpy(dtype=bool)


def _recorded(frame: pd.DataFrame, persons: Mask, codes: list[list[str]], rules: Exclusions) -> list[Applied]:
    """Take back what was excluded when recorded for reasons that the plan does not name."""
    if rules.recorded == "all":
        return []
    kept = set() if rules.recorded == "none" else set(rules.recorded)
    for at in np.flatnonzero(persons):
        codes[at] = [code for code in codes[at] if code in kept]
    back = persons & ~frame["valid"].to_numpy(dtype=bool) & np.array([not c for c in codes], dtype=bool)
    frame.loc[back, "valid"] = True
    if not back.any():
        return []
    who = int(frame.loc[back, "respondent_code"].astype(str).nunique())
    return [Applied("", "recorded exclusions that the plan does not name, taken back", int(back.sum()), who)]


def _mark(frame: pd.DataFrame, codes: list[list[str]], out: Mask, code: str, words: str) -> Applied:
    out = out & _test(frame)
    for at in np.flatnonzero(out):
        codes[at] = [*codes[at], code]
    frame.loc[out, "valid"] = False
    return Applied(code, words, int(out.sum()), int(frame.loc[out, "respondent_code"].astype(str).nunique()))


def _trials(frame: pd.DataFrame, rule: TrialRule) -> Mask:
    if rule.rt_below_ms is not None:
        return (frame["rt_ms"] < rule.rt_below_ms).to_numpy()
    if rule.rt_above_ms is not None:
        return (frame["rt_ms"] > rule.rt_above_ms).to_numpy()
    if rule.usable_below is not None:
        return (frame["look_usable"] < rule.usable_below).to_numpy()
    if rule.flag is not None:
        return np.array([rule.flag in (flags or []) for flags in nested(frame["flags"])], dtype=bool)
    return np.asarray((frame["attempt"] > 1).to_numpy()) & bool(rule.repeated)


def _trial_words(rule: TrialRule) -> str:
    if rule.rt_below_ms is not None:
        return f"answers faster than {rule.rt_below_ms:g} ms"
    if rule.rt_above_ms is not None:
        return f"answers slower than {rule.rt_above_ms:g} ms"
    if rule.usable_below is not None:
        return f"trials with less than {rule.usable_below:.0%} of the window usable"
    return f"trials with the flag '{rule.flag}'" if rule.flag is not None else "repeated trials"


def _respondents(frame: pd.DataFrame, rule: RespondentRule, months: pd.Series) -> Mask:
    if rule.outside_age_months is not None:
        low, high = rule.outside_age_months
        return ~months.between(low, high).to_numpy()
    test = frame[_test(frame)]
    unit = test["respondent_code"].astype(str)
    own = frame["respondent_code"].astype(str)
    if rule.per == "form":
        unit = unit + "|" + test["task"].astype(str) + "/" + test["form"].astype(str)
        own = own + "|" + frame["task"].astype(str) + "/" + frame["form"].astype(str)
    return own.isin(_failing(test, unit, rule)).to_numpy()


def _failing(test: pd.DataFrame, unit: pd.Series, rule: RespondentRule) -> list[str]:
    """Return the units (persons, or persons on a form) that meet the criterion."""
    if rule.trials_below is not None:
        done = ((test["outcome"] == "answered") | test["look_target"].notna()).groupby(unit).sum()
        return list(done.index[done < rule.trials_below])
    if rule.unanswered_above is not None:
        asked = test["look_target"].isna()
        share = (test.loc[asked, "outcome"] != "answered").groupby(unit[asked]).mean()
        return list(share.index[share > rule.unanswered_above])
    told = test["answer_position"].notna() & order_known(test)
    at = test.loc[told, "answer_position"]
    most = at.groupby(unit[told]).agg(lambda values: values.value_counts(normalize=True).iloc[0])
    return list(most.index[most > (rule.side_bias_above or 1.0)])


def _respondent_words(rule: RespondentRule) -> str:
    where = " on a form" if rule.per == "form" else ""
    if rule.trials_below is not None:
        return f"persons with fewer than {rule.trials_below} trials{where}"
    if rule.outside_age_months is not None:
        return "persons outside of {:g} to {:g} months, or of unknown age".format(*rule.outside_age_months)
    if rule.unanswered_above is not None:
        return f"persons who left more than {rule.unanswered_above:.0%} unanswered{where}"
    return f"persons with more than {rule.side_bias_above:.0%} of their answers at one place{where}"
