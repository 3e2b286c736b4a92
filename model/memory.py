"""How much memory a stage will take, told before it starts.

Weights, gradients and optimiser are counted. Activations are measured: the stage's forward pass is run on torch's meta
device, which has shapes and no numbers, and what autograd would keep for the backward pass is added up, each tensor
once. Attention is taken to keep its inputs and output only, as the flash kernels do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import LlavaForConditionalGeneration
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from model.babyvlm.architecture import embed, hidden, image_features, model_config, set_trained
from model.config import StageName, TrainConfig
from model.dino import Contrast, Head
from model.parallel import Way

GIB = 1024**3
ATTENTION = "devkit_shapes"


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one process in one stage, bytes.

    Attributes:
        weights: In float32, and once more in the type of the forward pass where that is another.
        gradients: Of what learns.
        optimiser: Two moments of what learns.
        activations: Kept from one forward pass for its backward pass, the output over the vocabulary included.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        """All of it; workspaces of kernels come on top."""
        return self.weights + self.gradients + self.optimiser + self.activations


@dataclass(frozen=True, slots=True)
class Shape:
    """The largest forward pass of a stage.

    Attributes:
        rows: Sequences, or pictures in the vision stage.
        length: Tokens of a sequence.
        pictures: Distinct pictures.
        counted: Tokens that count in the loss.
    """

    rows: int
    length: int
    pictures: int
    counted: int


def stage_memory(
    config: TrainConfig, name: StageName, vocabulary: int, shape: Shape, *, way: Way = "alone", size: int = 1
) -> Memory:
    """Estimate the memory of a stage.

    Args:
        config: Sizes, types, and what the stage trains.
        name: Which stage.
        vocabulary: Number of tokens of the tokenizer.
        shape: Of its largest forward pass.
        way: How processes share the work; ``fsdp`` shares out weights, gradients and optimiser.
        size: Number of processes.
    """
    half = config.dtype == "bfloat16"
    with torch.device("meta"):
        settings = model_config(config, vocabulary)
        model = LlavaForConditionalGeneration(settings).to(torch.bfloat16 if half else torch.float32)
    set_trained(model, config.stages[name].trained, tower_alone=name == "vision")
    model.set_attn_implementation(ATTENTION)
    if config.machine.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    weights = sum(w.numel() for w in model.parameters())
    learning = sum(w.numel() for w in model.parameters() if w.requires_grad)
    if name == "vision":
        with torch.device("meta"):
            head = Head(config.tower.width, config.dino).to(next(model.parameters()).dtype)
            contrast = Contrast(model.model.vision_tower, config.tower.image_size, config.dino.bottleneck)
        more = sum(w.numel() for w in head.parameters())
        own = sum(w.numel() for w in contrast.parameters()) if config.dino.contrast else 0
        weights += learning + 2 * more + own  # the teacher has tower and head once more
        learning += more + own
        kept = _kept(model, lambda: _distil(model, head, config, shape))
    else:
        kept = _kept(model, lambda: _predict(model, config, shape))
    share = size if way == "fsdp" and name != "vision" else 1
    each = 6 if half else 4
    return Memory(each * weights // share, 4 * learning // share, 8 * learning // share, kept)


def describe(memory: Mapping[StageName, Memory]) -> str:
    """Return a table of stages, in GiB."""
    head = f"{'stage':<10}{'weights':>9}{'gradients':>11}{'optimiser':>11}{'activations':>13}{'GiB in all':>12}"
    rows = [
        f"{name:<10}{m.weights / GIB:>9.2f}{m.gradients / GIB:>11.2f}{m.optimiser / GIB:>11.2f}"
        f"{m.activations / GIB:>13.2f}{m.total / GIB:>12.2f}"
        for name, m in memory.items()
    ]
    return "\n".join([head, *rows])


def _predict(model: LlavaForConditionalGeneration, config: TrainConfig, shape: Shape) -> torch.Tensor:
    """Go through a forward pass as `model.objectives.NextToken` does."""
    kind = next(model.parameters()).dtype
    ids = torch.zeros(shape.rows, shape.length, dtype=torch.long, device="meta")
    embedded = embed(model, ids, None)
    if shape.pictures:
        side = config.tower.image_size
        pixels = torch.zeros(shape.pictures, 3, side, side, device="meta", dtype=kind)
        features = image_features(model, pixels).reshape(1, -1, embedded.shape[-1])
        seen = min(features.shape[1], shape.length)
        embedded = torch.cat([features[:, :seen].expand(shape.rows, -1, -1), embedded[:, seen:]], dim=1)
    ready = torch.ones(1, 1, 1, 1, dtype=torch.bool, device="meta")  # a finished mask is not looked into
    states = hidden(model, embedded, ready, use_cache=False).last_hidden_state.reshape(-1, embedded.shape[-1])
    logits = model.lm_head(states[: shape.counted]).float()
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device="meta"), reduction="sum")


def _distil(model: LlavaForConditionalGeneration, head: nn.Module, config: TrainConfig, shape: Shape) -> torch.Tensor:
    """Go through the student's forward pass; the teacher's keeps nothing."""
    kind, dino = next(model.parameters()).dtype, config.dino
    tokens = []
    for side, views in ((config.tower.image_size, 2 + (dino.contrast > 0)), (dino.local_size, dino.local_views)):
        if views:
            pixels = torch.zeros(shape.rows * views, 3, side, side, device="meta", dtype=kind)
            tower: Any = model.model.vision_tower
            tokens.append(tower(pixel_values=pixels, interpolate_pos_encoding=True).last_hidden_state[:, 0])
    guesses: torch.Tensor = head(torch.cat(tokens)).float().log_softmax(-1)
    return -guesses.sum()


def _kept(model: nn.Module, forward: Any) -> int:
    """Add up what a forward pass keeps for its backward pass, weights left out, each storage once."""
    own = {weight.untyped_storage()._cdata for weight in (*model.parameters(), *model.buffers())}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own and tensor.numel() > 1:
            kept[storage._cdata] = tensor  # held, so that no later storage takes its number
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = forward()
    del loss
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


class _Flash(torch.autograd.Function):
    """Attention as far as memory goes: keeps inputs, output and one number a query."""

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(query)
        ctx.save_for_backward(query, key, value, out, query.new_empty(query.shape[:-1], dtype=torch.float32))
        return out

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        raise NotImplementedError("only shapes are wanted")


def _attention(
    module: nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any, **_: Any
) -> tuple[torch.Tensor, None]:
    return _Flash.apply(query, key, value).transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS.register(ATTENTION, _attention)
