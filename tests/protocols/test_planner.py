"""The planner: pure, balanced, without repeats, the same everywhere, and yoked where that is asked for."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.tasks import TASKS
from protocols import library
from protocols.draw import arrange, spread, stratified, stream
from protocols.load import load_protocol, parse_protocol
from protocols.placeholder import PlaceholderBank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.presenting import item_of, present_trial
from protocols.schema import Protocol

MOVABLE = ("picture_vocabulary", "left_right", "who_has_more", "spatial_details")


def one_block(task: str = "picture_vocabulary", form: str = "standard", rest: str = "items: {sample: 12}") -> Protocol:
    return parse_protocol(
        f"protocol: t\nversion: 1\ntitle: t\nblocks:\n  - task: {task}\n    form: {form}\n    "
        + rest.replace("\n", "\n    ")
    )


def longest_run(places: list[int]) -> int:
    return max((len(list(group)) for _, group in groupby(places)), default=0)


def form_of(task: str) -> str:
    return next(iter(TASKS[task].forms))


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=6), seed=st.integers())
def test_spread_gives_the_counts_with_the_shortest_possible_runs(counts: list[int], seed: int) -> None:
    sequence = spread(counts, stream(seed))
    assert [sequence.count(place) for place in range(len(counts))] == counts
    total = sum(counts)
    unavoidable = max((-(-count // (total - count + 1)) for count in counts), default=0)
    assert longest_run(sequence) <= max(3, unavoidable)


@given(
    before=st.lists(st.integers(0, 2), max_size=4),
    counts=st.lists(st.integers(1, 6), min_size=3, max_size=3),
    seed=st.integers(),
)
def test_runs_are_counted_across_a_border(before: list[int], counts: list[int], seed: int) -> None:
    sequence = spread(counts, stream(seed), before=before)
    tail = before[len(before) - sum(1 for _ in next(groupby(reversed(before)), (0, ()))[1]) :]
    if max(counts) <= 3 * (sum(counts) - max(counts)) and len(tail) <= 3:
        assert longest_run(tail + sequence) <= 3


def test_every_arrangement_can_come_and_none_much_more_often() -> None:
    seen = Counter(tuple(spread([3, 3], stream(number))) for number in range(4000))
    assert len(seen) == 20
    assert max(seen.values()) < 3 * min(seen.values())


@given(places=st.lists(st.integers(0, 3), max_size=40), seed=st.integers())
def test_arrange_is_a_permutation(places: list[int], seed: int) -> None:
    assert sorted(arrange(places, stream(seed))) == list(range(len(places)))


@given(sizes=st.lists(st.integers(0, 12), min_size=1, max_size=5), data=st.data(), seed=st.integers())
def test_a_stratified_draw_takes_strata_equally_while_they_last(
    sizes: list[int], data: st.DataObject, seed: int
) -> None:
    strata = [stratum for stratum, size in enumerate(sizes) for _ in range(size)]
    n = data.draw(st.integers(0, len(strata)))
    drawn = stratified(strata, [None] * len(strata), n, stream(seed))
    assert len(set(drawn)) == n
    counts = Counter(strata[index] for index in drawn)
    most = max(counts.values(), default=0)
    assert all(counts[stratum] >= min(size, most - 1) for stratum, size in enumerate(sizes))


@settings(max_examples=40, deadline=None)
@given(task=st.sampled_from(MOVABLE), n=st.integers(1, 24), seed=st.integers(0, 2**40), code=st.text(max_size=12))
def test_positions_are_balanced_and_never_four_times_running(task, n, seed, code, bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(one_block(task, form_of(task), f"items: {{sample: {n}}}"), bank, code, seed)
    places = [trial.targets[0] for trial in plan.trials]
    size = len(bank.items[plan.trials[0].item_id].turns[0].choices)
    counts = [places.count(place) for place in range(size)]
    assert max(counts) - min(counts) <= 1
    assert longest_run(places) <= 3


@pytest.mark.parametrize("order", ["random", "blocked", "ascending"])
@pytest.mark.parametrize("lists", [1, 2])
def test_positions_are_balanced_in_every_order(order: str, lists: int, bank) -> None:  # type: ignore[no-untyped-def]
    rest = f"items: {{sample: 20, stratify: ratio}}\norder: {order}\ncounterbalance: {lists}"
    protocol = one_block("who_has_more", "synthetic", rest)
    for code in ("A", "B", "C", "D"):
        plan = make_plan(protocol, bank, code, 5)
        places = [trial.targets[0] for trial in plan.trials]
        assert places.count(0) == places.count(1) == 10
        assert longest_run(places) <= 3
        ratios = [bank.items[trial.item_id].difficulty["ratio"] for trial in plan.trials]
        if order == "ascending":
            assert ratios == sorted(ratios)
        if order == "blocked":
            assert len(list(groupby(ratios))) == len(set(ratios))


@pytest.mark.parametrize("task", ["localization", "subitizing", "object_counting"])
def test_choices_that_must_stay_are_balanced_by_the_draw(task: str, bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(one_block(task, rest="items: {sample: 12}"), bank, "A", 3)
    places = Counter(trial.targets[0] for trial in plan.trials)
    size = len(bank.items[plan.trials[0].item_id].turns[0].choices)
    assert max(places.values()) - min(places.get(place, 0) for place in range(size)) <= 1
    assert longest_run([trial.targets[0] for trial in plan.trials]) <= 3
    assert all(trial.orders[0] == tuple(range(size)) for trial in plan.trials)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_a_dialogue_is_balanced_turn_by_turn(seed: int, bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(one_block("memory", rest="items: {sample: 3}"), bank, "A", seed)
    for trial in plan.trials:
        assert len(trial.orders) == len(trial.targets) == 15
        assert trial.orders[0] == (0,)
        assert trial.targets[1:5].count(0) == 2
        assert trial.targets[5:].count(0) == 5
        assert longest_run(list(trial.targets[1:])) <= 3


@pytest.mark.parametrize("name", library.names())
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_item_comes_twice_and_practice_is_apart(name: str, seed: int, bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(load_protocol(name), bank, "C07", seed)
    parts = [(trial.item_id, trial.part, trial.targets) for trial in plan.trials]
    assert len(parts) == len(set(parts))
    whole = [trial.item_id for trial in plan.trials if trial.part in ("whole", "learning")]
    assert len(whole) == len(set(whole))
    assert [trial.index for trial in plan.trials] == list(range(len(parts)))
    for number in range(len(plan.blocks)):
        kinds = [trial.kind for trial in plan.trials if trial.block == number]
        assert kinds == sorted(kinds, key=("demonstration", "practice", "test").index)


@pytest.mark.parametrize("name", library.names())
def test_what_is_planned_can_be_put(name: str, bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(load_protocol(name), bank, "C07", 1)
    for trial in plan.trials:
        item = item_of(bank, plan.blocks[trial.block].task, trial.item_id)
        assert item is not None
        turns = present_trial(plan, trial, item, "t")
        first = trial.first_turn
        assert [turn.target_position for turn in turns] == list(trial.targets[first : first + len(turns)])
        assert all(turn.turn_count == len(turns) for turn in turns)


def test_the_same_arguments_give_the_same_plan_on_every_platform(bank_of) -> None:  # type: ignore[no-untyped-def]
    """Items and places are written down: a change of the planner that moves a single trial fails here."""
    protocol = one_block("who_has_more", "synthetic", "items: {sample: 22, stratify: ratio}\npractice: {}")
    plan = make_plan(protocol, bank_of(26, only=("who_has_more", "synthetic")), "C01", 7)
    again = make_plan(protocol, bank_of(26, only=("who_has_more", "synthetic")), "C01", 7)
    assert plan == again
    assert [trial.item_id[-2:] for trial in plan.trials[:6]] == PINNED_ITEMS
    assert "".join(str(trial.targets[0]) for trial in plan.trials) == PINNED_PLACES


PINNED_ITEMS: list[str] = ["02", "20", "06", "18", "15", "01"]
PINNED_PLACES = "01100101000100110100111"


def test_seed_and_code_change_the_plan_and_its_digest(bank) -> None:  # type: ignore[no-untyped-def]
    protocol = load_protocol("picture-vocabulary")
    digests = {make_plan(protocol, bank, code, seed).digest for code in ("A", "B") for seed in (1, 2)}
    assert len(digests) == 4


def test_a_plan_survives_json_with_its_digest(bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(load_protocol("battery"), bank, "Ä 1", 2**62)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.digest == plan.digest
    assert again.to_json() == plan.to_json()
    assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plan_format": 2}', "null", '"x"', "\0"])
def test_what_is_no_plan_is_a_users_mistake(text: str) -> None:
    with pytest.raises(UserError, match=r"x\.json: this is no plan"):
        Plan.from_json(text, "x.json")


def test_lists_mirror_the_sides_of_the_same_items(bank) -> None:  # type: ignore[no-untyped-def]
    protocol = load_protocol("looking-while-listening")
    plans = [make_plan(protocol, bank, code, 1, counterbalance_list=number) for number, code in ((0, "A"), (1, "B"))]
    sides = [{trial.item_id: trial.targets[0] for trial in plan.trials} for plan in plans]
    assert sides[0].keys() == sides[1].keys()
    assert all(sides[0][item] != sides[1][item] for item in sides[0])
    assert [t.item_id for t in plans[0].trials] != [t.item_id for t in plans[1].trials]


def test_codes_fall_into_both_lists(bank) -> None:  # type: ignore[no-untyped-def]
    protocol = load_protocol("looking-while-listening")
    lists = Counter(make_plan(protocol, bank, f"C{n:02d}", 1).counterbalance_list for n in range(40))
    assert set(lists) == {0, 1}
    assert min(lists.values()) >= 10


def test_a_block_does_not_change_when_another_is_added_after_it(bank) -> None:  # type: ignore[no-untyped-def]
    short = one_block()
    text = "protocol: t\nversion: 2\ntitle: other words\nblocks:\n  - {task: picture_vocabulary, items: {sample: 12}}\n"
    longer = parse_protocol(text + "  - {task: memory, items: {sample: 2}}\n")
    plans = [make_plan(protocol, bank, "A", 1) for protocol in (short, longer)]
    assert plans[1].trials[:12] == plans[0].trials
    assert plans[1].digest != plans[0].digest


def test_a_bank_that_is_too_small_is_named_with_numbers(bank_of) -> None:  # type: ignore[no-untyped-def]
    small = bank_of(10, only=("who_has_more", "synthetic"))
    with pytest.raises(UserError, match=r"block 1 \(who_has_more/synthetic\): 24 items are wanted .* has 10"):
        make_plan(load_protocol("who-has-more"), small, "A", 1)


def test_named_items_come_in_their_order(bank) -> None:  # type: ignore[no-untyped-def]
    ids = ["picture_vocabulary-standard-00009", "picture_vocabulary-standard-00002"]
    plan = make_plan(one_block(rest=f"items: {{ids: {ids}}}\norder: fixed\npractice: {{}}"), bank, "A", 1)
    assert [trial.item_id for trial in plan.trials if trial.kind == "test"] == ids
    with pytest.raises(UserError, match=r"no item 'picture_vocabulary-standard-0009'.*did you mean"):
        make_plan(one_block(rest="items: {ids: [picture_vocabulary-standard-0009]}"), bank, "A", 1)


def test_where_keeps_to_a_difficulty(bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(one_block("subitizing", rest="items: {sample: 8, where: {set_size: [1, 4]}}"), bank, "A", 1)
    assert Counter(bank.items[t.item_id].difficulty["set_size"] for t in plan.trials) == {1: 4, 4: 4}


def test_delays_come_equally_often(bank) -> None:  # type: ignore[no-untyped-def]
    rest = "items: {sample: 9}\npractice: {items: 1}\ntiming: {delay: [9 s, 11 s, 13 s]}"
    plan = make_plan(one_block("visual_delayed_response", "binary", rest), bank, "A", 1)
    assert Counter(t.delay_ms for t in plan.trials if t.kind == "test") == {9000: 3, 11000: 3, 13000: 3}
    assert [t.delay_ms for t in plan.trials if t.kind == "practice"] == [9000]


def test_positions_fixed_keeps_the_banks_order(bank) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(one_block(rest="items: {sample: all}\norder: fixed\npositions: fixed"), bank, "A", 1)
    assert len(plan.trials) == 30
    assert [t.item_id for t in plan.trials] == [i for i in bank.items if i.startswith("picture_vocabulary")]
    assert all(t.orders == ((0, 1, 2, 3),) for t in plan.trials)


@pytest.mark.parametrize("n", [6, 7, 30, 31])
def test_companions_are_drawn_together(n: int, bank_of) -> None:  # type: ignore[no-untyped-def]
    plain = bank_of(20, only=("looking_while_listening", "standard"))
    pairs = dict(plain.items)
    for item_id, item in plain.items.items():
        turn = item.turns[0].model_copy(update={"target": 1 - item.turns[0].target})
        pairs[item_id + "-b"] = item.model_copy(update={"item_id": item_id + "-b", "turns": (turn,)})
    bank = PlaceholderBank(pairs)
    rest = f"items: {{at_most: {n}, companions: together}}"
    plan = make_plan(one_block("looking_while_listening", rest=rest), bank, "A", 1)
    drawn = {trial.item_id for trial in plan.trials}
    assert len(drawn) == n - n % 2
    assert {item_id.removesuffix("-b") + "-b" for item_id in drawn} <= drawn
    places = [trial.targets[0] for trial in plan.trials]
    assert places.count(0) == places.count(1)
