"""How many frames of the toybox one core writes in a second, and how much memory that takes.

    python tests/bench/toybox.py [--seconds 60] [--size 640x480] [--fps 10]

The alternative, measured in the same run, draws every sprite anew on each frame (over its first frames only, and
without encoding, which is in its favour). Memory is the peak of a process that writes one recording of 3 min and
one of 12 min: caches fill up to their bounds, frames are never kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from devkit.toybox.clay import Light
from devkit.toybox.nouns import relief
from devkit.toybox.plan import Settings, nursery, slots
from devkit.toybox.props import Sprite, Toy, make_sprite
from devkit.toybox.script import scenes
from devkit.toybox.stage import Stage
from devkit.toybox.writer import write_recording


def anew(toy: Toy, long_side: int, tilt: int, light: Light, shadow: bool) -> Sprite:
    """Draw a toy as if it had never been drawn before."""
    relief.cache_clear()
    return make_sprite(toy, long_side, tilt, light, shadow)


def written(settings: Settings) -> tuple[float, float, float]:
    """Return frames a second of CPU time, of wall time, and kilobits a second of video."""
    slot = slots(settings, settings.recording_ms / 3_600_000)[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("videos", "transcripts", "annotations"):
            (folder / part).mkdir()
        cpu, wall = time.process_time(), time.perf_counter()
        write_recording(folder, settings, slot)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        size = next((folder / "videos").iterdir()).stat().st_size
    frames = settings.recording_ms * settings.fps / 1000
    return frames / cpu, frames / wall, size * 8 / settings.recording_ms


def redrawn(settings: Settings, count: int) -> tuple[float, float]:
    """Return frames a second of CPU and wall time when every sprite is drawn anew."""
    slot = slots(settings, settings.recording_ms / 3_600_000)[0]
    stage = Stage((settings.width, settings.height), anew)
    scene = next(scenes(nursery(settings, slot), slot.duration_ms))
    cpu, wall = time.process_time(), time.perf_counter()
    for index in range(count):
        stage.render(scene, index * 1000 / settings.fps)
    return count / (time.process_time() - cpu), count / (time.perf_counter() - wall)


def peak_mib(settings: Settings) -> float:
    """Return the peak memory of a fresh process that writes one recording."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (settings,))


def _peak(settings: Settings) -> float:
    written(settings)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", type=int, default=10)
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    settings = Settings(3, given.fps, width, height, given.seconds * 1000)
    cpu, wall, rate = written(settings)
    slow_cpu, slow_wall = redrawn(settings, 12)
    length = Settings(3, 2, width, height, 180_000)
    short, long = peak_mib(length), peak_mib(replace(length, recording_ms=720_000))
    lines = [
        f"{width}x{height} at {given.fps} frames a second, {given.seconds} s of video, one core",
        f"{'':38}{'per CPU s':>12}{'per s':>12}",
        f"{'toybox, drawn, annotated and encoded':38}{cpu:12.1f}{wall:12.1f}",
        f"{'every sprite anew, not encoded':38}{slow_cpu:12.1f}{slow_wall:12.1f}",
        f"{'ratio':38}{cpu / slow_cpu:12.1f}{wall / slow_wall:12.1f}",
        f"video {rate:.0f} kbit/s, {rate * 0.45:.0f} MB an hour",
        f"peak memory {short:.0f} MiB writing a recording of 3 min, {long:.0f} MiB writing one of 12 min",
    ]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
