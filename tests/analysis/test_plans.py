"""Plans: every mistake at once with its place, done to the letter, changes after the first look are said."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_tables import Sitter, looking_table, session
from small_lab import add, small_lab

import analysis.plans
from analysis.base import LabFacts, lay_out
from analysis.data import nested, prepare
from analysis.plans import load_plan
from analysis.plans.compute import compute
from analysis.plans.exclude import exclude
from analysis.plans.ledger import runs
from analysis.plans.load import parse_plan
from analysis.plans.run import correct
from analysis.plans.schema import Exclusions, Plan
from devkit.cli.root import run
from devkit.errors import Problems, UserError
from devkit.lab import Lab

EXAMPLE = Path(analysis.plans.__file__).parent / "example.yaml"
PLAN = """\
plan: small
version: 1
title: A small plan
settings: {draws: 200}
exclusions:
  respondents:
    - {code: few, trials_below: 3}
outcomes:
  kids: {forms: [localization], of: simulated children}
  both: {forms: [localization, subitizing], of: simulated children}
  machine: {forms: [localization], of: tiny}
  nobody: {forms: [localization], of: other-model}
bounds: {close: 0.2}
models:
  better: {kind: chance, outcome: both}
  grows: {kind: growth, outcome: kids, expected: higher}
  apart: {kind: difference, outcome: machine, against: kids}
  turned: {kind: difference, outcome: kids, against: machine}
  alike: {kind: equivalence, outcome: machine, against: kids, bound: close}
  gone: {kind: difference, outcome: nobody, against: kids}
  machine_mean: {kind: estimate, outcome: machine}
families:
  main: {models: [better, grows, apart], alpha: 0.05}
  rest: {models: [turned, alike, gone], correction: none}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return small_lab(tmp_path / "lab", children=10, each=12)


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, object], str]:
    assert run(["analyse", *arguments, "--json"]) == 0
    heard = capsys.readouterr()
    return json.loads(heard.out), heard.err


def test_the_example_is_a_plan() -> None:
    plan = load_plan(EXAMPLE)
    assert set(plan.families["comparison"].models) == {"gap", "alike", "same_items"}
    assert plan.exclusions.trials[0].rt_below_ms == 100


def test_all_mistakes_at_once_with_their_places() -> None:
    wrong = (
        PLAN.replace("trials_below: 3}", "trials_below: 3, side_bias_above: 0.8}")
        .replace("localization, subitizing", "localisation, subitizing/big")
        .replace("of: tiny", "of: childrn")
        .replace("outcome: kids, expected", "outcome: kid, expected")
        .replace("bound: close", "bound: closer")
        .replace("grows, apart]", "grows, apart, machine_mean]")
        .replace("[turned, alike, gone]", "[turned, alike]")
    )
    with pytest.raises(Problems) as raised:
        parse_plan(wrong, "p.yaml")
    text = str(raised.value)
    for expected in (
        "p.yaml:7:7: the rule 'few' has 2 criteria (trials_below, side_bias_above)",
        "there is no task 'localisation' (did you mean 'localization'?)",
        "subitizing has no form 'big'",
        "there is no group 'childrn' (did you mean 'children'?)",
        "there is no outcome 'kid' (did you mean 'kids'?)",
        "there is no bound 'closer' (did you mean 'close'?)",
        "'machine_mean' is no test: nothing to correct",
        "the test 'gone' is in no family",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version: 1", "version: one", "version must be a whole number, not 'one'"),
        ("kind: growth", "kind: grow", "kind cannot be 'grow' (did you mean 'growth'?)"),
        ("{forms: [localization], of: tiny}", "{form: [localization], of: tiny}", "there is no key 'form' here"),
        ("bound: close}", "bound: close, by: gee}", "a model of kind equivalence has no use for 'by'"),
        ("outcome: machine, against: kids}", "outcome: machine}", "needs the key 'against'"),
        ("kind: chance, outcome: both", "kind: growth, outcome: both", "growth by gee is of one task form"),
        ("{close: 0.2}", "{close: 0.2, far: 0.5}", "no model uses the bound 'far'"),
        ("{kind: estimate, outcome: machine}", "{kind: growth, outcome: machine}", "growth is of persons"),
        ("kind: chance, outcome: both", "kind: chance, outcome: both, expected: lower", "one-sided: above"),
        ("forms: [localization], of: tiny", "what: looking, forms: [localization], of: tiny", "a model does not look"),
        ("title: A small plan", "title: A small plan\nplan: again", "the key 'plan' is here a second time"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, expected: str) -> None:
    assert old in PLAN
    with pytest.raises(Problems) as raised:
        parse_plan(PLAN.replace(old, new, 1))
    assert expected in str(raised.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_spoilt_plan_is_refused_in_words_or_is_a_plan(data: st.DataObject) -> None:
    lines = PLAN.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from([*PLAN.split(), "{", "null", "-", "[1, 2]", "ü: ", "  x: {}", "models: {}"]))
        lines[at] = lines[at].replace(data.draw(st.sampled_from(lines[at].split() or [""])), other)
    try:
        found: Plan | UserError = parse_plan("\n".join(lines))
    except UserError as error:
        found = error
    assert isinstance(found, Plan) or all(problem.message for problem in found.problems)


def test_a_plan_is_done_to_the_letter(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, heard = said([str(plan_file), "--lab", str(lab)], capsys)
    rows = {row["model"]: row for row in found["confirmatory"]}  # type: ignore[union-attr, index]
    assert list(rows) == ["better", "grows", "apart", "turned", "alike", "gone", "machine_mean"]
    assert rows["apart"]["estimate"] == pytest.approx(-rows["turned"]["estimate"])
    assert rows["apart"]["low"] == pytest.approx(-rows["turned"]["high"])
    assert rows["alike"]["estimate"] == rows["apart"]["estimate"]
    assert rows["gone"]["verdict"] == "withheld"
    assert "no trial of 'other-model'; models here: tiny" in rows["gone"]["reason"]
    assert rows["machine_mean"]["verdict"] == "estimated"
    assert rows["machine_mean"]["p"] is None
    p = {name: rows[name]["p"] for name in ("better", "grows", "apart")}
    smallest = min(p, key=lambda name: p[name])
    assert rows[smallest]["p_corrected"] == pytest.approx(min(1.0, 3 * p[smallest]))
    assert found["exploratory"] == []
    assert "changed" not in heard
    assert "names no lab" not in heard


def test_what_no_plan_states_is_exploratory(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = said([str(plan_file), "--lab", str(lab), "--topic", "times", "--topic", "items"], capsys)
    assert found["exploratory"]
    assert run(["analyse", str(plan_file), "--lab", str(lab), "--topic", "items"]) == 0
    assert "Agreement over items (exploratory)" in capsys.readouterr().out


def test_a_changed_plan_is_noticed(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said([str(plan_file), "--lab", str(lab)], capsys)
    plan_file.write_text("# a comment changes nothing\n" + PLAN)
    assert "confirmatory" in said([str(plan_file), "--lab", str(lab)], capsys)[0]
    plan_file.write_text(PLAN.replace("trials_below: 3", "trials_below: 9"))
    found, heard = said([str(plan_file), "--lab", str(lab)], capsys)
    assert found["changes"] == ["exclusions.respondents, entry 1.trials_below: 3 → 9"]
    assert "the plan was changed after its first run" in heard
    assert "confirmatory" not in found
    assert found["exploratory_plan"]
    assert run(["analyse", str(plan_file), "--lab", str(lab)]) == 0
    assert "exploratory, all of it" in capsys.readouterr().out


def test_changed_data_are_noticed(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = said([str(plan_file), "--lab", str(lab)], capsys)
    later = session(Sitter("S77", ability=1, age_days=700), (("localization", "standard"),), 8, 77)
    add(Lab.open(lab), later, {})
    found, heard = said([str(plan_file), "--lab", str(lab)], capsys)
    assert "the data have changed since the first run" in heard
    assert "13 → 14 sessions, 360 → 368 trials" in heard
    assert found["data_digest"] != first["data_digest"]
    assert "confirmatory" in found
    assert len(runs(lab / "reports" / "plans" / "small.jsonl")) == 2


def test_sessions_from_before_the_plan_are_said(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan_file.write_text(PLAN.replace("version: 1\n", "version: 1\nstated: 2026-06-01\nlab: lab\n"))
    _, heard = said([str(plan_file)], capsys)
    assert "13 sessions are older than the plan of 2026-06-01" in heard


def test_checking_computes_nothing(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyse", str(plan_file), "--check"]) == 0
    assert "family main: better, grows, apart (holm, alpha 0.05)" in capsys.readouterr().out
    plan_file.write_text(PLAN.replace("kind: growth", "kind: grow"))
    assert run(["analyse", str(plan_file), "--check"]) == 2
    assert "did you mean 'growth'?" in capsys.readouterr().err


def test_a_plan_without_a_lab_and_options_against_a_plan(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyse", str(plan_file)]) == 2
    assert "the plan names no lab" in capsys.readouterr().err
    assert run(["analyse", str(plan_file), "--level", "0.9"]) == 2
    assert "--level cannot change what a plan states" in capsys.readouterr().err
    assert run(["analyse", str(plan_file.parent), "--check"]) == 2
    assert "is no plan" in capsys.readouterr().err


def test_a_ledger_changed_by_hand_is_refused(lab: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said([str(plan_file), "--lab", str(lab)], capsys)
    path = lab / "reports" / "plans" / "small.jsonl"
    line = path.read_text()
    path.write_text("{}\n" + line)
    assert run(["analyse", str(plan_file), "--lab", str(lab)]) == 2
    assert "small.jsonl:1" in capsys.readouterr().err
    path.write_text(line + line[:40])  # a torn last line is a run that was not recorded
    assert run(["analyse", str(plan_file), "--lab", str(lab)]) == 0


def rules(text: str) -> Exclusions:
    return parse_plan(PLAN.replace("  respondents:\n    - {code: few, trials_below: 3}\n", text)).exclusions


def test_exclusions_mark_what_they_say() -> None:
    child = session(Sitter("A", "child", 1, age_days=600), (("localization", "standard"),), 10, 1)
    few = session(Sitter("B", "child", 1, age_days=900), (("localization", "standard"),), 3, 2)
    model = session(Sitter("m", "model", 1, model_id="m", source="text"), (("localization", "standard"),), 10, 3)
    frame = pd.concat([child.assign(rt_ms=[50.0, *[900.0] * 9]), few, model.assign(rt_ms=5.0)], ignore_index=True)
    wanted = "  trials:\n    - {code: fast, rt_below_ms: 100}\n  respondents:\n    - {code: few, trials_below: 5}\n"
    kept, applied = exclude(prepare(frame), rules(wanted))
    assert [(one.code, one.trials, one.persons) for one in applied] == [("fast", 1, 1), ("few", 3, 1)]
    assert list(kept.frame.loc[~kept.frame["valid"].astype(bool), "respondent_code"]) == ["A", "B", "B", "B"]
    assert nested(kept.frame["exclusion"])[0] == ["fast"]
    assert kept.frame[kept.frame["respondent_kind"] == "model"]["valid"].all()
    out, _ = exclude(prepare(frame), rules("  respondents:\n    - {code: old, outside_age_months: [10, 24]}\n"))
    assert set(out.frame.loc[~out.frame["valid"].astype(bool), "respondent_code"]) == {"B"}


def test_recorded_reasons_that_the_plan_does_not_name_are_taken_back() -> None:
    looked = looking_table(infants=6, trials=10)
    trials = prepare(looked)
    out = int((~trials.frame["valid"].astype(bool)).sum())
    everything, _ = exclude(trials, rules("  recorded: none\n"))
    assert out
    assert everything.frame["valid"].all()
    some, applied = exclude(trials, rules("  recorded: [fuss_out]\n"))
    left = [codes for codes in nested(some.frame["exclusion"]) if codes]
    assert all(codes == ["fuss_out"] for codes in left)
    assert applied[0].trials + len(left) == out


def test_looking_and_reliability_in_a_plan() -> None:
    text = PLAN[: PLAN.index("outcomes:")] + (
        "outcomes:\n  look: {what: looking, forms: [looking_while_listening]}\n"
        "models:\n  above: {kind: chance, outcome: look}\n  grows: {kind: growth, outcome: look}\n"
        "families:\n  main: {models: [above, grows]}\n"
    )
    plan = parse_plan(text)
    base = lay_out(prepare(looking_table()), LabFacts(), plan.settings.options())
    above, grows = compute(base, plan, "above"), compute(base, plan, "grows")
    assert above.chance == 0.5
    assert above.p_value is not None
    assert grows.unit == "share per month"
    assert grows.p_value is not None


def test_corrections() -> None:
    p = [0.01, 0.04, 0.03]
    assert correct(p, "holm") == pytest.approx([0.03, 0.06, 0.06])
    assert correct(p, "bonferroni") == pytest.approx([0.03, 0.12, 0.09])
    assert correct(p, "benjamini_hochberg") == pytest.approx([0.03, 0.04, 0.04])
    assert correct(p, "none") == p
