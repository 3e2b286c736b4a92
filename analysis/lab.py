"""Reading a lab: its trial table, and what its sessions and banks say beside the trials."""

from __future__ import annotations

from pathlib import Path

from analysis.data import Trials, prepare
from analysis.provenance import trained_recordings
from analysis.study import LabFacts
from devkit.banks.findings import AuditReport, Result
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
    """The last audit of each bank (``banks/NAME/audit.json``) in one sentence; banks without one are left out."""
    found = {}
    for path in sorted(folder.glob("*/audit.json")):
        try:
            report = AuditReport.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            found[path.parent.name] = "audit.json cannot be read"
            continue
        defects, expected = report.of("defect"), report.of("expected")
        words = [f"{len(report.results)} checks"]
        words.append(f"defects: {_named(defects)}" if defects else "no defect")
        words += [f"expected of the published forms: {_named(expected)}"] if expected else []
        found[report.bank] = "; ".join(words)
    return found


def _named(results: tuple[Result, ...]) -> str:
    return ", ".join(dict.fromkeys(f"{one.check} ({one.where})" for one in results))
