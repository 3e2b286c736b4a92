"""The model: a ViT, a two-layer connector and a LLaMA, put together as `LlavaForConditionalGeneration`.

Nothing is pretrained. A checkpoint of it loads with ``from_pretrained``; nothing here subclasses transformers.
`embed` and `hidden` do what the model's own ``forward`` does, but encode each distinct picture once and leave the
vocabulary to the places where it is needed. Training and answering both use them.

Shapes: B sequences, T tokens, N distinct pictures, M images in reading order, K tokens an image, D width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    Dinov2Config,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    ViTConfig,
)
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from model.config import Part, TrainConfig
from model.images import MEAN, STD
from model.parts import LanguageConfig, TowerConfig
from model.tokenizer import CHAT_TEMPLATE, EOS, IMAGE, PAD, SOS

PREFIX: dict[Part, str] = {
    "vision": "model.vision_tower.",
    "connector": "model.multi_modal_projector.",
    "language": "",
}
LAST_NORM = re.compile(r"vision_tower\.layernorm\.")
UNUSED = re.compile(r"\.pooler\.|\.mask_token$")


def _tower(config: TowerConfig) -> PreTrainedConfig:
    common: dict[str, Any] = {
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "image_size": config.image_size,
        "patch_size": config.patch_size,
        "initializer_range": config.init,
    }
    if config.kind == "dinov2":
        return Dinov2Config(**common, mlp_ratio=config.mlp // config.width)
    return ViTConfig(**common, intermediate_size=config.mlp, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def _language(config: LanguageConfig, vocabulary: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=config.width,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        intermediate_size=config.mlp,
        max_position_embeddings=config.positions,
        pad_token_id=PAD,
        bos_token_id=SOS,
        eos_token_id=EOS,
        tie_word_embeddings=config.tied,
        initializer_range=config.init,
    )


def model_config(config: TrainConfig, vocabulary: int) -> LlavaConfig:
    """Return transformers' configuration of the model.

    Args:
        config: Sizes.
        vocabulary: Number of tokens of the tokenizer.
    """
    return LlavaConfig(
        vision_config=_tower(config.tower),
        text_config=_language(config.language, vocabulary),
        image_token_index=IMAGE,
        image_seq_length=config.tower.tokens,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        tie_word_embeddings=config.language.tied,
    )


def build(config: TrainConfig, vocabulary: int, *, seed: int | None = None) -> LlavaForConditionalGeneration:
    """Build the model with random weights; the same seed gives the same weights.

    Args:
        config: Sizes and seed.
        vocabulary: Number of tokens of the tokenizer.
        seed: Instead of the configuration's.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed if seed is None else seed)
        return LlavaForConditionalGeneration(model_config(config, vocabulary))


def parameter_counts(config: TrainConfig, vocabulary: int) -> dict[Part, int]:
    """Count the parameters of each part without making them (on the meta device)."""
    with torch.device("meta"):
        model = LlavaForConditionalGeneration(model_config(config, vocabulary))
    counts: dict[Part, int] = {"vision": 0, "connector": 0, "language": 0}
    for name, weight in model.named_parameters():
        counts[part_of(name)] += weight.numel()
    return counts


def part_of(name: str) -> Part:
    """Tell to which part a parameter of that name belongs."""
    for part in ("vision", "connector"):
        if name.startswith(PREFIX[part]):
            return part
    return "language"


def set_trained(model: nn.Module, parts: Iterable[Part], *, tower_alone: bool = False) -> None:
    """Let the named parts learn and freeze the others, and what the architecture holds but never uses.

    Args:
        model: The model.
        parts: What learns.
        tower_alone: Whether the tower's own output is what counts. The language model takes the last block's, before
            the tower's final norm.
    """
    wanted = set(parts)
    for name, weight in model.named_parameters():
        unused = UNUSED.search(name) or (LAST_NORM.search(name) and not tower_alone)
        weight.requires_grad_(part_of(name) in wanted and not unused)


def image_features(model: LlavaForConditionalGeneration, pixels: torch.Tensor) -> torch.Tensor:
    """Encode pictures for the language model.

    Args:
        model: The model.
        pixels: Normalised, (N, 3, side, side).

    Returns:
        (N, K, D).
    """
    return torch.stack(model.get_image_features(pixel_values=pixels).pooler_output)


def embed(model: LlavaForConditionalGeneration, ids: torch.Tensor, features: torch.Tensor | None) -> torch.Tensor:
    """Embed tokens, with the images' features at their places.

    Args:
        model: The model.
        ids: (B, T).
        features: (M, K, D) in reading order over the batch; None without images.

    Returns:
        (B, T, D).
    """
    words = model.get_input_embeddings()(ids)
    if features is None:
        return words
    return words.masked_scatter((ids == IMAGE).unsqueeze(-1), features.to(words.dtype))


def hidden(
    model: LlavaForConditionalGeneration, embedded: torch.Tensor, mask: torch.Tensor | None = None, **more: Any
) -> Any:
    """Run the language model on embedded tokens; returns transformers' output with ``last_hidden_state``."""
    return model.model.language_model(inputs_embeds=embedded, attention_mask=mask, **more)


def processor(tower: TowerConfig, tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """Return the processor that does for users of transformers what training did."""
    side = tower.image_size
    pictures = LlavaImageProcessorPil(
        do_pad=True,
        size={"shortest_edge": side},
        crop_size={"height": side, "width": side},
        resample=2,
        image_mean=list(MEAN),
        image_std=list(STD),
    )
    return LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=tower.patch_size,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )


def save_pretrained(
    model: LlavaForConditionalGeneration,
    tower: TowerConfig,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    weights: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write weights (safetensors), configurations, tokenizer and processor in transformers' layout."""
    model.save_pretrained(folder, state_dict=None if weights is None else dict(weights))
    processor(tower, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
