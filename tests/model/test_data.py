"""What the stages read."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.pool import Pool
from devkit.tasks import TASKS
from model.config import TokenizerConfig
from model.data.corpus import Speech, TrainingData
from model.data.instruction import InstructionSource, instruction_mixture, lesson_sources, trainable_forms
from model.data.pretraining import Naming, NarrationSource, PictureSource, UtteranceSource, around
from model.data.schedule import Schedule, shuffled
from model.dialogue import IGNORED, Encoder
from model.run import task_wordings
from model.tokenizer import EOS, SOS, train_tokenizer


@pytest.fixture(scope="module")
def encoder(data: TrainingData) -> Encoder:
    texts = [*data.utterances, *task_wordings(["ball", "cup"])]
    return Encoder(train_tokenizer(texts, TokenizerConfig(vocabulary=500)), 5)


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 10), min_size=1), st.integers(0, 5))
def test_sources_take_turns_by_weight_and_count_their_own(weights: dict[str, float], seed: int) -> None:
    schedule = Schedule(weights, str(seed))
    length = len(schedule.cycle)
    turns = [schedule.turn(number) for number in range(3 * length)]
    counts: Counter[str] = Counter()
    for name, before in turns:
        assert before == counts[name]
        counts[name] += 1
    total = sum(weights.values())
    for name, weight in weights.items():
        assert abs(counts[name] / len(turns) - weight / total) < 0.06


@given(st.integers(1, 40), st.integers(0, 3))
def test_every_sample_once_an_epoch(count: int, epoch: int) -> None:
    read = [shuffled(epoch * count + place, count, "x") for place in range(count)]
    assert sorted(read) == list(range(count))


def test_pictures_are_larger_than_the_tower_and_repeat(data: TrainingData) -> None:
    source = PictureSource(data, 32, 0.5, 1)
    image, name = source.picture(5)
    assert image.shape == (48, 48, 3)
    assert np.array_equal(image, PictureSource(data, 32, 0.5, 1).picture(5)[0])
    assert name in {f"{f.recording}@{f.time_ms}" for f in data.pool.frames}


def test_cutouts_are_objects_on_black(data: TrainingData) -> None:
    alone = [PictureSource(data, 32, 1.0, 1, cutouts=1.0).picture(number)[0] for number in range(20)]
    beside = [PictureSource(data, 32, 1.0, 1).picture(number)[0] for number in range(20)]
    black = [np.mean([(image == 0).all(-1).mean() for image in images]) for images in (alone, beside)]
    assert black[0] > 0.1
    assert black[1] < 0.02


def test_utterances_are_packed_without_loss(data: TrainingData, encoder: Encoder) -> None:
    source = UtteranceSource([Speech("", None, data.utterances)], encoder, 24, 0)
    samples = [source.sample(k) for k in range(len(source))]
    assert all(len(s.ids) == 24 and s.ids[0] == SOS and s.labels[0] == IGNORED for s in samples)
    stream = [t for chunk in source.chunks for t in chunk[1:]]
    expected = [t for said in data.utterances for t in (*encoder.words(said), EOS)]
    assert stream == expected[: len(stream)]


def test_interleaved_keeps_order_of_frames_and_words(data: TrainingData, encoder: Encoder) -> None:
    source = NarrationSource(data.interleaved, data, encoder, 32, 0, "interleaved")
    sample = source.sample(0)
    assert sample.places == (0, 1, 2, 3)
    assert sample.ids.count(4) == 4 * 5
    assert len(sample.seen) == 4


def test_focus_cuts_to_the_named_object(data: TrainingData) -> None:
    naming = Naming(data)
    assert len(naming.pairs) == len(data.pairs)
    ((frames, said),) = naming.pairs[0].parts
    whole = data.pool.image(*frames[0])
    cut = naming.focus(whole, frames[0], said, random.Random(0))
    assert cut.width < whole.width / 2
    assert naming.focus(whole, frames[0], "nothing named", random.Random(0)) is whole


def test_a_box_at_the_edge_is_cut_inside_the_frame(data: TrainingData) -> None:
    frame = data.pool.frames[0]
    whole = data.pool.image(frame.recording, frame.time_ms)
    box = frame.boxes[0].model_copy(update={"x": whole.width - 2, "w": 9})
    assert around(whole, box, random.Random(1)).width >= 1


def test_held_out_tasks_are_never_trained_on() -> None:
    held_out = {code for code, task in TASKS.items() if task.held_out}
    assert held_out == {"looking_while_listening", "subitizing"}
    assert not held_out & {name.partition("/")[0] for name in instruction_mixture({})}
    for code in held_out:
        with pytest.raises(UserError, match="held out"):
            instruction_mixture({f"{code}/standard": 1.0})


def test_an_unknown_form_is_guessed() -> None:
    with pytest.raises(UserError, match="did you mean 'memory/standard'"):
        instruction_mixture({"memory/standart": 1.0})


@pytest.mark.parametrize(
    "name", ["object_counting/standard", "picture_vocabulary/standard", "who_has_more/synthetic", "left_right/robust"]
)
def test_items_are_fresh_reproducible_and_answered(name: str, data: TrainingData, encoder: Encoder) -> None:
    source = InstructionSource(name, data.pool, encoder, 32, 4)
    samples = [source.sample(k) for k in range(8)]
    again = InstructionSource(name, data.pool, encoder, 32, 4).sample(3)
    assert again.ids == samples[3].ids
    assert all(np.array_equal(a, b) for a, b in zip(again.images, samples[3].images, strict=True))
    assert len({b"".join(image.tobytes() for image in s.images) for s in samples}) == 8
    assert all(name in {f"{f.recording}@{f.time_ms}" for f in data.pool.frames} for s in samples for name in s.seen)
    task, _ = trainable_forms()[name]
    answers = {encoder.tokenizer.decode([t for t in s.labels if t != IGNORED]) for s in samples}
    possible = {f" {n}<eos>" for n in range(1, 13)} if task == "object_counting" else {f" {c}<eos>" for c in "abcd"}
    assert answers <= possible
    assert len(answers) > 1


def test_lessons_are_told_apart_and_lead_up_to_the_form(data: TrainingData, encoder: Encoder) -> None:
    lessons = lesson_sources("left_right/robust", data.pool, encoder, 32, 4)
    own = InstructionSource("left_right/robust", data.pool, encoder, 32, 4)
    assert list(lessons) == [f"left_right/robust lesson {k}" for k in (1, 2, 3, 4)]
    pictures = [len(source.sample(0).images) for source in (*lessons.values(), own)]
    assert pictures == [3, 4, 4, 4, 4]
    assert lesson_sources("object_counting/standard", data.pool, encoder, 32, 4) == {}


def test_a_lesson_that_there_is_not_is_refused(data: TrainingData, encoder: Encoder) -> None:
    assert instruction_mixture({"memory/standard lesson 2": 1.0}) == {"memory/standard lesson 2": 1.0}
    with pytest.raises(UserError, match=r"memory/standard has no lesson '3' .*numbered 1 to 2"):
        InstructionSource("memory/standard lesson 3", data.pool, encoder, 32, 4)
    with pytest.raises(UserError, match=r"no lesson 'one'"):
        InstructionSource("memory/standard lesson one", data.pool, encoder, 32, 4)
    with pytest.raises(UserError, match=r"object_counting/standard has no lesson '1' .*it has none"):
        InstructionSource("object_counting/standard lesson 1", data.pool, encoder, 32, 4)
    with pytest.raises(UserError, match="held out"):
        instruction_mixture({"subitizing/standard lesson 1": 1.0})


def test_no_training_on_test_recordings(data: TrainingData, encoder: Encoder) -> None:
    pool = Pool(data.pool.frames, data.pool.image, source="shapes", split="test")
    with pytest.raises(ValueError, match="test recordings"):
        InstructionSource("object_counting/standard", pool, encoder, 32, 0)


def test_too_little_material_is_said(encoder: Encoder) -> None:
    empty = Pool([], lambda recording, time_ms: None, source="none", split="train")  # type: ignore[arg-type,return-value]
    with pytest.raises(UserError, match="too little"):
        InstructionSource("who_has_more/naturalistic", empty, encoder, 32, 0).sample(0)
