"""Loads an image-text model and its processor from a local folder: safetensors only, no code from the folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForImageTextToText, AutoProcessor

from devkit.errors import UserError
from model.checkpoints import without_report
from model.manifests import vlm_digest


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to answer.

    Attributes:
        model: In evaluation mode.
        processor: Makes tokens and pixels.
        name: Name of the folder.
        digest: SHA-256 over weights and settings.
        positions: Longest context, tokens.
    """

    model: Any
    processor: Any
    name: str
    digest: str
    positions: int


def load_vlm(folder: Path, device: str | None = None, dtype: str = "auto") -> Loaded:
    """Load a model.

    Args:
        folder: In transformers' layout.
        device: ``cpu``, ``cuda`` …; a GPU where there is one by default.
        dtype: ``float32``, ``bfloat16``, ``float16``, or ``auto``: float32 on a CPU, else as it was saved.

    Raises:
        UserError: There is no such model, no safetensors, or it cannot be used.
    """
    shards = _check(folder)
    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = "float32" if dtype == "auto" and where == "cpu" else dtype
    try:
        for shard in shards:
            with safe_open(shard, framework="pt"):
                pass
        with without_report():
            model, info = AutoModelForImageTextToText.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=kind, output_loading_info=True
            )
        processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as error:
        line = next((text for text in str(error).splitlines() if text.strip()), type(error).__name__)
        raise UserError(f"the model cannot be loaded: {line}", place=str(folder)) from error
    if missing := sorted(info["missing_keys"]):
        raise UserError(f"{len(missing)} weights are missing, {missing[0]} the first of them", place=str(folder))
    if not getattr(processor, "chat_template", None):
        raise UserError("the model has no chat template, so it cannot be asked", place=str(folder))
    digest = vlm_digest(folder)
    text = model.config.get_text_config()
    positions = int(getattr(text, "max_position_embeddings", 0) or 2**31)
    return Loaded(model.to(where).eval(), processor, folder.resolve().name, digest, positions)


def _check(folder: Path) -> list[Path]:
    """Return the files of weights.

    Raises:
        UserError: The folder does not hold a model in safetensors.
    """
    if not (folder / "config.json").is_file():
        raise UserError("there is no model here: config.json is missing", place=str(folder))
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError("config.json is broken", place=str(folder)) from error
    if isinstance(settings, dict) and "auto_map" in settings:
        raise UserError("the model wants to run its own code, which is never done", place=str(folder))
    shards = sorted(folder.glob("*.safetensors"))
    if not shards:
        pickles = [path.name for kind in ("*.bin", "*.pt", "*.pth") for path in folder.glob(kind)]
        hint = "pickled weights are never loaded; convert them to safetensors" if pickles else ""
        raise UserError("there are no weights in safetensors here", place=str(folder), hint=hint)
    return shards
