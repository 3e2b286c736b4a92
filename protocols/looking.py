"""From an answer's gaze to the rows of the ``gaze`` table; times are counted from the word, else from the onset."""

from __future__ import annotations

from devkit.records import GazeRecord
from devkit.respondents import Answer, PresentedTurn


def gaze_rows(session_id: str, turn: PresentedTurn, answer: Answer) -> list[GazeRecord]:
    """Return the gaze samples of a turn as they are recorded; empty when nobody watched."""
    measured = answer.measured
    zero = measured.word_onset_ms if measured.word_onset_ms is not None else measured.onset_ms or 0.0
    return [
        GazeRecord(
            session_id=session_id,
            trial_id=turn.trial_id,
            t_word_ms=round(sample.t_ms - zero, 3),
            x=None if sample.x is None else round(sample.x, 5),
            y=None if sample.y is None else round(sample.y, 5),
            aoi=sample.aoi,
            coder=answer.gaze_by or "unknown",
            confidence=sample.confidence,
        )
        for sample in answer.gaze
    ]
