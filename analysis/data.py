"""From a lab's trial table to clean columns: types, missing columns, duplicates, nested text.

The rest of the package takes the frame that `prepare` returns for granted; what was odd about the table is said in
`Trials.notes`, and no row is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.options import DAYS_A_MONTH
from devkit.records import SCHEMA_VERSION, TrialRecord

NUMBERS = (
    "age_days", "age_corrected_days", "model_step", "model_hours_seen", "chance", "target_position", "time_scale",
    "frame_period_ms", "frames_late", "rt_ms", "look_target", "look_baseline", "look_usable", "score", "onset_ms",
    "trial_index", "attempt", "plan_index", "answer_position", "delay_ms", "exposure_ms", "look_ms", "theta",
)  # fmt: skip
TEXTS = (
    "session_id", "trial_id", "started_at", "respondent_code", "respondent_kind", "baseline", "model_id",
    "model_digest", "decoding", "task", "form", "item_id", "item_digest", "bank", "outcome", "answer_source",
    "timing_tier", "trial_kind", "schema_version", "protocol", "protocol_version", "lab_id", "plan_digest",
    "age_precision", "language", "word", "stop_rule",
)  # fmt: skip
TRUTHS = ("valid", "is_practice", "random_weights", "correct")
NESTED = ("choices", "choice_scores", "turns", "scores", "difficulty", "provenance", "flags", "exclusion")

ORDER_UNKNOWN = "order_unknown"


@dataclass(frozen=True, slots=True)
class Trials:
    """The trials of a lab, ready to analyse.

    Attributes:
        frame: One row a trial with the columns of `devkit.records.TrialRecord`, and ``age_months``.
        notes: What was odd about the table, in words.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def test(self) -> pd.DataFrame:
        """Valid test trials that were not broken off: what accuracy is computed from."""
        frame = self.frame
        return frame[(frame["trial_kind"] == "test") & frame["valid"] & (frame["outcome"] != "aborted")]


def prepare(raw: pd.DataFrame) -> Trials:
    """Give the table fixed types, add missing columns, set duplicates aside.

    Args:
        raw: What `devkit.lab.table` returns for ``trials``; may be empty.
    """
    notes: list[str] = []
    missing = [name for name in TrialRecord.model_fields if name not in raw.columns]
    if missing and len(raw):
        notes.append(f"{len(missing)} columns are missing and taken as empty: {', '.join(missing[:6])}")
    frame = raw.reindex(columns=list(dict.fromkeys([*TrialRecord.model_fields, *raw.columns])))
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    for name in TEXTS:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), "").astype(str).astype("category")
    for name in TRUTHS:
        frame[name] = frame[name].map(_truth).astype("object")
    frame["valid"] = [value is not False for value in frame["valid"]]
    frame["time_scale"] = frame["time_scale"].fillna(1.0)
    frame["age_months"] = frame["age_days"] / DAYS_A_MONTH
    notes += _versions(frame)
    twice = frame["trial_id"].astype(str).duplicated(keep="last") & (frame["trial_id"].astype(str) != "")
    if twice.any():
        notes.append(f"{int(twice.sum())} rows repeat the identifier of another trial; the last of each is used")
        frame = frame[~twice]
    return Trials(frame.reset_index(drop=True), tuple(notes))


def _versions(frame: pd.DataFrame) -> list[str]:
    versions = sorted({str(v) for v in frame["schema_version"].unique()} - {"", SCHEMA_VERSION})
    return [f"some records follow trial format {', '.join(versions)}; this is {SCHEMA_VERSION}"] if versions else []


def _truth(value: Any) -> bool | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value)


def order_known(frame: pd.DataFrame) -> np.ndarray:
    """True where the record's positions are those that were seen; imports without them bear a flag that says so."""
    return np.array([ORDER_UNKNOWN not in (flags or []) for flags in nested(frame["flags"])], dtype=bool)


def nested(values: Iterable[Any]) -> list[Any]:
    """Decode a nested column, given as JSON text, lists or dicts; what is missing or unreadable becomes None."""
    return [_decode(value) for value in values]


def _decode(value: Any) -> Any:
    if isinstance(value, str):
        if value in ("[]", "{}"):  # most are, and parsing them takes as long
            return [] if value == "[]" else {}
        try:
            return json.loads(value) if value else None
        except ValueError:
            return None
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple, dict)):
        return value
    return None
