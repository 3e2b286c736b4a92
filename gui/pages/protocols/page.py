"""The page of protocols: the list at the left; text, form, trials, pilot and versions of the chosen one at the right.

Text and form are two views of one text. It is checked while it is typed, kept as a draft, and saved when asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QSplitter, QTabWidget, QWidget

from devkit.errors import UserError
from gui.bench import Bench
from gui.page import Page
from gui.pages.protocols import shelf
from gui.pages.protocols.editor import Editor, place_of
from gui.pages.protocols.fields import FormView
from gui.pages.protocols.look import LookView
from gui.pages.protocols.pilot import PilotView, spread_words
from gui.pages.protocols.versions import VersionsView
from gui.parts import Empty, Split, boxed, button, column, label, levelled, row, scrolled, spoken
from gui.rows import Column, ListRows
from gui.session.choice import banks_of
from gui.table import DataTable
from gui.words import mark, ntr, tr
from protocols import library
from protocols.editing import drop, move, put
from protocols.pilot import PilotReport
from protocols.versions import duplicate, save

CHECK_AFTER_MS = 250
NEW_FROM = "who-has-more"
NEW_BLOCK = {"title": "New", "task": "picture_vocabulary", "items": {"at_most": 10}}


def _state(one: shelf.Shelved) -> str:
    words = [tr("yours") if one.own else "devkit"]
    words += [] if one.sound else [tr("has mistakes")]
    return ", ".join(words + ([tr("not saved")] if one.draft else []))


COLUMNS = (
    Column(mark("Whose"), value=_state, level=lambda v: "caution" if "," in v else ""),
    Column(mark("Title"), value=lambda s: s.title),
)


class ProtocolsPage(Page):
    """Protocols."""

    def __init__(self, bench: Bench) -> None:
        self.copy = button(tr("Duplicate"), on=self.duplicate, sign="copy")
        self.save = button(tr("Save"), "primary", on=self.save_text, tip=tr("Ctrl+S"))
        super().__init__(bench, tr("Protocols"), tr("Duplicate a protocol to make it yours."), (self.copy, self.save))
        self.path: Path | None = None
        self.own = False
        self.checked: shelf.Checked | None = None
        self.shelf: list[shelf.Shelved] = []
        self._wait = QTimer(self, singleShot=True, interval=CHECK_AFTER_MS)
        self._wait.timeout.connect(self.check)
        self.rows = ListRows(COLUMNS, key=lambda s: str(s.path))
        self.table = DataTable(self.rows, tr("protocols"), Empty(tr("No protocol"), sign="protocol"))
        self.table.chosen.connect(self._chosen)
        self.name = spoken(QLineEdit(placeholderText=tr("Name of the copy")), tr("Name of the copy"))
        self.name.returnPressed.connect(self.duplicate)
        left = boxed(column(self.table, self.name))
        self.set_content(Split(left, self._right(), (2, 5)))
        QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self, self.save_text)

    def _right(self) -> QWidget:
        self.editor, self.form, self.look = Editor(), FormView(), LookView(self.bench)
        self.pilot, self.versions = PilotView(self.bench), VersionsView(self.bench)
        self.mistakes = spoken(QListWidget(), tr("Mistakes"))
        self.mistakes.setWordWrap(True)
        self.mistakes.itemActivated.connect(self._go_to)
        self.mistakes.itemClicked.connect(self._go_to)
        self.state, self.length = label("", "status"), label("", "status", wrap=False)
        text = QSplitter(Qt.Orientation.Vertical)
        text.setChildrenCollapsible(False)
        for part, share in ((self.editor, 4), (self.mistakes, 1)):
            text.addWidget(part)
            text.setStretchFactor(text.count() - 1, share)
        self.tabs = QTabWidget()
        self.tabs.addTab(text, tr("Text"))
        self.tabs.addTab(scrolled(self.form), tr("Form"))
        self.tabs.addTab(scrolled(self.look), tr("Trials"))
        self.tabs.addTab(scrolled(self.pilot), tr("Pilot"))
        self.tabs.addTab(scrolled(self.versions), tr("Versions"))
        self.tabs.currentChanged.connect(self._tab)
        self.editor.edited.connect(self._edited)
        self.form.changed.connect(self._set)
        self.form.moved.connect(lambda block, by: self._change(lambda text: move(text, ("blocks", block), by)))
        self.form.added.connect(self._add_block)
        state = row(self.state, self.length)
        state.setStretch(0, 1)
        layout = column(self.tabs, state)
        layout.setStretch(0, 1)
        return boxed(layout)

    def lab_opened(self) -> None:
        """Close what is open of the old lab."""
        self._keep()
        self.path, self.checked = None, None

    def lab_changed(self) -> None:
        """List the protocols anew."""
        lab = self.bench.lab
        if lab is not None:
            self.look.offer_banks(banks_of(lab))
            self.bench.aside.do("protocol:shelf", lambda: shelf.shelf(lab), self._list, self.bench.fail)

    def shown(self, target: str) -> None:
        """Open a protocol, by its path or its name in the library."""
        if target:
            self.open(library.path(target) if target in library.names() else Path(target))
        self.look.refresh()

    def _list(self, found: list[shelf.Shelved]) -> None:
        self.shelf = found
        self.table.blockSignals(True)
        self.rows.show(found)
        if self.path is not None:
            self.table.choose(str(self.path))
        self.table.blockSignals(False)
        if self.path is None and found:
            self.open(found[0].path)
        elif self.path is not None:
            self.versions.offer(self.path, found)

    def _chosen(self) -> None:
        keys = self.table.keys()
        if keys and keys[0] and Path(str(keys[0])) != self.path:
            self.open(Path(str(keys[0])))

    def open(self, path: Path) -> None:
        """Show a protocol; what was typed in the one before is kept as its draft."""
        self._keep()
        try:
            text, draft = shelf.open_text(path)
        except UserError as error:
            self.bench.fail(error)
            return
        lab = self.bench.lab
        self.path, self.checked = path, None
        self.own = lab is not None and path.is_relative_to(lab.path) and self.bench.writable
        self.editor.show_text(text, read_only=not self.own)
        self.versions.offer(path, self.shelf)
        self.table.choose(str(path))
        self.name.setText("" if self.own else path.stem)
        if draft:
            self.bench.say(tr("What was typed and not saved is here again."))
        self.check()

    def _edited(self) -> None:
        self._wait.start()

    def check(self) -> None:
        """Check the text as it stands, beside the window."""
        path, text = self.path, self.editor.toPlainText()
        if path is None:
            return
        if self.own:
            shelf.keep_draft(path, text)
        self.bench.aside.do("protocol:check", lambda: shelf.check(text, path), self._show_checked, self.bench.fail)

    def _show_checked(self, found: shelf.Checked) -> None:
        if self.path is None or found.text != self.editor.toPlainText():
            return  # another check is on its way
        self.checked = found
        self.editor.mark(found.problems)
        self.mistakes.clear()
        for problem in found.problems:
            line = place_of(problem)
            place = tr("Line {n}: ", n=line[0][0]) if line else ""
            hint = f" ({problem.hint})" if problem.hint else ""
            item = QListWidgetItem(f"{place}{problem.message}{hint}")
            item.setData(Qt.ItemDataRole.UserRole, line[0] if line else None)
            self.mistakes.addItem(item)
        self.mistakes.setVisible(bool(found.problems))
        self.form.show_values(found.values, read_only=not self.own)
        self.look.use(found.protocol)
        self.versions.use(found.text)
        self.pilot.use(self.path, found.protocol is not None)
        self.length.clear()
        self._say_state(found)
        if found.protocol is not None:
            protocol = found.protocol
            self.bench.aside.do("protocol:length", lambda: shelf.estimate(protocol), self._show_length, lambda _: None)

    def _say_state(self, found: shelf.Checked) -> None:
        draft = self.path is not None and self.own and shelf.draft_of(self.path).exists()
        self.save.setEnabled(draft)
        count = len(found.problems)
        words = ntr("{n} mistake", "{n} mistakes", count) if count else tr("No mistakes")
        words += f" · {tr('not saved')}" if draft else "" if self.own else f" · {tr('comes with devkit')}"
        self.state.setText(words)
        levelled(self.state, "wrong" if count else "caution" if draft else "good")

    def _show_length(self, found: PilotReport) -> None:
        minutes, trials = spread_words(found.minutes), spread_words(found.trials, ".0f")
        self.length.setText(tr("about {minutes} minutes, {trials} trials", minutes=minutes, trials=trials))

    def _go_to(self, item: QListWidgetItem) -> None:
        place = item.data(Qt.ItemDataRole.UserRole)
        if place is not None:
            self.editor.go_to(*place)

    def _tab(self, _: int) -> None:
        self.look.rest()
        self.look.refresh()
        if self.versions.isVisible():
            self.versions.refresh()

    def _set(self, path: tuple[Any, ...], value: Any) -> None:
        self._change(lambda text: drop(text, path) if value is None else put(text, path, value))

    def _add_block(self) -> None:
        blocks = (self.checked.values or {}).get("blocks") if self.checked is not None else None
        count = len(blocks) if isinstance(blocks, list) else 0
        self._change(lambda text: put(text, ("blocks", count), NEW_BLOCK))
        self.form.choose_later(count)

    def _change(self, how: Callable[[str], str]) -> None:
        """Change the text as the form asks, and check it at once."""
        if not self.own:
            return
        try:
            self.editor.change_to(how(self.editor.toPlainText()))
        except UserError as error:
            self.bench.fail(error)
            return
        self.check()

    def save_text(self) -> None:
        """Write the text to its file; another version number keeps the version that was there."""
        if self.path is None or not self.own:
            return
        self._wait.stop()
        try:
            kept = save(self.path, self.editor.toPlainText())
        except UserError as error:
            self.bench.fail(error)
            return
        shelf.draft_of(self.path).unlink(missing_ok=True)
        told = tr("Saved; the former version is kept as {file}.", file=kept.name) if kept else tr("Saved")
        self.bench.say(told, "good")
        self.check()
        self.lab_changed()

    def duplicate(self) -> None:
        """Copy the chosen protocol into the lab, under the name that is given."""
        lab = self.bench.lab
        if lab is None or self.path is None or not self.bench.writable:
            return
        wished = re.sub(r"[^a-z0-9-]+", "-", (self.name.text() or f"{self.path.stem}-2").strip().lower()).strip("-")
        folder, number, name = lab.path / "protocols", 1, wished or NEW_FROM
        while (folder / f"{name}.yaml").exists():
            number += 1
            name = f"{wished}-{number}"
        try:
            made = duplicate(self.path, folder / f"{name}.yaml", name)
        except UserError as error:
            self.bench.fail(error)
            return
        self.open(made)
        self.lab_changed()
        self.bench.say(tr("This copy is yours: {file}", file=made.name), "good")

    def _keep(self) -> None:
        self._wait.stop()
        self.look.rest()
        if self.path is not None and self.own:
            shelf.keep_draft(self.path, self.editor.toPlainText())

    def close_page(self) -> None:
        """Keep what was typed."""
        self._keep()
