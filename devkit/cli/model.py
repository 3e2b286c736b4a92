"""``devkit model``: check where a model's weights come from, describe it, and tell what memory training takes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="Check and describe trained models.", no_args_is_help=True)
RunFolder = Annotated[Path, typer.Argument(help="Folder of devkit train --out.", metavar="RUN")]


@app.command()
def check(run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """Check that a run began with random weights and that nothing but training changed them.

    Makes the initial weights anew from configuration and seed, follows the digests from stage to stage to the last
    checkpoint, and lists files of weights from outside. Exit status 1 when something speaks against it.

    Example: devkit model check runs/demo
    """
    from model.provenance import check_scratch, last_weights

    found = check_scratch(run, last_weights(run))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        for finding in found.findings:
            typer.echo(str(finding))
        stages = ", ".join(found.stages) or "no stage yet"
        verdict = "trained from nothing" if not found.findings else "NOT shown to be trained from nothing"
        typer.echo(f"{verdict}: {found.weights} initial weights made anew, stages followed: {stages}")
    raise typer.Exit(1 if found.findings else 0)


@app.command()
def card(
    run: RunFolder,
    checkpoint: Annotated[Path | None, typer.Option(help="Which checkpoint; the last one by default.")] = None,
) -> None:
    """Write the weights card (README.md) beside a checkpoint: data, hours, stages, proof, licence.

    Example: devkit model card runs/demo
    """
    from model.card import write_card

    typer.echo(str(write_card(run, checkpoint)))


@app.command()
def memory(
    config: Annotated[str, typer.Argument(help="tiny, small, base …, or a YAML file.", metavar="CONFIG")],
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A value that differs: machine.recompute=true. Repeat it.")
    ] = None,
    length: Annotated[int, typer.Option(min=2, help="Tokens of a sequence, pictures included.")] = 512,
    processes: Annotated[int, typer.Option(min=1, help="Processes; they matter with machine.parallel=fsdp.")] = 1,
) -> None:
    """Tell what memory each stage of a configuration takes, without data and without a GPU.

    Example: devkit model memory base --length 420 --set machine.recompute=true
    """
    from model.babyvlm.architecture import parameter_counts
    from model.config import load_config
    from model.memory import Shape, describe, stage_memory

    loaded = load_config(config, change or ())
    vocabulary = loaded.tokenizer.vocabulary
    shapes = {name: _shape(stage.micro, length, name, loaded.tower.tokens) for name, stage in loaded.stages.items()}
    way: Literal["fsdp", "alone"] = "fsdp" if loaded.machine.parallel == "fsdp" and processes > 1 else "alone"
    found = {
        name: stage_memory(loaded, name, vocabulary, Shape(*shape), way=way, size=processes)
        for name, shape in shapes.items()
    }
    counts = parameter_counts(loaded, vocabulary)
    typer.echo(f"{sum(counts.values()):,} parameters: " + ", ".join(f"{part} {n:,}" for part, n in counts.items()))
    typer.echo(describe(found))


def _shape(micro: int, length: int, stage: str, image: int) -> tuple[int, int, int, int]:
    """Return rows, length, pictures and counted tokens of a forward pass with as many pictures as fit."""
    pictures = 0 if stage == "language" else micro * max(1, (length - 24) // image)
    return micro, length, pictures, micro * (length if stage == "language" else 24)
