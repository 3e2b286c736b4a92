from __future__ import annotations

import random
from collections import Counter
from itertools import permutations

import pytest

from devkit.errors import UserError
from devkit.items import Item
from devkit.pool import Pool
from devkit.tasks import TASKS, task
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.material import material
from devkit.tasks.present import Setting, present

FORMS = [(code, form) for code, t in TASKS.items() for form in t.forms]
EVEN_BINS = {
    "object_counting": "set_size",
    "subitizing": "set_size",
    "localization": "quadrant",
    "visual_delayed_response": "direction",
}


def make(code: str, form: str, pool: Pool, count: int = 24, seed: int = 3) -> tuple[list[Item], MemorySink]:
    sink = MemorySink()
    return list(generate_items(code, form, pool, sink, count=count, seed=seed, prefix="x")), sink


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_items_are_whole(code: str, form: str, pool: Pool) -> None:
    items, sink = make(code, form, pool)
    assert [item.item_id for item in items] == [f"x_{i:05d}" for i in range(24)]
    declared = task(code)
    for item in items:
        assert (item.task, item.form) == (code, form)
        assert set(item.difficulty) == {column.name for column in declared.columns}
        assert set(item.media()) <= set(sink.images)
        assert item.turns[-1].answer_format == declared.forms[form].answer_format
        assert len(item.turns[-1].choices) == declared.forms[form].choices
        assert Item.model_validate_json(item.model_dump_json()) == item
        assert all(turn.choices[turn.target].role == "target" for turn in item.turns)
        assert sum(choice.role == "target" for choice in item.turns[-1].choices) == 1


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_provenance_is_full(code: str, form: str, pool: Pool) -> None:
    known = {pool.frame_digest(frame.recording, frame.time_ms) for frame in pool.frames}
    for item in make(code, form, pool, 6)[0]:
        origin = item.provenance
        assert (origin.source, origin.split, origin.consent) == ("drawn", "train", "public")
        assert origin.frames
        assert set(origin.frames) <= known
        assert origin.recordings
        assert set(origin.recordings) <= set(pool.by_recording)
        assert origin.span_ms is not None
        assert origin.span_ms[0] <= origin.span_ms[1]


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_the_seed_decides_everything(code: str, form: str, pool: Pool) -> None:
    assert make(code, form, pool, 8)[0] == make(code, form, pool, 8)[0]
    assert make(code, form, pool, 8)[0] != make(code, form, pool, 8, seed=4)[0]


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_no_item_comes_twice(code: str, form: str, pool: Pool) -> None:
    items, _ = make(code, form, pool)
    assert len({item.model_copy(update={"item_id": "-"}).digest for item in items}) == len(items)


@pytest.mark.parametrize("code", EVEN_BINS)
def test_bins_are_filled_evenly(code: str, pool: Pool) -> None:
    for form in task(code).forms:
        counts = Counter(item.difficulty[EVEN_BINS[code]] for item in make(code, form, pool)[0])
        assert max(counts.values()) - min(counts.values()) <= 1
        assert len(counts) == {"binary": 4, "open": 8}.get(form, len(counts))


def test_set_sizes_cover_the_range(pool: Pool) -> None:
    assert Counter(i.turns[0].target for i in make("object_counting", "standard", pool)[0]) == dict.fromkeys(
        range(12), 2
    )
    assert Counter(i.turns[0].target for i in make("subitizing", "standard", pool)[0]) == dict.fromkeys(range(4), 6)


@pytest.mark.parametrize("code", ["picture_vocabulary", "left_right", "looking_while_listening"])
def test_words_are_spread_over_the_nouns(code: str, pool: Pool) -> None:
    form = next(iter(task(code).forms))
    counts = Counter(item.word for item in make(code, form, pool, 60)[0])
    assert len(counts) >= 0.8 * len(material(pool, task(code).rules).nouns)  # type: ignore[attr-defined]
    assert max(counts.values()) <= 10


@pytest.mark.parametrize(("code", "form"), [f for f in FORMS if f[0] not in ("object_counting", "subitizing")])
def test_the_right_place_is_anywhere(code: str, form: str, pool: Pool) -> None:
    # 60 draws of at most four places: each place is hit fewer than 4 times with probability below 0.0005.
    count = 30 if code in ("memory", "visual_delayed_response") else 60
    items, _ = make(code, form, pool, count)
    places = Counter(turn.target for item in items for turn in item.turns if len(turn.choices) > 1)
    if code == "visual_delayed_response" and form == "open":
        assert len(places) == 8
    else:
        assert len(places) == len(items[0].turns[-1].choices)
        assert min(places.values()) >= 4


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_every_order_can_be_presented(code: str, form: str, pool: Pool) -> None:
    item = make(code, form, pool, 1)[0][0]
    for index, turn in enumerate(item.turns):
        natural = tuple(range(len(turn.choices)))
        orders = list(permutations(natural)) if turn.shuffle else [natural]
        for order in orders:
            shown = present(item, index, order, Setting())
            assert shown.choices[shown.target_position].label == turn.choices[turn.target].label
            assert shown.prompt.count("<image>") == len(shown.images)
        assert TASKS[code].spoken(item, index, "en")


def test_too_little_material_is_said_and_what_there_is_comes_first(pool: Pool) -> None:
    few = Pool(pool.frames[:9], pool.image, source="few", split="test")
    made = []
    with pytest.raises(UserError, match=r"only \d+ of 500 items of visual_delayed_response/binary .* of few"):
        made.extend(
            generate_items("visual_delayed_response", "binary", few, MemorySink(), count=500, seed=1, prefix="x")
        )
    with pytest.raises(UserError, match="only 0 of 1 items of memory/standard"):
        list(generate_items("memory", "standard", few, MemorySink(), count=1, seed=1, prefix="x"))


def test_an_empty_pool_gives_nothing_for_any_task() -> None:
    empty = Pool([], lambda recording, time_ms: None, source="empty", split="train")  # type: ignore[arg-type,return-value]
    for code, form in FORMS:
        with pytest.raises(UserError, match="only 0 of 1"):
            list(generate_items(code, form, empty, MemorySink(), count=1, seed=1, prefix="x"))


def test_a_wish_is_kept(pool: Pool) -> None:
    sink = MemorySink()
    for code, form in FORMS:
        maker = task(code)
        for wanted in maker.bins(form, pool)[:6]:
            for draw in range(40):
                item = maker.generate(form, pool, sink, random.Random(draw), "x", wanted)
                if item is not None:
                    got = {**item.difficulty, "word": item.word}
                    assert {name: got[name] for name in wanted} == pytest.approx(dict(wanted), abs=1e-3)
                    break


@pytest.mark.slow
def test_the_toybox_gives_every_form() -> None:
    from devkit.toybox import sample_pool

    toybox = sample_pool(8, 2)
    for code, form in FORMS:
        assert len(make(code, form, toybox, 4)[0]) == 4
