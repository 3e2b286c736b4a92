"""Putting the recordings' parts together, in the order of the list, without holding them in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from devkit.corpus.data import ANNOTATIONS, RECORDINGS, BuiltRecording
from devkit.corpus.part import WORK, Part
from devkit.corpus.tables import SCHEMAS, join_parts, table_file
from devkit.files import write_whole
from devkit.ids import digest_file


def join(out: Path, parts: Sequence[Part]) -> dict[str, str]:
    """Write the data's tables and texts from the recordings' parts.

    Returns:
        SHA-256 of each file.
    """
    folders = [out / WORK / part.recording.name for part in parts]
    for name in SCHEMAS:
        join_parts(out, name, folders)
    with (out / ANNOTATIONS).open("wb") as file:
        for folder in folders:
            with (folder / ANNOTATIONS).open("rb") as lines:
                file.writelines(lines)
    write_whole(out / RECORDINGS, _table([part.recording for part in parts]).encode())
    files = (RECORDINGS, ANNOTATIONS, *(table_file(name) for name in SCHEMAS))
    return {name: digest_file(out / name) for name in sorted(files)}


def _table(recordings: Sequence[BuiltRecording]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(BuiltRecording.model_fields), lineterminator="\n")
    writer.writeheader()
    for recording in recordings:
        writer.writerow(recording.model_dump())
    return text.getvalue()
