"""A corpus of seconds, drawn here: a square that crosses a grey frame, with words and boxes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from devkit.annotations import Recording

WIDTH, HEIGHT, FPS = 64, 48, 10
NAMES = ("A_20190101_1203_01", "A_20190102_1204_01", "S_20190101_0615_01", "S_20190103_0617_01", "Y_20190101_2400_01")


def place_of(time_ms: int) -> tuple[int, int]:
    """Return where the square's left top corner is at a time."""
    return (time_ms // 100 * 2) % (WIDTH - 16), 16


def shade_of(time_ms: int) -> int:
    """Return the grey of the ground at a time: it tells which picture one has."""
    return 40 + (time_ms // 100) % 100


def film(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv444p"
        stream.options = {"crf": "1", "preset": "ultrafast"}
        for number in range(round(seconds * FPS)):
            time_ms = number * 1000 // FPS
            pixels = np.full((HEIGHT, WIDTH, 3), shade_of(time_ms), np.uint8)
            x, y = place_of(time_ms)
            pixels[y : y + 16, x : x + 16] = (220, 30, 30)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def talk(seconds: float) -> list[dict[str, Any]]:
    said = []
    for number, start in enumerate(range(500, round(seconds * 1000) - 1500, 1500)):
        text = ("look at the ball", "where is the ball?", "that's a red one")[number % 3]
        speaker = "CHI" if number % 4 == 3 else "MOT"
        said.append({"start_ms": start, "end_ms": start + 1200, "speaker": speaker, "text": text, "confidence": 0.9})
    return said


def boxes(name: str, seconds: float) -> list[dict[str, Any]]:
    rows = []
    for time_ms in range(0, round(seconds * 1000), 500):
        x, y = place_of(time_ms)
        box = {"noun": "ball", "instance": "ball-1", "track": f"{name}-1", "x": x, "y": y, "w": 16, "h": 16}
        rows.append({"recording": name, "time_ms": time_ms, "boxes": [box]})
    return rows


def write_list(folder: Path, recordings: list[Recording]) -> None:
    with (folder / "recordings.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(Recording.model_fields))
        writer.writeheader()
        writer.writerows(recording.model_dump() for recording in recordings)


def make(folder: Path, names: tuple[str, ...] = NAMES, seconds: float = 8.0) -> Path:
    """Write a corpus of some recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "corpus.json").write_text('{"name": "squares", "kind": "toybox", "seed": 1}')
    recordings = []
    for name in names:
        film(folder / "videos" / f"{name}.mp4", seconds)
        for part, text in (
            ("transcripts", json.dumps(talk(seconds))),
            ("annotations", "".join(json.dumps(row) + "\n" for row in boxes(name, seconds))),
        ):
            (folder / part).mkdir(exist_ok=True)
            (folder / part / f"{name}.json{'l' if part == 'annotations' else ''}").write_text(text)
        child, date, age, _ = name.split("_")
        recordings.append(
            Recording(
                name=name,
                child=child,
                date=f"{date[:4]}-{date[4:6]}-{date[6:]}",
                age_months=int(age[:2]),
                age_days=int(age[2:]),
                video=f"videos/{name}.mp4",
                transcript=f"transcripts/{name}.json",
                annotations=f"annotations/{name}.jsonl",
                duration_ms=round(seconds * 1000),
                fps=FPS,
                width=WIDTH,
                height=HEIGHT,
                consent="shareable",
            )
        )
    write_list(folder, recordings)
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a corpus that no test may change."""
    return make(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def corpus(tmp_path: Path, made_once: Path) -> Path:
    """Return a corpus that a test may damage."""
    import shutil

    return Path(shutil.copytree(made_once, tmp_path / "corpus"))


Make = Callable[..., Path]
