"""``devkit doctor``: prints what `protocols.doctor` finds, with a fix for everything that is not right."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from devkit.errors import UserError, did_you_mean
from devkit.progress import progress

CHOICE = "[screens|timing|sound|input]"
app = typer.Typer(add_completion=False)
MARKS = {"ok": ("ok", "green"), "caution": ("caution", "yellow"), "wrong": ("WRONG", "red")}


@app.command()
def doctor(
    what: Annotated[
        str | None, typer.Argument(help="What to look at; everything when left out.", metavar=CHOICE)
    ] = None,
    virtual: Annotated[
        bool, typer.Option("--virtual", help="Use a virtual screen (Xvfb), as robots and tests do.")
    ] = False,
    identify: Annotated[
        bool, typer.Option("--identify", help="Show on every screen its number and name for four seconds.")
    ] = False,
    microphone: Annotated[
        bool, typer.Option("--microphone", help="Hear the sound with the microphone, not with the server's monitor.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep what was measured of the sound for this station's sessions.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Write the findings as JSON.")] = False,
) -> None:
    """Check this machine for sessions with people: screens, timing, sound, input, libraries.

    Sound is heard back, through the sound server's monitor or a microphone, and set against the flips of the window.

    Example: devkit doctor timing

    Exit status 1 when something is wrong.
    """
    from protocols.doctor import AREAS, Looking, examine
    from protocols.findings import worst
    from protocols.screens import identify_screens

    areas = tuple(area for area in AREAS if area == what)
    if what is not None and not areas:
        hint = did_you_mean(what, AREAS) or f"known are {', '.join(AREAS)}"
        raise UserError(f"doctor cannot look at '{what}'", hint=hint, code="unknown-area")
    if identify:
        identify_screens()
    with progress("looking", 100) as advance:
        done = [0]

        def tell(step: str, share: float) -> None:
            advance(max(0, round(100 * share) - done[0]))
            done[0] = max(done[0], round(100 * share))

        findings = examine(areas, Looking(virtual, microphone, keep, tell))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            word, colour = MARKS[finding.level]
            typer.secho(f"{word:>8}", fg=colour, nl=False)
            typer.echo(f"  {finding.area:<8}{finding.message}")
            if finding.fix:
                typer.echo(f"{'':18}{finding.fix}")
    raise typer.Exit(1 if worst(findings) == "wrong" else 0)
