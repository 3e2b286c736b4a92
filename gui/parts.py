"""The small parts that pages are put together from, named so that the style sheet and screen readers find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from devkit.errors import Problem
from devkit.look import BETWEEN_GROUPS_PX, INSIDE_GROUP_PX
from gui.icons import icon
from gui.theme import px

WIDEST_LINE_PX = 520
NARROWEST_LINE_PX = 120
NARROWEST_COLUMN_PX = 360

type Child = QWidget | QLayout | int | None


def named[W: QWidget](widget: W, name: str) -> W:
    """Give a widget the name that the style sheet knows it by."""
    widget.setObjectName(name)
    return widget


def spoken[W: QWidget](widget: W, name: str, more: str = "") -> W:
    """Give a widget the name, and what more there is to say, that screen readers tell."""
    widget.setAccessibleName(name)
    if more:
        widget.setAccessibleDescription(more)
    return widget


def levelled[W: QWidget](widget: W, level: str) -> W:
    """Mark a widget as ``good``, ``caution``, ``wrong`` or, with an empty level, as nothing special."""
    if widget.property("level") != level:
        widget.setProperty("level", level)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
    return widget


class Words(QLabel):
    """A text that wraps and takes the height that its width needs.

    Qt asks every nested layout several times for the height at a width, which takes for ever in deep pages; this label
    says that it has no such wish, and sets its own height when its width is known.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def hasHeightForWidth(self) -> bool:
        """Deny what a wrapping label would say."""
        return False

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the new width needs."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Take the height that another font needs."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def sizeHint(self) -> QSize:
        """Return the width of the text on one line, at most `WIDEST_LINE_PX`, and the height at the present width."""
        wide = min(super().sizeHint().width() if self.width() <= 0 else self._one_line(), px(WIDEST_LINE_PX))
        return QSize(wide, max(self.minimumHeight(), self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        """Return room for a few words."""
        return QSize(min(self._one_line(), px(NARROWEST_LINE_PX)), self.fontMetrics().height())

    def _one_line(self) -> int:
        lines = self.text().split("\n")
        return max((self.fontMetrics().horizontalAdvance(line) for line in lines), default=0) + 4

    def _fit(self) -> None:
        if self.width() > 0:
            room = QRect(0, 0, self.width() - 2 * self.margin(), 1 << 20)
            text = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())
            height = max(text.height(), self.fontMetrics().height())  # QLabel's own answer never shrinks again
            if height != self.minimumHeight():
                self.setMinimumHeight(height)
        self.updateGeometry()


def label(text: str, name: str = "", *, wrap: bool = True) -> QLabel:
    """Make a text that wraps; ``title``, ``heading``, ``figure``, ``hint``, ``small`` and ``quiet`` are known names."""
    made = named(Words(text) if wrap else QLabel(text), name)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def button(
    text: str,
    name: str = "",
    *,
    on: Callable[[], object] | None = None,
    sign: str = "",
    key: str = "",
    tip: str = "",
) -> QPushButton:
    """Make a button.

    Args:
        text: Its words.
        name: ``primary`` for the one action of a page, ``danger`` for what cannot be undone, ``link``, ``large``.
        on: What it does.
        sign: Name of its icon.
        key: Its key (``Ctrl+N``), said in the tip too.
        tip: What more there is to say.
    """
    made = named(QPushButton(text), name)
    made.setAutoDefault(False)
    if sign:
        made.setIcon(icon(sign, "surface" if name == "primary" else "wrong" if name == "danger" else "text"))
        made.setIconSize(QSize(px(16), px(16)))
    if key:
        made.setShortcut(key)
        tip = f"{tip} ({key})" if tip else key
    if tip:
        made.setToolTip(tip)
        made.setAccessibleDescription(tip)
    if on is not None:
        made.clicked.connect(lambda: on())
    return made


def row(*children: Child, gap: int = INSIDE_GROUP_PX, margins: int = 0) -> QHBoxLayout:
    """Put widgets beside each other; a number is stretch, None a spring."""
    return _filled(QHBoxLayout(), children, gap, margins)


def column(*children: Child, gap: int = INSIDE_GROUP_PX, margins: int = 0) -> QVBoxLayout:
    """Put widgets below each other; a number is stretch, None a spring."""
    return _filled(QVBoxLayout(), children, gap, margins)


def _filled[L: QBoxLayout](layout: L, children: Sequence[Child], gap: int, margins: int) -> L:
    layout.setSpacing(px(gap))
    layout.setContentsMargins(*[px(margins)] * 4)
    for child in children:
        if child is None:
            layout.addStretch(1)
        elif isinstance(child, int):
            layout.addSpacing(px(child))
        elif isinstance(child, QLayout):
            layout.addLayout(child)
        else:
            layout.addWidget(child)
    return layout


def emptied(layout: QLayout) -> None:
    """Let go of everything that a layout holds."""
    while (item := layout.takeAt(0)) is not None:
        if (gone := item.widget()) is not None:
            gone.deleteLater()


def boxed(layout: QLayout, name: str = "") -> QWidget:
    """Return a widget that holds a layout."""
    holder = named(QWidget(), name)
    holder.setLayout(layout)
    return holder


def card(*children: Child, heading: str = "") -> QFrame:
    """Return a surface with a line around it that groups what belongs together."""
    frame = named(QFrame(), "card")
    head = (label(heading, "heading"),) if heading else ()
    layout = column(*head, *children, margins=INSIDE_GROUP_PX * 2)
    expanding = QSizePolicy.Policy.Expanding
    if not any(
        isinstance(one, QWidget) and one.sizePolicy().verticalPolicy() == expanding for one in children
    ):  # what wants all the height gets it; else what is short stays at the top
        layout.addSpacerItem(QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding))
    frame.setLayout(layout)
    if heading:
        frame.setAccessibleName(heading)
    return frame


def form(*rows: tuple[str, QWidget], notes: dict[str, str] | None = None) -> QFormLayout:
    """Return fields with their names; each name's ``&`` letter leads to its field, a note stands below it."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(px(INSIDE_GROUP_PX))
    layout.setHorizontalSpacing(px(INSIDE_GROUP_PX * 2))
    layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    for name, field in rows:
        plain = name.replace("&", "")
        if not field.accessibleName():
            field.setAccessibleName(plain)
        note = (notes or {}).get(name, "")
        if note:
            field.setAccessibleDescription(note)
            layout.addRow(name, boxed(column(field, label(note, "small"), gap=4)))
            last = layout.itemAt(layout.rowCount() - 1, QFormLayout.ItemRole.LabelRole)
            words = last.widget() if last is not None else None
            if isinstance(words, QLabel):
                words.setBuddy(field)
        else:
            layout.addRow(name, field)
    return layout


def scrolled(content: QWidget, name: str = "ground") -> QScrollArea:
    """Return a content that scrolls when the window is too small for it, as it is at 200 %."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(named(content, name))
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class Columns(QWidget):
    """Groups beside each other where there is room, below each other where there is not (small windows, 200 %).

    Args:
        children: The groups, in reading order.
        most: Columns at most.
        narrowest: Least width of a column, in pixels of the design.
    """

    def __init__(self, *children: QWidget, most: int = 2, narrowest: int = NARROWEST_COLUMN_PX) -> None:
        super().__init__()
        self._groups, self._most, self._narrowest, self._columns = children, most, narrowest, 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(px(INSIDE_GROUP_PX * 2))
        self._place(most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many columns as there is room for."""
        super().resizeEvent(event)
        self._place(max(1, min(self._most, self.width() // px(self._narrowest))))

    def minimumSizeHint(self) -> QSize:
        """Return the width of one column, so that a scroll area may make it narrow."""
        wide = max((group.minimumSizeHint().width() for group in self._groups), default=0)
        return QSize(wide, super().minimumSizeHint().height())

    def _place(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for place, group in enumerate(self._groups):
            self._grid.addWidget(group, place // columns, place % columns)
        for number in range(self._most):
            self._grid.setColumnStretch(number, int(number < columns))


class Split(QSplitter):
    """A table and what is chosen in it: beside each other where there is room, else one above the other."""

    def __init__(self, first: QWidget, second: QWidget, shares: tuple[int, int] = (3, 2)) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(px(INSIDE_GROUP_PX * 2))
        self._shares, self._placed = shares, False
        for number, part in enumerate((first, second)):
            self.addWidget(part)
            self.setStretchFactor(number, shares[number])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn when there is too little width."""
        narrow = event.size().width() < 2 * px(NARROWEST_COLUMN_PX)
        self.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Give each part its share when it is first seen."""
        super().showEvent(event)
        self._place()

    def _place(self) -> None:
        if not self._placed and self.isVisible():
            self._placed = True
            self.setSizes([share * 1000 for share in self._shares])


def rule() -> QFrame:
    """Return a thin line between groups."""
    return named(QFrame(), "rule")


class Empty(QWidget):
    """What a page or table shows when there is nothing to show: what is missing, and what to do next.

    Args:
        text: What is missing.
        advice: What to do.
        action: Button that does it.
    """

    def __init__(self, text: str, advice: str = "", action: QPushButton | None = None, sign: str = "inbox") -> None:
        super().__init__()
        picture = QLabel()
        picture.setPixmap(icon(sign, "quiet").pixmap(px(40), px(40)))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text, self.advice = label(text, "heading"), label(advice, "hint")
        for words in (self.text, self.advice):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        actions = row(None, action, None) if action is not None else None
        layout = column(None, picture, self.text, self.advice, margins=BETWEEN_GROUPS_PX)
        if actions is not None:
            layout.addLayout(actions)
        layout.addStretch(1)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def say(self, text: str, advice: str = "") -> None:
        """Say something else."""
        self.text.setText(text)
        self.advice.setText(advice)


class Banner(QFrame):
    """A message that stays above a page until it is settled: what is wrong, and what to do about it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.words = label("")
        self.action = button("", "link")
        self._do: Callable[[], object] | None = None
        self.action.clicked.connect(lambda: self._do() if self._do is not None else None)
        beside = row(self.words, self.action, margins=INSIDE_GROUP_PX)
        beside.setStretch(0, 1)
        self.setLayout(beside)
        self.hide()

    def say(self, text: str, level: str = "caution", action: str = "", do: Callable[[], object] | None = None) -> None:
        """Show a message, or hide the banner with an empty one."""
        self.words.setText(text)
        self.setAccessibleName(text)
        levelled(self, level)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._do = do
        self.setVisible(bool(text))


def problem_text(problem: Problem) -> str:
    """Return a problem as the app shows it: what is wrong, then what to do."""
    first = problem.message[:1].upper() + problem.message[1:]
    place = f"\n{problem.place}" if problem.place else ""
    hint = f"\n{problem.hint[:1].upper()}{problem.hint[1:]}." if problem.hint else ""
    return f"{first}.{hint}{place}"
