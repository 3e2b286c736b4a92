"""Compare: what was computed by ``devkit compare`` in the worker, as charts, as numbers, and down to the trials."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QFileDialog, QStackedWidget, QTabBar, QWidget

from devkit.errors import UserError
from devkit.sidebyside import Compared, condition, csv_of
from gui import theme
from gui.bench import Bench
from gui.charts.files import write_charts
from gui.charts.plot import Mark, Plot, Series
from gui.charts.view import ChartView
from gui.page import Page
from gui.pages.compare.choosing import Choosing
from gui.pages.compare.plots import KINDS, VIEWS, Picked, Shown, forms_of, items, lines_of
from gui.parts import Columns, Empty, Split, boxed, button, card, column, label, problem_text, row, scrolled, spoken
from gui.records import Records
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, tr
from gui.work import Job

ITEMS, NUMBERS = "items", "numbers"
NARROWEST_CHART_PX = 380
LARGE = 1.5
type PointLine = tuple[str, Series, Mark]
POINTS = (
    Column(mark("Figure"), value=lambda one: one[0]),
    Column(mark("Respondent"), value=lambda one: one[1].name),
    Column(mark("Share"), value=lambda one: one[2].y, text=lambda v: f"{v:.1%}", numeric=True),
    Column(mark("From"), value=lambda one: one[2].low, text=lambda v: f"{v:.1%}", numeric=True),
    Column(mark("To"), value=lambda one: one[2].high, text=lambda v: f"{v:.1%}", numeric=True),
    Column(mark("In words"), value=lambda one: one[2].words),
)


class ComparePage(Page):
    """Respondents side by side."""

    def __init__(self, bench: Bench) -> None:
        self.report = button(tr("Write the report"), "primary", on=self.write_report, sign="report", key="Ctrl+Return")
        self.figure = button(tr("Save the figure …"), on=self.ask_for_figure, sign="export")
        self.table_button = button(tr("Save the table …"), on=self.ask_for_table, sign="export")
        hint = tr("Choose a point to see the trials behind it.")
        super().__init__(bench, tr("Compare"), hint, (self.table_button, self.figure, self.report))
        self.compared: Compared | None = None
        self.job: Job | None = None
        self._report: Job | None = None
        self.plots: list[Plot] = []
        self._build()
        self._say_waiting()

    def _build(self) -> None:
        self.choosing = Choosing()
        self.choosing.respondents_changed.connect(self.draw)
        self.choosing.ranges_changed.connect(self.compute)
        self.form = spoken(QComboBox(), tr("Task"))
        self.across, self.up = spoken(QComboBox(), tr("Across")), spoken(QComboBox(), tr("Up"))
        for box in (self.form, self.across, self.up):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(26 if box is self.form else 14)
            box.currentIndexChanged.connect(self.draw)
        self.tabs = spoken(QTabBar(), tr("Figures"))
        self.tabs.setDrawBase(False)
        names = (
            ("accuracy", tr("Accuracy")), (ITEMS, tr("Items")), ("answers", tr("Answers")), ("times", tr("Times")),
            ("levels", tr("Difficulty")), (NUMBERS, tr("Numbers")),
        )  # fmt: skip
        for place, (key, name) in enumerate(names):
            self.tabs.addTab(name)
            self.tabs.setTabData(place, key)
        self.tabs.currentChanged.connect(self.draw)
        self.pair = boxed(row(label(tr("Across"), wrap=False), self.across, label(tr("Up"), wrap=False), self.up, None))
        self.drawn = QStackedWidget()
        self.numbers = DataTable(ListRows(POINTS), tr("points"), Empty(tr("No point yet")))
        self.numbers.opened.connect(lambda one: self.show_trials(one[2].key))
        self.who = button(tr("Respondents and ranges"), on=self._toggle_choosing, sign="people")
        self.who.setCheckable(True)
        figures = boxed(column(row(self.form, self.who, None), self.tabs, self.pair, self.drawn))
        self.drawn.addWidget(self.numbers)
        self.empty = Empty("", sign="compare")
        self.drawn.addWidget(self.empty)
        self._stack = QStackedWidget()
        self.left = scrolled(self.choosing)
        self.left.setMinimumWidth(px(300))
        self.who.setChecked(theme.look.scale < LARGE)
        self._toggle_choosing()
        self._stack.addWidget(Split(self.left, figures, (2, 5)))
        self._stack.addWidget(self._behind())
        self.set_content(self._stack)

    def _toggle_choosing(self) -> None:
        """Show the choices, or leave their room to the figures: large texts leave too little for both."""
        self.left.setVisible(self.who.isChecked())

    def _behind(self) -> QWidget:
        self.back = button(tr("Back to the figures"), on=self.show_figures, sign="back", tip="Esc")
        self.point = label("", "heading")
        self.records = Records(self.bench, Empty(tr("No trial is behind this point")))
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self.records, self.show_figures,
                  context=Qt.ShortcutContext.WidgetWithChildrenShortcut)  # fmt: skip
        head = row(self.back, self.point)
        head.setStretch(1, 1)
        return boxed(column(head, self.records))

    def lab_opened(self) -> None:
        """Forget what was of the old lab."""
        self._cancel()
        self.compared = None
        self.choosing.forget()
        self.records.rows.use(self.bench.lab, self.bench.reader)
        self.show_figures()

    def lab_changed(self) -> None:
        """Compare anew."""
        self.records.rows.use(self.bench.lab, self.bench.reader)
        self.compute()

    def close_page(self) -> None:
        """Stop computing."""
        self._cancel()

    def _cancel(self) -> None:
        job, self.job = self.job, None
        if job is not None and job.state != "done":
            self.bench.work.cancel(job)

    def compute(self) -> None:
        """Have everything computed anew in the worker; a comparison under way is given up."""
        lab = self.bench.lab
        self._cancel()
        if lab is None:
            return
        arguments = ("compare", str(lab.path), "--json", *self.choosing.arguments())
        self.job = self.bench.work.start(tr("Compare"), *arguments)
        self.job.finished.connect(self._computed)
        if self.compared is None:
            self._say_waiting()

    def _computed(self, job: Job) -> None:
        if job is not self.job:
            return
        self.job = None
        if not job.ok or job.result is None:
            if not job.cancelled:
                words = "\n".join(problem_text(problem) for problem in job.problems)
                self.banner.say(words, "wrong", tr("Try again"), self.compute)
            return
        self.banner.say("")
        text = job.result.said
        self.bench.aside.do("compared", lambda: Compared.model_validate_json(text), self.show_compared, self.bench.fail)

    def show_compared(self, compared: Compared) -> None:
        """Show what was computed."""
        self.compared = compared
        self.choosing.offer(compared)
        self._offer_forms(compared)
        self._offer_pair(compared)
        self.draw()

    def _offer_forms(self, compared: Compared) -> None:
        chosen = self.form.currentData()
        self.form.blockSignals(True)
        self.form.clear()
        for form, title in forms_of(compared):
            self.form.addItem(title, "/".join(form))
        self.form.setCurrentIndex(max(0, self.form.findData(chosen)))
        self.form.blockSignals(False)

    def _offer_pair(self, compared: Compared) -> None:
        chosen = self.across.currentData(), self.up.currentData()
        answered = {line.respondent for chart in compared.charts if chart.kind == "items" for line in chart.lines}
        keys = [one for one in compared.respondents if one.key in answered]
        first = [one.key for one in keys if one.kind in ("child", "adult", "simulation")]
        second = [one.key for one in keys if one.kind == "model"] or [k.key for k in keys if k.key not in first[:1]]
        for box, before, usual in ((self.across, chosen[0], first), (self.up, chosen[1], second)):
            box.blockSignals(True)
            box.clear()
            for one in keys:
                box.addItem(tr(one.label), one.key)
            place = box.findData(before)
            box.setCurrentIndex(place if place >= 0 else max(0, box.findData(usual[0]) if usual else 0))
            box.blockSignals(False)

    @property
    def tab(self) -> str:
        """The figure that is shown."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    def shown(self, target: str) -> None:
        """Show the figures."""
        self.show_figures()

    def draw(self) -> None:
        """Draw what is chosen."""
        compared = self.compared
        self.pair.setVisible(self.tab == ITEMS)
        if compared is None:
            return
        self.plots = self._plots(self._shown(compared))
        if not self.plots:
            self._say_nothing(compared)
        elif self.tab == NUMBERS:
            self.numbers.rows.show(lines_of(self.plots))  # type: ignore[union-attr]
            self._put(self.numbers)
        else:
            self._put(self._charts())
        for one in (self.figure, self.table_button):
            one.setEnabled(bool(self.plots))
        self.report.setEnabled(bool(compared.respondents) and self._report is None)

    def _shown(self, compared: Compared) -> Shown:
        task, _, form = str(self.form.currentData() or "/").partition("/")
        return Shown(compared, self.choosing.keys(), (task, form))

    def _plots(self, shown: Shown) -> list[Plot]:
        if self.tab == ITEMS:
            return items(shown, str(self.across.currentData()), str(self.up.currentData()))
        if self.tab == NUMBERS:
            return [plot for make in VIEWS.values() for plot in make(shown)]
        return VIEWS[self.tab](shown)

    def _charts(self) -> QWidget:
        cards = []
        for plot in self.plots:
            view = ChartView(plot)
            view.picked.connect(self.show_trials)
            cards.append(card(view))
        return scrolled(boxed(column(Columns(*cards, narrowest=NARROWEST_CHART_PX), margins=0)))

    def _put(self, part: QWidget) -> None:
        """Show a part; what was drawn before is let go."""
        present = self.drawn.currentWidget()
        if self.drawn.indexOf(part) < 0:
            self.drawn.addWidget(part)
        self.drawn.setCurrentWidget(part)
        if present not in (part, self.numbers, self.empty) and present is not None:
            self.drawn.removeWidget(present)
            present.deleteLater()

    def _say_waiting(self) -> None:
        for one in (self.figure, self.table_button, self.report):
            one.setEnabled(False)
        self.empty.say(tr("Comparing …"), tr("This takes some seconds; the figures appear by themselves."))
        self._put(self.empty)

    def _say_nothing(self, compared: Compared) -> None:
        if not compared.respondents:
            advice = tr("Run a session with a child, or a model on the same protocol.")
            self.empty.say(tr("Nothing to compare yet"), advice)
        elif not self.choosing.keys():
            self.empty.say(tr("Nobody is chosen"), tr("Tick respondents at the left."))
        elif self.tab == ITEMS:
            self.empty.say(tr("No items in common"), tr("Choose two respondents who took the same items."))
        elif self.tab == "times":
            advice = tr("Reaction times need a measured screen: see Settings.")
            self.empty.say(tr("No reaction time that can be trusted"), advice)
        else:
            self.empty.say(tr("Nothing of that kind for this task"), tr("Choose another task or figure."))
        self._put(self.empty)

    def show_trials(self, picked: Picked) -> None:
        """Show the trials behind a point."""
        if self.compared is None or not isinstance(picked, Picked):
            return
        self.point.setText(picked.words)
        self.records.narrow(*condition(picked.behind, self.compared.sessions))
        self._stack.setCurrentIndex(1)
        self.records.table.view.setFocus()

    def show_figures(self) -> None:
        """Go back to the figures."""
        self._stack.setCurrentIndex(0)

    def ask_for_figure(self) -> None:
        """Save the figures in sight where the user says."""
        kinds = ";;".join(("SVG (*.svg)", "PNG (*.png)", "PDF (*.pdf)"))
        name, kind = QFileDialog.getSaveFileName(self, tr("Save the figure"), self._proposed(".svg"), kinds)
        if name:
            ending = kind[-5:-1] if "." in kind else ".svg"
            self.save_figure(Path(name if Path(name).suffix else name + ending))

    def save_figure(self, path: Path) -> None:
        """Save the figures in sight as SVG, PNG or PDF."""
        try:
            write_charts(tuple(self.plots), path)
        except UserError as error:
            self.bench.fail(error)
            return
        self.bench.say(tr("Saved: {file}", file=path.name), "good")

    def ask_for_table(self) -> None:
        """Save the numbers of the figures in sight where the user says."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Save the table"), self._proposed(".csv"), "CSV (*.csv)")
        if name:
            self.save_table(Path(name if Path(name).suffix else name + ".csv"))

    def save_table(self, path: Path) -> None:
        """Save the numbers of the chosen task and respondents as CSV."""
        if self.compared is None:
            return
        charts = self._shown(self.compared).charts(*KINDS)
        try:
            path.write_text(csv_of(self.compared, tuple(charts)), encoding="utf-8")
        except OSError as error:
            self.bench.say(tr("It cannot be written: {why}", why=error.strerror or ""), "wrong")
            return
        self.bench.say(tr("Saved: {file}", file=path.name), "good")

    def _proposed(self, ending: str) -> str:
        name = str(self.form.currentData() or "all").replace("/", "-").strip("-") or "all"
        return str(self.bench.documents() / f"{self.tab}-{name}{ending}")

    def write_report(self) -> None:
        """Write the report of the lab, and open it."""
        lab = self.bench.lab
        if lab is None or self._report is not None:
            return
        self._report = self.bench.work.start(tr("Write the report"), "report", str(lab.path), "--json")
        self._report.finished.connect(self._reported)
        self.report.setEnabled(False)

    def _reported(self, job: Job) -> None:
        self._report = None
        self.report.setEnabled(True)
        found = job.json() if job.ok else None
        if isinstance(found, dict):
            page = Path(str(found["page"]))
            self.bench.say(tr("The report is written: {file}", file=str(page)), "good")
            open_page(page)
        elif not job.cancelled:
            self.banner.say("\n".join(problem_text(problem) for problem in job.problems), "wrong")


def open_page(page: Path) -> None:
    """Open a page in the user's browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(page.resolve())))
