"""A pilot with simulated children, run by the worker: durations, precision, and what the stop rules do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QSpinBox, QWidget

from gui.bench import Bench
from gui.pages.protocols.shelf import draft_of
from gui.parts import Empty, button, column, label, problem_text, row, spoken
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.words import mark, tr
from gui.work import Job
from protocols.pilot import BlockPilot, PilotReport, Spread

CHILDREN = 30


def spread_words(found: Spread, digits: str = ".1f") -> str:
    """Return a median with the middle 80 %, the latter only where there is a spread."""
    middle, low, high = (f"{value:{digits}}" for value in (found.median, found.low, found.high))
    return middle if low == high else f"{middle} ({low}–{high})"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _margin(block: BlockPilot) -> str:
    return "" if block.standard_error is None else f"± {1.96 * block.standard_error:.0%}"


def _stops(block: BlockPilot) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in block.stopped.items())


def _tellable(block: BlockPilot) -> str:
    return tr("no score") if block.standard_error is not None and block.tellable is None else _share(block.tellable)


COLUMNS = (
    Column(mark("Block"), value=lambda b: b.title),
    Column(mark("Form"), value=lambda b: f"{b.task.replace('_', ' ')} · {b.form}"),
    Column(mark("Trials"), value=lambda b: f"{spread_words(b.taken, '.0f')} / {b.planned}"),
    Column(mark("Minutes"), value=lambda b: spread_words(b.minutes)),
    Column(mark("Right"), value=lambda b: _share(b.right), numeric=True),
    Column(mark("Chance"), value=lambda b: _share(b.chance), numeric=True),
    Column(mark("One child"), value=_margin, numeric=True),
    Column(mark("Tells from guessing"), value=_tellable, numeric=True),
    Column(mark("No answer"), value=lambda b: _share(b.unanswered), numeric=True),
    Column(mark("Stopped early"), value=_stops),
)


class PilotView(QWidget):
    """Asks the worker for a pilot and shows what it came to."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self._path: Path | None = None
        self._job: Job | None = None
        self.children_ = spoken(QSpinBox(minimum=2, maximum=1000, value=CHILDREN), tr("Simulated children"))
        self.begin = button(tr("Let them take it"), "primary", sign="run", on=self.run)
        self.whole = label("", "heading")
        self.note = label("", "small")
        self.rows = ListRows(COLUMNS)
        nothing = Empty(tr("No pilot yet"), tr("Simulated children take the protocol in a few seconds."), sign="people")
        self.table = DataTable(self.rows, tr("blocks"), nothing)
        self.table.search.hide()
        head = row(label(tr("Simulated children"), wrap=False), self.children_, self.begin, None)
        self.setLayout(column(head, self.whole, self.table, self.note))
        self.report: PilotReport | None = None

    def use(self, path: Path | None, possible: bool) -> None:
        """Take another protocol; its draft is what is piloted."""
        if path != self._path:
            self.whole.clear()
            self.note.clear()
            self.rows.show([])
        self._path = path
        self.begin.setEnabled(possible and self._job is None)

    def run(self) -> None:
        """Begin."""
        if self._path is None or self._job is not None:
            return
        draft = draft_of(self._path)
        source = str(draft if draft.exists() else self._path)
        many = str(self.children_.value())
        self._job = self.bench.work.start(
            tr("Pilot of {file}", file=self._path.stem), "protocol", "pilot", source, "-n", many, "--json"
        )
        self.begin.setEnabled(False)
        self._job.finished.connect(self._done)

    def _done(self, job: Job) -> None:
        self._job = None
        self.begin.setEnabled(True)
        found: Any = job.json()
        if not job.ok or found is None:
            self.whole.setText("\n".join(map(problem_text, job.problems)))
            return
        self.report = PilotReport.model_validate(found)
        self.rows.show(self.report.blocks)
        minutes, trials = spread_words(self.report.minutes), spread_words(self.report.trials, ".0f")
        low, high = self.report.ages
        self.whole.setText(
            tr(
                "{minutes} minutes and {trials} trials, {n} children of {low} to {high} months",
                minutes=minutes,
                trials=trials,
                n=self.report.children,
                low=f"{low:g}",
                high=f"{high:g}",
            )
        )
        self.note.setText(
            tr(
                "Medians, in brackets the middle 80 %. Growth and reaction times are invented for simulation; "
                "durations are estimates."
            )
        )
