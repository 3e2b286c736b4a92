"""Protocols: the text with its mistakes, the form in step with it, the trials, the pilot, copies and versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.bench import Bench
from gui.pages.protocols.page import ProtocolsPage
from gui.pages.protocols.shelf import draft_of
from gui.window import MainWindow
from protocols import library
from protocols.load import load_protocol

WAIT = 60_000


@pytest.fixture
def page(window: MainWindow, bench: Bench, study: Path, qtbot: QtBot) -> ProtocolsPage:
    """The page on a copy of the glimpse that is the lab's own."""
    bench.open_lab(study)
    window.go("protocols")
    made = window.pages["protocols"]
    assert isinstance(made, ProtocolsPage)
    qtbot.waitUntil(lambda: bool(made.shelf), timeout=WAIT)
    made.open(library.path("glimpse"))
    made.name.setText("Mine!")
    made.duplicate()
    _settle(made, qtbot)
    assert made.path == study / "protocols" / "mine.yaml"
    return made


def _settle(page: ProtocolsPage, qtbot: QtBot) -> None:
    page.check()
    current: Callable[[], bool] = lambda: (  # noqa: E731
        page.checked is not None and page.checked.text == page.editor.toPlainText() and not page.bench.aside.busy
    )
    qtbot.waitUntil(current, timeout=WAIT)


def test_mistakes_are_marked_where_they_stand_and_led_to(page: ProtocolsPage, qtbot: QtBot) -> None:
    text = page.editor.toPlainText()
    page.editor.change_to(text.replace("answer: touch", "answer: tuch", 1).replace("version: 1", "version: one"))
    _settle(page, qtbot)
    assert [page.mistakes.item(n).text() for n in range(page.mistakes.count())] == [
        "Line 3: version must be a whole number, not 'one'",
        "Line 24: answer cannot be 'tuch' (did you mean 'touch'?)",
    ]
    page.mistakes.itemActivated.emit(page.mistakes.item(1))
    assert page.editor.textCursor().blockNumber() == 23
    assert "2 mistakes" in page.state.text()
    page.editor.undo()
    _settle(page, qtbot)
    assert page.editor.toPlainText() == text
    assert page.mistakes.count() == 0
    assert not page.mistakes.isVisible()


def test_words_are_offered_while_typing(page: ProtocolsPage, qtbot: QtBot) -> None:
    page.editor.go_to(24, 13)
    QTest.keyClicks(page.editor, "x")
    page.editor.change_to(page.editor.toPlainText().replace("answer: xtouch", "answer: ", 1))
    page.editor.go_to(24, 13)
    page.editor.offer_words()
    popup = page.editor._words.popup()
    assert popup is not None
    words = [popup.model().index(n, 0).data() for n in range(popup.model().rowCount())]
    assert words == ["touch", "key", "examiner", "gaze"]
    page.editor._take("key")
    popup.hide()
    assert "    answer: key\n" in page.editor.toPlainText()
    QTest.keyClick(page.editor, Qt.Key.Key_Return)
    assert page.editor.textCursor().positionInBlock() == 4


def test_form_and_text_keep_step_and_comments_stay(page: ProtocolsPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(1)
    title = next(part for part in page.form.whole if part.field.path == ("title",))
    assert title.part.text() == "A glimpse of six tasks"  # type: ignore[attr-defined]
    title.part.setText("Six: tasks")  # type: ignore[attr-defined]
    title.part.setModified(True)  # type: ignore[attr-defined]
    title.part.editingFinished.emit()  # type: ignore[attr-defined]
    _settle(page, qtbot)
    text = page.editor.toPlainText()
    assert 'title: "Six: tasks"' in text
    assert text.startswith("# yaml-language-server")
    page.form.choose(1)
    task = next(part for part in page.form.parts if part.field.path == ("task",))
    assert task.part.currentData() == "picture_vocabulary"  # type: ignore[attr-defined]
    page.editor.change_to(text.replace("task: picture_vocabulary", "task: object_counting", 1))
    _settle(page, qtbot)
    assert task.part.currentData() == "object_counting"  # type: ignore[attr-defined]
    page.form.moved.emit(1, -1)
    _settle(page, qtbot)
    assert page.form.blocks.itemText(0) == "1  Which picture?"
    page.form.add.click()
    _settle(page, qtbot)
    assert page.form.blocks.count() == 7
    page.form.remove.click()
    _settle(page, qtbot)
    assert page.form.blocks.count() == 6
    page.editor.change_to("title: [")
    _settle(page, qtbot)
    assert page.form.note.text().startswith("The text cannot be read")
    assert not title.isEnabled()


def test_the_trials_are_stepped_through_as_a_child_would_see_them(page: ProtocolsPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: page.look.trial is not None, timeout=WAIT)
    seen = []
    page.look.number.setValue(page.look.number.maximum())
    while page.look._go(1):
        seen.append(page.look.screen_.accessibleDescription())
    assert {"the pictures", "the mask", "key the child's answer"} <= set(seen)
    page.look.number.setValue(1)
    assert "Where is it?" in page.look.about.text()
    page.look.play.click()
    assert page.look._timer.isActive()
    page.look.play.click()
    assert not page.look._timer.isActive()
    page.editor.change_to("protocol: broken")
    _settle(page, qtbot)
    assert page.look.trial is None
    assert page.look.nothing.isVisible()


def test_versions_are_saved_kept_and_compared(page: ProtocolsPage, qtbot: QtBot) -> None:
    assert page.path is not None
    saved = page.path.read_text(encoding="utf-8")
    page.form.changed.emit(("version",), 2)
    page.form.changed.emit(("blocks", 0, "timing", "gap"), "2 s")
    _settle(page, qtbot)
    assert draft_of(page.path).exists()
    page.tabs.setCurrentIndex(4)
    qtbot.waitUntil(lambda: page.versions.table.shown == 2, timeout=WAIT)
    assert "+version: 2" in page.versions.lines.toPlainText()
    page.save_text()
    _settle(page, qtbot)
    assert load_protocol(page.path).version == 2
    assert (page.path.parent / "versions" / "mine-v1.yaml").read_text(encoding="utf-8") == saved
    assert not draft_of(page.path).exists()
    assert page.versions.other.findText("version 1") == 1


def test_what_was_typed_is_there_again(window: MainWindow, page: ProtocolsPage, qtbot: QtBot) -> None:
    assert page.path is not None
    path = page.path
    page.editor.change_to(page.editor.toPlainText() + "# half a thought\n")
    page.open(library.path("memory"))
    assert page.editor.isReadOnly()
    page.open(path)
    assert page.editor.toPlainText().endswith("# half a thought\n")
    assert "half a thought" not in path.read_text(encoding="utf-8")
    _settle(page, qtbot)
    assert "not saved" in page.state.text()


@pytest.mark.slow
def test_simulated_children_take_what_is_typed(page: ProtocolsPage, qtbot: QtBot) -> None:
    page.form.changed.emit(("blocks", 1, "items", "at_most"), 5)
    _settle(page, qtbot)
    page.tabs.setCurrentIndex(3)
    page.pilot.children_.setValue(3)
    page.pilot.begin.click()
    qtbot.waitUntil(lambda: page.pilot.report is not None, timeout=WAIT)
    assert page.pilot.report is not None
    assert page.pilot.report.blocks[1].planned == 5
    assert page.pilot.table.shown == 6
