"""The tables of the visual-precision study that a bank is made from: the trials, and the times of the prompts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import Problem, UserError

NEAR_S = 0.002
"""Times that differ by less are the same, seconds."""
_COLUMNS = (
    *("Trials.trialID", "Trials.leftImage", "Trials.rightImage", "Trials.targetImage", "Trials.targetAudio"),
    *("Trials.trialType", "Trials.carrier_onset", "Trials.target_onset", "Trials.article_length"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Times that all recorded prompts share (``level-syllables_added-audio_data.csv``), seconds.

    Attributes:
        carrier: Length of the carrier phrase.
        silence_before: Silence at the start of a sound file, before the carrier phrase.
        total: Length of a sound file.
    """

    carrier: float
    silence_before: float
    total: float


@dataclass(frozen=True, slots=True)
class Heard:
    """One carrier phrase of one trial type, as the list has it; times in seconds.

    Attributes:
        line: First line of the list that has it.
        carrier: Carrier phrase (``look_at``).
        carrier_onset: Its onset in the trial.
        word_onset: Onset of the noun in the trial.
        article: Length of the article before the noun.
    """

    line: int
    carrier: str
    carrier_onset: float
    word_onset: float
    article: float


@dataclass(slots=True)
class TrialType:
    """A trial type: two pictures, one of them named."""

    trial_id: str
    target: str
    distractor: str
    kind: str
    heard: dict[str, Heard]


def read_trials(path: Path) -> tuple[list[TrialType], list[Problem]]:
    """Read the list of trials into trial types, sorted by id; rows that contradict each other are problems."""
    types: dict[str, TrialType] = {}
    problems: list[Problem] = []
    for line, row in _rows(path, _COLUMNS):
        place = f"{path.name}:{line}"
        sides = (row["Trials.leftImage"], row["Trials.rightImage"])
        target, trial_id = row["Trials.targetImage"], row["Trials.trialID"]
        try:
            onset, word, article = (
                float(row[f"Trials.{c}"]) for c in ("carrier_onset", "target_onset", "article_length")
            )
        except ValueError as error:
            problems.append(Problem("wrong-type", str(error), place))
            continue
        if target not in sides or sides[0] == sides[1]:
            problems.append(Problem("contradiction", f"'{target}' is not one of the two pictures", place))
            continue
        other = sides[1 - sides.index(target)]
        kind = types.setdefault(trial_id, TrialType(trial_id, target, other, row["Trials.trialType"], {}))
        heard = Heard(line, row["Trials.targetAudio"], onset, word, article)
        before = kind.heard.setdefault(heard.carrier, heard)
        lag = abs((before.word_onset - before.carrier_onset) - (word - onset))
        if (kind.target, kind.distractor) != (target, other) or lag > NEAR_S:
            problems.append(
                Problem("contradiction", f"'{trial_id}' is another trial than in line {before.line}", place)
            )
    return [types[trial_id] for trial_id in sorted(types)], problems


def read_phrase(path: Path) -> Phrase:
    """Return the times that all prompts share.

    Raises:
        UserError: The table is missing or the phrases differ.
    """
    rows = [row for _, row in _rows(path, ("carrier", "silence_before", "total_length"))]
    try:
        values = {tuple(float(row[c]) for c in ("carrier", "silence_before", "total_length")) for row in rows}
    except ValueError as error:
        raise UserError(str(error), place=str(path)) from None
    if len(values) != 1:
        raise UserError("the carrier phrases do not all take the same time", place=str(path))
    carrier, silence, total = values.pop()
    return Phrase(carrier, silence, total)


def read_articles(path: Path) -> Mapping[str, tuple[float, ...]]:
    """Return the lengths of a word's articles: the list has ``ball`` and, for a second recording, ``ball2``."""
    articles: dict[str, tuple[float, ...]] = {}
    for line, row in _rows(path, ("word", "article_length")):
        word = row["word"].rstrip("0123456789")
        try:
            articles[word] = (*articles.get(word, ()), float(row["article_length"]))
        except ValueError as error:
            raise UserError(str(error), place=f"{path}:{line}") from None
    return articles


def _rows(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a table of the study; every row has every asked column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or ()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"is no readable CSV: {error}", place=str(path)) from None
    absent = [column for column in columns if column not in header]
    if absent:
        raise UserError(f"lacks the columns {', '.join(absent)}", place=f"{path}:1")
    return [(line, {key: value or "" for key, value in row.items() if isinstance(key, str)}) for line, row in rows]
