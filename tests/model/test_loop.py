from __future__ import annotations

from typing import Any

import pytest
import torch

from devkit.errors import UserError
from model.babyvlm.architecture import build, set_trained
from model.config import StageConfig, load_config
from model.data.corpus import TrainingData
from model.data.instruction import InstructionSource
from model.dialogue import Encoder, collate
from model.loop import Experience, Trainer, learning_rate
from model.objectives import NextToken
from model.parallel import Entry, Shared
from model.tokenizer import train_tokenizer
from model.world import World

STAGE = StageConfig(steps=10, batch=4, micro=2, trained=("vision", "connector", "language"), lr=1e-3, warmup=0.3)


@pytest.fixture
def setting(make_config: Any, data: TrainingData) -> tuple[Any, list[Any]]:
    config = make_config()
    tokenizer = train_tokenizer(data.utterances, config.tokenizer)
    model = build(config, len(tokenizer))
    set_trained(model, STAGE.trained)
    source = InstructionSource("object_counting/standard", data.pool, Encoder(tokenizer, 5), 32, 0)
    return model, [source.sample(k) for k in range(6)]


def _trainer(model: Any, stage: StageConfig = STAGE) -> Trainer:
    shared = Shared(Entry(model, None), None, World(), load_config("tiny"), 2)
    return Trainer(model, NextToken(model, 0.0, 0, torch.device("cpu"), "float32"), stage, 10, shared)


def test_how_a_step_is_cut_into_passes_does_not_matter(setting: Any) -> None:
    model, samples = setting
    weights = [weight.detach().clone() for weight in model.parameters()]
    losses, results = [], []
    for parts in ([samples], [samples[:1], samples[1:3], samples[3:]]):
        with torch.no_grad():
            for weight, kept in zip(model.parameters(), weights, strict=True):
                weight.copy_(kept)
        report = _trainer(model, STAGE.model_copy(update={"clip": 1e9})).step(5, [collate(part) for part in parts])
        losses.append(report.loss)
        results.append(torch.cat([weight.detach().reshape(-1) for weight in model.parameters()]))
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    # Adam divides by the gradient's own size, which blows up rounding where the gradient is nearly zero
    assert (results[0] - results[1]).abs().mean() < 1e-6


def test_loss_is_the_mean_over_valid_tokens(setting: Any) -> None:
    model, samples = setting
    batch = collate(samples)
    with torch.no_grad():
        logits = model(
            input_ids=batch.ids,
            pixel_values=_pixels(batch),
            attention_mask=batch.mask,
            labels=batch.labels,
        )
    assert _trainer(model).step(0, [batch]).loss == pytest.approx(float(logits.loss), abs=1e-4)


def _pixels(batch: Any) -> torch.Tensor:
    from model.images import normalise

    return normalise(batch.images[batch.places.numpy()])


def test_a_loss_that_is_not_finite_stops(setting: Any) -> None:
    model, samples = setting
    with torch.no_grad():
        model.lm_head.weight[0, 0] = float("nan")
    with pytest.raises(UserError, match="not finite at step 3"):
        _trainer(model).step(2, [collate(samples)])


def test_learning_reduces_the_loss(setting: Any) -> None:
    model, samples = setting
    trainer = _trainer(model, STAGE.model_copy(update={"lr": 5e-3, "warmup": 0.0}))
    losses = [trainer.step(k % 10, [collate(samples)]).loss for k in range(25)]
    assert losses[-1] < 0.6 * losses[0]


def test_rate_warms_up_and_falls_to_its_floor() -> None:
    rates = [learning_rate(STAGE, step, 10) for step in range(11)]
    assert rates[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[-1] == pytest.approx(STAGE.floor)


def test_the_tower_can_have_its_own_rate(setting: Any) -> None:
    model, samples = setting
    stage = STAGE.model_copy(update={"vision_lr": 0.0, "warmup": 0.0})
    tower = [w.detach().clone() for w in model.model.vision_tower.parameters()]
    head = model.lm_head.weight.detach().clone()
    _trainer(model, stage).step(0, [collate(samples)])
    assert all(torch.equal(a, b) for a, b in zip(tower, model.model.vision_tower.parameters(), strict=True))
    assert not torch.equal(head, model.lm_head.weight)


def test_hours_count_repeats_and_distinct_frames() -> None:
    experience = Experience([f"a@{k}" for k in range(0, 3_600_000, 500)], 500)
    experience.see(["a@0", "a@500", "a@0", "elsewhere@0"])
    seen, distinct = experience.hours(World())
    assert seen == pytest.approx(1.5 / 3600)
    assert distinct == pytest.approx(1.0 / 3600)
