"""The task forms as the report names and orders them, and what must be known to read their scores.

Chance levels come with every record and titles from `devkit.tasks`; here stands what belongs to reporting alone: the
order, which form pixel equality solves, and which further scores a form has.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from devkit.tasks import TASKS

BANK_MARK = "@"
"""Between a form and the name of a bank that is not the lab's main one: ``standard@my-photos``."""

ORDER: tuple[tuple[str, str], ...] = (
    ("looking_while_listening", "standard"),
    ("picture_vocabulary", "standard"),
    ("localization", "standard"),
    ("left_right", "robust"),
    ("left_right", "published"),
    ("spatial_details", "robust"),
    ("spatial_details", "published"),
    ("visual_delayed_response", "binary"),
    ("visual_delayed_response", "open"),
    ("memory", "standard"),
    ("who_has_more", "synthetic"),
    ("who_has_more", "naturalistic"),
    ("subitizing", "standard"),
    ("object_counting", "standard"),
)
"""Report order; the two published forms are shown and not counted, which leaves the twelve that count."""

SHORTCUTS = frozenset({("left_right", "published"), ("spatial_details", "published")})
"""Forms whose right option may hold the very pixels of the query."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One score of a task form.

    Attributes:
        name: ``score`` for the primary one, else a key of the record's ``scores``.
        words: What it is, for people.
        units: Observations in one trial (learned objects or turns of a dialogue).
        unit: What they are called.
    """

    name: str
    words: str
    units: int = 1
    unit: str = "trials"


PRIMARY = Measure("score", "")
MEASURES: dict[tuple[str, str], tuple[Measure, ...]] = {
    ("visual_delayed_response", "open"): (
        Measure("score", "exact"),
        Measure("adjacent", "within 45°"),
    ),
    ("memory", "standard"): (
        Measure("score", "both tests of an object", 5, "learned objects"),
        Measure("raw", "test turns", 10, "test turns"),
        Measure("learning", "learning turns 2–5", 4, "learning turns"),
    ),
}


def measures(task: str, form: str) -> tuple[Measure, ...]:
    """Return the scores of a form, the primary one first."""
    return MEASURES.get((task, bare(form)), (PRIMARY,))


def measure_chance(task: str, form: str, name: str) -> float | None:
    """Return the level that guessing reaches on a score of a form; None when its task does not say."""
    known = TASKS.get(task)
    declared = known.forms.get(bare(form)) if known else None
    if declared is None:
        return None
    return declared.chance if name == "score" else declared.chances.get(name)


def form_title(task: str, form: str, *, short: bool = False) -> str:
    """Return the name of a form for people; an unknown task keeps its code, in words.

    Args:
        task: Task code.
        form: Form of the task.
        short: True for figures, where room is scarce.
    """
    known = TASKS.get(task)
    title = known.title if known else task.replace("_", " ").capitalize()
    title = title.removeprefix("Visual ") if short else title
    kind, _, bank = form.partition(BANK_MARK)
    title = title if kind in ("standard", "") else f"{title}, {kind}"
    return f"{title}, bank {bank}" if bank else title


def held_out(task: str) -> bool:
    """True when no instruction data may be made from the task, so that it tests generalisation."""
    known = TASKS.get(task)
    return bool(known and known.held_out)


def rank(task: str, form: str) -> tuple[int, str, str]:
    """Return the sort key of a form; unknown forms come last, by name."""
    place = ORDER.index((task, bare(form))) if (task, bare(form)) in ORDER else len(ORDER)
    return place, task, form


def counts(task: str, form: str) -> bool:
    """True when a form counts among those that a respondent may beat chance on: once each, without short cuts."""
    return (task, form) not in SHORTCUTS and BANK_MARK not in form


def bare(form: str) -> str:
    """Return a form without the name of its bank."""
    return form.partition(BANK_MARK)[0]


def mark_banks(forms: pd.DataFrame) -> pd.Series:
    """Name the bank in the form of every trial that is not of the main bank of the lab.

    Scores on different items must not be pooled. The main bank is the one with most task forms, then most trials.

    Args:
        forms: Columns ``bank``, ``task`` and ``form``.
    """
    names = forms["bank"].astype(str)
    plain = forms["form"].astype(str)
    if names.nunique() < 2:
        return plain
    sizes = forms.assign(bank=names, both=forms["task"].astype(str) + "/" + plain).groupby("bank")["both"]
    order = pd.DataFrame({"forms": sizes.nunique(), "trials": sizes.size()}).sort_values(["forms", "trials"])
    return plain.where(names == str(order.index[-1]), plain + BANK_MARK + names)
