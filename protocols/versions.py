"""Versions of a protocol: what differs between two, a copy to begin another one from, and saving that keeps the old.

Comments, order of keys and layout do not count: what is compared is what the protocol says. Blocks are matched by their
place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.errors import Problems, UserError
from devkit.files import write_whole
from protocols.editing import put, values_of
from protocols.load import find_protocol, load_protocol, load_text
from protocols.schema import Protocol

VERSIONS = "versions"


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs.

    Attributes:
        path: Where, as ``blocks.2.timing.answer_max``; blocks are counted from 1.
        before: The value of the first protocol as JSON; empty where it says nothing.
        after: Of the second.
    """

    path: str
    before: str
    after: str


def compare(first: Protocol, second: Protocol) -> tuple[Change, ...]:
    """Return every value that the two say differently; what only follows from a default counts as not said."""
    return tuple(_changes("", _said(first), _said(second)))


def _said(protocol: Protocol) -> dict[str, Any]:
    return protocol.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _changes(path: str, one: Any, other: Any) -> Iterator[Change]:
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            yield from _changes(f"{path}.{key}" if path else key, one.get(key), other.get(key))
    elif path == "blocks" and isinstance(one, list) and isinstance(other, list):
        for number in range(max(len(one), len(other))):
            left = one[number] if number < len(one) else None
            right = other[number] if number < len(other) else None
            yield from _changes(f"{path}.{number + 1}", left, right)
    else:
        yield Change(path, _json(one), _json(other))


def _json(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def duplicate(source: str | Path, out: Path, name: str = "") -> Path:
    """Write a copy of a protocol, comments and all, as version 1 of another.

    Args:
        source: YAML file, or name of the library.
        out: The file to write; its item parameters are copied beside it.
        name: Name of the copy; that of the file by default.

    Returns:
        The file.

    Raises:
        Problems: The protocol has mistakes.
        UserError: There is a file already, the name is none, or the disk refuses.
    """
    path, loaded = find_protocol(source), load_protocol(source)
    if out.exists():
        raise UserError("there is a file already", place=str(out), hint="choose another name")
    text = path.read_text(encoding="utf-8-sig")
    text = put(put(text, ("protocol",), name or out.stem), ("version",), 1)
    tables = {block.adaptive.parameters for block in loaded.blocks if block.adaptive is not None} - {""}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for table in tables:
            if not (out.parent / table).exists():
                shutil.copyfile(path.parent / table, out.parent / table)
        load_text(text, out)
        write_whole(out, text.encode())
    except OSError as error:
        raise UserError(f"the copy cannot be written: {error.strerror}", place=str(out)) from None
    return out


def save(path: Path, text: str) -> Path | None:
    """Write a protocol's text; what stood there is kept where the text gives another version.

    Returns:
        Where the former version is kept (``versions/NAME-vN.yaml`` beside the file); None when it was not.

    Raises:
        UserError: The disk refuses; the file is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        kept = None
        if before and (old := _version(before)) is not None and old != _version(text):
            kept = path.parent / VERSIONS / f"{path.stem}-v{old}.yaml"
            kept.parent.mkdir(exist_ok=True)
            write_whole(kept, before.encode())
        write_whole(path, text.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the protocol cannot be written: {error}", place=str(path)) from None
    return kept


def kept_versions(path: Path) -> list[Path]:
    """Return the former versions of a protocol that were kept, the latest first."""
    found = (path.parent / VERSIONS).glob(f"{path.stem}-v*.yaml")
    numbered = {one: one.stem.rsplit("-v", 1)[1] for one in found}
    return sorted((one for one, n in numbered.items() if n.isdigit()), key=lambda one: -int(numbered[one]))


def _version(text: str) -> int | None:
    try:
        values = values_of(text)
    except Problems:
        return None
    found = values.get("version") if isinstance(values, dict) else None
    return found if isinstance(found, int) else None
