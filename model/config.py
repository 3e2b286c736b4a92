"""Training configurations as typed files: the sizes of the model, the five stages, the seeds.

A configuration is YAML, found by name among the built-in ones (``tiny``, ``demo``, ``demo-long``, ``small``,
``base``) or by path. `load_config` collects every mistake before it says anything. What a stage *does* is in
`model.stages`; here is only what can be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.items import Strict

BUILT_IN = Path(__file__).parent / "configs"
StageName = Literal["vision", "language", "align", "joint", "instruct"]
STAGES: tuple[StageName, ...] = ("vision", "language", "align", "joint", "instruct")
Part = Literal["vision", "connector", "language"]


class TowerConfig(Strict):
    """The vision tower.

    Attributes:
        kind: ``vit`` (`transformers.ViTModel`) or ``dinov2`` (`transformers.Dinov2Model`).
        image_size: Side of the square picture, pixels.
        patch_size: Side of a patch, pixels; an image takes ``(image_size / patch_size)² + 1`` tokens.
        width: Width of the residual stream.
        layers: Number of blocks.
        heads: Attention heads.
        mlp: Width of the feed-forward layer.
        init: Standard deviation of random weights; about one over the root of the width.
    """

    kind: Literal["vit", "dinov2"] = "vit"
    image_size: int = Field(gt=0)
    patch_size: int = Field(gt=0)
    width: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    mlp: int = Field(gt=0)
    init: float = Field(default=0.02, gt=0)

    @model_validator(mode="after")
    def _divides(self) -> TowerConfig:
        if self.image_size % self.patch_size:
            raise ValueError("image_size must be a multiple of patch_size")
        if self.width % self.heads:
            raise ValueError("width must be a multiple of heads")
        return self

    @property
    def tokens(self) -> int:
        """Tokens that one image takes in the language model, the class token included."""
        return (self.image_size // self.patch_size) ** 2 + 1


class LanguageConfig(Strict):
    """The language model, of LLaMA's shape, with untied embeddings unless told.

    Attributes:
        width: Width of the residual stream; the connector's hidden width too.
        layers: Number of blocks.
        heads: Attention heads.
        kv_heads: Key and value heads.
        mlp: Width of the gated feed-forward layer.
        positions: Longest sequence, tokens.
        tied: Whether input and output embeddings are one matrix.
        init: Standard deviation of random weights; about one over the root of the width.
    """

    width: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    mlp: int = Field(gt=0)
    positions: int = Field(gt=0)
    tied: bool = False
    init: float = Field(default=0.02, gt=0)


class TokenizerConfig(Strict):
    """The tokenizer, trained on the transcripts of the training split.

    Attributes:
        vocabulary: Largest number of tokens, special ones included.
        min_frequency: Pairs seen less often are not merged.
        prompts: Whether the wordings of the tasks that are trained on are added to the transcripts. The published
            tokenizer saw transcripts alone; with few of them the wordings fall to single bytes and cost time.
    """

    vocabulary: int = Field(gt=260)
    min_frequency: int = 3
    prompts: bool = False


class DinoConfig(Strict):
    """Self-distillation (DINO, Caron et al. 2021): how views are cut and how the teacher follows.

    Attributes:
        prototypes: Width of the head's output.
        hidden: Width of the head's hidden layers.
        bottleneck: Width before the prototypes.
        local_views: Small views that only the student sees.
        local_size: Their side, pixels; a multiple of the tower's patch.
        global_scale: Share of the picture's area in a global view, smallest and largest.
        local_scale: The same for a local view.
        student_temperature: Softmax temperature of the student.
        teacher_temperature: Of the teacher, at the start and after warming up.
        momentum: Of the teacher's weights at the start; rises to 1 by a cosine.
        batch_norm: Whether the head standardises over the batch.
        centring: How one prototype is kept from winning everywhere: ``mean`` takes a moving mean off (DINO),
            ``sinkhorn`` shares the prototypes out evenly over each batch (DINOv2), which needs far fewer steps.
        centre_momentum: Of the moving mean.
        freeze_last: Share of the steps in which the prototypes stay fixed.
        flip: Whether views may be mirrored. Off: Left/Right needs to see the difference.
        boxes: Share of the views' pictures that are the surroundings of an annotated object; the rest is whole frames.
    """

    prototypes: int = 1024
    hidden: int = 512
    bottleneck: int = 128
    local_views: int = 4
    local_size: int = 32
    global_scale: tuple[float, float] = (0.4, 1.0)
    local_scale: tuple[float, float] = (0.1, 0.4)
    student_temperature: float = 0.1
    teacher_temperature: tuple[float, float] = (0.04, 0.07)
    momentum: float = 0.99
    batch_norm: bool = False
    centring: Literal["mean", "sinkhorn"] = "mean"
    centre_momentum: float = 0.9
    freeze_last: float = 0.05
    flip: bool = False
    boxes: float = 0.5


class StageConfig(Strict):
    """One stage of training.

    Attributes:
        steps: Optimiser steps; or give ``epochs``.
        epochs: Passes over the stage's data.
        batch: Samples of one step over all processes.
        micro: Samples of one forward pass; a step is made of ``batch / micro`` of them.
        trained: Which parts learn; the others are frozen.
        lr: Peak learning rate.
        vision_lr: Peak learning rate of the vision tower where it differs.
        betas: Of AdamW.
        weight_decay: Of AdamW, on matrices only.
        warmup: Share of the steps in which the rate rises linearly; afterwards it falls by a cosine.
        floor: Share of the peak rate at which the cosine ends.
        clip: Largest norm of the gradient.
        tokens: Most tokens of one forward pass; sources with long samples then give fewer than ``micro``.
        length: Longest sequence, tokens; packed sequences have exactly this length.
        mixture: Weights of the stage's sources: ``image``, ``crop``, ``video``, ``interleaved`` in the joint stage,
            ``task/form`` in the instruction stage; empty for the stage's own default.
        jitter: Strength of random changes of light and colour, the same for all pictures of a sequence; 0 for none.
    """

    steps: int | None = Field(default=None, ge=0)
    epochs: float | None = Field(default=None, gt=0)
    batch: int = Field(gt=0)
    micro: int = Field(gt=0)
    trained: tuple[Part, ...] = Field(min_length=1)
    lr: float = Field(gt=0)
    vision_lr: float | None = None
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.0
    warmup: float = 0.03
    floor: float = 0.1
    clip: float = 1.0
    tokens: int | None = None
    length: int = 512
    mixture: dict[str, float] = Field(default_factory=dict)
    jitter: float = 0.0

    @model_validator(mode="after")
    def _coherent(self) -> StageConfig:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        if self.batch % self.micro:
            raise ValueError("batch must be a multiple of micro")
        return self


class TrainConfig(Strict):
    """Everything that a run is made from, apart from its data.

    Attributes:
        name: Of the configuration; part of the model's name.
        seed: Of weights and data.
        tower: Vision tower.
        language: Language model.
        tokenizer: Tokenizer.
        dino: Self-distillation.
        stages: The stages that the run has, by name.
        checkpoints: Checkpoints per stage from ``align`` on, log-spaced in steps; the last step is always one.
        save_every: Steps between two saved states to resume from.
        dtype: Type of the forward pass on a GPU; on a CPU everything is float32.
        picture_width: Width to which frames are reduced when they are loaded for training, pixels; None keeps them.
    """

    name: str
    seed: int = 0
    tower: TowerConfig
    language: LanguageConfig
    tokenizer: TokenizerConfig
    dino: DinoConfig = DinoConfig()
    stages: dict[StageName, StageConfig]
    checkpoints: int = Field(default=4, ge=1)
    save_every: int = Field(default=200, ge=1)
    dtype: Literal["float32", "bfloat16"] = "float32"
    picture_width: int | None = None


def load_config(name: str) -> TrainConfig:
    """Read a configuration by its built-in name or by path.

    Raises:
        UserError: No such configuration, or no YAML.
        Problems: All the mistakes of the file, each with its line.
    """
    path = BUILT_IN / f"{name}.yaml" if (BUILT_IN / f"{name}.yaml").is_file() else Path(name)
    if not path.is_file():
        known = sorted(found.stem for found in BUILT_IN.glob("*.yaml"))
        hint = did_you_mean(name, known) or f"built in: {', '.join(known)}; or give the path of a YAML file"
        raise UserError(f"there is no training configuration '{name}'", hint=hint)
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(str(error.problem or "not YAML"), place=f"{path.name}:{line}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError("not a YAML text", place=str(path)) from error
    if not isinstance(data, Mapping):
        raise UserError("a training configuration is a mapping", place=str(path))
    try:
        return TrainConfig.model_validate(data)
    except ValidationError as error:
        problems = [_problem(path, data, dict(found)) for found in error.errors()]
        raise Problems(problems, subject=str(path)) from error


def _problem(path: Path, data: Any, found: dict[str, Any]) -> Problem:
    """Turn one of pydantic's errors into a problem with line and a guess at what was meant."""
    node, line, parents = data, 1, list(found["loc"])
    for key in parents:
        if not isinstance(node, Mapping) or key not in node:
            break
        line = getattr(node, "lc").key(key)[0] + 1  # noqa: B009 - only what ruamel made has it
        node = node[key]
    where = ".".join(str(part) for part in parents if part != "[key]")
    hint = ""
    if found["type"] == "extra_forbidden":
        hint = did_you_mean(str(parents[-1]), _known_keys())
    message = str(found["msg"]).removeprefix("Value error, ")
    return Problem("config", f"{where}: {message}" if where else message, f"{path.name}:{line}", hint)


def _known_keys() -> set[str]:
    models = (TrainConfig, TowerConfig, LanguageConfig, TokenizerConfig, DinoConfig, StageConfig)
    return {name for model in models for name in model.model_fields}
