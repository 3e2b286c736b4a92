"""``devkit corpus toybox``: write an embedded stand-in for a head-camera corpus."""

from __future__ import annotations

import json as json_module
import re
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import UserError


def toybox(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; continued when a run was interrupted.")],
    hours: Annotated[float, typer.Option("--hours", help="Length of all recordings together.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 0,
    fps: Annotated[int, typer.Option("--fps", help="Frames per second, an even number.")] = 10,
    size: Annotated[str, typer.Option("--size", help="Frame in pixels, WIDTHxHEIGHT.")] = "640x480",
    recording_minutes: Annotated[float, typer.Option("--recording-minutes", help="Length of one recording.")] = 3.0,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Processes; all processors by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Draw a nursery: videos, transcripts and exact annotations in the form of a head-camera corpus.

    Example: devkit corpus toybox --hours 0.5 --seed 7 --fps 4 --out toybox
    """
    from devkit.progress import progress
    from devkit.toybox import make

    with progress("Drawing the toybox (s of video)", round(hours * 3600) if hours > 0 else None) as advance:
        made = make(
            out,
            hours=hours,
            seed=seed,
            fps=fps,
            size=_size(size),
            jobs=jobs,
            recording_minutes=recording_minutes,
            advance=advance,
        )
    if as_json:
        row = {
            "path": str(made.path),
            "recordings": made.recordings,
            "hours": made.hours,
            "skipped": made.skipped,
            "bytes": made.size_bytes,
        }
        typer.echo(json_module.dumps(row))
    else:
        typer.echo(
            f"{made.path}: {made.recordings} recordings ({made.skipped} there already), "
            f"{made.hours:.2f} h, {made.size_bytes / 1e6:.0f} MB"
        )


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,5})[xX×](\d{2,5})", text.strip())
    if match is None:
        raise UserError(f"'{text}' is no frame size", place="--size", hint="write it like 640x480")
    return int(match[1]), int(match[2])
