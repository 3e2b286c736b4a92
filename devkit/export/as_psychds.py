"""Psych-DS export: CSV files under ``data/``, every column described in ``dataset_description.json``.

One file a session and task for trials, events and gaze, one file for all sessions and one for all participants. Values
in names of files are letters and digits only; ``documentation/keys.csv`` says what each stands for. All columns of the
trial format are written, so that the export can be imported again. Format: https://psych-ds.github.io.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from devkit.codebook import TABLES, columns
from devkit.export.files import Folder, rows_of
from devkit.export.keys import keys_of
from devkit.export.per_session import SessionOut, sessions_out
from devkit.export.registry import Exported
from devkit.export.tables import attributes_of, out_tables
from devkit.lab.participants import Participant
from devkit.lab.store import Lab
from devkit.lab.summary import SessionSummary
from devkit.records import SCHEMA_VERSION

SCHEMA = "Psych-DS 0.4.0"


def write(lab: Lab, out: Path) -> Exported:
    """Write a lab as a Psych-DS dataset.

    Raises:
        UserError: No session holds a trial.
    """
    folder = Folder(out)
    every = list(lab.sessions())
    keys = {
        "study": keys_of([lab.settings.name or lab.lab_id]),
        "subject": keys_of({session.respondent_code for session in every}),
        "task": keys_of({task for session in every for task in session.tasks.split()}),
    }
    study = f"study-{next(iter(keys['study'].values()))}"
    used: dict[str, None] = {}
    session_keys: dict[str, str] = {}
    for session in sessions_out(lab):
        code = session.trials["respondent_code"][0].as_py()
        session_keys[session.session_id] = session.session_id.replace("-", "")
        stem = f"data/{study}_subject-{keys['subject'][code]}_session-{session_keys[session.session_id]}"
        _session(folder, session, stem, keys["task"], used)
    for table in out_tables(lab):
        if table.name in ("sessions", "participants"):
            rows = [row for part in table.parts for row in rows_of(part)]
            header = ["row_id", *table.schema.names]
            numbered = [[f"{table.name}-{place}", *row] for place, row in enumerate(rows)]
            if numbered:
                folder.table(f"data/{study}_description-{table.name}_data.csv", header, numbered, of=table.name)
                used |= dict.fromkeys(header)
    _describe(folder, lab, list(used))
    listed = [(kind, value, key) for kind, known in keys.items() for value, key in sorted(known.items())]
    listed += [("session", value, key) for value, key in session_keys.items()]
    folder.table("documentation/keys.csv", ["keyword", "value", "key"], listed, of="keys")
    return folder.done


def _session(folder: Folder, session: SessionOut, stem: str, tasks: dict[str, str], used: dict[str, None]) -> None:
    seen: set[str] = set()
    for task in session.tasks():
        for name, table in (("trials", session.trials), ("events", session.events), ("gaze", session.gaze)):
            mine = session.of_task(table, task)
            if name == "events":
                mine, seen = _once(mine, task, seen)
            if not mine.num_rows:
                continue
            header = ["row_id", *mine.schema.names]
            description = "" if name == "trials" else f"_description-{name}"
            rows = zip(_row_ids(mine, name, task), rows_of(mine), strict=True)
            path = f"{stem}_task-{tasks[task]}{description}_data.csv"
            folder.table(path, header, ([row_id, *row] for row_id, row in rows), of=name)
            used |= dict.fromkeys(header)


def _once(events: pa.Table, task: str, seen: set[str]) -> tuple[pa.Table, set[str]]:
    """Leave events between trials to the first task of a session, so that none is written twice."""
    if not seen:
        return events, {task}
    return events.filter(pa.compute.is_valid(events["trial_id"])), seen


def _row_ids(table: pa.Table, name: str, task: str) -> Iterable[str]:
    if name == "trials":
        return table["trial_id"].to_pylist()  # type: ignore[no-any-return]
    return [f"{session}-{task}-{name}-{place}" for place, session in enumerate(table["session_id"].to_pylist())]


def _describe(folder: Folder, lab: Lab, used: Sequence[str]) -> None:
    meanings = variables()
    measured = [
        {"@type": "PropertyValue", "name": name} | {k: v for k, v in meanings.get(name, {}).items() if v}
        for name in used
    ]
    description = (
        "Trials of children, adults, models and simulations on developmental tasks, recorded with devkit "
        f"{version('devkit')} in trial format {SCHEMA_VERSION}."
    )
    folder.json(
        "dataset_description.json",
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "name": lab.settings.name or lab.lab_id,
            "description": description,
            "schemaVersion": SCHEMA,
            "keywords": ["developmental psychology", "vision-language models"],
            "variableMeasured": measured,
        },
    )
    folder.text("README.md", f"# {lab.settings.name}\n\n{description}\n\n{_README}")
    folder.text("CHANGES.md", f"# Changes\n\nWritten by devkit {version('devkit')}; see export.json.\n")
    folder.text(".psychdsignore", "export.json\n")


def variables() -> dict[str, dict[str, Any]]:
    """Return description, unit and allowed values of every column that an export may hold, by name."""
    found: dict[str, dict[str, Any]] = {"row_id": {"description": "Unique in its table"}}
    for described in (SessionSummary, Participant):
        found |= {name: {"description": meaning.rstrip(".")} for name, meaning in attributes_of(described)}
    for model in reversed(TABLES.values()):  # a name that is in several tables means what it means for a trial
        for c in columns(model):
            text = c.meaning + (f". One of: {', '.join(a or 'empty' for a in c.allowed)}" if c.allowed else "")
            found[c.name] = {"description": text, "unitText": c.unit}
    return found


_README = """\
`data/` holds one file a session and task for trials, and where there are any for events and gaze (`description-events`,
`description-gaze`), and one file each for all sessions and all participants. A trial that was not answered has no value
in `correct`; `outcome` says why. Lists are JSON. `documentation/keys.csv` says what the letters and digits in the names
of files stand for.
"""
