"""Everything that is known about a lab, computed once: what `devkit analyse` prints and the report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from analysis.accuracy import Advance, Cell, cells
from analysis.aggregates import Aggregate, aggregates, group_scores
from analysis.base import Base, LabFacts, lay_out
from analysis.data import NESTED, Trials
from analysis.development import FormKey, Track, age_width, common_forms, model_track, person_track
from analysis.forms import rank
from analysis.groups import WAYS, Group
from analysis.looking import LookingGroup, age_groups, looking
from analysis.options import Options
from analysis.provenance import BankSource, ModelAudit, audit, banks, item_sources, moments
from analysis.quality import (
    CodeCount,
    Flow,
    ReactionTimes,
    Replies,
    Running,
    codes,
    flow,
    reaction_times,
    replies,
    running,
)

LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib")


@dataclass(frozen=True, slots=True)
class Study:
    """All results of a lab.

    Attributes:
        facts: About the lab.
        options: Settings used.
        groups: Who answered, in the order of the report.
        cells: Accuracy, all checkpoints.
        aggregates: The two means of eleven.
        main: Tracks of the main figure; all over the same forms.
        by_form: Tracks of every task form.
        looking: Gaze trials.
        replies: How test trials ended.
        running: How sessions ran.
        times: Reaction times.
        flow: From recorded to used trials.
        exclusions: Coded reasons.
        flags: Soft flags.
        banks: Where items come from.
        audits: What models could have seen.
        notes: What was odd about the table.
        versions: Library and version.
        trials: Number of rows.
        base: The trials and answers that all of it is computed from.
    """

    facts: LabFacts
    options: Options
    groups: Mapping[str, Group]
    cells: tuple[Cell, ...]
    aggregates: tuple[Aggregate, ...]
    main: tuple[Track, ...]
    by_form: Mapping[FormKey, tuple[Track, ...]]
    looking: tuple[LookingGroup, ...]
    replies: tuple[Replies, ...]
    running: tuple[Running, ...]
    times: tuple[ReactionTimes, ...]
    flow: tuple[Flow, ...]
    exclusions: tuple[CodeCount, ...]
    flags: tuple[CodeCount, ...]
    banks: tuple[BankSource, ...]
    audits: tuple[ModelAudit, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str]
    trials: int
    base: Base

    @property
    def shown(self) -> tuple[Cell, ...]:
        """Accuracy of everybody, models at their last checkpoint."""
        return tuple(one for one in self.cells if one.group.final)


def study(trials: Trials, facts: LabFacts, options: Options, advance: Advance | None = None) -> Study:
    """Compute everything.

    Args:
        trials: Prepared trials.
        facts: What the lab knows beside them.
        options: Settings.
        advance: Told of every cell of the accuracy table that is done.
    """
    return study_of(lay_out(trials, facts, options), advance)


def study_of(base: Base, advance: Advance | None = None) -> Study:
    """Compute everything of trials that are laid out already."""
    facts, options = base.facts, base.options
    frame, test, answered, groups = base.frame, base.test, base.answered, base.groups
    slim = frame.drop(columns=[name for name in NESTED if name in frame])  # texts are slow to carry along
    found = cells(answered, groups, options, advance, moments(test))
    primary = answered[answered["measure"] == "score"]
    sources = item_sources(test)
    main, by_form = _tracks(found, primary, groups, options)
    return Study(
        facts,
        options,
        groups,
        found,
        aggregates([c for c in found if c.group.final], answered, group_scores(test, groups, options), options),
        main,
        by_form,
        looking(test, groups, options),
        replies(slim, groups),
        running(slim, groups, facts.ended),
        reaction_times(slim, groups),
        flow(slim, groups),
        codes(frame, groups, "exclusion"),
        codes(frame, groups, "flags"),
        banks(sources),
        audit(test, sources, groups, facts.trained),
        base.notes,
        versions(),
        len(frame),
        base,
    )


def versions() -> dict[str, str]:
    """Return the versions that a methods paragraph names."""
    found = {}
    for name in ("devkit", *LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def leading_model(found: Sequence[Cell]) -> str:
    """Return the model that the answer is about: trained, with most checkpoints, then most trials; empty if none."""
    weight: dict[str, tuple[bool, int, int]] = {}
    for model in {one.group.model for one in found if one.group.kind == "model"}:
        mine = [one for one in found if one.group.model == model]
        points = {one.group.key for one in mine}
        weight[model] = (any(not c.group.random for c in mine), len(points), sum(c.answered for c in mine))
    return max(weight, key=lambda name: (weight[name], name), default="")


def leading_way(found: Sequence[Cell], model: str) -> str:
    """Return the way of scoring that covers most counted forms of a model; the text reply when both cover as many."""
    covered = {
        way: len(
            {(c.task, c.form) for c in found if c.group.model == model and c.way == way and c.counted and c.answered}
        )
        for way in ("text", "likelihood", "own")
    }
    return max(covered, key=lambda way: (covered[way], -list(covered).index(way)))


def _tracks(
    found: Sequence[Cell], primary: pd.DataFrame, groups: Mapping[str, Group], options: Options
) -> tuple[tuple[Track, ...], dict[FormKey, tuple[Track, ...]]]:
    people = [group for group in groups.values() if group.persons and group.kind != "robot"]
    models = list(dict.fromkeys(group.model for group in groups.values() if group.kind == "model"))
    leader = leading_model(found)
    way = leading_way(found, leader)
    forms = _main_forms(primary, people, leader, way, options)
    main = [person_track(primary[primary["group"] == g.key], g, forms, options) for g in people] if forms else []
    ranked = sorted(models, key=lambda name: name != leader)
    main += (
        [model_track(found, primary, name, leading_way(found, name), forms, options) for name in ranked]
        if forms
        else []
    )
    by_form: dict[FormKey, tuple[Track, ...]] = {}
    split = {str(which): rows for which, rows in primary.groupby("which", observed=True)}
    for form in sorted({(one.task, one.form) for one in found}, key=lambda key: rank(*key)):
        rows = split[f"{form[0]}/{form[1]}"]
        tracks: list[Track | None] = [person_track(rows[rows["group"] == g.key], g, (form,), options) for g in people]
        tracks += [model_track(found, rows, name, w, (form,), options) for name in ranked for w in WAYS]
        by_form[form] = tuple(track for track in tracks if track is not None)
    return tuple(track for track in main if track is not None), by_form


def _main_forms(
    primary: pd.DataFrame, people: Sequence[Group], leader: str, way: str, options: Options
) -> tuple[FormKey, ...]:
    """Forms for the main figure: taken at as many ages as possible, and by the leading model at its checkpoints."""
    persons = primary["group"].isin([g.key for g in people if g.kind != "adult"]) & primary["answered"].astype(bool)
    of_model = primary["group"].astype(str).str.startswith(f"model:{leader}:") & (primary["way"] == way)
    if leader and not of_model.any():
        of_model = pd.Series(False, index=primary.index)
    if not persons.any():
        rows = primary[of_model]
        return common_forms(rows, rows["group"]) if len(rows) else ()
    rows = primary[persons]
    if of_model.any():
        shared = common_forms(primary[of_model], primary.loc[of_model, "group"])
        mine = rows[rows["which"].isin([f"{t}/{f}" for t, f in shared])]
        rows = mine if len(mine) else rows
    return common_forms(rows, age_groups(rows["age_months"], age_width(rows, options)))


__all__ = ["LabFacts", "Study", "leading_model", "leading_way", "study", "study_of", "versions"]
