"""Opening a lab in which something is wrong: whatever can still be read, and what is wrong in plain words.

`Lab.open` refuses a lab whose ``lab.toml`` is missing, damaged or newer. Journals do not need that file, so here the
lab is opened with settings made from the journals' own headers; nothing is written until the user has mended it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, UserError
from devkit.lab.reading import load_journal
from devkit.lab.settings import FILE, LabSettings
from devkit.lab.store import FOLDERS, Lab

NO_LAB = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Rescued:
    """A lab as far as it can be opened.

    Attributes:
        lab: The lab.
        problems: What is wrong with the folder; the journals' own problems are in the index.
        writable: Whether sessions can be recorded: the settings are whole and the disk takes data.
    """

    lab: Lab
    problems: tuple[Problem, ...]
    writable: bool


def open_anyhow(path: Path) -> Rescued:
    """Open a lab, also a damaged one.

    Raises:
        UserError: There is nothing of a lab in the folder.
    """
    problems: list[Problem] = []
    try:
        lab = Lab.open(path)
    except UserError as error:
        if not (path / "journals").is_dir():
            raise
        problems += error.problems
        hint = "restore it from a backup; until then the lab can be looked at, and nothing is recorded"
        problems.append(Problem("lab-settings", f"{FILE} cannot be used", str(path / FILE), hint))
        lab = Lab(path, _settings_from_journals(path))
    whole = not problems
    for folder in FOLDERS:
        if not (path / folder).is_dir():
            problems.append(_missing(path / folder, writable=os.access(path, os.W_OK)))
    if not _takes_data(path):
        hint = "copy the lab to a disk that can be written to record sessions"
        problems.append(Problem("lab-read-only", "the lab can only be read here", str(path), hint))
        return Rescued(lab, tuple(problems), writable=False)
    return Rescued(lab, tuple(problems), writable=whole)


def _takes_data(path: Path) -> bool:
    """Tell whether the folder takes a file; permissions alone do not say so of a read-only disk."""
    probe = path / f".probe-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return os.access(path / "journals", os.W_OK) or not (path / "journals").exists()


def _missing(folder: Path, *, writable: bool) -> Problem:
    if folder.name == "journals":
        return Problem("lab-folder", "the sessions are missing", str(folder), "restore the folder from a backup")
    if writable:
        try:
            folder.mkdir()
        except OSError as error:
            return Problem("lab-folder", f"the folder is missing and cannot be made: {error.strerror}", str(folder))
    return Problem("lab-folder", "the folder was missing and is empty now", str(folder), "restore it if it held files")


def _settings_from_journals(path: Path) -> LabSettings:
    """Return settings that read the lab: its name is the folder's, its id that of the journals."""
    lab_id, languages = NO_LAB, ("en",)
    for journal_path in sorted((path / "journals").glob("*.jsonl")):
        header = load_journal(journal_path)[1].header
        if header is not None:
            lab_id = header.lab_id
            break
    return LabSettings(name=path.resolve().name or "lab", lab_id=lab_id, languages=languages)
