"""What a model is made of, as typed sections of a training configuration: tower, language, tokenizer, distillation.

The sections that say how training goes are in `model.config`, which also reads the files.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from devkit.items import Strict


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
        cutouts: Share of those surroundings that are the object alone on black, as tasks show it.
        contrast: Weight of telling each picture from the others and from its own mirror image (`model.dino.Contrast`);
            0 leaves it out, as published.
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
    cutouts: float = Field(default=0.0, ge=0.0, le=1.0)
    contrast: float = Field(default=0.0, ge=0.0)

    @model_validator(mode="after")
    def _coherent(self) -> DinoConfig:
        if self.contrast and self.flip:
            raise ValueError("contrast tells mirror images apart, so flip must be off")
        return self
