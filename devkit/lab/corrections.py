"""Corrections: appended to a journal, folded into the record when it is read, never written over anything."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from devkit.errors import UserError, did_you_mean
from devkit.records import Correction, TrialRecord

FIXED = frozenset({"session_id", "trial_id", "lab_id", "schema_version", "plan_digest", "corrections"})


def corrected(record: TrialRecord, correction: Correction) -> TrialRecord:
    """Return the record with a correction folded in: the new value, and a note of the old one in ``corrections``.

    Raises:
        UserError: There is no such column, it may not be corrected, or the new value does not fit it.
    """
    name = correction.column
    if name not in TrialRecord.model_fields:
        hint = did_you_mean(name, TrialRecord.model_fields)
        raise UserError(f"there is no column '{name}' to correct", hint=hint, code="correction-column")
    if name in FIXED:
        raise UserError(f"the column '{name}' is the record's identity and stays", code="correction-fixed")
    values: dict[str, Any] = record.model_dump(mode="json")
    note = {
        "column": name,
        "before": values[name],
        "after": correction.after,
        "who": correction.who,
        "when": correction.when,
        "why": correction.why,
    }
    values[name] = correction.after
    values["corrections"] = [*values["corrections"], note]
    try:
        return TrialRecord.model_validate(values)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UserError(f"the new value does not fit the column '{name}': {reason}", code="correction-value") from None
