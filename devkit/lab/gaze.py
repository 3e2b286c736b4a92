"""Gaze samples as a journal keeps them: one line for the samples of one trial and coder, one list for each column.

A second of gaze is 30 to 1,000 samples; a line for each would make journals many times larger and slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal

from pydantic import model_validator

from devkit.records import GazeRecord, Row

Aoi = Literal["target", "distractor", "other", "missing"]


class GazeBatch(Row):
    """Consecutive gaze samples of one trial by one coder; every list has one entry a sample."""

    session_id: str
    trial_id: str
    coder: str
    t_word_ms: tuple[float, ...]
    x: tuple[float | None, ...]
    y: tuple[float | None, ...]
    aoi: tuple[Aoi, ...]
    confidence: tuple[float | None, ...]

    @model_validator(mode="after")
    def _even(self) -> GazeBatch:
        if len({len(self.t_word_ms), len(self.x), len(self.y), len(self.aoi), len(self.confidence)}) != 1:
            raise ValueError("the columns of a gaze line differ in length")
        return self

    def records(self) -> Iterator[GazeRecord]:
        """Return the samples one by one."""
        for t, x, y, aoi, sure in zip(self.t_word_ms, self.x, self.y, self.aoi, self.confidence, strict=True):
            yield GazeRecord(
                session_id=self.session_id,
                trial_id=self.trial_id,
                t_word_ms=t,
                x=x,
                y=y,
                aoi=aoi,
                coder=self.coder,
                confidence=sure,
            )


def pack(samples: Iterable[GazeRecord]) -> Iterator[GazeBatch]:
    """Gather consecutive samples of the same trial and coder."""
    for (session_id, trial_id, coder), group in groupby(samples, key=lambda s: (s.session_id, s.trial_id, s.coder)):
        rows = list(group)
        yield GazeBatch(
            session_id=session_id,
            trial_id=trial_id,
            coder=coder,
            t_word_ms=tuple(row.t_word_ms for row in rows),
            x=tuple(row.x for row in rows),
            y=tuple(row.y for row in rows),
            aoi=tuple(row.aoi for row in rows),
            confidence=tuple(row.confidence for row in rows),
        )
