"""The page: every quoted number is its cell's, nothing comes from outside, simulation and chance are always named."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_tables import ALL_FORMS, Sitter, looking_table, session

from analysis.data import prepare
from analysis.options import Options
from analysis.report import Written, write_report
from analysis.report.extras import compute_extras
from analysis.report.page import study_tables
from analysis.study import LabFacts, Study, study
from analysis.tables import Column, Row, Table, Value, chance_words, count, p_words, percent, text
from devkit.errors import UserError
from devkit.records import TrialRecord

QUICK = Options(draws=200)
VOCABULARY = (("picture_vocabulary", "standard"),)


class Reader(HTMLParser):
    """Collects identifiers, cells with values, claims, links and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.values: dict[str, str] = {}
        self.claims: list[tuple[str, str]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "td" and "data-value" in found:
            self.values[str(found["id"])] = str(found["data-value"])
        if found.get("class") == "claim":
            self.claims.append((str(found["href"]).removeprefix("#"), str(found["data-value"])))
        self.links += [str(v) for k, v in attrs if k in ("href", "src", "xlink:href") and v]


def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    return reader


def make(table: pd.DataFrame, folder: Path, facts: LabFacts | None = None) -> tuple[Study, str]:
    found = study(prepare(table), facts or LabFacts("Lab"), QUICK)
    page = write_report(found, folder / "report.html", extras=compute_extras(found.base)).page
    return found, page.read_text("utf-8")


def test_every_claim_is_the_number_of_its_cell(written: Written) -> None:
    reader = read(written.page)
    assert len(reader.claims) >= 8
    for anchor, value in reader.claims:
        assert reader.values[anchor] == value


def test_claims_read_as_their_values(written: Written) -> None:
    html = written.page.read_text("utf-8")
    found = re.findall(r'class="claim" href="#[^"]+" data-value="([^"]+)">([^<]+)</a>', html)
    assert found
    for value, words in found:
        number = float(words.replace("\u00a0%", ""))
        scale = 100 if "%" in words else 1
        assert number == pytest.approx(float(value) * scale, abs=0.5 if scale == 100 else 0)


def test_identifiers_are_unique_and_links_lead_somewhere(written: Written) -> None:
    reader = read(written.page)
    assert len(reader.ids) == len(set(reader.ids))
    inside = [link.removeprefix("#") for link in reader.links if link.startswith("#")]
    assert set(inside) <= set(reader.ids)


def test_the_page_opens_offline(written: Written) -> None:
    reader = read(written.page)
    assert all(link.startswith(("#", "data:")) for link in reader.links)
    html = written.page.read_text("utf-8")
    assert html.count("<script") == 1  # ours, which copies tables
    assert "http" not in re.search(r"<script>.*?</script>", html, re.DOTALL).group()  # type: ignore[union-attr]
    assert "@import" not in html
    assert "<!DOCTYPE html>" in html


def test_files_lie_beside_the_page(written: Written) -> None:
    present = {path.name for path in written.folder.iterdir()}
    assert set(written.files) == present
    for name in present:
        data = (written.folder / name).read_bytes()
        head = {".png": b"\x89PNG", ".svg": b"<?xml", ".csv": b""}[Path(name).suffix]
        assert data.startswith(head)
        assert data


def test_csv_of_the_page_is_the_csv_of_the_table(demo: Study, written: Written) -> None:
    tables = [table for table in study_tables(demo) if f"{table.name}.csv" in written.files]
    assert len(tables) >= 8
    for table in tables:
        rows = list(csv.reader(io.StringIO((written.folder / f"{table.name}.csv").read_text("utf-8"))))
        assert rows[0] == [field for column in table.columns for field in column.fields]
        assert len(rows) == len(table.rows) + 1
        assert all(len(row) == len(rows[0]) for row in rows)


def test_full_table_holds_every_shown_cell(demo: Study) -> None:
    full = next(table for table in study_tables(demo) if table.name == "accuracy-full")
    assert len(full.rows) == len(demo.shown)
    for row, one in zip(full.rows, demo.shown, strict=True):
        assert full.find(row.key, "estimate") == one.result.estimate
        assert full.find(row.key, "chance") == one.result.chance
        assert full.find(row.key, "p") == one.result.p_value


def test_chance_stands_beside_every_score(demo: Study) -> None:
    for table in study_tables(demo):
        fields = [field for column in table.columns for field in column.fields]
        if any(field == "estimate" or field.endswith(": estimate") for field in fields):
            assert "chance" in fields or "reference" in fields, table.name


def test_simulation_and_random_weights_are_named(written: Written) -> None:
    html = written.page.read_text("utf-8")
    assert "Simulated children are a program" in html
    assert "The robot at the screen is a program" in html
    assert "ViT-B-32 · random weights" in html
    plain = re.sub(r"<[^>]+>", " ", html)
    for found in re.finditer(r"ViT-B-32", plain):
        near = plain[max(0, found.start() - 120) : found.end() + 120]
        assert "random weights" in near.lower()


def test_no_norms_are_claimed(written: Written) -> None:
    plain = re.sub(r"<[^>]+>", " ", written.page.read_text("utf-8")).lower()
    assert "baby toolbox score" not in plain
    assert "percentile rank" not in plain
    assert "no score here is norm-referenced" in plain


def test_title_says_what_stands_side_by_side(written: Written, tmp_path: Path) -> None:
    assert "<title>Demo: children and models side by side</title>" in written.page.read_text("utf-8")
    assert "<title>Lab: report</title>" in make(looking_table(7, 4), tmp_path)[1]


def test_infants_alone_are_answered_by_looking(tmp_path: Path) -> None:
    found, html = make(looking_table(12, 8), tmp_path)
    assert "Children look at the named picture for" in html
    assert percent(found.looking[0].target.estimate) in html
    assert "Accuracy by task" not in html


def empty_table() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in TrialRecord.model_fields})


@pytest.mark.parametrize("table", [pd.DataFrame(), empty_table()], ids=["no columns", "no rows"])
def test_an_empty_lab_says_so(table: pd.DataFrame, tmp_path: Path) -> None:
    _, html = make(table, tmp_path)
    assert "holds no trials yet" in html


def one_child() -> pd.DataFrame:
    return session(Sitter("C1", "child", 1.0, age_days=900), VOCABULARY, 12, 1)


UGLY: dict[str, pd.DataFrame] = {
    "one child": one_child(),
    "one item": session(Sitter("C1", "child", 1.0, age_days=900), VOCABULARY, 1, 1),
    "one item, many children": pd.concat(
        session(Sitter(f"C{i}", "child", 1.0, age_days=600 + 30 * i), VOCABULARY, 1, i) for i in range(8)
    ),
    "all right": pd.concat(
        session(Sitter(f"C{i}", "child", 99.0, age_days=600 + 30 * i), VOCABULARY, 6, i) for i in range(5)
    ).assign(score=1.0, correct=True, outcome="answered"),
    "all wrong": one_child().assign(score=0.0, correct=False, outcome="answered"),
    "nothing answered": one_child().assign(score=np.nan, correct=None, outcome="none", answer_position=np.nan),
    "nothing valid": one_child().assign(valid=False, exclusion='["fuss_out"]'),
    "only practice": one_child().assign(trial_kind="practice", is_practice=True),
    "no age": one_child().assign(age_days=None, age_corrected_days=None),
    "no chance": one_child().assign(chance=np.nan),
    "mixed chance": one_child().assign(chance=[0.25, 0.5] * 6),
    "unknown task": one_child().assign(task="pointing", form="new"),
    "broken JSON": one_child().assign(choices="{", scores="[", provenance="?", flags="no", exclusion="[1"),
    "foreign words": one_child().assign(respondent_code="Ægir-王-1", item_id="ñandú <b>", bank="банк"),
    "markup in names": session(
        Sitter("m", "model", 1.0, model_id="<script>alert(1)</script>", step=1, hours=1.0, source="text"),
        VOCABULARY,
        9,
        2,
    ),
    "model without hours": session(Sitter("m", "model", 1.0, model_id="api", source="text"), ALL_FORMS, 6, 2),
    "only untrained": session(
        Sitter("m", "model", -9, model_id="clip", random_weights=True, source="likelihood", scores=True),
        VOCABULARY,
        9,
        2,
    ),
    "one infant": looking_table(1, 3),
    "infants of one age": looking_table(8, 3).assign(age_days=600),
    "infants without usable looking": looking_table(4, 3).assign(look_target=np.nan, look_usable=0.0),
    "infants without baseline": looking_table(6, 3).assign(look_baseline=np.nan),
}


@pytest.mark.parametrize("name", UGLY)
def test_ugly_data_give_an_answer_or_a_reason(name: str, tmp_path: Path) -> None:
    found, html = make(UGLY[name].reset_index(drop=True), tmp_path)
    reader = Reader()
    reader.feed(html)
    assert (
        "nan"
        not in re.sub(r"<svg.*?</svg>|<style.*?</style>|href=\"data:[^\"]*\"", "", html, flags=re.DOTALL)
        .lower()
        .split()
    )
    assert html.count("<script") == 1
    for anchor, value in reader.claims:
        assert reader.values[anchor] == value
    for one in found.cells:
        result = one.result
        assert result.estimate is not None or result.reason
        assert result.estimate is None or 0 <= result.estimate <= 1


def test_unanswered_children_have_no_accuracy(tmp_path: Path) -> None:
    found, html = make(UGLY["nothing answered"].reset_index(drop=True), tmp_path)
    assert found.cells[0].result.estimate is None
    assert found.cells[0].result.reason == "no scored trials"
    assert "No valid test trial" in html or "cannot be scored" in html or "no curve to draw" in html


def test_a_folder_is_no_page(demo: Study, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name a file"):
        write_report(demo, tmp_path)


def test_an_unwritable_place_is_the_users_mistake(demo: Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        write_report(demo, tmp_path / "file" / "report.html")


def small(name: str = "t") -> Table:
    columns = (Column("who", ("who",), False), Column("right", ("estimate", "low")), Column("n", ("n",)))
    rows = (
        Row("a", (text('a, "b"'), Value("50 %", (0.5, 0.4)), count(3))),
        Row("b", (text("ü\nx"), Value("–", (None, None)), count(None))),
    )
    return Table(name, "T", columns, rows)


def test_csv_round_trip() -> None:
    rows = list(csv.reader(io.StringIO(small().csv())))
    assert rows == [["who", "estimate", "low", "n"], ['a, "b"', "0.5", "0.4", "3"], ["ü\nx", "", "", ""]]


def test_anchor_and_value_of_a_cell() -> None:
    table = small()
    assert (table.anchor("a", "low"), table.find("a", "low")) == ("t-t-1-2", 0.4)
    for row, field in (("a", "x"), ("c", "n")):
        with pytest.raises(KeyError):
            table.anchor(row, field)
        with pytest.raises(KeyError):
            table.find(row, field)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (percent(0.7149), "71\u00a0%"), (percent(None), "–"), (percent(float("nan")), "–"),
        (chance_words(1 / 3), "33.3\u00a0%"),
        (chance_words(0.125), "12.5\u00a0%"), (chance_words(0.5), "50\u00a0%"), (p_words(0.0004), "< 0.001"),
        (p_words(0.0123), "0.012"), (p_words(0.1), "0.10"), (p_words(0.9996), "1.00"), (p_words(None), "–"),
    ],
)  # fmt: skip
def test_numbers_in_words(words: str, expected: str) -> None:
    assert words == expected
