"""How many fresh items a second each task form gives, against reading the same items back from files.

    python tests/bench/generation.py [--items 150] [--minutes 6]

Training draws fresh items instead of replaying stored ones; that is only reasonable if making an item costs little
more than decoding its pictures. Frames are drawn and cached before the clock starts, in both cases; pictures go into
memory. One process, one thread, processor time.
"""

from __future__ import annotations

import argparse
import io
import time
from functools import cache

from PIL import Image

from devkit.items import Item
from devkit.pool import Pool
from devkit.tasks import TASKS
from devkit.tasks.generation import MemorySink, generate_items
from devkit.toybox import sample_pool


def stored(items: list[Item], sink: MemorySink) -> list[list[bytes]]:
    """Return the files of each item: PNG for small pictures, JPEG for whole frames, as a bank keeps them."""

    def encode(image: Image.Image) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG" if image.width >= 640 else "PNG", quality=92)
        return buffer.getvalue()

    return [[encode(sink.images[digest]) for digest in item.media()] for item in items]


def seconds_to_replay(files: list[list[bytes]]) -> float:
    """Return the processor time that decoding all files takes."""
    begin = time.process_time()
    for pictures in files:
        for data in pictures:
            Image.open(io.BytesIO(data)).convert("RGB")
    return time.process_time() - begin


def measure(code: str, form: str, pool: Pool, count: int) -> tuple[int, float, float, float]:
    """Return items made, pictures an item, and processor seconds for making and for replaying them."""

    def make(sink: MemorySink) -> list[Item]:
        return list(generate_items(code, form, pool, sink, count=count, seed=1, prefix="b", unique=False))

    sink = MemorySink()
    items = make(sink)
    begin = time.process_time()
    make(MemorySink())
    made = time.process_time() - begin
    pictures = sum(len(item.media()) for item in items) / len(items)
    return len(items), pictures, made, seconds_to_replay(stored(items, sink))


def main() -> None:
    """Print a table, one row for each task form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=150)
    parser.add_argument("--minutes", type=float, default=6)
    options = parser.parse_args()
    drawn = sample_pool(options.minutes, 3)
    pool = Pool(drawn.frames, cache(drawn.image), source=drawn.source, split="train")
    print(f"{'form':40} {'pictures':>8} {'fresh/s':>9} {'replayed/s':>11} {'fresh/replayed':>15}")  # noqa: T201
    for code, task in TASKS.items():
        for form in task.forms:
            count, pictures, made, replayed = measure(code, form, pool, options.items)
            row = f"{pictures:8.1f} {count / made:9.0f} {count / replayed:11.0f} {replayed / made:15.2f}"
            print(f"{code + '/' + form:40} {row}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
