"""Diarisation in RTTM: who speaks when, found by another program, for transcripts that do not say who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devkit.annotations import Utterance
from devkit.corpus.transcripts.base import milliseconds, number
from devkit.errors import Problem


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which somebody speaks."""

    start_ms: int
    end_ms: int
    speaker: str


def read_rttm(text: str, name: str) -> tuple[list[Turn], list[Problem]]:
    """Read the ``SPEAKER`` lines; return them in order of time, and what is wrong with which lines."""
    turns: list[Turn] = []
    problems: list[Problem] = []
    for line_number, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts or parts[0] != "SPEAKER":
            continue
        start = milliseconds(parts[3]) if len(parts) >= 8 else None
        length = number(parts[4]) if len(parts) >= 8 else None
        if start is None or length is None or length < 0:
            problems.append(Problem("malformed-diarisation", "is no SPEAKER line", f"{name}:{line_number}"))
            continue
        turns.append(Turn(start, start + round(length * 1000), parts[7]))
    return sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms)), problems


def with_speakers(utterances: Sequence[Utterance], turns: Sequence[Turn]) -> list[Utterance]:
    """Give each utterance the speaker who speaks longest in it; one that nobody speaks in keeps its own."""
    named: list[Utterance] = []
    first = 0
    longest = max((turn.end_ms - turn.start_ms for turn in turns), default=0)
    for said in utterances:
        while first < len(turns) and turns[first].start_ms + longest <= said.start_ms:
            first += 1
        shared: dict[str, int] = {}
        for turn in turns[first:]:
            if turn.start_ms >= said.end_ms:
                break
            common = min(turn.end_ms, said.end_ms) - max(turn.start_ms, said.start_ms)
            if common > 0:
                shared[turn.speaker] = shared.get(turn.speaker, 0) + common
        speaker = min(shared, key=lambda name: (-shared[name], name)) if shared else said.speaker
        named.append(said if speaker == said.speaker else said.model_copy(update={"speaker": speaker}))
    return named
