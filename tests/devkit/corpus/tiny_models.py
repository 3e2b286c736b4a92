"""Image–text models with a few thousand random weights, saved as real ones are."""

from __future__ import annotations

import json
from pathlib import Path

import torch

LETTERS = "abcdefghijklmnopqrstuvwxyz'?!."


def tokenizer_files(folder: Path) -> tuple[Path, Path]:
    """Write a byte-pair vocabulary of single letters."""
    pieces = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    vocab, merges = folder / "vocab.json", folder / "merges.txt"
    vocab.write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    merges.write_text("#version: 0.2\n")
    return vocab, merges


def _tokenizer(folder: Path):
    from transformers import CLIPTokenizer

    vocab, merges = tokenizer_files(folder)
    pairs = [tuple(line.split()) for line in merges.read_text().splitlines()[1:]]
    return CLIPTokenizer(vocab=json.loads(vocab.read_text()), merges=pairs, model_max_length=24)


TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 64}
TEXT |= {"max_position_embeddings": 24, "projection_dim": 12}
VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
VISION |= {"image_size": 32, "patch_size": 8, "projection_dim": 12}


def save_clip(folder: Path) -> Path:
    """Save a CLIP model."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(3)
    tokenizer = _tokenizer(folder)
    text = {**TEXT, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=12))
    model.save_pretrained(folder)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def save_xclip(folder: Path) -> Path:
    """Save an X-CLIP model of eight frames."""
    from transformers import VideoMAEImageProcessor, XCLIPConfig, XCLIPModel, XCLIPProcessor

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(4)
    tokenizer = _tokenizer(folder)
    text = {**TEXT, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    vision = {**VISION, "mit_hidden_size": 12, "mit_intermediate_size": 16, "mit_num_hidden_layers": 1}
    vision |= {"mit_num_attention_heads": 2, "num_frames": 8}
    config = XCLIPConfig(
        text_config=text, vision_config=vision, projection_dim=12, prompt_layers=1, prompt_num_attention_heads=2
    )
    XCLIPModel(config).save_pretrained(folder)
    pictures = VideoMAEImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    XCLIPProcessor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder
