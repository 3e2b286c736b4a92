"""Packing, grouping by length, order by age, loading ahead, and which samples spoilt a step."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from model.babyvlm.architecture import build, set_trained
from model.data.corpus import Speech, TrainingData
from model.data.loader import Loader
from model.data.pretraining import UtteranceSource, shifted
from model.data.schedule import MONTH_DAYS, ByAge
from model.dialogue import IGNORED, Batch, Encoder, Sample, collate, collate_packed
from model.loop import Trainer
from model.objectives import NextToken
from model.parallel import Entry, Shared
from model.stages import Feed, PictureFeed, make_feed
from model.tokenizer import EOS, SOS, train_tokenizer
from model.world import World


class Setting:
    """A model, its words, and the feeds of its stages."""

    def __init__(self, config: Any, data: TrainingData) -> None:
        self.config, self.data = config, data
        self.tokenizer = train_tokenizer(data.utterances, config.tokenizer)
        self.encoder = Encoder(self.tokenizer, config.tower.tokens)

    def feed(self, stage: Any, **changes: Any) -> Feed:
        stages = {**self.config.stages, stage: self.config.stages[stage].model_copy(update=changes)}
        found, _ = make_feed(stage, self.config.model_copy(update={"stages": stages}), self.data, self.encoder)
        assert isinstance(found, Feed)
        return found

    def objective(self) -> NextToken:
        model = build(self.config, len(self.tokenizer))
        set_trained(model, ("vision", "connector", "language"))
        return NextToken(model, 0.0, 0, torch.device("cpu"), "float32")


@pytest.fixture
def setting(make_config: Any, data: TrainingData) -> Setting:
    return Setting(make_config(), data)


def _samples(feed: Feed, count: int) -> list[Sample]:
    return [source.sample(k) for source in feed.sources.values() for k in range(count)]


def test_packed_samples_do_not_see_each_other(setting: Setting) -> None:
    samples = _samples(setting.feed("instruct"), 4)
    objective = setting.objective()
    rows, packed = collate(samples), collate_packed(samples, 512)
    assert len(packed.ids) < len(rows.ids)
    assert packed.valid == rows.valid
    assert packed.tokens == rows.tokens == sum(len(sample.ids) for sample in samples)
    losses = [objective.loss(batch, 0.0) for batch in (rows, packed)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-6)
    gradients = []
    for loss in losses:
        objective.model.zero_grad()
        loss.backward()
        gradients.append(torch.cat([w.grad.reshape(-1) for w in objective.model.parameters() if w.grad is not None]))
    assert torch.allclose(gradients[0], gradients[1], atol=2e-4, rtol=1e-3)


@given(st.lists(st.integers(2, 40), min_size=1, max_size=30))
def test_packing_loses_nothing(lengths: list[int]) -> None:
    samples = [
        Sample(tuple(range(100 * k, 100 * k + n)), (IGNORED, *range(100 * k + 1, 100 * k + n)), name=str(k))
        for k, n in enumerate(lengths)
    ]
    batch = collate_packed(samples, 48)
    assert batch.ids.shape[1] <= 48
    assert batch.valid == sum(n - 1 for n in lengths)
    assert sorted(name for row in batch.names for name in row) == sorted(str(k) for k in range(len(lengths)))
    assert batch.positions is not None
    starts = (batch.positions == 0) & (batch.ids != 0)
    assert (
        int(starts.sum()) >= len(lengths) - 1
    )  # the very first token of sample 0 is token 0, which looks like padding


def test_a_sample_longer_than_a_row_is_a_users_mistake(setting: Setting) -> None:
    with pytest.raises(UserError, match=r"has \d+ tokens, a packed row 20"):
        setting.feed("instruct", pack=True, length=20).batch(0)


def test_utterances_of_different_recordings_stay_apart(setting: Setting) -> None:
    speech = [Speech(name, 100, ("look at the ball",) * 5) for name in ("a", "b")]
    source = UtteranceSource(speech, setting.encoder, 16, 0, apart=True)
    tokens = [t for chunk in source.chunks for t in chunk[1:]]
    assert tokens == [*setting.encoder.words("look at the ball"), EOS] * 10
    assert all(chunk[0] == SOS for chunk in source.chunks)
    assert {name.split(",")[0] for name in source.names} == {"utterances of a", "utterances of b"}


def test_grouping_reads_every_sample_once_and_pads_less(setting: Setting) -> None:
    loose, grouped = setting.feed("joint"), setting.feed("joint", group=4)
    cycle = 4 * len(loose.schedule.cycle)
    ids = [Counter(name for b in (f.batch(n) for n in range(cycle)) for row in b.names for name in row)
           for f in (loose, grouped)]  # fmt: skip
    assert ids[0] == ids[1]
    padding = [sum(b.room - b.tokens for b in (f.batch(n) for n in range(cycle))) for f in (loose, grouped)]
    assert padding[1] <= padding[0]


@given(st.lists(st.integers(180, 1000), min_size=1, max_size=60), st.floats(0.3, 4.0), st.integers(0, 3))
def test_younger_comes_first_and_all_come_equally_often(ages: list[int], passes: float, seed: int) -> None:
    total = max(1, round(passes * len(ages)))
    order = ByAge(ages, total, str(seed))
    read = [order(index) for index in range(total)]
    months = [int(ages[sample] / MONTH_DAYS) for sample in read]
    assert months == sorted(months)
    counts = Counter(read)
    by_month: dict[int, list[int]] = {}
    for sample, age in enumerate(ages):
        by_month.setdefault(int(age / MONTH_DAYS), []).append(counts[sample])
    for found in by_month.values():
        assert max(found) - min(found) <= 1


def _aged(data: TrainingData) -> tuple[TrainingData, dict[str, int]]:
    """Return the data with an age at each recording, and the ages."""
    names = sorted({frame.recording for frame in data.pool.frames})
    ages = {name: 200 + 200 * place for place, name in enumerate(names)}
    aged = replace(
        data,
        pairs=tuple(replace(p, age_days=ages[p.parts[0][0][0][0]]) for p in data.pairs),
        clips=tuple(replace(p, age_days=ages[p.parts[0][0][0][0]]) for p in data.clips),
        interleaved=tuple(replace(p, age_days=ages[p.parts[0][0][0][0]]) for p in data.interleaved),
        speech=tuple(Speech(name, ages[name], data.utterances) for name in names),
        ages=ages,
    )
    return aged, ages


def test_a_curriculum_goes_through_every_stage(make_config: Any, data: TrainingData) -> None:
    aged, ages = _aged(data)
    config = make_config(order="age")
    tokenizer = train_tokenizer(data.utterances, config.tokenizer)
    for stage in ("vision", "align"):
        feed, steps = make_feed(stage, config, aged, Encoder(tokenizer, 5))
        seen = [feed.batch(number).seen for number in range(steps * feed.turns)]
        met = [ages[name.split("@")[0]] for some in seen for name in some]
        assert met == sorted(met)
        assert len(set(met)) == len(ages)
    with pytest.raises(UserError, match="cannot be ordered by age"):
        make_feed("vision", config, data, Encoder(tokenizer, 5))


def test_a_curriculum_counts_what_is_rehearsed_between_lessons(make_config: Any, data: TrainingData) -> None:
    aged, ages = _aged(data)
    setting = Setting(make_config(order="age"), aged)
    mixture = {"left_right/robust": 1.0, "image": 1.0}
    feed = setting.feed("instruct", mixture=mixture, lesson=10, rehearse=1.0, tokens=None, steps=70)
    passes = [number for number in range(70 * feed.turns) if feed._turn(number)[0] == "image"]
    assert passes[0] < len(feed.opening) < passes[-1]
    met = [ages[name.split("@")[0]] for number in passes for name in feed.batch(number).seen]
    assert met == sorted(met)
    assert len(set(met)) == len(ages)


def test_a_loader_with_workers_gives_the_same_batches_from_any_step(setting: Setting) -> None:
    feed, machine = setting.feed("joint"), setting.config.machine
    plain = Loader(feed, World(), machine, 0, 4)
    every = [list(plain.step()) for _ in range(4)]
    ahead = Loader(feed, World(), machine.model_copy(update={"workers": 2}), 2, 4)
    for step in (2, 3):
        for one, other in zip(ahead.step(), every[step], strict=True):
            assert isinstance(one, Batch)
            assert isinstance(other, Batch)
            assert torch.equal(one.ids, other.ids)
            assert np.array_equal(one.images, other.images)
            assert one.names == other.names


def test_a_mistake_in_a_worker_is_the_same_message(setting: Setting) -> None:
    feed = setting.feed("instruct", pack=True, length=20)
    loader = Loader(feed, World(), setting.config.machine.model_copy(update={"workers": 1}), 0, 1)
    with pytest.raises(UserError, match="a packed row 20") as caught:
        list(loader.step())
    assert "Traceback" not in str(caught.value)


def test_processes_share_out_the_batches(setting: Setting) -> None:
    feed, machine = setting.feed("joint", batch=16), setting.config.machine
    whole = [b.names for b in Loader(feed, World(), machine, 0, 1).step()]
    parts = [[b.names for b in Loader(feed, World(rank, 2), machine, 0, 1).step()] for rank in (0, 1)]
    assert [names for pair in zip(*parts, strict=True) for names in pair] == whole


def test_a_sample_that_spoils_a_step_is_named(setting: Setting) -> None:
    samples = [replace(s, name=f"record-{k}") for k, s in enumerate(_samples(setting.feed("instruct"), 3))]
    objective = setting.objective()
    rare = max(set(samples[2].ids) - {t for s in samples[:2] + samples[3:] for t in s.ids}, default=None)
    assert rare is not None
    with torch.no_grad():
        objective.model.get_input_embeddings().weight[rare] = float("nan")
    stage = setting.config.stages["instruct"]
    shared = Shared(Entry(objective.model, None), None, World(), setting.config, 2)
    trainer = Trainer(objective.model, objective, stage, 3, shared)
    with pytest.raises(UserError, match=r"not finite at step 1 .* samples: 'record-2' \("):
        trainer.step(0, [collate(samples[:2]), collate(samples[2:4])])


def test_shifting_cuts_within_the_picture(data: TrainingData) -> None:
    import random

    frame = data.pool.frames[0]
    whole = data.pool.image(frame.recording, frame.time_ms)
    assert shifted(whole, 0.0, random.Random(0)) is whole
    cut = shifted(whole, 0.2, random.Random(0))
    assert 0.6 * whole.width <= cut.width < whole.width


def test_an_empty_transcript_is_a_users_mistake(make_config: Any, data: TrainingData, setting: Setting) -> None:
    empty = replace(data, utterances=("", "  "), speech=())
    with pytest.raises(UserError, match="transcripts of the training recordings are empty"):
        make_feed("language", make_config(), empty, setting.encoder)


def test_pictures_know_their_frames(setting: Setting) -> None:
    feed, _ = make_feed("vision", setting.config, setting.data, setting.encoder)
    assert isinstance(feed, PictureFeed)
    assert len(feed.batch(0).seen) == setting.config.stages["vision"].micro


def test_lessons_lead_up_to_their_form_before_the_mixture_begins(setting: Setting) -> None:
    mixture = {"left_right/robust": 1.0, "memory/standard": 1.0, "object_counting/standard": 1.0}
    feed = setting.feed("instruct", mixture=mixture, lesson=2, rehearse=0.5, tokens=None, steps=20)
    assert len(feed.opening) == 18
    batches = [feed.batch(number) for number in range(30)]
    told = [batch.source for batch in batches]
    lessons = [f"left_right/robust lesson {k}" for k in (1, 2, 3, 4)] + [f"memory/standard lesson {k}" for k in (1, 2)]
    assert [name for name in told[:18] if name not in mixture] == [one for one in lessons for _ in range(2)]
    assert told[2:12:3] == ["object_counting/standard"] * 4, "what has lessons waits for them"
    assert set(told[14:18:3]) <= {"object_counting/standard", "left_right/robust"}
    assert set(told[18:]) == set(mixture)
    assert len(distinct(batches)) == len(batches), "no pass repeats another"


def distinct(batches: list[Any]) -> set[bytes]:
    """Return what the batches hold, equal ones once."""
    return {one.ids.numpy().tobytes() + (b"" if one.images is None else one.images.tobytes()) for one in batches}


def test_a_lesson_that_the_mixture_names_goes_on_after_its_turn(setting: Setting) -> None:
    mixture = {"memory/standard": 1.0, "memory/standard lesson 2": 1.0, "object_counting/standard": 1.0}
    feed = setting.feed("instruct", mixture=mixture, lesson=2, rehearse=1.0, tokens=None, steps=20)
    batches = [feed.batch(number) for number in range(20)]
    lessons = [f"memory/standard lesson {k}" for k in (1, 1, 2, 2)]
    assert [batch.source for batch in batches[:8:2]] == lessons
    assert [batch.source for batch in batches[1:8:2]] == ["object_counting/standard"] * 4, "it waits for its own turn"
    assert {batch.source for batch in batches[8:]} == set(mixture)
    assert len(distinct(batches)) == len(batches), "no pass repeats another"


def test_lessons_without_rehearsal_are_alone(setting: Setting) -> None:
    mixture = {"left_right/robust": 1.0, "object_counting/standard": 1.0}
    feed = setting.feed("instruct", mixture=mixture, lesson=3, rehearse=0, steps=20)
    assert list(feed.opening) == [(f"left_right/robust lesson {k}", n) for k in (1, 2, 3, 4) for n in range(3)]


def test_lessons_that_leave_no_room_for_the_mixture_are_refused(setting: Setting) -> None:
    with pytest.raises(UserError, match=r"the lessons take 200 forward passes"):
        setting.feed("instruct", mixture={"left_right/robust": 1.0}, lesson=50, steps=4)


def test_without_lessons_a_form_gives_its_own_items_alone(setting: Setting) -> None:
    feed = setting.feed("instruct", mixture={"left_right/robust": 1.0})
    assert [feed.batch(number).source for number in range(3)] == ["left_right/robust"] * 3
    assert set(feed.sources) == {"left_right/robust"}


def test_the_loss_of_each_source_is_told(setting: Setting) -> None:
    feed = setting.feed("instruct", mixture={"left_right/robust": 1.0, "object_counting/standard": 1.0})
    objective = setting.objective()
    batches = [feed.batch(number) for number in range(4)]
    stage = setting.config.stages["instruct"]
    shared = Shared(Entry(objective.model, None), None, World(), setting.config, 2)
    report = Trainer(objective.model, objective, stage, 10, shared).step(0, batches)
    assert set(report.sources) == {"left_right/robust", "object_counting/standard"}
    valid = {name: sum(b.valid for b in batches if b.source == name) for name in report.sources}
    together = sum(report.sources[name] * valid[name] for name in valid) / sum(valid.values())
    assert together == pytest.approx(report.loss, abs=1e-5)
