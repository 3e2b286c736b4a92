"""What may leave a lab: applies the privacy settings to a table, column by column.

An id is a UUID of version 7 and holds the time at which it was made; so where times are withheld, ids are replaced by
others that are the same in every export of the lab.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from devkit.lab.settings import Privacy

TIMES = ("started_at", "ended_at", "added_at")
IDS = ("session_id", "trial_id", "resumes")
_KEPT = {"time": None, "day": 10, "month": 7, "none": 0}
_IN_WORDS = {"day": "times of day", "month": "days and times", "none": "dates and times"}
Change = Callable[[Any], Any]


def withheld(privacy: Privacy) -> list[str]:
    """Return what the settings keep back, in words."""
    words = (
        [] if privacy.dates == "time" else [_IN_WORDS[privacy.dates], "ids (replaced)", "events copied from sources"]
    )
    words += [] if privacy.raw_answers else ["the words of replies"]
    return words + ([] if privacy.notes else ["notes of the examiner"])


def release(table: pa.Table, privacy: Privacy, lab_id: str) -> pa.Table:
    """Return a table as it may leave the lab.

    Args:
        table: Columns of the declaration (or of sessions and participants).
        privacy: The lab's settings.
        lab_id: The lab; replaced ids depend on it.
    """
    for name, change in _changes(privacy, lab_id).items():
        if name in table.column_names:
            place = table.column_names.index(name)
            field = table.schema.field(place)
            table = table.set_column(place, field, pa.array(map(change, table[name].to_pylist()), type=field.type))
    if "detail" in table.column_names:
        table = _events(table, privacy)
    return table


def _changes(privacy: Privacy, lab_id: str) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    if privacy.dates != "time":
        shorter = _shorter(_KEPT[privacy.dates])
        changes |= dict.fromkeys(TIMES, shorter)
        changes |= dict.fromkeys(IDS, lambda value: value and str(uuid.uuid5(uuid.UUID(lab_id), value)))
        changes["corrections"] = _inside("when", shorter)
    if not privacy.raw_answers:
        changes["answer_raw"] = lambda value: None
        changes["turns"] = _inside("answer_raw", lambda value: None)
    if not privacy.notes:
        changes["note"] = lambda value: "" if value is not None else None
    return changes


def _shorter(length: int | None) -> Change:
    return lambda value: value[:length] if value is not None else None


def _inside(key: str, change: Change) -> Change:
    def changed(text: str | None) -> str | None:
        if not text or text == "[]":
            return text
        entries = [entry | {key: change(entry.get(key))} for entry in json.loads(text)]
        return json.dumps(entries, ensure_ascii=False, separators=(",", ":"))

    return changed


def _events(table: pa.Table, privacy: Privacy) -> pa.Table:
    """Empty the details of notes, and of what was copied from a source (which holds dates)."""
    hidden = ({"note"} if not privacy.notes else set()) | ({"source"} if privacy.dates != "time" else set())
    pairs = zip(table["name"].to_pylist(), table["detail"].to_pylist(), strict=True)
    place = table.column_names.index("detail")
    values = pa.array(["{}" if name in hidden else detail for name, detail in pairs], type=pa.string())
    return table.set_column(place, table.schema.field(place), values)
