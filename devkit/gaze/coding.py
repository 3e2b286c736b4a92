"""Coding looks by hand, frame by frame: a procedure that a screen or a table can drive. Pure but for its file.

The coder is blind: trials come in an order of the coder's own, with nothing of target, word or other coders. A look
that is keyed holds from its frame until the next keyed one, so that a still look costs one key. The sheet is a table,
saved after every trial, that `devkit gaze import` reads; two coders code the same frames, and `devkit.gaze.agreement`
compares them.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devkit.errors import UserError
from devkit.gaze.files import Look, read_manual
from devkit.gaze.session import Clock, looking_trials, span
from devkit.lab import Session
from devkit.lab.files import write_whole

COLUMNS = ("trial", "frame", "time_ms", "look")
STEP_MS = 1000 / 30


@dataclass(frozen=True, slots=True)
class SheetFrame:
    """One frame to code: trial by its place in the session, number of the frame in the video, time, look."""

    trial: int
    frame: int | None
    t_ms: float
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Coding:
    """A coder at work.

    Attributes:
        frames: In the coder's own order of trials.
        place: Index of the frame that is shown.
    """

    frames: tuple[SheetFrame, ...]
    place: int = 0

    @property
    def current(self) -> SheetFrame:
        """The frame that is shown."""
        return self.frames[self.place]

    @property
    def coded(self) -> int:
        """Number of frames that have a look."""
        return sum(frame.look is not None for frame in self.frames)

    @property
    def done(self) -> bool:
        """Whether every frame has a look."""
        return self.coded == len(self.frames)

    def key(self, look: Look) -> Coding:
        """Say where the child looks from the shown frame on, until the next keyed look of the trial."""
        frames, old, trial = list(self.frames), self.current.look, self.current.trial
        for at in range(self.place, len(frames)):
            if frames[at].trial != trial or (at > self.place and frames[at].look != old):
                break
            frames[at] = replace(frames[at], look=look)
        return replace(self, frames=tuple(frames))

    def step(self, by: int) -> Coding:
        """Show another frame, at most to the first or last."""
        return replace(self, place=min(max(self.place + by, 0), len(self.frames) - 1))

    def next_trial(self, by: int = 1) -> Coding:
        """Show the first frame of the next trial, or of the one before with -1."""
        starts = [n for n, frame in enumerate(self.frames) if n == 0 or self.frames[n - 1].trial != frame.trial]
        now = max(n for n, start in enumerate(starts) if start <= self.place)
        return replace(self, place=starts[min(max(now + by, 0), len(starts) - 1)])


def begin(session: Session, clock: Clock, coder: str) -> Coding:
    """Make the sheet of a coder: every frame of every looking trial, trials in an order of the coder's own.

    Args:
        session: What is to be coded.
        clock: When each frame of the video was taken; an empty one gives 30 moments a second.
        coder: Decides the order.

    Raises:
        UserError: There is nothing to code.
    """
    trials = looking_trials(session)
    if not trials:
        raise UserError("no looking trial", place=f"session {session.header.session_id}")
    random.Random(f"{session.header.session_id}:{coder}").shuffle(trials)
    frames: list[SheetFrame] = []
    for trial in trials:
        first, last = span(session, trial)
        if clock.times:
            inside = [(number, t_ms) for number, t_ms in sorted(clock.times.items()) if first <= t_ms <= last]
            frames += [SheetFrame(trial.trial_index, number, t_ms) for number, t_ms in inside]
        elif clock.fps is not None:
            step = 1000 / clock.fps
            numbers = range(max(0, int((first - clock.start_ms) / step) + 1), int((last - clock.start_ms) / step) + 1)
            frames += [SheetFrame(trial.trial_index, n, round(clock.start_ms + n * step, 3)) for n in numbers]
        else:
            count = int((last - first) / STEP_MS) + 1
            frames += [SheetFrame(trial.trial_index, None, round(first + n * STEP_MS, 3)) for n in range(count)]
    if not frames:
        raise UserError("the video shows no looking trial", place=f"session {session.header.session_id}")
    return Coding(tuple(frames))


def save(coding: Coding, path: Path) -> None:
    """Write the sheet, whole or not at all; frames without a look stay empty.

    Raises:
        UserError: The disk refuses.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for frame in coding.frames:
        number = "" if frame.frame is None else frame.frame
        writer.writerow([frame.trial, number, f"{frame.t_ms:.3f}", frame.look or ""])
    write_whole(path, text.getvalue().encode())


def resume(coding: Coding, path: Path) -> Coding:
    """Return a coding with the looks of a saved sheet, at the first frame without one.

    Raises:
        UserError: The sheet cannot be read.
    """
    looks = {(frame.trial, frame.t_ms): frame.look for frame in read_manual(path)}
    frames = tuple(replace(one, look=looks.get((one.trial, round(one.t_ms, 3)), one.look)) for one in coding.frames)
    return Coding(frames, _first_open(frames))


def _first_open(frames: Sequence[SheetFrame]) -> int:
    return next((n for n, frame in enumerate(frames) if frame.look is None), len(frames) - 1)
