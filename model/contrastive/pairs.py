"""Pictures with what was said of them, as OpenCLIP's training loop takes them.

A pair is a function of its number: which narration, which of its frames, which crop. So training resumes anywhere.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import open_clip
import torch
from tokenizers.processors import TemplateProcessing
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedTokenizerFast

from devkit.errors import UserError
from model.config import ContrastiveConfig, TrainConfig
from model.data.corpus import TrainingData, frame_name
from model.data.loader import worker_count
from model.data.pretraining import Order
from model.data.schedule import ByAge, shuffled
from model.images import MEAN, STD
from model.tokenizer import EOS, SOS
from model.world import World


@dataclass(frozen=True, slots=True)
class Told:
    """A narration: the frames that were seen and the utterance."""

    frames: tuple[tuple[str, int], ...]
    text: str
    age_days: int | None


class Pairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Pairs by number.

    Args:
        data: Training split; image–utterance and video–utterance pairs are used.
        tokenizer: With begin and end (`utterance_tokenizer`).
        config: Of the run.
    """

    def __init__(self, data: TrainingData, tokenizer: PreTrainedTokenizerFast, config: TrainConfig) -> None:
        self.data, self.config = data, config.contrastive
        self.told = [
            Told(frames, text, narration.age_days)
            for narration in (*data.pairs, *data.clips)
            for frames, text in narration.parts
            if text.strip()
        ]
        if len(self.told) < 2:
            raise UserError("the data hold no narrated pictures for the contrastive learner")
        self.seed = f"{config.seed}/contrastive"
        self.order: Order = partial(shuffled, count=len(self.told), seed=self.seed)
        self.words = _words([one.text for one in self.told], tokenizer, self.config)
        self.view = open_clip.image_transform(
            config.tower.image_size,
            is_train=True,
            mean=MEAN,
            std=STD,
            interpolation="bilinear",
            aug_cfg=open_clip.AugmentationCfg(scale=self.config.scale, ratio=(0.9, 1.1)),
        )

    @property
    def ages(self) -> list[int | None]:
        """Age of the child at each pair, days."""
        return [one.age_days for one in self.told]

    def frame(self, number: int) -> tuple[str, int]:
        """Return the frame of a pair."""
        frames = self.told[self.order(number)].frames
        return random.Random(f"{self.seed}/{number}").choice(frames)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a picture, (3, side, side), and its utterance, (context,)."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(random.Random(f"{self.seed}/view/{number}").getrandbits(48))
            picture: torch.Tensor = self.view(self.data.pool.image(*self.frame(number)))
        return picture, self.words[self.order(number)]

    def by_age(self, total: int) -> None:
        """Read pairs of younger children first.

        Raises:
            UserError: The age at a pair is not known.
        """
        ages = [age for age in self.ages if age is not None]
        if len(ages) < len(self.told):
            raise UserError("the child's age is not known at every pair, so they cannot be ordered by age")
        self.order = ByAge(ages, total, self.seed)


def utterance_tokenizer(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a copy of BabyVLM's tokenizer that puts begin and end around a text and pads on the right."""
    core = tokenizer.backend_tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    core.post_processor = TemplateProcessing(single="<sos> $A <eos>", special_tokens=[("<sos>", SOS), ("<eos>", EOS)])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<sos>",
        eos_token="<eos>",
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )


def _words(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, config: ContrastiveConfig) -> torch.Tensor:
    """Return the tokens of utterances, (N, context)."""
    made = tokenizer(
        [text.strip() for text in texts],
        padding="max_length",
        truncation=True,
        max_length=config.context,
        return_tensors="pt",
    )
    tokens: torch.Tensor = made["input_ids"]
    return tokens


def batches(pairs: Pairs, config: TrainConfig, world: World, begin: int, end: int) -> Any:
    """Return OpenCLIP's kind of data loader over this process's share of the steps from ``begin`` to ``end``."""
    batch = config.contrastive.batch
    share = range(world.rank, batch, world.size)
    numbers = [[step * batch + place for place in share] for step in range(begin, end)]
    workers = worker_count(config.machine, world)
    loader: Any = DataLoader(
        pairs,
        batch_sampler=numbers,
        num_workers=workers,
        prefetch_factor=config.machine.ahead if workers else None,
        multiprocessing_context="fork" if workers else None,
        pin_memory=world.device.type == "cuda",
    )
    loader.num_batches, loader.num_samples = end - begin, (end - begin) * batch
    return loader


def seen_frames(pairs: Pairs, config: TrainConfig, world: World, begin: int, end: int) -> list[str]:
    """Return the names of the frames that this process meets in the steps from ``begin`` to ``end``."""
    batch = config.contrastive.batch
    numbers = (step * batch + place for step in range(begin, end) for place in range(world.rank, batch, world.size))
    return [frame_name(*pairs.frame(number)) for number in numbers]
