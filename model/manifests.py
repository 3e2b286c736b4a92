"""What a checkpoint knows of itself, and which checkpoints a run has; read without torch.

The weights themselves, and everything that writes, are `model.checkpoints`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from devkit.errors import UserError
from devkit.ids import digest_file, digest_json
from devkit.items import Strict

MANIFEST = "devkit.json"
Letters = Literal["before", "after"]
"""Where the letter of an offered picture stands in a question."""
VLM_SETTINGS = (
    "config.json", "tokenizer.json", "processor_config.json", "preprocessor_config.json", "chat_template.jinja",
)  # fmt: skip


class Manifest(Strict):
    """What a checkpoint knows of itself (``devkit.json``).

    Attributes:
        model: Name of the model.
        run: Digest of what the run was made from: configuration, data, seed.
        stage: Stage in which it was taken; empty before the first step.
        step: Optimiser steps over all stages so far.
        stage_step: Steps of the stage so far.
        hours_seen: Hours of recording met so far, with repetition: each training sample counts the time between
            two frames for every source frame in it.
        hours_distinct: Hours of recording met at least once.
        tokens_seen: Tokens that the language model has read in training, pictures' included and padding left out.
        random_weights: True when nothing was trained.
        seed: Of the run.
        data_digest: Of the corpus data's manifest.
        training_recordings: What it was trained on, so that a report can tell whether it met its test items.
        letters: Where the letters of pictures stood in the questions that it was trained on.
        digest: SHA-256 over weights, configuration and tokenizer.
        parameters: Number of parameters.
        devkit_version: Version of devkit.
    """

    model: str
    run: str
    stage: str
    step: int = Field(ge=0)
    stage_step: int = Field(ge=0)
    hours_seen: float = Field(ge=0)
    hours_distinct: float = Field(ge=0)
    tokens_seen: int = Field(default=0, ge=0)
    random_weights: bool
    seed: int
    data_digest: str
    training_recordings: tuple[str, ...] = ()
    letters: Letters = "before"
    digest: str = ""
    parameters: int = 0
    devkit_version: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete checkpoint folder."""

    path: Path
    manifest: Manifest


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a checkpoint folder.

    Raises:
        UserError: There is none, or it is broken.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"there is no {MANIFEST}: this is no complete checkpoint", place=str(folder))
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(f"the checkpoint's manifest is broken: {error.errors()[0]['msg']}", place=str(path)) from error


def checkpoints(run: Path) -> list[Checkpoint]:
    """List the complete checkpoints of a run in order of step.

    Raises:
        UserError: The folder is no run.
    """
    if not (run / "checkpoints").is_dir():
        raise UserError("there are no checkpoints here", place=str(run), hint="give the folder of `devkit train --out`")
    found = [folder for folder in sorted((run / "checkpoints").iterdir()) if (folder / MANIFEST).is_file()]
    return sorted((Checkpoint(folder, read_manifest(folder)) for folder in found), key=lambda c: c.manifest.step)


def last_checkpoint(run: Path) -> Path:
    """Return the newest checkpoint of a run.

    Raises:
        UserError: There is none.
    """
    found = checkpoints(run)
    if not found:
        raise UserError("there is no complete checkpoint", place=str(run))
    return found[-1].path


def vlm_digest(folder: Path) -> str:
    """Return the SHA-256 over weights and settings of a folder in transformers' layout."""
    settings = [folder / name for name in VLM_SETTINGS if (folder / name).is_file()]
    return digest_json({path.name: digest_file(path) for path in (*sorted(folder.glob("*.safetensors")), *settings)})


def openclip_digest(weights: Path) -> str:
    """Return the SHA-256 over the weights of a file or folder for OpenCLIP."""
    files = sorted(weights.glob("*.safetensors")) if weights.is_dir() else [weights]
    return digest_json({path.name: digest_file(path) for path in files})
