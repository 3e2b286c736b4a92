"""A toybox in memory: annotated frames and their pictures without video files, for tests, demos and fresh items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

from PIL import Image

from devkit.annotations import AnnotatedFrame
from devkit.ids import digest_bytes
from devkit.pool import Pool
from devkit.toybox.paint import derive
from devkit.toybox.plan import Settings, slots
from devkit.toybox.script import Scene
from devkit.toybox.stage import Stage
from devkit.toybox.writer import Drawn


def sample_pool(
    minutes: float, seed: int, split: Literal["train", "val", "test"] = "train", *, size: tuple[int, int] = (640, 480)
) -> Pool:
    """Return a pool of annotated frames, two a second, whose pictures are drawn when they are asked for.

    The three splits of one seed share the children and their toys but no recording.

    Args:
        minutes: Length, at least half a minute.
        seed: Everything follows from it.
        split: Which split to make.
        size: Width and height of the frames, pixels.

    Raises:
        UserError: If an argument is out of range.
    """
    settings = Settings(seed, 2, size[0], size[1], 60_000)
    settings.check()
    stage = Stage(size)
    frames: list[AnnotatedFrame] = []
    where: dict[tuple[str, int], Scene] = {}
    first = {"train": 0, "val": 1_000_002, "test": 2_000_001}[split]
    for slot in slots(settings, minutes / 60):
        drawn = Drawn(
            settings, replace(slot, number=slot.number + first, name=f"{slot.name[:-2]}{_nn(split, slot.name)}")
        )
        for scene in drawn.scenes():
            where.update(((drawn.slot.name, t), scene) for t in range(scene.start_ms, scene.end_ms, 500))
        frames.extend(drawn.frames)
    consent = {frame.recording: "public" for frame in frames}
    return Pool(
        frames,
        partial(_load, stage, where),
        source=f"toybox-{seed}",
        split=split,
        frame_digest=partial(_digest, f"{seed}:{size}"),
        consent=consent,
    )


def scene_frames(
    minutes: float, seed: int, *, size: tuple[int, int] = (640, 480)
) -> Iterator[tuple[Image.Image, AnnotatedFrame]]:
    """Yield annotated frames with their pictures, two a second, in order."""
    pool = sample_pool(minutes, seed, size=size)
    for frame in pool.frames:
        yield pool.image(frame.recording, frame.time_ms), frame


def _nn(split: str, name: str) -> str:
    """Return the number within a day that keeps recordings of different splits apart."""
    return f"{int(name[-2:]) + {'train': 0, 'val': 30, 'test': 60}[split]:02d}"


def _load(stage: Stage, where: dict[tuple[str, int], Scene], recording: str, time_ms: int) -> Image.Image:
    return stage.render(where[recording, time_ms], time_ms)


def _digest(key: str, recording: str, time_ms: int) -> str:
    """Return a digest that names a frame by what it is drawn from (its bytes are not made for that)."""
    return digest_bytes(f"{key}:{recording}:{time_ms}:{derive(key, recording, time_ms)}".encode())
