"""The proof that a model was trained from nothing, and the check of it.

A run writes down the digest of every initial weight, the digest of all weights at the begin and end of each stage,
and every file of weights that its process opened. `check_scratch` makes the initial weights anew from configuration
and seed, compares them, follows the chain from stage to stage to the last checkpoint, and looks for files from outside.
What it cannot see is a library that opens a file past Python; the chain is what shows that nothing came in that way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from devkit.errors import Problem, UserError
from devkit.ids import digest_bytes, digest_json
from model.babyvlm.architecture import build
from model.config import TrainConfig
from model.parallel import whole

INITIAL, CHAIN = "initial_weights.json", "weights.jsonl"
WEIGHT_FILES = frozenset(
    {".safetensors", ".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npz", ".npy", ".h5", ".hdf5"}
    | {".msgpack", ".onnx", ".gguf", ".ggml", ".tflite", ".pb"}
)
_opened: list[str] = []
_watching: list[bool] = []


def watch_files() -> None:
    """Begin to note every file of weights that this process opens for reading; what it opened before does not count."""
    _opened.clear()
    if not _watching:
        _watching.append(True)
        sys.addaudithook(_note)


def _note(event: str, given: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(given[0], str) and "w" not in str(given[1]):
        dot = given[0].rfind(".")
        if dot >= 0 and given[0][dot:].lower() in WEIGHT_FILES:
            _opened.append(given[0])


def opened_outside(run: Path) -> list[str]:
    """Return the files of weights outside a run that this process opened since the last call; names only."""
    inside = str(run.resolve())
    found = [path for path in _opened if not str(Path(path).resolve()).startswith(inside)]
    _opened.clear()
    return sorted({Path(path).name for path in found})


def weight_digests(model: nn.Module) -> dict[str, str]:
    """Return the SHA-256 of each weight; all processes must call it where weights are shared out."""
    return {name: _digest(weight) for name, weight in model.named_parameters()}


def _digest(weight: torch.Tensor) -> str:
    return digest_bytes(whole(weight).reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())


@dataclass(frozen=True, slots=True)
class Scratch:
    """What the check of a run came to.

    Attributes:
        weights: Initial weights that were compared.
        stages: Stages whose weights follow on from one another.
        findings: What speaks against training from nothing.
    """

    weights: int
    stages: tuple[str, ...]
    findings: tuple[Problem, ...]


def append_link(run: Path, row: Mapping[str, Any]) -> None:
    """Add a link to the chain of a run's weights."""
    path = run / CHAIN
    torn = path.is_file() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(row) + "\n")


def check_scratch(run: Path, last_weights: str | None = None) -> Scratch:
    """Check that a run began with random weights and that nothing but training changed them.

    Args:
        run: Its folder.
        last_weights: Digest over the weights of the run's last checkpoint at the end of a stage, to compare with.

    Raises:
        UserError: The folder holds no run, or its record is broken.
    """
    record, initial, chain = _read(run)
    config = TrainConfig.model_validate(record["config"])
    made = weight_digests(_anew(record, config))
    findings = [
        Problem("weights-not-from-seed", f"the initial weight {name} does not come from the seed", INITIAL)
        for name in sorted({*made, *initial})
        if made.get(name) != initial.get(name)
    ]
    before, stages = digest_json(initial), []
    for link in chain:
        if link["event"] == "begins":
            stages.append(str(link["stage"]))
            if link["weights"] != before:
                findings.append(
                    Problem("broken-chain", f"the stage {link['stage']} did not begin with what was there", CHAIN)
                )
        before = link["weights"]
        findings += [
            Problem("outside-weights", f"the stage {link['stage']} opened the file of weights {name}", CHAIN)
            for name in link.get("opened", ())
        ]
    if last_weights is not None and last_weights != before:
        findings.append(Problem("broken-chain", "the last checkpoint is not what the last stage ended with", CHAIN))
    return Scratch(len(made), tuple(dict.fromkeys(stages)), tuple(findings))


def last_weights(run: Path) -> str | None:
    """Return the digest over the weights of a run's last checkpoint, where it was taken at the end of a stage."""
    from model.manifests import checkpoints

    last = checkpoints(run)[-1] if (run / "checkpoints").is_dir() and checkpoints(run) else None
    record, _, chain = _read(run)
    if last is None or not any(link["event"] == "ends" and link["step"] == last.manifest.step for link in chain):
        return None
    if record.get("learner") == "contrastive":
        model = _anew(record, TrainConfig.model_validate(record["config"]))
        model.load_state_dict(load_file(last.path / "open_clip_model.safetensors"))
        return digest_json(weight_digests(model))
    from model.checkpoints import load_weights

    return digest_json(weight_digests(load_weights(last.path)))


def _anew(record: Mapping[str, Any], config: TrainConfig) -> nn.Module:
    """Build the model of a run as it was before its first step."""
    if record.get("learner") == "contrastive":
        from model.contrastive.run import build_clip

        clip: nn.Module = build_clip(config, int(record["vocabulary"]))
        return clip
    return build(config, int(record["vocabulary"]))


def _read(run: Path) -> tuple[dict[str, Any], dict[str, str], list[dict[str, Any]]]:
    place = run / "run.json"
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        place = run / INITIAL
        initial = json.loads(place.read_text(encoding="utf-8"))
        place = run / CHAIN
        chain = [link for line in place.read_text(encoding="utf-8").splitlines() if (link := _link(line)) is not None]
    except FileNotFoundError as error:
        raise UserError("this run has no record of its weights", place=str(place)) from error
    except ValueError as error:
        raise UserError("the record of the run is broken", place=str(place)) from error
    return record, initial, _settled(chain)


def _link(line: str) -> dict[str, Any] | None:
    """Read a link; one that was cut off by a kill is written again when the run goes on."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def _settled(chain: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the links without repetitions: a stage that was interrupted begins again in the same place."""
    kept: list[dict[str, Any]] = []
    for link in chain:
        if not any(link["event"] == old["event"] and link["stage"] == old["stage"] for old in kept):
            kept.append(link)
        elif link.get("opened"):
            kept[-1] = {**kept[-1], "opened": [*kept[-1].get("opened", []), *link["opened"]]}
    return kept
