"""``devkit compare``: respondents side by side, chart by chart, with the trials behind every point."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from analysis.sidebyside import Range
    from devkit.sidebyside import Compared

app = typer.Typer(add_completion=False)
PARTS = 7


@app.command()
def compare(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    respondent: Annotated[
        list[str] | None, typer.Option(help="child, adult, model, baseline … or a model's name; repeat it.")
    ] = None,
    task: Annotated[list[str] | None, typer.Option(help="Only these tasks, as task or task/form; repeat it.")] = None,
    ages: Annotated[str, typer.Option(help="Only children of these ages, months: 24-36.")] = "",
    hours: Annotated[str, typer.Option(help="Only models that have seen so many hours: 0-10.")] = "",
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=200, max=100_000, help="Bootstrap draws of group estimates.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    any_timing: Annotated[bool, typer.Option("--any-timing", help="Let reaction times of the lowest tier in.")] = False,
    out: Annotated[Path | None, typer.Option(help="CSV file with a row for every point.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all charts and what is behind their points.")] = False,
) -> None:
    """Put children, adults, models and baselines side by side: accuracy over age and hours, items, answers, times.

    Example: devkit compare my-lab --respondent child --respondent model --task subitizing --ages 24-36 --out points.csv
    """
    from analysis.lab import load
    from analysis.options import Options
    from analysis.sidebyside import compare as put_side_by_side
    from devkit.lab import Lab
    from devkit.progress import progress
    from devkit.sidebyside import csv_of

    limits = _range(ages, "--ages"), _range(hours, "--hours")
    trials, facts = load(Lab.open(lab))
    options = Options(level=level, draws=draws, seed=seed, any_timing=any_timing)
    with progress("comparing", PARTS) as advance:
        found = put_side_by_side(
            trials, facts, options, wanted=respondent or (), ages=limits[0], hours=limits[1], advance=advance
        )
    found = _of_tasks(found, task or [])
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(csv_of(found, found.charts), encoding="utf-8")
    if as_json:
        typer.echo(found.model_dump_json())
    elif out is not None:
        typer.echo(str(out))
    else:
        typer.echo(_told(found))


def _of_tasks(found: Compared, wanted: list[str]) -> Compared:
    if not wanted:
        return found
    charts = tuple(c for c in found.charts if c.form[0] in wanted or "/".join(c.form) in wanted)
    if not charts:
        known = sorted({c.form[0] for c in found.charts if c.form[0]})
        raise UserError("nobody took that task", place="--task", hint=f"there are {', '.join(known) or 'none'}")
    return found.model_copy(update={"charts": charts})


def _range(text: str, place: str) -> Range | None:
    from analysis.sidebyside import Range

    if not text:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)\s*", text)
    if found is None or float(found[1]) > float(found[2]):
        raise UserError(f"'{text}' is no range", place=place, hint="the lower number first: 24-36")
    return Range(float(found[1]), float(found[2]))


def _told(found: Compared) -> str:
    """Say the accuracy charts in lines; the rest is for files and programs."""
    labels = {one.key: one.label for one in found.respondents}
    lines = [f"{one.label}: {one.members} × {one.trials:,} test trials" for one in found.respondents]
    for chart in found.charts:
        if chart.kind not in ("scores", "ages", "hours"):
            continue
        guess = f" (chance {chart.chance:.0%})" if chart.chance is not None else ""
        lines.append(f"\n{chart.title}{guess}")
        for line in chart.lines:
            for s in line.spots:
                limits = f" [{s.low:.0%}, {s.high:.0%}]" if s.low is not None and s.high is not None else ""
                lines.append(f"  {labels.get(line.respondent, line.respondent)}, {s.label}: {s.y:.0%}{limits} · {s.n}")
    return "\n".join(lines) if found.respondents else "this lab holds no test trials yet"
