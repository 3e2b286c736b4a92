"""A lab and records to put into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.ids import uuid7
from devkit.lab import Lab
from devkit.records import ChoiceColumn, SessionHeader, TrialRecord


def header_of(lab_id: str, **changes: object) -> SessionHeader:
    values: dict[str, object] = {
        "session_id": uuid7(),
        "lab_id": lab_id,
        "started_at": "2026-03-04T10:00:00+01:00",
        "devkit_version": "0.1.0",
        "protocol": "who-has-more",
        "protocol_version": "1",
        "plan_digest": "a" * 64,
        "seed": 7,
        "respondent_code": "P-K7QX4",
        "respondent_kind": "child",
        "respondent": {"code": "P-K7QX4", "kind": "child", "age_days": 900},
        "bank": "toybox",
        "bank_digest": "b" * 64,
        "plan": {"trials": []},
    }
    return SessionHeader.model_validate(values | changes)


def trial_of(header: SessionHeader, index: int = 0, **changes: object) -> TrialRecord:
    choices = (
        ChoiceColumn(label="first", media="c" * 64, role="target", letter="A"),
        ChoiceColumn(label="second", media="d" * 64, role="fewer", letter="B"),
    )
    shared = ("session_id", "lab_id", "protocol", "protocol_version", "plan_digest", "seed", "schema_version")
    values: dict[str, object] = {
        **{name: getattr(header, name) for name in (*shared, "respondent_code", "respondent_kind", "bank")},
        "trial_id": uuid7(),
        "trial_index": index,
        "plan_index": index,
        "attempt": 1,
        "block": 0,
        "started_at": header.started_at,
        "baseline": "",
        "age_days": 900,
        "age_corrected_days": 900,
        "age_precision": "day",
        "language": "en",
        "task": "who_has_more",
        "form": "synthetic",
        "item_id": f"item-{index}",
        "item_digest": "e" * 64,
        "word": "shoe",
        "target": "first",
        "choices": choices,
        "chance": 0.5,
        "difficulty": {"ratio": 0.5, "set_size": 4},
        "provenance": {"source": "toybox", "split": "test", "recordings": ["S_20260101_1200_01"]},
        "trial_kind": "test",
        "is_practice": False,
        "choice_order": (0, 1),
        "target_position": 0,
        "feedback": False,
        "repeats": 0,
        "early_touches": 0,
        "time_scale": 1.0,
        "answer": "first",
        "answer_position": 0,
        "answer_source": "touch",
        "rt_ms": 1234.5,
        "rt_from": "onset",
        "outcome": "answered",
        "turns": (),
        "correct": True,
        "score": 1.0,
        "scores": {},
        "valid": True,
        "flags": (),
        "exclusion": (),
        "note": "",
        "corrections": (),
    }
    return TrialRecord.model_validate(values | changes)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab.create(tmp_path / "lab", name="Test lab")


@pytest.fixture
def make_header() -> Callable[..., SessionHeader]:
    return header_of


@pytest.fixture
def make_trial() -> Callable[..., TrialRecord]:
    return trial_of


Add = Callable[..., SessionHeader]


@pytest.fixture
def add_session(lab: Lab) -> Add:
    """Add a session of ``count`` trials to a lab; closed unless ``close`` is false."""

    def add(count: int = 3, *, into: Lab = lab, close: bool = True, **changes: object) -> SessionHeader:
        header = header_of(into.lab_id, **changes)
        with into.new_session(header) as journal:
            for index in range(count):
                journal.trial(trial_of(header, index))
            if close:
                journal.close("completed")
        return header

    return add
