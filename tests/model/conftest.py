"""A corpus of coloured shapes in memory, and a model so small that every path of training runs in a second."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from devkit.annotations import AnnotatedFrame, Box
from devkit.pool import Pool
from model.config import TrainConfig
from model.data.corpus import Narration, TrainingData, frame_name

WIDTH, HEIGHT = 160, 120
NOUNS = (
    "ball",
    "box",
    "cup",
    "hat",
    "key",
    "boat",
    "duck",
    "shoe",
    "spoon",
    "train",
    "apple",
    "bed",
    "fish",
    "car",
    "sock",
    "pig",
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _draw(canvas: ImageDraw.ImageDraw, box: Box, kind: int) -> None:
    where = (box.x, box.y, box.x + box.w - 1, box.y + box.h - 1)
    colour = ((37 * kind) % 200 + 40, (91 * kind) % 200 + 40, (151 * kind) % 200 + 40)
    if kind % 2:
        canvas.ellipse(where, fill=colour)
    else:
        canvas.polygon([(where[0], where[1]), (where[2], where[3]), (where[0], where[3])], fill=colour)


def _frame(recording: str, time_ms: int, rng: random.Random) -> tuple[AnnotatedFrame, Image.Image]:
    image = Image.new("RGB", (WIDTH, HEIGHT), (rng.randrange(256), 200, 220))
    canvas, boxes = ImageDraw.Draw(image), []
    for cell in rng.sample(range(12), 5):
        kind = rng.randrange(len(NOUNS))
        size = rng.randint(16, 30)
        x, y = cell % 4 * 40 + rng.randint(0, 39 - size), cell // 4 * 40 + rng.randint(0, 39 - size)
        box = Box(noun=NOUNS[kind], instance=f"{NOUNS[kind]}-{recording[0]}", x=x, y=y, w=size, h=size)
        _draw(canvas, box, kind)
        boxes.append(box)
    return AnnotatedFrame(recording=recording, time_ms=time_ms, boxes=tuple(boxes)), image


def make_pool(recordings: int, frames: int, seed: int, split: Any = "train") -> Pool:
    rng, shown, images = random.Random(seed), [], {}
    for number in range(recordings):
        name = f"{'ABC'[number % 3]}_2020010{number + 1}_1200_01"
        for place in range(frames):
            frame, image = _frame(name, place * 500, rng)
            shown.append(frame)
            images[name, place * 500] = image
    return Pool(
        shown,
        lambda recording, time_ms: images[recording, time_ms],
        source="shapes",
        split=split,
        frame_digest=frame_name,
    )


@pytest.fixture(scope="session")
def data() -> TrainingData:
    return make_data()


def make_data() -> TrainingData:
    pool = make_pool(3, 16, 1)
    rng = random.Random(2)
    pairs = []
    for frame in pool.frames:
        said = f"look at the {rng.choice(frame.boxes).noun}"
        pairs.append(Narration(((((frame.recording, frame.time_ms),), said),), 365))
    clips = [
        Narration(((tuple((f.recording, f.time_ms) for f in pool.frames[k : k + 3]), "what is that"),))
        for k in range(0, 12, 3)
    ]
    windows = [Narration(tuple(p.parts[0] for p in pairs[k : k + 4])) for k in range(0, 16, 4)]
    words = [part[1] for pair in pairs for part in pair.parts]
    return TrainingData("0" * 64, tuple(words), tuple(pairs), tuple(clips), tuple(windows), pool, 500, 48 * 0.5 / 3600)


def small_config(**changes: Any) -> TrainConfig:
    stage = {"steps": 3, "batch": 8, "micro": 4, "lr": 1e-3}
    everything = ["vision", "connector", "language"]
    values: dict[str, Any] = {
        "name": "shapes",
        "seed": 3,
        "tower": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 2, "heads": 2, "mlp": 64},
        "language": {"width": 32, "layers": 2, "heads": 2, "kv_heads": 1, "mlp": 64, "positions": 1024},
        "tokenizer": {"vocabulary": 400, "min_frequency": 2, "prompts": True},
        "dino": {
            "prototypes": 32,
            "hidden": 32,
            "bottleneck": 16,
            "local_views": 2,
            "local_size": 16,
            "freeze_last": 0.4,
        },
        "checkpoints": 3,
        "save_every": 2,
        "machine": {"tensorboard": False},
        "stages": {
            "vision": {**stage, "trained": ["vision"]},
            "language": {**stage, "trained": ["language"], "length": 32},
            "align": {**stage, "trained": ["connector"]},
            "joint": {
                **stage,
                "trained": ["connector", "language"],
                "mixture": {"image": 1, "video": 1, "interleaved": 1, "crop": 1},
            },
            "instruct": {
                **stage,
                "trained": everything,
                "vision_lr": 5e-4,
                "jitter": 0.1,
                "tokens": 400,
                "mixture": {"object_counting/standard": 1, "picture_vocabulary/standard": 1},
            },
        },
    }
    return TrainConfig.model_validate({**values, **changes})


@pytest.fixture(scope="session")
def trained(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run through all stages."""
    from model.run import Run
    from model.world import World

    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    Run(small_config(), data, out, World()).train(None, lambda *_: None)
    return out


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three minutes of toybox, built into training data."""
    from devkit.cli.root import run

    corpus, out = (str(tmp_path_factory.mktemp("toybox") / name) for name in ("corpus", "data"))
    toybox = ["corpus", "toybox", "--hours", "0.05", "--recording-minutes", "0.5", "--fps", "2", "--seed", "3"]
    assert run([*toybox, "--out", corpus]) == 0
    assert run(["corpus", "build", corpus, "--out", out, "--fractions", "0.5,0.3,0.2"]) == 0
    return Path(out)


@pytest.fixture(scope="session")
def make_config() -> Any:
    """Makes the small configuration, changed as told."""
    return small_config


@pytest.fixture(scope="session")
def val_pool() -> Pool:
    return make_pool(2, 12, 77, "val")
