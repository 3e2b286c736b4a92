"""Reads the log of a training while it grows: the loss of every step, stage by stage, thinned where there are many.

A line that is not finished is left for later; lines that a resumed run dropped and wrote anew replace the old ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from gui.charts.plot import Mark, Plot, Series, number_axis
from gui.words import tr

LOG = "log.jsonl"
MOST_POINTS = 1000
STAGES = ("vision", "language", "align", "joint", "instruct", "contrastive")


@dataclass(slots=True)
class Stage:
    """The steps of a stage.

    Attributes:
        name: Its name.
        points: Step over all stages, and loss; every ``stride``-th step.
        stride: Steps between two points.
        last: The last step, whatever the stride.
        speed: Samples' tokens a second in the last step; None when it is not known.
    """

    name: str
    points: list[tuple[int, float]] = field(default_factory=list)
    stride: int = 1
    last: tuple[int, float] = (0, 0.0)
    speed: float | None = None

    def add(self, step: int, loss: float) -> None:
        """Add a step; half of the points are let go when there are too many."""
        while self.points and self.points[-1][0] >= step:
            self.points.pop()
        self.last = (step, loss)
        if step % self.stride == 0:
            self.points.append((step, loss))
        if len(self.points) > MOST_POINTS:
            self.stride *= 2
            self.points = [point for point in self.points if point[0] % self.stride == 0]

    def plot(self) -> Plot:
        """Return its curve."""
        steps, losses = [step for step, _ in self.points] or [0], [loss for _, loss in self.points] or [0.0]
        marks = tuple(Mark(step, loss) for step, loss in self.points)
        step, loss = self.last
        title = tr(
            "{stage}: loss {loss} at step {step}", stage=stage_words(self.name), loss=f"{loss:.3g}", step=f"{step:,}"
        )
        series = Series(stage_words(self.name), "model", marks, joined=True, dots=False)
        return Plot(title, number_axis(steps, tr("step")), number_axis(losses, tr("loss"), grid=True), (series,))


class TrainingLog:
    """The log of one run.

    Args:
        run: Folder of the run.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / LOG
        self.stages: dict[str, Stage] = {}
        self._read = 0
        self._file = -1

    def read(self) -> bool:
        """Read what was written since; whether anything was."""
        try:
            about = self.path.stat()
            if about.st_size < self._read or (about.st_ino != self._file and self._file != -1):
                self.stages.clear()  # a run that goes on writes its log anew up to where it was saved
                self._read = 0
            self._file = about.st_ino
            if about.st_size == self._read:
                return False
            with self.path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return False
        whole, _, rest = data.rpartition(b"\n")
        self._read += len(data) - len(rest)
        for line in whole.splitlines():
            self._add(line)
        return bool(whole)

    def _add(self, line: bytes) -> None:
        try:
            row = json.loads(line)
            name, step, loss = str(row["stage"]), int(row["step"]), float(row["loss"])
        except (ValueError, KeyError, TypeError):
            return
        stage = self.stages.setdefault(name, Stage(name))
        stage.add(step, loss)
        speed = row.get("tokens_per_s") or row.get("pictures_per_s")
        stage.speed = float(speed) if isinstance(speed, (int, float)) else None

    def plots(self) -> list[Plot]:
        """Return a curve for each stage that has steps, in the order of training."""
        known = [self.stages[name] for name in STAGES if name in self.stages]
        return [stage.plot() for stage in (*known, *(s for n, s in self.stages.items() if n not in STAGES))]


def stage_words(name: str) -> str:
    """Return a stage's name."""
    return {
        "vision": tr("1 vision"),
        "language": tr("2 language"),
        "align": tr("3 align"),
        "joint": tr("4 joint"),
        "instruct": tr("5 instruct"),
        "contrastive": tr("contrastive"),
    }.get(name, name)
