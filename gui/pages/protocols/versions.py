"""Two versions of a protocol side by side: the values that differ, and the lines."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QWidget

from devkit.errors import UserError
from gui.bench import Bench
from gui.pages.protocols.shelf import Shelved
from gui.parts import Empty, Split, column, label, row, spoken
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.theme import colour, fixed_font
from gui.words import mark, tr
from protocols.load import load_protocol, load_text
from protocols.versions import Change, compare, kept_versions

COLUMNS = (
    Column(mark("Where"), value=lambda c: c.path),
    Column(mark("There"), value=lambda c: c.before or tr("not said")),
    Column(mark("Here"), value=lambda c: c.after or tr("not said")),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What differs: values, and lines; why values could not be compared."""

    changes: tuple[Change, ...]
    lines: tuple[str, ...]
    problem: str


class VersionsView(QWidget):
    """What the text says otherwise than another version."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self._path: Path | None = None
        self._text = ""
        self.other = spoken(QComboBox(), tr("Compare with"))
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.other.setMinimumContentsLength(24)
        self.other.activated.connect(lambda _: self.refresh())
        self.count = label("", "small")
        self.rows = ListRows(COLUMNS)
        self.table = DataTable(self.rows, tr("differences"), Empty(tr("Nothing differs"), "", sign="good"))
        self.lines = spoken(QPlainTextEdit(readOnly=True), tr("Lines that differ"))
        self.lines.setFont(fixed_font())
        self.lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        head = row(label(tr("Compare with"), wrap=False), self.other, self.count, None)
        layout = column(head, Split(self.table, self.lines, (1, 1)))
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def offer(self, path: Path, shelf: list[Shelved]) -> None:
        """Offer what the protocol can be compared with: what is saved, kept versions, other protocols."""
        chosen = self.other.currentData() if path == self._path else None
        self._path = path
        self.other.clear()
        self.other.addItem(tr("what is saved"), str(path))
        for kept in kept_versions(path):
            self.other.addItem(tr("version {n}", n=kept.stem.rsplit("-v", 1)[1]), str(kept))
        for one in shelf:
            if one.path != path:
                self.other.addItem(one.title, str(one.path))
        self.other.setCurrentIndex(max(0, self.other.findData(chosen)))

    def use(self, text: str) -> None:
        """Take the text as it stands now."""
        self._text = text
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Compare."""
        path, text, other = self._path, self._text, self.other.currentData()
        if path is not None and other:
            find = lambda: _compared(Path(other), path, text)  # noqa: E731  # one line, said where it is used
            self.bench.aside.do("protocol:compare", find, self._show, self.bench.fail)

    def _show(self, found: _Found) -> None:
        self.rows.show(found.changes)
        self.count.setText(found.problem)
        self.lines.clear()
        cursor = QTextCursor(self.lines.document())
        for line in found.lines:
            style = QTextCharFormat()
            style.setForeground(colour({"+": "good", "-": "wrong", "@": "accent"}.get(line[:1], "quiet")))
            cursor.insertText(line + "\n", style)
        self.lines.moveCursor(QTextCursor.MoveOperation.Start)


def _compared(other: Path, path: Path, text: str) -> _Found:
    try:
        before = other.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the protocol cannot be read: {error}", place=str(other)) from None
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), other.name, path.name, lineterm="", n=2)
    try:
        return _Found(compare(load_protocol(other), load_text(text, path)), tuple(lines), "")
    except UserError:
        return _Found((), tuple(lines), tr("One of them has mistakes; only lines are compared."))
