"""Runs that share their first stages: one pretraining, then an instruction for each task, or several to compare.

A branch is a folder of its own that begins where another run stood at the end of a stage. It takes over the tokenizer,
the experience, the log and the chain of weights up to there, so that the proof of training from nothing and the hours
seen hold for it as for any other run. The pictures and steps that follow are `model.run`'s.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from devkit.errors import UserError
from model.checkpoints import RESUME, load_weights, save_resume
from model.config import STAGES, StageName, TrainConfig
from model.data.instruction import form_of, instruction_mixture
from model.manifests import Checkpoint, checkpoints
from model.provenance import CHAIN, INITIAL
from model.record import LOG, drop_after
from model.stages import NARRATED

ENDS = "ends"
LATER = {"name", "stages", "checkpoints", "save_every", "probe", "machine", "contrastive"}
"""What a branch may have otherwise than the run that it comes from, in its own stages or altogether."""


def keep_end(run: Path, stage: StageName, experience: torch.Tensor, tokens: int) -> None:
    """Write down what a run has met by the end of a stage, for branches; its weights are in the checkpoint."""
    folder = run / ENDS
    folder.mkdir(exist_ok=True)
    partial = folder / f".{stage}.part"
    save_file({"experience": experience.cpu().contiguous()}, partial, metadata={"tokens": str(tokens)})
    partial.replace(folder / f"{stage}.safetensors")


def branch(parent: Path, config: TrainConfig, data_digest: str, out: Path, stage: StageName) -> None:
    """Begin a run at a stage, with what another run was at the end of the stage before.

    A branch that is under way is left as it is.

    Args:
        parent: Folder of the other run.
        config: Of the branch; up to the stage the same as the other run's.
        data_digest: Of the branch's data.
        out: Folder of the branch.
        stage: First stage of the branch.

    Raises:
        UserError: There is nothing before the stage, the other run has not come that far, or it differs.
    """
    if (out / RESUME).is_file():
        return
    order = [name for name in STAGES if name in config.stages]
    if stage not in order[1:]:
        raise UserError(f"a run cannot branch off at the stage '{stage}'", hint="nothing comes before it")
    earlier = order[: order.index(stage)]
    _check_same(parent, config, data_digest, earlier)
    links = _links(parent, earlier[-1])
    last = _checkpoint_at(parent, earlier[-1], int(links[-1]["step"]))
    experience, tokens = _end(parent, earlier[-1])
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(parent / "tokenizer", out / "tokenizer", dirs_exist_ok=True)
    for name in (INITIAL, LOG):
        shutil.copyfile(parent / name, out / name)
    drop_after(out / LOG, last.manifest.step)
    (out / CHAIN).write_text("".join(json.dumps(link) + "\n" for link in links), encoding="utf-8")
    weights = load_weights(last.path).state_dict()
    tensors = {f"model.{name}": value for name, value in weights.items()} | {"experience": experience}
    place = {"stage": stage, "stage_step": 0, "step": last.manifest.step, "tokens": tokens}
    save_resume(out, tensors, {"branched_from": last.manifest.run, **place})


def specialists(config: TrainConfig) -> Iterator[tuple[str, TrainConfig]]:
    """Yield for each task form of a configuration's instruction the same with that form alone.

    What is rehearsed beside the forms is kept, and so are lessons of the form.

    Raises:
        UserError: The configuration has no instruction, or of what there is not.
    """
    if "instruct" not in config.stages:
        raise UserError(f"the configuration '{config.name}' has no instruction stage")
    settings = config.stages["instruct"]
    rehearsed = {name: weight for name, weight in settings.mixture.items() if name in NARRATED}
    items = instruction_mixture({name: w for name, w in settings.mixture.items() if name not in NARRATED})
    for form in dict.fromkeys(map(form_of, items)):
        of_form = {name: weight for name, weight in items.items() if form_of(name) == form}
        own = settings.model_copy(update={"mixture": {**of_form, **rehearsed}})
        name = f"{config.name}-{form.replace('/', '-')}"
        yield form, config.model_copy(update={"name": name, "stages": {**config.stages, "instruct": own}})


def _check_same(parent: Path, config: TrainConfig, data_digest: str, earlier: list[StageName]) -> None:
    """Make sure that a branch would have come to the same point by itself.

    Raises:
        UserError: It would not.
    """
    place = parent / "run.json"
    try:
        record: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        theirs = TrainConfig.model_validate(record["config"])
        digest = record["data"]["digest"]
    except FileNotFoundError as error:
        raise UserError("there is no run here", place=str(parent)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError("the record of the run is broken", place=str(place)) from error
    own, other = (one.model_dump(mode="json", exclude=LATER) for one in (config, theirs))
    differing = [name for name in own if own[name] != other[name]]
    differing += [f"stages.{name}" for name in earlier if config.stages[name] != theirs.stages.get(name)]
    if [name for name in STAGES if name in theirs.stages][: len(earlier)] != earlier:
        differing.append("stages")
    differing += ["data"] if digest != data_digest else []
    if differing:
        raise UserError(
            f"a branch must be like the run it comes from up to there; these differ: {', '.join(differing)}",
            place=str(place),
        )


def _links(parent: Path, stage: StageName) -> list[dict[str, Any]]:
    """Return the chain of a run's weights up to the end of a stage.

    Raises:
        UserError: The stage is not finished.
    """
    links: list[dict[str, Any]] = []
    for line in (parent / CHAIN).read_text(encoding="utf-8").splitlines() if (parent / CHAIN).is_file() else ():
        try:
            links.append(json.loads(line))
        except ValueError:  # cut off by a kill; it is written again when the run goes on
            continue
        if links[-1]["event"] == "ends" and links[-1]["stage"] == stage:
            return links
    raise UserError(f"the run has not finished its stage '{stage}'", place=str(parent), hint="let it go on first")


def _checkpoint_at(parent: Path, stage: StageName, step: int) -> Checkpoint:
    found = [one for one in checkpoints(parent) if one.manifest.step == step and one.manifest.stage == stage]
    if not found:
        raise UserError(f"the checkpoint at the end of the stage '{stage}' is gone", place=str(parent / "checkpoints"))
    return found[-1]


def _end(parent: Path, stage: StageName) -> tuple[torch.Tensor, int]:
    path = parent / ENDS / f"{stage}.safetensors"
    try:
        with safe_open(path, framework="pt") as file:
            tokens = int(file.metadata()["tokens"])
        return load_file(path)["experience"], tokens
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise UserError("what the run had met by then cannot be read", place=str(path)) from error
