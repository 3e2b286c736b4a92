"""Peekbank export: the tables of the Peekbank schema, for Looking While Listening with two pictures.

Ids are numbers from 0 in order of writing. ``trials`` holds one row for each trial that was shown, since its side and
its point of disambiguation are the trial's own. Times are not resampled: `peekds::resample_times` makes Peekbank's
40 Hz grid from ``aoi_timepoints``. Trials of other tasks, and of tasks with other than two pictures, have no place in
Peekbank and are counted in `Exported.left_out`. Schema: https://github.com/peekbank/peekds.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from devkit.errors import UserError
from devkit.export.files import Folder, rows_of
from devkit.export.per_session import SessionOut, sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab

TASK = "looking_while_listening"
DAYS_PER_MONTH = 365.25 / 12
AUTOMATED = ("icatcher", "automated", "openface", "webgazer")
TRACKERS = ("eyelink", "tobii", "gazepoint", "mousegaze", "tracker", "smi")
ISO_639_2 = {"en": "eng", "es": "spa", "de": "deu", "fr": "fra", "nl": "nld", "zh": "zho", "pt": "por", "it": "ita"}
COLUMNS: dict[str, tuple[str, ...]] = {
    "datasets": ("dataset_id", "lab_dataset_id", "dataset_name", "cite", "shortcite"),
    "subjects": ("subject_id", "sex", "lab_subject_id"),
    "administrations": (
        *("administration_id", "dataset_id", "subject_id", "age", "lab_age", "lab_age_units"),
        *("monitor_size_x", "monitor_size_y", "sample_rate", "tracker", "coding_method"),
    ),
    "stimuli": (
        *("stimulus_id", "stimulus_label", "stimulus_novelty", "stimulus_image_path", "lab_stimulus_id"),
        "dataset_id",
    ),
    "trials": (
        *("trial_id", "full_phrase", "full_phrase_language", "point_of_disambiguation", "target_side"),
        *("lab_trial_id", "aoi_region_set_id", "dataset_id", "distractor_id", "target_id"),
    ),
    "aoi_region_sets": (
        *("aoi_region_set_id", "l_x_max", "l_x_min", "l_y_max", "l_y_min"),
        *("r_x_max", "r_x_min", "r_y_max", "r_y_min"),
    ),
    "xy_timepoints": ("xy_timepoint_id", "x", "y", "t", "administration_id", "trial_id"),
    "aoi_timepoints": ("aoi_timepoint_id", "trial_id", "aoi", "t_norm", "administration_id"),
}
_WANTED = (
    *("trial_id", "trial_index", "choices", "target_position", "onset_ms", "word_onset_ms", "language", "word"),
    *("respondent_code", "respondent_kind", "age_days", "task", "is_practice"),
)


@dataclass(slots=True)
class _Tables:
    """The tables as they fill."""

    rows: dict[str, list[Sequence[Any]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    subjects: dict[str, int] = field(default_factory=dict)
    stimuli: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, table: str, *values: Any) -> int:
        """Add a row with the next id; return the id."""
        number = len(self.rows[table])
        self.rows[table].append((number, *values))
        return number


def write(lab: Lab, out: Path) -> Exported:
    """Write the looking of a lab as Peekbank's tables.

    Raises:
        UserError: The lab holds no Looking While Listening trial with two pictures.
    """
    folder = Folder(out)
    tables = _Tables()
    name = lab.settings.name or lab.lab_id
    tables.add("datasets", lab.lab_id, name, None, None)
    sexes = {participant.code: participant.sex for participant in lab.participants.all()}
    others = models = 0
    for session in sessions_out(lab):
        trials = [dict(zip(_WANTED, row, strict=True)) for row in rows_of(session.trials, _WANTED)]
        own = [trial for trial in trials if _fits(trial)]
        others += len(trials) - len(own)
        if own and own[0]["respondent_kind"] not in ("child", "adult"):
            models += len(own)
        elif own:
            _session(tables, session, own, sexes)
    if not tables.rows["trials"]:
        hint = "Peekbank holds Looking While Listening of children and adults only"
        raise UserError("no trial of two pictures that a person looked at", place=str(lab.path), hint=hint)
    for table, header in COLUMNS.items():
        folder.table(f"{table}.csv", header, tables.rows[table], of=table)
    left = [(others, "practice trials and trials of other tasks"), (models, "trials of models and simulations")]
    folder.done.left_out = [f"{count} {what}" for count, what in left if count]
    return folder.done


def _fits(trial: dict[str, Any]) -> bool:
    return trial["task"] == TASK and not trial["is_practice"] and len(json.loads(trial["choices"])) == 2


def _session(tables: _Tables, session: SessionOut, own: list[dict[str, Any]], sexes: Mapping[str, str | None]) -> None:
    code = own[0]["respondent_code"]
    if code not in tables.subjects:
        tables.subjects[code] = tables.add("subjects", sexes.get(code) or "unspecified", code)
    samples: dict[str, list[list[Any]]] = {}
    for row in rows_of(session.gaze, ("trial_id", "t_word_ms", "x", "y", "aoi", "coder")):
        samples.setdefault(row[0], []).append(row[1:])
    coder = next((rows[0][4] for rows in samples.values()), None)
    age = own[0]["age_days"]
    months = None if age is None else round(age / DAYS_PER_MONTH, 4)
    units = None if age is None else "days"
    about = (months, age, units, None, None, _rate(samples), coder, coding_method(coder))
    administration = tables.add("administrations", 0, tables.subjects[code], *about)
    for trial in own:
        number = _trial(tables, trial)
        for t, x, y, aoi, _ in samples.get(trial["trial_id"], ()):
            tables.add("aoi_timepoints", number, aoi, t, administration)
            if x is not None and y is not None:
                tables.add("xy_timepoints", x, y, t, administration, number)


def _trial(tables: _Tables, trial: dict[str, Any]) -> int:
    choices = json.loads(trial["choices"])
    target = trial["target_position"]
    numbers = []
    for choice in choices:
        key = (choice["label"], choice.get("media") or "")
        if key not in tables.stimuli:
            tables.stimuli[key] = tables.add("stimuli", key[0], "familiar", None, key[1] or None, 0)
        numbers.append(tables.stimuli[key])
    word, onset = trial["word_onset_ms"], trial["onset_ms"]
    disambiguation = None if word is None or onset is None else round(word - onset, 3)
    language = ISO_639_2.get((trial["language"] or "").split("-")[0])
    side = ("left", "right")[target]
    index = trial["trial_index"]
    pictures = (numbers[1 - target], numbers[target])
    return tables.add("trials", None, language, disambiguation, side, index, None, 0, *pictures)


def _rate(samples: dict[str, list[list[Any]]]) -> float | None:
    """Return the median sampling rate in Hz; None without samples."""
    steps = [
        later[0] - earlier[0] for rows in samples.values() for earlier, later in pairwise(rows) if later[0] > earlier[0]
    ]
    return round(1000 / statistics.median(steps), 3) if steps else None


def coding_method(coder: str | None) -> str | None:
    """Return Peekbank's word for how gaze was coded; None without a coder."""
    if coder is None:
        return None
    name = coder.casefold()
    if any(part in name for part in AUTOMATED):
        return "automated gaze coding"
    return "eyetracking" if any(part in name for part in TRACKERS) else "manual gaze coding"
