"""Bringing data that were recorded elsewhere into a lab, in the same trial format.

An importer is a module with ``bring(lab, source, options) -> Imported``; `IMPORTERS` names them, and they load when
they are asked for. What an importer makes is a function of its source alone (session and trial ids included), so
importing twice adds nothing. Rows that it cannot use are counted and named, never dropped in silence.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from devkit.errors import Problem, UserError, did_you_mean
from devkit.lab.store import Lab

IMPORTERS: dict[str, tuple[str, str]] = {
    "devkit": (
        "devkit.lab.imports.own",
        "Sessions of another lab; SOURCE is a folder of 'devkit export' (csv, parquet, psychds or bids).",
    ),
    "peekbank": ("devkit.lab.imports.peekbank", "Looking while listening; SOURCE is a folder of Peekbank's tables."),
    "levante": ("devkit.lab.imports.levante", "SOURCE is a folder with LEVANTE's trials.csv and runs.csv."),
    "psychopy": ("devkit.lab.imports.psychopy", "SOURCE is a CSV file of PsychoPy, or a folder of them."),
    "jspsych": ("devkit.lab.imports.jspsych", "SOURCE is a CSV file of jsPsych, or a folder of them."),
    "devbench": ("devkit.lab.imports.devbench", "Answer distributions by age; SOURCE is DevBench's folder."),
    "visual-precision": (
        "devkit.lab.imports.visual_precision",
        "Infants of the looking-while-listening study vislearnlab/visual-precision; SOURCE is its folder.",
    ),
}


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a user may say about an import.

    Attributes:
        bank: A bank of the same items, for item digests and pictures; None to look in the lab's ``banks``.
        advance: Told of every session that is done.
        form: Task and form that the rows belong to (``picture_vocabulary/standard``), where the source does not say.
        columns: The source's own columns by what they hold (``rt`` → ``key_resp.rt``), where they are not the usual.
    """

    bank: Path | None = None
    advance: Callable[[int], None] = _ignore
    form: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """What an import did.

    Attributes:
        sessions: Sessions that were added.
        there: Sessions that were there already.
        trials: Trials that were added.
        participants: Participants that were added.
        counts: Further counts, in words; every row of the source is in one of those that ``rows`` begin.
        problems: Rows and sessions that could not be used, and anything doubtful.
    """

    sessions: int = 0
    there: int = 0
    trials: int = 0
    participants: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        """Count something."""
        self.counts[what] = self.counts.get(what, 0) + number


Importer = Callable[[Lab, Path, ImportOptions], Imported]


def importer(kind: str) -> Importer:
    """Return the importer of a kind of source.

    Raises:
        UserError: There is none of that name.
    """
    if kind not in IMPORTERS:
        hint = did_you_mean(kind, IMPORTERS) or f"known are: {', '.join(IMPORTERS)}"
        raise UserError(f"there is no kind of import '{kind}'", hint=hint)
    return cast(Importer, importlib.import_module(IMPORTERS[kind][0]).bring)
