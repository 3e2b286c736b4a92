"""Topics on whole tables, ugly ones too: an answer or a plain reason, never a traceback; and from the command line."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Sitter, looking_table, session

from analysis import topics
from analysis.base import Base, LabFacts, lay_out
from analysis.data import prepare
from analysis.options import Options
from analysis.sections import Section, as_json
from devkit.errors import UserError
from devkit.records import TrialRecord

SOME = (("picture_vocabulary", "standard"), ("who_has_more", "synthetic"), ("subitizing", "standard"))
QUICK = Options(draws=200, bound=0.1)


def sitters(children: int = 8, each: int = 12) -> pd.DataFrame:
    parts = [
        session(Sitter(f"S{c}", "child", 0.3 * c - 1, age_days=700 + 60 * c, source="touch"), SOME, each, c, items=each)
        for c in range(children)
    ]
    for at, hours in enumerate((1.0, 5.0, 20.0, 80.0)):
        model = Sitter(
            "M", "model", at - 1.0, model_id="tiny", step=100 * at + 1, hours=hours, source="text", scores=True
        )
        parts.append(session(model, SOME, 30, 50 + at, items=30))
    return pd.concat(parts, ignore_index=True)


def with_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the trials the difficulty columns of their tasks."""
    rng = np.random.default_rng(1)
    difficulty = []
    for task in frame["task"]:
        fewer = int(rng.integers(1, 5))
        both = {"more": fewer + int(rng.integers(1, 4)), "fewer": fewer}
        difficulty.append(json.dumps(both if task == "who_has_more" else {"set_size": fewer}))
    position = pd.to_numeric(frame["answer_position"])
    return frame.assign(difficulty=difficulty, answer=[str(int(p) + 1) if np.isfinite(p) else None for p in position])


def base_of(frame: pd.DataFrame) -> Base:
    return lay_out(prepare(frame), LabFacts("x"), QUICK)


def compute(frame: pd.DataFrame) -> dict[str, Section]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return {one.name: one for one in topics.sections(base_of(frame), ["all"])}


@pytest.fixture(scope="module")
def found() -> dict[str, Section]:
    gaze = looking_table()
    return compute(pd.concat([with_numbers(sitters()), gaze], ignore_index=True))


def test_every_topic_says_something(found: dict[str, Section]) -> None:
    expected = {
        "age-slopes", "hours-slopes", "differences", "predictions", "age-equivalents", "experience-equivalents",
        "item-agreement", "divergence", "error-consistency", "confusions", "dif", "item-scales", "weber", "set-sizes",
        "counting-error", "looking-models", "reliability", "missing", "exclusions-flow",
    }  # fmt: skip
    assert expected <= set(found)


def test_results_are_finite_or_have_a_reason(found: dict[str, Section]) -> None:
    for one in found.values():
        for finding in one.findings:
            result = finding.result
            assert len(finding.labels) == len(one.columns)
            assert result.estimate is not None or result.reason
            if result.interval is not None:
                assert result.interval.low <= result.interval.high
                assert math.isfinite(result.interval.low) or result.interval.low_words
            assert result.explain()


def test_tables_and_json_hold_the_same(found: dict[str, Section]) -> None:
    one = found["differences"]
    table, plain = one.table(), as_json(one)
    assert len(table.rows) == len(plain)
    assert table.find("1", "estimate") == plain[0]["estimate"]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert any("equivalence" in row["age"] for row in plain)


def test_children_of_a_topic_that_is_not_there() -> None:
    with pytest.raises(UserError, match="no topic 'compar'"):
        topics.names_of(["compar"])


def one_item(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(item_id="only")


def all_missing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(outcome="none", score=np.nan, correct=None, answer_position=np.nan)


def always_right(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(score=1.0, correct=True, answer_position=frame["target_position"])


def separated(frame: pd.DataFrame) -> pd.DataFrame:
    old = pd.to_numeric(frame["age_days"]) > 900
    return frame.assign(score=old.astype(float), correct=old)


def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame], ignore_index=True)


def mixed_versions(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(schema_version=np.where(np.arange(len(frame)) % 2, "0.9", "1.0"))


def other_letters(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(respondent_code="ребёнок-" + frame["respondent_code"], item_id="ítem-" + frame["item_id"])


def no_ages(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(age_days=None)


def nobody(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def one_child(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["respondent_code"] == "S0"]


def models_alone(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["respondent_kind"] == "model"]


UGLY = (
    one_item, all_missing, always_right, separated, doubled, mixed_versions, other_letters, no_ages, nobody, one_child,
    models_alone,
)  # fmt: skip
QUICKLY = (all_missing, nobody, one_child)


@pytest.mark.parametrize(
    "spoil", [pytest.param(one, id=one.__name__, marks=() if one in QUICKLY else pytest.mark.slow) for one in UGLY]
)
def test_ugly_data_give_an_answer_or_a_reason(spoil: object) -> None:
    frame = with_numbers(sitters(children=5, each=8))
    assert callable(spoil)
    ugly = spoil(frame)
    for one in compute(ugly.reindex(columns=list(TrialRecord.model_fields))).values():
        for finding in one.findings:
            assert finding.result.estimate is not None or finding.result.reason
            assert "nan" not in finding.result.explain()


@pytest.mark.slow
def test_a_repeated_trial_counts_once() -> None:
    frame = with_numbers(sitters(children=5, each=8))
    once, twice = compute(frame), compute(doubled(frame))
    assert as_json(once["differences"]) == as_json(twice["differences"])
