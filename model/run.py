"""A training run: a folder in which the five stages follow one another, and which can be left and resumed.

``RUN/run.json`` says what it is made from, ``RUN/log.jsonl`` how it went, ``RUN/checkpoints/`` holds the model as it
grew. Interrupted at any moment, the same command goes on from the last saved state; the result is the same as that
of a run that was never interrupted.
"""

from __future__ import annotations

import json
import platform
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

from devkit.errors import UserError
from devkit.ids import digest_json
from devkit.tasks import TASKS
from model.babyvlm.architecture import build, parameter_counts, set_trained
from model.checkpoints import (
    Manifest,
    checkpoints,
    digest_weights,
    load_optimiser,
    load_resume,
    optimiser_tensors,
    save_checkpoint,
    save_resume,
    write_json,
)
from model.config import STAGES, StageName, TrainConfig
from model.data.corpus import TrainingData, frame_name
from model.dialogue import Encoder
from model.loop import Experience, StepReport, Trainer, counted
from model.stages import Distillation, Feed, NextToken, Objective, PictureFeed, make_feed
from model.tokenizer import load_tokenizer, train_tokenizer
from model.world import World

CURVE_STAGES: tuple[StageName, ...] = ("align", "joint", "instruct")
Watcher = Callable[[StageName, int, StepReport | None], None]
"""Called with the stage, its number of steps, and the report of a step (None when the stage begins)."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a run has come: the stage that is next or under way, its steps done, and steps over all stages."""

    stage: StageName | None
    stage_step: int
    step: int


class Run:
    """One run in one process of a world.

    Args:
        config: What to train.
        data: Its training split.
        out: Folder of the run.
        world: The processes.
    """

    def __init__(self, config: TrainConfig, data: TrainingData, out: Path, world: World) -> None:
        self.config, self.data, self.out, self.world = config, data, out, world
        self.identity = digest_json({"config": config.model_dump(mode="json"), "data": self.data.digest})
        self.order: list[StageName] = [name for name in STAGES if name in config.stages]
        if world.first:
            out.mkdir(parents=True, exist_ok=True)
        self._check_folder()
        self.tokenizer = self._tokenizer()
        self.encoder = Encoder(self.tokenizer, config.tower.tokens)
        self.model: LlavaForConditionalGeneration = build(config, len(self.tokenizer)).to(world.device)
        frames = [frame_name(f.recording, f.time_ms) for f in self.data.pool.frames]
        self.experience = Experience(frames, self.data.period_ms)
        self.steps = {name: make_feed(name, config, self.data, self.encoder)[1] for name in self.order}
        self.place = Place(self.order[0], 0, 0)
        self._pending: dict[str, torch.Tensor] = {}
        self._restore()

    def train(self, stage: StageName | None, watch: Watcher) -> None:
        """Train one stage, or all that are left.

        Args:
            stage: Which one; None for all.
            watch: Told of every step.

        Raises:
            UserError: An earlier stage is not finished, or training failed.
        """
        if stage is not None:
            self._check_turn(stage)
        if self.place.step == 0 and self.world.first:
            self._record()
            self._checkpoint()
        while self.place.stage is not None and (stage is None or self.place.stage == stage):
            self._train_stage(self.place.stage, watch)

    def _train_stage(self, name: StageName, watch: Watcher) -> None:
        stage, steps = self.config.stages[name], self.steps[name]
        feed, _ = make_feed(name, self.config, self.data, self.encoder)
        set_trained(self.model, stage.trained)
        objective = self._objective(name)
        trainer = Trainer(self.model, objective, stage, steps, self.world)
        if self._pending:
            self._fill(objective, trainer)
        watch(name, steps, None)
        for number in range(self.place.stage_step, steps):
            report = self._step(trainer, feed, number)
            self.place = Place(name, number + 1, self.place.step + 1)
            if number + 1 == steps:
                objective.finish()
                self.place = Place(self._next(name), 0, self.place.step)
            self._keep(name, number + 1, steps, objective, trainer, report)
            watch(name, steps, report)
        if not steps:
            self.place = Place(self._next(name), 0, self.place.step)

    def _step(self, trainer: Trainer, feed: Feed | PictureFeed, number: int) -> StepReport:
        batches = feed.batches(number, self.world.rank, self.world.size)
        return trainer.step(number, counted(batches, self.experience))

    def _keep(
        self, name: StageName, done: int, steps: int, objective: Objective, trainer: Trainer, report: StepReport
    ) -> None:
        """Write log, checkpoint and resume state where they are due."""
        last = done == steps
        due = name in CURVE_STAGES and self.place.step in self._curve()
        if last or due or done % self.config.save_every == 0:
            if due or last:
                self._checkpoint(name, done)
            self._save(None if last else objective, None if last else trainer)
        if self.world.first:
            self._log(name, report)

    def _curve(self) -> set[int]:
        """Steps at which the growing model is kept: the last, and the halves, quarters … of the way there."""
        before = sum(self.steps[name] for name in self.order if name not in CURVE_STAGES)
        length = sum(self.steps[name] for name in self.order if name in CURVE_STAGES)
        return {before + max(1, length >> power) for power in range(self.config.checkpoints)} if length else set()

    def _objective(self, name: StageName) -> Objective:
        if name == "vision":
            return Distillation(self.model, self.config, self.world)
        strength = self.config.stages[name].jitter
        return NextToken(self.model, strength, self.config.seed, self.world.device, self.config.dtype)

    def _next(self, name: StageName) -> StageName | None:
        left = self.order[self.order.index(name) + 1 :]
        return left[0] if left else None

    def _checkpoint(self, stage: str = "", stage_step: int = 0) -> None:
        seen, distinct = self.experience.hours(self.world) if self.place.step else (0.0, 0.0)
        if not self.world.first:
            return
        manifest = Manifest(
            model=f"babyvlm-{self.config.name}",
            run=self.identity,
            stage=stage,
            step=self.place.step,
            stage_step=stage_step,
            hours_seen=seen,
            hours_distinct=distinct,
            random_weights=self.place.step == 0,
            seed=self.config.seed,
            data_digest=self.data.digest,
            devkit_version=version("devkit"),
        )
        folder = self.out / "checkpoints" / f"{self.place.step:06d}-{stage or 'start'}"
        save_checkpoint(self.model, self.config.tower, self.tokenizer, folder, manifest)

    def _save(self, objective: Objective | None, trainer: Trainer | None) -> None:
        met = self.world.sum(self.experience.met.clone().to(self.world.device))
        if not self.world.first:
            return
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors["experience"] = met
        if objective is not None and objective.extra is not None:
            own = {id(weight) for weight in self.model.parameters()}
            state = objective.extra.state_dict(keep_vars=True)
            tensors |= {f"extra.{name}": value for name, value in state.items() if id(value) not in own}
        if trainer is not None:
            tensors |= optimiser_tensors(trainer.optimiser, trainer.names)
        place = {"stage": self.place.stage, "stage_step": self.place.stage_step, "step": self.place.step}
        save_resume(self.out, tensors, {"run": self.identity, **place})

    def _restore(self) -> None:
        found = load_resume(self.out)
        if found is None:
            if self.world.first:
                (self.out / "log.jsonl").unlink(missing_ok=True)
            return
        tensors, state = found
        weights = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
        self.model.load_state_dict(weights)
        if self.world.first:
            self.experience.met.copy_(tensors["experience"])
        self.place = Place(state["stage"], state["stage_step"], state["step"])
        self._pending = {k: v for k, v in tensors.items() if k.startswith(("extra.", "optimiser."))}
        if self.world.first:
            self._trim_log()

    def _fill(self, objective: Objective, trainer: Trainer) -> None:
        """Give a resumed stage back its optimiser and the weights beside the model."""
        if objective.extra is not None:
            own = {k.removeprefix("extra."): v for k, v in self._pending.items() if k.startswith("extra.")}
            objective.extra.load_state_dict(own, strict=False)
        load_optimiser(trainer.optimiser, trainer.names, self._pending)
        self._pending = {}

    def _tokenizer(self) -> PreTrainedTokenizerFast:
        folder = self.out / "tokenizer"
        if (folder / "tokenizer.json").is_file():
            return load_tokenizer(folder)
        texts = list(self.data.utterances)
        if self.config.tokenizer.prompts:
            texts += task_wordings(sorted(self.data.pool.by_noun))
        tokenizer = train_tokenizer(texts, self.config.tokenizer)
        if self.world.first:
            tokenizer.save_pretrained(folder)
        return tokenizer

    def _check_folder(self) -> None:
        path = self.out / "run.json"
        if not path.is_file():
            return
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("identity") != self.identity:
            raise UserError(
                "this folder holds a run of another configuration or other data",
                place=str(path),
                hint="give another --out, or the configuration and data that it was begun with",
            )

    def _check_turn(self, stage: StageName) -> None:
        if stage not in self.order:
            raise UserError(f"the configuration '{self.config.name}' has no stage '{stage}'")
        ahead = self.order.index(stage)
        now = len(self.order) if self.place.stage is None else self.order.index(self.place.stage)
        if now < ahead:
            raise UserError(
                f"the stage '{self.order[now]}' comes before '{stage}' and is not finished",
                hint=f"run it first: devkit train … --stage {self.order[now]}",
            )

    def _record(self) -> None:
        """Write what the run is made from."""
        self._check_folder()
        record = {
            "identity": self.identity,
            "config": self.config.model_dump(mode="json"),
            "data": {"digest": self.data.digest, "hours": self.data.hours, "frames": len(self.data.pool.frames)},
            "steps": self.steps,
            "seed": self.config.seed,
            "initial_weights": digest_weights(self.model),
            "parameters": parameter_counts(self.config, len(self.tokenizer)),
            "vocabulary": len(self.tokenizer),
            "processes": self.world.size,
            "device": str(self.world.device),
            "versions": {name: version(name) for name in ("devkit", "torch", "transformers", "tokenizers")},
            "python": platform.python_version(),
        }
        write_json(self.out / "run.json", record)

    def _log(self, name: StageName, report: StepReport) -> None:
        line = {
            "step": self.place.step,
            "stage": name,
            "stage_step": report.step,
            "loss": round(report.loss, 5),
            "norm": round(report.norm, 4),
            "lr": report.lr,
            "valid": report.valid,
            "seconds": round(report.seconds, 4),
            "waited": round(report.waited, 4),
            **{key: round(value, 5) for key, value in report.figures.items()},
        }
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _trim_log(self) -> None:
        """Drop the lines of steps that are about to be done again."""
        path = self.out / "log.jsonl"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(line for line in lines if _step_of(line) <= self.place.step), encoding="utf-8")


def _step_of(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 2**62


def task_wordings(nouns: Sequence[str], *, each: int = 40) -> list[str]:
    """Return the wordings of the tasks that are trained on, filled with nouns of the corpus.

    Args:
        nouns: Of the annotations.
        each: How often each wording occurs.
    """
    rng = random.Random(0)
    texts = []
    for task in TASKS.values():
        for wording in () if task.held_out else task.prompts.values():
            for _ in range(each if nouns else 0):
                noun = rng.choice(nouns)
                text = wording.replace("{word}", noun).replace("{words}", f"{noun}s").replace("<image>", " ")
                texts.append(f" USER: {text} ASSISTANT: A")
    return texts


def last_checkpoint(run: Path) -> Path:
    """Return the newest checkpoint of a run.

    Raises:
        UserError: There is none.
    """
    found = checkpoints(run)
    if not found:
        raise UserError("there is no complete checkpoint", place=str(run))
    return found[-1].path
