"""``devkit participant``: who takes part. Names and birth dates are kept apart and are shown by no command."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import UserError

app = typer.Typer(help="Add, list, change, merge and withdraw participants.", no_args_is_help=True)
LabArgument = Annotated[Path, typer.Argument(help="The lab.")]
CodeArgument = Annotated[str, typer.Argument(help="Code of the participant.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Sex = Annotated[str, typer.Option(help="female, male or other; left out when not told.")]
Born = Annotated[str, typer.Option(help="Date of birth, YYYY-MM-DD or YYYY-MM. Kept apart from the records.")]
Weeks = Annotated[int | None, typer.Option(help="Completed weeks of gestation at birth.")]
Languages = Annotated[list[str] | None, typer.Option(help="BCP 47; repeat it, the first language first.")]
Name = Annotated[str, typer.Option(help="Kept apart from the records.")]
Contact = Annotated[str, typer.Option(help="Kept apart from the records.")]
Consent = Annotated[str, typer.Option(help="Version of the consent form that was signed.")]
Video = Annotated[bool | None, typer.Option("--video/--no-video", help="Whether the family agreed to video.")]


@app.command()
def add(
    lab: LabArgument,
    code: Annotated[str, typer.Option(help="A code of your own; made by the lab's scheme otherwise.")] = "",
    adult: Annotated[bool, typer.Option("--adult", help="An adult; otherwise a child.")] = False,
    sex: Sex = "",
    born: Born = "",
    weeks: Weeks = None,
    language: Languages = None,
    name: Name = "",
    contact: Contact = "",
    consent: Consent = "",
    video: Video = None,
    as_json: Json = False,
) -> None:
    """Add a participant and say the code; a list of counterbalanced protocols is given by itself, balanced.

    Example: devkit participant add my-lab --born 2024-03-17 --weeks 39 --language es --language en
    """
    from typing import cast

    from devkit.lab import Lab
    from devkit.lab import participants as known

    added = Lab.open(lab).participants.add(
        code or None,
        kind="adult" if adult else "child",
        sex=cast(known.Sex, sex) if sex else None,
        languages=tuple(language or ()),
        gestational_weeks=weeks,
        birth_date=born,
        name=name,
        contact=contact,
        consent=consent,
        video=bool(video),
    )
    typer.echo(added.model_dump_json() if as_json else added.code)


@app.command()
def change(
    lab: LabArgument,
    code: CodeArgument,
    sex: Sex = "",
    born: Born = "",
    weeks: Weeks = None,
    language: Languages = None,
    name: Name = "",
    contact: Contact = "",
    consent: Consent = "",
    video: Video = None,
    list_number: Annotated[int | None, typer.Option("--list", help="List of counterbalanced protocols, 0–23.")] = None,
    as_json: Json = False,
) -> None:
    """Change what is known of a participant; what is left out stays, and the earlier state stays in the file.

    Example: devkit participant change my-lab P-7KQ2M --consent 2 --video
    """
    from devkit.lab import Lab

    given: dict[str, object] = {
        "sex": sex or None,
        "languages": tuple(language) if language else None,
        "gestational_weeks": weeks,
        "consent": consent or None,
        "video": video,
        "counterbalance_list": list_number,
    }
    particulars = {key: value for key, value in given.items() if value is not None}
    changed = Lab.open(lab).participants.change(code, birth_date=born, name=name, contact=contact, **particulars)
    typer.echo(changed.model_dump_json() if as_json else changed.code)


@app.command()
def merge(
    lab: LabArgument,
    code: Annotated[str, typer.Argument(help="The entry that goes.")],
    into: Annotated[str, typer.Argument(help="The entry that stays.")],
    who: Annotated[str, typer.Option(help="Who says that they are one person.")],
    why: Annotated[str, typer.Option(help="Why.")] = "entered twice",
    as_json: Json = False,
) -> None:
    """Merge two entries of one person; the sessions of the first come under the code of the second, by corrections.

    Example: devkit participant merge my-lab P-7KQ2M P-B3XW9 --who AB --why "entered twice"
    """
    from dataclasses import asdict

    from devkit.lab import Lab
    from devkit.lab.joining import join_participants

    done = join_participants(Lab.open(lab), code, into, who=who, why=why)
    told = f"{done.code} is {done.into} now: {done.sessions} sessions, {done.trials} trials"
    typer.echo(json.dumps(asdict(done)) if as_json else told)


@app.command()
def withdraw(
    lab: LabArgument,
    code: CodeArgument,
    sure: Annotated[bool, typer.Option("--erase", help="Yes, erase; nothing brings the data back.")] = False,
    as_json: Json = False,
) -> None:
    """Erase everything of a participant whose family withdraws; a dated tombstone stays in its place.

    Reports, exports and backups that were written before are named and left to you. Nothing else in devkit deletes.

    Example: devkit participant withdraw my-lab P-7KQ2M --erase
    """
    from devkit.lab import Lab
    from devkit.lab.withdrawal import withdraw as erase

    opened = Lab.open(lab)
    if not sure:
        raise UserError(f"this erases everything of '{code}' for good", hint="add --erase when that is meant")
    done = erase(opened, code, day=datetime.now().astimezone().date())
    made = [str(path) for path in done.made_before]
    if as_json:
        typer.echo(json.dumps({"code": done.code, "day": done.day, "sessions": done.sessions, "made_before": made}))
        return
    typer.echo(f"{done.code} has withdrawn: {done.sessions} sessions with {done.trials} trials are erased")
    for path in made:
        typer.echo(f"written before, look it through: {path}")


@app.command()
def passphrase(
    lab: LabArgument,
    lost: Annotated[
        bool, typer.Option("--lost", help="Go on without the names whose passphrase is lost; their file is set aside.")
    ] = False,
) -> None:
    """Encrypt names, birth dates and contacts with a passphrase, or change it; it is asked for.

    Other commands take it from the variable DEVKIT_PASSPHRASE. Losing it loses names and birth dates, never records.

    Example: devkit participant passphrase my-lab
    """
    from devkit.lab import Lab

    people = Lab.open(lab).participants.people
    if lost:
        if not people.encrypted:
            raise UserError("there is no passphrase to lose", place=str(lab))
        typer.echo(f"set aside: {people.give_up()}")
        return
    if people.locked:
        people.unlock(typer.prompt("present passphrase", hide_input=True, err=True))
    people.encrypt(typer.prompt("new passphrase", hide_input=True, confirmation_prompt=True, err=True))
    typer.echo("names, birth dates and contacts are encrypted")


@app.command("list")
def list_(lab: LabArgument, as_json: Json = False) -> None:
    """List the participants by code, with their age today and the number of their sessions.

    Example: devkit participant list my-lab
    """
    from collections import Counter

    from devkit.lab import Lab

    opened, today = Lab.open(lab), datetime.now().astimezone().date()
    sessions = Counter(s.respondent_code for s in opened.sessions() if s.respondent_kind in ("child", "adult"))
    ages = opened.participants.ages(today)
    rows = [
        {
            **person.model_dump(mode="json"),
            "age_days": (age := ages.get(person.code)) and age.days,
            "age_corrected_days": age and age.corrected_days,
            "sessions": sessions[person.code],
        }
        for person in opened.participants.all()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    if opened.participants.people.locked:
        typer.echo("birth dates are locked, so no ages are shown (DEVKIT_PASSPHRASE opens them)", err=True)
    _print(rows)


def _print(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("code", "kind", "age", "weeks", "sex", "languages", "sessions", box=None, pad_edge=False)
    for row in rows:
        languages = row["languages"]
        spoken = " ".join(languages) if isinstance(languages, list) else ""
        cells = (row["code"], row["kind"], _age(row["age_days"]), row["gestational_weeks"], row["sex"], spoken)
        table.add_row(*("" if cell is None else str(cell) for cell in cells), str(row["sessions"]))
    Console().print(table if rows else "no participants yet; add one with 'devkit participant add'")


def _age(days: object) -> str:
    if not isinstance(days, int):
        return ""
    months, rest = divmod(days, 30.4375)
    return f"{months:.0f} months {rest:.0f} days"
