"""The text of a protocol: line numbers, mistakes marked in place, and what may stand where the cursor is.

It knows nothing of files: it shows a text, tells that it was changed, and marks what it is told. Ctrl+Space, or a
letter that is typed, offers what the schema allows there (`protocols.completion`).
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QPlainTextEdit, QTextEdit, QToolTip, QWidget

from devkit.errors import Problem
from gui.pages.protocols.highlight import YamlHighlighter
from gui.parts import spoken
from gui.theme import colour, fixed_font, px
from gui.words import tr
from protocols.completion import about, offer

INDENT = 2
MOST_WORDS = 40


class _Margin(QWidget):
    """The numbers of the lines, with a mark where something is wrong."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        """Return the width that the numbers need."""
        return QSize(self._editor.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers in sight."""
        self._editor.paint_margin(self, event)


class Editor(QPlainTextEdit):
    """The text.

    Signals:
        edited: The text was changed, by typing or by the form.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        spoken(self, tr("Text of the protocol"))
        self._found: list[tuple[int, int, str]] = []
        self._marks: list[QTextEdit.ExtraSelection] = []
        self._highlighter = YamlHighlighter(self.document())
        self._margin = _Margin(self)
        self._words = QCompleter(self)
        self._words.setModel(QStringListModel(self._words))
        self._words.setWidget(self)
        self._words.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._words.activated.connect(self._take)
        self._begin = 0
        self.textChanged.connect(self.edited)
        self.blockCountChanged.connect(self._fit_margin)
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._mark_line)
        self._fit_margin()

    def show_text(self, text: str, *, read_only: bool) -> None:
        """Show another text; nothing can be undone beyond it."""
        self.blockSignals(True)
        self.setPlainText(text)
        self.document().setModified(False)
        self.blockSignals(False)
        self.setReadOnly(read_only)
        self.mark(())

    def change_to(self, text: str) -> None:
        """Change the text as if it were typed: only what differs is replaced, and Ctrl+Z takes it back."""
        old = self.toPlainText()
        start = next((n for n, (a, b) in enumerate(zip(old, text, strict=False)) if a != b), min(len(old), len(text)))
        room = min(len(old), len(text)) - start
        end = next((n for n in range(room) if old[-1 - n] != text[-1 - n]), room)
        if start == len(old) == len(text):
            return
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.setPosition(_units(old[:start]))
        cursor.setPosition(_units(old[: len(old) - end]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[start : len(text) - end])
        cursor.endEditBlock()

    def mark(self, problems: Sequence[Problem]) -> None:
        """Mark mistakes at their places; problems without a place in the text are left out."""
        self._found = [(line, column, _sentence(one)) for one in problems for line, column in place_of(one)]
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wave.setUnderlineColor(colour("wrong"))
        self._marks = []
        for line, column, _ in self._found:
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + min(column - 1, max(block.length() - 1, 0)))
            cursor.movePosition(QTextCursor.MoveOperation.EndOfWord, QTextCursor.MoveMode.KeepAnchor)
            if not cursor.hasSelection():
                cursor.setPosition(block.position())
                cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor, selection.format = cursor, wave
            self._marks.append(selection)
        self._mark_line()
        self._margin.update()

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor at a place and show it."""
        block = self.document().findBlockByNumber(max(line - 1, 0))
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(column - 1, max(block.length() - 1, 0)))
        self.setTextCursor(cursor)
        self.centerCursor()
        self.setFocus()

    def offer_words(self) -> None:
        """Offer what may stand at the cursor."""
        text = self.toPlainText()
        found = offer(text, len(_upto(text, self.textCursor().position())))
        words = [word.text for word in found.words[:MOST_WORDS]]
        popup = self._popup()
        if not words or self.isReadOnly():
            popup.hide()
            return
        self._begin = _units(text[: found.start])
        model = self._words.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(words)
        popup.setCurrentIndex(self._words.completionModel().index(0, 0))
        place = self.cursorRect().translated(self._margin.width(), 0)
        place.setWidth(popup.sizeHintForColumn(0) + px(40))
        self._words.complete(place)

    def _popup(self) -> QAbstractItemView:
        found = self._words.popup()
        assert found is not None  # a completer makes its own
        return found

    def _take(self, word: str) -> None:
        cursor = self.textCursor()
        cursor.setPosition(self._begin, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(word)
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose an offered word, offer words, or keep the indentation of the line before."""
        key, popup = event.key(), self._popup()
        if popup.isVisible() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Escape):
            event.ignore()  # the popup takes it
            return
        if key == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.offer_words()
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.isReadOnly():
            self._new_line()
            return
        super().keyPressEvent(event)
        if event.text().isalpha() or popup.isVisible():
            self.offer_words()

    def _new_line(self) -> None:
        line = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
        lead = line[: len(line) - len(line.lstrip(" "))]
        if line.lstrip().startswith("- "):
            lead += " " * INDENT
        if line.rstrip().endswith(":"):
            lead += " " * INDENT
        self.insertPlainText("\n" + lead)
        self.ensureCursorVisible()

    def event(self, event: QEvent) -> bool:
        """Say what is wrong, or what a key means, where the pointer rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            said = self._said(event.pos())
            if said:
                QToolTip.showText(event.globalPos(), said, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _said(self, point: QPoint) -> str:
        cursor = self.cursorForPosition(self.viewport().mapFrom(self, point))
        wrong = [words for line, _, words in self._found if line == cursor.blockNumber() + 1]
        text = self.toPlainText()
        return "\n".join(wrong) or about(text, len(_upto(text, cursor.position())))

    def margin_width(self) -> int:
        """Return the width of the numbers, pixels."""
        digits = max(3, len(str(self.blockCount())))
        return px(20) + self.fontMetrics().horizontalAdvance("9") * digits

    def paint_margin(self, margin: QWidget, event: QPaintEvent) -> None:
        """Draw the numbers in sight, and a mark beside the wrong ones."""
        wrong = {line for line, _, _ in self._found}
        painter = QPainter(margin)
        painter.fillRect(event.rect(), colour("ground"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = round(self.blockBoundingGeometry(block).translated(self.contentOffset()).top())
        while block.isValid() and top <= event.rect().bottom():
            height = round(self.blockBoundingRect(block).height())
            bad = block.blockNumber() + 1 in wrong
            painter.setPen(colour("wrong" if bad else "quiet"))
            number = f"{'▸' if bad else ''}{block.blockNumber() + 1}"
            painter.drawText(0, top, margin.width() - px(6), height, Qt.AlignmentFlag.AlignRight, number)
            top += height
            block = block.next()
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the numbers at the left."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._margin.setGeometry(QRect(inside.left(), inside.top(), self.margin_width(), inside.height()))

    def _fit_margin(self) -> None:
        self.setViewportMargins(self.margin_width(), 0, 0, 0)

    def _scrolled(self, rect: QRect, by: int) -> None:
        if by:
            self._margin.scroll(0, by)
        else:
            self._margin.update(0, rect.y(), self._margin.width(), rect.height())

    def _mark_line(self) -> None:
        here = QTextEdit.ExtraSelection()
        style = QTextCharFormat()
        style.setBackground(colour("ground"))
        style.setProperty(QTextCharFormat.Property.FullWidthSelection, True)
        cursor = self.textCursor()
        cursor.clearSelection()
        here.cursor, here.format = cursor, style
        self.setExtraSelections([here, *self._marks])


def place_of(problem: Problem) -> list[tuple[int, int]]:
    """Return line and column of a problem, counted from 1; empty when it has none."""
    parts = problem.place.rsplit(":", 2)
    return [(int(parts[1]), int(parts[2]))] if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit() else []


def _sentence(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


def _units(text: str) -> int:
    """Return the length of a text as Qt counts it: characters beyond the first plane are two."""
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)


def _upto(text: str, units: int) -> str:
    """Return the beginning of a text that is so many of Qt's units long."""
    if text.isascii():
        return text[:units]
    encoded = text.encode("utf-16-le")[: 2 * units]
    return encoded.decode("utf-16-le", errors="ignore")
