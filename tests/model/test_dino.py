from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from devkit.errors import UserError
from model.babyvlm.architecture import build
from model.config import DinoConfig
from model.dino import COLLAPSED, PATIENCE, Pictures, SelfDistillation, Watch, _states, cut  # pyright: ignore[reportPrivateUsage]
from model.world import World

CONFIG = DinoConfig(
    prototypes=32,
    hidden=32,
    bottleneck=16,
    local_views=2,
    local_size=16,
    momentum=0.9,
    batch_norm=True,
    centring="sinkhorn",
)


def _pictures(count: int, seed: int = 0) -> np.ndarray:
    colours = np.random.default_rng(seed).integers(0, 256, (count, 1, 1, 3), dtype=np.uint8)
    return np.broadcast_to(colours, (count, 48, 48, 3)).copy()


@pytest.fixture
def core(make_config: Any) -> SelfDistillation:
    return SelfDistillation(build(make_config(), 300).model.vision_tower, 32, CONFIG, 0)


def test_views_have_their_size_and_repeat_with_their_seed() -> None:
    pictures = torch.rand(3, 3, 48, 48)
    one, two, other = (cut(pictures, 16, (0.2, 0.5), False, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert one.shape == (3, 3, 16, 16)
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_views_are_not_mirrored_unless_told() -> None:
    ramp = torch.linspace(0, 1, 48).expand(64, 3, 48, 48)
    rising = [
        float((v[..., -1] - v[..., 0]).mean()) > 0
        for v in cut(ramp, 16, (0.5, 0.9), False, torch.Generator().manual_seed(0))
    ]
    assert all(rising)
    mirrored = [
        float((v[..., -1] - v[..., 0]).mean()) < 0
        for v in cut(ramp, 16, (0.5, 0.9), True, torch.Generator().manual_seed(0))
    ]
    assert 10 < sum(mirrored) < 54


def test_the_student_learns_to_tell_pictures_apart(core: SelfDistillation) -> None:
    learning = [w for w in core.parameters() if w.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=2e-3)
    before = [w.clone() for w in core.teacher.parameters()]
    losses, informations = [], []
    for step in range(60):
        loss = core.loss(Pictures(_pictures(24), step), 0.0) / 24
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        core.follow(step, 0.0, World())
        losses.append(loss.item())
        informations.append(core.watch.information)
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5]), losses
    assert min(informations) > 0.3, "all pictures got the same answer"
    assert any(not torch.equal(a, b) for a, b in zip(before, core.teacher.parameters(), strict=True))
    core.keep_teacher()
    assert all(torch.equal(a, b) for a, b in zip(core.teacher.parameters(), core.student.parameters(), strict=True))


def test_the_teacher_gets_no_gradient(core: SelfDistillation) -> None:
    core.loss(Pictures(_pictures(4), 0), 0.0).backward()
    assert all(w.grad is None for w in core.teacher.parameters())
    assert any(w.grad is not None for w in core.student.parameters())


def _two_tone(count: int, seed: int) -> np.ndarray:
    """Pictures whose halves, left and right, differ in colour."""
    halves = np.random.default_rng(seed).integers(0, 256, (count, 1, 2, 3), dtype=np.uint8)
    return np.repeat(np.broadcast_to(halves, (count, 48, 2, 3)), 24, axis=2)


def _three_views(images: np.ndarray) -> torch.Tensor:
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float()[:, :, :32, 8:40] / 255 - 0.5
    return torch.cat([pixels, pixels * 0.9, pixels.flip(-1)])


def test_contrast_tells_pictures_from_their_mirror_images(make_config: Any) -> None:
    config = CONFIG.model_copy(update={"contrast": 1.0})
    core = SelfDistillation(build(make_config(), 300).model.vision_tower, 32, config, 0)
    assert core.contrast is not None
    optimiser = torch.optim.AdamW([w for w in core.parameters() if w.requires_grad], lr=2e-3)
    losses, told = [], []
    for step in range(60):
        states = _states(core.student, _three_views(_two_tone(24, step)))
        loss = core.contrast(states) / 24
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        told.append(core.contrast.told["mirror"])
    assert np.mean(losses[-5:]) < 0.75 * np.mean(losses[:5]), losses
    assert np.mean(told[-5:]) > 0.85, told


def test_contrast_counts_all_other_pictures_and_all_mirror_images(make_config: Any) -> None:
    config = CONFIG.model_copy(update={"contrast": 1.0})
    contrast = SelfDistillation(build(make_config(), 300).model.vision_tower, 32, config, 0).contrast
    assert contrast is not None
    points = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1], [0, -1], [1, 0]])
    loss, told = contrast._loss(points)  # pyright: ignore[reportPrivateUsage]
    e = np.exp
    first = -np.log(e(10) / (e(10) + 1 + 1 + e(10))) - np.log(e(10) / (e(10) + 1))
    second = -np.log(e(10) / (e(10) + 1 + e(-10) + 1)) - np.log(e(10) / (e(10) + 1))
    assert loss.item() == pytest.approx(first + second, abs=1e-4)
    assert told == 1.0


def test_contrast_and_mirrored_views_are_refused_together() -> None:
    with pytest.raises(ValueError, match="flip must be off"):
        DinoConfig(contrast=1.0, flip=True)


def test_without_contrast_nothing_of_it_is_there(core: SelfDistillation) -> None:
    assert core.contrast is None
    assert not any("contrast" in name for name in core.state_dict())


@pytest.mark.parametrize("kind", ["one prototype", "uniform"])
def test_both_kinds_of_collapse_are_seen(kind: str) -> None:
    watch = Watch(32)
    answers = torch.zeros(16, 32)
    answers[:, 3] = 1

    def train() -> None:
        for step in range(PATIENCE + 1):
            watch.see(answers if kind == "one prototype" else torch.full((16, 32), 1 / 32))
            watch.check(step, World())

    with pytest.raises(UserError, match="collapsed at step"):
        train()


def test_varied_answers_are_no_collapse() -> None:
    watch = Watch(32)
    for step in range(PATIENCE + 5):
        watch.see(torch.eye(32))
        watch.check(step, World())
    assert watch.information > 10 * COLLAPSED
