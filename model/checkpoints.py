"""Checkpoints and resume states on disk. Only safetensors and JSON; no pickle is ever written or read.

A checkpoint is a folder in transformers' layout with a ``devkit.json`` written last: a folder without it is not a
checkpoint. A resume state holds everything else that a run needs to go on as if it had never stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from devkit.errors import UserError
from devkit.ids import digest_file, digest_json
from model.babyvlm.architecture import save_pretrained
from model.manifests import MANIFEST, Checkpoint, Manifest
from model.parallel import like, whole
from model.parts import TowerConfig

transformers_logging.disable_progress_bar()  # one bar a stage is enough

WEIGHTS = "model.safetensors"
RESUME = "resume.json"


def digest_folder(folder: Path) -> str:
    """Return the SHA-256 over a checkpoint's weights, configurations and tokenizer."""
    shards = sorted(folder.glob("*.safetensors"))
    settings = [folder / name for name in ("config.json", "tokenizer.json", "processor_config.json")]
    return digest_json({path.name: digest_file(path) for path in (*shards, *settings) if path.is_file()})


def save_checkpoint(
    model: LlavaForConditionalGeneration,
    tower: TowerConfig,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    manifest: Manifest,
    weights: Mapping[str, torch.Tensor] | None = None,
) -> Checkpoint:
    """Write a checkpoint; its manifest last.

    Args:
        model: The model.
        tower: Its tower, for the processor.
        tokenizer: Its tokenizer.
        folder: Where to.
        manifest: What it knows of itself; digest and number of parameters are filled in.
        weights: The weights where the model's own are shared out among processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    save_pretrained(model, tower, tokenizer, folder, weights)
    count = sum(weight.numel() for weight in model.parameters())
    manifest = manifest.model_copy(update={"digest": digest_folder(folder), "parameters": count})
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return Checkpoint(folder, manifest)


@contextmanager
def without_report() -> Iterator[None]:
    """Keep transformers from printing its table of weights that do not fit; our own message says it."""
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


def load_weights(folder: Path) -> LlavaForConditionalGeneration:
    """Load a checkpoint in float32, from safetensors alone.

    Raises:
        UserError: It holds no safetensors, is truncated, is no Llava model, or its weights are not those that its
            configuration asks for.
    """
    if not list(folder.glob("*.safetensors")):
        hint = "pickled weights are never loaded; convert them to safetensors" if list(folder.glob("*.bin")) else ""
        raise UserError("there are no weights in safetensors here", place=str(folder), hint=hint)
    try:
        for shard in sorted(folder.glob("*.safetensors")):
            with safe_open(shard, framework="pt"):
                pass
        with without_report():
            model, info = LlavaForConditionalGeneration.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"the checkpoint cannot be read: {line}", place=str(folder)) from error
    for what, names in (("lack", info["missing_keys"]), ("have beyond it", info["unexpected_keys"])):
        if names:
            few = ", ".join(sorted(names)[:3])
            raise UserError(
                f"the weights are of another shape than config.json: they {what} {len(names)} of them ({few} …)",
                place=str(folder),
            )
    loaded: LlavaForConditionalGeneration = model
    return loaded


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that the file is either the old one or the whole new one."""
    partial = path.with_suffix(path.suffix + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: Mapping[nn.Parameter, str]) -> dict[str, torch.Tensor]:
    """Return an optimiser's state by the names of the weights."""
    return {
        f"optimiser.{name}.{key}": whole(value)
        for weight, name in names.items()
        for key, value in optimiser.state.get(weight, {}).items()
        if isinstance(value, torch.Tensor)
    }


def load_optimiser(
    optimiser: torch.optim.Optimizer, names: Mapping[nn.Parameter, str], tensors: Mapping[str, torch.Tensor]
) -> None:
    """Give an optimiser back the state that `optimiser_tensors` took."""
    weights = {name: weight for weight, name in names.items()}
    for key, value in tensors.items():
        if key.startswith("optimiser."):
            name, _, field = key.removeprefix("optimiser.").rpartition(".")
            weight = weights[name]
            optimiser.state[weight][field] = value.to(weight.device) if field == "step" else like(value, weight)


def save_resume(run: Path, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]) -> None:
    """Write a resume state; the one before stays valid until the new one is complete."""
    name = f"resume-{state['step']:07d}.safetensors"
    save_file({key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}, run / name)
    with (run / name).open("rb") as file:
        os.fsync(file.fileno())
    write_json(run / RESUME, {**state, "file": name, "sha256": digest_file(run / name)})
    for old in run.glob("resume-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_resume(run: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Read the resume state of a run; None when there is none.

    Raises:
        UserError: It is broken.
    """
    path = run / RESUME
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "sha256" in state and digest_file(run / state["file"]) != state["sha256"]:
            raise UserError(
                "the saved state of the run has changed since it was written",
                place=str(run / state["file"]),
                hint="start into a new folder",
            )
        return load_file(run / state["file"]), state
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, SafetensorError, OSError) as error:
        raise UserError(
            "the saved state of the run is broken", place=str(path), hint="start into a new folder"
        ) from error
