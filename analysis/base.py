"""What every statistic of a lab is computed from: the trials with their groups, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.data import Trials
from analysis.forms import mark_banks
from analysis.groups import Group, mark_groups
from analysis.options import DAYS_A_MONTH, Options
from analysis.scoring import answers, is_looking
from devkit.lab.references import Distribution


@dataclass(frozen=True, slots=True)
class LabFacts:
    """What the lab knows beside its trials.

    Attributes:
        name: Name of the lab.
        ended: Reason for which each session ended, by session.
        trained: Training recordings of each model that states them.
        bank_audits: What the last audit of each bank found, in one sentence, by bank.
        problems: What was wrong with journals.
        digest: Digest of the data; empty when not known.
        yoked: Session of the child that each yoked session follows.
        references: Published distributions of answers that the lab holds.
        gaze: Gaze samples (``session_id``, ``trial_id``, ``t_word_ms``, ``aoi``, ``coder``); None when not read.
    """

    name: str = ""
    ended: Mapping[str, str] = field(default_factory=dict)
    trained: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bank_audits: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    digest: str = ""
    yoked: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Distribution, ...] = ()
    gaze: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """A lab's trials, laid out.

    Attributes:
        frame: All trials, with ``group``, ``is_person`` and the bank named in ``form`` where it is not the main one.
        test: Valid test trials that were not broken off.
        answered: One row for each trial, way of scoring and score (`analysis.scoring.answers`).
        groups: Who answered, by key, in the order of the report.
        facts: What the lab knows beside its trials.
        options: Settings.
        notes: What was odd about the table.
    """

    frame: pd.DataFrame
    test: pd.DataFrame
    answered: pd.DataFrame
    groups: Mapping[str, Group]
    facts: LabFacts
    options: Options
    notes: tuple[str, ...]

    @property
    def people(self) -> tuple[Group, ...]:
        """Groups of persons that stand for themselves: children, adults, simulated children; no robots."""
        return tuple(group for group in self.groups.values() if group.persons and group.kind != "robot")

    @property
    def models(self) -> tuple[Group, ...]:
        """Models at their last checkpoint."""
        return tuple(group for group in self.groups.values() if group.kind == "model" and group.final)

    def of(self, group: Group, *, measure: str = "score") -> pd.DataFrame:
        """Return the answered rows of a group on a score."""
        rows = self.answered[(self.answered["group"] == group.key) & (self.answered["measure"] == measure)]
        return rows[rows["answered"].astype(bool)]


def lay_out(trials: Trials, facts: LabFacts, options: Options) -> Base:
    """Mark groups and banks, choose the test trials, and turn them into answers."""
    key, groups = mark_groups(trials.frame)
    is_person = key.map({name: group.persons for name, group in groups.items()}).astype(bool)
    frame = trials.frame.assign(group=key.astype("category"), is_person=is_person)
    if options.corrected_age:
        days = frame["age_corrected_days"].fillna(frame["age_days"])
        frame = frame.assign(age_months=days / DAYS_A_MONTH)
    scored = (frame["trial_kind"] == "test") & ~is_looking(frame)
    frame["form"] = frame["form"].astype(str).where(~scored, mark_banks(frame[scored])).astype("category")
    test = Trials(frame).test
    return Base(frame, test, answers(test), groups, facts, options, trials.notes)
