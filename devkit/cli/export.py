"""``devkit export``: a lab's records for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="csv, parquet, psychds, bids, peekbank, levante, devcv, results or r.")],
    lab: Annotated[Path, typer.Argument(help="The lab.")],
    out: Annotated[Path, typer.Option(help="A new folder, or one that holds an earlier export of this kind.")],
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Export a lab's records. Names, birth dates and contacts never leave; the rest is as lab.toml allows.

    Example: devkit export csv my-lab --out my-lab-csv
    """
    from dataclasses import asdict

    from devkit.export import export as write
    from devkit.lab import Lab

    done = write(Lab.open(lab), kind, out)
    if as_json:
        typer.echo(json.dumps(asdict(done)))
        return
    for table, rows in done.rows.items():
        typer.echo(f"{table}: {rows} rows")
    if done.withheld:
        typer.echo(f"withheld by the lab's privacy settings: {', '.join(done.withheld)}")
    if done.left_out:
        typer.echo(f"the format has no place for: {', '.join(done.left_out)}")
    typer.echo(f"written to {out}")
