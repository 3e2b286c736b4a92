"""Reading a lab: its trial table, and what its sessions and banks say beside the trials."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.data import Trials, prepare
from analysis.provenance import trained_recordings
from analysis.study import LabFacts
from devkit.lab import Lab, parse_journal, table


def load(lab: Lab) -> tuple[Trials, LabFacts]:
    """Return the trials of a lab, prepared, and the facts that stand beside them.

    Raises:
        devkit.errors.UserError: The lab cannot be read.
    """
    trials = prepare(table(lab, "trials"))
    sessions = lab.sessions()
    facts = LabFacts(
        name=lab.settings.name,
        ended={s.session_id: s.reason for s in sessions if s.reason},
        trained=_trained(lab),
        bank_audits=_bank_audits(lab.path / "banks"),
        problems=tuple(str(problem) for problem in lab.index.problems()),
        digest=lab.index.stamp(),
    )
    return trials, facts


def _trained(lab: Lab) -> dict[str, frozenset[str]]:
    """Training recordings that the sessions of models state, joined over the checkpoints of a model."""
    found: dict[str, frozenset[str]] = {}
    for summary in lab.sessions():
        if summary.respondent_kind != "model":
            continue
        path = lab.journal_path(summary.session_id)
        with path.open("rb") as journal:  # the header is the first line; a model's journal may be long
            header = parse_journal(path, journal.readline(), running=True).header
        stated = trained_recordings(header.respondent) if header is not None else None
        if stated is not None:
            name = summary.model_id or summary.respondent_code
            found[name] = found.get(name, frozenset()) | stated
    return found


def _bank_audits(folder: Path) -> dict[str, str]:
    """The last audit of each bank in the lab, one sentence a bank; a bank without one is left out."""
    found = {}
    for path in sorted(folder.glob("*/audit.json")):
        try:
            report = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        rows = report.get("findings") if isinstance(report, dict) else None
        if isinstance(rows, list):
            codes = sorted({str(row.get("code", "")) for row in rows if isinstance(row, dict)} - {""})
            found[path.parent.name] = f"{len(rows)} findings" + (f": {', '.join(codes)}" if codes else "")
    return found
