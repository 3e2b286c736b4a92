"""A training run: a folder in which the five stages follow one another, and which can be left and resumed.

``RUN/run.json`` says what it is made from, ``RUN/log.jsonl`` how it went, ``RUN/weights.jsonl`` how its weights follow
from one another, ``RUN/checkpoints/`` holds the model as it grew. Interrupted at any moment, the same command goes on
from the last saved state; the result is the same as that of a run that was never interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

from devkit.errors import UserError
from devkit.ids import digest_json
from model.babyvlm.architecture import build, set_trained
from model.branch import keep_end
from model.checkpoints import load_optimiser, load_resume, optimiser_tensors, save_checkpoint, save_resume, write_json
from model.config import STAGES, StageName, TrainConfig
from model.data.corpus import TrainingData, frame_name
from model.data.loader import Loader
from model.dialogue import Encoder
from model.flops import Speed
from model.loop import Experience, StepReport, Trainer, counted
from model.manifests import Manifest, last_checkpoint
from model.memory import Memory, stage_memory
from model.objectives import Distillation, NextToken, Objective
from model.parallel import Entry, Shared, use_machine, way_of, whole
from model.provenance import CHAIN, INITIAL, append_link, opened_outside, watch_files, weight_digests
from model.record import LOG, PROBES, RunLog, run_record
from model.stages import make_feed
from model.tokenizer import load_tokenizer, train_tokenizer
from model.wording import task_wordings
from model.world import World

__all__ = ["Run", "last_checkpoint", "task_wordings"]

CURVE_STAGES: tuple[StageName, ...] = ("align", "joint", "instruct")
Watcher = Callable[[StageName, int, StepReport | None], None]
"""Called with the stage, its number of steps, and the report of a step (None when the stage begins)."""
Probe = Callable[[Path], Iterable[Mapping[str, Any]]]
"""Gives a checkpoint a small test; returns a row for each task form (`model.probe`)."""


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
        probe: The small test at each checkpoint; None for none.
    """

    def __init__(
        self, config: TrainConfig, data: TrainingData, out: Path, world: World, probe: Probe | None = None
    ) -> None:
        watch_files()
        self.config, self.data, self.out, self.world, self.probe = config, data, out, world, probe
        self.identity = digest_json({"config": config.identity, "data": self.data.digest})
        self.order: list[StageName] = [name for name in STAGES if name in config.stages]
        if world.first:
            out.mkdir(parents=True, exist_ok=True)
        self._check_folder()
        self.tokenizer = self._tokenizer()
        self.encoder = Encoder(self.tokenizer, config.tower.tokens, config.letters)
        self.model: LlavaForConditionalGeneration = build(config, len(self.tokenizer)).to(world.device)
        self.entry = Entry(self.model, None)
        frames = [frame_name(f.recording, f.time_ms) for f in self.data.pool.frames]
        self.experience = Experience(frames, self.data.period_ms)
        feeds = {name: make_feed(name, config, self.data, self.encoder) for name in self.order}
        self.feeds = {name: feed for name, (feed, _) in feeds.items()}
        self.steps: dict[str, int] = {name: steps for name, (_, steps) in feeds.items()}
        self.place, self.tokens = Place(self.order[0], 0, 0), 0
        self._pending: dict[str, torch.Tensor] = {}
        self._restore()
        use_machine(self.model, config.machine)

    def memory(self) -> dict[StageName, Memory]:
        """Estimate the memory that one process takes in each stage that is left."""
        begin = len(self.order) if self.place.stage is None else self.order.index(self.place.stage)
        way = way_of(self.config, self.world)
        return {
            name: stage_memory(
                self.config, name, len(self.tokenizer), self.feeds[name].largest(), way=way, size=self.world.size
            )
            for name in self.order[begin:]
        }

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
        if self.place.stage is None or (stage is not None and self.place.stage != stage):
            return
        if self.world.first and self.place.step == 0:
            self._begin()
            self._checkpoint({})
        elif self.world.first and not (self.out / "run.json").is_file():  # it branches off another run
            self._record(json.loads((self.out / INITIAL).read_text(encoding="utf-8")))
        self.log = RunLog(self.out, self.place.step, self.config.machine.tensorboard) if self.world.first else None
        try:
            while self.place.stage is not None and (stage is None or self.place.stage == stage):
                self._train_stage(self.place.stage, watch)
        finally:
            if self.log is not None:
                self.log.close()

    def _train_stage(self, name: StageName, watch: Watcher) -> None:
        stage, steps, feed = self.config.stages[name], self.steps[name], self.feeds[name]
        set_trained(self.model, stage.trained, tower_alone=name == "vision")
        objective = self._objective(name)
        if self.place.stage_step == 0:
            self._link(name, "begins")
        shared = Shared(self.entry, objective.extra, self.world, self.config, feed.turns)
        trainer = Trainer(self.model, objective, stage, steps, shared)
        if self._pending:
            self._fill(objective, trainer)
        loader = Loader(feed, self.world, self.config.machine, self.place.stage_step, steps)
        speed = Speed(self.config, name, len(self.tokenizer), self.world)
        watch(name, steps, None)
        for number in range(self.place.stage_step, steps):
            report = trainer.step(number, counted(loader.step(), self.experience))
            self.place = Place(name, number + 1, self.place.step + 1)
            self.tokens += report.tokens
            if number + 1 == steps:
                objective.finish()
                self.place = Place(self._next(name), 0, self.place.step)
            if self.log is not None:
                self.log.step(self.place.step, name, report, speed.of(report))
            self._keep(name, number + 1, steps, objective, trainer)
            watch(name, steps, report)
        if not steps:
            self.place = Place(self._next(name), 0, self.place.step)

    def _keep(self, name: StageName, done: int, steps: int, objective: Objective, trainer: Trainer) -> None:
        """Write checkpoint and resume state where they are due."""
        last = done == steps
        due = name in CURVE_STAGES and self.place.step in self._curve()
        if not (last or due or done % self.config.save_every == 0):
            return
        weights = {key: whole(value) for key, value in self.model.state_dict().items()}
        folder = self._checkpoint(weights, name, done) if due or last else None
        if last:
            self._link(name, "ends")
        self._save(name, weights, None if last else objective, None if last else trainer)
        if folder is not None and self.probe is not None and self.log is not None:
            for row in self.probe(folder):
                self.log.probe(self.place.step, row)

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

    def _checkpoint(self, weights: Mapping[str, torch.Tensor], stage: str = "", stage_step: int = 0) -> Path | None:
        """Write a checkpoint; returns its folder in the process that wrote it."""
        seen, distinct = self.experience.hours(self.world) if self.place.step else (0.0, 0.0)
        if not self.world.first:
            return None
        manifest = Manifest(
            model=f"babyvlm-{self.config.name}",
            run=self.identity,
            stage=stage,
            step=self.place.step,
            stage_step=stage_step,
            hours_seen=seen,
            hours_distinct=distinct,
            tokens_seen=self.tokens,
            random_weights=self.place.step == 0,
            seed=self.config.seed,
            data_digest=self.data.digest,
            training_recordings=tuple(sorted(self.data.pool.by_recording)),
            letters=self.config.letters,
            devkit_version=version("devkit"),
        )
        folder = self.out / "checkpoints" / f"{self.place.step:06d}-{stage or 'start'}"
        return save_checkpoint(self.model, self.config.tower, self.tokenizer, folder, manifest, weights or None).path

    def _link(self, stage: StageName, event: str) -> None:
        """Add the digest of all weights to the chain that shows where they come from."""
        digest = digest_json(weight_digests(self.model))
        opened = opened_outside(self.out)
        if self.world.first:
            row = {"event": event, "stage": stage, "step": self.place.step, "weights": digest}
            append_link(self.out, {**row, "opened": opened} if opened else row)

    def _save(
        self,
        stage: StageName,
        weights: Mapping[str, torch.Tensor],
        objective: Objective | None,
        trainer: Trainer | None,
    ) -> None:
        """Write what the run needs to go on; every process takes part, the first one writes."""
        tensors = {f"model.{name}": value for name, value in weights.items()}
        tensors["experience"] = self.world.sum(self.experience.met.clone().to(self.world.device))
        if objective is not None and objective.extra is not None:
            own = {id(weight) for weight in self.model.parameters()}
            state = objective.extra.state_dict(keep_vars=True)
            tensors |= {f"extra.{name}": value for name, value in state.items() if id(value) not in own}
        if trainer is not None:
            tensors |= optimiser_tensors(trainer.optimiser, trainer.names)
        if not self.world.first:
            return
        if trainer is None:
            keep_end(self.out, stage, tensors["experience"], self.tokens)
        place = {"stage": self.place.stage, "stage_step": self.place.stage_step, "step": self.place.step}
        save_resume(self.out, tensors, {"run": self.identity, **place, "tokens": self.tokens})

    def _restore(self) -> None:
        found = load_resume(self.out)
        if found is None:
            return
        tensors, state = found
        weights = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
        self.model.load_state_dict(weights)
        if self.world.first:
            self.experience.met.copy_(tensors["experience"])
        self.place, self.tokens = Place(state["stage"], state["stage_step"], state["step"]), state.get("tokens", 0)
        self._pending = {k: v for k, v in tensors.items() if k.startswith(("extra.", "optimiser."))}

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

    def _begin(self) -> None:
        """Write what the run is made from, and digests of the weights that it begins with."""
        self._check_folder()
        for left in (CHAIN, LOG, PROBES):  # of a run that ended before anything was saved
            (self.out / left).unlink(missing_ok=True)
        initial = weight_digests(self.model)
        write_json(self.out / INITIAL, initial)
        self._record(initial)

    def _record(self, initial: Mapping[str, str]) -> None:
        record = run_record(self.identity, self.config, self.data, self.steps, len(self.tokenizer), self.world)
        write_json(self.out / "run.json", {**record, "initial_weights": digest_json(initial)})
