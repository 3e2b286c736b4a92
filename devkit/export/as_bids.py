"""BIDS export: behaviour as ``sub-…_ses-…_task-…_beh.tsv``, gaze as eye tracking with its events beside it.

Every column of the trial format is written, plus what BIDS asks for: ``trial_number``, ``response_time`` in seconds and
``stimuli`` (digests of the media in shown order; the files themselves stay in the lab, where their consent is known, so
there is no ``stim_file``).
``n/a`` is a missing value. Columns are described once a task at the root, by inheritance. ``sourcedata/keys.tsv`` says
which code stands behind each label. Gaze becomes a continuous recording: time in seconds from session start, place, and
the area looked at. Specification: https://bids-specification.readthedocs.io (1.11).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from devkit.export.as_psychds import variables
from devkit.export.files import Folder, rows_of
from devkit.export.keys import keys_of
from devkit.export.per_session import SessionOut, sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab
from devkit.lab.summary import SessionSummary
from devkit.records import SCHEMA_VERSION

BIDS_VERSION = "1.11.0"
OLDEST_YEARS = 89  # BIDS: greater ages are capped
GAZE_COLUMNS = ("timestamp", "x_coordinate", "y_coordinate", "area", "coder", "confidence", "trial_id")
EVENT_COLUMNS = ("onset", "duration", "trial_type", "trial_id", "detail")
_SEX = {"female": "F", "male": "M", "other": "O"}
_ADDED = {
    "trial_number": {"Description": "Place of the trial in the session, from 1"},
    "response_time": {"Description": "Reaction time, counted from what rt_from says", "Units": "s"},
    "stimuli": {"Description": "SHA-256 of the media, in shown order; the files stay in the lab"},
}


def write(lab: Lab, out: Path) -> Exported:
    """Write a lab as a BIDS dataset.

    Raises:
        UserError: No session holds a trial.
    """
    folder = Folder(out, missing="n/a", delimiter="\t")
    every = list(lab.sessions())
    subjects = keys_of({session.respondent_code for session in every})
    tasks = keys_of({task for session in every for task in session.tasks.split()})
    listed: list[tuple[str, str, str]] = []
    for session in sessions_out(lab):
        subject = f"sub-{subjects[session.trials['respondent_code'][0].as_py()]}"
        label = f"ses-{session.session_id.replace('-', '')}"
        listed.append(("session", session.session_id, label))
        for task in session.tasks():
            _behaviour(folder, session, task, f"{subject}/{label}/beh/{subject}_{label}_task-{tasks[task]}")
    for task, key in sorted(tasks.items()):
        folder.json(f"task-{key}_beh.json", _sidecar(task))
    _participants(folder, lab, every, subjects)
    listed += [("subject", code, f"sub-{key}") for code, key in sorted(subjects.items())]
    listed += [("task", task, f"task-{key}") for task, key in sorted(tasks.items())]
    folder.table("sourcedata/keys.tsv", ["entity", "value", "label"], listed, of="keys")
    _describe(folder, lab)
    return folder.done


def _behaviour(folder: Folder, session: SessionOut, task: str, stem: str) -> None:
    trials = session.of_task(session.trials, task)
    media = [[choice.get("media") for choice in _json(text)] for text in trials["choices"].to_pylist()]
    stimuli = [",".join(filter(None, digests)) or None for digests in media]
    times = [None if rt is None else rt / 1000 for rt in trials["rt_ms"].to_pylist()]
    numbers = [index + 1 for index in trials["trial_index"].to_pylist()]
    rows = zip(numbers, times, stimuli, rows_of(trials), strict=True)
    header = [*_ADDED, *trials.schema.names]
    folder.table(f"{stem}_beh.tsv", header, ([n, time, files, *row] for n, time, files, row in rows), of="trials")
    gaze = session.of_task(session.gaze, task)
    if gaze.num_rows:
        _recording(folder, session, task, stem, _samples(trials, gaze))


def _recording(folder: Folder, session: SessionOut, task: str, stem: str, samples: list[list[Any]]) -> None:
    """Write gaze as a continuous recording, with the events of the task beside it."""
    folder.packed(f"{stem}_recording-gaze_physio.tsv.gz", samples, of="gaze")
    steps = [later[0] - earlier[0] for earlier, later in pairwise(samples)]
    step = statistics.median([value for value in steps if value > 0] or [1.0])
    about = {
        "SamplingFrequency": round(1 / step, 3),
        "StartTime": samples[0][0],
        "Columns": list(GAZE_COLUMNS),
        "TaskName": name_of(task),
        "PhysioType": "eyetrack",
        "RecordedEye": "cyclopean",
        "SampleCoordinateSystem": "custom",  # gaze-on-screen asks for a distance and a size that nobody measured
        "SampleCoordinateSystemDescription": "shares of the screen, origin bottom left",
        "timestamp": {
            "Description": "Time from session start; samples come from trials, with gaps between",
            "Units": "s",
        },
        "x_coordinate": {"Description": "Horizontal place, 0 left to 1 right of the screen", "Units": "arbitrary"},
        "y_coordinate": {"Description": "Vertical place, 0 bottom to 1 top of the screen", "Units": "arbitrary"},
        "area": {"Description": "Area looked at: target, distractor, other or missing"},
        "coder": {"Description": "Tracker, program or person that coded the sample"},
        "confidence": {"Description": "Confidence of the coder, 0 to 1", "Units": "arbitrary"},
        "trial_id": {"Description": "Trial of the sample"},
    }
    folder.json(f"{stem}_recording-gaze_physio.json", about)
    events = session.of_task(session.events, task)
    rows = [
        [time / 1000, 0, name, trial, detail]
        for time, name, trial, detail in rows_of(events, ("t_ms", "name", "trial_id", "detail"))
    ]
    folder.table(f"{stem}_events.tsv", EVENT_COLUMNS, sorted(rows, key=lambda row: row[0]), of="events")
    folder.json(f"{stem}_events.json", {"TaskName": name_of(task), "StimulusPresentation": _SOFTWARE} | _EVENTS)


def _samples(trials: pa.Table, gaze: pa.Table) -> list[list[Any]]:
    """Return samples by time from session start, in seconds; a trial without a word begins at its onset."""
    word, onset = trials["word_onset_ms"].to_pylist(), trials["onset_ms"].to_pylist()
    zero = {
        trial: w if w is not None else o or 0.0
        for trial, w, o in zip(trials["trial_id"].to_pylist(), word, onset, strict=True)
    }
    columns = ("trial_id", "t_word_ms", "x", "y", "aoi", "coder", "confidence")
    rows = [
        [round((zero[trial] + t) / 1000, 6), x, y, aoi, coder, confidence, trial]
        for trial, t, x, y, aoi, coder, confidence in rows_of(gaze, columns)
    ]
    return sorted(rows, key=lambda row: row[0])


def _sidecar(task: str) -> dict[str, Any]:
    about = {
        name: {"Description": found["description"]} | ({"Units": found["unitText"]} if found.get("unitText") else {})
        for name, found in variables().items()
        if name not in ("row_id", *_PARTICIPANT)
    }
    known = {name: entry for name, entry in about.items() if name in _trial_columns()}
    return {"TaskName": name_of(task)} | _ADDED | known


def name_of(task: str) -> str:
    """Return a task's name in words."""
    return task.replace("_", " ")


def _trial_columns() -> set[str]:
    from devkit.records import TrialRecord

    return set(TrialRecord.model_fields)


def _participants(folder: Folder, lab: Lab, every: Sequence[SessionSummary], subjects: dict[str, str]) -> None:
    known = {participant.code: participant for participant in lab.participants.all()}
    first = {session.respondent_code: session for session in reversed(every)}
    rows = []
    for code in sorted(session.respondent_code for session in first.values() if session.trials):
        session, own = first[code], known.get(code)
        age = None if session.age_days is None else min(round(session.age_days / 365.25, 3), OLDEST_YEARS)
        sex = _SEX[own.sex] if own and own.sex else None
        languages = " ".join(own.languages) if own else None
        weeks = own.gestational_weeks if own else None
        rows.append([f"sub-{subjects[code]}", session.respondent_kind, age, sex, languages or None, weeks])
    folder.table("participants.tsv", ["participant_id", *_PARTICIPANT], rows, of="participants")
    folder.json("participants.json", _PARTICIPANT)


def _describe(folder: Folder, lab: Lab) -> None:
    made = {"Name": "devkit", "Version": version("devkit")}
    about = {"Name": lab.settings.name or lab.lab_id, "BIDSVersion": BIDS_VERSION, "DatasetType": "raw"}
    folder.json("dataset_description.json", about | {"GeneratedBy": [made]})
    text = (
        f"Trials on developmental tasks in devkit's trial format {SCHEMA_VERSION}, written by devkit {made['Version']}."
    )
    folder.text("README.md", f"# {lab.settings.name}\n\n{text}\n\n{_README}")
    folder.text(".bidsignore", "export.json\n")


def _json(text: str) -> Any:
    import json

    return json.loads(text)


_PARTICIPANT: dict[str, dict[str, Any]] = {
    "kind": {
        "Description": "Who answered",
        "Levels": {
            "child": "a child",
            "adult": "an adult",
            "model": "a model",
            "simulation": "an invented respondent",
        },
    },
    "age": {"Description": "Age at the first session", "Units": "years"},
    "sex": {"Description": "Sex as told", "Levels": {"F": "female", "M": "male", "O": "other"}},
    "languages": {"Description": "BCP 47, the first language first, separated by spaces"},
    "gestational_weeks": {"Description": "Completed weeks at birth", "Units": "weeks"},
}
_SOFTWARE = {"SoftwareName": "devkit", "SoftwareVersion": version("devkit")}
_EVENTS: dict[str, dict[str, Any]] = {
    "onset": {"Description": "Time from session start", "Units": "s"},
    "duration": {"Description": "0: an event is a moment", "Units": "s"},
    "trial_type": {"Description": "Kind of event"},
    "trial_id": {"Description": "Trial in which it happened; n/a between trials"},
    "detail": {"Description": "What belongs to the event, as JSON"},
}
_README = """\
Behaviour is under `sub-*/ses-*/beh`. A trial that was not answered has `n/a` in `correct`; `outcome` says why. Models
and simulations are subjects too; `kind` in `participants.tsv` tells them apart. `sourcedata/keys.tsv` says which code
stands behind each label.
"""
