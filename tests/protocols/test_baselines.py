"""Baselines: at chance where nothing gives the answer away, above it where something does, and blind to pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from devkit.items import Item
from devkit.respondents import BatchRespondent, PresentedTurn
from protocols.baselines import Chance, PositionOnly, TextOnly
from protocols.load import load_protocol, parse_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.presenting import present_trial
from protocols.textmodel import PromptClassifier, features_of
from protocols.training import training_turns

SAMPLE = 200


def plan_of(bank: PlaceholderBank, task: str, form: str, positions: str = "balanced") -> Plan:
    block = f"{{task: {task}, form: {form}, items: {{sample: {SAMPLE}}}, positions: {positions}}}"
    return make_plan(parse_protocol(f"protocol: t\nversion: 1\ntitle: t\nblocks:\n  - {block}\n"), bank, "model", 1)


def turns_of(plan: Plan, bank: PlaceholderBank) -> list[PresentedTurn]:
    return [turn for t in plan.trials for turn in present_trial(plan, t, bank.items[t.item_id], "x")]


def share_right(who: BatchRespondent, turns: list[PresentedTurn]) -> float:
    answers = who.answer_batch(turns)
    return sum(a.position == turn.target_position for a, turn in zip(answers, turns, strict=True)) / len(turns)


def skewed(bank: PlaceholderBank) -> PlaceholderBank:
    """A bank in which the right choice stands first in seven items of ten."""

    def mended(number: int, item: Item) -> Item:
        turn = item.turns[0]
        if number % 10 >= 7:
            return item
        order = [turn.target, *(i for i in range(len(turn.choices)) if i != turn.target)]
        choices = tuple(turn.choices[i] for i in order)
        return item.model_copy(update={"turns": (turn.model_copy(update={"choices": choices, "target": 0}),)})

    return PlaceholderBank({i: mended(n, item) for n, (i, item) in enumerate(bank.items.items())})


def telling(bank: PlaceholderBank) -> PlaceholderBank:
    """A bank of counting items in which the noun gives the number away."""
    kept = {i: item for i, item in bank.items.items() if told_by(item.word) == item.turns[0].target}
    return PlaceholderBank(kept)


def told_by(word: str) -> int:
    return len(word) - 3 if len(word) < 7 else 3


def test_chance_is_at_chance_and_always_the_same() -> None:
    bank = placeholder_bank(220, only=("picture_vocabulary", "standard"))
    turns = turns_of(plan_of(bank, "picture_vocabulary", "standard"), bank)
    assert 0.15 < share_right(Chance(1), turns) < 0.35
    first, second = Chance(1).answer_batch(turns), Chance(1).answer_batch(list(reversed(turns)))
    assert [a.position for a in first] == [a.position for a in reversed(second)]
    assert first != Chance(2).answer_batch(turns)
    assert set(Counter(a.position for a in first)) == {0, 1, 2, 3}


def test_position_only_finds_a_skewed_bank_and_balanced_positions_defeat_it() -> None:
    bank = skewed(placeholder_bank(400, only=("picture_vocabulary", "standard")))
    fixed = plan_of(bank, "picture_vocabulary", "standard", "fixed")
    assert share_right(PositionOnly(training_turns(fixed, bank)), turns_of(fixed, bank)) > 0.65
    balanced = plan_of(bank, "picture_vocabulary", "standard")
    assert share_right(PositionOnly(training_turns(balanced, bank)), turns_of(balanced, bank)) == pytest.approx(0.25)


def test_position_only_takes_one_position() -> None:
    bank = placeholder_bank(400, only=("localization", "standard"))
    plan = plan_of(bank, "localization", "standard")
    answers = PositionOnly(training_turns(plan, bank)).answer_batch(turns_of(plan, bank))
    assert len({a.position for a in answers}) == 1
    assert all(abs(sum(2.718281828**s for s in a.choice_scores or ()) - 1) < 1e-6 for a in answers)


def test_text_only_finds_what_the_words_give_away() -> None:
    bank = telling(placeholder_bank(6000, only=("subitizing", "standard")))
    plan = plan_of(bank, "subitizing", "standard")
    assert share_right(TextOnly(training_turns(plan, bank)), turns_of(plan, bank)) > 0.95


def test_text_only_is_near_chance_where_words_tell_nothing() -> None:
    bank = placeholder_bank(1000, only=("who_has_more", "synthetic"))
    plan = plan_of(bank, "who_has_more", "synthetic")
    assert 0.38 < share_right(TextOnly(training_turns(plan, bank)), turns_of(plan, bank)) < 0.62


def test_text_only_sees_neither_pictures_nor_what_they_show() -> None:
    bank = placeholder_bank(300, only=("picture_vocabulary", "standard"))
    plan = plan_of(bank, "picture_vocabulary", "standard")
    turns = turns_of(plan, bank)
    model = TextOnly(training_turns(plan, bank))
    blind = []
    for turn in turns:
        choices = tuple(replace(c, label="secret", media="0" * 64, role="") for c in turn.choices)
        blind.append(replace(turn, choices=choices, images=(), difficulty={}, target_position=0))
    assert [a.position for a in model.answer_batch(turns)] == [a.position for a in model.answer_batch(blind)]


def test_nothing_is_learned_from_what_is_tested() -> None:
    bank = placeholder_bank(60, dialogues=6)
    plan = make_plan(load_protocol("battery"), bank, "model", 1)
    tested = {trial.item_id for trial in plan.trials}
    learned = list(training_turns(plan, bank))
    assert learned
    assert not tested & {turn.item_id for turn in learned}
    same_items_elsewhere = PlaceholderBank({f"copy {i}": item for i, item in bank.items.items()})
    assert not tested & {turn.item_id for turn in training_turns(plan, same_items_elsewhere)}


def test_without_anything_to_learn_they_take_the_first_position() -> None:
    bank = placeholder_bank(SAMPLE, only=("picture_vocabulary", "standard"))
    plan = plan_of(bank, "picture_vocabulary", "standard")
    for learner in (TextOnly, PositionOnly):
        who = learner(training_turns(plan, bank))
        assert who.describe().detail["training_turns"] == {}
        assert {a.position for a in who.answer_batch(turns_of(plan, bank))} == {0}


def test_they_say_what_they_are() -> None:
    for who, name in ((Chance(), "chance"), (TextOnly(), "text_only"), (PositionOnly(), "position_only")):
        info = who.describe()
        assert (info.baseline, info.code, info.kind) == (name, name, "simulation")
        assert isinstance(who, BatchRespondent)


def test_learning_is_the_same_every_time() -> None:
    prompts = [f"how many {noun} here" for noun in ("cats", "dogs", "cups")] * 20
    answers = ["1", "2", "3"] * 20
    one, two = PromptClassifier.fit(prompts, answers), PromptClassifier.fit(prompts, answers)
    assert one.log_probabilities("how many dogs", ["1", "2", "3"]) == two.log_probabilities(
        "how many dogs", ["1", "2", "3"]
    )
    shares = one.log_probabilities("how many dogs here", ["1", "2", "3", "9"])
    assert shares.index(max(shares)) == 1
    assert shares.index(min(shares)) == 3


def test_features_are_words_pairs_and_marks() -> None:
    found = features_of("<image> Left or right?")
    assert {"<image>", "left", "right", "left or", "or right", "?", "^ <image>"} <= found
