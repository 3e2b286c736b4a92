"""Makes a tiny BabyVLM with random weights in a folder; a program of its own, so that the app's tests load no torch."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from model.babyvlm.architecture import build
from model.checkpoints import save_checkpoint
from model.config import load_config
from model.manifests import Manifest
from model.tokenizer import train_tokenizer

NOUNS = ("ball", "cup", "hat", "key", "duck", "shoe", "train", "fish")


def main(folder: Path) -> None:
    """Write the checkpoint."""
    torch.manual_seed(1)
    config = load_config("tiny")
    texts = [f"touch the image of {noun} where is the {noun} how many do you see" for noun in NOUNS] * 5
    tokenizer = train_tokenizer(texts, config.tokenizer)
    model = build(config, len(tokenizer))
    manifest = Manifest(
        model="tiny", run="", stage="", step=0, stage_step=0, hours_seen=0, hours_distinct=0, random_weights=True,
        seed=1, data_digest="",
    )  # fmt: skip
    save_checkpoint(model, config.tower, tokenizer, folder, manifest)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
