"""The form: the common fields of a protocol and of one block at a time, over the same text that the editor shows.

A field that is changed becomes a small change of the text (`protocols.editing`), and whatever is typed in the text
appears in the fields. What the form does not show stays as it stands in the text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from devkit.located import Steps
from devkit.tasks import STAGED, TASKS
from gui.parts import Columns, boxed, button, card, column, form, label, levelled, row, spoken
from gui.words import mark, tr
from protocols.completion import choices_of, description_of

Kind = Literal["text", "number", "choice", "yes", "list", "numbers"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form.

    Attributes:
        name: Its English name, marked.
        path: Where its value stands, from the protocol or from the block.
        kind: How it is shown; lists are written with commas.
    """

    name: str
    path: tuple[str, ...]
    kind: Kind = "text"


OF_PROTOCOL = (
    Field(mark("Title"), ("title",)),
    Field(mark("Name"), ("protocol",)),
    Field(mark("Version"), ("version",), "number"),
    Field(mark("About"), ("about",)),
    Field(mark("For"), ("for", "kinds"), "list"),
    Field(mark("Ages in months"), ("for", "age_months"), "numbers"),
    Field(mark("Language"), ("language",), "choice"),
    Field(mark("Attention-getter"), ("screen", "attention_getter"), "choice"),
    Field(mark("Ground"), ("screen", "ground")),
)
OF_BLOCK = (
    Field(mark("Title"), ("title",)),
    Field(mark("Task"), ("task",), "choice"),
    Field(mark("Form"), ("form",), "choice"),
    Field(mark("Items, exactly"), ("items", "sample"), "number"),
    Field(mark("Items, at most"), ("items", "at_most"), "number"),
    Field(mark("Equally often by"), ("items", "stratify"), "choice"),
    Field(mark("Order"), ("order",), "choice"),
    Field(mark("Positions"), ("positions",), "choice"),
    Field(mark("Demonstrations"), ("demonstration",), "number"),
    Field(mark("Practice items"), ("practice", "items"), "number"),
    Field(mark("Attempts at most"), ("practice", "max_attempts"), "number"),
    Field(mark("Begins by"), ("timing", "ready"), "choice"),
    Field(mark("Prompt by"), ("timing", "prompt"), "choice"),
    Field(mark("Shown for"), ("timing", "exposure")),
    Field(mark("Delay"), ("timing", "delay")),
    Field(mark("Answer within"), ("timing", "answer_max")),
    Field(mark("Pause after"), ("timing", "gap")),
    Field(mark("Answered by"), ("answer",), "choice"),
    Field(mark("Ends after wrong in a row"), ("stop", "wrong_in_a_row"), "number"),
    Field(mark("Ends after minutes"), ("stop", "max_minutes"), "number"),
    Field(mark("Feedback"), ("feedback",), "choice"),
    Field(mark("Break before"), ("break_before",), "yes"),
)


class _One(QWidget):
    """One field's widget, whatever its kind."""

    def __init__(self, field: Field, changed: Callable[[Field, Any], None], where: tuple[str, ...]) -> None:
        super().__init__()
        self.field, self._changed = field, changed
        self._line = QLineEdit()
        self._box = QComboBox()
        self._tick = QCheckBox(tr("yes"))
        self.part: QWidget = {"choice": self._box, "yes": self._tick}.get(field.kind, self._line)
        spoken(self.part, tr(field.name), description_of((*where, *field.path)))
        self.part.setToolTip(description_of((*where, *field.path)))
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(10)
        self._line.editingFinished.connect(self._typed)
        self._box.activated.connect(lambda _: self._changed(self.field, self._box.currentData()))
        self._tick.clicked.connect(lambda on: self._changed(self.field, True if on else None))
        self.setLayout(column(self.part))
        self.setFocusProxy(self.part)
        self._shown: Any = None

    def show_value(self, value: Any, words: list[str]) -> None:
        """Show what the text says; None where it says nothing."""
        self._shown = value
        levelled(self._line, "")
        if self.part is self._tick:
            self._tick.setChecked(value is True)
        elif self.part is self._box:
            self._box.clear()
            self._box.addItem(tr("as usual"), None)
            for word in dict.fromkeys([*words, *([str(value)] if value is not None else [])]):
                self._box.addItem(word.replace("_", " "), word)
            self._box.setCurrentIndex(max(0, self._box.findData(None if value is None else str(value))))
        elif not self._line.hasFocus() or not self._line.isModified():
            self._line.setText(_text(value))
            self._line.setCursorPosition(0)
            self._line.setModified(False)

    def _typed(self) -> None:
        text = self._line.text().strip()
        if not self._line.isModified() or text == _text(self._shown):
            return
        self._line.setModified(False)
        self._changed(self.field, self._value(text))

    def _value(self, text: str) -> Any:
        if not text:
            return None
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if self.field.kind == "list":
            return parts
        if self.field.kind == "numbers":
            return [_number(part) for part in parts]
        return _number(text) if self.field.kind == "number" else text


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)


def _number(text: str) -> int | float | str:
    """Return a number as it is written; a word stays one, and the check says what is wrong with it."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


class FormView(QWidget):
    """The fields.

    Signals:
        changed: ``(path, value)``: a value is to be set, or dropped with None.
        moved: ``(block, by)``: a block is to change places with its neighbour.
        added: A block is to be added.
    """

    changed = Signal(tuple, object)
    moved = Signal(int, int)
    added = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, Any] = {}
        self._block = 0
        self.whole = [_One(one, self._of_protocol, ()) for one in OF_PROTOCOL]
        self.parts = [_One(one, self._of_block, ("blocks",)) for one in OF_BLOCK]
        self.blocks = spoken(QComboBox(), tr("Block"))
        self.blocks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.blocks.setMinimumContentsLength(14)
        self.blocks.activated.connect(self.choose)
        self.up = button(tr("Up"), on=lambda: self._move(-1))
        self.down = button(tr("Down"), on=lambda: self._move(1))
        self.add = button(tr("Add a block"), sign="add", on=self.added.emit)
        self.remove = button(tr("Remove"), sign="remove", on=self._remove)
        self.note = levelled(label(""), "caution")
        head = row(self.blocks, self.up, self.down)
        head.setStretch(0, 1)
        left = card(boxed(_form(self.whole)), heading=tr("The protocol"))
        right = card(
            boxed(head), boxed(row(self.add, self.remove, None)), boxed(_form(self.parts)), heading=tr("Block")
        )
        self.setLayout(column(self.note, Columns(left, right), None))
        self.note.hide()

    def show_values(self, values: dict[str, Any] | None, *, read_only: bool) -> None:
        """Show what the text says; with None it is no YAML, and the fields wait."""
        self.note.setVisible(values is None or read_only)
        mend = tr("The text cannot be read as it stands: mend it first, at the marked place.")
        copy = tr("This one comes with devkit: duplicate it to change it.")
        self.note.setText(mend if values is None else copy)
        for one in (*self.whole, *self.parts, self.add, self.remove, self.up, self.down):
            one.setEnabled(values is not None and not read_only)
        if values is None:
            return
        self._values = values
        for part in self.whole:
            part.show_value(_at(values, part.field.path), _words(part.field.path, ""))
        blocks = _blocks(values)
        self._block = min(self._block, max(len(blocks) - 1, 0))
        self.blocks.clear()
        for number, block in enumerate(blocks):
            title = _at(block, ("title",)) or str(_at(block, ("task",)) or "").replace("_", " ")
            self.blocks.addItem(f"{number + 1}  {title}")
        self.blocks.setCurrentIndex(self._block)
        self.remove.setEnabled(len(blocks) > 1 and not read_only)
        self._show_block()

    def choose(self, block: int) -> None:
        """Show another block."""
        self._block = block
        self.blocks.setCurrentIndex(block)
        self._show_block()

    def choose_later(self, block: int) -> None:
        """Show a block as soon as the text has it."""
        self._block = block

    def _show_block(self) -> None:
        blocks = _blocks(self._values)
        block = blocks[self._block] if blocks else {}
        task = str(_at(block, ("task",)) or "")
        for part in self.parts:
            part.show_value(_at(block, part.field.path), _words(("blocks", *part.field.path), task))

    def _of_protocol(self, field: Field, value: Any) -> None:
        self.changed.emit(field.path, value)

    def _of_block(self, field: Field, value: Any) -> None:
        self.changed.emit(("blocks", self._block, *field.path), value)

    def _move(self, by: int) -> None:
        if 0 <= self._block + by < self.blocks.count():
            self.moved.emit(self._block, by)
            self._block += by

    def _remove(self) -> None:
        self.changed.emit(("blocks", self._block), None)


def _form(parts: list[_One]) -> Any:
    return form(*((tr(part.field.name), part) for part in parts))


def _blocks(values: dict[str, Any]) -> list[Any]:
    found = values.get("blocks")
    return found if isinstance(found, list) else []


def _at(values: Any, path: Steps) -> Any:
    for step in path:
        values = values.get(step) if isinstance(values, dict) else None
    return values


@cache
def _words(path: tuple[str, ...], task: str) -> list[str]:
    known = {**TASKS, **STAGED}
    return list(known) if path == ("blocks", "task") else choices_of(path, task)
