"""CSV files of PsychoPy (Builder's ``…_trials`` and wide files): reaction times in seconds, one file a session."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.experiment import Dialect, bring_csv
from devkit.lab.imports.foreign import NO_DATE
from devkit.lab.imports.rows import CsvRow
from devkit.lab.store import Lab
from devkit.respondents import AnswerSource


def _source(column: str) -> AnswerSource | None:
    if "mouse" in column.casefold():
        return "mouse"
    return "key" if column.endswith(".keys") else None


def _date(row: CsvRow) -> str:
    """Read PsychoPy's ``date`` (2026-03-04_10h05.21.123); it has no zone and is taken as UTC."""
    found = re.match(r"(\d{4}-\d{2}-\d{2})_(\d{2})h(\d{2})\.(\d{2})", row.values.get("date", ""))
    if found is None:
        return NO_DATE
    return datetime.fromisoformat(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}").replace(tzinfo=UTC).isoformat()


PSYCHOPY = Dialect(
    name="psychopy",
    usual={
        "participant": ("participant", "subject", "id"),
        "response": (".keys", ".clicked_name", "response"),
        "correct": (".corr", "correct"),
        "rt": (".rt", ".time", "rt"),
        "target": ("corrAns", "correctAns", "target"),
        "item": ("item", "stimulus", "image", "word"),
        "choices": ("choices", "options"),
        "age_days": ("age_days",),
        "age_months": ("age_months",),
        "practice": ("is_practice", "practice"),
    },
    rt_unit_ms=1000.0,
    source=_source,
    date=_date,
)


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring PsychoPy's files into a lab; raises as `devkit.lab.imports.experiment.bring_csv` does."""
    return bring_csv(lab, source, options, PSYCHOPY)
