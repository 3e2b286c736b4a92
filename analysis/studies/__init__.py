"""Published studies as they lie in their own repositories: read in place, nothing of them is kept here."""

from __future__ import annotations

import importlib
from pathlib import Path

from analysis.options import Options
from analysis.sections import Section

MARKS: dict[str, str] = {
    "devbench": "evals/lex-viz_vocab/human.csv",
    "visual_precision": "data/main/processed_data/level-trials_data.csv",
}
"""A file by which the folder of a study is known."""


def study_in(folder: Path) -> str:
    """Return the name of the study that a folder holds, or an empty string."""
    return next((name for name, mark in MARKS.items() if (folder / mark).is_file()), "")


def sections(name: str, folder: Path, options: Options) -> tuple[Section, ...]:
    """Compute everything about a study.

    Args:
        name: From `study_in`.
        folder: The study's folder.
        options: Settings.

    Raises:
        devkit.errors.UserError: A file is missing or not as it should be.
    """
    found: tuple[Section, ...] = importlib.import_module(f"analysis.studies.{name}").sections(folder, options)
    return found
