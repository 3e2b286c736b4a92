"""What a page is: the contract between a page and the window, and the frame that every page has.

A page is a `Page` subclass in a module of `gui.pages`, entered in `gui.pages.ENTRIES`. It is made when it is first
shown, gets the `Bench`, and is told when it comes into sight (`shown`), when the lab is another (`lab_opened`) and when
the lab's records changed (`lab_changed`; only while in sight, else before it is shown next).
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from devkit.look import INSIDE_GROUP_PX
from gui.bench import Bench
from gui.parts import Banner, Empty, button, label, row, spoken
from gui.theme import look, px
from gui.words import tr

MOST_BESIDE, LARGE_SCALE = 2, 1.5  # more actions than that stand below the title where everything is large


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the window's list.

    Attributes:
        name: Short name, for `Bench.go`.
        title: English title, marked.
        sign: Name of its icon.
        module: Module that holds it; imported when the page is first shown.
        factory: Name of the class in it.
        needs_lab: Whether it can show anything without an open lab.
        listed: Whether it stands in the list at the left.
    """

    name: str
    title: str
    sign: str
    module: str
    factory: str
    needs_lab: bool = True
    listed: bool = True


class Page(QWidget):
    """A title, one line that says what to do here, the page's action at the right, and the content.

    Args:
        bench: What it works with.
        title: In the app's language.
        hint: What to do here, in one line.
        actions: Buttons at the right; the last one is the primary.
    """

    def __init__(self, bench: Bench, title: str, hint: str = "", actions: tuple[QPushButton, ...] = ()) -> None:
        super().__init__()
        self.bench = bench
        self.setObjectName("page")
        self._title, self.hint = label(title, "title"), label(hint, "hint")
        spoken(self, title)
        words = QVBoxLayout()
        words.setSpacing(px(4))
        words.addWidget(self._title)
        words.addWidget(self.hint)
        self.head = QHBoxLayout()
        self.head.setSpacing(px(INSIDE_GROUP_PX))
        self.head.addLayout(words, 1)
        self._below = row(None)
        narrow = len(actions) > MOST_BESIDE and look.scale >= LARGE_SCALE
        for action in actions:
            (self._below if narrow else self.head).addWidget(action)
        self.banner = Banner()
        self._body = QStackedWidget()
        self._nothing = Empty(
            tr("No lab is open"),
            tr("Open a lab, or make one."),
            button(tr("Go to the start page"), "primary", on=lambda: bench.go("start")),
        )
        self._body.addWidget(self._nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(px(INSIDE_GROUP_PX * 2))
        layout.addLayout(self.head)
        layout.addLayout(self._below)
        layout.addWidget(self.banner)
        layout.addWidget(self._body, 1)
        self._content: QWidget | None = None
        self.dirty = True

    def set_content(self, content: QWidget) -> None:
        """Put the page's content; called once by the page itself."""
        self._content = content
        self._body.addWidget(content)
        self._body.setCurrentWidget(content)

    def set_title(self, title: str) -> None:
        """Give the page another title."""
        self._title.setText(title)
        spoken(self, title)

    def present(self, needs_lab: bool, target: str) -> None:
        """Bring the page into sight; called by the window, which then calls `shown`."""
        missing = needs_lab and self.bench.lab is None
        self._body.setCurrentWidget(self._nothing if missing or self._content is None else self._content)
        for line in (self.head, self._below):
            for place in range(line.count()):
                item = line.itemAt(place)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.setVisible(not missing)
        if missing:
            return
        if self.dirty:
            self.dirty = False
            self.lab_changed()
        self.shown(target)

    def shown(self, target: str) -> None:
        """Do what has to be done when the page comes into sight.

        Args:
            target: What of it is asked for (a session id, a participant's code …); empty for nothing in particular.
        """

    def lab_opened(self) -> None:
        """Forget what belongs to the lab that was open before; `lab_changed` follows."""

    def lab_changed(self) -> None:
        """Show the open lab's present state; ask the reader for what takes longer than a moment."""

    def leave(self) -> str:
        """Return why the page cannot be left now, in words; empty when it can."""
        return ""

    def close_page(self) -> None:
        """Let go of threads, processes and devices; the window is closing."""
