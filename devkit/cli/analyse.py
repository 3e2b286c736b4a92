"""``devkit analyse``: the statistics of a lab or a published study, on the terminal, as JSON or as CSV files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from analysis.accuracy import Cell
    from analysis.base import Base
    from analysis.options import Options
    from analysis.sections import Section
    from analysis.tables import Table

app = typer.Typer(add_completion=False)


@app.command()
def analyse(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A lab, a plan (YAML), or the folder of a published study.")],
    topic: Annotated[
        list[str] | None, typer.Option(help="What to compute beyond accuracy; 'all', or see below.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for all tables as CSV.")] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=200, max=100_000, help="Bootstrap draws of group estimates.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    bound: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Equivalence bound, stated beforehand.")] = None,
    lapse: Annotated[float, typer.Option(min=0.0, max=0.1, help="Upper bound of a fitted lapse rate of curves.")] = 0.0,
    corrected_age: Annotated[bool, typer.Option("--corrected-age", help="Use ages corrected for prematurity.")] = False,
    any_timing: Annotated[bool, typer.Option("--any-timing", help="Let reaction times of the lowest tier in.")] = False,
    lab: Annotated[Path | None, typer.Option(help="The lab of a plan, where the plan does not name it.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Read a plan, say what is wrong, compute nothing.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print formula, checks and reference of each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Compute the statistics of SOURCE and print them, chance beside every score.

    A plan is an analysis stated before the data: it is done to the letter, and topics beside it are marked exploratory.

    Topics: age, compare, items, measurement, tasks, looking, times, quality, sensitivity, all.

    Examples: devkit analyse my-lab --out my-lab/exports/statistics ·
    devkit analyse my-lab --topic compare --topic items --bound 0.1 ·
    devkit analyse plan.yaml --check · devkit analyse dev-bench --json
    """
    if source.suffix in (".yaml", ".yml"):
        from devkit.cli.plan_runs import analyse_plan

        analyse_plan(context, source, lab, tuple(topic or ()), out, check=check, explain=explain, as_json=as_json)
        return
    if check or lab is not None:
        raise UserError("is no plan; --check and --lab are for plans", place=str(source), hint="a plan ends in .yaml")
    from analysis.options import Options
    from analysis.studies import study_in

    options = Options(
        level=level, draws=draws, seed=seed, bound=bound, lapse_most=lapse, corrected_age=corrected_age,
        any_timing=any_timing,
    )  # fmt: skip
    name = study_in(source)
    if name:
        from analysis.studies import sections

        show_sections(sections(name, source, options), out, explain, as_json)
    elif topic:
        show_sections(_topics(source, topic, options, out), out, explain, as_json)
    else:
        _summary(source, out, options, as_json)


def _topics(lab: Path, topics: list[str], options: Options, out: Path | None) -> tuple[Section, ...]:
    from analysis.base import lay_out
    from analysis.lab import load
    from analysis.topics import GAZE, names_of, sections
    from devkit.lab import Lab
    from devkit.progress import progress

    names = names_of(topics)
    trials, facts = load(Lab.open(lab), gaze=bool(GAZE & set(names)))
    base = lay_out(trials, facts, options)
    for note in base.notes:
        typer.echo(f"note: {note}", err=True)
    if out is not None and "sensitivity" in names:
        _flows(base, out)
    with progress("topics", len(names)) as advance:
        return sections(base, names, advance)


def _flows(base: Base, folder: Path) -> None:
    """Write the exclusions flow of each group of persons as a figure beside the tables."""
    from analysis.figures import flow_figure, save
    from analysis.reliability.sensitivity import exclusion_flow

    folder.mkdir(parents=True, exist_ok=True)
    for group in base.people:
        steps = exclusion_flow(base.frame[base.frame["group"] == group.key])
        drawn = flow_figure(steps, group.people, f"exclusions-flow-{group.key}")
        if drawn is not None:
            save(drawn, folder)


def show_sections(found: tuple[Section, ...], out: Path | None, explain: bool, as_json: bool) -> None:
    """Print sections, or write them as CSV and JSON."""
    from analysis.sections import as_json as plain

    if out is not None:
        write_tables(out, tuple(one.table() for one in found))
    if as_json:
        typer.echo(json.dumps([row for one in found for row in plain(one)], ensure_ascii=False))
        return
    for one in found:
        if explain:
            typer.echo("\n".join([one.title, *(finding.result.explain() for finding in one.findings), ""]))
        else:
            show(one.table())
    if not found:
        typer.echo("there is nothing to compute: no trials that these topics are about")


def _summary(lab: Path, out: Path | None, options: Options, as_json: bool) -> None:
    from analysis.lab import load
    from analysis.report.page import study_tables
    from analysis.study import study
    from devkit.lab import Lab
    from devkit.progress import progress

    trials, facts = load(Lab.open(lab))
    with progress("accuracies", None) as advance:
        results = study(trials, facts, options, advance)
    tables = study_tables(results)
    if out is not None:
        write_tables(out, tables)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in results.cells], ensure_ascii=False))
        return
    for note in results.notes:
        typer.echo(f"note: {note}", err=True)
    for table in tables:
        if table.name.startswith(("verdicts", "accuracy-full", "aggregates", "looking", "replies")):
            show(table)
    if not tables:
        typer.echo("this lab holds no trials yet")


def write_tables(folder: Path, tables: tuple[Table, ...]) -> None:
    """Write tables as CSV files into a folder."""
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
        "p_by_source_frame": one.p_clustered,
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


def show(table: Table) -> None:
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
