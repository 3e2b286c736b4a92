"""The small parts that pages are put together from, named so that the style sheet and screen readers find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from devkit.errors import Problem
from devkit.look import BETWEEN_GROUPS_PX, INSIDE_GROUP_PX
from gui.icons import icon
from gui.theme import px

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


def label(text: str, name: str = "", *, wrap: bool = True) -> QLabel:
    """Make a text that wraps; ``title``, ``heading``, ``figure``, ``hint``, ``small`` and ``quiet`` are known names."""
    made = named(QLabel(text), name)
    made.setWordWrap(wrap)
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


def boxed(layout: QLayout, name: str = "") -> QWidget:
    """Return a widget that holds a layout."""
    holder = named(QWidget(), name)
    holder.setLayout(layout)
    return holder


def card(*children: Child, heading: str = "") -> QFrame:
    """Return a surface with a line around it that groups what belongs together."""
    frame = named(QFrame(), "card")
    head = (label(heading, "heading"),) if heading else ()
    frame.setLayout(column(*head, *children, margins=INSIDE_GROUP_PX * 2))
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
            layout.itemAt(layout.rowCount() - 1, QFormLayout.ItemRole.LabelRole).widget().setBuddy(field)  # type: ignore[attr-defined]
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
        self.setLayout(row(self.words, self.action, margins=INSIDE_GROUP_PX))
        self.layout().setStretch(0, 1)  # type: ignore[attr-defined]
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
