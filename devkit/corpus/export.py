"""Records in the published form outside the data folder: JSON lists beside a folder of pictures.

What leaves the folder is stated and limited: recordings below the wanted sharing level are refused, and the level of
every recording goes along in ``consent.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devkit.corpus.data import SPLITS, CorpusData
from devkit.corpus.formats import FORMATS, Split
from devkit.errors import UserError, did_you_mean
from devkit.files import write_whole

LEVELS = ("private", "shareable", "public")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        records: Records of each format.
        pictures: Pictures written.
        refused: Recordings whose sharing level is too low.
    """

    records: dict[str, int]
    pictures: int
    refused: tuple[str, ...]


def export_records(
    data: CorpusData,
    out: Path,
    *,
    split: str = "",
    level: str = "shareable",
    advance: Callable[[int], None] = lambda steps: None,
) -> Exported:
    """Write the records of recordings that may be shared, and the pictures they name.

    Args:
        data: The data.
        out: A new or empty folder.
        split: One split; all when empty.
        level: Least sharing level.
        advance: Called after each picture.

    Raises:
        UserError: The folder is not empty, or nothing may be shared.
    """
    if level not in LEVELS:
        raise UserError(f"there is no sharing level '{level}'", hint=did_you_mean(level, LEVELS) or ", ".join(LEVELS))
    if split and split not in SPLITS:
        raise UserError(f"there is no split '{split}'", hint="train, val or test")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("the folder is not empty", place=str(out), hint="choose a new one")
    wanted = [r for r in data.recordings if not split or r.split == split]
    shared = {r.name: r.consent for r in wanted if LEVELS.index(r.consent) >= LEVELS.index(level)}
    refused = tuple(r.name for r in wanted if r.name not in shared)
    if not shared:
        raise UserError(
            f"no recording is {level}", place=str(data.path), hint="the list of recordings says what may be shared"
        )
    splits: tuple[Split, ...] = (split,) if split else SPLITS
    out.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    pictures: set[str] = set()
    for name in FORMATS:
        records = [record for one in splits for record in getattr(data, name)(one) if record.recording in shared]
        counts[name] = len(records)
        lines = ",\n".join(record.model_dump_json(by_alias=True) for record in records)
        write_whole(out / f"{name}.json", f"[\n{lines}\n]\n".encode())
        for record in records:
            for image in record.image:
                if image not in pictures:
                    pictures.add(image)
                    file = out / image
                    file.parent.mkdir(parents=True, exist_ok=True)
                    write_whole(file, data.frame_bytes(record.recording, int(file.stem)))
                    advance(1)
    told = {"level": level, "recordings": dict(sorted(shared.items())), "refused": len(refused)}
    write_whole(out / "consent.json", (json.dumps(told, indent=2) + "\n").encode())
    return Exported(counts, len(pictures), refused)
