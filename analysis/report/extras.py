"""What a report holds beyond accuracy: the topics of ``devkit analyse``, and a plan that was stated before the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.base import Base
from analysis.plans.run import PlanRun
from analysis.result import Result
from analysis.sections import Section
from analysis.topics import names_of, sections

DEFAULT = ("compare", "items", "tasks", "looking", "times", "quality", "sensitivity")
"""Topics of a report that nobody chose topics for: all but those that take long (*age*, *measurement*)."""


@dataclass(frozen=True, slots=True)
class Extras:
    """Results of topics, by topic in their order, and the plan.

    Attributes:
        topics: Sections of results by topic.
        plan: The plan that was run, or None.
    """

    topics: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    plan: PlanRun | None = None

    def results(self) -> Iterator[Result]:
        """Yield every result, for the methods section."""
        stated = self.plan.sections() if self.plan is not None else ()
        for one in (*stated, *(section for found in self.topics.values() for section in found)):
            yield from (finding.result for finding in one.findings)


def compute_extras(
    base: Base,
    topics: Sequence[str] = DEFAULT,
    plan: PlanRun | None = None,
    advance: Callable[[int], None] | None = None,
) -> Extras:
    """Compute topics for a report.

    Args:
        base: The lab's trials, laid out.
        topics: Names of topics; ``all`` stands for all.
        plan: A plan that was run on the same lab.
        advance: Told of each topic that is done.

    Raises:
        devkit.errors.UserError: There is no such topic.
    """
    found = {}
    for name in names_of(topics):
        found[name] = sections(base, (name,))
        if advance:
            advance(1)
    return Extras({name: rows for name, rows in found.items() if rows}, plan)
