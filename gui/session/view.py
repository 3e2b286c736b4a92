"""The examiner's view of a running session: what the child sees and what comes next, the controls, the answers.

A glance tells the state: running, paused, or needs you, by word, sign and colour. Every control has a key; while a
number is to be keyed, digits go to the answer. The view draws what it is told and sends what is pressed; it decides
nothing.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QProgressBar, QSplitter, QWidget

from devkit.errors import Problem
from devkit.records import TrialRecord
from gui.bench import Bench
from gui.icons import icon
from gui.parts import Banner, Empty, boxed, button, column, label, levelled, named, row, scrolled, spoken
from gui.rows import Column, ListRows
from gui.sayings import kind_words, outcome_words
from gui.session.childscreen import ChildScreen, stage_words
from gui.session.controls import CONTROLS, Panel
from gui.session.running import Over, RunningSession
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, ntr, tr
from protocols.controls import CommandName, EndReason, Stage
from protocols.desk import Decision, SessionState
from protocols.gaze.settings import GazeNow
from protocols.messages import Notice, Opened

TICK_MS = 500
FILM_MS, FILM_PX = 200, 160
ENTRY_KEYS = {"-": "n", "n": "n", "!": "i", "i": "i", "return": "return", "backspace": "backspace"}
SPECIAL = {
    Qt.Key.Key_Space: "space",
    Qt.Key.Key_Return: "return",
    Qt.Key.Key_Enter: "return",
    Qt.Key.Key_Escape: "escape",
    Qt.Key.Key_Backspace: "backspace",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Down: "down",
}
LOOKS = {"left": mark("left"), "right": mark("right side"), "down": mark("away")}


def _verdict(record: TrialRecord) -> str:
    return {True: tr("right"), False: tr("wrong"), None: ""}[record.correct]


ANSWERS = (
    Column(mark("No."), value=lambda r: r.trial_index + 1, numeric=True),
    Column(mark("Kind"), value=lambda r: r.trial_kind, text=lambda v: kind_words(v)),
    Column(mark("Task"), value=lambda r: r.task.replace("_", " ")),
    Column(mark("Target"), value=lambda r: r.target),
    Column(mark("Answer"), value=lambda r: r.answer or (r.answer_raw or outcome_words(r.outcome))),
    Column(mark("Verdict"), value=_verdict, level=lambda v: ""),
    Column(mark("ms"), value=lambda r: r.rt_ms, text=lambda v: f"{v:.0f}", numeric=True),
    Column(mark("Flags"), value=lambda r: ", ".join(f.replace("_", " ") for f in (*r.exclusion, *r.flags))),
    Column(mark("Note"), value=lambda r: r.note),
)


class ExaminerView(QWidget):
    """The view of one session.

    Signals:
        finished: The session is over (`gui.session.running.Over`).
    """

    finished = Signal(object)

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.session: RunningSession | None = None
        self.paused = False
        self._entry = False
        self._records: list[TrialRecord] = []
        self._begun = time.monotonic()
        self._folder = tempfile.TemporaryDirectory(prefix="devkit-look-")
        self._build()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_time)
        self._filming = QTimer(self, interval=FILM_MS)
        self._filming.timeout.connect(self._show_film)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _build(self) -> None:
        self.sign, self.status = QLabel(), named(label("", "figure", wrap=False), "figure")
        self.where, self.clock = label("", "heading", wrap=False), label("0:00", "figure", wrap=False)
        self.bar = spoken(QProgressBar(), tr("Trials"))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(px(10))
        head = row(self.sign, self.status, 16, self.where, None, self.clock)
        self.screen_ = ChildScreen()
        self.now, self.coming, self.stops = label("", "heading"), label("", "quiet"), label("", "quiet")
        self.entered = label("", "figure", wrap=False)
        self.looks = label("", "quiet", wrap=False)
        self.film = spoken(QLabel(), tr("What the camera sees"))
        self.film.hide()
        self.look_button = button(tr("Look at the real screen"), on=self.look, sign="camera")
        self.look_button.setVisible(False)
        told = row(self.now, None, self.looks, self.entered, self.look_button)
        words = column(told, self.coming, self.stops)
        below = row(boxed(words), self.film)
        below.setStretch(0, 1)
        whole_left = column(self.screen_, below)
        whole_left.setStretch(0, 1)
        left = boxed(whole_left)
        self.panel = Panel(self.press, self.ask_for_reason)
        self.panel.reasons.chosen.connect(self._end)
        self.panel.reasons.back.connect(lambda: self._show_panel(self.panel.buttons))
        self.panel.trouble.decided.connect(self._decide)
        self.note = spoken(QLineEdit(placeholderText=tr("Note; Return keeps it, Esc does not")), tr("Note"))
        for line in (self.note, self.panel.reasons.words):
            line.installEventFilter(self)
        self.note.hide()
        right = boxed(column(scrolled(self.panel), self.note))
        right.setMinimumWidth(self.panel.minimumSizeHint().width() + px(24))
        self.answers = ListRows(ANSWERS, key=lambda r: r.trial_id)
        self.table = DataTable(self.answers, tr("answers"), Empty(tr("No answer yet"), ""))
        self.table.search.hide()
        self.banner = Banner()
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(left)
        upper.addWidget(right)
        upper.setStretchFactor(0, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(upper)
        whole.addWidget(self.table)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 1)
        frame = QFrame()
        lines = column(head, self.bar, self.banner, whole)
        lines.setStretch(3, 1)
        frame.setLayout(lines)
        self.setLayout(column(frame))

    def run(self, session: RunningSession) -> None:
        """Run a session and show it from its beginning."""
        self.attach(session)
        self._tick.start()
        if session.prepared.choice.camera:
            self._filming.start()
        session.start()
        self.setFocus()

    def attach(self, session: RunningSession) -> None:
        """Show what a session tells, from now on."""
        self.session, self.paused, self._records = session, False, []
        self.answers.show([])
        ready = session.prepared
        self.screen_.begin(ready.bank.path_of, ready.plan.ground)
        self._say_state("caution", "clock", tr("Getting ready"))
        self.where.setText(f"{ready.info.code} · {ready.plan.title}")
        self.now.setText(tr("Starting the child's screen …"))
        self.coming.clear()
        self.stops.clear()
        self.banner.say("")
        self._show_panel(self.panel.buttons)
        session.stage.connect(self._stage)
        session.state.connect(self._state)
        session.entry.connect(self.entered.setText)
        session.recorded.connect(self._recorded)
        session.notice.connect(self._notice)
        session.opened.connect(self._opened)
        session.trouble.connect(self._trouble)
        session.gaze.connect(self._gaze)
        session.captured.connect(lambda path: self.screen_.show_real(Path(path)))
        session.over.connect(self._over)
        self._begun = time.monotonic()

    def press(self, name: CommandName) -> None:
        """Do what a button or key means."""
        if self.session is None:
            return
        if name == "note":
            self.note.show()
            self.note.setFocus()
        elif name == "pause":
            self.session.command("resume" if self.paused else "pause")
        elif name == "next" and self._entry:
            self.session.command("key", "return")
        else:
            self.session.command(name)

    def ask_for_reason(self) -> None:
        """Ask why the session ends; the child's screen is paused meanwhile."""
        if self.session is not None and not self.paused:
            self.session.command("pause")
        self._show_panel(self.panel.reasons)

    def look(self) -> None:
        """Look at the real screen, while paused."""
        if self.session is not None and self.paused:
            self.session.look(Path(self._folder.name) / f"{time.monotonic_ns()}.png")

    def close_view(self) -> None:
        """End a session that still runs; it can be taken up again."""
        self._tick.stop()
        self._filming.stop()
        if self.session is not None and self.session.running:
            self.session.stop()
        self._folder.cleanup()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Return and Escape of the two lines of text here, since they mean something else in the view."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key, reasons = event.key(), self.panel.reasons
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and watched in (self.note, reasons.words):
            self._keep_note() if watched is self.note else reasons.keep_words()
            return True
        if key == Qt.Key.Key_Escape and watched is self.note:
            self._leave_note()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key of the examiner."""
        key = SPECIAL.get(Qt.Key(event.key()), event.text().lower())
        if event.isAutoRepeat() or not key or not self._take(key):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Have the keys from the beginning."""
        super().showEvent(event)
        self.setFocus()

    def _take(self, key: str) -> bool:
        if self.session is None or not self.session.running:
            return False
        shown = self.panel.currentWidget()
        if shown is self.panel.trouble:
            return self.panel.trouble.take(key)
        if shown is self.panel.reasons:
            return self.panel.reasons.take(key)
        if key in LOOKS and self.session.prepared.choice.gaze == "examiner":
            self.session.command("key", key)
            self.looks.setText(tr("Looks at: {where}", where=tr(LOOKS[key])))
            return True
        if key == "escape":
            self.ask_for_reason()
            return True
        if self._entry and (key.isdigit() or key in ENTRY_KEYS):
            self.session.command("key", ENTRY_KEYS.get(key, key))
            return True
        for control in CONTROLS:
            if key in control.keys:
                self.press(control.name)
                return True
        if key.isdigit() or key in ("-", "!"):
            self.session.command("key", ENTRY_KEYS.get(key, key))
            return True
        return False

    def _end(self, reason: EndReason, detail: str) -> None:
        if self.session is not None:
            self.session.command("end", detail, reason)
        self._show_panel(self.panel.buttons)

    def _decide(self, way: Decision) -> None:
        if self.session is not None:
            self.session.decide(way)
        self._say_state("caution", "clock", tr("Getting ready"))
        self._show_panel(self.panel.buttons)

    def _keep_note(self) -> None:
        words = self.note.text().strip()
        if words and self.session is not None:
            self.session.command("note", words)
            self.bench.say(tr("Noted"), "good")
        self._leave_note()

    def _leave_note(self) -> None:
        self.note.clear()
        self.note.hide()
        self.setFocus()

    def _show_panel(self, part: QWidget) -> None:
        self.panel.setCurrentWidget(part)
        self.setFocus()

    def _say_state(self, level: str, sign: str, words: str) -> None:
        self.sign.setPixmap(icon(sign, level if level else "text").pixmap(px(32), px(32)))
        self.status.setText(words)
        levelled(self.status, level)
        self.status.setAccessibleName(words)

    def _stage(self, stage: Stage) -> None:
        self.screen_.show_stage(stage)
        self._entry = stage.entry and stage.name in ("awaiting", "correcting", "prompt", "choices", "stimuli", "mask")
        if stage.name != "awaiting" and stage.name != "correcting":
            self.entered.clear()
        phase = {"learning": tr("learning"), "test": tr("test")}.get(stage.phase, "")
        self.now.setText(
            " · ".join(filter(None, (phase, stage_words(stage), f"“{stage.prompt}”" if stage.prompt else "")))
        )
        self.paused = stage.name in ("paused", "ending")
        self.panel.buttons.set_paused(self.paused)
        self.look_button.setVisible(self.paused)
        if self.panel.currentWidget() is self.panel.trouble:
            return
        if self.paused:
            self._say_state("caution", "pause", tr("Paused"))
        elif stage.name in ("ready", "correcting") or (stage.name == "awaiting" and stage.entry):
            self._say_state("caution", "caution", tr("Needs you"))
        else:
            self._say_state("good", "run", tr("Running"))

    def _state(self, state: SessionState) -> None:
        self.bar.setRange(0, max(state.trials, 1))
        self.bar.setValue(state.trials if state.over else state.trial - 1)
        if state.over:
            return
        turn = f" · {tr('turn {n} of {all}', n=state.turn, all=state.turns)}" if state.turns > 1 else ""
        attempt = f" · {tr('attempt {n}', n=state.attempt)}" if state.attempt > 1 else ""
        kind = f" · {kind_words(state.trial_kind)}" if state.trial_kind != "test" else ""
        number = tr("Trial {n} of {all}", n=state.trial, all=state.trials)
        self.where.setText(f"{number}{turn}{attempt}{kind} · {state.block_title}")
        coming = f"{state.next.title} ({kind_words(state.next.kind)})" if state.next is not None else tr("the end")
        target = tr("Right: {target}", target=state.target)
        self.coming.setText(f"{target}    {tr('Next: {what}', what=coming)}")
        self.stops.setText("    ".join(_stop_words(s.rule, s.now, s.limit) for s in state.stops))

    def _recorded(self, record: TrialRecord) -> None:
        known = [r for r in self._records if r.trial_id != record.trial_id]
        self._records = [record, *known]
        self.answers.show(self._records)

    def _notice(self, notice: Notice) -> None:
        self.banner.say(f"{notice.message} {notice.hint}".strip(), "wrong" if notice.paused else "caution")

    def _opened(self, opened: Opened) -> None:
        _, _, width, height = opened.display.geometry
        self.screen_.set_size(width, height)
        warning = opened.sound.warning()
        tier = tr("Timing: {tier} ({reason})", tier=opened.display.tier, reason=opened.display.reason)
        if warning or opened.display.tier == "demo":
            self.banner.say(" ".join(filter(None, (warning, tier))), "caution")

    def _trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> None:
        self._say_state("wrong", "wrong", tr("Needs you"))
        self.panel.trouble.show_problem(problem, ways, len(self._records))
        self._show_panel(self.panel.trouble)
        self.bench.say(problem.message, "wrong")

    def _gaze(self, gaze: GazeNow) -> None:
        """Show where the child looks, as a mark on the copy of the screen and in words."""
        self.screen_.show_gaze(gaze.x, gaze.y)
        where = {"target": tr("the target"), "distractor": tr("the distractor"), "other": tr("beside the pictures")}
        self.looks.setText(tr("Looks at: {where}", where=where.get(gaze.area, tr("no gaze"))))

    def _show_film(self) -> None:
        """Show what the camera saw last."""
        found = self.session.glance() if self.session is not None else None
        if found is None:
            return
        image = QImage(found.pixels, found.width, found.height, 3 * found.width, QImage.Format.Format_RGB888)
        self.film.setPixmap(QPixmap.fromImage(image).scaledToWidth(px(FILM_PX)))
        self.film.show()

    def _over(self, over: Over) -> None:
        self._tick.stop()
        self._filming.stop()
        self.finished.emit(over)

    def _show_time(self) -> None:
        seconds = int(time.monotonic() - self._begun)
        self.clock.setText(f"{seconds // 60}:{seconds % 60:02d}")


def _stop_words(rule: str, now: float, limit: float) -> str:
    names = {
        "wrong_in_a_row": tr("wrong in a row"),
        "gate": tr("must be right"),
        "max_trials": tr("test trials"),
        "max_minutes": tr("minutes"),
    }
    if rule == "gate":
        return ntr("test trial {n} must be right to go on", "test trial {n} must be right to go on", int(limit))
    return tr("{rule}: {now} of {limit}", rule=names.get(rule, rule), now=f"{now:g}", limit=f"{limit:g}")
