"""Training: a configuration, stage by stage, in the worker; its loss curves as they grow; and the machine."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from devkit.shelf import Burden, Means
from gui.bench import Bench
from gui.charts.view import ChartView
from gui.pages.models.log import TrainingLog, stage_words
from gui.parts import (
    Columns,
    Empty,
    Split,
    boxed,
    button,
    card,
    column,
    emptied,
    form,
    label,
    levelled,
    problem_text,
    row,
    scrolled,
    spoken,
)
from gui.theme import px
from gui.words import tr
from gui.work import Job

CONFIGS = ("demo", "tiny", "small-20m", "small", "base")
STAGES = ("all", "vision", "language", "align", "joint", "instruct")
READ_MS = 500
LONG_H = 2.0
DAY_H = 24.0


class Training(QWidget):
    """The fields of a training, the machine, and the curves.

    Signals:
        changed: There may be other checkpoints now.
    """

    changed = Signal()

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.job: Job | None = None
        self._asked: Job | None = None
        self.means: Means | None = None
        self.log: TrainingLog | None = None
        self._watch = QTimer(self, interval=READ_MS)
        self._watch.timeout.connect(self.read)
        self.views: list[ChartView] = []
        self._build()
        self._fit()

    def _build(self) -> None:
        self.config, self.stage, self.curves = (
            QComboBox(editable=True),
            QComboBox(),
            spoken(QComboBox(), tr("Curves of")),
        )
        self.config.addItems(CONFIGS)
        for name in STAGES:
            self.stage.addItem(tr("all five, in order") if name == "all" else stage_words(name), name)
        self.data, self.name = QLineEdit(), QLineEdit()
        self.seed = QSpinBox(maximum=999_999)
        for field in (self.data, self.name):
            field.textChanged.connect(self._fit)
        names = tr("&Configuration"), tr("S&tage"), tr("&Data"), tr("Na&me"), tr("&Seed")
        notes = {names[0]: tr("One of these, or the path of a YAML file."),
                 names[2]: tr("A folder made by devkit corpus build.")}  # fmt: skip
        choose = button(tr("Folder …"), on=self.ask_for_data, sign="open")
        data = boxed(row(self.data, choose))
        data.setFocusProxy(self.data)
        spoken(self.data, names[2].replace("&", ""))
        fields = form(*zip(names, (self.config, self.stage, data, self.name, self.seed), strict=True), notes=notes)
        self.begin = button(tr("Train"), "primary", on=self.train, sign="train", key="Ctrl+Return")
        self.stop = button(tr("Stop"), on=self.stop_training, sign="end")
        self.told = label("")
        self.told.hide()
        self._machine = QVBoxLayout()
        self._machine.setSpacing(px(4))
        self._machine.setContentsMargins(0, 0, 0, 0)
        self.ask_machine = button(tr("Measure this machine"), on=self.measure, sign="chip")
        left = column(
            card(
                boxed(fields),
                row(choose, None),
                row(self.begin, self.stop, None),
                self.told,
                heading=tr("Train a model"),
            ),
            card(boxed(self._machine), row(self.ask_machine, None), heading=tr("This machine")),
            None,
        )
        self.curves.currentIndexChanged.connect(self._chosen)
        self.empty = Empty(tr("No curve yet"), tr("It grows here while a model is trained."), sign="train")
        self.drawn = QStackedWidget()
        self.drawn.addWidget(self.empty)
        right = boxed(column(row(label(tr("Curves of"), wrap=False), self.curves, None), self.drawn))
        side = scrolled(boxed(left))
        side.setMinimumWidth(px(300))
        self.setLayout(column(Split(side, right, (2, 3))))
        self._show_machine()

    def forget(self) -> None:
        """Forget the old lab's runs."""
        self.rest()
        self.log = None
        self.curves.clear()
        self._draw()

    def rest(self) -> None:
        """Stop reading."""
        self._watch.stop()

    def shown(self) -> None:
        """Read what was written meanwhile."""
        self.read()

    def offer_runs(self, runs: list[Path]) -> None:
        """Offer runs whose curves can be looked at."""
        known = {self.curves.itemData(place) for place in range(self.curves.count())}
        for run in runs:
            if str(run) not in known:
                self.curves.addItem(run.name, str(run))

    def _chosen(self) -> None:
        path = self.curves.currentData()
        self.log = TrainingLog(Path(path)) if path else None
        if self.log is not None:
            self.log.read()
        self._draw()

    def read(self) -> None:
        """Read what was written to the log since, and draw it."""
        if self.log is not None and self.log.read():
            self._draw()

    def _draw(self) -> None:
        plots = self.log.plots() if self.log is not None else []
        if not plots:
            self.drawn.setCurrentWidget(self.empty)
            return
        if len(plots) != len(self.views) or self.drawn.currentWidget() is self.empty:
            self._lay_out(len(plots))
        for view, plot in zip(self.views, plots, strict=True):
            view.show_plot(plot)

    def _lay_out(self, number: int) -> None:
        while self.drawn.count() > 1:
            if (gone := self.drawn.widget(1)) is not None:
                self.drawn.removeWidget(gone)
                gone.deleteLater()
        self.views = [ChartView() for _ in range(number)]
        made = scrolled(boxed(column(Columns(*(card(view) for view in self.views)), margins=0)))
        self.drawn.addWidget(made)
        self.drawn.setCurrentWidget(made)

    def ask_for_data(self) -> None:
        """Let the user choose the training data."""
        found = QFileDialog.getExistingDirectory(self, tr("Folder of training data"), str(self.bench.documents()))
        if found:
            self.data.setText(found)

    def _fit(self) -> None:
        given = bool(self.data.text().strip()) and bool(self.name.text().strip())
        self.begin.setEnabled(given and self.job is None and self.bench.writable)
        self.begin.setToolTip("" if given else tr("Give the data and a name first."))
        self.stop.setEnabled(self.job is not None)

    def train(self) -> None:
        """Begin, or go on where the run of that name was saved."""
        lab = self.bench.lab
        if lab is None or self.job is not None or not self.begin.isEnabled():
            return
        out = lab.path / "models" / self.name.text().strip()
        out.parent.mkdir(exist_ok=True)
        arguments = ["train", self.config.currentText().strip(), "--data", self.data.text().strip(), "--out", str(out)]
        arguments += ["--stage", str(self.stage.currentData()), "--seed", str(self.seed.value()), "--json"]
        self.job = self.bench.work.start(tr("Train {name}", name=out.name), *arguments, lane="model")
        self.job.finished.connect(self._done)
        self._say("")
        self.follow(out)
        self._fit()

    def follow(self, run: Path) -> None:
        """Show the curves of a run while they grow."""
        self.offer_runs([run])
        self.curves.setCurrentIndex(self.curves.findData(str(run)))
        self.log = TrainingLog(run)
        self._draw()
        self._watch.start()

    def stop_training(self) -> None:
        """Cancel the training; what was saved is kept."""
        if self.job is not None:
            self.bench.work.cancel(self.job)

    def _done(self, job: Job) -> None:
        self.job = None
        self.rest()
        self.read()
        found = job.json() if job.ok else None
        if isinstance(found, list) and found:
            last = found[-1]
            words = tr(
                "Done: step {step}, {hours} hours seen", step=f"{last['step']:,}", hours=f"{last['hours_seen']:.2f}"
            )
            self._say(words, "good")
        elif job.cancelled:
            self._say(tr("Stopped. The same name and data go on where it was saved."), "caution")
        else:
            self._say("\n".join(map(problem_text, job.problems)), "wrong")
        self._fit()
        self.changed.emit()

    def _say(self, text: str, level: str = "") -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        levelled(self.told, level)

    def measure(self) -> None:
        """Ask the worker what the machine has; it loads torch, the app does not."""
        if self._asked is None:
            self._asked = self.bench.work.start(tr("Measure this machine"), "model", "means", "--json", lane="model")
            self._asked.finished.connect(self._measured)
            self.ask_machine.setEnabled(False)

    def _measured(self, job: Job) -> None:
        self._asked = None
        self.ask_machine.setEnabled(True)
        found = job.json() if job.ok else None
        if isinstance(found, dict):
            self.means = Means.model_validate(found)
            self._show_machine()
        elif not job.cancelled:
            self.bench.say("\n".join(map(problem_text, job.problems)), "wrong")

    def _show_machine(self) -> None:
        emptied(self._machine)
        for text, level in machine_lines(self.means):
            self._machine.addWidget(levelled(label(text), level))


def machine_lines(means: Means | None) -> list[tuple[str, str]]:
    """Return what a machine has and which trainings are slow on it, each line with its level."""
    if means is None:
        return [(tr("Whether there is a GPU, and what would be slow, is measured in some seconds."), "")]
    lines = [(tr("GPU: {name}, {n} GiB", name=gpu.name, n=f"{gpu.memory_gib:g}"), "good") for gpu in means.gpus]
    if not means.gpus:
        has = {"cores": means.cores, "memory": f"{means.memory_gib:g}"}
        lines.append((tr("No GPU: {cores} cores and {memory} GiB do the work.", **has), "caution"))
    return lines + [_burden_line(one) for one in means.burdens]


def _burden_line(one: Burden) -> tuple[str, str]:
    if one.hours < 1:
        time = tr("{n} min", n=f"{max(1, round(one.hours * 60))}")
    elif one.hours < 2 * DAY_H:
        time = tr("{n} h", n=f"{one.hours:.0f}")
    else:
        time = tr("{n} days", n=f"{one.hours / DAY_H:.0f}")
    words = tr("{config}: instruction takes at least {time}", config=one.config, time=time)
    if not one.fits:
        return f"{words}; {tr('more memory than there is')}", "wrong"
    return (f"{words}; {tr('slow here')}", "caution") if one.hours > LONG_H else (words, "")
