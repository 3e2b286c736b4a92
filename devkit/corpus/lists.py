"""Small lists that a user gives a build: personal names to mask, and splits that recordings keep."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import cast

from devkit.corpus.data import MANIFEST, SPLITS, open_data
from devkit.corpus.formats import Split
from devkit.errors import Problem, Problems, UserError


def read_names(path: Path) -> tuple[str, ...]:
    """Read personal names, one a line; empty lines and lines that begin with # are passed over.

    Raises:
        UserError: The file cannot be read. The message quotes nothing of it.
    """
    lines = _text(path).splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def read_splits(path: Path) -> dict[str, Split]:
    """Read the splits of recordings from earlier data, or from a table with the columns name and split.

    Raises:
        UserError: There is no such table.
        Problems: Rows of it are wrong.
    """
    if path.is_dir() and (path / MANIFEST).exists():
        return {recording.name: recording.split for recording in open_data(path).recordings}
    reader = csv.DictReader(_text(path).splitlines())
    if not {"name", "split"} <= set(reader.fieldnames or ()):
        raise UserError("has no columns 'name' and 'split'", place=str(path))
    splits: dict[str, Split] = {}
    problems: list[Problem] = []
    for row in reader:
        if row["split"] in SPLITS:
            splits[row["name"]] = cast("Split", row["split"])
        else:
            place = f"{path}:{reader.line_num}"
            problems.append(Problem("unknown-split", f"there is no split '{row['split']}'", place, ", ".join(SPLITS)))
    if problems:
        raise Problems(problems, subject=str(path))
    return splits


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("is no UTF-8 text", place=str(path)) from None
