"""``devkit gaze``: gaze that was coded elsewhere or by hand, and how far coders agree."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from devkit.gaze.session import Clock
    from devkit.lab import Lab

app = typer.Typer(help="Bring coded gaze into a lab, code it, and compare coders.", no_args_is_help=True)
LabArgument = Annotated[Path, typer.Argument(help="The lab.")]
SessionArgument = Annotated[str, typer.Argument(help="The session.")]
Times = Annotated[Path | None, typer.Option(help="Times of the video's frames; the session's own by default.")]
Fps = Annotated[float | None, typer.Option(min=1, max=1000, help="Frames a second, where there are no times.")]
Start = Annotated[float, typer.Option(help="Session time of frame 0 in ms, with --fps.")]


class Format(StrEnum):
    """Whose file it is."""

    icatcher = "icatcher"
    manual = "manual"


class View(StrEnum):
    """Whose left and right they are."""

    camera = "camera"
    child = "child"


@app.command("import")
def import_(
    lab: LabArgument,
    session: SessionArgument,
    file: Annotated[Path, typer.Argument(help="What was coded.")],
    form: Annotated[Format, typer.Option("--format", help="iCatcher+ output, or a table coded by hand.")],
    coder: Annotated[str, typer.Option(help="Who, or what program, coded it; never a child's name.")] = "",
    view: Annotated[
        View | None, typer.Option(help="Whose sides: of the video (iCatcher+), or of the child (tables).")
    ] = None,
    times: Times = None,
    fps: Fps = None,
    start: Start = 0.0,
) -> None:
    """Append coded gaze to a session, and the shares of looking where its trials have none.

    Example: devkit gaze import my-lab 0198c0de-… video.txt --format icatcher --coder icatcher+
    """
    from devkit.gaze.files import mirrored, read_icatcher, read_manual
    from devkit.gaze.session import bring, rows_of
    from devkit.lab import Lab

    opened = Lab.open(lab)
    frames = read_icatcher(file) if form is Format.icatcher else read_manual(file)
    sides = view or (View.camera if form is Format.icatcher else View.child)
    frames = mirrored(frames) if sides is View.camera else frames
    needs = any(frame.t_ms is None for frame in frames)
    who = coder or form.value
    rows = rows_of(opened.read_session(session), frames, _clock(opened, session, times, fps, start, needed=needs), who)
    shares = bring(opened, session, rows, who)
    trials = len({row.trial_id for row in rows})
    typer.echo(
        f"{len(rows)} of {len(frames)} frames in {trials} trials, by {who}; {shares} trials got shares of looking"
    )


@app.command()
def code(
    lab: LabArgument,
    session: SessionArgument,
    coder: Annotated[str, typer.Option(help="Who codes; decides the order of the trials.")],
    out: Annotated[Path, typer.Option(help="The sheet; what it holds already is kept.")],
    times: Times = None,
    fps: Fps = None,
    start: Start = 0.0,
) -> None:
    """Write a coder's sheet: every frame of every looking trial, in an order that tells nothing.

    Fill in ``look`` (left, right, away, missing; as the child sees it), then bring it in with 'devkit gaze import'.

    Example: devkit gaze code my-lab 0198c0de-… --coder ann --out ann.csv
    """
    from devkit.gaze.coding import begin, resume, save
    from devkit.lab import Lab

    opened = Lab.open(lab)
    coding = begin(opened.read_session(session), _clock(opened, session, times, fps, start, needed=False), coder)
    if out.exists():
        coding = resume(coding, out)
    save(coding, out)
    trials = len({frame.trial for frame in coding.frames})
    typer.echo(f"{out}: {len(coding.frames)} frames in {trials} trials, {coding.coded} coded")


@app.command()
def agreement(
    lab: LabArgument,
    session: SessionArgument,
    first: Annotated[str, typer.Argument(help="One coder.")],
    second: Annotated[str, typer.Argument(help="The other.")],
    least: Annotated[float, typer.Option(min=0, max=1, help="Agreement that a trial needs.")] = 0.85,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Compare two coders of a session frame by frame; exit status 1 when a trial needs to be coded again.

    Example: devkit gaze agreement my-lab 0198c0de-… ann ben
    """
    from devkit.gaze.agreement import compare
    from devkit.lab import Lab

    read = Lab.open(lab).read_session(session)
    whole, by_trial = compare(read.gaze, first, second)
    index = {trial.trial_id: trial.trial_index for trial in read.trials}
    low = [trial_id for trial_id, one in by_trial.items() if one.agreement is None or one.agreement < least]
    if as_json:
        trials = {str(index.get(trial_id, trial_id)): asdict(one) for trial_id, one in by_trial.items()}
        typer.echo(json.dumps({"whole": asdict(whole), "trials": trials, "below": [index.get(one) for one in low]}))
    else:
        for trial_id, one in by_trial.items():
            mark = "  code again" if trial_id in low else ""
            typer.echo(f"trial {index.get(trial_id, '?'):>4}  {_line(one.agreement, one.kappa, one.frames)}{mark}")
        typer.echo(
            f"all         {_line(whole.agreement, whole.kappa, whole.frames)}; {whole.unmatched} frames unmatched"
        )
    raise typer.Exit(1 if low else 0)


def _line(share: float | None, kappa: float | None, frames: int) -> str:
    told = "no frames in common" if share is None else f"agreement {share:.3f}"
    return f"{told}, kappa {'not defined' if kappa is None else f'{kappa:.3f}'}, {frames} frames"


def _clock(lab: Lab, session: str, times: Path | None, fps: float | None, start: float, *, needed: bool) -> Clock:
    from devkit.gaze.session import Clock, read_times
    from devkit.lab.videos import parts, times_path

    if fps is not None:
        return Clock({}, fps, start)
    films = parts(lab.path, session)
    if times is None and needed and len(films) > 1:
        raise UserError(
            f"the session was filmed in {len(films)} parts",
            place=f"session {session}",
            hint=f"name the times of the one that was coded: --times {times_path(lab.path, films[-1])}",
        )
    path = times or times_path(lab.path, session)
    if times is None and not path.exists():
        if needed:
            raise UserError(
                "when the frames were taken is not known",
                place=str(path),
                hint="give --times FILE, or --fps and --start",
            )
        return Clock({})
    return read_times(path)
