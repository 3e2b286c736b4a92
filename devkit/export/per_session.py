"""A lab session by session, as it may leave: what the exports stand on that write a file for each session.

The tables come from the lab's Parquet files, which are sorted by session, so that one session is read without the
others; the privacy settings are applied before anything is handed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from devkit.errors import UserError
from devkit.export.release import release
from devkit.lab.store import Lab


@dataclass(frozen=True, slots=True)
class SessionOut:
    """A session on its way out.

    Attributes:
        session_id: As it leaves.
        trials: Its trials in order, released.
        events: Its events in order of writing, released.
        gaze: Its gaze samples, released.
        summary: Its one row of the table of sessions, released.
    """

    session_id: str
    trials: pa.Table
    events: pa.Table
    gaze: pa.Table
    summary: pa.Table

    def tasks(self) -> list[str]:
        """Return the tasks of the session in the order in which they were met."""
        return list(dict.fromkeys(self.trials["task"].to_pylist()))

    def of_task(self, table: pa.Table, task: str) -> pa.Table:
        """Return the rows of ``trials``, ``events`` or ``gaze`` that belong to a task.

        An event between trials belongs to every task of its session.
        """
        if "task" in table.column_names:
            return table.filter(pc.equal(table["task"], task))
        ids = self.trials.filter(pc.equal(self.trials["task"], task))["trial_id"]
        mine = pc.is_in(table["trial_id"], value_set=ids.combine_chunks())
        return table.filter(pc.or_(mine, pc.is_null(table["trial_id"])))


def sessions_out(lab: Lab, *, gaze: bool = True) -> Iterator[SessionOut]:
    """Yield the sessions of a lab that hold trials, oldest first, as they may leave.

    Args:
        lab: The lab.
        gaze: Whether gaze samples are wanted; without them the gaze tables are empty.

    Raises:
        UserError: No session holds a trial.
    """
    folder = lab.parquet()
    summaries = pq.read_table(folder / "sessions.parquet")
    ids = [row["session_id"] for row in summaries.select(["session_id", "trials"]).to_pylist() if row["trials"]]
    if not ids:
        raise UserError("no session holds a trial yet", place=str(lab.path), hint="there is nothing to export")
    for session_id in ids:
        tables = {name: _own(lab, folder / f"{name}.parquet", session_id) for name in ("trials", "events", "sessions")}
        samples = _own(lab, folder / "gaze.parquet", session_id) if gaze else _empty(folder / "gaze.parquet")
        out_id = tables["trials"]["session_id"][0].as_py()
        yield SessionOut(out_id, tables["trials"], tables["events"], samples, tables["sessions"])


def _own(lab: Lab, path: Path, session_id: str) -> pa.Table:
    read = pq.read_table(path, filters=[("session_id", "==", session_id)])
    return release(read.replace_schema_metadata(None), lab.settings.privacy, lab.lab_id)


def _empty(path: Path) -> pa.Table:
    return pq.read_schema(path).with_metadata(None).empty_table()
