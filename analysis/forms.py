"""The task forms as the report names and orders them, and what must be known to read their scores.

Chance levels come with every record and titles from `devkit.tasks`; here stands what belongs to reporting alone: the
order, which form pixel equality solves, and which further scores a form has.
"""

from __future__ import annotations

from dataclasses import dataclass

from devkit.tasks import TASKS

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
    return MEASURES.get((task, form), (PRIMARY,))


def measure_chance(task: str, form: str, name: str) -> float | None:
    """Return the level that guessing reaches on a score of a form; None when its task does not say."""
    known = TASKS.get(task)
    declared = known.forms.get(form) if known else None
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
    if short:
        title = {
            "Visual Delayed Response": "Delayed Response",
            "Looking While Listening": "Looking While Listening",
        }.get(title, title)
    return title if form in ("standard", "") else f"{title}, {form}"


def held_out(task: str) -> bool:
    """True when no instruction data may be made from the task, so that it tests generalisation."""
    known = TASKS.get(task)
    return bool(known and known.held_out)


def rank(task: str, form: str) -> tuple[int, str, str]:
    """Return the sort key of a form; unknown forms come last, by name."""
    place = ORDER.index((task, form)) if (task, form) in ORDER else len(ORDER)
    return place, task, form


def counts(task: str, form: str) -> bool:
    """True when a form counts among those that a respondent may beat chance on."""
    return (task, form) not in SHORTCUTS
