"""``devkit model``: the models of a lab, where their weights come from, and what training takes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from devkit.shelf import Shelved

app = typer.Typer(help="List, take in, check and describe models.", no_args_is_help=True)
RunFolder = Annotated[Path, typer.Argument(help="Folder of devkit train --out.", metavar="RUN")]


@app.command("list")
def list_(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """List the models in a lab, each checkpoint with its step, the hours it has seen, and its digest.

    Example: devkit model list my-lab
    """
    from devkit.lab import Lab
    from model.shelf import shelf

    _show(shelf(Lab.open(lab).path), as_json)


@app.command()
def add(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    source: Annotated[str, typer.Argument(help="A run, a Hugging Face folder, OpenCLIP weights, or an address.")],
    name: Annotated[str, typer.Option(help="What the lab calls it; the source's own name by default.")] = "",
    model: Annotated[str, typer.Option(help="Architecture of a single OpenCLIP file, or the server's model.")] = "",
    key_variable: Annotated[
        str, typer.Option(help="Environment variable with a server's key; the key itself is kept nowhere.")
    ] = "OPENAI_API_KEY",
    copy: Annotated[
        bool, typer.Option("--copy/--leave", help="Copy the weights, or leave them where they are.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Take a model into a lab: a training run, a Hugging Face folder, OpenCLIP weights (safetensors), or a server.

    Example: devkit model add my-lab ~/models/SmolVLM --leave ·
    devkit model add my-lab https://models.example.org/v1 --model large --key-variable LARGE_KEY
    """
    from devkit.lab import Lab
    from devkit.progress import progress
    from model.shelf import files_of, take_in

    opened, local = Lab.open(lab), Path(source).expanduser()
    total = sum(path.stat().st_size for path in files_of(local)) if copy and local.exists() else None
    with progress("bytes", total) as advance:
        rows = take_in(
            opened.path, source, name=name, model=model, key_variable=key_variable, copy=copy, advance=advance
        )
    _show(rows, as_json)


def _show(rows: tuple[Shelved, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False))
        return
    for row in rows:
        known = [row.kind, row.stage, f"step {row.step:,}" if row.step is not None else ""]
        known += [f"{row.hours_seen:.2f} h seen" if row.hours_seen is not None else "", row.digest[:12], row.problem]
        typer.echo(f"{row.name}: {', '.join(part for part in known if part)}\n  {row.respondent or row.place}")


@app.command()
def means(as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """Tell what this machine has for models, and how long the built-in trainings would take at least.

    Example: devkit model means
    """
    from model.means import means as measure

    found = measure()
    if as_json:
        typer.echo(found.model_dump_json())
        return
    devices = ", ".join(f"{gpu.name} ({gpu.memory_gib:g} GiB)" for gpu in found.gpus) or "no GPU"
    typer.echo(f"{devices}; {found.cores} cores, {found.memory_gib:g} GiB; {found.operations_per_s:.3g} operations/s")
    for one in found.burdens:
        fits = "" if one.fits else "; more memory than there is"
        told = f"{one.parameters:,} parameters, {one.memory_gib:g} GiB, at least {one.hours:.2g} h of instruction"
        typer.echo(f"{one.config}: {told}{fits}")


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
