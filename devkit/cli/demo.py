"""``devkit demo``: the whole bench on the toybox, from drawn recordings to the side-by-side report.

The demo is nothing but the other commands in order; each is printed as one would type it. Commands of one step run
side by side. ``OUT/demo.json`` notes what is done, so an interrupted demo goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from devkit.errors import UserError

app = typer.Typer()
Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How much the demo makes.

    Attributes:
        hours: Length of the recordings together.
        minutes: Length of one; many short ones hold more different things than few long ones.
        config: Training configuration.
        children: Number of simulated children.
        items: Items of each task form in the test bank; Memory has a fifth of it.
    """

    hours: float
    minutes: float
    config: str
    children: int
    items: int


SIZES: dict[str, Size] = {
    "short": Size(hours=1.0, minutes=0.75, config="demo", children=36, items=300),
    "long": Size(hours=2.0, minutes=0.75, config="demo-long", children=60, items=400),
    "hour": Size(hours=4.0, minutes=0.75, config="demo-hour", children=60, items=400),
    "lessons": Size(hours=4.0, minutes=0.75, config="demo-lessons", children=60, items=400),
}
SEED = "2026"
NOTES = "demo.json"
ANSWERING = ("", "joint", "instruct")  # before these the pictures have not met the words
BASELINES = ("chance", "text_only", "position_only")


@dataclass(frozen=True, slots=True)
class Step:
    """Commands that run side by side, and what they are for.

    Attributes:
        title: For people.
        commands: Told when the step begins, since some name what an earlier step made.
        finds: Whether exit status 1 (a check found something) lets the demo go on.
    """

    title: str
    commands: Callable[[], Sequence[Command]]
    finds: bool = False


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for everything that is made.")] = Path("demo-out"),
    size: Annotated[
        Literal["short", "long", "hour", "lessons"],
        typer.Option(help="How much is drawn and trained: 10, 27, 60 or about 130 minutes."),
    ] = "short",
    screen: Annotated[bool, typer.Option(help="Show a part through PsychoPy to a robot person.")] = True,
) -> None:
    """Run the whole bench on the toybox and write a report; interrupted, the same command goes on.

    Example: devkit demo --out demo-out
    """
    chosen = SIZES[size]
    out.mkdir(parents=True, exist_ok=True)
    done = _done(out, chosen)
    steps = _steps(out, chosen, screen)
    for number, step in enumerate(steps, start=1):
        typer.echo(f"\n[{number}/{len(steps)}] {step.title}")
        if step.title in done:
            typer.echo(f"  done before, in {done[step.title]:.0f} s")
            continue
        began = time.monotonic()
        _take(step, out / "logs")
        done[step.title] = time.monotonic() - began
        typer.echo(f"  {done[step.title]:.0f} s")
        _note(out, chosen, done)
    typer.echo(f"\nThe report: {out / 'report.html'}  (made in {sum(done.values()) / 60:.1f} min)")


def _steps(out: Path, size: Size, screen: bool) -> list[Step]:
    """Return the demo as commands."""
    corpus, data, model, lab = (str(out / name) for name in ("corpus", "data", "model", "lab"))
    test, train = f"{lab}/banks/toybox-test", f"{lab}/banks/toybox-train"
    length = ("--hours", f"{size.hours:g}", "--recording-minutes", f"{size.minutes:g}")
    draw = ("corpus", "toybox", *length, "--seed", SEED, "--fps", "2", "--out", corpus)
    build = ("corpus", "build", corpus, "--out", data, "--jobs", "2", "--drop-speaker", "CHI")
    items = ("bank", "build", data, "--replace", "--allow-fewer", *_forms())
    on_test = ("--lab", lab, "--bank", test)
    steps = [
        Step(f"Draw head-camera recordings: {size.hours * 60:g} minutes", lambda: [draw]),
        Step("Turn them into training data", lambda: [(*build, "--fractions", "0.7,0.1,0.2")]),
        Step("Make a lab", lambda: [("lab", "init", lab, "--name", "Toybox demo")]),
        Step(
            "Make items: to test with, from recordings that the model never sees, and for the baselines to learn from",
            lambda: [
                (
                    *items,
                    "--form",
                    f"memory={size.items // 5}",
                    "--count",
                    str(size.items),
                    "--split",
                    "test",
                    "--out",
                    test,
                ),
                (*items, "--form", "memory=24", "--count", "120", "--split", "train", "--out", train),
            ],
        ),
        Step("Train BabyVLM from random weights", lambda: [("train", size.config, "--data", data, "--out", model)]),
        Step(
            "Simulated children of 6 to 42 months take the short battery; the test items are audited",
            lambda: [
                ("run", "battery", *on_test, "--respondent", f"simulated:ages=6-42,n={size.children}"),
                ("bank", "audit", test, "--against", train, "--allow-expected", "--keep"),
            ],
            finds=True,
        ),
        Step(
            "The model as it grew takes a battery, and the finished one a long battery beside the baselines",
            lambda: _model_sessions(Path(model), train, on_test),
        ),
    ]
    if screen:
        robot = "robot:time_scale=10,code=robot"
        steps.append(
            Step(
                "A robot person takes a part at a PsychoPy window",
                lambda: [("run", "glimpse", *on_test, "--respondent", robot)],
            )
        )
    steps.append(Step("Write the report", lambda: [("report", lab, "--out", str(out / "report.html"))]))
    return steps


def _forms() -> Command:
    """Name every task for a bank but Memory, whose items are dialogues and need a number of their own."""
    from devkit.tasks import TASKS

    return tuple(word for code in TASKS if code != "memory" for word in ("--form", code))


def _model_sessions(run: Path, train_bank: str, on_test: Command) -> list[Command]:
    from model.manifests import checkpoints

    told = [found for found in checkpoints(run) if found.manifest.stage in ANSWERING]
    grown = [option for found in told for option in ("--respondent", f"model:{found.path}")]
    learned = ("--train-bank", train_bank)
    baselines = [option for name in BASELINES for option in ("--respondent", name)]
    return [
        ("run", "model-curve", *on_test, *grown[:-2]),
        ("run", "model-battery", *on_test, *learned, *grown[-2:], *baselines),
    ]


def _take(step: Step, logs: Path) -> None:
    """Run the commands of a step side by side; one alone keeps the terminal, several write to logs."""
    commands = list(step.commands())
    logs.mkdir(parents=True, exist_ok=True)
    for command in commands:
        typer.echo(f"  $ devkit {_short(command)}")
    if len(commands) == 1:
        _judge(
            step, commands[0], subprocess.run([sys.executable, "-m", "devkit", *commands[0]], check=False).returncode
        )
        return
    running: list[tuple[Command, subprocess.Popen[bytes], Path]] = []
    try:
        for command in commands:
            log = (logs / f"{'-'.join(command[:2])}-{len(running)}.log").open("w", encoding="utf-8")
            started = subprocess.Popen(
                [sys.executable, "-m", "devkit", *command],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_share(len(commands)),
            )
            running.append((command, started, Path(log.name)))
            log.close()
        for command, process, log_path in running:
            _judge(step, command, process.wait(), log_path)
    finally:
        for _, process, _ in running:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _share(commands: int) -> dict[str, str]:
    """Return the environment of one of several commands: as many threads as its share of the cores.

    Two programs that each compute with every core wait for each other more than they compute.
    """
    threads = max(1, (os.cpu_count() or 1) // commands)
    return {**os.environ, "OMP_NUM_THREADS": str(threads)}


def _judge(step: Step, command: Command, status: int, log: Path | None = None) -> None:
    """Go on, or say which command failed and why."""
    if status == 0 or (status == 1 and step.finds):
        return
    words = log.read_text("utf-8", errors="replace").strip().splitlines() if log else []
    told = f": {words[-1].removeprefix('devkit: ')}" if words else ""
    raise UserError(
        f"'devkit {' '.join(command[:2])}' ended with status {status}{told}",
        place=str(log or ""),
        hint="mend it and give the same command again; what is done is kept",
    )


def _short(command: Command, most: int = 150) -> str:
    words = shlex.join(command)
    return words if len(words) <= most else f"{words[: most - 2]} …"


def _done(out: Path, size: Size) -> dict[str, float]:
    """Return the steps that are done, with their seconds; another size in the same folder is a mistake."""
    path = out / NOTES
    if not path.exists():
        if any(out.iterdir()):
            raise UserError("the folder holds something else", place=str(out), hint="name a new folder with --out")
        _note(out, size, {})
    try:
        notes = json.loads(path.read_text("utf-8"))
        same, done = notes["size"] == asdict(size), {str(k): float(v) for k, v in notes["done"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError("this is no demo's notes", place=str(path), hint="name a new folder with --out") from None
    if not same:
        raise UserError("the folder holds a demo of another size", place=str(out), hint="name a new folder with --out")
    return done


def _note(out: Path, size: Size, done: dict[str, float]) -> None:
    temporary = out / f"{NOTES}.part"
    temporary.write_text(json.dumps({"size": asdict(size), "done": done}, indent=2), encoding="utf-8")
    temporary.replace(out / NOTES)
