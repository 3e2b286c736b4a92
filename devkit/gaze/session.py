"""Coded gaze and a session: which frame belongs to which trial, what it falls on, and how it gets into the journal.

Gaze that was coded afterwards is appended to the session's journal, whoever recorded it; the shares of looking that
follow from it are corrections of the trials. Nothing is overwritten.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devkit.errors import UserError
from devkit.gaze.files import CodedFrame, Look
from devkit.gaze.shares import look_shares
from devkit.lab import Lab, Session
from devkit.records import Correction, GazeRecord, TrialRecord

BEFORE_MS, AFTER_MS = 2000.0, 6000.0
LOOKING_TASKS = ("looking_while_listening",)


@dataclass(frozen=True, slots=True)
class Clock:
    """When each frame of a video was taken, ms from session start.

    Attributes:
        times: By number of the frame; empty where a rate tells.
        fps: Frames a second, where no times are kept.
        start_ms: Time of frame 0 then.
    """

    times: Mapping[int, float]
    fps: float | None = None
    start_ms: float = 0.0

    def at(self, frame: int) -> float | None:
        """Return when a frame was taken; None when that is not known."""
        if self.fps is not None:
            return self.start_ms + frame * 1000 / self.fps
        return self.times.get(frame)


def read_times(path: Path) -> Clock:
    """Read the times of a video's frames (``frame,session_ms``), as the camera writes them beside it.

    Raises:
        UserError: The file is missing or has other columns.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return Clock({int(row["frame"]): float(row["session_ms"]) for row in csv.DictReader(file)})
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except (KeyError, ValueError, TypeError):
        raise UserError("these are no times of frames", place=str(path), hint="columns: frame, session_ms") from None


def joined(clocks: Sequence[Clock]) -> tuple[Clock, tuple[int, ...]]:
    """Count the frames of several films of one session on, in their order.

    Returns:
        The times by the number that a frame then has, and the number that each film's first frame has.
    """
    times: dict[int, float] = {}
    first: list[int] = []
    for clock in clocks:
        begin = max(times, default=-1) + 1
        first.append(begin)
        times.update({begin + number: t_ms for number, t_ms in clock.times.items()})
    return Clock(times), tuple(first)


def looking_trials(session: Session) -> list[TrialRecord]:
    """Return the trials in which it was looked: of blocks answered by gaze, with a word or an onset."""
    blocks = session.header.plan.get("blocks", [])
    by_gaze = {number for number, block in enumerate(blocks) if block.get("answer_by") == "gaze"}
    found = [trial for trial in session.trials if trial.block in by_gaze or trial.task in LOOKING_TASKS]
    return [trial for trial in found if _zero(trial) is not None and len(trial.choices) == 2]


def _zero(trial: TrialRecord) -> float | None:
    return trial.word_onset_ms if trial.word_onset_ms is not None else trial.onset_ms


def span(session: Session, trial: TrialRecord) -> tuple[float, float]:
    """Return begin and end of what belongs to a trial, ms from session start: pictures' onset to the trial's end."""
    zero = _zero(trial) or 0.0
    begin = trial.onset_ms if trial.onset_ms is not None else zero - BEFORE_MS
    ends = [event.t_ms for event in session.events if event.name == "trial" and event.trial_id == trial.trial_id]
    return begin, min(ends[0] if ends else zero + AFTER_MS, zero + 60_000)


def rows_of(session: Session, frames: Sequence[CodedFrame], clock: Clock, coder: str) -> list[GazeRecord]:
    """Return coded frames as rows of the ``gaze`` table, by trial and time; frames between trials are left out.

    Args:
        session: The session that was filmed.
        frames: What was coded, sides as the child sees them.
        clock: When each frame was taken.
        coder: Who, or what program, coded it.

    Raises:
        UserError: No frame falls into a looking trial.
    """
    trials = looking_trials(session)
    spans = [(trial, *span(session, trial)) for trial in trials]
    found: dict[str, list[GazeRecord]] = defaultdict(list)
    for frame in frames:
        t_ms = frame.t_ms if frame.t_ms is not None else None if frame.frame is None else clock.at(frame.frame)
        if t_ms is None:
            continue
        for trial, begin, end in spans:
            if begin <= t_ms <= end and frame.trial in (None, trial.trial_index):
                found[trial.trial_id].append(_row(trial, frame, t_ms, coder))
                break
    rows = [row for trial in trials for row in sorted(found[trial.trial_id], key=lambda row: row.t_word_ms)]
    if not rows:
        what = "no looking trial" if not trials else "no frame falls into a looking trial"
        raise UserError(what, place=f"session {session.header.session_id}", hint="check the times of the frames")
    return rows


def _row(trial: TrialRecord, frame: CodedFrame, t_ms: float, coder: str) -> GazeRecord:
    return GazeRecord(
        session_id=trial.session_id,
        trial_id=trial.trial_id,
        t_word_ms=round(t_ms - (_zero(trial) or 0.0), 3),
        aoi=area_of(frame.look, trial),
        coder=coder,
        confidence=frame.confidence,
    )


def area_of(look: Look, trial: TrialRecord) -> str:
    """Return what a look to a side falls on: the left picture is position 0."""
    if look in ("away", "missing"):
        return "other" if look == "away" else "missing"
    return "target" if (0 if look == "left" else 1) == trial.target_position else "distractor"


def bring(lab: Lab, session_id: str, rows: Sequence[GazeRecord], coder: str) -> int:
    """Append coded gaze to a session, with the shares of looking that follow where a trial has none yet.

    Returns:
        How many trials got shares of looking.

    Raises:
        UserError: This coder's gaze is there already, or the disk refuses.
    """
    session = lab.read_session(session_id)
    if any(sample.coder == coder for sample in session.gaze):
        hint = "give another coder's name; nothing is overwritten"
        raise UserError(f"session {session_id} has gaze by '{coder}' already", hint=hint, code="gaze-twice")
    by_trial: dict[str, list[GazeRecord]] = defaultdict(list)
    for row in rows:
        by_trial[row.trial_id].append(row)
    without = [t for t in session.trials if t.trial_id in by_trial and t.look_usable is None]
    corrections = [c for trial in without for c in _shares(trial, by_trial[trial.trial_id], coder)]
    lab.add_gaze(session_id, rows, corrections)
    return len(without)


def _shares(trial: TrialRecord, rows: Sequence[GazeRecord], coder: str) -> list[Correction]:
    found = look_shares((row.t_word_ms, row.aoi) for row in rows)
    values: dict[str, object] = {
        "look_target": found.target,
        "look_baseline": found.baseline,
        "look_usable": found.usable,
    }
    if found.target is not None and trial.outcome == "none":
        values |= {"outcome": "answered", "answer_source": "gaze"}
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        Correction(trial_id=trial.trial_id, column=name, after=value, who=coder, when=when, why="gaze was coded")
        for name, value in values.items()
        if value is not None
    ]
