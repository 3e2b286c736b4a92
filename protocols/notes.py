"""What is noted between two answers: the examiner's notes, from any thread, kept until a turn or the session's end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devkit.respondents import Answer

Event = tuple[str, float, Mapping[str, Any]]
NOTE = "note"


class Notes:
    """Events that belong to no turn yet."""

    def __init__(self) -> None:
        self._kept: list[Event] = []
        self._lock = threading.Lock()

    def keep(self, name: str, t_ms: float, detail: Mapping[str, Any]) -> None:
        """Keep an event."""
        with self._lock:
            self._kept.append((name, t_ms, detail))

    def take(self) -> tuple[Event, ...]:
        """Return what is kept, and forget it here."""
        with self._lock:
            kept, self._kept = self._kept, []
        return tuple(kept)

    def join(self, answer: Answer) -> Answer:
        """Return an answer with what is kept among its events, and the examiner's words in its note."""
        kept = self.take()
        if not kept:
            return answer
        events = tuple(sorted((*answer.events, *kept), key=lambda event: event[1]))
        words = [answer.note, *(str(detail["text"]) for name, _, detail in kept if name == NOTE)]
        return replace(answer, events=events, note="; ".join(word for word in words if word))
