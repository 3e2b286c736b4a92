"""Doing what a plan says and nothing else: exclusions, models in their order, families corrected, the run recorded.

Whatever is computed beside the plan is exploratory and is marked so by whoever shows it (`exploratory`). A plan that
was changed after its first run no longer was there before the data; then nothing of it is called confirmatory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.base import Base, lay_out
from analysis.intervals import benjamini_hochberg, holm
from analysis.lab import load
from analysis.plans.compute import compute
from analysis.plans.exclude import Applied, exclude
from analysis.plans.ledger import Run, data_change, ledger_path, plan_changes, remember, run_of, runs
from analysis.plans.load import tested
from analysis.plans.schema import Correction, Plan
from analysis.result import Count, Result
from analysis.sections import Section, section
from analysis.study import versions
from analysis.tables import p_words
from devkit.lab import Lab

Advance = Callable[[int], None]
NOTE = "Stated before the data. Corrected: within its family. Whatever is not in this table is exploratory."
CHANGED = "Stated in its present form only after the first run: exploratory, all of it."


@dataclass(frozen=True, slots=True)
class Planned:
    """One model of the plan with its answer.

    Attributes:
        name: Of the model.
        family: Its family; empty for an estimate that is not tested.
        result: The statistic.
        p_corrected: p corrected within the family; None where nothing is tested.
        verdict: ``supported``, ``not supported``, ``withheld`` or ``estimated``.
    """

    name: str
    family: str
    result: Result
    p_corrected: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class PlanRun:
    """A plan that was run.

    Attributes:
        plan: The plan.
        run: What was recorded of this run.
        first: The first run of the plan on this lab; ``run`` itself when there was none before.
        applied: What each exclusion did.
        found: The models in the plan's order.
        changes: What the plan says differently from its first run.
        notes: What a reader must know: changed data, sessions from before the plan.
        base: The lab's trials after the exclusions, for whatever else is looked at.
    """

    plan: Plan
    run: Run
    first: Run
    applied: tuple[Applied, ...]
    found: tuple[Planned, ...]
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    base: Base

    @property
    def confirmatory(self) -> bool:
        """True when the plan is still the one of its first run."""
        return not self.changes

    def sections(self) -> tuple[Section, ...]:
        """Return the plan's answers and its exclusions as sections."""
        rows = [((one.family, one.name, p_words(one.p_corrected), one.verdict), one.result) for one in self.found]
        title = "Stated before the data" if self.confirmatory else "Stated after the first run"
        columns = ("family", "model", "p corrected", "verdict")
        out = [((one.words, one.code), _count(one)) for one in self.applied]
        return (
            *section("plan", f"{title}: {self.plan.title}", columns, rows, NOTE if self.confirmatory else CHANGED),
            *section("plan-exclusions", "Exclusions of the plan", ("rule", "code"), out, "Test trials of persons."),
        )


def _count(one: Applied) -> Result:
    return Result(one.words, "count", float(one.trials), n=(Count("persons", one.persons),), unit="number")


def run_plan(plan: Plan, lab: Lab, *, gaze: bool = False, advance: Advance | None = None) -> PlanRun:
    """Run a plan on a lab and record that it was run.

    Args:
        plan: The plan.
        lab: The lab.
        gaze: Whether to read gaze samples, for further topics.
        advance: Told of every model that is done.

    Raises:
        devkit.errors.UserError: The lab cannot be read, or the run cannot be recorded.
    """
    trials, facts = load(lab, gaze=gaze)
    path = ledger_path(Path(lab.path), plan)
    before = runs(path)
    run = run_of(plan, facts.digest, len(lab.sessions()), len(trials.frame), versions()["devkit"])
    first = before[0] if before else run
    options = plan.settings.options()
    kept, applied = exclude(trials, plan.exclusions, corrected_age=options.corrected_age)
    base = lay_out(kept, facts, replace(options, bound=next(iter(plan.bounds.values()), None)))
    results = {}
    for name in plan.models:
        results[name] = compute(base, plan, name)
        if advance:
            advance(1)
    found = _decided(plan, results)
    remember(path, run)
    notes = _notes(plan, first, run, trials.frame)
    return PlanRun(plan, run, first, applied, found, plan_changes(first, run), notes, base)


def _decided(plan: Plan, results: dict[str, Result]) -> tuple[Planned, ...]:
    family_of = {name: family for family, one in plan.families.items() for name in one.models}
    corrected: dict[str, float] = {}
    for one in plan.families.values():
        names = [name for name in one.models if results[name].p_value is not None]
        # a withheld test stays in its family: it was meant to be made, so the others are corrected for it too
        values = [results[name].p_value if name in names else 1.0 for name in one.models]
        after = correct([float(value or 0.0) for value in values], one.correction)
        corrected |= {name: p for name, p in zip(one.models, after, strict=True) if name in names}
    found = []
    for name, result in results.items():
        family = family_of.get(name, "")
        verdict = _verdict(plan, name, result, corrected.get(name))
        found.append(Planned(name, family, result, corrected.get(name), verdict))
    return tuple(found)


def correct(p_values: list[float], correction: Correction) -> list[float]:
    """Return p-values corrected over a family, in the order given."""
    if correction == "holm":
        return holm(p_values)
    if correction == "benjamini_hochberg":
        return benjamini_hochberg(p_values)
    return [min(1.0, p * len(p_values)) for p in p_values] if correction == "bonferroni" else p_values


def _verdict(plan: Plan, name: str, result: Result, p: float | None) -> str:
    model = plan.models[name]
    if result.estimate is None:
        return "withheld"
    if not tested(model):
        return "estimated"
    if p is None:
        return "not tested"
    alpha = next(one.alpha for one in plan.families.values() if name in one.models)
    sign = {"higher": 1.0, "lower": -1.0, "either": 0.0}[model.expected]
    against = sign and model.kind not in ("chance", "equivalence") and result.estimate * sign <= 0
    return "supported" if p < alpha and not against else "not supported"


def _notes(plan: Plan, first: Run, run: Run, frame: pd.DataFrame) -> tuple[str, ...]:
    found = []
    when = first.at.date().isoformat()
    changes = plan_changes(first, run)
    if changes:
        found.append(f"the plan was changed after its first run on {when}: {'; '.join(changes)}")
    change = data_change(first, run)
    if change:
        found.append(
            f"the data have changed since the first run on {when}: {change}; p-values do not know of two looks"
        )
    if plan.stated is not None:
        began = pd.to_datetime(frame["started_at"].astype(str), errors="coerce", utc=True, format="ISO8601")
        early = frame[(began.dt.date < plan.stated).to_numpy(dtype=bool)]
        sessions = early["session_id"].astype(str).nunique()
        if sessions:
            found.append(f"{sessions:,} sessions are older than the plan of {plan.stated.isoformat()}")
    return tuple(found)


def exploratory(found: tuple[Section, ...]) -> tuple[Section, ...]:
    """Mark sections that no plan stated."""
    return tuple(replace(one, title=f"{one.title} (exploratory)") for one in found)
