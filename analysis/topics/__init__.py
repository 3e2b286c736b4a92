"""The topics of ``devkit analyse``: each turns a lab's trials into sections of results, imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from analysis.base import Base
from analysis.sections import Section
from devkit.errors import UserError, did_you_mean

TOPICS: dict[str, str] = {
    "age": "accuracy by age and by hours seen: slopes, population-averaged and child-specific",
    "compare": "models against children: differences, equivalence, age and experience equivalents, yoked pairs",
    "items": "difficulty agreement, divergence, error consistency, confusions",
    "measurement": "differential functioning, Rasch, two-parameter model, growth of items and words",
    "tasks": "Weber fraction, set sizes, counting, memory, delays, ability",
    "looking": "looking over time, landing and launch, linear models, habituation",
    "times": "reaction times: quantiles, ex-Gaussian, drift",
    "quality": "reliability, response patterns, coders, missing answers",
    "sensitivity": "the main result with and without each exclusion, corrected ages, exclusions flow",
}
GAZE = frozenset({"looking", "quality"})
"""Topics that need the gaze samples."""
Advance = Callable[[int], None]


def names_of(topics: Sequence[str]) -> tuple[str, ...]:
    """Return topics in their order, once each; ``all`` stands for all of them.

    Raises:
        UserError: There is no such topic.
    """
    for name in topics:
        if name not in (*TOPICS, "all"):
            hint = did_you_mean(name, TOPICS) or f"topics: {', '.join(TOPICS)}, all"
            raise UserError(f"there is no topic '{name}'", hint=hint)
    return tuple(name for name in TOPICS if name in topics or "all" in topics)


def sections(base: Base, topics: Sequence[str], advance: Advance | None = None) -> tuple[Section, ...]:
    """Compute topics, in their order.

    Args:
        base: The lab's trials, laid out.
        topics: Names from `TOPICS`; ``all`` stands for all of them.
        advance: Told of each topic that is done.

    Raises:
        UserError: There is no such topic.
    """
    found: list[Section] = []
    for name in names_of(topics):
        found += importlib.import_module(f"analysis.topics.{name}").sections(base)
        if advance:
            advance(1)
    return tuple(found)
