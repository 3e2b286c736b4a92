"""Putting the recordings' parts together, in the order of the list, without holding them in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from devkit.corpus.data import ANNOTATIONS, DROPPED, RECORDINGS, UTTERANCES, BuiltRecording
from devkit.corpus.formats import FORMATS
from devkit.corpus.part import WORK, Part, part_file
from devkit.files import write_whole
from devkit.ids import digest_file

__all__ = ["WORK", "join"]


def join(out: Path, parts: Sequence[Part]) -> dict[str, str]:
    """Write the data's text files from the recordings' parts.

    Returns:
        SHA-256 of each file.
    """
    names = [part.recording.name for part in parts]
    for name in (ANNOTATIONS, UTTERANCES, DROPPED):
        _concatenate(out, names, name)
    for name in FORMATS:
        _as_list(out, names, f"{name}.json")
    write_whole(out / RECORDINGS, _table([part.recording for part in parts]).encode())
    files = (RECORDINGS, ANNOTATIONS, UTTERANCES, DROPPED, *(f"{name}.json" for name in FORMATS))
    return {name: digest_file(out / name) for name in sorted(files)}


def _lines(out: Path, names: Sequence[str], name: str) -> Iterator[bytes]:
    for recording in names:
        with part_file(out, recording, name).open("rb") as file:
            yield from file


def _concatenate(out: Path, names: Sequence[str], name: str) -> None:
    with (out / name).open("wb") as file:
        file.writelines(_lines(out, names, name))


def _as_list(out: Path, names: Sequence[str], name: str) -> None:
    """Write a JSON list with one record a line, so that it can be read by eye and by every reader of the form."""
    with (out / name).open("wb") as file:
        file.write(b"[")
        for number, line in enumerate(_lines(out, names, name)):
            file.write((b",\n" if number else b"\n") + line.rstrip(b"\n"))
        file.write(b"\n]\n")


def _table(recordings: Sequence[BuiltRecording]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(BuiltRecording.model_fields), lineterminator="\n")
    writer.writeheader()
    for recording in recordings:
        writer.writerow(recording.model_dump())
    return text.getvalue()
