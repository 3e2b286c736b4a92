"""What a run writes down of itself as it goes: a line a step (JSON lines, TensorBoard), and a line a small test.

Lines of steps that are about to be done again are dropped when a run goes on, so that each step has one line.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from model.babyvlm.architecture import parameter_counts
from model.config import StageName, TrainConfig
from model.data.corpus import TrainingData
from model.loop import StepReport
from model.world import World

LOG, PROBES, EVENTS = "log.jsonl", "probes.jsonl", "tensorboard"


class RunLog:
    """The log of a run in its folder.

    Args:
        out: The folder.
        step: Steps that are done; later lines are dropped.
        tensorboard: Whether TensorBoard's files are written too.
    """

    def __init__(self, out: Path, step: int, tensorboard: bool) -> None:
        self.out = out
        for name in (LOG, PROBES):
            drop_after(out / name, step)
        self.board: Any = SummaryWriter(str(out / EVENTS), purge_step=step + 1) if tensorboard else None

    def step(self, step: int, stage: StageName, report: StepReport, speed: Mapping[str, float]) -> None:
        """Write one step.

        Args:
            step: Over all stages.
            stage: Which one.
            report: What the step was like.
            speed: Further figures (tokens a second, model FLOP utilisation).
        """
        figures = {
            "loss": round(report.loss, 5),
            "norm": round(report.norm, 4),
            "lr": report.lr,
            "valid": report.valid,
            "tokens": report.tokens,
            "padding": round(1 - report.tokens / report.room, 4) if report.room else 0.0,
            "seconds": round(report.seconds, 4),
            "waited": round(report.waited, 4),
            **{key: round(value, 5) for key, value in (*report.figures.items(), *speed.items())},
        }
        sources = {name: round(loss, 5) for name, loss in report.sources.items()}
        self._line(LOG, {"step": step, "stage": stage, "stage_step": report.step, **figures, "sources": sources})
        shown = figures | {f"loss/{name}": loss for name, loss in sources.items()}
        for name, value in shown.items() if self.board is not None else ():
            self.board.add_scalar(f"{stage}/{name}", value, step)

    def probe(self, step: int, row: Mapping[str, Any]) -> None:
        """Write what the small test at a checkpoint gave for one task form."""
        self._line(PROBES, {"step": step, **row})
        if self.board is not None:
            self.board.add_scalar(f"probe/{row['form']}", row["right"] / max(1, row["items"]), step)
            self.board.add_text(f"probe/{row['form']}", "\n\n".join(row["samples"]), step)

    def close(self) -> None:
        """Write out what is still held back."""
        if self.board is not None:
            self.board.close()

    def _line(self, name: str, row: Mapping[str, Any]) -> None:
        with (self.out / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def run_record(
    identity: str, config: TrainConfig, data: TrainingData, steps: Mapping[str, int], vocabulary: int, world: World
) -> dict[str, Any]:
    """Return what a run is made from, as it is kept in ``run.json``."""
    return {
        "identity": identity,
        "config": config.model_dump(mode="json"),
        "data": {"digest": data.digest, "hours": data.hours, "frames": len(data.pool.frames)},
        "steps": dict(steps),
        "seed": config.seed,
        "parameters": parameter_counts(config, vocabulary),
        "vocabulary": vocabulary,
        "processes": world.size,
        "device": str(world.device),
        "versions": {name: version(name) for name in ("devkit", "torch", "transformers", "tokenizers")},
        "python": platform.python_version(),
    }


def drop_after(path: Path, step: int) -> None:
    """Drop the lines of a log after a step, and a last line that was cut off."""
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    kept = path.with_suffix(".partial")
    kept.write_text("".join(line for line in lines if _step_of(line) <= step), encoding="utf-8")
    os.replace(kept, path)


def _step_of(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 2**62
