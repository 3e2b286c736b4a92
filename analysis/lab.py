"""Reading a lab: its trial table, and what its sessions and banks say beside the trials."""

from __future__ import annotations

from pathlib import Path

from analysis.base import LabFacts
from analysis.data import Trials, prepare
from analysis.provenance import trained_recordings
from devkit.banks.findings import AuditReport, Result
from devkit.lab import Lab, parse_journal, table
from devkit.lab.references import references


def load(lab: Lab, *, gaze: bool = False) -> tuple[Trials, LabFacts]:
    """Return the trials of a lab, prepared, and the facts that stand beside them.

    Args:
        lab: The lab.
        gaze: Whether to read the gaze samples too, which may be many.

    Raises:
        devkit.errors.UserError: The lab cannot be read.
    """
    trials = prepare(table(lab, "trials"))
    sessions = lab.sessions()
    trained, yoked = _stated(lab)
    facts = LabFacts(
        name=lab.settings.name,
        ended={s.session_id: s.reason for s in sessions if s.reason},
        trained=trained,
        bank_audits=_bank_audits(lab.path / "banks"),
        problems=tuple(str(problem) for problem in lab.index.problems()),
        digest=lab.index.data_digest(),
        yoked=yoked,
        references=tuple(references(lab)),
        gaze=table(lab, "gaze") if gaze else None,
    )
    return trials, facts


def _stated(lab: Lab) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """What headers state: the training recordings of models, joined over checkpoints, and whom a session follows."""
    trained: dict[str, frozenset[str]] = {}
    yoked: dict[str, str] = {}
    for summary in lab.sessions():
        if summary.respondent_kind != "model":
            continue
        path = lab.journal_path(summary.session_id)
        with path.open("rb") as journal:  # the header is the first line; a model's journal may be long
            header = parse_journal(path, journal.readline(), running=True).header
        if header is None:
            continue
        stated = trained_recordings(header.respondent)
        if stated is not None:
            name = summary.model_id or summary.respondent_code
            trained[name] = trained.get(name, frozenset()) | stated
        followed = (header.plan or {}).get("yoked_to")
        if followed:
            yoked[summary.session_id] = str(followed)
    return trained, yoked


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
