"""Topics in the report, the summary of one person, the model card: claims are their cells, ugly data give reasons."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_tables import Sitter, demo_table, looking_table, session
from small_lab import small_lab
from test_report import UGLY, read

from analysis.base import LabFacts, lay_out
from analysis.data import prepare
from analysis.options import Options
from analysis.planning.power import Design, power, simulate
from analysis.report import Written, write_report
from analysis.report.blocks import FigureBlock
from analysis.report.child import age_words, child_page
from analysis.report.extras import compute_extras
from analysis.report.model_card import model_page, only_model
from analysis.report.page import build_page
from analysis.report.write import write_page
from analysis.study import Study, study, study_of
from analysis.topics import sections
from analysis.topics.compare import reference_curves
from devkit.cli.root import run
from devkit.errors import UserError
from devkit.lab.references import Distribution

QUICK = Options(draws=200)
FORMS = (("picture_vocabulary", "standard"), ("subitizing", "standard"), ("memory", "standard"))


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Give every trial the difficulty columns of its task and a time."""
    size = np.arange(len(frame)) % 4 + 1
    difficulty = [json.dumps({"set_size": int(n), "more": int(n) + 4, "fewer": int(n)}) for n in size]
    return frame.assign(
        difficulty=difficulty, rt_ms=900.0 + 40 * (np.arange(len(frame)) % 17), rt_from="prompt_end",
    )  # fmt: skip


@pytest.fixture(scope="module")
def rich() -> Study:
    table = numbered(demo_table(children=12, each=8, model_each=40, forms=FORMS))
    return study(prepare(table), LabFacts("Rich"), QUICK)


@pytest.fixture(scope="module")
def page(rich: Study, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_report(rich, tmp_path_factory.mktemp("rich") / "r.html", extras=compute_extras(rich.base))


def test_every_topic_has_its_section_and_figure(rich: Study) -> None:
    laid = build_page(rich, "t", compute_extras(rich.base))
    names = [one.name for one in laid.sections]
    wanted = ["topic-compare", "topic-items", "topic-tasks", "topic-looking", "topic-times", "topic-quality"]
    assert [name for name in names if name in wanted] == wanted
    assert names[-1] == "methods"
    figures = {b.drawn.name for s in laid.sections for b in s.blocks if isinstance(b, FigureBlock)}
    assert {"differences", "item-agreement", "set-sizes", "reliability", "exclusions-flow-simulation"} <= figures
    assert len({table.name for table in laid.tables}) == len(laid.tables)


def test_claims_of_topics_are_their_cells(page: Written) -> None:
    reader = read(page.page)
    assert any(anchor.startswith("t-differences-") for anchor, _ in reader.claims)
    assert any(anchor.startswith("t-reliability-") for anchor, _ in reader.claims)
    for anchor, value in reader.claims:
        assert reader.values[anchor] == value
    assert len(reader.ids) == len(set(reader.ids))


def test_figures_say_what_stands_behind_them(page: Written) -> None:
    html = page.page.read_text("utf-8")
    captions = re.findall(r"<figcaption>(.*?)<", html, re.DOTALL)
    assert sum("n = " in caption for caption in captions) >= 4


def test_tables_can_be_copied(page: Written) -> None:
    html = page.page.read_text("utf-8")
    assert html.count("Copy as CSV</button>") == html.count('download="')
    assert "navigator.clipboard" in html


def test_methods_name_what_the_topics_used(page: Written) -> None:
    plain = re.sub(r"<[^>]+>", " ", page.page.read_text("utf-8"))
    assert "Spearman (1904)" in plain
    assert "split-half reliability" in plain


def test_what_is_folded_whole_is_not_printed(page: Written) -> None:
    html = page.page.read_text("utf-8")
    assert '<section id="topic-looking" class="screen">' in html
    assert '<section id="topic-compare">' in html


def test_one_person_is_summed_up_beside_chance_and_reliability(rich: Study, tmp_path: Path) -> None:
    laid = child_page(rich.base, "SIM006")
    written = write_page(laid, tmp_path / "c.html")
    reader, html = read(written.page), written.page.read_text("utf-8")
    plain = re.sub(r"<[^>]+>", " ", html)
    assert "no norm" in plain
    assert "percentile" not in plain.lower()
    for anchor, value in reader.claims:
        assert reader.values[anchor] == value
    scores = next(table for table in laid.tables if table.name == "scores-of-one")
    assert [row.key for row in scores.rows] == [f"{task}/{form}" for task, form in (FORMS[0], FORMS[2], FORMS[1])]
    for row in scores.rows:
        assert scores.find(row.key, "chance") is not None
    assert scores.find("picture_vocabulary/standard", "reliability") is not None
    others = {str(code) for code in rich.base.frame["respondent_code"] if re.match(r"SIM|K\d", str(code))} - {"SIM006"}
    assert not any(re.search(rf"\b{re.escape(code)}\b", plain) for code in others)


def test_an_unknown_person_is_the_users_mistake(rich: Study) -> None:
    with pytest.raises(UserError, match="did you mean 'SIM006'"):
        child_page(rich.base, "SIM06")
    with pytest.raises(UserError, match="no session of a participant"):
        child_page(rich.base, "babyvlm-tiny")


def test_two_sessions_and_a_stop_rule_are_said() -> None:
    first = session(Sitter("C1", "child", 1, age_days=700), FORMS[:1], 6, 1)
    later = session(Sitter("C1", "child", 1, age_days=800), FORMS[:1], 6, 2).assign(stop_rule="wrong_in_a_row")
    both = pd.concat([first, later], ignore_index=True)
    laid = child_page(lay_out(prepare(both), LabFacts(), QUICK), "C1")
    words = "".join(part if isinstance(part, str) else part.text for part in laid.answer[0])
    assert "at 22 months and 30 days to 26 months and 8 days" in words
    table = next(one for one in laid.tables if one.name == "sessions-of-one")
    assert len(table.rows) == 2
    assert "stop rule" in table.note


def test_ages_in_words() -> None:
    assert age_words(pd.Series([30.4375 * 31 + 4])) == "31 months and 4 days"
    assert age_words(pd.Series([], dtype=float)) == ""


def test_the_card_holds_one_model_and_the_baselines(rich: Study) -> None:
    trials = prepare(numbered(demo_table(children=6, each=4, model_each=20, forms=FORMS)))
    mine, _ = only_model(trials, LabFacts(), "babyvlm-tiny")
    assert set(mine.frame["model_id"].astype(str)) <= {"babyvlm-tiny", "None", ""}
    assert not (mine.frame["respondent_kind"] == "child").any()
    laid = model_page(trials, LabFacts(trained={"babyvlm-tiny": frozenset({"T_1"})}), QUICK, "babyvlm-tiny")
    assert laid.title == "babyvlm-tiny: a model card of development"
    about = laid.tables[0]
    stated = {row.key: row.values[1].text for row in about.rows}
    assert stated["hours of recordings seen"] == "30 min to 8 h, 3 checkpoints"
    assert stated["recordings trained on"] == "1 stated"
    assert stated["random weights"] == "its first checkpoint"
    assert [one.name for one in laid.sections][-2:] == ["limits", "methods"]
    with pytest.raises(UserError, match="did you mean 'babyvlm-tiny'"):
        only_model(trials, LabFacts(), "babyvlm-tin")


@pytest.mark.parametrize("name", [name for name in UGLY if "untrained" not in name and "model" not in name])
def test_ugly_data_of_one_person(name: str, tmp_path: Path) -> None:
    table = UGLY[name].reset_index(drop=True)
    base = lay_out(prepare(table), LabFacts(), QUICK)
    people = base.frame[base.frame["is_person"].astype(bool)]["respondent_code"].astype(str)
    if people.empty:
        return
    written = write_page(child_page(base, people.iloc[0]), tmp_path / "c.html")
    plain = re.sub(r"<svg.*?</svg>|<style.*?</style>|<script.*?</script>|<[^>]+>", " ", written.page.read_text("utf-8"),
                   flags=re.DOTALL)  # fmt: skip
    assert "nan" not in plain.lower().split()


SPOILT = (
    "age_days",
    "score",
    "chance",
    "rt_ms",
    "choices",
    "difficulty",
    "item_id",
    "outcome",
    "valid",
    "choice_scores",
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_spoilt_lab_is_reported_or_explained(data: st.DataObject) -> None:
    table = pd.concat([numbered(demo_table(2, children=4, each=3, model_each=6, forms=FORMS[:2])), looking_table(4, 3)])
    table = table.sample(frac=data.draw(st.sampled_from([0.02, 0.3, 1.0])), random_state=1).reset_index(drop=True)
    for column in data.draw(st.lists(st.sampled_from(SPOILT), max_size=3, unique=True)):
        value = data.draw(st.sampled_from([None, "", "[]", 0, 1]))
        part = data.draw(st.sampled_from([2, 3, 1000]))
        table[column] = [value if i % part else v for i, v in enumerate(table[column].astype(object))]
    results = study_of(lay_out(prepare(table), LabFacts(), QUICK))
    laid = build_page(results, "t", compute_extras(results.base))
    for one in laid.tables:
        assert all("nan" not in value.text.lower().split() for row in one.rows for value in row.values)


def test_reports_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = small_lab(tmp_path / "lab", children=5, each=6)
    plan = tmp_path / "stated.yaml"
    plan.write_text(
        "plan: p\nversion: 1\ntitle: T\nhypotheses: [Children know words.]\nsettings: {draws: 200}\n"
        "outcomes: {w: {forms: [localization], of: simulated children}}\n"
        "models: {above: {kind: chance, outcome: w}}\nfamilies: {main: {models: [above]}}\n"
    )
    quick = ["--draws", "200", "--json"]
    for further, name in (
        (["--participant", "S3"], "participant-S3"), (["--model", "tiny"], "model-tiny"),
        (["--plan", str(plan), "--topic", "items"], "plan-stated"), (["--topic", "none"], "report"),
    ):  # fmt: skip
        assert run(["report", str(lab), *quick, *further]) == 0
        assert json.loads(capsys.readouterr().out)["page"] == str(lab / "reports" / f"{name}.html")
    html = (lab / "reports" / "plan-stated.html").read_text("utf-8")
    assert "Stated before the data: T" in html
    assert "Children know words." in html
    assert "Item by item (exploratory)" in html
    assert run(["report", str(lab), "--participant", "S3", "--model", "tiny"]) == 2
    assert run(["report", str(lab), "--topic", "itms"]) == 2
    assert "did you mean 'items'" in capsys.readouterr().err


def published(age: float | None, right: float, kind: str = "child") -> Distribution:
    return Distribution.model_validate(
        {
            "source": "study", "task": "picture_vocabulary", "form": "standard", "item": f"i{right}", "word": "cup",
            "kind": kind, "age_years": age, "options": ["cup", "hat"], "shares": [right, 1 - right],
        }
    )  # fmt: skip


def test_published_answers_stand_apart_by_age() -> None:
    rows = [published(4, 0.5), published(4, 0.7), published(7, 0.9), published(7, 0.8), published(25, 1.0, "adult")]
    base = lay_out(prepare(UGLY["one child"]), LabFacts(references=tuple(rows)), QUICK)
    (curves,) = reference_curves(base)
    found = {f.labels[2]: f.result for f in curves.findings}
    assert list(found) == ["4 years", "7 years", "adults"]
    assert found["4 years"].estimate == pytest.approx(0.6)
    assert found["4 years"].chance == 0.5
    assert found["adults"].interval is None
    laid = build_page(study_of(base), "t", compute_extras(base, ("compare",)))
    assert any(
        b.drawn.name == "reference-curves" for s in laid.sections for b in s.blocks if isinstance(b, FigureBlock)
    )


def test_positions_that_nobody_saw_make_no_side_bias() -> None:
    side = session(Sitter("C1", "child", 1, age_days=700), FORMS[:1], 30, 1).assign(answer_position=0.0)
    seen = sections(lay_out(prepare(side), LabFacts(), QUICK), ("quality",))
    unseen = sections(lay_out(prepare(side.assign(flags='["order_unknown"]')), LabFacts(), QUICK), ("quality",))
    flags = {f.labels[2] for one in seen if one.name == "patterns" for f in one.findings}
    assert {"side bias", "straight lining"} <= flags
    assert not {f.labels[2] for one in unseen if one.name == "patterns" for f in one.findings} & flags - {
        "below chance"
    }


def test_a_stop_rule_shortens_the_test_of_those_who_do_worse() -> None:
    free = Design("t", 0.5, 22, 60, ((26.0, 15), (34.0, 15)), midpoint=40)
    stopped = replace(free, wrong_in_a_row=4)
    trials = {}
    for name, design in (("free", free), ("stopped", stopped), ("gate", replace(free, gate=(1,)))):
        made = simulate(design, np.random.default_rng(3)).y_CI
        trials[name] = np.isfinite(made).sum(axis=1)
    assert (trials["free"] == 22).all()
    assert 4 <= trials["stopped"].min() < 22
    assert set(trials["gate"]) == {1, 22}
    said = {what: result for _, what, result in power(stopped, studies=50)}
    assert 4 < (said["trials a child takes"].estimate or 0) < 22
    assert "trials a child takes" not in {what for _, what, _ in power(free, studies=50)}


def test_looking_over_time_is_drawn_from_gaze() -> None:
    looked = looking_table(infants=6, trials=4)
    rng = np.random.default_rng(2)
    frames = [
        {"session_id": "s", "trial_id": trial, "t_word_ms": t, "coder": "ann",
         "aoi": "target" if rng.random() < (0.5 if t < 300 else 0.8) else "distractor"}
        for trial in looked["trial_id"] for t in range(-1000, 2000, 50)
    ]  # fmt: skip
    base = lay_out(prepare(looked), LabFacts(gaze=pd.DataFrame(frames)), QUICK)
    laid = build_page(study_of(base), "t", compute_extras(base, ("looking",)))
    (part,) = [one for one in laid.sections if one.name == "topic-looking"]
    (shown,) = [block for block in part.blocks if isinstance(block, FigureBlock)]
    late = [row for row in shown.table.rows if float(row.values[1].text) > 400 and row.values[2].raw[0] is not None]
    assert np.mean([float(row.values[2].raw[0] or 0) for row in late]) == pytest.approx(0.8, abs=0.05)
