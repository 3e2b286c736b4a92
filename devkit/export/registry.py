"""The exporters by name, and what they have in common: the folder, and the note of what was exported."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import cast

from devkit.errors import UserError, did_you_mean
from devkit.export.release import withheld
from devkit.lab.files import disk_error, write_whole
from devkit.lab.store import Lab
from devkit.records import SCHEMA_VERSION

NOTE = "export.json"
EXPORTERS: dict[str, tuple[str, str]] = {
    "csv": ("devkit.export.as_csv", "One CSV file a table, with a codebook."),
    "parquet": ("devkit.export.as_parquet", "One Parquet file a table, typed, with a codebook."),
    "psychds": ("devkit.export.as_psychds", "Psych-DS: a table for each session and task, every column described."),
    "bids": ("devkit.export.as_bids", "BIDS: behaviour by participant, session and task; gaze as eye tracking."),
    "peekbank": ("devkit.export.as_peekbank", "Peekbank's tables: Looking While Listening only."),
    "levante": ("devkit.export.as_levante", "LEVANTE's tables of trials and runs."),
    "devcv": ("devkit.export.as_devcv", "Answers as DevCV conversations, one JSON file for each session and form."),
    "results": ("devkit.export.as_results", "Results and samples of models, laid out as lmms-eval does."),
    "r": ("devkit.export.as_r", "A table of answers and an R script that fits the mixed models with lme4."),
}


@dataclass(slots=True)
class Exported:
    """What an export wrote.

    Attributes:
        files: The files, relative to the folder.
        rows: Rows of each table.
        withheld: What the lab's privacy settings kept back, in words.
        left_out: What the format has no place for, in words; it stays in the lab.
    """

    files: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def export(lab: Lab, kind: str, out: Path) -> Exported:
    """Export a lab.

    Args:
        lab: The lab.
        kind: A name in `EXPORTERS`.
        out: A new or empty folder, or one that holds an earlier export of this kind, which is replaced.

    Raises:
        UserError: There is no such exporter, the folder holds something else, or the disk refuses.
    """
    if kind not in EXPORTERS:
        hint = did_you_mean(kind, EXPORTERS) or f"known are: {', '.join(EXPORTERS)}"
        raise UserError(f"there is no export '{kind}'", hint=hint)
    write = cast(Callable[[Lab, Path], Exported], importlib.import_module(EXPORTERS[kind][0]).write)
    _make_room(out, kind)
    try:
        done = write(lab, out)
    except OSError as error:
        raise disk_error(Path(error.filename or out), error, "the export is not complete") from error
    done.withheld = withheld(lab.settings.privacy)
    note = {
        "export": kind,
        "files": done.files,
        "rows": done.rows,
        "withheld": done.withheld,
        "left_out": done.left_out,
        "lab_id": lab.lab_id,
        "records": lab.index.stamp(),
        "schema_version": SCHEMA_VERSION,
        "devkit_version": version("devkit"),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_whole(out / NOTE, (json.dumps(note, indent=2) + "\n").encode())  # last: a folder without it is not complete
    return done


def _make_room(out: Path, kind: str) -> None:
    if out.exists() and not out.is_dir():
        raise UserError("is a file, not a folder", place=str(out))
    try:
        out.mkdir(parents=True, exist_ok=True)
        present = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
        if not present:
            return
        earlier = _earlier(out, kind)
        if earlier is None or present - earlier - {NOTE}:
            raise UserError("the folder is not empty", place=str(out), hint="name a new folder")
        for name in (NOTE, *earlier):
            (out / name).unlink(missing_ok=True)
        for folder in sorted((path for path in out.rglob("*") if path.is_dir()), reverse=True):
            folder.rmdir()
    except OSError as error:
        raise disk_error(Path(error.filename or out), error, "nothing was exported") from error


def _earlier(out: Path, kind: str) -> set[str] | None:
    """Return the files of an earlier export of this kind in the folder; None when there is none."""
    try:
        note = json.loads((out / NOTE).read_bytes())
        files = {str(name) for name in note["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    safe = all(_inside(name) for name in files)
    return files if note.get("export") == kind and safe else None


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and "\\" not in name and ".." not in path.parts and ":" not in name
