"""The vision stage: self-distillation with no labels (DINO; Caron et al. 2021, arXiv 2104.14294).

A student sees two global and several local views of a picture and learns to say what a teacher, its own moving
average, says of the global ones. The teacher's output is centred and sharpened so that neither one prototype nor
the uniform answer wins; whether it happens all the same is *watched* (`Watch`), since a collapsed tower looks like a
low loss. The teacher's tower is what is kept.

With ``contrast`` the student also tells a picture from all others and from its own mirror image. Nothing else in the
stage asks which way a duck looks, and Left/Right stands on that.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from devkit.errors import UserError
from model.images import MEAN, STD
from model.parts import DinoConfig
from model.world import World

COLLAPSED = 0.01
PATIENCE = 100
SHARPNESS = 10.0


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one step of the vision stage.

    Attributes:
        images: Bytes, (N, side, side, 3).
        seed: Of the views that are cut from them.
        seen: Names of the source frames.
    """

    images: np.ndarray
    seed: int
    seen: tuple[str, ...] = ()

    @property
    def valid(self) -> int:
        """What the loss is divided by: the number of pictures."""
        return len(self.images)

    @property
    def tokens(self) -> int:
        """Pictures have no words."""
        return 0

    @property
    def room(self) -> int:
        """Pictures have no words."""
        return 0


class Head(nn.Module):
    """Three-layer MLP, then prototypes of unit length.

    With ``batch_norm`` (DINO's ``use_bn_in_head``) each layer's output is standardised over the batch. Class tokens of
    an untrained tower are almost the same for every picture; without it a short stage is over before they differ.
    """

    def __init__(self, width: int, config: DinoConfig) -> None:
        super().__init__()
        widths = (width, config.hidden, config.hidden, config.bottleneck)
        layers: list[nn.Module] = []
        for place, (into, out) in enumerate(itertools.pairwise(widths)):
            layers.append(nn.Linear(into, out))
            if config.batch_norm:
                layers.append(nn.BatchNorm1d(out, affine=False, track_running_stats=False))
            if place < 2:
                layers.append(nn.GELU())
        self.mlp = nn.Sequential(*layers)
        self.prototypes = nn.Parameter(torch.randn(config.prototypes, config.bottleneck))
        for layer in self.mlp:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, width) to cosines with the prototypes, (N, prototypes)."""
        directions = F.normalize(self.mlp(features), dim=-1)
        return directions @ F.normalize(self.prototypes, dim=-1).T


class Contrast(nn.Module):
    """Tells which of many views shows the same picture, mirror images among them (after SimCLR; Chen et al. 2020).

    Two views of a picture belong together; views of other pictures do not, and neither does a mirrored view of the
    same one, which differs from it in nothing but where things are. A view is read in two ways: patch by patch, which
    finds the difference soon, and as the mean over its tokens, which is how a language model reads it most easily and
    follows the first.

    Args:
        tower: With a ``config`` of transformers' vision towers.
        side: Side of the views, pixels.
        out: Width of what is compared.
    """

    def __init__(self, tower: nn.Module, side: int, out: int) -> None:
        super().__init__()
        settings = getattr(tower, "config")  # noqa: B009 - a module does not declare it
        width, patches = int(settings.hidden_size), (side // int(settings.patch_size)) ** 2
        narrow = width // 4
        self.patches = nn.Sequential(
            nn.Linear(width, narrow), nn.GELU(), nn.Flatten(), nn.Linear(patches * narrow, out)
        )
        self.mean = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, out))
        self.told = {"mirror_by_patch": 0.0, "mirror": 0.0}

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the loss summed over pictures.

        Args:
            states: What the tower says of (a view of each, another view of each, a mirrored view of each), one class
                token and the patches: (3N, 1 + patches, width).
        """
        by_patch, told = self._loss(self.patches(states[:, 1:]))
        by_mean, also = self._loss(self.mean(states).mean(1))
        self.told = {"mirror_by_patch": told, "mirror": also}
        return by_patch + by_mean

    @staticmethod
    def _loss(points: torch.Tensor) -> tuple[torch.Tensor, float]:
        """Return the loss, and the share of pictures nearer to their other view than to the mirrored one."""
        view, other, mirrored = F.normalize(points.float(), dim=-1).chunk(3)
        alike = SHARPNESS * torch.cat([view @ other.T, view @ mirrored.T], dim=1)
        own = torch.arange(len(view), device=view.device)
        pair = torch.stack([alike[own, own], alike[own, own + len(view)]], dim=1)
        loss = F.cross_entropy(alike, own, reduction="sum")
        loss = loss + F.cross_entropy(pair, torch.zeros_like(own), reduction="sum")
        return loss, float((pair[:, 0] > pair[:, 1]).float().mean())


class SelfDistillation(nn.Module):
    """Student and teacher around a model's vision tower.

    Args:
        tower: The student's tower: the very one of the model, trained in place.
        side: Side of a global view, pixels.
        config: How views are cut and how the teacher follows.
        seed: Of the heads' weights.
    """

    centre: torch.Tensor

    def __init__(self, tower: nn.Module, side: int, config: DinoConfig, seed: int) -> None:
        super().__init__()
        self.config, self.side = config, side
        width = int(getattr(tower, "config").hidden_size)  # noqa: B009 - a module does not declare it
        self.student = tower
        self.teacher = copy.deepcopy(tower)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.student_head = Head(width, config)
            self.contrast = Contrast(tower, side, config.bottleneck) if config.contrast else None
        self.teacher_head = copy.deepcopy(self.student_head)
        self.register_buffer("centre", torch.zeros(config.prototypes))
        self.watch = Watch(config.prototypes)
        self._answers: list[torch.Tensor] = []
        self._count = 0
        for weight in (*self.teacher.parameters(), *self.teacher_head.parameters()):
            weight.requires_grad_(False)

    def loss(self, batch: Pictures, done: float) -> torch.Tensor:
        """Return the summed loss of a batch.

        Args:
            batch: Pictures.
            done: Share of the stage that is over, 0–1.
        """
        chance = torch.Generator().manual_seed(batch.seed)
        large, small, mirrored = self._views(batch.images, chance)
        with torch.no_grad():
            answers = self.teacher_head(_states(self.teacher, large)[:, 0])
            low, high = self.config.teacher_temperature
            temperature = low + (high - low) * min(1.0, done / 0.3)
            answers = answers.float()
            soft = self._balanced(answers, temperature)
            self.watch.see(soft)
            target = soft.chunk(2)
            self._answers.append(answers.sum(0))
            self._count += len(answers)
        states = _states(self.student, large if mirrored is None else torch.cat([large, mirrored]))
        tokens = [states[: len(large), 0]]
        if small is not None:
            tokens.append(_states(self.student, small)[:, 0])
        said = self.student_head(torch.cat(tokens)) / self.config.student_temperature
        guesses = said.float().log_softmax(-1).split(len(batch.images))
        pairs = [(t, g) for t in range(2) for g in range(len(guesses)) if t != g]
        total = sum(-(target[t] * guesses[g]).sum() for t, g in pairs)
        assert isinstance(total, torch.Tensor)
        loss = total / len(pairs)
        return loss if self.contrast is None else loss + self.config.contrast * self.contrast(states)

    @torch.no_grad()
    def follow(self, step: int, done: float, world: World) -> None:
        """After an optimiser step: move the centre and the teacher, and check for collapse.

        Raises:
            UserError: The stage has collapsed.
        """
        mean = torch.stack(self._answers).sum(0) if self._answers else torch.zeros_like(self.centre)
        met = world.sum(torch.cat([mean, mean.new_tensor([float(self._count)])]))
        momentum = self.config.centre_momentum
        self.centre.mul_(momentum).add_(met[:-1] / met[-1].clamp_min(1), alpha=1 - momentum)
        self._answers, self._count = [], 0
        self.watch.check(step, world)
        kept = 1 - (1 - self.config.momentum) * (math.cos(math.pi * done) + 1) / 2
        for old, new in self._twins():
            old.lerp_(new.to(old.dtype), 1 - kept)

    @torch.no_grad()
    def keep_teacher(self) -> None:
        """End of the stage: the model's tower takes the teacher's weights."""
        for old, new in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
            new.copy_(old)

    def _twins(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        yield from zip(self.teacher.parameters(), self.student.parameters(), strict=True)
        yield from zip(self.teacher_head.parameters(), self.student_head.parameters(), strict=True)

    def _balanced(self, answers: torch.Tensor, temperature: float) -> torch.Tensor:
        """Sharpen the teacher's answers so that no prototype wins everywhere."""
        if self.config.centring == "mean":
            return ((answers - self.centre) / temperature).softmax(-1)
        return sinkhorn(answers / temperature)

    def _views(
        self, images: np.ndarray, chance: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Return two global views of each picture, the local ones, and a mirrored global one where it is needed."""
        device = self.centre.device
        pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div_(255)
        config = self.config
        large = [cut(pictures, self.side, config.global_scale, config.flip, chance) for _ in range(2)]
        small = [
            cut(pictures, config.local_size, config.local_scale, config.flip, chance) for _ in range(config.local_views)
        ]
        mirrored = None
        if self.contrast is not None:
            mirrored = cut(pictures, self.side, config.global_scale, config.flip, chance).flip(-1)
        return torch.cat(large), torch.cat(small) if small else None, mirrored


def _states(tower: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """Return what a tower says of pictures, (N, 1 + patches, width)."""
    states: torch.Tensor = tower(pixel_values=pixels, interpolate_pos_encoding=True).last_hidden_state
    return states


def cut(
    pictures: torch.Tensor, side: int, scale: tuple[float, float], flip: bool, chance: torch.Generator
) -> torch.Tensor:
    """Cut one random view of each picture and change its colours.

    Args:
        pictures: (N, 3, H, W), 0–1.
        side: Of the view, pixels.
        scale: Smallest and largest share of the picture's area.
        flip: Whether views may be mirrored.
        chance: Source of chance.

    Returns:
        Normalised, (N, 3, side, side).
    """
    count = len(pictures)
    draw = torch.rand(count, 8, generator=chance)
    edge = (scale[0] + (scale[1] - scale[0]) * draw[:, 0]).sqrt()
    aspect = (2 * draw[:, 1] - 1).mul(math.log(4 / 3) / 2).exp()
    width, height = (edge * aspect).clamp(max=1), (edge / aspect).clamp(max=1)
    theta = torch.zeros(count, 2, 3)
    mirrored = torch.where(draw[:, 2] < 0.5, -1.0, 1.0) if flip else torch.ones(count)
    theta[:, 0, 0], theta[:, 1, 1] = width * mirrored, height
    theta[:, 0, 2] = (2 * draw[:, 3] - 1) * (1 - width)
    theta[:, 1, 2] = (2 * draw[:, 4] - 1) * (1 - height)
    draw = draw.to(pictures.device)
    grid = F.affine_grid(theta.to(pictures.device), [count, 3, side, side], align_corners=False)
    views = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
    grey = views.mean(1, keepdim=True)
    light = (0.7 + 0.6 * draw[:, 5]).view(-1, 1, 1, 1)
    vivid = (0.6 + 0.7 * draw[:, 6]).view(-1, 1, 1, 1)
    vivid = torch.where(draw[:, 7].view(-1, 1, 1, 1) < 0.1, 0.0, vivid)
    views = ((grey + (views - grey) * vivid) * light).clamp_(0, 1)
    mean, std = (torch.tensor(values, device=views.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (views - mean) / std


def sinkhorn(logits: torch.Tensor, rounds: int = 3) -> torch.Tensor:
    """Share the prototypes out evenly over a batch (Sinkhorn–Knopp, as in SwAV and DINOv2).

    Args:
        logits: (N, prototypes).
        rounds: Of normalising columns and rows in turn.

    Returns:
        (N, prototypes); rows sum to one, columns nearly to N / prototypes.
    """
    shares = (logits - logits.max()).double().exp()
    for _ in range(rounds):
        shares = shares / shares.sum(0, keepdim=True).clamp_min(1e-300)
        shares = shares / shares.sum(1, keepdim=True).clamp_min(1e-300)
    return shares.to(logits.dtype)


class Watch:
    """Watches for collapse: how much the teacher's answer tells about the picture.

    The mutual information of picture and prototype, H(mean answer) − mean H(answer), as a share of log(prototypes).
    It is 0 both when one prototype wins for every picture and when every answer is uniform.
    """

    def __init__(self, prototypes: int) -> None:
        self.most = math.log(prototypes)
        self.information = 1.0
        self.low = 0

    def see(self, answers: torch.Tensor) -> None:
        """Take in the teacher's answers of one batch, (N, prototypes), summing to one."""
        mean = answers.mean(0)
        whole = -(mean * mean.clamp_min(1e-12).log()).sum()
        each = -(answers * answers.clamp_min(1e-12).log()).sum(-1).mean()
        self.information = float((whole - each) / self.most)

    def check(self, step: int, world: World) -> None:
        """Average over the processes, and stop a stage that has collapsed for good.

        Raises:
            UserError: The answers have not depended on the pictures for `PATIENCE` steps in a row.
        """
        told = world.sum(torch.tensor(self.information, dtype=torch.float64, device=world.device))
        self.information = float(told) / world.size
        self.low = self.low + 1 if self.information < COLLAPSED else 0
        if self.low >= PATIENCE:
            raise UserError(
                f"the vision stage has collapsed at step {step}: the teacher answers the same for every picture",
                hint="lower the learning rate or the teacher's temperature, or give more variety",
                code="collapse",
            )
