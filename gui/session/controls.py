"""The examiner's buttons: each large, with its key and a word; the reasons for an end; the decision in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from devkit.errors import Problem
from gui.icons import icon
from gui.parts import button, label, levelled, problem_text, spoken
from gui.theme import px
from gui.words import mark, tr
from protocols.controls import REASONS, CommandName, EndReason
from protocols.desk import Decision

Send = Callable[[CommandName, str, EndReason], None]


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that the examiner can do.

    Attributes:
        name: The command.
        title: English words, marked.
        sign: Its icon.
        keys: Its keys, as `QKeyEvent.text` or a special name; the first is shown.
    """

    name: CommandName
    title: str
    sign: str
    keys: tuple[str, ...]


CONTROLS: tuple[Control, ...] = (
    Control("pause", mark("Pause"), "pause", ("space", "p")),
    Control("next", mark("Next"), "next", ("return",)),
    Control("repeat", mark("Prompt again"), "repeat", ("r",)),
    Control("repeat_trial", mark("Trial again"), "again", ("t",)),
    Control("attention", mark("Attention"), "attention", ("l",)),
    Control("skip", mark("Skip"), "skip", ("s",)),
    Control("undo", mark("Undo answer"), "undo", ("u",)),
    Control("note", mark("Note"), "note", ("m",)),
)
KEY_NAMES = {"space": mark("Space"), "return": mark("Return"), "escape": mark("Esc")}
REASON_TITLES = {
    "fuss_out": mark("The child fussed or cried"),
    "tired": mark("The child was tired"),
    "refused": mark("The child did not want to go on"),
    "parent_stopped": mark("The parent asked to stop"),
    "outside_interference": mark("A disturbance from outside"),
    "experimenter_error": mark("A mistake of the examiner"),
    "equipment_error": mark("The equipment failed"),
    "ill": mark("The child was unwell"),
    "out_of_time": mark("There was no time left"),
}


def key_text(key: str) -> str:
    """Return a key as it stands on the keyboard."""
    return tr(KEY_NAMES[key]) if key in KEY_NAMES else key.upper()


def control_button(text: str, key: str, sign: str, on: Callable[[], None], name: str = "large") -> QPushButton:
    """Return a large button with its key."""
    made = button(f"{text}\n{key_text(key)}", name, on=on)
    made.setIcon(icon(sign, "wrong" if name == "danger" else "text"))
    made.setIconSize(QSize(px(22), px(22)))
    made.setMinimumHeight(px(52))
    return spoken(made, text, tr("Key: {key}", key=key_text(key)))


class Buttons(QWidget):
    """The buttons of a running session."""

    def __init__(self, send: Callable[[CommandName], None], end: Callable[[], None]) -> None:
        super().__init__()
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(px(8))
        for number, control in enumerate(CONTROLS):
            made = control_button(tr(control.title), control.keys[0], control.sign, partial(send, control.name))
            self.buttons[control.name] = made
            grid.addWidget(made, number // 2, number % 2)
        self.end = control_button(tr("End the session …"), "escape", "end", end, "danger")
        grid.addWidget(self.end, len(CONTROLS) // 2, 0, 1, 2)

    def set_paused(self, paused: bool) -> None:
        """Let the first button pause or go on."""
        made, text = self.buttons["pause"], tr("Go on") if paused else tr("Pause")
        made.setText(f"{text}\n{key_text('space')}")
        made.setIcon(icon("resume" if paused else "pause"))
        spoken(made, text)


class Reasons(QWidget):
    """Why the session ends: coded reasons, a break-off, or other words.

    Signals:
        chosen: ``(reason, detail)`` of the end command.
        back: The session goes on.
    """

    chosen = Signal(str, str)
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(px(4))
        layout.addWidget(label(tr("Why does the session end?"), "heading"))
        for reason in REASONS:
            text = f"{reason.key}   {tr(REASON_TITLES[reason.code])}"
            layout.addWidget(button(text, on=partial(self.chosen.emit, "reason_code", reason.code)))
        layout.addWidget(
            button(f"B   {tr('Break-off, without a reason')}", on=lambda: self.chosen.emit("breakoff", ""))
        )
        self.words = spoken(QLineEdit(placeholderText=tr("Another reason, in words")), tr("Another reason, in words"))
        layout.addWidget(self.words)
        layout.addWidget(button(f"{tr('Esc')}   {tr('Do not end, go on')}", "primary", on=self.back.emit))
        layout.addStretch(1)

    def take(self, key: str) -> bool:
        """Choose by a key; False when the key means nothing here."""
        for reason in REASONS:
            if key == reason.key:
                self.chosen.emit("reason_code", reason.code)
                return True
        if key == "b":
            self.chosen.emit("breakoff", "")
        elif key == "escape":
            self.back.emit()
        else:
            return False
        return True

    def keep_words(self) -> None:
        """End with the words that were typed, if any were."""
        words = self.words.text().strip()
        if words:
            self.words.clear()
            self.chosen.emit("other", words)


class Trouble(QWidget):
    """What is in the way, what is safe, and the ways on.

    Signals:
        decided: The way that was chosen.
    """

    decided = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.words = levelled(label("", "heading"), "wrong")
        self.saved = label("")
        self._ways: dict[str, QPushButton] = {
            "again": control_button(tr("Try again"), "a", "again", lambda: self.decided.emit("again")),
            "skip": control_button(tr("Leave this trial out"), "s", "skip", lambda: self.decided.emit("skip")),
            "end": control_button(tr("End the session"), "e", "end", lambda: self.decided.emit("end"), "danger"),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.words)
        layout.addWidget(self.saved)
        for made in self._ways.values():
            layout.addWidget(made)
        layout.addStretch(1)

    def show_problem(self, problem: Problem, ways: Iterable[Decision], recorded: int) -> None:
        """Show what is in the way."""
        allowed = set(ways)
        self.words.setText(problem_text(problem))
        self.saved.setText(tr("{n} trials are safe on the disk; at most the running one is lost.", n=recorded))
        for way, made in self._ways.items():
            made.setVisible(way in allowed)

    def take(self, key: str) -> bool:
        """Decide by a key; False when the key means nothing here."""
        for way, letter in (("again", "a"), ("skip", "s"), ("end", "e")):
            if key == letter and self._ways[way].isVisibleTo(self):
                self.decided.emit(way)
                return True
        return False


class Panel(QStackedWidget):
    """The right band: the buttons, the reasons, or the decision, whichever is needed now."""

    def __init__(self, send: Callable[[CommandName], None], end: Callable[[], None]) -> None:
        super().__init__()
        self.buttons, self.reasons, self.trouble = Buttons(send, end), Reasons(), Trouble()
        for part in (self.buttons, self.reasons, self.trouble):
            self.addWidget(part)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
