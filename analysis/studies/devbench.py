"""DevBench (Tan et al. 2024): raw scores of models beside children's and adults' answers, read from its repository.

Two tasks: four-picture vocabulary (``lex-viz_vocab``) and Looking While Listening (``lex-lwl``). The target is option 1
in every row of these files; that is the file's order, never a position that anyone saw, and nothing here reads it as
one. Divergence is over the trials that have human data in the age bin, accuracy over all trials. A file with two
numbers an option (yes and no) is read by their difference. A tie is wrong, and counted.

Shapes: T trials, O options.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.intervals import proportion
from analysis.items.divergence import common_beta, divergence
from analysis.options import Options
from analysis.result import Result
from analysis.sections import Section, section
from devkit.errors import UserError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """A task of DevBench: folder, prefix of the models' files, number of options, name."""

    folder: str
    prefix: str
    options: int
    title: str


TASKS = (
    Task("lex-viz_vocab", "vv_", 4, "Four-picture vocabulary"),
    Task("lex-lwl", "lwl_", 2, "Looking While Listening"),
)
NOTE = (
    "Mean over trials of KL(human ‖ softmax(β·score)), nats; β in [0.025, 40] where it is least, with its range within "
    "1 % of that. One common β a model is given beside."
)
ACCURACY = "Over all trials; a tie at the top is wrong."


@dataclass(frozen=True, slots=True)
class Model:
    """Scores of a model on every trial of a task.

    Attributes:
        name: From the file's name.
        score_TO: One number an option, the target first.
        ties: Trials in which the target shares the highest score.
        two_numbers: True when the file held two numbers an option and their difference is used.
    """

    name: str
    score_TO: Floats
    ties: int
    two_numbers: bool

    @property
    def right(self) -> int:
        """Trials in which the target alone scores highest."""
        return int((self.score_TO[:, 0] > self.score_TO[:, 1:].max(axis=1)).sum())


def human_shares(folder: Path, task: Task, trials: int) -> dict[str, Floats]:
    """Return each age bin's shares of the options by trial; rows without data are not a number.

    Raises:
        UserError: The file is missing, lacks columns, or names trials that do not exist.
    """
    path = folder / "evals" / task.folder / "human.csv"
    table = _read(path)
    two = task.options == 2
    columns = ["prop"] if two else [f"image{o + 1}" for o in range(task.options)]
    missing = [name for name in ("age_bin", "trial", *columns) if name not in table]
    if missing:
        raise UserError(f"has no column {', '.join(missing)}", place=str(path))
    found = {}
    for age, rows in table.groupby("age_bin", sort=True):
        shares = np.full((trials, task.options), np.nan)
        at = rows["trial"].to_numpy(dtype=int) - 1
        if at.min() < 0 or at.max() >= trials:
            raise UserError(f"names a trial outside of 1 to {trials}", place=str(path))
        values = rows[columns].to_numpy(dtype=float)
        shares[at] = np.column_stack([values, 1 - values]) if two else values
        found[f"{float(age):g} years"] = shares  # type: ignore[arg-type]
    return found


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UserError("is missing", place=str(path), hint="name the folder of DevBench's repository")
    return pd.read_csv(path)


def models(folder: Path, task: Task) -> Iterator[Model]:
    """Yield the models of a task by name.

    Raises:
        UserError: There is none, or a file is no array of trials × options.
    """
    paths = sorted((folder / "evals" / task.folder).glob(f"{task.prefix}*.npy"))
    if not paths:
        raise UserError(f"there is no {task.prefix}*.npy", place=str(folder / "evals" / task.folder))
    for path in paths:
        try:
            raw = np.load(path, allow_pickle=False).astype(float)
        except (OSError, ValueError) as error:
            raise UserError("cannot be read as an array of numbers", place=str(path)) from error
        raw = raw.reshape(raw.shape[0], raw.shape[1], -1) if raw.ndim >= 2 else raw[:, None, None]
        if raw.shape[1] != task.options or raw.shape[2] not in (1, 2):
            raise UserError(f"has shape {raw.shape}, not trials × {task.options} × 1 or 2", place=str(path))
        score = raw[:, :, 0] if raw.shape[2] == 1 else raw[:, :, 0] - raw[:, :, 1]
        ties = int((score[:, 0] == score[:, 1:].max(axis=1)).sum())
        yield Model(path.stem.removeprefix(task.prefix), score, ties, raw.shape[2] == 2)


def sections(folder: Path, options: Options) -> tuple[Section, ...]:
    """Return accuracy and divergence of all models and age bins, by task.

    Raises:
        UserError: A file is missing or not as it should be.
    """
    found: list[Section] = []
    for task in TASKS:
        every = tuple(models(folder, task))
        people = human_shares(folder, task, len(every[0].score_TO))
        right = [((model.name,), _accuracy(model, task, options)) for model in every]
        found += section(f"{task.folder}-accuracy", f"{task.title}: accuracy", ("model",), right, ACCURACY)
        rows = [row for model in every for row in _divergences(model, people, task)]
        names = ("model", "age", "β", "β within 1 %", "at bound")
        found += section(f"{task.folder}-divergence", f"{task.title}: divergence", names, rows, NOTE)
    return tuple(found)


def _accuracy(model: Model, task: Task, options: Options) -> Result:
    name = f"{model.name}, {task.title}"
    found = proportion(name, model.right, len(model.score_TO), chance=1 / task.options, level=options.level)
    return found.warn(
        f"{model.ties} ties, taken as wrong" if model.ties else "",
        "two numbers an option, by difference" if model.two_numbers else "",
    )


def _divergences(model: Model, people: dict[str, Floats], task: Task) -> Iterator[tuple[tuple[str, ...], Result]]:
    if len(next(iter(people.values()))) != len(model.score_TO):
        raise UserError(f"{model.name} has another number of trials than the other models of {task.folder}")
    shared = common_beta([(human, model.score_TO) for human in people.values()])
    for age, human in people.items():
        name = f"{model.name}, {task.title}, {age}"
        one = divergence(name, human, model.score_TO)
        beta = f"{one.beta:.4g}", f"{one.beta_low:.3g}–{one.beta_high:.3g}", "yes" if one.at_bound else ""
        yield (model.name, age, *beta), one.result
        common = divergence(f"{name}, common β", human, model.score_TO, beta=shared)
        yield (model.name, age, f"{shared:.4g}", "common", ""), common.result
