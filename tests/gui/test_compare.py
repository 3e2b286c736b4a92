"""Compare: charts of what the worker computed, the trials behind a point, files, ranges, and the report."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from devkit.sidebyside import condition
from gui import theme
from gui.bench import Bench
from gui.charts.paint import PAPER, Painting
from gui.charts.plot import Mark, Plot, Series, hours_axis, months_axis, number_axis, share_axis
from gui.charts.view import ChartView
from gui.pages.compare.page import ComparePage
from gui.pages.compare.plots import Picked
from gui.records import RecordView
from gui.window import MainWindow

LONG = 120_000


def _page(window: MainWindow, bench: Bench, path: Path, qtbot: QtBot) -> ComparePage:
    bench.open_lab(path)
    window.go("compare")
    page = window.pages["compare"]
    assert isinstance(page, ComparePage)
    _settle(page, bench, qtbot)
    return page


def _settle(page: ComparePage, bench: Bench, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.compared is not None and page.job is None and not bench.aside.busy, timeout=LONG)


def test_a_point_leads_to_its_trials_and_a_trial_to_what_was_shown(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot
) -> None:
    page = _page(window, bench, study, qtbot)
    assert page.compared is not None
    page.form.setCurrentIndex(page.form.findData("who_has_more/synthetic"))
    page.tabs.setCurrentIndex(0)
    view = page.drawn.currentWidget().findChildren(ChartView)[0]
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert "Children" in view.accessibleDescription()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    lab = Lab.open(study)
    with lab.index.connect() as connection:
        sql = "SELECT count(*) FROM trials WHERE task = 'who_has_more' AND trial_kind = 'test' AND valid"
        (expected,) = connection.execute(sql).fetchone()
    qtbot.waitUntil(lambda: page.records.table.shown == expected, timeout=LONG)
    page.records.table.view.selectRow(0)
    qtbot.waitUntil(lambda: page.records.right.findChild(RecordView) is not None, timeout=LONG)
    assert page.records.right.findChild(RecordView).record.task == "who_has_more"
    page.back.click()
    assert page._stack.currentIndex() == 0
    qtbot.waitUntil(lambda: not bench.aside.busy, timeout=LONG)


def test_every_point_finds_trials(window: MainWindow, bench: Bench, study: Path, qtbot: QtBot) -> None:
    page = _page(window, bench, study, qtbot)
    compared = page.compared
    assert compared is not None
    lab = Lab.open(study)
    kinds = {chart.kind for chart in compared.charts}
    assert {"scores", "ages", "items", "choices", "places"} <= kinds
    with lab.index.connect() as connection:
        for chart in compared.charts:
            for spot in (spot for line in chart.lines for spot in line.spots if spot.y > 0):
                where, values = condition(spot.behind, compared.sessions)
                (count,) = connection.execute(f"SELECT count(*) FROM trials WHERE {where}", values).fetchone()
                assert count > 0, (chart.kind, chart.form, spot.label)


def test_figures_and_tables_are_written(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    page = _page(window, bench, study, qtbot)
    page.form.setCurrentIndex(1)
    for ending in ("svg", "png", "pdf"):
        page.save_figure(tmp_path / f"figure.{ending}")
    assert "<svg" in (tmp_path / "figure.svg").read_text()[:600]
    assert not QImage(str(tmp_path / "figure.png")).isNull()
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    page.save_figure(tmp_path / "figure.bmp")
    assert "svg" in window.foot.status.text()
    page.save_table(tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert {row["respondent"] for row in rows} == {"Children"}
    assert all(0 <= float(row["y"]) <= 1 for row in rows)


def test_respondents_and_ranges_narrow_what_is_shown(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot
) -> None:
    page = _page(window, bench, study, qtbot)
    assert page.compared is not None
    (key,) = page.choosing.ticks
    page.choosing.ticks[key].setChecked(False)
    assert "Nobody" in page.empty.text.text()
    page.choosing.ticks[key].setChecked(True)
    page.tabs.setCurrentIndex(5)
    assert page.numbers.shown > 3
    page.tabs.setCurrentIndex(1)
    assert "items" in page.empty.text.text()
    first = page.compared
    low, high = first.ages or (0, 0)
    page.choosing.youngest.setValue(int(high) + 5)
    page.choosing.oldest.setValue(int(high) + 9)
    assert page.choosing.arguments() == ("--ages", f"{int(high) + 5}-{int(high) + 9}")
    qtbot.waitUntil(lambda: page.compared is not first and page.job is None, timeout=LONG)
    assert page.compared.respondents == ()
    assert low < high


def test_the_report_is_written_and_opened(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("gui.pages.compare.page.open_page", opened.append)
    page = _page(window, bench, study, qtbot)
    page.report.click()
    qtbot.waitUntil(lambda: bool(opened), timeout=LONG)
    assert opened[0].read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_an_empty_lab_says_what_to_do(window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot) -> None:
    page = _page(window, bench, lab.path, qtbot)
    assert "Nothing to compare" in page.empty.text.text()
    assert not page.report.isEnabled()


@pytest.mark.parametrize("kind", ["months", "hours", "number"])
@given(data=st.data())
def test_marks_stay_inside_and_are_found_where_they_are_drawn(
    qapp: QApplication, kind: str, data: st.DataObject
) -> None:
    xs = data.draw(st.lists(st.floats(0.01, 300), min_size=1, max_size=6, unique=True))
    ys = data.draw(st.lists(st.floats(0, 1), min_size=len(xs), max_size=len(xs)))
    axis = months_axis(xs) if kind == "months" else hours_axis(xs)[0] if kind == "hours" else number_axis(xs, "n")
    marks = tuple(Mark(x, y, words=str(x), key=Picked("", None)) for x, y in zip(xs, ys, strict=True))  # type: ignore[arg-type]
    plot = Plot("Title", axis, share_axis("right"), (Series("who", "child", marks),), chance=0.5, ends=True)
    laid = Painting(plot, QRectF(0, 0, 420, 300), theme.font(theme.SMALL), PAPER)
    series = plot.series[0]
    for mark in marks:
        assert laid.inside.adjusted(-1, -1, 1, 1).contains(laid.spot(series, mark))


def test_the_mark_under_the_pointer_is_picked(qtbot: QtBot) -> None:
    marks = (Mark(1, 0.2, key="first"), Mark(5, 0.8, key="second"))
    view = ChartView(Plot("T", number_axis([1, 5], "n"), share_axis("y"), (Series("a", "model", marks),)))
    qtbot.addWidget(view)
    view.resize(420, 300)
    picked: list[object] = []
    view.picked.connect(picked.append)
    where = view.painting().spot(view.plot.series[0], marks[1]).toPoint()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=where)
    assert picked == ["second"]
