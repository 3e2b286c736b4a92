"""Colours in the text of a protocol: keys, words, numbers, comments; meaning never hangs on the colour alone."""

from __future__ import annotations

import re

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from gui.theme import colour, voice

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_KEY = re.compile(r"(?:^|[\s{,-])([A-Za-z_]\w*)(?=\s*:(?:\s|$))")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?: ?(?:ms|s|min|h)\b)?")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_WORD = re.compile(r"\b(?:true|false|null)\b")


class YamlHighlighter(QSyntaxHighlighter):
    """Colours a document while it is edited."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.renew()

    def renew(self) -> None:
        """Take the colours of the theme in use."""
        self._key, self._number = _format("accent", bold=True), _format("good")
        self._comment, self._quoted = _format("quiet", slanted=True), QTextCharFormat()
        self._quoted.setForeground(voice("adult"))
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        for pattern, style, group in (
            (_NUMBER, self._number, 0),
            (_WORD, self._number, 0),
            (_KEY, self._key, 1),
            (_QUOTED, self._quoted, 0),
        ):
            for found in pattern.finditer(text):
                self.setFormat(found.start(group), len(found.group(group)), style)
        quoted = [found.span() for found in _QUOTED.finditer(text)]
        for found in _COMMENT.finditer(text):
            if not any(begin <= found.start() < end for begin, end in quoted):
                self.setFormat(found.start(), len(text) - found.start(), self._comment)


def _format(name: str, *, bold: bool = False, slanted: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(colour(name))
    made.setFontItalic(slanted)
    if bold:
        made.setFontWeight(QFont.Weight.DemiBold)
    return made
