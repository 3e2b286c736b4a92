"""Each stage of training against transformers' Trainer with the same model and samples; used by `train.py`.

On a GPU the published size is measured (`base`), with model FLOP utilisation on tokens that are no padding, and peak
memory; without one the tiny size. Pictures are noise: what is in them does not matter for speed.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments

from devkit.annotations import AnnotatedFrame, Box
from devkit.pool import Pool
from model.babyvlm.architecture import build, set_trained
from model.config import StageName, TrainConfig, load_config
from model.data.corpus import Narration, Speech, TrainingData, frame_name
from model.dialogue import IGNORED, Encoder, Sample
from model.images import normalise
from model.run import Run, task_wordings
from model.stages import Feed, make_feed
from model.tokenizer import PAD, train_tokenizer
from model.world import World, own_device

NOUNS = ("ball", "cup", "hat", "key", "duck", "shoe")
FRAMES = 120
FORMS = {"picture_vocabulary/standard": 1.0, "who_has_more/synthetic": 1.0, "object_counting/standard": 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One stage by one way: per step, the first ones left out."""

    stage: str
    way: str
    seconds: float
    tokens: float
    waited: float = 0.0
    mfu: float = 0.0
    peak_gib: float = 0.0


def noise_data() -> TrainingData:
    """A corpus of noise with boxes and utterances in all formats."""
    rng, frames, images = random.Random(0), [], {}
    for place in range(FRAMES):
        picture = Image.effect_noise((320, 240), 60).convert("RGB")
        boxes = []
        for cell, noun in enumerate(NOUNS):
            x, y = cell % 3 * 100 + rng.randint(0, 40), cell // 3 * 110 + rng.randint(0, 40)
            picture.paste(tuple(rng.randrange(256) for _ in range(3)), (x, y, x + 50, y + 50))
            boxes.append(Box(noun=noun, instance=noun, x=x, y=y, w=50, h=50))
        frames.append(AnnotatedFrame(recording="A", time_ms=place * 500, boxes=tuple(boxes)))
        images["A", place * 500] = picture
    pool = Pool(frames, lambda r, t: images[r, t], source="bench", split="train", frame_digest=frame_name)
    said = [f"look there is the {rng.choice(NOUNS)} and " + "the " * rng.randint(0, 8) for _ in range(FRAMES)]
    single = [(((("A", 500 * k),),), text) for k, text in enumerate(said)]
    pairs = tuple(Narration(((frames, text),), 400) for (frames,), text in single)
    clips = tuple(
        Narration(((tuple(("A", 500 * (k + j)) for j in range(6)), said[k]),), 400) for k in range(FRAMES - 6)
    )
    windows = tuple(Narration(tuple(p.parts[0] for p in pairs[k : k + 5]), 400) for k in range(FRAMES - 5))
    speech = (Speech("A", 400, tuple(said * 40)),)
    return TrainingData("0" * 64, tuple(said), pairs, clips, windows, pool, 500, FRAMES / 7200, speech, {"A": 400})


def shortened(config: TrainConfig, steps: int, batch: int) -> TrainConfig:
    """The same stages for a few steps, with at most so many forward passes a step, on forms that noise can make."""
    stages = {
        name: stage.model_copy(
            update={"steps": steps, "epochs": None, "batch": min(stage.batch, batch * stage.micro)}
            | ({"mixture": dict(FORMS)} if name == "instruct" else {})
        )
        for name, stage in config.stages.items()
    }
    machine = config.machine.model_copy(update={"tensorboard": False})
    return config.model_copy(update={"stages": stages, "machine": machine, "save_every": 10**6, "checkpoints": 1})


def by_devkit(config: TrainConfig, data: TrainingData, name: StageName) -> Row:
    """Train one stage with the product's loop."""
    reports: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        one = config.model_copy(update={"stages": {name: config.stages[name]}})
        run = Run(one, data, Path(folder), World(device=own_device()))
        _reset()
        run.train(None, lambda *given: reports.append(given[2]) if given[2] is not None else None)
        lines = [json.loads(line) for line in (Path(folder) / "log.jsonl").read_text().splitlines()]
    kept, logged = reports[2:], lines[2:]
    seconds = sum(r.seconds for r in kept) / len(kept)
    units = sum(r.tokens or r.valid for r in kept) / len(kept)
    waited = sum(r.waited for r in kept) / sum(r.seconds for r in kept)
    mfu = sum(row.get("mfu", 0.0) for row in logged) / len(logged)
    return Row(name, "devkit", seconds, units / seconds, waited, mfu, _peak())


class _Samples(Dataset[Sample]):
    def __init__(self, feed: Feed, steps: int) -> None:
        self.places: list[tuple[str, int]] = []
        for number in range(steps * feed.turns):
            name, before = feed.schedule.turn(number)
            size = feed.sizes[name]
            self.places += [(name, before * size + k) for k in range(size)]
        self.feed = feed

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Sample:
        name, number = self.places[index]
        return self.feed.sources[name].sample(number)


def _collate(samples: list[Sample]) -> dict[str, torch.Tensor]:
    """Pad on the right, every image of every sequence in its place, as examples for LLaVA do."""
    longest = max(len(sample.ids) for sample in samples)
    ids = torch.full((len(samples), longest), PAD)
    labels = torch.full((len(samples), longest), IGNORED)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
        labels[row, : len(sample.ids)] = torch.tensor(sample.labels)
    given = {"input_ids": ids, "labels": labels, "attention_mask": (ids != PAD).long()}
    shown = [sample.images[place] for sample in samples for place in sample.places]
    return {**given, "pixel_values": normalise(shown)} if shown else given


class _Clock(TrainerCallback):
    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.moments.append(time.perf_counter())


def by_trainer(config: TrainConfig, data: TrainingData, name: StageName, steps: int) -> Row:
    """Train one stage with transformers' Trainer: same model, same samples, same number of forward passes."""
    stage = config.stages[name]
    tokenizer = train_tokenizer([*data.utterances, *task_wordings(sorted(data.pool.by_noun))], config.tokenizer)
    model = build(config, len(tokenizer))
    set_trained(model, stage.trained)
    feed, _ = make_feed(name, config, data, Encoder(tokenizer, config.tower.tokens))
    assert isinstance(feed, Feed)
    gpu, clock = torch.cuda.is_available(), _Clock()
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder, per_device_train_batch_size=max(feed.sizes.values()), gradient_accumulation_steps=feed.turns,
            max_steps=steps, learning_rate=stage.lr, bf16=gpu, use_cpu=not gpu, report_to=[], save_strategy="no",
            logging_strategy="no", remove_unused_columns=False, disable_tqdm=True,
            dataloader_num_workers=8 if gpu else 0, max_grad_norm=stage.clip, weight_decay=stage.weight_decay,
        )  # fmt: skip
        samples = _Samples(feed, 4 * steps)
        trainer = Trainer(model, settings, train_dataset=samples, data_collator=_collate, callbacks=[clock])
        _reset()
        trainer.train()
    seconds = (clock.moments[-1] - clock.moments[1]) / (len(clock.moments) - 2)
    per_step = feed.turns * max(feed.sizes.values())
    some = [len(samples[k].ids) for k in range(0, min(len(samples), 40 * per_step), max(1, per_step // 4))]
    return Row(name, "Trainer", seconds, per_step * sum(some) / len(some) / seconds, peak_gib=_peak())


def _reset() -> None:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak() -> float:
    return torch.cuda.max_memory_allocated() / 1024**3 if torch.cuda.is_available() else 0.0


def table(name: str, steps: int, passes: int, changes: list[str]) -> None:
    """Print a row for each stage and way."""
    config = shortened(load_config(name, changes), steps, passes)
    data = noise_data()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU, one thread"
    out = sys.stdout.write
    out(f"\n{name} on {device}, {steps} steps a stage\n")
    out(f"{'stage':<10}{'way':<9}{'s/step':>9}{'tokens/s':>11}{'waited':>8}{'MFU':>8}{'peak GiB':>10}{'ratio':>7}\n")
    for stage in config.stages:
        ours = by_devkit(config, data, stage)
        rows = [ours]
        if stage != "vision":
            plain = config.model_copy(
                update={"stages": {k: v.model_copy(update={"pack": False}) for k, v in config.stages.items()}}
            )
            rows.append(by_trainer(plain, data, stage, steps))
        for row in rows:
            ratio = f"{row.tokens / rows[-1].tokens:>7.2f}" if row.way == "devkit" and len(rows) > 1 else ""
            mfu = f"{100 * row.mfu:>7.1f}%" if row.mfu else f"{'':>8}"
            out(f"{row.stage:<10}{row.way:<9}{row.seconds:>9.3f}{row.tokens:>11.0f}{100 * row.waited:>7.1f}%{mfu}")
            out(f"{row.peak_gib:>10.1f}{ratio}\n")
    out("tokens/s are tokens that are no padding (pictures in the vision stage); the ratio is devkit over Trainer\n")
