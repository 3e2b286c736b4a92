"""The main window: the lab's name and the pages at the left, the chosen page at the right, work in progress below.

It makes pages when they are first shown, moves between them, and holds the keys that work everywhere. What a page shows
and does is the page's business (`gui.page`), what it works with the `Bench`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFocusEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from devkit.look import BETWEEN_GROUPS_PX, INSIDE_GROUP_PX
from gui import theme
from gui.bench import Bench
from gui.foot import Foot
from gui.icons import app_icon, icon
from gui.page import Page
from gui.pages import ENTRIES, entry
from gui.parts import Banner, boxed, button, label, named, row, spoken
from gui.theme import px
from gui.words import tr

SIDE_PX = 176
START = "start"
FIRST = "home"


class Menu(QListWidget):
    """The list of pages; getting the focus alone goes nowhere."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus without choosing the first page."""
        self.blockSignals(True)
        chosen = self.currentRow()
        super().focusInEvent(event)
        if chosen < 0:
            self.setCurrentRow(-1)
        self.blockSignals(False)


class MainWindow(QMainWindow):
    """The app's window.

    Args:
        bench: The app's state; the window closes it with itself.
    """

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.pages: dict[str, Page] = {}
        self.current = ""
        self._locked = False
        self.setWindowIcon(app_icon())
        self.setWindowTitle("devkit")
        self.stack = QStackedWidget()
        self.foot = Foot(bench)
        self.trouble = Banner()
        self._build()
        self._keys()
        bench.asked.connect(self.go)
        bench.lab_opened.connect(self._lab_opened)
        bench.lab_changed.connect(self._lab_changed)
        bench.session_running.connect(self._session)
        theme.look.changed.connect(self._look_changed)
        self.go(FIRST if bench.lab is not None else START)
        if bench.told:
            bench.say(bench.told, "caution")

    def _build(self) -> None:
        content = named(QWidget(), "page")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(*[px(BETWEEN_GROUPS_PX)] * 4)
        layout.setSpacing(px(INSIDE_GROUP_PX * 2))
        layout.addWidget(self.trouble)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.foot)
        beside = row(self._side(), content, gap=0)
        beside.setStretch(1, 1)
        self.setCentralWidget(boxed(beside))

    def _side(self) -> QWidget:
        self.side = named(QWidget(), "side")
        self.side.setFixedWidth(px(SIDE_PX))
        self.lab_name = label(tr("No lab open"), "lab")
        self.menu = spoken(named(Menu(), "pages"), tr("Pages"))
        self.menu.setIconSize(QSize(px(18), px(18)))
        self.menu.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for number, one in enumerate((e for e in ENTRIES if e.listed), 1):
            item = QListWidgetItem(icon(one.sign), tr(one.title))
            item.setData(Qt.ItemDataRole.UserRole, one.name)
            item.setToolTip(f"{tr(one.title)} (Ctrl+{number})" if number < 10 else tr(one.title))
            self.menu.addItem(item)
        self.menu.currentItemChanged.connect(self._chosen)
        self.other = button(tr("Other lab …"), on=lambda: self.go(START), sign="open")
        layout = QVBoxLayout(self.side)
        layout.setContentsMargins(*[px(INSIDE_GROUP_PX)] * 4)
        layout.addLayout(row(self.lab_name, margins=INSIDE_GROUP_PX))
        layout.addWidget(self.menu, 1)
        layout.addWidget(self.other)
        return self.side

    def _keys(self) -> None:
        listed = [one.name for one in ENTRIES if one.listed]
        for number, name in enumerate(listed[:9], 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda name=name: self.go(name))
        standard = QKeySequence.StandardKey
        QShortcut(QKeySequence(standard.Refresh), self, self.bench.refresh)
        QShortcut(QKeySequence(standard.Open), self, self.ask_for_lab)
        QShortcut(QKeySequence(standard.Undo), self, self._undo)
        QShortcut(QKeySequence(standard.Redo), self, self._redo)
        QShortcut(QKeySequence(standard.Find), self, self._find)
        QShortcut(QKeySequence(standard.Quit), self, self.close)
        QShortcut(QKeySequence(standard.HelpContents), self, self.show_keys)

    def ask_for_lab(self) -> None:
        """Let the user choose a lab's folder."""
        folder = QFileDialog.getExistingDirectory(self, tr("Open a lab"), str(self.bench.documents()))
        if folder:
            self.bench.open_lab(Path(folder))

    def go(self, name: str, target: str = "") -> None:
        """Show a page, unless the one in sight has a reason to stay."""
        present = self.pages.get(self.current)
        if present is not None and name != self.current:
            reason = present.leave()
            if reason:
                self.bench.say(reason, "caution")
                self._mark(self.current)
                return
        one = entry(name)
        if one is None:
            self.bench.say(tr("There is no page for that yet."), "caution")
            return
        if name not in self.pages:
            made: Page = getattr(importlib.import_module(one.module), one.factory)(self.bench)
            self.pages[name] = made
            self.stack.addWidget(made)
        self.current = name
        self._mark(name)
        self.stack.setCurrentWidget(self.pages[name])
        self.pages[name].present(one.needs_lab, target)

    def _mark(self, name: str) -> None:
        """Mark a page in the list without going there again."""
        self.menu.blockSignals(True)
        rows = [self.menu.item(n).data(Qt.ItemDataRole.UserRole) for n in range(self.menu.count())]
        self.menu.setCurrentRow(rows.index(name) if name in rows else -1)
        self.menu.blockSignals(False)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.go(item.data(Qt.ItemDataRole.UserRole))

    def _lab_opened(self) -> None:
        lab = self.bench.lab
        self.lab_name.setText(lab.settings.name if lab is not None else tr("No lab open"))
        self.setWindowTitle(f"{lab.settings.name} – devkit" if lab is not None else "devkit")
        self._tell_trouble()
        for page in self.pages.values():
            page.dirty = True
            page.lab_opened()
        self.go(FIRST if lab is not None else START)

    def _tell_trouble(self) -> None:
        problems = self.bench.problems
        if not problems:
            self.trouble.say("")
            return
        first = problems[0]
        more = f" {tr('And {n} more.', n=len(problems) - 1)}" if len(problems) > 1 else ""
        text = f"{tr('Something is wrong with this lab')}: {first.message}.{more}"
        if not self.bench.writable:
            text += f" {tr('It can be looked at; nothing is recorded.')}"
        self.trouble.say(text, "wrong", tr("What is wrong, and what to do"), self.show_trouble)

    def show_trouble(self) -> None:
        """Say everything that is wrong with the lab's folder, each with what to do."""
        from gui.parts import problem_text

        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("This lab"), "\n\n".join(map(problem_text, self.bench.problems)))
        box.setParent(self, box.windowFlags())
        box.open()

    def _lab_changed(self) -> None:
        if self.bench.lab is not None:
            self.lab_name.setText(self.bench.lab.settings.name)
        for name, page in self.pages.items():
            one = entry(name)
            if name == self.current and (self.bench.lab is not None or (one is not None and not one.needs_lab)):
                page.dirty = False
                page.lab_changed()
            else:
                page.dirty = True

    def _look_changed(self) -> None:
        """Make everything anew after a change of scale, text or colours, in the place where the user was."""
        QTimer.singleShot(0, self, self.rebuild)

    def rebuild(self) -> None:
        """Make list and pages anew, as after a change of language or size."""
        if self._locked:
            return
        current = self.current
        for page in self.pages.values():
            page.close_page()
            self.stack.removeWidget(page)
            page.deleteLater()
        self.pages.clear()
        self.current = ""
        self.foot.setParent(None)
        self.foot.deleteLater()
        self.stack, self.foot, self.trouble = QStackedWidget(), Foot(self.bench), Banner()
        self._build()
        lab = self.bench.lab
        self.lab_name.setText(lab.settings.name if lab is not None else tr("No lab open"))
        self._tell_trouble()
        self.go(current or START)

    def _session(self, running: bool) -> None:
        """Leave the whole window to a running session."""
        self._locked = running
        self.side.setVisible(not running)

    def _undo(self) -> None:
        if self.bench.undo.canUndo():
            what = self.bench.undo.undoText()
            self.bench.undo.undo()
            self.bench.say(tr("Undone: {what}", what=what))
        else:
            self.bench.say(tr("Nothing to undo"))

    def _redo(self) -> None:
        if self.bench.undo.canRedo():
            what = self.bench.undo.redoText()
            self.bench.undo.redo()
            self.bench.say(tr("Done again: {what}", what=what))

    def _find(self) -> None:
        from gui.table import DataTable

        page = self.stack.currentWidget()
        for table in page.findChildren(DataTable) if page is not None else ():
            if table.search.isVisible():
                table.search.setFocus()
                return

    def show_keys(self) -> None:
        """Show the keys that work everywhere."""
        lines = [f"Ctrl+{n}\t{tr(e.title)}" for n, e in enumerate((e for e in ENTRIES if e.listed), 1) if n < 10]
        lines += [
            f"Ctrl+O\t{tr('Open a lab')}",
            f"Ctrl+F\t{tr('Search in the table')}",
            f"Ctrl+Z\t{tr('Undo')}",
            f"Ctrl+Shift+Z\t{tr('Redo')}",
            f"F5\t{tr('Read the lab again')}",
            f"F1\t{tr('Keys')}",
            f"Ctrl+Q\t{tr('Quit')}",
        ]
        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("Keys"), "\n".join(lines))
        box.setParent(self, box.windowFlags())
        box.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what is still under way; a command's finished parts are kept."""
        present = self.pages.get(self.current)
        reason = present.leave() if present is not None and self._locked else ""
        if reason:
            self.bench.say(reason, "caution")
            event.ignore()
            return
        for page in self.pages.values():
            page.close_page()
        self.bench.close()
        super().closeEvent(event)
