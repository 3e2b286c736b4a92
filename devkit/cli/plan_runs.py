"""``devkit analyse plan.yaml``: an analysis plan, checked or done; no command of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from devkit.cli.analyse import show_sections, write_tables
from devkit.errors import UserError

if TYPE_CHECKING:
    from analysis.plans import Plan, PlanRun
    from analysis.sections import Section

SETTINGS = {
    "level": "settings.level", "draws": "settings.draws", "seed": "settings.seed", "lapse": "settings.lapse",
    "bound": "bounds", "corrected_age": "settings.age", "any_timing": "settings.timing",
}  # fmt: skip


def analyse_plan(
    context: typer.Context,
    source: Path,
    lab: Path | None,
    topics: tuple[str, ...],
    out: Path | None,
    *,
    check: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """Check a plan, or do it on its lab and say what is confirmatory and what is not."""
    from analysis.plans import load_plan

    _refuse_settings(context, source)
    plan = load_plan(source)
    if check:
        _say_plan(plan, source)
        return
    ran, further = run(plan, source, lab, topics)
    for note in (*ran.notes, *ran.base.notes):
        typer.echo(f"note: {note}", err=True)
    found = (*ran.sections(), *further)
    if as_json:
        if out is not None:
            write_tables(out, tuple(one.table() for one in found))
        typer.echo(json.dumps(_plain(ran, further), ensure_ascii=False))
        return
    typer.echo(f"plan {plan.plan} version {plan.version}, digest {ran.run.plan_digest[:16]}")
    typer.echo(f"data: {ran.run.sessions:,} sessions, {ran.run.trials:,} trials, digest {ran.run.data_digest[:16]}\n")
    show_sections(found, out, explain, as_json=False)


def run(plan: Plan, source: Path, lab: Path | None, topics: tuple[str, ...]) -> tuple[PlanRun, tuple[Section, ...]]:
    """Run a plan on its lab; further topics come back marked as exploratory."""
    from analysis.plans import run_plan
    from analysis.plans.run import exploratory
    from analysis.topics import GAZE, names_of, sections
    from devkit.lab import Lab
    from devkit.progress import progress

    names = names_of(topics)
    opened = Lab.open(lab_of(plan, source, lab))
    with progress("models of the plan", len(plan.models)) as advance:
        ran = run_plan(plan, opened, gaze=bool(GAZE & set(names)), advance=advance)
    return ran, exploratory(sections(ran.base, names))


def lab_of(plan: Plan, source: Path, lab: Path | None) -> Path:
    """Return the lab of a plan: from the command line, else from the plan, relative to its file."""
    if lab is None and plan.lab is None:
        raise UserError("the plan names no lab", place=str(source), hint="add --lab LAB, or the key 'lab' to the plan")
    return lab if lab is not None else source.parent / str(plan.lab)


def _refuse_settings(context: typer.Context, source: Path) -> None:
    for option, key in SETTINGS.items():
        given = context.get_parameter_source(option)
        if given is not None and given.name == "COMMANDLINE":
            flag = f"--{option.replace('_', '-')}"
            raise UserError(f"{flag} cannot change what a plan states", place=str(source), hint=f"see its key '{key}'")


def _say_plan(plan: Plan, source: Path) -> None:
    typer.echo(f"{source}: a plan that can be run")
    rules = len(plan.exclusions.trials) + len(plan.exclusions.respondents)
    typer.echo(f"  {rules} exclusions, {len(plan.outcomes)} outcomes, {len(plan.models)} models")
    for name, one in plan.families.items():
        typer.echo(f"  family {name}: {', '.join(one.models)} ({one.correction}, alpha {one.alpha:g})")


def _plain(ran: PlanRun, further: tuple[Section, ...]) -> dict[str, object]:
    """A run as JSON: what the plan stated, and apart from it what it did not."""
    from analysis.sections import as_json as rows
    from analysis.sections import result_json

    stated = [
        {"model": p.name, "family": p.family, "verdict": p.verdict, "p_corrected": p.p_corrected}
        | result_json(p.result)
        for p in ran.found
    ]
    return {
        "plan": ran.plan.plan,
        "version": ran.plan.version,
        "plan_digest": ran.run.plan_digest,
        "data_digest": ran.run.data_digest,
        "first_run": ran.first.at.isoformat(),
        "changes": list(ran.changes),
        "notes": list(ran.notes),
        "exclusions": [
            {"rule": a.words, "code": a.code, "trials": a.trials, "persons": a.persons} for a in ran.applied
        ],
        "confirmatory" if ran.confirmatory else "exploratory_plan": stated,
        "exploratory": [row for one in further for row in rows(one)],
    }
