"""How much arithmetic a step of training takes, and which share of the device's peak it reached.

Counted are matrix products on tokens that are no padding: 2 operations a weight in the forward pass, 2 more where a
gradient goes through, 2 more where a weight learns; attention adds 4 operations a pair of tokens and unit of width in
the forward pass, half of them in a causal one. What is computed twice to save memory counts once (Chowdhery et al.
2022, PaLM, appendix B, call this model FLOP utilisation).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from model.babyvlm.architecture import parameter_counts
from model.config import Part, StageName, TrainConfig
from model.loop import StepReport
from model.world import World

PEAK: dict[str, float] = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "RTX 4090": 165e12}
"""Dense bfloat16 operations a second by the makers' data sheets, by a part of the device's name."""


def step_flops(
    config: TrainConfig, stage: StageName, counts: Mapping[Part, int], vocabulary: int, report: StepReport
) -> float:
    """Return the operations of a step over all processes.

    Args:
        config: Sizes, and what the stage trains.
        stage: Which stage.
        counts: Parameters of each part.
        vocabulary: Number of tokens of the tokenizer.
        report: Tokens and pictures of the step.
    """
    if stage == "vision":
        return _distillation(config, report.valid)
    trained, language, tower = set(config.stages[stage].trained), config.language, config.tower
    words = language.width * vocabulary
    blocks = counts["language"] - (1 if language.tied else 2) * words
    deep = 6 if "language" in trained else 4  # a gradient goes through it to the connector, or it learns
    length = report.tokens / config.stages[stage].batch
    pairs = 3 * 2 * language.layers * language.width * report.tokens * length
    seen, looks = report.images * tower.tokens, "vision" in trained
    joint = 2 + 2 * ("connector" in trained) + 2 * looks
    sight = (6 if looks else 2) * tower_weights(config) + (3 if looks else 1) * 4 * tower.layers * tower.width * (
        tower.tokens
    )
    return deep * (report.tokens * blocks + report.valid * words) + pairs + seen * (joint * counts["connector"] + sight)


def tower_weights(config: TrainConfig) -> int:
    """Return the weights of the tower's blocks, which are what takes time."""
    width = config.tower.width
    return config.tower.layers * (4 * width * width + 2 * width * config.tower.mlp)


def _distillation(config: TrainConfig, pictures: int) -> float:
    """The student sees all views, forward and back (``contrast``: a mirrored one, too); the teacher the global two."""
    dino, tower = config.dino, config.tower
    small = (dino.local_size // tower.patch_size) ** 2 + 1
    large = 2 + (dino.contrast > 0)
    tokens = 6 * (large * tower.tokens + dino.local_views * small) + 2 * 2 * tower.tokens
    pairs = 6 * (large * tower.tokens**2 + dino.local_views * small**2) + 2 * 2 * tower.tokens**2
    head = (
        tower.width * dino.hidden + dino.hidden**2 + dino.hidden * dino.bottleneck + dino.bottleneck * dino.prototypes
    )
    heads = 6 * (2 + dino.local_views) + 2 * 2
    return pictures * (tower_weights(config) * tokens + 2 * tower.layers * tower.width * pairs + head * heads)


class Speed:
    """Tokens a second and model FLOP utilisation of the steps of one stage.

    Args:
        config: Sizes, and what the stage trains.
        stage: Which one.
        vocabulary: Number of tokens of the tokenizer.
        world: The processes and their device.
    """

    def __init__(self, config: TrainConfig, stage: StageName, vocabulary: int, world: World) -> None:
        self.config, self.stage, self.vocabulary = config, stage, vocabulary
        self.peak = device_peak(world.device) * world.size
        self.counts = parameter_counts(config, vocabulary)

    def of(self, report: StepReport) -> Mapping[str, float]:
        """Return the figures of a step; utilisation only where the device's peak is known."""
        figures = {"tokens_per_s": report.tokens / report.seconds, "pictures_per_s": report.images / report.seconds}
        if self.peak:
            operations = step_flops(self.config, self.stage, self.counts, self.vocabulary, report)
            figures["mfu"] = operations / report.seconds / self.peak
        return figures


def device_peak(device: torch.device) -> float:
    """Return the peak of a device, operations a second; 0 when it is not known."""
    if device.type != "cuda":
        return 0.0
    name = torch.cuda.get_device_name(device)
    return next((peak for part, peak in PEAK.items() if part in name), 0.0)
