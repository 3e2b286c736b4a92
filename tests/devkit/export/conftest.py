"""Records for labs to export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.ids import uuid7
from devkit.records import SessionHeader, TrialRecord

EXAMPLE = Path(__file__).parents[1] / "lab" / "trial.json"


@pytest.fixture
def make_header() -> Callable[..., SessionHeader]:
    def make(lab_id: str) -> SessionHeader:
        record = TrialRecord.model_validate_json(EXAMPLE.read_text())
        same = (
            "started_at",
            "protocol",
            "protocol_version",
            "plan_digest",
            "seed",
            "respondent_code",
            "respondent_kind",
        )
        values = {name: getattr(record, name) for name in (*same, "bank")}
        empty: dict[str, dict[str, object]] = {"respondent": {}, "plan": {}}
        return SessionHeader.model_validate(
            values | empty | {"session_id": uuid7(), "lab_id": lab_id, "devkit_version": "0", "bank_digest": ""}
        )

    return make


@pytest.fixture
def make_trial() -> Callable[..., TrialRecord]:
    def make(header: SessionHeader, index: int, **changes: object) -> TrialRecord:
        record = TrialRecord.model_validate_json(EXAMPLE.read_text()).model_dump()
        same = {"session_id": header.session_id, "lab_id": header.lab_id, "trial_id": uuid7(), "trial_index": index}
        return TrialRecord.model_validate(record | {"choice_scores": None, "flags": ()} | same | changes)

    return make
