"""``devkit report``: one page on a lab, on one person or on one model; with figures and tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from analysis.options import Options
    from analysis.report import Written

app = typer.Typer(add_completion=False)


@app.command()
def report(
    lab: Annotated[Path, typer.Argument(help="Folder of the lab.")],
    out: Annotated[Path | None, typer.Option(help="The page to write; in the lab's folder reports by default.")] = None,
    title: Annotated[str, typer.Option(help="Title of the page; the lab's name by default.")] = "",
    participant: Annotated[
        str | None, typer.Option(help="Code of one person: a summary of that person alone, for the examiner.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of one model: a card of that model alone.")] = None,
    plan: Annotated[Path | None, typer.Option(help="A plan stated before the data (YAML); it is done first.")] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(help="A topic of devkit analyse, 'all' or 'none'; by default all but age and measurement."),
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=200, max=100_000, help="Bootstrap draws of group estimates.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write the report of LAB: the answer, accuracy beside chance, development, items, data quality, methods.

    Examples: devkit report my-lab --out my-lab/reports/report.html ·
    devkit report my-lab --participant C012 · devkit report my-lab --model babyvlm-tiny ·
    devkit report my-lab --plan plan.yaml
    """
    from analysis.options import Options

    if sum(one is not None for one in (participant, model, plan)) > 1:
        raise UserError("--participant, --model and --plan are three different reports", hint="give one of them")
    if (participant or model) and (topic or title):
        raise UserError("--topic and --title are for the report of a whole lab")
    options = Options(level=level, draws=draws, seed=seed)
    target = out or lab / "reports" / f"{_name(participant, model, plan)}.html"
    if participant is not None:
        written = _one_person(lab, participant, options, target)
    elif model is not None:
        written = _one_model(lab, model, options, target)
    else:
        written = _whole(lab, target, title, tuple(topic) if topic else None, plan, options)
    if as_json:
        found = {"page": str(written.page), "folder": str(written.folder), "files": list(written.files)}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{written.page}  ({len(written.files)} figures and tables in {written.folder})")


def _name(participant: str | None, model: str | None, plan: Path | None) -> str:
    given = [("participant", participant), ("model", model), ("plan", plan.stem if plan is not None else None)]
    for kind, name in given:
        if name is not None:
            return f"{kind}-{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('.-') or 'x'}"
    return "report"


def _whole(
    lab: Path, target: Path, title: str, topics: tuple[str, ...] | None, plan: Path | None, options: Options
) -> Written:
    from analysis.lab import load
    from analysis.plans import load_plan, run_plan
    from analysis.report import write_report
    from analysis.report.extras import DEFAULT, compute_extras
    from analysis.study import study_of
    from analysis.topics import names_of
    from devkit.lab import Lab
    from devkit.progress import progress

    names = names_of([one for one in (DEFAULT if topics is None else topics) if one != "none"])
    opened = Lab.open(lab)
    ran = None
    if plan is not None:
        stated = load_plan(plan)
        with progress("models of the plan", len(stated.models)) as advance:
            ran = run_plan(stated, opened, gaze=True, advance=advance)
        base = ran.base
    else:
        from analysis.base import lay_out

        base = lay_out(*load(opened, gaze=True), options)
    with progress("accuracies", None) as advance:
        results = study_of(base, advance)
    with progress("topics", len(names)) as advance:
        extras = compute_extras(base, names, ran, advance)
    target.parent.mkdir(parents=True, exist_ok=True)
    return write_report(results, target, title=title, extras=extras)


def _one_person(lab: Path, code: str, options: Options, target: Path) -> Written:
    from analysis.base import lay_out
    from analysis.lab import load
    from analysis.report.child import child_page
    from analysis.report.write import write_page
    from devkit.lab import Lab

    page = child_page(lay_out(*load(Lab.open(lab)), options), code)
    target.parent.mkdir(parents=True, exist_ok=True)
    return write_page(page, target)


def _one_model(lab: Path, name: str, options: Options, target: Path) -> Written:
    from analysis.lab import load
    from analysis.report.model_card import model_page
    from analysis.report.write import write_page
    from devkit.lab import Lab

    page = model_page(*load(Lab.open(lab)), options, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    return write_page(page, target)
