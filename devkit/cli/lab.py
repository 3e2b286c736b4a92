"""``devkit lab``: make, check, rebuild, merge and fill labs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Make, check, rebuild, merge and fill labs.", no_args_is_help=True)
LabArgument = Annotated[Path, typer.Argument(help="The lab's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def init(
    lab: LabArgument,
    name: Annotated[str, typer.Option(help="Name for people; the folder's name otherwise.")] = "",
    language: Annotated[list[str] | None, typer.Option(help="BCP 47; repeat it, the usual one first.")] = None,
    codes: Annotated[str, typer.Option(help="How codes of participants are made: random or counter.")] = "random",
    prefix: Annotated[str, typer.Option(help="What every code begins with.")] = "P-",
    as_json: Json = False,
) -> None:
    """Make a lab in a new folder.

    Example: devkit lab init my-lab --name "Infant Lab" --language en --language es
    """
    from devkit.lab import Lab
    from devkit.lab.settings import code_scheme

    made = Lab.create(lab, name=name, languages=language or ["en"], codes=code_scheme(codes, prefix))
    typer.echo(json.dumps({"lab": str(lab), "lab_id": made.lab_id}) if as_json else f"made the lab {lab}")


@app.command()
def rebuild(lab: LabArgument, as_json: Json = False) -> None:
    """Make the index anew from the journals.

    Example: devkit lab rebuild my-lab
    """
    from devkit.lab import Lab
    from devkit.progress import progress

    opened = Lab.open(lab)
    with progress("reading journals", len(opened.index.journal_paths())) as advance:
        done = opened.rebuild(advance=advance)
    sessions = opened.index.sessions()
    trials = sum(session.trials for session in sessions)
    problems = opened.index.problems()
    if as_json:
        typer.echo(json.dumps({"sessions": done.read, "trials": trials, "problems": len(problems)}))
        return
    typer.echo(f"{len(sessions)} sessions, {trials} trials")
    if problems:
        typer.echo(f"{len(problems)} problems; 'devkit lab check {lab}' names them", err=True)


@app.command()
def check(
    lab: LabArgument,
    mend: Annotated[
        bool, typer.Option("--repair", help="First mend what can be mended without losing anything.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look over every journal, record and medium, and the index. Exit status 1 when something is wrong.

    Example: devkit lab check my-lab
    """
    from devkit.lab import Lab
    from devkit.lab.check import check as look_over
    from devkit.lab.check import repair, to_json
    from devkit.progress import progress

    opened = Lab.open(lab)
    moved = repair(opened) if mend else []
    with progress("checking journals", len(opened.index.journal_paths())) as advance:
        found = look_over(opened, advance=advance)
    if as_json:
        typer.echo(to_json(found))
    else:
        for path in moved:
            typer.echo(f"moved aside: {path}")
        for problem in found.problems:
            typer.echo(f"wrong: {problem}")
        for note in found.notes:
            typer.echo(f"note: {note}")
        verdict = f"{len(found.problems)} problems" if found.problems else "nothing wrong"
        typer.echo(f"{found.sessions} sessions, {found.trials} trials: {verdict}")
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def merge(
    lab: LabArgument,
    others: Annotated[list[Path], typer.Argument(help="Labs to take in; they stay as they are.")],
    without_people: Annotated[
        bool, typer.Option("--without-people", help="Leave names, birth dates and contacts where they are.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take the sessions, participants and media of other labs into a lab. Exit status 1 when something is disputed.

    Example: devkit lab merge my-lab station-2 station-3
    """
    from dataclasses import asdict

    from devkit.lab import Lab
    from devkit.lab.merge import merge as join
    from devkit.progress import progress

    opened, taken = Lab.open(lab), [Lab.open(other) for other in others]
    total = sum(len(other.index.journal_paths()) for other in taken)
    with progress("merging sessions", total) as advance:
        done = join(opened, taken, people=not without_people, advance=advance)
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        typer.echo(f"{done.added} sessions added, {done.grown} grown, {done.same} known already")
        typer.echo(f"{done.participants} participants and {done.media} media added")
        for problem in done.problems:
            typer.echo(f"disputed: {problem}")
    raise typer.Exit(1 if done.problems else 0)


@app.command("import")
def import_(
    lab: LabArgument,
    kind: Annotated[str, typer.Argument(help="What the source is: visual-precision.")],
    source: Annotated[Path, typer.Argument(help="Folder or file of the source.")],
    bank: Annotated[
        Path | None, typer.Option(help="A bank of the same items; else the lab's own of that name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring sessions that were recorded elsewhere into a lab; doing it twice adds nothing.

    Example: devkit lab import my-lab visual-precision ../visual-precision
    """
    from dataclasses import asdict

    from devkit.lab import Lab
    from devkit.lab.imports import ImportOptions, importer
    from devkit.progress import progress

    opened, bring = Lab.open(lab), importer(kind)
    with progress("importing sessions", None) as advance:
        done = bring(opened, source, ImportOptions(bank, advance))
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    typer.echo(f"{done.sessions} sessions with {done.trials} trials added, {done.there} were there already")
    typer.echo(f"{done.participants} participants added")
    for what, number in done.counts.items():
        typer.echo(f"  {what}: {number}")
    for problem in done.problems:
        typer.echo(f"not used: {problem}")
