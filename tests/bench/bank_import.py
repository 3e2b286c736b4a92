"""Import of 15,000 published items against the obvious: load the JSON and open every image with PIL.

The obvious way only looks; the import also checks every path, hashes and copies every file, and writes the bank.

Run: python tests/bench/bank_import.py [--items 15000]
"""

from __future__ import annotations

import argparse
import io
import json
import random
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from devkit.banks import Bank
from devkit.banks.devcv import ImportOptions, import_devcv
from devkit.banks.validate import Limits

OPTIONS = 3


def photos(count: int, rng: random.Random) -> list[bytes]:
    """Return JPEG files of 300 × 300 pixels with some structure, about 20 KB each."""
    made = []
    for _ in range(count):
        small = Image.frombytes("RGB", (40, 40), rng.randbytes(4800))
        buffer = io.BytesIO()
        small.resize((300, 300), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=88)
        made.append(buffer.getvalue())
    return made


def own(photo: bytes, number: int) -> bytes:
    """Return a photo whose bytes are its own, by a remark after the start of the file."""
    remark = str(number).encode()
    return photo[:2] + b"\xff\xfe" + struct.pack(">H", len(remark) + 2) + remark + photo[2:]


def write(folder: Path, items: int) -> None:
    """Write picture vocabulary items with three images each."""
    rng = random.Random(1)
    base = photos(50, rng)
    rows = []
    for number in range(items):
        names = [f"images/{number // 500}/{number}_{k}.jpg" for k in range(OPTIONS)]
        (folder / names[0]).parent.mkdir(parents=True, exist_ok=True)
        for k, name in enumerate(names):
            (folder / name).write_bytes(own(rng.choice(base), number * OPTIONS + k))
        question = "Touch the image of 'ball' (A)<image> (B)<image> (C)<image>"
        talk = [{"from": "human", "value": question}, {"from": "gpt", "value": rng.choice("ABC")}]
        rows.append({"id": f"pv_{number}", "image": names, "conversations": talk})
    (folder / "pv_test.json").write_text(json.dumps(rows))


def naive(folder: Path) -> None:
    """Load the JSON and decode every image, one after the other."""
    for row in json.loads((folder / "pv_test.json").read_text()):
        for name in row["image"]:
            with Image.open(folder / name) as image:
                image.load()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the clock and of all processors."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=15_000)
    items = parser.parse_args().items
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "source"
        write(folder, items)
        naive(folder)  # every way finds the files in the page cache
        base = timed(lambda: naive(folder))
        quick = ImportOptions(limits=Limits(decode=False))
        rows = [
            ("json + PIL open of everything", base),
            ("import", timed(lambda: import_devcv(folder, Path(scratch) / "full"))),
            (
                "import --quick (headers only)",
                timed(lambda: import_devcv(folder, Path(scratch) / "quick", options=quick)),
            ),
            ("open the bank", timed(lambda: Bank.open(Path(scratch) / "full"))),
        ]
        bank = Bank.open(Path(scratch) / "full")
        found = timed(lambda: [bank.path_of(d) for item in bank.items.values() for d in item.media()])
        rows.append(("find all its files", found))
    print(f"{items:,} items, {items * OPTIONS:,} images of 300 × 300")  # noqa: T201
    print(f"{'way':<32} {'s':>8} {'CPU s':>8} {'items/s':>10} {'time / obvious':>15}")  # noqa: T201
    for name, (seconds, busy) in rows:
        print(f"{name:<32} {seconds:>8.2f} {busy:>8.2f} {items / seconds:>10,.0f} {seconds / base[0]:>15.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
