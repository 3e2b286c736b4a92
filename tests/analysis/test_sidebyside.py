"""Respondents side by side: charts agree with the report's numbers, ranges narrow them, points find trials."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from simulated_tables import Sitter, session
from small_lab import add

from analysis.base import LabFacts
from analysis.data import prepare
from analysis.options import Options
from analysis.sidebyside import Range, compare
from analysis.study import Study
from devkit.cli.root import run
from devkit.lab import Lab
from devkit.sidebyside import Compared, condition

QUICK = Options(draws=200)


@pytest.fixture(scope="module")
def compared(demo_frame) -> Compared:  # type: ignore[no-untyped-def]
    return compare(prepare(demo_frame), LabFacts("Demo"), QUICK)


def test_scores_are_those_of_the_report(compared: Compared, demo: Study) -> None:
    expected = {
        (one.group.key, one.way, one.task, one.form): one.result.estimate
        for one in demo.shown
        if one.measure == "score" and one.result.estimate is not None
    }
    found = {
        (line.respondent, line.way, *chart.form): line.spots[0].y
        for chart in compared.charts
        if chart.kind == "scores"
        for line in chart.lines
    }
    assert found == pytest.approx(expected)


def test_everybody_is_there_with_a_voice_and_counts(compared: Compared, demo: Study) -> None:
    assert [one.key for one in compared.respondents] == list(demo.groups)
    assert all(one.trials > 0 and one.members > 0 for one in compared.respondents)
    assert {one.voice for one in compared.respondents if one.kind == "child"} == {"child"}


def test_shares_of_choices_add_up_to_one(compared: Compared) -> None:
    charts = [chart for chart in compared.charts if chart.kind in ("choices", "places")]
    assert charts
    for chart in charts:
        for line in chart.lines:
            assert sum(spot.y for spot in line.spots) == pytest.approx(1.0), (chart.form, line.respondent)


def test_ranges_and_respondents_narrow(demo_frame, compared: Compared) -> None:  # type: ignore[no-untyped-def]
    assert compared.ages is not None
    low, high = compared.ages
    middle = (low + high) / 2
    younger = compare(prepare(demo_frame), LabFacts("Demo"), QUICK, wanted=["child"], ages=Range(low, middle))
    assert [one.kind for one in younger.respondents] == ["child"]
    assert younger.ages == compared.ages
    before = next(one for one in compared.respondents if one.kind == "child")
    assert younger.respondents[0].trials < before.trials
    assert all(spot.x <= middle for c in younger.charts if c.kind == "ages" for ln in c.lines for spot in ln.spots)


def test_points_find_their_trials_in_a_lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = Lab.create(tmp_path / "lab", name="Nursery")
    forms = (("localization", "standard"), ("subitizing", "standard"))
    for number in range(4):
        sitter = Sitter(f"C{number}", "child", age_days=round(30.4375 * (20 + 6 * number)))
        add(lab, session(sitter, forms, each=6, seed=number), {})
    lab.rebuild()
    assert run(["compare", str(lab.path), "--json", "--draws", "200", "--out", str(tmp_path / "t.csv")]) == 0
    found = Compared.model_validate(json.loads(capsys.readouterr().out))
    with lab.index.connect() as connection:
        for chart in found.charts:
            for spot in (spot for line in chart.lines for spot in line.spots if spot.y > 0):
                where, values = condition(spot.behind, found.sessions)
                (count,) = connection.execute(f"SELECT count(*) FROM trials WHERE {where}", values).fetchone()
                assert count > 0, (chart.kind, spot.label)
                if chart.kind == "scores":
                    assert count == 24
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert {row["task form"] for row in rows} >= {"localization/standard", "subitizing/standard"}
    assert run(["compare", str(lab.path), "--ages", "40-20"]) == 2
    assert run(["compare", str(lab.path), "--task", "nothing"]) == 2
