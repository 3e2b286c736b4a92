"""``devkit train``: train BabyVLM from nothing, stage by stage; an interrupted run goes on where it was saved."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.config import StageName, TrainConfig
    from model.loop import StepReport

LEARNERS = ("babyvlm", "contrastive")

app = typer.Typer(help="Train BabyVLM, stage by stage.")


class Bars:
    """One progress bar for each stage."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.shown: str | None = None

    def __call__(self, stage: StageName, steps: int, report: StepReport | None) -> None:
        """Show a step of a stage; None begins the stage."""
        from devkit.progress import progress

        if self.shown != stage:
            self.stack.close()
            self.advance = self.stack.enter_context(progress(f"training: {stage}", steps))
            self.shown = stage
            done = 0 if report is None else report.step - 1
            if done:
                self.advance(done)
        if report is not None:
            self.advance(1)


def _babyvlm(
    config: TrainConfig,
    data: Path,
    out: Path,
    stage: StageName | None,
    processes: int,
    first: bool,
    after: Path | None = None,
) -> None:
    """Train the generative learner, a bar for each stage in the first process."""
    from model.launch import default_processes
    from model.launch import train as run_training

    bars = Bars()
    with bars.stack:
        run_training(
            config,
            data,
            out,
            stage=stage,
            watch=bars if first else _silent,
            processes=processes or default_processes(),
            announce=_announce,
            after=after,
        )


def _per_task(config: TrainConfig, data: Path, out: Path, processes: int, after: Path | None) -> None:
    """Train the stages before instruction once, or take them over, then a model for each task form in OUT/tasks."""
    from model.branch import specialists
    from model.config import STAGES

    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("--per-task trains several runs", hint="under torchrun, train each with --after and --set")
    own = list(specialists(config))
    for stage in STAGES:
        if stage in config.stages and stage != "instruct" and after is None:
            _babyvlm(config, data, out, stage, processes, True)
    for form, alone in own:
        typer.echo(form, err=True)
        _babyvlm(alone, data, out / "tasks" / form.replace("/", "-"), None, processes, True, after or out)


def _contrastive(config: TrainConfig, data: Path, out: Path, first: bool) -> None:
    """Train the contrastive learner, with a bar in the first process."""
    from devkit.progress import progress
    from model.launch import train_contrastive

    with ExitStack() as stack:
        advance: list[Callable[[int], None]] = []
        done = 0

        def watch(step: int, steps: int) -> None:
            nonlocal done
            if not advance and first:
                advance.append(stack.enter_context(progress("training: contrastive", steps)))
            for show in advance:
                show(step - done)
            done = step

        train_contrastive(config, data, out, watch=watch)


def _silent(*_: object) -> None:
    """Watch and say nothing: one process of several shows progress."""


def _announce(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
def train(
    config: Annotated[str, typer.Argument(help="tiny, small-20m, small, base …, or a YAML file.", metavar="CONFIG")],
    data: Annotated[Path, typer.Option(help="Folder made by devkit corpus build.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; an unfinished run goes on.")],
    stage: Annotated[str, typer.Option(help="vision, language, align, joint, instruct, or all.")] = "all",
    processes: Annotated[
        int, typer.Option(min=0, help="Processes on this machine; 0 for one a core without a GPU.")
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Instead of the configuration's seed.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A value that differs: stages.joint.lr=1e-3. Repeat it.")
    ] = None,
    learner: Annotated[
        str, typer.Option(help="babyvlm, or contrastive: image and utterance towers by OpenCLIP on the same data.")
    ] = "babyvlm",
    after: Annotated[
        Path | None, typer.Option(help="A run whose stages before --stage (instruct by default) are taken over.")
    ] = None,
    per_task: Annotated[
        bool, typer.Option("--per-task", help="Instruct one model for each task form, all after the same stages.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Train BabyVLM on built data; nothing is pretrained. Interrupted, the same command goes on.

    With several GPUs: torchrun --nproc-per-node 8 -m devkit train base --data DATA --out RUN

    Example: devkit train demo --data toybox-data --out runs/demo
    """
    from model.config import STAGES, load_config
    from model.manifests import checkpoints

    if stage != "all" and stage not in STAGES:
        raise UserError(f"there is no stage '{stage}'", hint=f"the stages are {', '.join(STAGES)}, or all")
    loaded = load_config(config, change or ())
    if seed is not None:
        loaded = loaded.model_copy(update={"seed": seed})
    if learner not in LEARNERS:
        raise UserError(f"there is no learner '{learner}'", hint=f"the learners are {' and '.join(LEARNERS)}")
    if learner == "contrastive" and (per_task or after):
        raise UserError("the contrastive learner has one stage", hint="leave out --per-task and --after")
    first = os.environ.get("RANK", "0") == "0"
    if learner == "contrastive":
        _contrastive(loaded, data, out, first)
    elif per_task:
        _per_task(loaded, data, out, processes, after)
    else:
        _babyvlm(loaded, data, out, next((name for name in STAGES if name == stage), None), processes, first, after)
    if not first:
        return
    runs = ([] if per_task and after else [out]) + sorted(out.glob("tasks/*"))
    found = [one for run in runs for one in checkpoints(run)]
    if as_json:
        rows = [{"path": str(c.path), **c.manifest.model_dump(mode="json")} for c in found]
        typer.echo(json.dumps(rows, indent=2))
        return
    for checkpoint in found:
        known = checkpoint.manifest
        typer.echo(f"{checkpoint.path}  step {known.step}, {known.hours_seen:.2f} h seen")
