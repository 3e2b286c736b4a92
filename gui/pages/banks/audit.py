"""What an audit found in a bank, kept in the bank itself; the worker makes it."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtWidgets import QWidget

from devkit.banks.findings import AuditReport, Result
from devkit.banks.report import headline
from devkit.banks.store import Bank
from gui.parts import Empty, Split, boxed, card, column, label, levelled, scrolled
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.words import mark, tr

KEPT = "audit.json"
ORDER = ("defect", "expected", "note", "unknown", "clean")
LEVELS = {"defect": "wrong", "expected": "caution", "clean": "good"}


def _status(status: str) -> str:
    return {
        "defect": tr("defect"),
        "expected": tr("as published"),
        "note": tr("worth knowing"),
        "unknown": tr("too few items"),
        "clean": tr("clean"),
    }.get(status, status)


def _share(result: Result) -> str:
    if not result.total or result.low is None or result.high is None:
        return ""
    return f"{result.hits / result.total:.0%} ({result.low:.0%}–{result.high:.0%})"


COLUMNS = (
    Column(mark("Outcome"), value=lambda r: _status(r.status)),
    Column(mark("Check"), value=lambda r: r.check.replace("-", " ")),
    Column(mark("Form"), value=lambda r: r.where.replace("_", " ")),
    Column(mark("Share"), value=_share, numeric=True),
    Column(mark("Chance"), value=lambda r: "" if r.chance is None else f"{r.chance:.0%}", numeric=True),
    Column(mark("What was seen"), value=lambda r: r.message),
)


def kept_audit(bank: Bank) -> AuditReport | None:
    """Return the audit that is kept in a bank; None when there is none that can be read."""
    try:
        return AuditReport.model_validate_json((bank.path / KEPT).read_bytes())
    except (OSError, ValidationError):
        return None


class AuditView(QWidget):
    """The results of the last audit of one bank."""

    def __init__(self) -> None:
        super().__init__()
        self.headline = label("", "heading")
        self.old = levelled(label(""), "caution")
        self.rows = ListRows(COLUMNS, key=lambda r: (r.check, r.task, r.form))
        advice = tr("An audit looks for every known way to solve a test without what it measures.")
        self.table = DataTable(self.rows, tr("checks"), Empty(tr("No audit yet"), advice, sign="search"))
        self.detail = QWidget()
        self.detail.setLayout(column(None))
        self.table.chosen.connect(self._show_chosen)
        layout = column(self.headline, self.old, Split(self.table, scrolled(self.detail), (3, 2)))
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.report: AuditReport | None = None

    def use(self, bank: Bank | None) -> None:
        """Show another bank's audit."""
        self.report = kept_audit(bank) if bank is not None else None
        results = self.report.results if self.report is not None else ()
        self.rows.show(sorted(results, key=lambda r: ORDER.index(r.status)))
        self.headline.setText(headline(self.report) if self.report is not None else "")
        stale = bank is not None and self.report is not None and self.report.digest != bank.digest
        self.old.setText(tr("The bank was changed since: audit it again.") if stale else "")
        self.old.setVisible(stale)
        self._show_chosen()

    def _show_chosen(self) -> None:
        layout = self.detail.layout()
        assert layout is not None
        while (gone := layout.takeAt(0)) is not None:
            if (widget := gone.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        keys = self.table.keys()
        found = next((r for r in self.rows.objects if keys and (r.check, r.task, r.form) == keys[0]), None)
        if found is not None:
            layout.addWidget(_detail(found))
        layout.addWidget(boxed(column(None)))


def _detail(result: Result) -> QWidget:
    status = levelled(label(_status(result.status)), LEVELS.get(result.status, ""))
    seen = label(result.message[:1].upper() + result.message[1:] + ".")
    parts = [status, seen]
    if result.examples:
        parts.append(label(tr("For example: {items}", items=", ".join(result.examples)), "quiet"))
    if result.advice:
        parts.append(label(tr("To do: {advice}.", advice=result.advice)))
    return card(*parts, heading=f"{result.check.replace('-', ' ')} · {result.where.replace('_', ' ')}")
