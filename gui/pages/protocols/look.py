"""A look at the trials as a child would see them, step by step; nothing runs and nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from devkit.banks.store import Bank
from devkit.errors import UserError
from gui.bench import Bench
from gui.pages.protocols.shelf import no_pictures
from gui.parts import Empty, boxed, button, column, label, problem_text, row, spoken
from gui.sayings import kind_words
from gui.session.childscreen import ChildScreen, stage_words
from gui.words import tr
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.preview import PreviewTrial, preview
from protocols.schema import Protocol
from protocols.sessions import RunnableBank

CODE, SEED = "preview", 1
OPEN_STEP_MS = 2500
SHORTEST_STEP_MS = 250


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan and the bank that it draws from."""

    plan: Plan
    bank: RunnableBank


class LookView(QWidget):
    """The child's screen, with a way through the trials and their steps."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self._protocol: Protocol | None = None
        self._stale = False
        self._planned: _Planned | None = None
        self.trial: PreviewTrial | None = None
        self.step = 0
        self.screen_ = ChildScreen()
        self.bank = spoken(QComboBox(), tr("Bank of items"))
        self.bank.activated.connect(lambda _: self._plan())
        self.number = spoken(QSpinBox(), tr("Trial"))
        self.number.valueChanged.connect(self._show_trial)
        self.of, self.now = label("", "small", wrap=False), label("", "heading")
        self.about = label("", "quiet")
        self.back = button(tr("Step back"), sign="back", on=lambda: self._go(-1))
        self.next = button(tr("Next step"), sign="next", on=lambda: self._go(1))
        self.play = button(tr("Play"), sign="resume", on=self._toggle)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tick)
        bar = row(label(tr("Trial"), wrap=False), self.number, self.of, None, self.back, self.next, self.play)
        self.nothing = Empty(tr("Nothing to look at"), "", sign="eye")
        screen = column(bar, self.screen_, self.now, self.about)
        screen.setStretch(1, 1)
        self.stage = boxed(screen)
        self.setLayout(column(self.nothing, self.stage, row(self.bank, None)))
        self._show_nothing(tr("Mend the text first."))

    def offer_banks(self, banks: list[Path]) -> None:
        """Offer the lab's banks."""
        chosen = self.bank.currentData()
        self.bank.clear()
        for path in banks:
            self.bank.addItem(tr("Pictures of {bank}", bank=path.name), str(path))
        self.bank.addItem(tr("Without pictures"), "")
        self.bank.setCurrentIndex(max(0, self.bank.findData(chosen)))

    def use(self, protocol: Protocol | None) -> None:
        """Take another version of the protocol; it is worked out when the view is in sight."""
        if protocol is not None and self._protocol is not None and protocol.digest == self._protocol.digest:
            return
        self._protocol, self._stale = protocol, True
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Work out what there is to see, if that is not done yet."""
        if self._stale:
            self._stale = False
            self._plan()

    def rest(self) -> None:
        """Stop playing."""
        self._timer.stop()
        self.play.setText(tr("Play"))

    def _plan(self) -> None:
        protocol, folder = self._protocol, self.bank.currentData() or ""
        if protocol is None:
            self._show_nothing(tr("Mend the text first."))
            return
        self.bench.aside.do("protocol:plan", lambda: _planned(protocol, folder), self._ready, self._failed)

    def _ready(self, planned: _Planned) -> None:
        self._planned = planned
        self.screen_.begin(planned.bank.path_of, planned.plan.ground)
        count = len(planned.plan.trials)
        self.of.setText(tr("of {n}", n=count))
        self.nothing.setVisible(count == 0)
        self.stage.setVisible(count > 0)
        self.number.blockSignals(True)
        self.number.setRange(min(1, count), count)
        self.number.blockSignals(False)
        self._show_trial(self.number.value())

    def _failed(self, error: UserError) -> None:
        self._show_nothing(problem_text(error.problem))

    def _show_nothing(self, why: str) -> None:
        self.rest()
        self.trial = None
        self.nothing.say(tr("Nothing to look at"), why)
        self.nothing.show()
        self.stage.hide()

    def _show_trial(self, number: int) -> None:
        if self._planned is None or not 1 <= number <= len(self._planned.plan.trials):
            return
        try:
            self.trial = preview(self._planned.plan, self._planned.bank, self._planned.plan.trials[number - 1])
        except UserError as error:
            self._show_nothing(problem_text(error.problem))
            return
        self.step = 0
        self._show_step()

    def _show_step(self) -> None:
        if self.trial is None:
            return
        step = self.trial.steps[self.step]
        lasts = tr("until it is answered") if step.lasts_ms is None else f"{step.lasts_ms / 1000:g} s"
        said = f"  “{step.stage.prompt}”" if step.stage.prompt else ""
        self.screen_.show_stage(step.stage)
        self.now.setText(f"{stage_words(step.stage)} · {lasts}{said}")
        where = tr("step {n} of {all}", n=self.step + 1, all=len(self.trial.steps))
        right = tr("Right: {target}", target=self.trial.target)
        self.about.setText(f"{self.trial.title} · {kind_words(self.trial.kind)} · {where} · {right}")

    def _go(self, by: int) -> bool:
        """Show another step, of the next trial where this one is over; False at the end."""
        if self.trial is None:
            return False
        if 0 <= self.step + by < len(self.trial.steps):
            self.step += by
            self._show_step()
            return True
        number = self.number.value() + by
        if not self.number.minimum() <= number <= self.number.maximum():
            return False
        self.number.setValue(number)
        if by < 0 and self.trial is not None:
            self.step = len(self.trial.steps) - 1
            self._show_step()
        return True

    def _toggle(self) -> None:
        if self._timer.isActive():
            self.rest()
        elif self.trial is not None:
            self.play.setText(tr("Stop"))
            self._wait()

    def _tick(self) -> None:
        if self._go(1):
            self._wait()
        else:
            self.rest()

    def _wait(self) -> None:
        if self.trial is not None:
            lasts = self.trial.steps[self.step].lasts_ms
            answered = self.trial.steps[self.step].stage.name == "awaiting"
            self._timer.start(round(OPEN_STEP_MS if lasts is None or answered else max(lasts, SHORTEST_STEP_MS)))


def _planned(protocol: Protocol, folder: str) -> _Planned:
    bank: RunnableBank = Bank.open(folder) if folder else no_pictures()
    return _Planned(make_plan(protocol, bank, CODE, SEED), bank)
