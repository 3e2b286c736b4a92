"""Start, Home, Trials and Settings: what they show of a lab and what they change; labs in which something is wrong."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from devkit.lab.settings import FILE
from gui import theme, words
from gui.bench import Bench
from gui.pages.home import HomePage
from gui.pages.settings.page import SettingsPage
from gui.pages.start.page import StartPage
from gui.pages.trials import TrialsPage
from gui.record import RecordView
from gui.window import MainWindow


def _texts(window: MainWindow) -> list[str]:
    return [w.text() for w in window.pages[window.current].findChildren(QLabel)]


def _settings(window: MainWindow) -> SettingsPage:
    window.go("settings")
    page = window.pages["settings"]
    assert isinstance(page, SettingsPage)
    return page


def test_home_shows_recruitment_and_the_sessions_of_the_day(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot
) -> None:
    bench.open_lab(study)
    page = window.pages["home"]
    assert isinstance(page, HomePage)
    qtbot.waitUntil(lambda: page.status is not None and len(page.status.today) == 2, timeout=60_000)
    assert "children, 24–29 months" in _texts(window)
    assert "Today · 2" in _texts(window)


def test_trials_are_narrowed_found_and_left_out_with_a_reason(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot
) -> None:
    bench.open_lab(study)
    assert bench.lab is not None
    session = bench.lab.sessions()[0]
    window.go("trials", session.session_id)
    page = window.pages["trials"]
    assert isinstance(page, TrialsPage)
    qtbot.waitUntil(lambda: page.table.shown == session.trials, timeout=60_000)
    page.table.search.setText("who has more")
    page.table.search.setText("who_has_more")
    qtbot.waitUntil(lambda: 0 < page.table.shown < session.trials, timeout=60_000)
    page.table.view.selectRow(0)
    qtbot.waitUntil(lambda: page.right.currentWidget().findChild(RecordView) is not None, timeout=60_000)
    view = page.right.currentWidget().findChild(RecordView)
    pictures = [w for w in view.findChildren(QLabel) if not w.pixmap().isNull()]
    assert len(pictures) == len(view.record.choices)
    view.exclude()
    assert "reason" in window.foot.status.text()
    view.why.setText("the parent pointed")
    view.exclude()

    def present() -> tuple[bool, tuple[str, ...]]:
        assert bench.lab is not None
        trials = bench.lab.read_session(session.session_id).trials
        found = next(t for t in trials if t.trial_id == view.record.trial_id)
        return found.valid, found.exclusion

    assert present() == (False, ("examiner",))
    bench.undo.undo()
    assert present() == (True, ())
    qtbot.waitUntil(lambda: not bench.aside.busy, timeout=60_000)


def test_settings_of_the_lab_are_kept_and_undone(window: MainWindow, bench: Bench, lab: Lab) -> None:
    bench.open_lab(lab.path)
    part = _settings(window).parts["lab"]
    part.name.setText("Another name")
    part.name.editingFinished.emit()
    assert Lab.open(lab.path).settings.name == "Another name"
    assert window.lab_name.text() == "Another name"
    bench.undo.undo()
    assert Lab.open(lab.path).settings.name == "Nursery"
    _settings(window).parts["lab"].add_group()
    assert len(Lab.open(lab.path).settings.recruitment) == 1
    bench.undo.undo()
    assert Lab.open(lab.path).settings.recruitment == ()


def test_a_card_measures_the_screen(window: MainWindow, bench: Bench, lab: Lab) -> None:
    bench.open_lab(lab.path)
    part = _settings(window).parts["screen"]
    part.card.slider.setValue(428)
    assert part.card.px_per_cm() == pytest.approx(50.0)
    part.keep_card()
    width = part.screen().geometry().width() / 50.0
    assert Lab.open(lab.path).settings.screen.width_cm == pytest.approx(width, abs=0.06)


def test_screens_show_their_names(window: MainWindow, bench: Bench, lab: Lab) -> None:
    bench.open_lab(lab.path)
    part = _settings(window).parts["screen"]
    part.identify()
    assert len(part.shown) == len(window.screen().virtualSiblings())
    part.close_names()
    assert part.shown == []


def test_language_and_size_change_every_text(window: MainWindow, bench: Bench, qtbot: QtBot) -> None:
    part = _settings(window).parts["app"]
    part.language.setCurrentIndex(part.language.findData("es"))
    qtbot.waitUntil(lambda: "Ajustes" in _texts(window), timeout=60_000)
    assert words.language() == "es"
    part = _settings(window).parts["app"]
    part.scale.setCurrentIndex(part.scale.findData(2.0))
    qtbot.waitUntil(lambda: window.side.width() == theme.px(176), timeout=60_000)
    assert theme.px(10) == 20
    assert (bench.settings.language, bench.settings.scale) == ("es", 2.0)


def test_a_passphrase_is_given_in_settings(window: MainWindow, bench: Bench, lab: Lab) -> None:
    bench.open_lab(lab.path)
    part = _settings(window).parts["data"]
    part.new.setText("seven small green ducks")
    part.again.setText("seven small green")
    part.encrypt()
    assert "differ" in window.foot.status.text()
    part.again.setText("seven small green ducks")
    part.encrypt()
    assert Lab.open(lab.path).participants.people.locked


def test_the_guide_makes_a_lab_with_names_under_lock(window: MainWindow, bench: Bench, tmp_path: Path) -> None:
    page = window.pages["start"]
    assert isinstance(page, StartPage)
    page.show_guide()
    guide = page.guide
    assert guide is not None
    guide.name.setText("New lab")
    guide.folder.setText("relative")
    guide.sample.setChecked(False)
    guide.make()
    assert "whole path" in guide.wrong.text()
    guide.folder.setText(str(tmp_path / "new"))
    guide.passphrase.setText("seven small green ducks")
    guide.make()
    assert "differ" in guide.wrong.text()
    guide.again.setText("seven small green ducks")
    guide.make()
    assert window.current == "home"
    assert bench.lab is not None
    assert not bench.lab.participants.people.locked
    assert Lab.open(tmp_path / "new").participants.people.locked


def test_a_lab_of_an_earlier_format_is_brought_up_to_date(window: MainWindow, bench: Bench, lab: Lab) -> None:
    file = lab.path / FILE
    old = file.read_text().replace("format = 2", "format = 1")
    file.write_text(old)
    assert bench.open_lab(lab.path)
    assert (lab.path / f"{FILE}.format-1").read_text() == old
    assert Lab.open(lab.path).settings.format == 2
    assert "format-1" in window.foot.status.text()


@pytest.mark.parametrize("harm", ["missing", "newer", "broken line", "torn"])
def test_a_damaged_lab_opens_with_an_explanation(
    window: MainWindow, bench: Bench, study: Path, tmp_path: Path, harm: str, qtbot: QtBot
) -> None:
    path = tmp_path / "harmed"
    shutil.copytree(study, path)
    if harm == "missing":
        (path / FILE).unlink()
    elif harm == "newer":
        (path / FILE).write_text("format = 99\n")
    else:
        journal = sorted((path / "journals").glob("*.jsonl"))[0]
        data = journal.read_bytes()
        place = len(data) // 2
        journal.write_bytes(data[:place] + b"#" + data[place + 1 :] if harm == "broken line" else data[:-9])
        os.utime(journal)
    assert bench.open_lab(path)
    home = window.pages["home"]
    assert isinstance(home, HomePage)
    qtbot.waitUntil(lambda: home.status is not None and len(home.status.today) == 2, timeout=60_000)
    if harm in ("missing", "newer"):
        assert "Something is wrong" in window.trouble.words.text()
        assert not bench.writable
    else:
        qtbot.waitUntil(lambda: any("damaged" in text for text in _texts(window)), timeout=60_000)


def test_a_lab_on_a_disk_that_takes_nothing_is_shown(
    window: MainWindow, bench: Bench, study: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refused(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "touch", refused)
    assert bench.open_lab(study)
    assert not bench.writable
    assert "nothing is recorded" in window.trouble.words.text()
    home = window.pages["home"]
    assert isinstance(home, HomePage)
    qtbot.waitUntil(lambda: home.status is not None and len(home.status.today) == 2, timeout=60_000)
    window.go("run")
    qtbot.waitUntil(lambda: not bench.aside.busy, timeout=60_000)
    assert not window.pages["run"].begin.isEnabled()  # type: ignore[attr-defined]


@pytest.mark.parametrize("folder", ["banks", "protocols", "journals"])
def test_a_missing_folder_is_told(window: MainWindow, bench: Bench, lab: Lab, folder: str) -> None:
    shutil.rmtree(lab.path / folder)
    assert bench.open_lab(lab.path)
    assert "Something is wrong" in window.trouble.words.text()
    assert (lab.path / folder).is_dir() == (folder != "journals")  # records that are gone are not made up
