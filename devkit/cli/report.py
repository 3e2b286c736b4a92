"""``devkit report``: the side-by-side report of a lab as one page, its figures and tables as files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def report(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    out: Annotated[
        Path | None, typer.Option(help="The page to write; reports/report.html of the lab by default.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the page; the lab's name by default.")] = "",
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=200, max=100_000, help="Bootstrap draws of group estimates.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write the report of LAB: the answer, accuracy beside chance, development, sessions, methods.

    Example: devkit report my-lab --out my-lab/reports/report.html
    """
    from analysis.lab import load
    from analysis.options import Options
    from analysis.report import write_report
    from analysis.study import study
    from devkit.lab import Lab
    from devkit.progress import progress

    trials, facts = load(Lab.open(lab))
    with progress("accuracies", None) as advance:
        results = study(trials, facts, Options(level=level, draws=draws, seed=seed), advance)
    target = out or lab / "reports" / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    written = write_report(results, target, title=title)
    if as_json:
        found = {"page": str(written.page), "folder": str(written.folder), "files": list(written.files)}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{written.page}  ({len(written.files)} figures and tables in {written.folder})")
