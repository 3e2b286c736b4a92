"""A small lab on disk: simulated children of 10 to 40 months, a model's checkpoints, an audited bank."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
from simulated_tables import Sitter, session

from devkit.lab import Lab
from devkit.records import SessionHeader, TrialRecord

FORMS = (("localization", "standard"), ("subitizing", "standard"))
NESTED = (
    "choices",
    "choice_scores",
    "turns",
    "scores",
    "difficulty",
    "provenance",
    "flags",
    "exclusion",
    "corrections",
    "choice_order",
)


def add(lab: Lab, table: pd.DataFrame, detail: dict[str, object]) -> None:
    """Record a simulated table as a session of a lab."""
    session_id = str(uuid.uuid4())
    trials = []
    for row in table.to_dict("records"):
        clean = {k: (json.loads(v) if isinstance(v, str) and k in NESTED else v) for k, v in row.items()}
        clean = {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in clean.items()}
        clean |= {"session_id": session_id, "trial_id": str(uuid.uuid4()), "lab_id": lab.lab_id, "choice_order": []}
        clean["target_position"] = int(clean["target_position"])
        clean["answer_position"] = None if clean["answer_position"] is None else int(clean["answer_position"])
        trials.append(TrialRecord.model_validate(clean))
    first = trials[0]
    header = SessionHeader(
        session_id=session_id, lab_id=lab.lab_id, started_at=first.started_at, devkit_version="0", protocol="p",
        protocol_version="1", plan_digest="0" * 64, seed=1, respondent_code=first.respondent_code,
        respondent_kind=first.respondent_kind, respondent=detail, bank=first.bank, bank_digest="", plan={},
    )  # fmt: skip
    lab.add_session(header, trials)


def small_lab(path: Path, *, children: int = 6, each: int = 6) -> Path:
    """Make the lab; items are shared between children and model."""
    opened = Lab.create(path, name="Länder-Labor")
    for i in range(children):
        add(opened, session(Sitter(f"S{i}", ability=i / 3, age_days=300 + 150 * i), FORMS, each, i), {})
    for step in (1, 2, 3):
        sitter = Sitter("m", "model", step - 2, model_id="tiny", step=step, hours=2.0**step, source="text", scores=True)
        add(opened, session(sitter, FORMS, 20, step), {"detail": {"training_recordings": ["T_1", "T_2"]}})
    audit = path / "banks" / "toybox"
    audit.mkdir(parents=True)
    results = [
        {"check": "position-prior", "task": "localization", "form": "standard", "status": "defect", "message": "m"},
        {"check": "leakage", "status": "clean", "message": "m"},
    ]
    report = {"bank": "toybox", "digest": "d", "items": 40, "results": results}
    (audit / "audit.json").write_text(json.dumps(report))
    (path / "banks" / "broken").mkdir()
    (path / "banks" / "broken" / "audit.json").write_text("{")
    return path
