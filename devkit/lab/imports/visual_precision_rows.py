"""A row of the study vislearnlab/visual-precision: what was shown, and why the study excludes it.

`EXCLUSIONS` is the whole of how the study's exclusion columns become codes. Codes that ManyBabies defines are used
where they fit (``outside_age_range``, ``preterm``, ``equipment_error``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from devkit.lab.imports.rows import CsvRow
from devkit.lab.participants import Participant, Sex

EXCLUSIONS: tuple[tuple[str, str, str], ...] = (
    ("age_exclusion", "outside_age_range", "the child is outside the study's ages"),
    ("preterm_infant_exclusion", "preterm", "born preterm"),
    ("dev_concern_exclusion", "dev_concern", "the family named a developmental or medical concern"),
    ("non_english_exposure_exclusion", "language_exposure", "hears too little English"),
    ("side_bias_exclusion", "side_bias", "looked to one side nearly always"),
    ("exclude_participant_insufficient_data", "insufficient_data", "the child has too few usable trials"),
    ("exclude_technical_issue", "equipment_error", "the video's frame rate or length was wrong (the flag says which)"),
)
INSUFFICIENT_TRIAL = "insufficient_trial_data"
NOT_ANALYSED = "not_analysed"
FURTHER_EXCLUSIONS: tuple[tuple[str, str], ...] = (
    (INSUFFICIENT_TRIAL, "too little usable looking in the trial (`usable_window` is 0)"),
    ("participant_excluded", "`exclude_participant` without one of the reasons above"),
    ("trial_excluded", "`trial_exclusion` without one of the reasons above"),
    (NOT_ANALYSED, "shown, but not in the study's table of looking"),
)
_TRIAL_CODES = frozenset({"equipment_error", INSUFFICIENT_TRIAL})


@dataclass(frozen=True, slots=True)
class Shown:
    """A trial as it was shown: a row of the table from Lookit. Times of the trial in ms from its own beginning."""

    row: CsvRow
    child: str
    item_id: str
    ordinal: int
    response_id: str
    onset: datetime
    age_days: int
    weeks: int | None
    sex: Sex | None
    languages: tuple[str, ...]
    left: str
    right: str
    target: str
    condition: str
    carrier_ms: float
    word_ms: float
    word_end_ms: float

    @property
    def distractor(self) -> str:
        """Name of the other picture."""
        return self.right if self.target == self.left else self.left


@dataclass(slots=True)
class Trial:
    """A trial as it was shown, and the row that says where the child looked; None when the study has none."""

    shown: Shown
    looked: CsvRow | None
    repeat_session: bool = False


def read_shown(row: CsvRow) -> Shown:
    """Read a row of the table from Lookit.

    Raises:
        devkit.lab.imports.rows.BadValue: A value is missing or does not fit.
    """
    left, right, target = (row.text(f"Trials.{side}Image") for side in ("left", "right", "target"))
    if left == right or target not in (left, right):
        raise row.bad("Trials.targetImage", f"is not one of two pictures: {target} of {left} and {right}")
    weeks = re.match(r"(\d+)( or more)? weeks", row.values["SubjectInfo.age_at_birth"])
    sexes: dict[str, Sex] = {"m": "male", "f": "female", "o": "other"}
    return Shown(
        row=row,
        child=row.text("SubjectInfo.subjID"),
        item_id=row.text("Trials.trialID"),
        ordinal=row.whole("Trials.ordinal"),
        response_id=row.text("Session.response_id"),
        onset=_time(row, "absolute_onset"),
        age_days=row.whole("SubjectInfo.testAge"),
        weeks=int(weeks[1]) if weeks and 22 <= int(weeks[1]) <= 44 else None,
        sex=sexes.get(row.values["SubjectInfo.gender"].strip().lower()),
        languages=tuple(row.values["SubjectInfo.language_list"].split()),
        left=left,
        right=right,
        target=target,
        condition=row.text("Trials.trialType"),
        carrier_ms=1000 * row.required("Trials.carrier_onset"),
        word_ms=1000 * row.required("Trials.target_onset"),
        word_end_ms=1000 * row.required("Trials.target_offset"),
    )


def _time(row: CsvRow, column: str) -> datetime:
    try:
        return datetime.fromisoformat(row.text(column)).replace(tzinfo=UTC)
    except ValueError:
        raise row.bad(column, f"is no time: '{row.values[column][:40]}'") from None


def new_participant(shown: Shown, source: str) -> Participant:
    """Return the child of a trial as a participant."""
    added = datetime.now(UTC).isoformat(timespec="seconds")
    return Participant(
        code=shown.child,
        sex=shown.sex,
        languages=shown.languages,
        gestational_weeks=shown.weeks,
        source=source,
        added_at=added,
    )


def exclusions(trial: Trial) -> tuple[str, ...]:
    """Return the coded reasons for which the study excludes a trial; empty when it does not.

    Raises:
        devkit.lab.imports.rows.BadValue: An exclusion column holds neither true nor false.
    """
    row = trial.looked
    if row is None:
        return (NOT_ANALYSED,)
    codes = [code for column, code, _ in EXCLUSIONS if row.flag(column)]
    if row.has("usable_window") and not row.flag("usable_window"):
        codes.append(INSUFFICIENT_TRIAL)
    if row.flag("exclude_participant") and not set(codes) - _TRIAL_CODES:
        codes.append("participant_excluded")
    if row.flag("trial_exclusion") and not set(codes) & _TRIAL_CODES:
        codes.append("trial_excluded")
    return tuple(codes)


def flags(trial: Trial) -> tuple[str, ...]:
    """Return the soft flags of a trial: the kind of technical issue, and whether its session is a repeated one."""
    found = ["repeat_session"] if trial.repeat_session else []
    if trial.looked is not None and trial.looked.has("technical_issue_exclusion_reason"):
        found.append(re.sub(r"\W+", "_", trial.looked.text("technical_issue_exclusion_reason")))
    return tuple(found)
