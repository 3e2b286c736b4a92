"""Contact sheets of the toybox: pictures for the documentation, and for anyone who wants to look before using it.

python -m devkit.toybox.sheets docs/images
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from devkit.annotations import AnnotatedFrame
from devkit.toybox.memory import sample_pool
from devkit.toybox.nouns import NOUNS, draw

GROUND = (236, 232, 224)
TEXT = (27, 29, 32)
MARK = (0, 114, 178)


def nouns_sheet(names: Sequence[str] = (), *, instances: int = 3, columns: int = 6, cell: int = 64) -> Image.Image:
    """Return some instances of each noun with its word, all nouns by default."""
    names = names or list(NOUNS)
    rows = -(-len(names) // columns)
    wide, high = instances * cell + 12, cell + 26
    sheet = Image.new("RGB", (columns * wide, rows * high), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, name in enumerate(names):
        left, top = (number % columns) * wide, (number // columns) * high
        pen.text((left + 6, top + 3), name, fill=TEXT, font=font)
        for seed in range(instances):
            toy = draw(name, seed, cell - 8)
            x, y = left + 6 + seed * cell + (cell - toy.width) // 2, top + 22 + (cell - toy.height) // 2
            sheet.paste(toy, (x, y), toy)
    return sheet


def frames_sheet(pictures: Sequence[Image.Image], *, columns: int = 4, width: int = 300) -> Image.Image:
    """Return pictures side by side, each scaled to a width."""
    high = round(width * pictures[0].height / pictures[0].width)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * high), GROUND)
    for number, picture in enumerate(pictures):
        small = picture.resize((width - 4, high - 4), Image.Resampling.LANCZOS)
        sheet.paste(small, ((number % columns) * width + 2, (number // columns) * high + 2))
    return sheet


def marked(picture: Image.Image, frame: AnnotatedFrame) -> Image.Image:
    """Return a frame with its boxes, nouns and visible shares drawn on it."""
    picture = picture.copy()
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for box in frame.boxes:
        pen.rectangle((box.x, box.y, box.x + box.w - 1, box.y + box.h - 1), outline=MARK, width=2)
        label = f"{box.noun} {box.visible:.2f}"
        x, y = box.x + 1, max(0, box.y - 18)
        pen.rectangle((x - 1, y, x + pen.textlength(label, font=font) + 5, y + 18), fill=MARK)
        pen.text((x + 2, y + 1), label, fill=(255, 255, 255), font=font)
    return picture


def write_sheets(folder: Path, seed: int = 16) -> list[Path]:
    """Write the pictures of ``docs/toybox.md``; return their paths."""
    pool = sample_pool(4, seed)
    shots = [pool.image(frame.recording, frame.time_ms) for frame in pool.frames[6 :: len(pool.frames) // 12][:12]]
    leaving = next(
        (recording, i, track)
        for recording, frames in pool.by_recording.items()
        for i, frame in enumerate(frames)
        for track, way in frame.exits.items()
        if i > 10 and way == "top right" and all(track in {b.track for b in f.boxes} for f in frames[i - 7 : i])
    )
    track_frames = pool.by_recording[leaving[0]][leaving[1] - 7 : leaving[1] + 1]
    going = [marked(pool.image(f.recording, f.time_ms), _only(f, leaving[2])) for f in track_frames]
    sheets = {"nouns": nouns_sheet(), "frames": frames_sheet(shots), "exit": frames_sheet(going)}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, sheet in sheets.items():
        paths.append(folder / f"toybox-{name}.jpg")
        sheet.save(paths[-1], quality=80, optimize=True)
    return paths


def _only(frame: AnnotatedFrame, track: str) -> AnnotatedFrame:
    return frame.model_copy(update={"boxes": tuple(box for box in frame.boxes if box.track == track)})


if __name__ == "__main__":
    write_sheets(Path(sys.argv[1]))
