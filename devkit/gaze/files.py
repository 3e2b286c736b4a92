"""Files of coded gaze: iCatcher+ output, and tables coded by hand. Reads them to coded frames; knows no session.

iCatcher+ writes one line a frame (``frame, class, confidence``) or a compressed file with classes and confidences; its
classes are ``left``, ``right``, ``away`` and several that mean that no face was seen. Its sides are those of the
picture, as whoever watches the video sees them, unless it was run with ``--mirror_annotation``.

A table coded by hand has a header with ``look`` and ``frame`` or ``time_ms``, and may have ``trial`` and
``confidence``; comma, semicolon or tab part the columns.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from devkit.errors import Problem, Problems, UserError, did_you_mean

Look = Literal["left", "right", "away", "missing"]
WORDS: dict[str, Look] = {
    "left": "left",
    "l": "left",
    "right": "right",
    "r": "right",
    "away": "away",
    "a": "away",
    "missing": "missing",
    "-": "missing",
    "none": "missing",
    "noface": "missing",
    "nobabyface": "missing",
}
NUMBERS: dict[int, Look] = {-2: "missing", -1: "missing", 0: "away", 1: "left", 2: "right"}
MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """What one frame of a video shows, or what was coded at one moment.

    Attributes:
        look: Where the child looks, as it was coded.
        frame: Number of the frame; None when only a time is told.
        t_ms: Time from session start; None when only a frame is told.
        trial: Trial by its place in the session, from 0; None when the time decides.
        confidence: 0 to 1; None when it is not told.
    """

    look: Look
    frame: int | None = None
    t_ms: float | None = None
    trial: int | None = None
    confidence: float | None = None


def mirrored(frames: Iterable[CodedFrame]) -> list[CodedFrame]:
    """Return the frames with left and right exchanged: from the video's side to the child's, and back."""
    other: dict[Look, Look] = {"left": "right", "right": "left"}
    return [replace(one, look=other.get(one.look, one.look)) for one in frames]


def read_icatcher(path: Path) -> list[CodedFrame]:
    """Read the output of iCatcher+, text or compressed.

    Raises:
        UserError: The file is missing or is no output of iCatcher+.
    """
    data = _bytes(path)
    if data[:2] == b"PK":
        return _compressed(path)
    rows = [(number, line) for number, line in enumerate(_text(path, data).splitlines(), 1) if line.strip()]
    frames: list[CodedFrame] = []
    problems: list[Problem] = []
    for number, line in rows:
        try:
            frames.append(_line(line))
        except ValueError as error:
            problems.append(Problem("gaze-line", str(error), f"{path}:{number}"))
    _raise(problems)
    return frames


def _line(line: str) -> CodedFrame:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3:
        raise ValueError("a line is: frame, class, confidence")
    if parts[1] in ("on", "off"):
        raise ValueError("'on' and 'off' have no sides: run iCatcher+ without --on_off")
    if parts[1] not in WORDS:
        raise ValueError(f"there is no class '{parts[1]}'")
    if not parts[0].isdigit():
        raise ValueError(f"'{parts[0]}' is no frame number")
    return CodedFrame(WORDS[parts[1]], int(parts[0]), confidence=_share(parts[2]))


def _compressed(path: Path) -> list[CodedFrame]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            looks, sure = archive["arr_0"], archive["arr_1"]
            pairs = list(zip(looks.tolist(), sure.tolist(), strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"this is no output of iCatcher+: {error}", place=str(path)) from error
    return [
        CodedFrame(NUMBERS.get(int(look), "missing"), number, confidence=_share(str(confidence)))
        for number, (look, confidence) in enumerate(pairs)
    ]


def read_manual(path: Path) -> list[CodedFrame]:
    """Read a table that was coded by hand; rows without a look are not coded and are left out.

    Raises:
        Problems: All that is wrong with the table.
    """
    text = _text(path, _bytes(path))
    try:
        return _table(path, text)
    except csv.Error as error:
        raise UserError(f"this is no table: {error}", place=str(path)) from error


def _table(path: Path, text: str) -> list[CodedFrame]:
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    columns = [name.strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    if "look" not in columns or not {"frame", "time_ms"} & set(columns):
        hint = did_you_mean("look", columns) or "columns: look, and frame or time_ms; trial and confidence if you like"
        raise UserError("the table lacks a column", place=f"{path}:1", hint=hint)
    frames: list[CodedFrame] = []
    problems: list[Problem] = []
    for number, row in enumerate(reader, 2):
        try:
            if (row["look"] or "").strip():
                frames.append(_row({name: (value or "").strip() for name, value in row.items() if name}))
        except ValueError as error:
            problems.append(Problem("gaze-row", str(error), f"{path}:{number}"))
    _raise(problems)
    return frames


def _row(row: dict[str, str]) -> CodedFrame:
    word = row["look"].lower()
    if word not in WORDS:
        raise ValueError(f"there is no look '{row['look']}' (left, right, away or missing)")
    frame, time_ms = _whole(row.get("frame", ""), "frame"), _number(row.get("time_ms", ""), "time_ms")
    if frame is None and time_ms is None:
        raise ValueError("neither frame nor time_ms is told")
    trial = _whole(row.get("trial", ""), "trial")
    return CodedFrame(WORDS[word], frame, time_ms, trial, _share(row.get("confidence", "")))


def _whole(text: str, name: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise ValueError(f"{name} '{text}' is no whole number")
    return int(text)


def _number(text: str, name: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} '{text}' is no number")
    return value


def _share(text: str) -> float | None:
    value = _number(text, "confidence")
    return value if value is not None and 0 <= value <= 1 else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None


def _text(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("is no text in UTF-8", place=str(path), hint="save it as CSV UTF-8") from None
    if not text.strip():
        raise UserError("the file is empty", place=str(path))
    return text


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise Problems(problems[:MOST_PROBLEMS])
