"""Export of a bank as published DevCV item files: the same conversations, images and answers that were imported.

Items that were never published get the published names and the flat layout, or one folder for each task. Sounds,
roles and difficulty have no place in that format and stay behind.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from PIL import Image
from pydantic import ValidationError

from devkit.banks.devcv import PublishedRow
from devkit.banks.interpret import answers
from devkit.banks.store import PUBLISHED, Bank
from devkit.errors import UserError
from devkit.files import first_error
from devkit.items import Item

Layout = Literal["flat", "folders"]
Level = Literal["private", "shareable", "public"]
LEVELS = ("", "private", "shareable", "public")
Change = Callable[[Image.Image], Image.Image]
_FLAT_NAMES = {
    "picture_vocabulary/standard": "pv",
    "localization/standard": "localize",
    "left_right/published": "leftright",
    "left_right/robust": "leftright_robust",
    "spatial_details/published": "spatialdetails",
    "spatial_details/robust": "spatialdetails_robust",
    "visual_delayed_response/binary": "vdr_binary",
    "visual_delayed_response/open": "vdr_open",
    "memory/standard": "memory",
    "who_has_more/synthetic": "whohasmore_synthetic",
    "who_has_more/naturalistic": "whohasmore_naturalistic",
    "object_counting/standard": "count",
    "subitizing/standard": "subitizing",
    "looking_while_listening/standard": "lookingwhilelistening",
}


def export_devcv(
    bank: Bank, out: Path, *, layout: Layout = "flat", level: Level = "shareable", change: Change | None = None
) -> list[Path]:
    """Write a bank as published item files with their images.

    Args:
        bank: The bank.
        out: Folder to write; must be new or empty.
        layout: Where items go that were not imported from a published file.
        level: Least sharing level of the recordings that an item was made from; items below it are refused, and so are
            those of recordings whose level is unknown. Items that name no recording, and items that were imported from
            published files, go along.
        change: Done to every picture on its way out (faces are blurred).

    Returns:
        The item files, sorted.

    Raises:
        UserError: The folder is not empty, an image of the bank is missing, or no item may be shared.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("the folder for the export is not empty", place=str(out), hint="choose a new one")
    rows = published_rows(bank)
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    shared = [item for item in bank.items.values() if item.item_id in rows or may_be_shared(item, level)]
    if not shared:
        hint = "the list of recordings says what may be shared"
        raise UserError(f"no item is made from recordings that are {level}", place=str(bank.path), hint=hint)
    for item in shared:
        row = rows.get(item.item_id) or _invented(bank, item, layout)
        files[row.file].append(record_of(item, row))
        for digest, written in zip(_images(item), row.image, strict=True):
            _place(bank.path_of(digest), out / row.folder / written, change)
    for name, records in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _state_consent([item for item in shared if item.item_id not in rows], len(bank.items) - len(shared), out, level)
    return [out / name for name in sorted(files)]


def may_be_shared(item: Item, level: Level) -> bool:
    """Tell whether every recording that an item was made from may be shared at a level."""
    origin = item.provenance
    return not origin.recordings or level == "private" or LEVELS.index(origin.consent or "") >= LEVELS.index(level)


def _state_consent(shared: Sequence[Item], refused: int, out: Path, level: Level) -> None:
    """Write the sharing level of every recording that went along, where items name recordings."""
    known: dict[str, str] = {}
    for item in shared:
        for name in item.provenance.recordings:  # an item has the strictest level of its recordings
            known[name] = max(known.get(name, ""), item.provenance.consent, key=LEVELS.index)
    if known:
        told = {"level": level, "recordings": dict(sorted(known.items())), "refused_items": refused}
        (out / "consent.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def record_of(item: Item, row: PublishedRow) -> dict[str, Any]:
    """Return an item as a published record."""
    conversation = []
    for index, turn in enumerate(item.turns):
        reply = row.replies[index] if row.replies else answers(turn)[turn.target]
        conversation += [{"from": "human", "value": turn.prompt}, {"from": "gpt", "value": reply}]
    record: dict[str, Any] = {
        "id": row.id,
        "image": row.image[0] if row.single_image else list(row.image),
        "conversations": conversation,
    }
    if item.labels:
        record["labels"] = [list(words) for words in item.labels]
    if item.bb is not None:
        record["bb"] = list(item.bb)
    if item.notes:
        record["notes"] = item.notes
    return record | dict(row.extra)


def _images(item: Item) -> list[str]:
    return [digest for turn in item.turns for digest in turn.images()]


def published_rows(bank: Bank) -> Mapping[str, PublishedRow]:
    """Read what the published files said of each item; paths are checked again, for a bank may come from anywhere."""
    place = bank.path / PUBLISHED
    if not place.exists():
        return {}
    rows: dict[str, PublishedRow] = {}
    for number, line in enumerate(place.read_bytes().splitlines(), start=1):
        try:
            row = PublishedRow.model_validate_json(line)
        except ValidationError as error:
            raise UserError(first_error(error), place=f"{place}:{number}") from None
        if any(_leaves(path) for path in (row.file, row.folder, *row.image)):
            raise UserError("a path leaves the folder", place=f"{place}:{number}", code="path-outside")
        item = bank.items.get(row.item_id)
        if item is not None and len(row.image) == len(_images(item)):
            rows[row.item_id] = row
    return rows


def _leaves(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or ".." in path.replace("\\", "/").split("/") or ":" in path[:2]


def _invented(bank: Bank, item: Item, layout: Layout) -> PublishedRow:
    """Name the file and images of an item that was not imported."""
    stem = _FLAT_NAMES.get(f"{item.task}/{item.form}", f"{item.task}_{item.form}")
    split = f"_{item.provenance.split}" if item.provenance.split else ""
    file, folder = (f"{stem}{split}.json", ".") if layout == "flat" else (f"{stem}{split}/data.json", f"{stem}{split}")
    image = tuple(f"images/{bank.path_of(digest).name}" for digest in _images(item))
    return PublishedRow(item_id=item.item_id, file=file, folder=folder, id=item.item_id, image=image)


def _place(source: Path, target: Path, change: Change | None) -> None:
    """Copy a file of the bank; two items that share a picture share the copy."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if change is not None:
        with Image.open(source) as image:
            more = {"quality": 92} if source.suffix == ".jpg" else {}
            change(image.convert("RGB")).save(target, format=image.format, **more)
        return
    shutil.copyfile(source, target)
