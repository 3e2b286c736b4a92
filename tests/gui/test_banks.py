"""Banks and corpora: items with their pictures, audits, import and export, checks, numbers, and the review of boxes."""

from __future__ import annotations

import shutil
import urllib.request
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from devkit.annotations import AnnotatedFrame, Box
from devkit.banks.store import Bank
from devkit.corpus.annotate.store import keep_proposals
from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.read import Corpus
from gui.bench import Bench
from gui.pages.banks.corpora import listed
from gui.pages.banks.page import BanksPage
from gui.window import MainWindow

WAIT = 60_000


@pytest.fixture
def page(window: MainWindow, bench: Bench, study: Path, qtbot: QtBot) -> BanksPage:
    """The page on a lab with the sample bank."""
    bench.open_lab(study)
    window.go("banks")
    made = window.pages["banks"]
    assert isinstance(made, BanksPage)
    qtbot.waitUntil(lambda: made.bank is not None, timeout=WAIT)
    return made


def test_items_are_shown_with_their_pictures(page: BanksPage) -> None:
    assert page.bank is not None
    assert page.items.table.shown == len(page.bank.items)
    for item in page.bank.items.values():
        page.items.table.choose(item.item_id)
        right = page.items.right.currentWidget()
        pictures = [w for w in right.findChildren(QLabel) if not w.pixmap().isNull()]
        assert len(pictures) == sum(len(turn.images()) for turn in item.turns), item.item_id
        ticks = [w.text() for w in right.findChildren(QLabel) if w.text().startswith("✓")]
        assert ticks == [f"✓ {turn.choices[turn.target].label}" for turn in item.turns]


def test_a_bank_that_was_changed_is_told(page: BanksPage, study: Path, qtbot: QtBot) -> None:
    (study / "banks" / "toybox" / "items.jsonl").write_text("{}\n")
    page.lab_changed()
    qtbot.waitUntil(lambda: page.trouble.isVisible(), timeout=WAIT)
    assert "not those the bank was written with" in page.trouble.words.text()
    assert page.items.table.shown == 0


def test_only_corpora_are_listed(page: BanksPage, bench: Bench, tmp_path: Path) -> None:
    page.corpora.list_folder(tmp_path)
    assert bench.settings.corpora == ()
    assert listed(tmp_path).kind == "missing"


@pytest.mark.slow
def test_audit_check_export_and_import(page: BanksPage, study: Path, tmp_path: Path, qtbot: QtBot) -> None:
    page.audit_button.click()
    qtbot.waitUntil(lambda: page.audits.report is not None, timeout=WAIT)
    assert page.audits.table.shown == len(page.audits.report.results) > 20  # type: ignore[union-attr]
    page.audits.table.view.selectRow(0)
    assert page.audits.detail.findChildren(QLabel)
    page.check_button.click()
    qtbot.waitUntil(lambda: not page.bench.work.busy, timeout=WAIT)
    assert not page.trouble.isVisible()
    page.export_to(tmp_path / "published")
    qtbot.waitUntil(lambda: not page.bench.work.busy, timeout=WAIT)
    assert list((tmp_path / "published").glob("*.json"))
    page.take(tmp_path / "published")
    qtbot.waitUntil(lambda: page.bank is not None and page.bank.path.name == "published", timeout=WAIT)
    assert Bank.open(study / "banks" / "published").items
    page.take(tmp_path / "nothing")
    qtbot.waitUntil(lambda: page.trouble.isVisible(), timeout=WAIT)


@pytest.mark.slow
def test_corpora_are_checked_counted_and_reviewed(
    page: BanksPage, bench: Bench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.work.start(
        "toys", "corpus", "toybox", "--hours", "0.01", "--seed", "1", "--out", str(tmp_path / "toys")
    )
    qtbot.waitUntil(lambda: job.result is not None, timeout=WAIT)
    corpus, data = tmp_path / "toys", tmp_path / "toys-data"
    build_corpus(corpus, data, BuildOptions(), jobs=1)
    for folder in (corpus, data):
        page.corpora.list_folder(folder)
    page.tabs.setCurrentIndex(1)
    assert [one.kind for one in page.corpora.rows.objects] == ["corpus", "data"]
    _told(page, corpus, lambda: page.corpora.check(corpus), "1 recording · 0 problems", qtbot)
    _told(page, data, lambda: page.corpora.count(data), "utterances", qtbot)

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(QUrl(url).toString())))
    page.corpora.table.choose(str(corpus))
    page.corpora.review(corpus, data)
    assert not page.corpora.served.running  # nobody to sign the decisions
    bench.remember(examiner="AB")
    recording = Corpus.open(corpus).recordings[0]
    box = Box(noun="ball", instance="ball-1", track="ball-1", x=1, y=1, w=20, h=20, visible=1.0)
    frame = AnnotatedFrame(recording=recording.name, time_ms=0, boxes=(box,))
    keep_proposals(Corpus.open(corpus), {recording.name: [frame]}, replace=True)
    page.corpora.review(corpus, data)
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT)
    with urllib.request.urlopen(opened[0], timeout=60) as answer:
        assert b"<html" in answer.read().lower()
    page.close_page()
    assert not page.corpora.served.running
    shutil.rmtree(corpus)
    page.corpora.refresh()
    assert page.corpora.rows.objects[0].kind == "missing"


def _told(page: BanksPage, folder: Path, do: object, words: str, qtbot: QtBot) -> None:
    page.corpora.table.choose(str(folder))
    assert callable(do)
    do()
    texts = lambda: " ".join(w.text() for w in page.corpora.found.findChildren(QLabel))  # noqa: E731
    qtbot.waitUntil(lambda: words in texts(), timeout=WAIT)
