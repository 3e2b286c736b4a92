"""Run a session: who, what, where; a checklist; then the examiner's view; and what the session came to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from devkit.errors import UserError
from gui.bench import Bench
from gui.icons import icon
from gui.page import Page
from gui.parts import Columns, boxed, button, card, column, form, label, levelled, problem_text, row, scrolled
from gui.sayings import age_text
from gui.session.choice import Check, Choice, Prepared, ProtocolLine, banks_of, prepare, protocols_of
from gui.session.running import Over, RunningSession
from gui.session.view import ExaminerView
from gui.theme import px
from gui.words import tr
from protocols.gaze.settings import TRACKERS, Source

BEGIN_KEY = "Ctrl+Return"


class RunPage(Page):
    """The page that runs sessions with people."""

    def __init__(self, bench: Bench) -> None:
        self.begin = button(tr("Begin the session"), "primary", on=self.start, sign="run", key=BEGIN_KEY)
        super().__init__(bench, tr("Run a session"), tr("Choose, look through the checklist, begin."), (self.begin,))
        self.prepared: Prepared | None = None
        self.view: ExaminerView | None = None
        self._people: list[str] = []
        self._stack = QStackedWidget()
        self._stack.addWidget(scrolled(self._choices()))
        self.summary = QWidget()
        self.summary.setLayout(QVBoxLayout())
        self._stack.addWidget(self.summary)
        self.set_content(self._stack)

    def _choices(self) -> QWidget:
        self.who, self.what, self.bank, self.gaze = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        for box in (self.who, self.what, self.bank, self.gaze):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
        self.who.setEditable(True)
        self.who.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.seed = QSpinBox(minimum=0, maximum=999_999, value=1)
        self.anew = QCheckBox(tr("Begin anew even where a session broke off"))
        self.in_window = QCheckBox(tr("Show the child's screen in a &window, to try it out"))
        self.sound = QCheckBox(tr("Pla&y the prompts"), checked=True)
        for source, words in _sources():
            self.gaze.addItem(words, source)
        self.tracker = QLineEdit(placeholderText=tr("Address of the tracker, or name of its stream"))
        self.camera = QLineEdit(placeholderText=tr("None; such as /dev/video0"))
        self.without_age = QCheckBox(tr("Go on without an age while names are locked"))
        for box in (self.who, self.what, self.bank):
            box.currentIndexChanged.connect(self.look)
        for tick in (self.anew, self.in_window, self.sound, self.without_age):
            tick.toggled.connect(self.look)
        self.seed.valueChanged.connect(self.look)
        self.gaze.currentIndexChanged.connect(self._gaze_chosen)
        for line in (self.tracker, self.camera):
            line.editingFinished.connect(self.look)
        fields = form(
            (tr("&Participant"), self.who),
            (tr("P&rotocol"), self.what),
            (tr("&Bank of items"), self.bank),
            (tr("&Seed of the study"), self.seed),
            (tr("&Gaze"), self.gaze),
            (tr("&Tracker"), self.tracker),
            (tr("&Camera"), self.camera),
        )
        self.tracker.setEnabled(False)
        self.checks = QVBoxLayout()
        self.checks.setSpacing(px(8))
        ticks = (
            QCheckBox(tr("The consent form is signed")),
            QCheckBox(tr("The child sits well, 50 to 60 cm from the screen")),
            QCheckBox(tr("The parent knows not to help, point or name")),
        )
        left = column(
            card(boxed(fields), self.anew, self.in_window, self.sound, self.without_age, heading=tr("The session")),
            None,
        )
        right = column(
            card(boxed(self.checks), heading=tr("Checklist")),
            card(*ticks, heading=tr("Before the child sits down")),
            None,
        )
        return boxed(column(Columns(boxed(left), boxed(right)), None))

    def _gaze_chosen(self) -> None:
        self.tracker.setEnabled(self.gaze.currentData() in TRACKERS)
        self.look()

    def lab_opened(self) -> None:
        """Forget the old lab's choices, and take this one's tracker and camera."""
        self.prepared = None
        self._people = []
        if (lab := self.bench.lab) is not None:
            self.gaze.setCurrentIndex(max(0, self.gaze.findData(lab.settings.gaze.source)))
            self.tracker.setText(lab.settings.gaze.tracker)
            self.camera.setText(lab.settings.camera.source)

    def lab_changed(self) -> None:
        """Offer what the lab has now."""
        lab = self.bench.lab
        if lab is None or self.running:
            return
        self._offer_people()
        self.bench.aside.do("protocols", lambda: protocols_of(lab), self._offer_protocols, self.bench.fail)
        banks, chosen = banks_of(lab), self.bank.currentData()
        self.bank.blockSignals(True)
        self.bank.clear()
        for path in banks:
            self.bank.addItem(path.name, str(path))
        self.bank.setCurrentIndex(max(0, self.bank.findData(chosen)))
        self.bank.blockSignals(False)
        self.banner.say(
            "" if banks else tr("This lab has no bank of items yet."),
            "caution",
            tr("Make the sample bank"),
            self.make_bank,
        )

    def _offer_people(self) -> None:
        assert self.bench.lab is not None
        participants = self.bench.lab.participants
        ages = participants.ages(datetime.now().astimezone().date())
        chosen = self.who.currentData()
        self.who.blockSignals(True)
        self.who.clear()
        for one in participants.all():
            age = ages.get(one.code)
            about = age_text(age.days if age else None) or (tr("adult") if one.kind == "adult" else "")
            self.who.addItem(f"{one.code}   {about}".rstrip(), one.code)
        self.who.setCurrentIndex(max(0, self.who.findData(chosen)))
        self.who.blockSignals(False)
        self.without_age.setVisible(participants.people.locked)

    def _offer_protocols(self, found: list[ProtocolLine]) -> None:
        chosen = self.what.currentData()
        self.what.blockSignals(True)
        self.what.clear()
        for line in found:
            self.what.addItem(line.title, line.source)
        self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        self.what.blockSignals(False)
        self.look()

    def shown(self, target: str) -> None:
        """Choose the participant (or go on with the session) that is asked for."""
        if target:
            place = self.who.findData(target)
            if place >= 0:
                self.who.setCurrentIndex(place)
        if not self.running and self._stack.currentWidget() is not self.summary:
            self.look()

    def choice(self) -> Choice | None:
        """Return what is chosen; None while something is missing."""
        code, protocol, bank = self.who.currentData(), self.what.currentData(), self.bank.currentData()
        if not (code and protocol and bank):
            return None
        return Choice(
            code=code,
            protocol=protocol,
            bank=Path(bank),
            seed=self.seed.value(),
            anew=self.anew.isChecked(),
            without_age=self.without_age.isChecked(),
            window=self.in_window.isChecked(),
            sound=self.sound.isChecked(),
            gaze=self.gaze.currentData(),
            tracker=self.tracker.text().strip(),
            camera=self.camera.text().strip(),
        )

    def look(self) -> None:
        """Work the choice out and show the checklist."""
        lab, choice = self.bench.lab, self.choice()
        self.prepared = None
        self.begin.setEnabled(False)
        if lab is None or self.running:
            return
        if choice is None:
            self._show_checks(self._missing())
            return
        today, screens = datetime.now().astimezone().date(), len(QGuiApplication.screens())
        self.bench.aside.do("prepare", lambda: prepare(lab, choice, today, screens), self._ready, self._not_ready)

    def _missing(self) -> list[Check]:
        checks = []
        if not self.who.currentData():
            checks.append(Check("wrong", tr("No participant is chosen"), tr("Add one."), "participants"))
        if not self.bank.currentData():
            checks.append(Check("wrong", tr("No bank is chosen"), tr("Make the sample bank, or import one.")))
        return checks

    def _ready(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._show_checks(list(prepared.checks))
        possible = self.bench.writable and not any(check.level == "wrong" for check in prepared.checks)
        self.begin.setEnabled(possible)
        going_on = prepared.offer is not None and not prepared.offer.too_old
        self.begin.setText(tr("Go on with the session") if going_on else tr("Begin the session"))
        self.begin.setShortcut(BEGIN_KEY)  # another text clears it

    def _not_ready(self, error: UserError) -> None:
        page = "participants" if error.problem.code == "people-locked" else ""
        self._show_checks([Check("wrong", problem_text(problem), page=page) for problem in error.problems])

    def _show_checks(self, checks: list[Check]) -> None:
        while self.checks.count():
            gone = self.checks.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        for check in checks:
            self.checks.addWidget(self._check_line(check))

    def _check_line(self, check: Check) -> QWidget:
        sign = QLabel()
        sign.setPixmap(icon(check.level, check.level).pixmap(px(20), px(20)))
        sign.setAlignment(Qt.AlignmentFlag.AlignTop)
        words = label(check.text)
        line = row(sign, boxed(column(words, *([label(check.fix, "small")] if check.fix else []), gap=2)))
        line.setStretch(1, 1)
        if check.page:
            line.addWidget(button(tr("Go there"), "link", on=lambda: self.bench.go(check.page)))
        made = boxed(line)
        levels = {"good": tr("good"), "caution": tr("caution"), "wrong": tr("wrong")}
        made.setAccessibleName(f"{levels[check.level]}: {check.text} {check.fix}")
        return made

    def make_bank(self) -> None:
        """Make the sample bank in the lab."""
        lab = self.bench.lab
        if lab is not None:
            job = self.bench.work.start(
                tr("Draw the sample bank"), "bank", "sample", "--out", str(lab.path / "banks" / "toybox"), "--json"
            )
            job.finished.connect(lambda _: self.lab_changed())

    @property
    def running(self) -> bool:
        """Whether a session is under way."""
        return self.view is not None and self.view.session is not None and self.view.session.running

    def start(self) -> None:
        """Begin the session."""
        if self.prepared is None or self.bench.lab is None or self.running:
            return
        view = ExaminerView(self.bench)
        view.finished.connect(self._over)
        self.show_view(view)
        view.run(RunningSession(self.bench.lab, self.prepared, parent=view))

    def show_view(self, view: ExaminerView) -> None:
        """Leave the window to the examiner's view."""
        self._drop_view()
        self.view = view
        self._stack.addWidget(view)
        self._stack.setCurrentWidget(view)
        self._frame(False)
        self.bench.session_running.emit(True)

    def _frame(self, visible: bool) -> None:
        """Leave the whole page to the examiner's view, or give the title back."""
        for widget in (self._title, self.hint, self.begin):
            widget.setVisible(visible)

    def _over(self, over: Over) -> None:
        self.bench.session_running.emit(False)
        self._frame(True)
        self._show_summary(over)
        self._stack.setCurrentWidget(self.summary)
        self.begin.setVisible(False)
        self.bench.refresh()

    def _show_summary(self, over: Over) -> None:
        layout = self.summary.layout()
        assert isinstance(layout, QVBoxLayout)
        while layout.count():
            gone = layout.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        layout.addWidget(card(*self._summary_words(over), *self._summary_actions(over), heading=_heading(over)))
        layout.addStretch(1)

    def _summary_words(self, over: Over) -> list[QLabel]:
        words = [label(tr("{n} trials were recorded; all of them are on the disk.", n=over.recorded))]
        if over.problem is not None:
            words.insert(0, levelled(label(problem_text(over.problem)), "wrong"))
        if over.finished is not None:
            done = over.finished
            words.append(
                label(tr("{right} of {tests} test trials were right.", right=done.correct, tests=done.test_trials))
            )
            if done.flags:
                flags = ", ".join(flag.replace("_", " ") for flag in done.flags)
                words.append(levelled(label(tr("Worth a look: {flags}", flags=flags)), "caution"))
        return words

    def _summary_actions(self, over: Over) -> list[QWidget]:
        actions: list[QWidget] = []
        if over.finished is None:
            actions.append(button(tr("Take it up again"), "primary", on=self.next_session, sign="resume"))
        if over.session_id:
            actions.append(
                button(tr("See the trials"), on=lambda: self.bench.go("trials", over.session_id), sign="table")
            )
        actions.append(button(tr("Next session"), on=self.next_session, sign="next"))
        return [boxed(row(*actions, None))]

    def next_session(self) -> None:
        """Go back to the choices."""
        self._stack.setCurrentIndex(0)
        self.begin.setVisible(True)
        self._drop_view()
        self.lab_changed()

    def _drop_view(self) -> None:
        if self.view is not None:
            self.view.close_view()
            self._stack.removeWidget(self.view)
            self.view.deleteLater()
            self.view = None

    def leave(self) -> str:
        """Stay while a session runs."""
        return tr("A session is running: end it first, with Esc.") if self.running else ""

    def close_page(self) -> None:
        """End a session that still runs."""
        self._drop_view()


def _sources() -> list[tuple[Source, str]]:
    """Return who can say where the child looks, each with its words; the robot is for tests."""
    by_device: list[tuple[Source, str]] = [("eyelink", "EyeLink"), ("gazepoint", "Gazepoint"), ("tobii", "Tobii")]
    return [
        ("none", tr("not recorded")),
        ("examiner", tr("keyed by the examiner: ← left, → right, ↓ away")),
        *by_device,
        ("mouse", tr("the mouse, to try it out")),
    ]


def _heading(over: Over) -> str:
    if over.finished is None:
        return tr("The session broke off")
    done = over.finished.reason == "completed"
    return tr("The session is finished") if done else tr("The session was ended early")
