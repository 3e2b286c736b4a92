"""One record of a published item file: LLaVA JSON with optional ``labels``, ``bb`` and ``notes``.

Reads a file's records with every mistake named by file, place and item; says nothing about what the words mean
(`devkit.banks.wording`) nor whether the images are there (`devkit.banks.validate`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devkit.errors import Problem
from devkit.ids import canonical_json

_KNOWN = frozenset({"id", "image", "conversations", "labels", "bb", "notes"})


@dataclass(frozen=True, slots=True)
class Record:
    """A published record whose shape is right.

    Attributes:
        place: File and item, for messages.
        raw_id: ``id`` as written, a text or a number.
        images: Paths as written, in the order in which the marks consume them.
        turns: Question and reply of each exchange, as written.
        labels: Nouns shown in each turn (memory).
        bb: Box: x, y, width, height (localization).
        notes: Notes (who has more).
        extra: Keys this library does not know, kept for the export.
        single_image: True when ``image`` was one path and not a list.
    """

    place: str
    raw_id: str | int
    images: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, ...], ...] = ()
    bb: tuple[float, float, float, float] | None = None
    notes: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    single_image: bool = False

    @property
    def item_id(self) -> str:
        """The id as text."""
        return str(self.raw_id)


def looks_like_items(value: object) -> bool:
    """Tell whether a JSON value is a list of records rather than some other file that lies about."""
    if not isinstance(value, list):
        return False
    return not value or any(isinstance(row, dict) and {"conversations", "image"} & row.keys() for row in value)


def read_records(value: list[Any], name: str) -> Iterator[Record | list[Problem]]:
    """Return each record of a file, or the problems that it has."""
    for index, row in enumerate(value):
        yield read_record(row, f"{name}: item {index}")


def read_record(row: object, place: str) -> Record | list[Problem]:
    """Check one record's shape; every mistake is reported, not only the first.

    Args:
        row: A JSON value.
        place: File and index, for messages; the id is added when there is one.
    """
    if not isinstance(row, dict):
        return [_wrong(place, f"an item is an object, not {_type(row)}")]
    raw_id = row.get("id")
    found: list[Problem] = []
    if isinstance(raw_id, bool) or not isinstance(raw_id, str | int) or str(raw_id).strip() == "":
        found.append(_wrong(place, f"'id' is a text, not {_type(raw_id)}" if raw_id != "" else "'id' is empty"))
    else:
        place = f"{place} '{str(raw_id)[:80]}'"
    found += _unwritable(row, place)
    images = _images(row.get("image"), place, found)
    turns = _turns(row.get("conversations"), place, found)
    labels = _labels(row.get("labels"), place, found)
    bb = _box(row.get("bb"), place, found)
    notes = row.get("notes")
    if notes is not None and not isinstance(notes, str):
        found.append(_wrong(place, f"'notes' is a text, not {_type(notes)}"))
    if found:
        return found
    extra = {key: value for key, value in row.items() if key not in _KNOWN}
    single = isinstance(row.get("image"), str)
    return Record(place, raw_id or 0, images, turns, labels, bb, notes or "", extra, single)


def _unwritable(row: dict[str, Any], place: str) -> list[Problem]:
    """Find values that JSON text can hold but no file can: half a surrogate pair, numbers too large to be finite."""
    try:
        canonical_json(row).encode()
    except (ValueError, RecursionError) as error:
        return [_wrong(place, f"a value cannot be kept: {str(error)[:100]}")]
    return []


def _images(value: object, place: str, found: list[Problem]) -> tuple[str, ...]:
    paths: Any = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        found.append(_wrong(place, f"'image' is a list of paths, not {_type(value)}"))
        return ()
    return tuple(paths)


def _turns(value: object, place: str, found: list[Problem]) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not value:
        found.append(_wrong(place, f"'conversations' is a list of exchanges, not {_type(value)}"))
        return ()
    said: list[str] = []
    for index, entry in enumerate(value):
        speaker = ("human", "gpt")[index % 2]
        if not isinstance(entry, dict) or entry.get("from") != speaker or not isinstance(entry.get("value"), str):
            message = f"entry {index} of 'conversations' should be {{'from': '{speaker}', 'value': text}}"
            found.append(Problem("conversation", message, place))
            return ()
        said.append(entry["value"])
    if len(said) % 2:
        found.append(Problem("conversation", "the last question has no reply", place))
        return ()
    return tuple(zip(said[::2], said[1::2], strict=True))


def _labels(value: object, place: str, found: list[Problem]) -> tuple[tuple[str, ...], ...]:
    if value is None:
        return ()
    rows: list[Any] = value if isinstance(value, list) else [None]
    if not all(isinstance(row, list) and all(isinstance(word, str) for word in row) for row in rows):
        found.append(_wrong(place, "'labels' is a list of lists of words"))
        return ()
    return tuple(tuple(row) for row in rows)


def _box(value: object, place: str, found: list[Problem]) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    numbers = value if isinstance(value, list) else []
    sound = all(isinstance(n, int | float) and not isinstance(n, bool) and _finite(n) for n in numbers)
    if len(numbers) != 4 or not sound:
        found.append(_wrong(place, "'bb' is four numbers: x, y, width, height"))
        return None
    x, y, width, height = (float(number) for number in numbers)
    return x, y, width, height


def _finite(number: int | float) -> bool:
    return abs(number) < 10**9 if isinstance(number, int) else math.isfinite(number)


def _wrong(place: str, message: str) -> Problem:
    return Problem("wrong-type", message, place)


def _type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "missing"}
    if value is None:
        return "missing"
    return names.get(type(value), "a number")
