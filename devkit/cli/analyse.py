"""``devkit analyse``: the developmental statistics of a lab, on the terminal, as JSON or as CSV files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from analysis.accuracy import Cell
    from analysis.tables import Table

app = typer.Typer(add_completion=False)


@app.command()
def analyse(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    out: Annotated[Path | None, typer.Option(help="Folder for all tables as CSV.")] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=200, max=100_000, help="Bootstrap draws of group estimates.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print every accuracy as JSON.")] = False,
) -> None:
    """Compute the statistics of LAB and print them, chance beside every score.

    Example: devkit analyse my-lab --out my-lab/exports/statistics
    """
    from analysis.lab import load
    from analysis.options import Options
    from analysis.report.page import study_tables
    from analysis.study import study
    from devkit.lab import Lab
    from devkit.progress import progress

    trials, facts = load(Lab.open(lab))
    with progress("accuracies", None) as advance:
        results = study(trials, facts, Options(level=level, draws=draws, seed=seed), advance)
    tables = study_tables(results)
    if out is not None:
        _write(out, tables)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in results.cells], ensure_ascii=False))
        return
    for note in results.notes:
        typer.echo(f"note: {note}", err=True)
    for table in tables:
        if table.name.startswith(("verdicts", "accuracy-full", "aggregates", "looking", "replies")):
            _show(table)
    if not tables:
        typer.echo("this lab holds no trials yet")


def _write(folder: Path, tables: tuple[Table, ...]) -> None:
    from devkit.errors import UserError

    if folder.exists() and not folder.is_dir():
        raise UserError("is a file; name a folder", place=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        (folder / f"{table.name}.csv").write_text(table.csv(), encoding="utf-8")


def _plain(one: Cell) -> dict[str, Any]:
    """One accuracy as JSON."""
    result = one.result
    interval = result.interval
    return {
        "respondent": one.group.label,
        "kind": one.group.kind,
        "model": one.group.model or None,
        "model_hours_seen": one.group.hours,
        "model_step": one.group.step,
        "random_weights": one.group.random,
        "scored_by": one.way,
        "task": one.task,
        "form": one.form,
        "score": one.measure,
        "estimate": result.estimate,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "level": interval.level if interval else None,
        "chance": result.chance,
        "p": result.p_value,
        "p_holm": one.p_holm,
        "n": {count.unit: count.number for count in result.n},
        "asked": one.asked,
        "answered": one.answered,
        "above_chance": one.beats,
        "held_out": one.held_out,
        "counted": one.counted,
        "method": result.method,
        "warnings": list(result.warnings),
        "reason": result.reason,
    }


def _show(table: Table) -> None:
    """Print a table with aligned columns."""
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(title=table.title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in table.columns:
        grid.add_column(column.label, justify="right" if column.number else "left", overflow="fold")
    for row in table.rows:
        cells = [value.text + (f" [{value.small}]" if value.small else "") for value in row.values]
        grid.add_row(*(Text(cell) for cell in cells))
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(grid)
    if table.note:
        console.print(Text(table.note, style="dim"))
    console.print()
