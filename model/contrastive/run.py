"""A run of the contrastive learner: OpenCLIP's model, loss, schedule and training loop, with our data and checkpoints.

The loop is called for a stretch of steps at a time. Between stretches the state is saved, so a run that was
interrupted goes on from there as if it had not been. Checkpoints are folders that OpenCLIP loads by ``local-dir:``.
"""

from __future__ import annotations

import json
import logging
import math
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.loss import ClipLoss
from open_clip_train.scheduler import cosine_lr
from open_clip_train.train import train_one_epoch
from safetensors.torch import save_file
from torch.nn.parallel import DistributedDataParallel

from devkit.errors import UserError
from devkit.ids import digest_json
from model.checkpoints import digest_folder, load_optimiser, load_resume, optimiser_tensors, save_resume, write_json
from model.config import TrainConfig
from model.contrastive.pairs import Pairs, batches, seen_frames, utterance_tokenizer
from model.data.corpus import TrainingData, frame_name
from model.images import MEAN, STD
from model.loop import Experience
from model.manifests import MANIFEST, Manifest
from model.provenance import CHAIN, INITIAL, append_link, opened_outside, watch_files, weight_digests
from model.record import LOG, drop_after
from model.tokenizer import EOS, PAD, train_tokenizer
from model.world import World

STAGE = "contrastive"
DEFAULT_EPOCHS = 20.0


def clip_settings(config: TrainConfig, vocabulary: int) -> dict[str, Any]:
    """Return OpenCLIP's settings of the model: the tower and language sizes of the configuration."""
    tower, words, own = config.tower, config.language, config.contrastive
    return {
        "embed_dim": own.embedding,
        "vision_cfg": {
            "image_size": tower.image_size,
            "layers": tower.layers,
            "width": tower.width,
            "head_width": tower.width // tower.heads,
            "patch_size": tower.patch_size,
            "mlp_ratio": tower.mlp / tower.width,
        },
        "text_cfg": {
            "context_length": own.context,
            "vocab_size": vocabulary,
            "width": words.width,
            "heads": words.heads,
            "layers": words.layers,
            "pool_type": "eos",
            "eos_id": EOS,
            "pad_id": PAD,
            "hf_tokenizer_name": "own",
        },
    }


def build_clip(config: TrainConfig, vocabulary: int) -> Any:
    """Build the model with random weights; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return open_clip.CLIP(**clip_settings(config, vocabulary), output_dict=True)


class TellingLoss(ClipLoss):  # type: ignore[misc]
    """OpenCLIP's loss that remembers its values for the log."""

    def __init__(self, world: World) -> None:
        super().__init__(gather_with_grad=True, cache_labels=True, rank=world.rank, world_size=world.size)
        self.values: list[torch.Tensor] = []

    def forward(self, *given: Any, **named: Any) -> Any:
        """Return the loss as OpenCLIP does."""
        found = super().forward(*given, **named)
        total = sum(found.values()) if isinstance(found, dict) else found
        assert isinstance(total, torch.Tensor)
        self.values.append(total.detach())
        return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Data as OpenCLIP's loop asks for them; the order is in the loader, so the epoch changes nothing."""

    dataloader: Any

    def set_epoch(self, epoch: int) -> None:
        """Nothing changes."""


class ContrastiveRun:
    """One run in one process of a world.

    Args:
        config: What to train; its stages are not used.
        data: Its training split.
        out: Folder of the run.
        world: The processes.
    """

    def __init__(self, config: TrainConfig, data: TrainingData, out: Path, world: World) -> None:
        watch_files()
        own = config.contrastive
        if own.batch % world.size:
            raise UserError(f"a batch of {own.batch} pairs cannot be shared out evenly among {world.size} processes")
        self.config, self.data, self.out, self.world = config, data, out, world
        self.identity = digest_json({"config": config.identity, "data": data.digest, "learner": STAGE})
        self.tokenizer = utterance_tokenizer(train_tokenizer(data.utterances, config.tokenizer))
        self.pairs = Pairs(data, self.tokenizer, config)
        epochs = own.epochs or DEFAULT_EPOCHS
        self.steps = own.steps or max(1, round(epochs * len(self.pairs.told) / own.batch))
        if config.order == "age":
            self.pairs.by_age(self.steps * own.batch)
        self.settings = clip_settings(config, len(self.tokenizer))
        self.model: Any = build_clip(config, len(self.tokenizer)).to(world.device)
        self.experience = Experience((frame_name(f.recording, f.time_ms) for f in data.pool.frames), data.period_ms)
        self.step = 0
        self.names = {weight: name for name, weight in self.model.named_parameters()}
        self.optimiser = self._optimiser()
        self._begin()

    def train(self, watch: Callable[[int, int], None]) -> None:
        """Train to the end.

        Args:
            watch: Told of steps done and steps in all.

        Raises:
            UserError: The loss is not finite.
        """
        logging.getLogger().setLevel(max(logging.WARNING, logging.getLogger().level))
        watch(self.step, self.steps)
        ends = sorted({*self._curve(), *range(self.config.save_every, self.steps, self.config.save_every), self.steps})
        for end in (end for end in ends if end > self.step):
            losses = self._stretch(end)
            self.experience.see(seen_frames(self.pairs, self.config, self.world, self.step, end))
            self._log(losses)
            self.step = end
            if end in self._curve():
                self._checkpoint()
            if end == self.steps:
                self._link("ends")
            self._save()
            watch(self.step, self.steps)

    def _stretch(self, end: int) -> list[float]:
        """Train up to a step with OpenCLIP's loop; returns the losses."""
        own, begin = self.config.contrastive, self.step
        rate = cosine_lr(self.optimiser, own.lr, max(1, round(own.warmup * self.steps)), self.steps)
        loss = TellingLoss(self.world)
        alone = self.world.size == 1
        model = self.model if alone else DistributedDataParallel(self.model)
        loader = batches(self.pairs, self.config, self.world, begin, end)
        train_one_epoch(
            model, {"train": Stretch(loader)}, loss, 0, self.optimiser, None, lambda step: rate(begin + step), None,
            self._arguments(),
        )  # fmt: skip
        losses = [float(value) for value in loss.values]
        if bad := [begin + place for place, value in enumerate(losses) if not math.isfinite(value)]:
            frames = seen_frames(self.pairs, self.config, self.world, bad[0], bad[0] + 1)
            raise UserError(
                f"the loss is not finite at step {bad[0] + 1}; frames: {', '.join(frames[:8])}",
                hint="lower the learning rate; the run can go on from its last saved state",
                code="not-finite",
            )
        return losses

    def _arguments(self) -> Namespace:
        """Return what OpenCLIP's loop looks up among its command-line arguments."""
        half = self.config.dtype == "bfloat16" and self.world.device.type == "cuda"
        own = self.config.contrastive
        return Namespace(
            device=str(self.world.device), precision="amp_bf16" if half else "fp32", distill=False, accum_freq=1,
            skip_scheduler=False, horovod=False, grad_clip_norm=own.clip, log_every_n_steps=1_000_000, wandb=False,
            batch_size=own.batch // self.world.size, world_size=self.world.size, rank=self.world.rank,
        )  # fmt: skip

    def _optimiser(self) -> torch.optim.AdamW:
        own = self.config.contrastive
        groups = [
            {"params": [w for w in self.names if w.ndim >= 2], "weight_decay": own.weight_decay},
            {"params": [w for w in self.names if w.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=own.lr, betas=(0.9, 0.98), eps=1e-6)

    def _curve(self) -> set[int]:
        return {max(1, self.steps >> power) for power in range(self.config.checkpoints)}

    def _begin(self) -> None:
        """Take up a saved state, or write down what the run begins with."""
        record = self.out / "run.json"
        if record.is_file() and json.loads(record.read_text(encoding="utf-8")).get("identity") != self.identity:
            raise UserError(
                "this folder holds a run of another configuration or other data",
                place=str(record),
                hint="give another --out, or the configuration and data that it was begun with",
            )
        found = load_resume(self.out)
        if found is not None:
            tensors, state = found
            self.model.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k[:6] == "model."})
            load_optimiser(self.optimiser, self.names, tensors)
            self.step = int(state["step"])
            if self.world.first:
                self.experience.met.copy_(tensors["experience"])
                drop_after(self.out / LOG, self.step)
            return
        if self.world.first:
            self._record()
            self._checkpoint()

    def _record(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        for left in (LOG, CHAIN):
            (self.out / left).unlink(missing_ok=True)
        initial = weight_digests(self.model)
        write_json(self.out / INITIAL, initial)
        record = {
            "identity": self.identity,
            "learner": STAGE,
            "config": self.config.model_dump(mode="json"),
            "data": {"digest": self.data.digest, "hours": self.data.hours, "pairs": len(self.pairs.told)},
            "steps": {STAGE: self.steps},
            "seed": self.config.seed,
            "initial_weights": digest_json(initial),
            "vocabulary": len(self.tokenizer),
            "versions": {name: version(name) for name in ("devkit", "torch", "open_clip_torch", "tokenizers")},
        }
        write_json(self.out / "run.json", record)
        self._link("begins")

    def _link(self, event: str) -> None:
        digest, opened = digest_json(weight_digests(self.model)), opened_outside(self.out)
        if self.world.first:
            row = {"event": event, "stage": STAGE, "step": self.step, "weights": digest}
            append_link(self.out, {**row, "opened": opened} if opened else row)

    def _checkpoint(self) -> None:
        """Write a folder that OpenCLIP loads; its manifest last."""
        seen, distinct = self.experience.hours(self.world) if self.step else (0.0, 0.0)
        if not self.world.first:
            return
        folder = self.out / "checkpoints" / f"{self.step:06d}-{STAGE if self.step else 'start'}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        state = {name: value.detach().cpu().contiguous().clone() for name, value in self.model.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors")
        look = {"mean": list(MEAN), "std": list(STD), "interpolation": "bilinear", "resize_mode": "longest"}
        write_json(folder / "open_clip_config.json", {"model_cfg": self.settings, "preprocess_cfg": look})
        self.tokenizer.save_pretrained(folder)
        manifest = Manifest(
            model=f"{STAGE}-{self.config.name}", run=self.identity, stage=STAGE if self.step else "", step=self.step,
            stage_step=self.step, hours_seen=seen, hours_distinct=distinct, random_weights=self.step == 0,
            seed=self.config.seed, data_digest=self.data.digest, digest=digest_folder(folder),
            parameters=sum(weight.numel() for weight in self.names), devkit_version=version("devkit"),
            training_recordings=tuple(sorted(self.data.pool.by_recording)),
        )  # fmt: skip
        write_json(folder / MANIFEST, manifest.model_dump(mode="json"))

    def _save(self) -> None:
        met = self.world.sum(self.experience.met.clone().to(self.world.device))
        if self.world.first:
            tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
            tensors |= {"experience": met, **optimiser_tensors(self.optimiser, self.names)}
            save_resume(self.out, tensors, {"run": self.identity, "stage": STAGE, "step": self.step})

    def _log(self, losses: list[float]) -> None:
        if not self.world.first:
            return
        lines = [
            json.dumps({"step": self.step + place + 1, "stage": STAGE, "loss": round(loss, 5)})
            for place, loss in enumerate(losses)
        ]
        with (self.out / LOG).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
