"""The estimate of memory against what a real forward pass keeps."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.babyvlm.architecture import build, set_trained
from model.data.corpus import TrainingData
from model.dialogue import Encoder
from model.dino import Contrast
from model.memory import Memory, Shape, describe, stage_memory
from model.objectives import NextToken
from model.stages import Feed, make_feed
from model.tokenizer import train_tokenizer


def _really_kept(model: Any, feed: Feed) -> tuple[int, Shape]:
    """Add up what autograd keeps on the CPU, weights left out."""
    batch = feed.batch(0)
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = NextToken(model, 0.0, 0, torch.device("cpu"), "float32").loss(batch, 0.0)
    assert loss.requires_grad
    rows, length = batch.ids.shape
    pictures = 0 if batch.images is None else len(batch.images)
    return sum(t.untyped_storage().nbytes() for t in kept.values()), Shape(rows, length, pictures, batch.valid)


@pytest.mark.parametrize("stage", ["language", "align", "joint", "instruct"])
def test_estimated_activations_are_those_of_a_real_pass(stage: Any, make_config: Any, data: TrainingData) -> None:
    config = make_config()
    tokenizer = train_tokenizer(data.utterances, config.tokenizer)
    model = build(config, len(tokenizer))
    set_trained(model, config.stages[stage].trained)
    feed, _ = make_feed(stage, config, data, Encoder(tokenizer, config.tower.tokens))
    assert isinstance(feed, Feed)
    real, shape = _really_kept(model, feed)
    assert stage_memory(config, stage, len(tokenizer), shape).activations == pytest.approx(real, rel=0.2)


def test_recomputing_keeps_less_and_sharing_out_less_still(make_config: Any) -> None:
    config = make_config()
    shape = Shape(4, 64, 4, 40)
    plain = stage_memory(config, "joint", 300, shape)
    lean = config.model_copy(update={"machine": config.machine.model_copy(update={"recompute": True})})
    again = stage_memory(lean, "joint", 300, shape)
    shared = stage_memory(config, "joint", 300, shape, way="fsdp", size=4)
    assert again.activations < 0.7 * plain.activations
    assert (again.weights, again.optimiser) == (plain.weights, plain.optimiser)
    assert shared.optimiser == plain.optimiser // 4


def test_contrast_takes_a_third_view_and_weights_of_its_own(make_config: Any) -> None:
    plain = make_config()
    config = plain.model_copy(update={"dino": plain.dino.model_copy(update={"contrast": 1.0, "local_views": 0})})
    without = plain.model_copy(update={"dino": plain.dino.model_copy(update={"local_views": 0})})
    more, less = (stage_memory(c, "vision", 300, Shape(4, 0, 4, 0)) for c in (config, without))
    assert 1.4 < more.activations / less.activations < 1.6
    tower = build(config, 300).model.vision_tower
    own = sum(w.numel() for w in Contrast(tower, config.tower.image_size, config.dino.bottleneck).parameters())
    assert more.optimiser - less.optimiser == 8 * own
    assert more.weights - less.weights == 4 * own


def test_self_distillation_has_a_teacher(make_config: Any) -> None:
    memory = stage_memory(make_config(), "vision", 300, Shape(4, 0, 4, 0))
    assert memory.activations > 0
    assert memory.optimiser > 0
    assert "vision" in describe({"vision": Memory(1, 2, 3, 4)})
