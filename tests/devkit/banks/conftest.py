"""A small published data set, drawn here: every task, in the wordings of the published files."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Record = dict[str, Any]
OPEN = (
    "respond ONLY with one of: 'top', 'bottom', 'left', 'right', 'top right', 'top left', 'bottom right',"
    " or 'bottom left'."
)


def draw(path: Path, seed: int, size: tuple[int, int] = (24, 18)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(path, quality=90)


def record(item_id: str, images: list[str], *talk: str, **more: Any) -> Record:
    speakers = ("human", "gpt")
    conversation = [{"from": speakers[i % 2], "value": text} for i, text in enumerate(talk)]
    return {"id": item_id, "image": images, "conversations": conversation, **more}


def memory_talk() -> list[str]:
    talk = ["Touch the new image. (A) <image>", "A"]
    for turn in range(14):
        talk += ["Let's try more. Touch the new image. (A) <image> (B) <image>", "AB"[turn % 2]]
    return talk


def pictures(name: str, count: int) -> list[str]:
    return [f"images/{name}_{index}.jpg" for index in range(count)]


def published() -> dict[str, list[Record]]:
    """Return every file of the flat layout."""
    frames = [f"images/Y_20191007_1923_01_1231520_1239840_frame_{k}.jpg" for k in range(5)]
    leave = "<image>" * 5 + " does the fridge leave the frame through the right side of the frame or the left side of"
    return {
        "pv_test.json": [
            record(
                "pv_1",
                pictures("comb", 4),
                "<image><image><image><image>\n Touch the image of 'comb' (A) the first image (B) the second image"
                " (C) the third image (D) the fourth image.",
                "C",
            ),
            record(
                "pv_2",
                pictures("basket", 4),
                "Touch the image of 'basket' (A)<image> (B)<image> (C)<image> (D)<image>",
                "A",
            ),
        ],
        "localize_test.json": [
            record(
                "loc_1",
                pictures("drain", 1),
                "<image> Point at the drain. Is it in the (A) top left or (B) top right or (C) bottom left or"
                " (D) bottom right of the image?",
                "B",
                bb=[14.0, 1.0, 6.0, 5.0],
            )
        ],
        "leftright_test.json": [
            record(
                "lr_1",
                pictures("lr", 4),
                "<image> Which of the following is the same as this? (A) <image> (B) <image> (C) <image>."
                " Answer with a number.",
                "B",
            )
        ],
        "spatialdetails_test.json": [
            record(
                "sd_1",
                pictures("sd", 4),
                "<image> Which of the following contains exactly this object? (A) <image> (B) <image> (C) <image>."
                " Pay attention to details and give only a letter A-C.",
                "A",
            )
        ],
        "visual_delay_response/binary_dataset_test.json": [
            record("vdr_1", frames, leave + " the frame? respond ONLY with 'right' or 'left'.", "left")
        ],
        "visual_delay_response/open_dataset_test.json": [
            record(
                "vdr_1",
                frames,
                "<image>" * 5 + " which part of the frame does the cart leave from? " + OPEN,
                "top right",
            )
        ],
        "memory_task/memory_task_test_base5_p5_250.json": [
            record(
                "memory_task_168",
                pictures("m", 29),
                *memory_talk(),
                labels=[["plant"], *([["plant", "bench"]] * 14)],
            )
        ],
        "compare_count_real/whohasmore_naturalistic_test.json": [
            record("w_1", pictures("real", 2), "Which image has more shoes? (A) <image> (B) <image>", "A")
        ],
        "compare_count_synthetic/whohasmore_test.json": [
            record(
                "w_1",
                pictures("syn", 2),
                "Which image has more knives? (A) <image> (B) <image>",
                "B",
                notes="first should have 1 second should have 2",
                difficulty_note={"kept": [1, None]},
            )
        ],
        "object_counting/count_v2_test.json": [
            record("c_1", pictures("cabinet", 1), "<image> How many cabinets do you see?", "11")
        ],
        "subitizing_test.json": [record("s_1", pictures("tv", 1), "<image> How many of TV do you see?", "3")],
    }


@pytest.fixture
def write() -> Callable[[Path, dict[str, list[Record]]], Path]:
    """Write published files with a picture of its own for every path that they name."""

    def to(folder: Path, files: dict[str, list[Record]], *, beside: bool = True) -> Path:
        for name, records in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(records))
            root = path.parent if beside else folder
            for entry in records:
                paths = entry["image"] if isinstance(entry["image"], list) else [entry["image"]]
                for image in paths:
                    if not (root / image).exists():
                        draw(root / image, hash_of(name + image))
        return folder

    return to


def hash_of(text: str) -> int:
    return sum(ord(letter) * 31**place for place, letter in enumerate(text)) % 2**32
