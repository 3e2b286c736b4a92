"""What is in the pictures of the items: the published constructions, checked on pixels and annotations."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from devkit.annotations import Box
from devkit.items import Item
from devkit.pool import Pool
from devkit.tasks import task
from devkit.tasks.crops import (
    asymmetry,
    box_window,
    capacity,
    difference,
    jittered_window,
    letterbox,
    mirror,
    overlap,
    recompress,
    relight,
    scatter,
)
from devkit.tasks.directions import ANGLES, ClipRules, degrees_between, find_clips
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.localization import QUADRANTS, place_window
from devkit.tasks.material import CropRules, identity, material, strictest


def make(code: str, form: str, pool: Pool, count: int = 16) -> tuple[list[Item], MemorySink]:
    sink = MemorySink()
    return list(generate_items(code, form, pool, sink, count=count, seed=11, prefix="x")), sink


def frame_digests(pool: Pool) -> dict[str, tuple[str, int]]:
    sink = MemorySink()
    return {sink.add(pool.image(f.recording, f.time_ms)): (f.recording, f.time_ms) for f in pool.frames}


def boxes_at(pool: Pool, shot: tuple[str, int]) -> list[Box]:
    return [box for f in pool.by_recording[shot[0]] if f.time_ms == shot[1] for box in f.boxes]


# counting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, 13))
@pytest.mark.parametrize("size", [(20, 20), (70, 40), (30, 50), (76, 76), (100, 36)])
def test_scatter_pastes_that_many_apart(count: int, size: tuple[int, int]) -> None:
    crop = Image.new("RGB", size, "white")
    image = np.asarray(scatter(crop, count, (320, 240), random.Random(count)))
    _, found = ndimage.label(image[..., 0] > 0, structure=np.ones((3, 3)))
    assert found == count
    assert (image[..., 0] > 0).sum() == count * size[0] * size[1]


def test_scatter_refuses_what_does_not_fit() -> None:
    assert capacity((160, 100), (320, 240)) < 12
    with pytest.raises(ValueError, match="does not hold 12"):
        scatter(Image.new("RGB", (160, 100)), 2, (320, 240), random.Random(0))


def test_counted_canvases_have_the_frames_size_and_black_ground(pool: Pool) -> None:
    items, sink = make("object_counting", "standard", pool)
    for item in items:
        image = sink.images[item.turns[0].stimuli[0]]
        assert image.size == (320, 240)
        share = (np.asarray(image).max(axis=2) == 0).mean()
        assert share > 0.2
        assert item.turns[0].choices[item.turns[0].target].label == str(item.difficulty["set_size"])


# who has more -------------------------------------------------------------------------------------------------------


def test_ratio_and_counts_agree_with_the_pictures(pool: Pool) -> None:
    items, sink = make("who_has_more", "synthetic", pool, 36)
    ratios = Counter(item.difficulty["ratio"] for item in items)
    assert len(ratios) == 6
    assert set(ratios.values()) == {6}
    for item in items:
        turn, more, fewer = item.turns[0], int(item.difficulty["more"]), int(item.difficulty["fewer"])
        assert item.difficulty["ratio"] == pytest.approx(fewer / more, abs=1e-3)
        assert 1 <= fewer < more <= 12
        assert [int(turn.choices[turn.target].label), int(turn.choices[1 - turn.target].label)] == [more, fewer]
        lit = [(np.asarray(sink.images[c.media or ""]).max(axis=2) > 0).sum() for c in turn.choices]
        assert lit[turn.target] / lit[1 - turn.target] == pytest.approx(more / fewer, rel=0.02)


def test_naturalistic_counts_are_those_of_the_frames(pool: Pool) -> None:
    known = frame_digests(pool)
    items, _ = make("who_has_more", "naturalistic", pool)
    for item in items:
        for choice in item.turns[0].choices:
            boxes = [b for b in boxes_at(pool, known[choice.media or ""]) if b.noun == item.word]
            assert len(boxes) == int(choice.label)


# localization -------------------------------------------------------------------------------------------------------


def test_the_box_is_wholly_in_its_quadrant(pool: Pool) -> None:
    items, sink = make("localization", "standard", pool, 60)
    for item in items:
        assert item.bb is not None
        x, y, w, h = item.bb
        width, height = sink.images[item.turns[0].stimuli[0]].size
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        vertical = "top" if y + h < height / 2 else "bottom" if y > height / 2 else "middle"
        horizontal = "left" if x + w < width / 2 else "right" if x > width / 2 else "middle"
        assert f"{vertical} {horizontal}" == QUADRANTS[item.turns[0].target] == item.difficulty["quadrant"]


@pytest.mark.parametrize("quadrant", range(4))
def test_place_window_keeps_its_promises(quadrant: int) -> None:
    rng = random.Random(quadrant)
    found = 0
    for _ in range(500):
        box = Box(
            noun="cup", x=rng.randint(0, 560), y=rng.randint(0, 400), w=rng.randint(10, 79), h=rng.randint(10, 79)
        )
        window = place_window(box, (640, 480), quadrant, rng, (0.45, 1.0), 0.02)
        if window is None:
            continue
        found += 1
        left, top, right, bottom = window
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 480
        middle = ((left + right) / 2, (top + bottom) / 2)
        assert (box.x > middle[0]) if quadrant % 2 else (box.x + box.w < middle[0])
        assert (box.y > middle[1]) if quadrant >= 2 else (box.y + box.h < middle[1])
    assert found > 100


# left and right, spatial details ------------------------------------------------------------------------------------


def test_published_left_right_is_a_copy_and_two_mirror_images(pool: Pool) -> None:
    items, sink = make("left_right", "published", pool)
    for item in items:
        turn = item.turns[0]
        query = sink.images[turn.stimuli[0]]
        for place, choice in enumerate(turn.choices):
            expected = query if place == turn.target else mirror(query)
            assert sink.images[choice.media or ""].tobytes() == expected.tobytes()
        assert query.width == query.height


def test_robust_left_right_cannot_be_solved_by_equal_pixels(pool: Pool) -> None:
    items, sink = make("left_right", "robust", pool)
    for item in items:
        turn = item.turns[0]
        pictures = [sink.images[digest] for digest in turn.images()]
        flipped = [mirror(picture) for picture in pictures]
        assert len({p.tobytes() for p in pictures}) == 4
        assert not {p.tobytes() for p in pictures} & {p.tobytes() for p in flipped}
        assert len({p.size for p in pictures}) == 1
        assert item.difficulty["asymmetry"] >= 0.06


@pytest.mark.parametrize("form", ["published", "robust"])
def test_spatial_details_has_one_frame_with_the_instance(form: str, pool: Pool) -> None:
    known = frame_digests(pool)
    by_digest = {pool.frame_digest(*shot): shot for shot in known.values()}
    items, _ = make("spatial_details", form, pool)
    for item in items:
        turn = item.turns[0]
        instance = turn.choices[turn.target].label
        right = [choice.media in known for choice in turn.choices]
        assert all(right) if form == "published" else not any(right)
        if form == "published":
            holding = [instance in {b.instance for b in boxes_at(pool, known[c.media or ""])} for c in turn.choices]
            assert holding.index(True) == turn.target
            assert sum(holding) == 1
        for choice in turn.choices:
            assert choice.label.split("-")[0] == item.word
        shots = [by_digest[digest] for digest in item.provenance.frames]
        holders = [shot for shot in shots if instance in {b.instance for b in boxes_at(pool, shot)}]
        assert len(shots) - len(holders) == 2
        assert len(holders) == (1 if item.difficulty["apart"] == "same" else 2)
    if form == "robust":
        assert {item.difficulty["apart"] for item in items} & {"time", "recording"}


# delayed response ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["binary", "open"])
def test_the_object_is_gone_on_the_last_frame_only(form: str, pool: Pool) -> None:
    known = frame_digests(pool)
    orders = set()
    for item in make("visual_delayed_response", form, pool)[0]:
        turn = item.turns[0]
        shots = [known[digest] for digest in turn.stimuli]
        seen = [item.word in {box.noun for box in boxes_at(pool, shot)} for shot in shots]
        assert 5 <= len(shots) <= 9
        assert shots == sorted(shots)
        assert shots[-1][1] - shots[0][1] <= 4400
        assert seen[-2:] == [True, False]
        assert turn.choices[turn.target].label == item.difficulty["direction"]
        assert not turn.shuffle
        exits = next(f.exits for f in pool.frames if (f.recording, f.time_ms) == shots[-1])
        assert item.difficulty["direction"] in exits.values()
        if form == "binary":
            orders.add(tuple(choice.label for choice in turn.choices))
            first, second = (choice.label for choice in turn.choices)
            assert f"through the {first} side of the frame or the {second} side" in turn.prompt
            assert turn.prompt.endswith(f"respond ONLY with '{first}' or '{second}'.")
    if form == "binary":
        assert len(orders) == 4


def test_directions_are_inferred_where_a_corpus_notes_no_exits(pool: Pool) -> None:
    bare = [frame.model_copy(update={"exits": {}}) for frame in pool.frames]
    blind = Pool(bare, pool.image, source="bare", split="train")
    inferred = {(c.recording, c.times[-1]): c.direction for c in find_clips(blind, ClipRules())}
    noted = {(c.recording, c.times[-1]): c.direction for c in find_clips(pool, ClipRules())}
    assert inferred
    assert all(noted.get(where, direction) == direction for where, direction in inferred.items())


def test_degrees_between_directions() -> None:
    assert degrees_between("top", "top right") == 45
    assert degrees_between("bottom right", "right") == 45
    assert degrees_between("left", "right") == 180
    assert all(degrees_between(a, b) == degrees_between(b, a) for a in ANGLES for b in ANGLES)


# memory -------------------------------------------------------------------------------------------------------------


def test_memory_is_fifteen_turns_with_29_pictures_of_15_objects(pool: Pool) -> None:
    for item in make("memory", "standard", pool, 6)[0]:
        assert len(item.turns) == 15
        assert [turn.phase for turn in item.turns] == ["learning"] * 5 + ["test"] * 10
        pictures = [digest for turn in item.turns for digest in turn.images()]
        assert len(pictures) == len(set(pictures)) == 29
        assert item.labels == tuple(tuple(c.label for c in turn.choices) for turn in item.turns)
        assert len({label for shown in item.labels for label in shown}) == 15


def test_memory_shows_new_against_seen_and_tests_each_learned_object_twice(pool: Pool) -> None:
    for item in make("memory", "standard", pool, 6)[0]:
        seen: list[str] = []
        tested: Counter[str] = Counter()
        for turn in item.turns:
            new = turn.choices[turn.target].label
            others = [c for c in turn.choices if c.label != new]
            assert new not in seen
            assert all(c.label in seen and c.role == "seen" for c in others)
            if turn.phase == "test":
                tested.update(c.label for c in others)
            seen.append(new)
        assert tested == dict.fromkeys(seen[:5], 2)
        later = [turn.target for turn in item.turns[5:]]
        assert sorted(later) == [0] * 5 + [1] * 5


@pytest.mark.parametrize("base", [1, 2, 4])
def test_a_shorter_memory_dialogue_is_else_the_same(base: int, pool: Pool) -> None:
    item = task("memory").generate("standard", pool, MemorySink(), random.Random(base), "x", {"base": base})
    assert item is not None
    assert item.difficulty["base"] == base
    assert [turn.phase for turn in item.turns] == ["learning"] * base + ["test"] * 2 * base
    assert len({digest for turn in item.turns for digest in turn.images()}) == 6 * base - 1
    assert len({label for shown in item.labels for label in shown}) == 3 * base


def test_a_bank_holds_no_lessons(pool: Pool) -> None:
    assert {item.difficulty["base"] for item in make("memory", "standard", pool, 6)[0]} == {5}
    for item in make("left_right", "robust", pool, 6)[0]:
        called = {choice.role: choice.label for choice in item.turns[0].choices}
        assert called == {"target": item.word, "mirror": f"mirrored {item.word}"}


# pictures and words -------------------------------------------------------------------------------------------------


def test_looking_items_come_in_pairs_with_either_word(pool: Pool) -> None:
    items, _ = make("looking_while_listening", "standard", pool, 20)
    for first, second in zip(items[::2], items[1::2], strict=True):
        assert first.media() == second.media()
        assert first.turns[0].target == 1 - second.turns[0].target
        assert (first.word, second.word) == (second.difficulty["distractor"], first.difficulty["distractor"])


def test_picture_vocabulary_has_four_nouns_and_a_role_for_each(pool: Pool) -> None:
    roles: Counter[str] = Counter()
    for item in make("picture_vocabulary", "standard", pool, 60)[0]:
        choices = item.turns[0].choices
        assert len({choice.label for choice in choices}) == 4
        assert choices[item.turns[0].target].label == item.word
        roles.update(choice.role for choice in choices)
    assert roles["target"] == 60
    assert min(roles[role] for role in ("semantic", "phonological", "unrelated")) >= 20


GOLDEN = {
    ("picture_vocabulary", "standard"): "Touch the image of 'cup' (A)<image> (B)<image> (C)<image> (D)<image>",
    ("looking_while_listening", "standard"): "Where is the cup? (A) <image> (B) <image>",
    ("localization", "standard"): "<image> Point at the cup. Is it in the (A) top left or (B) top right or"
    " (C) bottom left or (D) bottom right of the image?",
    ("left_right", "robust"): "<image> Which of the following is the same as this? (A) <image> (B) <image> (C) <image>",
    ("spatial_details", "robust"): "<image> Which of the following contains exactly this object? (A) <image>"
    " (B) <image> (C) <image>. Pay attention to details and give only a letter A-C.",
    ("who_has_more", "synthetic"): "Which image has more cups? (A) <image> (B) <image>",
    ("subitizing", "standard"): "<image> How many of cup do you see?",
    ("object_counting", "standard"): "<image> How many cups do you see?",
}


@pytest.mark.parametrize(("code", "form"), GOLDEN)
def test_golden_prompts(code: str, form: str, pool: Pool) -> None:
    maker, sink = task(code), MemorySink()
    made = (maker.generate(form, pool, sink, random.Random(i), "x", {"word": "cup"}) for i in range(80))
    assert next(item for item in made if item).turns[0].prompt == GOLDEN[code, form]


def test_golden_prompts_of_sequences(pool: Pool) -> None:
    opened = make("visual_delayed_response", "open", pool, 1)[0][0]
    marks = "<image>" * int(opened.difficulty["k_frames"])
    assert opened.turns[0].prompt == (
        f"{marks} which part of the frame does the {opened.word} leave from? respond ONLY with one of: 'top',"
        " 'bottom', 'left', 'right', 'top right', 'top left', 'bottom right', or 'bottom left'."
    )
    memory = make("memory", "standard", pool, 1)[0][0]
    assert memory.turns[0].prompt == "Touch the new image. (A) <image>"
    assert {t.prompt for t in memory.turns[1:]} == {"Let's try more. Touch the new image. (A) <image> (B) <image>"}


# image operations and material --------------------------------------------------------------------------------------


def test_windows_stay_in_the_frame() -> None:
    box = Box(noun="cup", x=300, y=0, w=20, h=30)
    assert box_window(box, (320, 240), 0.5) == (285, 0, 320, 45)
    for seed in range(50):
        left, top, right, bottom = jittered_window(box, (320, 240), random.Random(seed), (0.0, 0.3))
        assert 0 <= left <= 300
        assert top == 0
        assert right == 320
        assert 30 <= bottom <= 39


def test_letterbox_keeps_pixels_and_fills_with_black() -> None:
    crop = Image.new("RGB", (30, 10), "white")
    square = np.asarray(letterbox(crop))
    assert square.shape == (30, 30, 3)
    assert (square[..., 0] > 0).sum() == 300
    assert letterbox(crop, 60, scale=0.5).size == (60, 60)


def test_measures_of_likeness() -> None:
    even = Image.new("RGB", (40, 40), "red")
    half = even.copy()
    half.paste((0, 0, 255), (0, 0, 20, 40))
    assert asymmetry(even) == 0
    assert asymmetry(half) > 0.1
    assert difference(even, even) == 0
    assert difference(even, Image.new("RGB", (9, 70), (0, 255, 255))) == pytest.approx(1.0)


def test_light_and_compression_change_pixels_but_not_size() -> None:
    image = Image.effect_noise((50, 40), 60).convert("RGB")
    assert relight(image, 1, 1).tobytes() == image.tobytes()
    assert np.asarray(relight(image, 0.5, 1)).mean() == pytest.approx(np.asarray(image).mean() / 2, abs=1)
    squeezed = recompress(image, 60)
    assert (squeezed.size, squeezed.mode) == (image.size, "RGB")
    assert squeezed.tobytes() != image.tobytes()


def test_material_leaves_out_hidden_small_and_crowded_boxes() -> None:
    from devkit.annotations import AnnotatedFrame

    good = Box(noun="cup", instance="c", x=10, y=10, w=50, h=50)
    hidden = Box(noun="key", x=80, y=10, w=50, h=50, visible=0.5)
    small = Box(noun="pea", x=150, y=10, w=8, h=8)
    left, right = (Box(noun="car", instance=f"car{x}", x=x, y=100, w=50, h=50) for x in (100, 148))
    under, over = Box(noun="bed", x=200, y=20, w=60, h=60), Box(noun="cat", x=220, y=40, w=50, h=50)
    frame = AnnotatedFrame(recording="r", time_ms=0, boxes=(good, hidden, small, left, right, under, over))
    pool = Pool([frame], lambda r, t: Image.new("RGB", (320, 240)), source="s", split="test")
    stock = material(pool, CropRules())
    rng = random.Random(0)
    assert stock.nouns == ("bed", "car", "cat", "cup")
    assert [stock.draw(rng, noun) is not None for noun in ("bed", "car", "cat", "cup", "key")] == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_names_of_objects_without_instances_stay_apart(pool: Pool) -> None:
    ref = pool.boxes[0]
    assert identity(ref) == ref.box.instance
    by_track = type(ref)(ref.recording, ref.time_ms, ref.box.model_copy(update={"instance": ""}))
    assert identity(by_track).startswith(ref.recording)


def test_the_strictest_consent_holds() -> None:
    assert strictest(["public", "private", "shareable"]) == "private"
    assert strictest(["public", "shareable"]) == "shareable"
    assert strictest(["public", ""]) == ""


def test_overlap_of_windows() -> None:
    assert overlap((0, 0, 10, 10), (5, 5, 20, 7)) == 10
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0
