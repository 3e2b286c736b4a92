"""``devkit lab``: make, look over, check, rebuild, merge, fill, back up and restore labs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import UserError

app = typer.Typer(help="Make, look over, check, merge, fill and back up labs.", no_args_is_help=True)
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
    kind: Annotated[
        str,
        typer.Argument(
            help="What the source is: devkit, peekbank, levante, psychopy, jspsych, devbench or visual-precision."
        ),
    ],
    source: Annotated[Path, typer.Argument(help="Folder or file of the source.")],
    bank: Annotated[
        Path | None, typer.Option(help="A bank of the same items; else the lab's own of that name.")
    ] = None,
    form: Annotated[str, typer.Option("--as", help="TASK/FORM of the rows, where the source does not say it.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="PART=COLUMN: where participant, target, response, correct, rt … stand; repeat it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring sessions that were recorded elsewhere into a lab; doing it twice adds nothing.

    Example: devkit lab import my-lab psychopy data/P1_vocabulary.csv --as picture_vocabulary/standard
    """
    from dataclasses import asdict

    from devkit.lab import Lab
    from devkit.lab.imports import ImportOptions, importer
    from devkit.progress import progress

    opened, bring = Lab.open(lab), importer(kind)
    pairs = [text.partition("=") for text in column or ()]
    for part, equals, _ in pairs:
        if not equals:
            raise UserError(f"'--column {part}' names no column", hint="PART=COLUMN, such as rt=key_resp.rt")
    columns = {part: name for part, _, name in pairs}
    with progress("importing sessions", None) as advance:
        done = bring(opened, source, ImportOptions(bank, advance, form, columns))
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    typer.echo(f"{done.sessions} sessions with {done.trials} trials added, {done.there} were there already")
    typer.echo(f"{done.participants} participants added")
    for what, number in done.counts.items():
        typer.echo(f"  {what}: {number}")
    for problem in done.problems:
        typer.echo(f"not used: {problem}")


@app.command()
def status(lab: LabArgument, as_json: Json = False) -> None:
    """Say how the study stands: recruitment against the plan, sessions of the day, what broke off, what looks doubtful.

    Example: devkit lab status my-lab
    """
    from dataclasses import asdict
    from datetime import datetime

    from devkit.lab import Lab
    from devkit.lab.status import status as at_a_glance

    found = at_a_glance(Lab.open(lab), datetime.now().astimezone().date())
    if as_json:
        typer.echo(json.dumps(asdict(found), default=lambda value: value.model_dump(), ensure_ascii=False))
        return
    sessions = ", ".join(f"{number} {kind}" for kind, number in sorted(found.sessions.items())) or "none"
    typer.echo(f"{found.participants} participants; sessions: {sessions}; {found.trials} trials")
    for one in found.recruited:
        low, high = one.group.age_months
        name = one.group.name or f"{one.group.kind}, {low}–{high} months"
        typer.echo(f"  {name}: {one.done} of {one.group.participants}")
    for title, lines in (("today", found.today), ("broke off", found.unfinished), ("doubtful", found.doubtful)):
        for line in lines:
            doubts = f" ({', '.join(line.doubts)})" if line.doubts else ""
            typer.echo(f"  {title}: {line.respondent_code} {line.protocol}, {line.trials} trials{doubts}")


@app.command("set")
def set_(
    lab: LabArgument,
    values: Annotated[list[str], typer.Argument(help="NAME=VALUE, such as name='Infant Lab' or privacy.notes=true.")],
) -> None:
    """Change settings of a lab; comments and everything else in lab.toml stay.

    Example: devkit lab set my-lab privacy.dates=day languages=en,es
    """
    from devkit.lab.edit import change_settings, parsed_value

    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not equals:
            raise UserError(f"'{name}' has no value", hint="NAME=VALUE")
    change_settings(lab, {name.strip(): parsed_value(name.strip(), value.strip()) for name, _, value in pairs})
    typer.echo(f"changed {', '.join(name for name, _, _ in pairs)}")


@app.command()
def upgrade(lab: LabArgument) -> None:
    """Bring a lab of an earlier format up to date; a copy of what lab.toml was is kept.

    Example: devkit lab upgrade my-lab
    """
    from devkit.lab.edit import upgrade as bring_up

    kept = bring_up(lab)
    typer.echo(f"up to date; what it was is kept as {kept}" if kept else "up to date already")


@app.command()
def backup(
    lab: LabArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The ZIP file to write.")],
    without_people: Annotated[
        bool, typer.Option("--without-people", help="Leave out names, birth dates and contacts.")
    ] = False,
    without: Annotated[list[str] | None, typer.Option(help="Leave out this folder (models …); repeat it.")] = None,
    as_json: Json = False,
) -> None:
    """Write a lab into one file, with a digest of everything in it.

    Example: devkit lab backup my-lab --out my-lab-2026-03-01.zip --without models
    """
    from devkit.lab import Lab
    from devkit.lab.backup import backup as write
    from devkit.lab.backup import wanted
    from devkit.progress import progress

    opened, left_out = Lab.open(lab), tuple(without or ())
    total = sum(1 for _ in wanted(lab, people=not without_people, without=left_out))
    with progress("writing files", total) as advance:
        done = write(opened, out, people=not without_people, without=left_out, advance=advance)
    if as_json:
        typer.echo(json.dumps({"backup": str(done.path), "files": done.files, "bytes": done.bytes}))
        return
    typer.echo(f"{done.files} files, {done.bytes / 1e6:.1f} MB: {done.path}")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A backup.")],
    lab: Annotated[Path, typer.Argument(help="The folder to make.")],
    as_json: Json = False,
) -> None:
    """Make a lab from a backup, in a new folder; a damaged backup is refused before anything is written.

    Example: devkit lab restore my-lab-2026-03-01.zip my-lab-again
    """
    from devkit.lab.backup import restore as bring_back
    from devkit.progress import progress

    with progress("restoring files", None) as advance:
        made = bring_back(source, lab, advance=advance)
    typer.echo(json.dumps({"lab": str(lab), "lab_id": made.lab_id}) if as_json else f"restored {lab}")
