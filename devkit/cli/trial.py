"""``devkit trial``: look records over – leave trials out, take them in again, put values right; always appended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from devkit.errors import UserError

app = typer.Typer(help="Leave trials out of analyses and put records right, with a reason.", no_args_is_help=True)
LabArgument = Annotated[Path, typer.Argument(help="The lab.")]
SessionArgument = Annotated[str, typer.Argument(help="The session.")]
TrialArgument = Annotated[str, typer.Argument(help="Id of the trial, or its number in the session.")]
Why = Annotated[str, typer.Option(help="The reason; it stands with the correction.")]
Who = Annotated[str, typer.Option(help="Whose correction it is; initials, never a child's name.")]


@app.command()
def exclude(lab: LabArgument, session: SessionArgument, trial: TrialArgument, why: Why, who: Who = "examiner") -> None:
    """Leave a trial out of analyses. Its record stays.

    Example: devkit trial exclude my-lab 0198c0de-… 7 --why 'the parent pointed' --who AB
    """
    from devkit.lab import Lab
    from devkit.lab.curation import exclude as leave_out
    from devkit.lab.curation import trial_of

    opened = Lab.open(lab)
    leave_out(opened, trial_of(opened, session, trial), why, who)
    typer.echo(f"trial {trial} is left out")


@app.command()
def include(lab: LabArgument, session: SessionArgument, trial: TrialArgument, why: Why, who: Who = "examiner") -> None:
    """Take a trial in again.

    Example: devkit trial include my-lab 0198c0de-… 7 --why 'the video shows that nobody pointed'
    """
    from devkit.lab import Lab
    from devkit.lab.curation import include as take_in
    from devkit.lab.curation import trial_of

    opened = Lab.open(lab)
    take_in(opened, trial_of(opened, session, trial), why, who)
    typer.echo(f"trial {trial} counts")


@app.command()
def answer(
    lab: LabArgument,
    session: SessionArgument,
    trial: TrialArgument,
    given: Annotated[str, typer.Argument(help="Place of the choice that was chosen, from 1, its label, or 'none'.")],
    why: Why,
    who: Who = "examiner",
) -> None:
    """Put an answer right; the trial is scored anew.

    Example: devkit trial answer my-lab 0198c0de-… 7 2 --why 'keyed wrongly, see the video'
    """
    from devkit.lab import Lab
    from devkit.lab.curation import amend, answered, trial_of

    opened = Lab.open(lab)
    record = trial_of(opened, session, trial)
    labels = [choice.label for choice in record.choices]
    place = labels.index(given) if given in labels else int(given) - 1 if given.isdecimal() else None
    if place is None and given != "none":
        raise UserError(f"'{given}' is no choice of that trial", hint=f"choices: {', '.join(labels)}; or none")
    amend(opened, record, answered(record, place), why, who)
    typer.echo(f"trial {trial}: the answer is {given}")


@app.command()
def correct(
    lab: LabArgument,
    session: SessionArgument,
    trial: TrialArgument,
    column: Annotated[str, typer.Argument(help="Column of the trial format.")],
    value: Annotated[str, typer.Argument(help="JSON, or text.")],
    why: Why,
    who: Who = "examiner",
) -> None:
    """Put one value of a record right.

    Example: devkit trial correct my-lab 0198c0de-… 7 note 'sibling in the room' --why 'forgotten in the session'
    """
    from devkit.lab import Lab
    from devkit.lab.curation import amend, trial_of

    opened = Lab.open(lab)
    try:
        after: Any = json.loads(value)
    except json.JSONDecodeError:
        after = value
    amend(opened, trial_of(opened, session, trial), {column: after}, why, who)
    typer.echo(f"trial {trial}: {column} is {value}")
