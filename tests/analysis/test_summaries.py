"""Aggregates, development, looking, sessions and provenance: numbers worked out by hand or by another library."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from simulated_tables import ALL_FORMS, Sitter, looking_table, session

from analysis.aggregates import full_chance
from analysis.data import prepare
from analysis.development import common_forms
from analysis.groups import Group, hours_words
from analysis.looking import age_groups, age_words, line_over_age
from analysis.options import Options
from analysis.provenance import audit, item_sources, trained_recordings
from analysis.quality import reaction_times
from analysis.study import LabFacts, Study, study

QUICK = Options(draws=200)


def run(*tables: pd.DataFrame, facts: LabFacts | None = None) -> Study:
    return study(prepare(pd.concat(tables, ignore_index=True)), facts or LabFacts(), QUICK)


def model_table(
    each: int = 30, *, forms: tuple[tuple[str, str], ...] = ALL_FORMS, ability: float = 0.0
) -> pd.DataFrame:
    sitter = Sitter("m", "model", ability, model_id="tiny", step=9, hours=2.0, source="text", scores=True)
    return session(sitter, forms, each, 3)


def test_chance_of_the_aggregates() -> None:
    assert full_chance("paper-11") == pytest.approx(0.318, abs=5e-4)
    assert full_chance("leaderboard-11") == pytest.approx(0.299, abs=5e-4)


def test_paper_11_is_the_mean_of_its_cells() -> None:
    found = run(model_table())
    slots = {(c.task, c.form, c.measure): c.result.estimate for c in found.cells if c.way == "text"}
    expected = [slots[slot] for slot in [
        ("object_counting", "standard", "score"), ("picture_vocabulary", "standard", "score"),
        ("localization", "standard", "score"), ("visual_delayed_response", "binary", "score"),
        ("visual_delayed_response", "open", "score"), ("visual_delayed_response", "open", "adjacent"),
        ("left_right", "published", "score"), ("spatial_details", "published", "score"),
        ("memory", "standard", "score"), ("who_has_more", "synthetic", "score"),
        ("who_has_more", "naturalistic", "score"),
    ]]  # fmt: skip
    paper = next(a for a in found.aggregates if a.name == "paper-11" and a.way == "text")
    assert paper.result.estimate == pytest.approx(np.mean([e for e in expected if e is not None]))
    assert paper.result.chance == pytest.approx(full_chance("paper-11"))
    assert paper.missing == ()


def test_missing_scores_withhold_the_mean_of_eleven() -> None:
    forms = tuple(f for f in ALL_FORMS if f[0] != "memory")
    paper = next(a for a in run(model_table(forms=forms)).aggregates if a.name == "paper-11" and a.way == "text")
    assert paper.result.estimate is None
    assert paper.missing == ("Memory",)
    assert paper.present.chance == pytest.approx((full_chance("paper-11") * 11 - 0.25) / 10)


def group_table(pairs: list[tuple[list[float], list[float]]]) -> pd.DataFrame:
    """Two trials a pair: the same two pictures, with the first and then the second as the target."""
    table = model_table(2 * len(pairs), forms=(("looking_while_listening", "standard"),))
    table["choices"] = [
        json.dumps([{"label": "a", "media": f"{at // 2}a"}, {"label": "b", "media": f"{at // 2}b"}])
        for at in range(len(table))
    ]
    table["target_position"] = [at % 2 for at in range(len(table))]
    table["choice_scores"] = [json.dumps(scores) for pair in pairs for scores in pair]
    return table


def test_group_score_needs_words_and_pictures() -> None:
    pairs = [([3.0, 1.0], [0.0, 2.0]), ([3.0, 1.0], [4.0, 5.0]), ([1.0, 3.0], [0.0, 2.0])]
    found = run(group_table(pairs), model_table(4, forms=(("localization", "standard"),)))
    board = next(a for a in found.aggregates if a.name == "leaderboard-11" and a.way == "likelihood")
    assert "Looking While Listening group score" not in board.missing
    localization = next(c for c in found.cells if c.task == "localization" and c.way == "likelihood").result.estimate
    assert localization is not None
    assert board.present.estimate == pytest.approx((1 / 3 + localization) / 2)


def test_normalised_scores_give_no_group_score() -> None:
    half = [float(np.log(0.7)), float(np.log(0.3))]
    found = run(
        group_table([(half, half[::-1])]), model_table(4, forms=(("localization", "standard"), ("memory", "standard")))
    )
    board = next(a for a in found.aggregates if a.name == "leaderboard-11" and a.way == "text")
    assert "Looking While Listening group score" in board.missing


def test_common_forms_trade_forms_against_points() -> None:
    rows = pd.DataFrame(
        [("localization", "standard", 1), ("localization", "standard", 2), ("localization", "standard", 3),
         ("memory", "standard", 1), ("memory", "standard", 2), ("memory", "standard", 3),
         ("subitizing", "standard", 3), ("left_right", "published", 1)],
        columns=["task", "form", "at"],
    )  # fmt: skip
    assert common_forms(rows, rows["at"]) == (("localization", "standard"), ("memory", "standard"))


def test_model_track_over_hours() -> None:
    tables = [
        session(
            Sitter("m", "model", able, model_id="t", step=step, hours=hours, source="text", random_weights=not step),
            (("localization", "standard"),), 60, step,
        )
        for step, hours, able in ((0, 0.0, -9), (1, 0.5, -1.5), (2, 2.0, 0.0), (3, 9.0, 2.0))
    ]  # fmt: skip
    track = run(*tables).main[0]
    assert [p.x for p in track.points] == [0.0, 0.5, 2.0, 9.0]
    assert track.group.hours == 9.0
    assert track.curve.slope.estimate is not None
    assert track.curve.slope.estimate > 0
    assert track.points[0].group.random


def test_looking_averages_each_infant_first() -> None:
    table = looking_table(3, 4)
    table["valid"] = True
    table["look_target"] = [0.2] * 4 + [0.6] * 4 + [1.0, 1.0, np.nan, np.nan]
    one = run(table).looking[0]
    assert one.target.estimate == pytest.approx((0.2 + 0.6 + 1.0) / 3)
    assert one.target.count("children") == 3


def test_line_over_age_is_hc3() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(12, 26, 40)
    y = 0.5 + 0.01 * (x - 18) + rng.normal(0, 0.05, 40) * (x / 18)
    fit = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3", use_t=True)
    slope = line_over_age(x, y, "x", QUICK).slope
    assert slope.estimate == pytest.approx(fit.params[1])
    assert slope.interval is not None
    assert (slope.interval.low, slope.interval.high) == pytest.approx(tuple(fit.conf_int()[1]))


def test_line_needs_persons_and_ages() -> None:
    assert "fewer than 6" in line_over_age(np.array([12.0, 14, 16]), np.array([0.5, 0.6, 0.6]), "x", QUICK).slope.reason


@pytest.mark.parametrize(
    ("width", "ages", "words"),
    [(6, [6, 11.9, 12, 30], ["6–11", "6–11", "12–17", "30–35"]), (12, [3, 17.9, 18], ["0–5", "6–17", "18–29"])],
)
def test_age_groups(width: int, ages: list[float], words: list[str]) -> None:
    assert [age_words(first, width) for first in age_groups(pd.Series(ages), width)] == words


@pytest.mark.parametrize(("hours", "words"), [(0, "0 h"), (0.5, "30 min"), (2.25, "2.2 h"), (478.4, "478 h")])
def test_hours_words(hours: float, words: str) -> None:
    assert hours_words(hours) == words


def test_reaction_times_refuse_other_clocks_and_the_lowest_tier() -> None:
    base = session(Sitter("c", "child", 2.0, age_days=900, tier="lab"), (("localization", "standard"),), 5, 1)
    base = base.assign(rt_ms=[500.0, 600, 700, 800, 900], rt_from="prompt_end", outcome="answered")
    fast = base.assign(time_scale=10.0, session_id="fast")
    demo = base.assign(timing_tier="demo", session_id="demo")
    fast["trial_id"], demo["trial_id"] = "f" + fast["trial_id"], "d" + demo["trial_id"]
    found = run(base, fast, demo)
    children = next(t for t in found.times if t.group.kind == "child")
    robots = next(t for t in found.times if t.group.kind == "robot")
    assert (children.trials, children.quartiles_ms, children.refused_tier) == (5, (600.0, 700.0, 800.0), 5)
    assert (robots.trials, robots.quartiles_ms, robots.refused_clock) == (0, None, 5)


def test_reaction_times_of_nothing() -> None:
    assert reaction_times(prepare(pd.DataFrame()).frame.assign(group=[]), {}) == ()


def test_replies_and_exclusions_are_counted() -> None:
    table = session(Sitter("c", "child", age_days=900), (("localization", "standard"),), 6, 1)
    table["outcome"] = ["answered", "none", "ambiguous", "timeout", "skipped", "aborted"]
    table.loc[0, ["valid", "exclusion"]] = [False, json.dumps(["fuss_out", "preterm"])]
    found = run(table)
    assert dict(found.replies[0].outcomes) == {
        "answered": 0, "none": 1, "ambiguous": 1, "timeout": 1, "skipped": 1, "aborted": 1,
    }  # fmt: skip
    assert {(c.code, c.trials) for c in found.exclusions} == {("fuss_out", 1), ("preterm", 1)}


def provenance_case(split: str, recordings: list[str]) -> tuple[pd.DataFrame, dict[str, Group]]:
    table = model_table(4, forms=(("localization", "standard"),))
    table["provenance"] = json.dumps({"source": "toybox", "split": split, "recordings": recordings})
    group = Group("g", "tiny", "model", "models", "tiny")
    return prepare(table).frame.assign(group="g"), {"g": group}


@pytest.mark.parametrize(
    ("split", "recordings", "trained", "verdict", "shared"),
    [
        ("test", ["r1"], {"r2", "r3"}, "clean", 0),
        ("test", ["r1"], {"r1", "r3"}, "shared", 4),
        ("test", [], {"r1"}, "unknown", 0),
        ("test", ["r1"], None, "unknown", 0),
        ("train", ["r1"], None, "shared", 4),
        ("", [], None, "unknown", 0),
    ],
)
def test_provenance(split: str, recordings: list[str], trained: set[str] | None, verdict: str, shared: int) -> None:
    test, groups = provenance_case(split, recordings)
    stated = {} if trained is None else {"tiny": frozenset(trained)}
    found = audit(test, item_sources(test), groups, stated)
    assert [(one.verdict, one.shared) for one in found] == [(verdict, shared)]


def test_untrained_models_have_seen_nothing() -> None:
    test, groups = provenance_case("test", ["r1"])
    assert audit(test, item_sources(test), {"g": replace(groups["g"], random=True)}, {})[0].verdict == "clean"


def test_training_recordings_are_read_from_a_header() -> None:
    assert trained_recordings({"detail": {"training_recordings": ["a", "b"]}}) == {"a", "b"}
    assert trained_recordings({"detail": {}}) is None
    assert trained_recordings(None) is None
