"""``devkit ablate``: train with one thing left out or changed at a time, over several seeds, and print one table."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError
from devkit.files import write_whole

if TYPE_CHECKING:
    from model.ablation import Outcome

app = typer.Typer(help="Find out what a training owes to each of its parts.")


@app.command()
def ablate(
    config: Annotated[str, typer.Argument(help="tiny, demo …, or a YAML file.", metavar="CONFIG")],
    data: Annotated[Path, typer.Option(help="Folder made by devkit corpus build.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of all runs; an unfinished ablation goes on.")],
    variant: Annotated[
        list[str] | None, typer.Option(help="What to change, beside the full training; all of them when left out.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 3,
    items: Annotated[int, typer.Option(min=10, help="Items of each task form in the test at the end.")] = 100,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A value that differs: stages.joint.steps=50. Repeat it.")
    ] = None,
    processes: Annotated[int, typer.Option(min=0, help="Processes of one run; 0 for one a core without a GPU.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Train one configuration with one thing changed at a time, each over several seeds.

    The test at the end of a run is made from the validation recordings. The table is written as OUT/ablation.csv.

    Example: devkit ablate demo --data toybox-data --out runs/ablation --variant no-names --variant no-vision
    """
    from devkit.cli.train import Bars
    from model.ablation import ablate as run_ablation
    from model.ablation import applicable, table, variants
    from model.config import load_config
    from model.launch import default_processes

    loaded, wanted = load_config(config, change or ()), variants(variant or [])
    able = [v for v, _ in applicable(loaded, wanted)]
    if variant and (idle := [v.name for v in wanted if v not in able]):
        raise UserError(f"{', '.join(idle)}: the configuration '{loaded.name}' has nothing to leave out there")
    found: list[Outcome] = []
    bars = Bars()

    def watch(name: str, seed: int) -> Bars:
        nonlocal bars
        bars.stack.close()
        typer.echo(f"{name}, seed {seed}", err=True)
        bars = Bars()
        return bars

    try:
        for outcomes in run_ablation(
            loaded, data, out, able, seeds=seeds, items=items, processes=processes or default_processes(), watch=watch
        ):
            found += outcomes
            write_whole(out / "ablation.csv", _csv(table(found)).encode())
    finally:
        bars.stack.close()
    if as_json:
        typer.echo(json.dumps([asdict(outcome) for outcome in found], indent=2))
        return
    for name, meaning in ((v.name, v.meaning) for v in able):
        typer.echo(f"{name}: {meaning}")
    typer.echo(_text(table(found)))


def _csv(lines: list[list[str]]) -> str:
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()


def _text(lines: list[list[str]]) -> str:
    """Lay the table out with a line for each form, since there are more forms than a terminal is wide."""
    turned = list(zip(*lines, strict=True))
    widths = [max(len(row[place]) for row in turned) for place in range(len(lines))]
    return "\n".join(
        "  ".join(cell.ljust(width) if not place else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in turned
    )  # fmt: skip
