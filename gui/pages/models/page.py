"""The models page: what the lab has, and a second part for training."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QTabBar

from devkit.shelf import Shelved
from gui.bench import Bench
from gui.page import Page
from gui.pages.models.adding import Adding
from gui.pages.models.running import Running, kind_words
from gui.pages.models.training import Training
from gui.parts import Empty, Split, boxed, button, column, problem_text, scrolled, spoken
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, tr
from gui.work import Job

TRAINING = "training"
COLUMNS = (
    Column(mark("Model"), value=lambda one: one.name),
    Column(mark("Kind"), value=lambda one: kind_words(one.kind)),
    Column(mark("Stage"), value=lambda one: one.stage),
    Column(mark("Step"), value=lambda one: one.step, text=lambda v: f"{v:,}", numeric=True),
    Column(mark("Hours seen"), value=lambda one: one.hours_seen, text=lambda v: f"{v:.2f}", numeric=True),
    Column(mark("Digest"), value=lambda one: one.digest, text=lambda v: v[:12]),
    Column(
        mark("State"),
        value=lambda one: one.problem or tr("ready"),
        level=lambda v: "" if v == tr("ready") else "caution",
    ),
)


class ModelsPage(Page):
    """The lab's models."""

    def __init__(self, bench: Bench) -> None:
        self.add = button(tr("Take in a model"), on=self.show_adding, sign="import", key="Ctrl+N")
        self.train = button(tr("Train a model"), "primary", on=lambda: self.tabs.setCurrentIndex(1), sign="train")
        super().__init__(bench, tr("Models"), tr("Choose a model to run a protocol on it."), (self.add, self.train))
        self.job: Job | None = None
        self._new = ""  # name of a model just taken in: it is chosen as soon as it is listed
        self.rows = ListRows(COLUMNS, key=lambda one: one.place)
        advice = tr("Take one in: a Hugging Face folder, OpenCLIP weights, an address. Or train one.")
        self.table = DataTable(self.rows, tr("models"), Empty(tr("No model yet"), advice, sign="model"))
        self.table.chosen.connect(self._show_chosen)
        self.running, self.adding, self.training = Running(bench), Adding(bench), Training(bench)
        self.adding.added.connect(self._added)
        self.adding.left.connect(self._show_chosen)
        self.training.changed.connect(self.look)
        self.right = QStackedWidget()
        self.right.setMinimumWidth(px(280))
        self.nothing = Empty(tr("No model is chosen"), tr("Choose one in the table, or several."), sign="model")
        for part in (self.nothing, scrolled(self.running), scrolled(self.adding)):
            self.right.addWidget(part)
        self.tabs = spoken(QTabBar(), tr("Models and training"))
        self.tabs.setDrawBase(False)
        self.tabs.addTab(tr("In this lab"))
        self.tabs.addTab(tr("Training"))
        self.parts = QStackedWidget()
        self.parts.addWidget(Split(self.table, self.right))
        self.parts.addWidget(self.training)
        self.tabs.currentChanged.connect(self._turned)
        self.set_content(boxed(column(self.tabs, self.parts)))

    def lab_opened(self) -> None:
        """Forget the old lab's models."""
        self.job = None
        self.rows.show([])
        self.training.forget()

    def lab_changed(self) -> None:
        """Ask the worker what lies in the lab's folder."""
        self.look()
        self.running.offer()

    def shown(self, target: str) -> None:
        """Show the models, or the training."""
        if target == TRAINING:
            self.tabs.setCurrentIndex(1)

    def close_page(self) -> None:
        """Stop reading logs."""
        self.training.rest()

    def look(self) -> None:
        """List the models anew."""
        lab = self.bench.lab
        if lab is None or self.job is not None:
            return
        self.job = self.bench.work.start(tr("List the models"), "model", "list", str(lab.path), "--json")
        self.job.finished.connect(self._listed)

    def _listed(self, job: Job) -> None:
        if job is not self.job:
            return
        self.job = None
        found = job.json() if job.ok else None
        if isinstance(found, list):
            self.show_models([Shelved.model_validate(one) for one in found])
        elif not job.cancelled:
            self.banner.say("\n".join(map(problem_text, job.problems)), "wrong", tr("Try again"), self.look)

    def show_models(self, found: list[Shelved]) -> None:
        """Show models."""
        self.banner.say("")
        self.rows.show(found)
        self.training.offer_runs(list(dict.fromkeys(Path(one.run) for one in found if one.run)))
        new = next((one for one in found if one.name == self._new), None)
        if new is not None and self.table.choose(new.place):
            self._new = ""
        self._show_chosen()

    def _show_chosen(self) -> None:
        if self.adding.open:
            return
        keys = set(self.table.keys())
        chosen = [one for one in self.rows.objects if one.place in keys]
        self.running.show_models(chosen)
        self.right.setCurrentIndex(1 if chosen else 0)

    def show_adding(self) -> None:
        """Ask for a model to take in."""
        self.tabs.setCurrentIndex(0)
        self.adding.begin()
        self.right.setCurrentIndex(2)
        self.adding.source.setFocus()

    def _added(self, name: str) -> None:
        self.bench.say(tr("Taken in: {name}", name=name), "good")
        self._new = name
        self.look()

    def _turned(self, place: int) -> None:
        self.train.setVisible(place == 0)
        self.parts.setCurrentIndex(place)
        if place == 1:
            self.training.shown()
