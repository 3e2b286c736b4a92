"""A lab's own recordings of what is said: a folder for each language with a table of words and files.

``prompts/es/prompts.csv`` has the columns ``text``, ``file`` and, where a word's onset matters, ``word_onset_ms``.
Files may be of any format that PyAV reads; they are decoded before the trial that plays them. A prompt that belongs to
an item of a bank goes before all of this.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, Problems

TABLE = "prompts.csv"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording: its file, and the onset of the word in it where that is known, ms."""

    path: Path
    word_onset_ms: float | None = None


class Recordings:
    """The recordings of a lab.

    Args:
        folder: Holds a folder for each language; None holds nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._tables: dict[str, dict[str, Recorded]] = {}

    def find(self, text: str, language: str) -> Recorded | None:
        """Return the recording of these very words in a language (``es-MX``, else ``es``); None when there is none.

        Raises:
            Problems: The table has mistakes.
        """
        for tag in dict.fromkeys((language, language.split("-")[0])):
            found = self._table(tag).get(" ".join(text.split()))
            if found is not None:
                return found
        return None

    def _table(self, language: str) -> dict[str, Recorded]:
        if language not in self._tables:
            file = None if self._folder is None else self._folder / language / TABLE
            self._tables[language] = read_table(file) if file is not None and file.is_file() else {}
        return self._tables[language]


def read_table(file: Path) -> dict[str, Recorded]:
    """Read a table of recordings.

    Raises:
        Problems: Rows without words or file, files that are missing, onsets that are no numbers; all of them.
    """
    found: dict[str, Recorded] = {}
    problems: list[Problem] = []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for line, row in enumerate(csv.DictReader(stream), 2):
            text, name = (row.get("text") or "").strip(), (row.get("file") or "").strip()
            onset = (row.get("word_onset_ms") or "").strip()
            place = f"{file}:{line}"
            if not text or not name:
                problems.append(Problem("prompts", "a row needs text and file", place))
            elif not (file.parent / name).is_file():
                problems.append(Problem("prompts", f"there is no file '{name}'", place, "it lies beside the table"))
            elif onset and not onset.replace(".", "", 1).isdigit():
                problems.append(Problem("prompts", f"word_onset_ms is '{onset}', not a number of ms", place))
            else:
                found[" ".join(text.split())] = Recorded(file.parent / name, float(onset) if onset else None)
    if problems:
        raise Problems(problems, subject=str(file))
    return found
