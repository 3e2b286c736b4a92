from __future__ import annotations

import random
from collections import Counter
from itertools import permutations

import pytest

from devkit.annotations import DIRECTIONS
from devkit.errors import UserError
from devkit.items import Item
from devkit.pool import Pool
from devkit.respondents import Answer, Exchange, PresentedTurn, Timing
from devkit.tasks import TASKS, task
from devkit.tasks.aggregates import COMMON, MEMBERS, aggregate, group_score
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.present import Setting, present

FORMS = [(code, form) for code, t in TASKS.items() for form in t.forms]
SILENT = Answer(raw="?", outcome="none")


def first(code: str, form: str, pool: Pool) -> Item:
    return next(generate_items(code, form, pool, MemorySink(), count=1, seed=5, prefix="x"))


def turns_of(item: Item, setting: Setting = Setting()) -> list[PresentedTurn]:
    return [present(item, i, tuple(range(len(turn.choices))), setting) for i, turn in enumerate(item.turns)]


def answered(turn: PresentedTurn, right: bool = True) -> Exchange:
    place = turn.target_position
    if not right:
        place = (place + 1) % len(turn.choices)
    return Exchange(turn, Answer(position=place))


@pytest.mark.parametrize(("code", "form"), [f for f in FORMS if f[0] != "memory"])
def test_right_wrong_and_unreadable_stay_apart(code: str, form: str, pool: Pool) -> None:
    turn = turns_of(first(code, form, pool))[0]
    scorer = task(code)
    right, wrong = scorer.score([answered(turn)]), scorer.score([answered(turn, right=False)])
    assert (right.correct, right.score) == (True, 1.0)
    assert (wrong.correct, wrong.score) == (False, 0.0)
    silent = scorer.score([Exchange(turn, SILENT)])
    assert (silent.correct, silent.score) == (None, None)


def test_eight_directions_have_three_adjacent_ones_each(pool: Pool) -> None:
    turn = turns_of(first("visual_delayed_response", "open", pool))[0]
    scorer = task("visual_delayed_response")
    found = [scorer.score([Exchange(turn, Answer(position=place))]) for place in range(8)]
    assert [score.scores["exact"] for score in found].count(1.0) == 1
    assert [score.scores["adjacent"] for score in found].count(1.0) == 3
    assert all(score.score == score.scores["exact"] for score in found)
    assert scorer.score([Exchange(turn, SILENT)]).scores == {"exact": None, "adjacent": None}
    target = turn.choices[turn.target_position].label
    parts = set(target.split())
    near = {DIRECTIONS[place] for place, score in enumerate(found) if score.scores["adjacent"] == 1.0}
    assert all(parts & set(name.split()) for name in near)


# memory -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dialogue(pool: Pool) -> list[PresentedTurn]:
    return turns_of(first("memory", "standard", pool))


def test_a_perfect_dialogue(dialogue: list[PresentedTurn]) -> None:
    score = task("memory").score([answered(turn) for turn in dialogue])
    assert (score.correct, score.score) == (None, 1.0)
    assert score.scores == {"learning": 1.0, "raw": 1.0, "adjusted": 1.0}


def test_one_wrong_test_turn_costs_one_object(dialogue: list[PresentedTurn]) -> None:
    exchanges = [answered(turn, right=i != 9) for i, turn in enumerate(dialogue)]
    assert task("memory").score(exchanges).scores == {"learning": 1.0, "raw": 0.9, "adjusted": 0.8}


def test_the_first_turn_counts_nowhere(dialogue: list[PresentedTurn]) -> None:
    exchanges = [Exchange(dialogue[0], SILENT), *(answered(turn) for turn in dialogue[1:])]
    assert task("memory").score(exchanges).scores == {"learning": 1.0, "raw": 1.0, "adjusted": 1.0}


def test_learning_counts_turns_two_to_five(dialogue: list[PresentedTurn]) -> None:
    exchanges = [answered(turn, right=i not in (1, 4)) for i, turn in enumerate(dialogue)]
    assert task("memory").score(exchanges).scores == {"learning": 0.5, "raw": 1.0, "adjusted": 1.0}


def test_an_unreadable_turn_is_not_right(dialogue: list[PresentedTurn]) -> None:
    exchanges = [Exchange(t, SILENT) if i == 14 else answered(t) for i, t in enumerate(dialogue)]
    assert task("memory").score(exchanges).scores == {"learning": 1.0, "raw": 0.9, "adjusted": 0.8}


def test_a_broken_off_or_silent_dialogue_has_no_score(dialogue: list[PresentedTurn]) -> None:
    none = {"learning": None, "raw": None, "adjusted": None}
    assert task("memory").score([answered(turn) for turn in dialogue[:12]]).scores == none
    assert task("memory").score([Exchange(turn, SILENT) for turn in dialogue]).scores == none


def without(turn: PresentedTurn, *, labels: bool, media: dict[str, str] | None) -> PresentedTurn:
    from dataclasses import replace

    choices = tuple(
        replace(c, label=c.label if labels else "", media=media[c.label] if media else c.media) for c in turn.choices
    )
    return replace(turn, choices=choices)


def test_without_labels_repeated_pictures_tell_and_else_nothing_does(dialogue: list[PresentedTurn]) -> None:
    nouns = {choice.label for turn in dialogue for choice in turn.choices}
    same = {noun: f"{i:064x}" for i, noun in enumerate(sorted(nouns))}
    repeated = [answered(without(turn, labels=False, media=same)) for turn in dialogue]
    assert task("memory").score(repeated).scores["adjusted"] == 1.0
    blind = [answered(without(turn, labels=False, media=None)) for turn in dialogue]
    found = task("memory").score(blind)
    assert (found.score, found.scores["adjusted"], found.scores["raw"]) == (None, None, 1.0)


def test_guessing_reaches_the_declared_chances_of_memory(dialogue: list[PresentedTurn]) -> None:
    rng = random.Random(2)
    totals: Counter[str] = Counter()
    for _ in range(2000):
        exchanges = [Exchange(turn, Answer(position=rng.randrange(len(turn.choices)))) for turn in dialogue]
        totals.update({name: value or 0.0 for name, value in task("memory").score(exchanges).scores.items()})
    for name, chance in task("memory").forms["standard"].chances.items():
        assert totals[name] / 2000 == pytest.approx(chance, abs=0.03)


# simulation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_simulation_follows_ability(code: str, form: str, pool: Pool) -> None:
    turn = turns_of(first(code, form, pool))[-1]
    rng = random.Random(1)
    low, high = (
        sum(task(code).simulate(turn, ability, 0.02, rng) == turn.target_position for _ in range(2000)) / 2000
        for ability in (-9.0, 9.0)
    )
    assert low == pytest.approx(1 / len(turn.choices), abs=0.05)
    assert high == pytest.approx(0.98, abs=0.02)


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_a_mistake_is_never_the_target(code: str, form: str, pool: Pool) -> None:
    turn = turns_of(first(code, form, pool))[-1]
    assert all(task(code).mistake(turn, random.Random(i)) != turn.target_position for i in range(50))


def test_counting_mistakes_are_near(pool: Pool) -> None:
    maker = task("object_counting")
    item = next(
        i
        for i in generate_items(maker, "standard", pool, MemorySink(), count=12, seed=1, prefix="x")
        if i.turns[0].target == 6
    )
    turn, rng = turns_of(item)[0], random.Random(3)
    away = [abs(maker.mistake(turn, rng) - 6) for _ in range(1000)]
    assert away.count(1) > away.count(3) > away.count(5)


def test_direction_mistakes_are_adjacent_more_often_than_by_chance(pool: Pool) -> None:
    maker = task("visual_delayed_response")
    turn = turns_of(first("visual_delayed_response", "open", pool))[0]
    rng = random.Random(3)
    near = sum(turn.choices[maker.mistake(turn, rng)].role == "adjacent" for _ in range(1000))
    assert 450 < near < 650


def test_difficulty_follows_its_columns(pool: Pool) -> None:
    def hard(code: str, form: str, column: str) -> list[float]:
        items = list(generate_items(code, form, pool, MemorySink(), count=24, seed=2, prefix="x"))
        ordered = sorted(items, key=lambda item: float(item.difficulty[column]))
        return [task(code).difficulty(turns_of(item)[0]) for item in ordered]

    for code, form, column in (
        ("object_counting", "standard", "set_size"),
        ("subitizing", "standard", "set_size"),
        ("who_has_more", "synthetic", "ratio"),
        ("localization", "standard", "others"),
        ("visual_delayed_response", "open", "k_frames"),
    ):
        levels = hard(code, form, column)
        assert levels == sorted(levels)
        assert levels[0] < levels[-1]


def test_delays_make_it_harder(pool: Pool) -> None:
    for code in ("visual_delayed_response", "memory"):
        item = first(code, next(iter(task(code).forms)), pool)
        soon, late = (turns_of(item, Setting(timing=Timing(delay_ms=ms)))[-1] for ms in (0, 400_000))
        assert task(code).difficulty(late) > task(code).difficulty(soon)


# aggregates ---------------------------------------------------------------------------------------------------------


def test_chances_of_the_aggregates_are_the_published_ones() -> None:
    assert round(100 * aggregate("paper-11", {}).chance, 1) == 31.8
    assert round(100 * aggregate("leaderboard-11", {}).chance, 1) == 29.9
    assert round(100 * aggregate("paper-11", {}, robust=True).chance, 1) == 31.8


def test_published_adults_come_out_at_their_published_mean() -> None:
    # The paper's adults: overall 93.0, from these eleven scores.
    scores = {
        **{("object_counting", "standard", "score"): 99.1, ("picture_vocabulary", "standard", "score"): 91.8},
        **{("localization", "standard", "score"): 87.3, ("visual_delayed_response", "binary", "score"): 98.2},
        **{("visual_delayed_response", "open", "score"): 63.6, ("visual_delayed_response", "open", "adjacent"): 95.5},
        **{("left_right", "published", "score"): 94.5, ("spatial_details", "published", "score"): 100.0},
        **{("memory", "standard", "score"): 97.9, ("who_has_more", "synthetic", "score"): 98.2},
        **{("who_has_more", "naturalistic", "score"): 96.4},
    }
    found = aggregate("paper-11", scores)
    assert found.value == pytest.approx(93.0, abs=0.05)
    assert found.reason == ""


def test_an_aggregate_with_a_missing_member_is_refused_with_the_reason() -> None:
    found = aggregate("leaderboard-11", dict.fromkeys(COMMON, 0.5))
    assert found.value is None
    assert found.reason == "1 of 11 scores are missing: looking_while_listening/standard/group"
    nothing = aggregate("paper-11", dict.fromkeys(MEMBERS["paper-11"], None))
    assert len(nothing.missing) == 11


def test_robust_forms_may_stand_in_and_are_not_mixed_up() -> None:
    scores = dict.fromkeys(MEMBERS["paper-11"], 0.5)
    assert {slot[1] for slot in aggregate("paper-11", scores, robust=True).missing} == {"robust"}


def test_an_unknown_aggregate_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="did you mean 'paper-11'"):
        aggregate("paper-12", {})


def test_group_score_is_reached_by_one_in_six() -> None:
    hits = sum(group_score((a, b), (c, d)) for a, b, c, d in permutations((1.0, 2.0, 3.0, 4.0)))
    assert hits / 24 == pytest.approx(1 / 6)
    assert group_score((0.9, 0.1), (0.2, 0.8))
    assert not group_score((0.9, 0.1), (0.95, 0.99))
    assert not group_score((0.5, 0.5), (0.5, 0.5))
