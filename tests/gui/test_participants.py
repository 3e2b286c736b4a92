"""The page of participants: who is shown, adding, changing with undo, merging, withdrawing, names under lock."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from gui.bench import Bench
from gui.pages.participants.editing import ParticipantForm
from gui.pages.participants.page import ParticipantsPage
from gui.pages.participants.steps import MergeSteps, WithdrawSteps
from gui.window import MainWindow

WORDS = "seven small green ducks"


@pytest.fixture
def page(window: MainWindow, bench: Bench, lab: Lab) -> ParticipantsPage:
    bench.open_lab(lab.path)
    window.go("participants")
    made = window.pages["participants"]
    assert isinstance(made, ParticipantsPage)
    return made


def _shown(page: ParticipantsPage) -> list[list[str]]:
    model = page.table.view.model()
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def _form(page: ParticipantsPage) -> ParticipantForm:
    return page.right.currentWidget().findChild(ParticipantForm)


def test_it_searches_and_sorts(page: ParticipantsPage, qtbot: QtBot) -> None:
    assert [row[0] for row in _shown(page)] == ["C01", "C02"]
    page.table.search.setText("adult")
    qtbot.waitUntil(lambda: page.table.shown == 1, timeout=60_000)
    assert _shown(page)[0][0] == "C02"


def test_adding_shows_the_age_and_makes_a_code(page: ParticipantsPage, bench: Bench, qtbot: QtBot) -> None:
    page.add()
    form = _form(page)
    form.born.setText("2024-13")
    assert form.born.property("level") == "wrong"
    form.born.setText("2024-03")
    assert "mo" in form.age.text()
    form.name.setText("Bo Example")
    form.keep()
    assert bench.lab is not None
    added = [p for p in bench.lab.participants.all() if p.code not in ("C01", "C02")]
    assert added[0].code.startswith("P-")
    qtbot.waitUntil(lambda: page.table.keys() == [added[0].code], timeout=60_000)
    shown = [w.text() for w in page.right.currentWidget().findChildren(QLabel)]
    assert "Name: Bo Example" in shown


def test_a_mistake_is_said_and_nothing_is_kept(page: ParticipantsPage, bench: Bench) -> None:
    page.add()
    _form(page).code.setText("C01")
    _form(page).keep()
    assert "already" in _form(page).wrong.text()
    assert bench.lab is not None
    assert len(bench.lab.participants.all()) == 2


def test_a_change_is_undone_and_done_again(page: ParticipantsPage, bench: Bench) -> None:
    page.change("C02")
    _form(page).consent.setText("3")
    _form(page).keep()
    assert bench.lab is not None
    assert bench.lab.participants.get("C02").consent == "3"
    bench.undo.undo()
    assert bench.lab.participants.get("C02").consent == ""
    bench.undo.redo()
    assert bench.lab.participants.get("C02").consent == "3"


def test_locked_names_show_neither_names_nor_ages(window: MainWindow, bench: Bench, lab: Lab) -> None:
    lab.participants.people.encrypt(WORDS)
    bench.open_lab(lab.path)
    window.go("participants")
    page = window.pages["participants"]
    assert isinstance(page, ParticipantsPage)
    assert "Ada" not in str(_shown(page))
    assert _shown(page)[0][3] == ""
    page.passphrase.setText("seven small green geese")
    page.unlock()
    assert "does not fit" in window.foot.status.text()
    page.passphrase.setText(WORDS)
    page.unlock()
    assert _shown(page)[0][1] == "Ada Example"
    assert _shown(page)[0][3] != ""
    page.lock()
    assert "Ada" not in str(_shown(page))


def test_two_entries_are_merged(page: ParticipantsPage, bench: Bench) -> None:
    assert bench.lab is not None
    bench.lab.participants.add("C03")
    page.merge()
    steps = page.right.currentWidget().findChild(MergeSteps)
    steps.goes.clear()
    steps.goes.addItem("C03")
    steps.stays.setCurrentText("C01")
    steps.merge()
    assert "who says so" in steps.wrong.text()
    steps.who.setText("AB")
    steps.merge()
    assert bench.lab.participants.get("C03").code == "C01"
    assert bench.settings.examiner == "AB"


def test_a_withdrawal_needs_the_code_and_says_what_it_erases(page: ParticipantsPage, bench: Bench) -> None:
    page.withdraw("C01")
    steps = page.right.currentWidget().findChild(WithdrawSteps)
    assert any("Nothing brings the data back" in w.text() for w in steps.findChildren(QLabel))
    steps.typed.setText("C0")
    assert not steps.erase.isEnabled()
    steps.typed.setText("C01")
    assert steps.erase.isEnabled()
    steps.withdraw()
    assert bench.lab is not None
    assert [p.code for p in bench.lab.participants.all()] == ["C02"]
    assert bench.lab.participants.people.get("C01") is None
