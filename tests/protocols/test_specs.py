"""Respondents by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import Lab
from protocols.baselines import Chance
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank
from protocols.planner import make_plan
from protocols.simulation import SimulatedChild
from protocols.specs import Surroundings, expand, parse_spec, respondent_from_spec


@pytest.fixture
def around(lab: Lab, bank: PlaceholderBank) -> Surroundings:
    return Surroundings(lab, make_plan(load_protocol("battery"), bank, "model", 1), bank)


def test_plans_are_shared_by_models_and_baselines_only() -> None:
    codes = {text: parse_spec(text).plan_code for text in ("chance", "text_only", "model:runs/a", "server:http://x")}
    assert set(codes.values()) == {"model"}
    assert parse_spec("human:C01").plan_code == "C01"


def test_options_follow_the_value() -> None:
    spec = parse_spec("model:runs/a,b/final,answer_by=likelihood,batch=8")
    assert (spec.kind, spec.value) == ("model", "runs/a,b/final")
    assert spec.options == {"answer_by": "likelihood", "batch": "8"}
    assert parse_spec("server:http://127.0.0.1:8000/v1,name=x").value == "http://127.0.0.1:8000/v1"


def test_many_simulated_children() -> None:
    specs = list(expand(parse_spec("simulated:ages=6-42,n=4,seed=2")))
    assert [spec.options["age"] for spec in specs] == ["10.50", "19.50", "28.50", "37.50"]
    assert len({spec.plan_code for spec in specs}) == 4
    assert [s.options["age"] for s in expand(parse_spec("simulated:24"))] == ["24.00"]
    assert next(expand(parse_spec("simulated:24,code=Kim"))).plan_code == "Kim"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hooman:C1", "did you mean 'human'"),
        ("human", "human needs a value"),
        ("simulated", "needs an age"),
        ("simulated:ages=42-6,n=3", "the younger one first"),
        ("simulated:age=x", "'x' is no number"),
        ("simulated:age=nan", "'nan' is no number"),
        ("simulated:24,n=1.5", "n is a whole number"),
        ("simulated:24,n=0", "n is from 1"),
        ("simulated:24,sed=3", "did you mean 'seed'"),
        ("chance:x", "chance takes options only"),
        ("model:", "model needs a value"),
        ("", "no respondent of kind ''"),
    ],
)
def test_mistakes_name_the_respondent(text: str, said: str) -> None:
    with pytest.raises(UserError, match="--respondent") as caught:
        list(expand(parse_spec(text)))
    assert said in str(caught.value)


@given(st.text(max_size=40))
def test_garbage_is_a_users_mistake(text: str) -> None:
    for prefix in ("", "simulated:", "model:", "robot:"):
        try:
            list(expand(parse_spec(prefix + text)))
        except UserError as error:
            assert error.problem.place.startswith("--respondent")  # noqa: PT017


def test_they_are_made(around: Surroundings) -> None:
    child = respondent_from_spec("simulated:30,code=Kim,seed=4,ability=1", around)
    assert isinstance(child, SimulatedChild)
    assert (child.code, child.age_months, child.seed, child.ability) == ("Kim", 30, 4, 1)
    assert isinstance(respondent_from_spec("chance", around), Chance)
    assert respondent_from_spec("text_only", around).describe().detail["training_turns"]["who_has_more/synthetic"] > 0


def test_the_seed_of_the_run_is_used_unless_another_is_given(around: Surroundings) -> None:
    made = [respondent_from_spec(text, around).describe().detail["seed"] for text in ("simulated:30", "chance:seed=9")]
    assert made == [1, 9]


def test_models_come_from_whoever_can_make_them(around: Surroundings) -> None:
    with pytest.raises(UserError, match="no model respondents can be made here"):
        respondent_from_spec("model:x", around)
    asked = []
    make = Surroundings(around.lab, around.plan, around.bank, make_model=lambda *what: asked.append(what) or Chance())  # type: ignore[func-returns-value]
    respondent_from_spec("openclip:random,seed=3", make)
    assert asked == [("openclip", "random", {"seed": "3"})]


def test_a_person_must_be_known_to_the_lab_and_have_a_display(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(UserError, match="no participant 'C01'"):
        respondent_from_spec("human:C01", around)
    around.lab.participants.add("C01", birth_date="2024-01-15")
    with pytest.raises(UserError, match="no display"):
        respondent_from_spec("human:C01", around)
