"""``devkit participant``: who takes part. Names and birth dates are kept apart and are shown by no command."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Add and list participants.", no_args_is_help=True)
LabArgument = Annotated[Path, typer.Argument(help="The lab.")]


@app.command()
def add(
    lab: LabArgument,
    code: Annotated[str, typer.Option(help="A code of your own; made by the lab's scheme otherwise.")] = "",
    adult: Annotated[bool, typer.Option("--adult", help="An adult; otherwise a child.")] = False,
    sex: Annotated[str, typer.Option(help="female, male or other; left out when not told.")] = "",
    born: Annotated[str, typer.Option(help="Date of birth, YYYY-MM-DD or YYYY-MM. Kept apart from the records.")] = "",
    weeks: Annotated[int | None, typer.Option(help="Completed weeks of gestation at birth.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="BCP 47; repeat it, the first language first.")] = None,
    name: Annotated[str, typer.Option(help="Kept apart from the records.")] = "",
    contact: Annotated[str, typer.Option(help="Kept apart from the records.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Add a participant and say the code.

    Example: devkit participant add my-lab --born 2024-03-17 --weeks 39 --language es --language en
    """
    from typing import cast

    from devkit.lab import Lab
    from devkit.lab.participants import Sex

    added = Lab.open(lab).participants.add(
        code or None,
        kind="adult" if adult else "child",
        sex=cast(Sex, sex) if sex else None,
        languages=tuple(language or ()),
        gestational_weeks=weeks,
        birth_date=born,
        name=name,
        contact=contact,
    )
    typer.echo(added.model_dump_json() if as_json else added.code)


@app.command("list")
def list_(
    lab: LabArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
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
